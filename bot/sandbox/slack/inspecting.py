"""What passed between the bot, Slack and Globus, for whoever looks on: in order, and without secrets."""

import re
from typing import Any, Final

import aiohttp

from bot.sandbox.slack.slack import Slack
from bot.sandbox.wire import Json

_SECRETS: Final = frozenset(
    {
        "access_token",
        "bot_access_token",
        "client_secret",
        "code",
        "refresh_token",
        "response_url",
        "token",
        "trigger_id",
        "upload_url",
        "ws_url",
    }
)
_IN_ADDRESSES: Final = re.compile(r"([?&](?:state|code|ticket|code_challenge)=)[^&\s|>\"]+")
_PATIENCE: Final = aiohttp.ClientTimeout(total=5)


async def inspect(slack: Slack, body: Json) -> Json:
    """Give what passed after a number, oldest first: Slack's entries and Globus's, each with its `service`.

    `after` counts Slack's entries, `globus_after` the pretend Globus's; the numbers to go on from come along.
    `took_ms` is how long an exchange took; it is missing while one is under way. Secrets are masked.
    """
    own = slack.traffic.after(int(body.get("after", 0)))
    globus, globus_number = await _globus(slack.doors.globus_url, int(body.get("globus_after", 0)))
    entries = [{**one, "service": "slack"} for one in own] + [{**one, "service": "globus"} for one in globus]
    return {
        "traffic": [masked(one) for one in sorted(entries, key=lambda one: one["at"])],
        "number": slack.traffic.number,
        "globus_number": globus_number,
    }


def masked(value: Any) -> Any:  # noqa: ANN401 - any JSON goes in and comes out
    """Give JSON without what would open something: secrets become `…`."""
    if isinstance(value, dict):
        return {key: "…" if key in _SECRETS and one else masked(one) for key, one in value.items()}
    if isinstance(value, list):
        return [masked(one) for one in value]
    return _IN_ADDRESSES.sub(r"\1…", value) if isinstance(value, str) else value


async def _globus(address: str, after: int) -> tuple[list[Json], int]:
    """Ask the pretend Globus for its log; one that is not there has none."""
    if not address:
        return [], after
    try:
        async with (
            aiohttp.ClientSession(timeout=_PATIENCE) as session,
            session.get(f"{address}/sandbox/traffic", params={"after": after}) as answer,
        ):
            told: Json = await answer.json()
    except (aiohttp.ClientError, TimeoutError):
        return [], after
    return told["traffic"], told["number"]
