"""Each person's time zone, as their Slack profile has it."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from slack_bolt.kwargs_injection.async_args import AsyncArgs
from slack_sdk.web import SlackResponse
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.accounts import SlackUser
from bot.remembering import Latest
from bot.slack.payloads import person_of

FALLBACK: Final = "UTC"

SECONDS: Final = 1.0
"""A form has three seconds to open, and a time zone is no reason for it not to."""

KEPT: Final = timedelta(hours=1)
"""People travel, but not more often."""

MOST: Final = 10_000
"""So many people's zones take about a megabyte."""

log = logging.getLogger(__name__)


def zone_in(answer: SlackResponse | AsyncSlackResponse) -> str:
    """Give the IANA name of the zone in Slack's answer about a person; empty if it names none that is known.

    https://docs.slack.dev/reference/objects/user-object
    """
    try:
        return ZoneInfo(answer["user"]["tz"]).key
    except (ZoneInfoNotFoundError, ValueError, KeyError, TypeError):
        return ""


class Zones:
    """Asks Slack for a person's zone, and remembers the answer for an hour."""

    def __init__(self, *, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._known: Latest[SlackUser, tuple[str, datetime]] = Latest(MOST)

    async def of(self, args: AsyncArgs) -> str:
        """Give the IANA name of the zone of the person who did this; UTC if Slack does not say it in time."""
        person = person_of(args)
        zone, asked_at = self._known.get(person, ("", None))
        if asked_at and self._clock() - asked_at < KEPT:
            return zone
        zone = await self._ask(args, person)
        if zone:
            self._known[person] = (zone, self._clock())
        return zone or FALLBACK

    async def _ask(self, args: AsyncArgs, person: SlackUser) -> str:
        try:
            async with asyncio.timeout(SECONDS):
                answer = await args.client.users_info(user=person.user_id)
            return zone_in(answer)
        except Exception:  # whatever it is, a form in UTC is better than none
            log.warning("Slack did not say a person's time zone", exc_info=True)
            return ""
