"""What workers send to Slack: messages, and views kept up to date."""

import re
from collections.abc import Callable, Sequence
from http.client import HTTPException
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler

from bot.accounts import SlackUser
from bot.errors import CannotPost, Problem, ServiceUnavailable
from bot.slack.blocks import Block, View

SLACK: Final = "Slack"

SECONDS: Final = 10
"""Far longer than Slack takes for a message; a worker must not hang on it."""

_PASSING: Final = frozenset(
    {"ratelimited", "rate_limited", "fatal_error", "internal_error", "request_timeout", "service_unavailable"}
)
_CODE: Final = re.compile(r"[a-z0-9_]+")
_WAYS_OUT: Final = {
    "not_in_channel": "Invite me there with `/invite @{bot}`, then press the button.",
    "channel_not_found": "If it is private, invite me there with `/invite @{bot}`, then press the button.",
    "is_archived": "The channel is archived. Unarchive it, then press the button.",
}
_Value = TypeVar("_Value")


class Poster:
    """Sends with a synchronous client of its own: never on the event loop, and never a message twice.

    slack_sdk would repeat a message whose answer was lost; only a refused one (429) is sent again.
    """

    def __init__(self, *, token: str, api_url: str, bot_name: str) -> None:
        self._client = WebClient(
            token=token,
            base_url=api_url,
            timeout=SECONDS,
            retry_handlers=[RateLimitErrorRetryHandler(max_retry_count=2)],
        )
        self._bot_name = bot_name

    def post(self, channel: str, *, text: str, blocks: Sequence[Block], thread_ts: str = "") -> str:
        """Post a message, in a thread if one is given, and give its `ts`.

        Raises CannotPost or ServiceUnavailable.
        """
        answer = _asked(
            lambda: self._client.chat_postMessage(
                channel=channel,
                text=text,
                blocks=list(blocks),
                thread_ts=thread_ts or None,
                unfurl_links=False,
                unfurl_media=False,
            )
        )
        if isinstance(answer, str):
            way_out = _WAYS_OUT.get(answer, "Choose another channel, or ask who manages this one.")
            raise CannotPost(
                "Slack does not let me post in the channel that you chose.",
                way_out.format(bot=self._bot_name),
                reason=answer,
            )
        return str(answer["ts"])

    def tell(self, person: SlackUser, *, text: str, blocks: Sequence[Block]) -> None:
        """Send a person a direct message; raises CannotPost or ServiceUnavailable."""
        self.post(person.user_id, text=text, blocks=blocks)

    def show(self, view_id: str | None, view: View) -> bool:
        """Replace an open view; False if it is not open any more. Raises ServiceUnavailable."""
        if view_id is None:
            return False
        answer = _asked(lambda: self._client.views_update(view_id=view_id, view=view))
        if isinstance(answer, str) and answer not in {"not_found", "view_not_found"}:
            raise Problem(f"Slack refused a view: {answer}.")
        return not isinstance(answer, str)

    def publish(self, person: SlackUser, view: View) -> None:
        """Replace a person's Home tab; raises Problem or ServiceUnavailable."""
        answer = _asked(lambda: self._client.views_publish(user_id=person.user_id, view=view))
        if isinstance(answer, str):
            raise Problem(f"Slack refused a Home tab: {answer}.")

    def zone(self, person: SlackUser) -> str:
        """Give the IANA name of a person's time zone; UTC if Slack does not say it now."""
        try:
            answer = _asked(lambda: self._client.users_info(user=person.user_id))
            return "UTC" if isinstance(answer, str) else ZoneInfo(answer["user"]["tz"]).key
        except (ServiceUnavailable, ZoneInfoNotFoundError, ValueError, KeyError, TypeError):
            return "UTC"


def _asked(call: Callable[[], _Value]) -> _Value | str:
    """Give Slack's answer, or its error code; raises ServiceUnavailable when it gives neither."""
    try:
        return call()
    except SlackApiError as error:
        code = _code(error)
        if code is None or code in _PASSING:
            raise ServiceUnavailable(SLACK, retry_after=_retry_after(error)) from error
        return code
    except (SlackClientError, OSError, HTTPException) as error:
        raise ServiceUnavailable(SLACK) from error


def _code(error: SlackApiError) -> str | None:
    """Give Slack's name for the error; None where a gateway answered in its place, with a page."""
    code = error.response.get("error") if isinstance(error.response.data, dict) else None
    return code if isinstance(code, str) and _CODE.fullmatch(code) else None


def _retry_after(error: SlackApiError) -> float | None:
    headers: dict[str, Any] = error.response.headers
    given = str(headers.get("Retry-After") or headers.get("retry-after") or "")
    return float(given) if given.isdecimal() else None
