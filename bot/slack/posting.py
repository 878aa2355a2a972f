"""What workers send to Slack: messages, and views kept up to date."""

import logging
import re
from collections.abc import Callable, Sequence
from http.client import HTTPException
from typing import Any, Final, Protocol, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler

from bot.accounts import SlackUser
from bot.errors import CannotPost, Problem, ServiceUnavailable
from bot.installing import Installation, NotInstalled
from bot.slack.blocks import Block, View
from bot.slack.installing import DEAD, EXPIRED

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

log = logging.getLogger(__name__)


class Workspaces(Protocol):
    """The bot's token in every workspace."""

    def find(self, team_id: str) -> Installation:
        """Give the installation of a workspace; raises NotInstalled or ServiceUnavailable."""
        ...

    def renewed(self, installation: Installation) -> Installation:
        """Renew a token that has expired; raises NotInstalled or ServiceUnavailable."""
        ...

    def refused(self, installation: Installation) -> None:
        """Note that Slack refused a token for good."""
        ...


class Poster:
    """Sends with synchronous clients of its own: never on the event loop, and never a message twice.

    It speaks with the token of the workspace of whom it is about. slack_sdk would repeat a message whose
    answer was lost; only a refused one (429) is sent again.
    """

    def __init__(self, *, workspaces: Workspaces, api_url: str) -> None:
        self._workspaces = workspaces
        self._api_url = api_url

    def post(
        self, team_id: str, channel: str, *, text: str, blocks: Sequence[Block], thread_ts: str = ""
    ) -> str:
        """Post a message in a workspace, in a thread if one is given, and give its `ts`.

        Raises CannotPost or ServiceUnavailable.
        """
        try:
            bot_name = self._workspaces.find(team_id).bot_name
            answer = self._ask(
                team_id,
                lambda client: client.chat_postMessage(
                    channel=channel,
                    text=text,
                    blocks=list(blocks),
                    thread_ts=thread_ts or None,
                    unfurl_links=False,
                    unfurl_media=False,
                ),
            )
        except NotInstalled as problem:
            raise CannotPost(problem.happened, problem.next_step, reason="not_installed") from problem
        if isinstance(answer, str):
            way_out = _WAYS_OUT.get(answer, "Choose another channel, or ask who manages this one.")
            raise CannotPost(
                "Slack does not let me post in the channel that you chose.",
                way_out.format(bot=bot_name),
                reason=answer,
            )
        return str(answer["ts"])

    def tell(self, person: SlackUser, *, text: str, blocks: Sequence[Block]) -> None:
        """Send a person a direct message; raises CannotPost or ServiceUnavailable."""
        self.post(person.team_id, person.user_id, text=text, blocks=blocks)

    def show(self, person: SlackUser, view_id: str | None, view: View) -> bool:
        """Replace a person's open view; False if it is not open any more.

        Raises Problem or ServiceUnavailable.
        """
        if view_id is None:
            return False
        answer = self._ask(person.team_id, lambda client: client.views_update(view_id=view_id, view=view))
        if isinstance(answer, str) and answer not in {"not_found", "view_not_found"}:
            raise Problem(f"Slack refused a view: {answer}.")
        return not isinstance(answer, str)

    def publish(self, person: SlackUser, view: View) -> None:
        """Replace a person's Home tab; raises Problem or ServiceUnavailable."""
        answer = self._ask(
            person.team_id, lambda client: client.views_publish(user_id=person.user_id, view=view)
        )
        if isinstance(answer, str):
            raise Problem(f"Slack refused a Home tab: {answer}.")

    def zone(self, person: SlackUser) -> str:
        """Give the IANA name of a person's time zone; UTC if Slack does not say it now."""
        try:
            answer = self._ask(person.team_id, lambda client: client.users_info(user=person.user_id))
            return "UTC" if isinstance(answer, str) else ZoneInfo(answer["user"]["tz"]).key
        except (NotInstalled, ServiceUnavailable, ZoneInfoNotFoundError, ValueError, KeyError, TypeError):
            return "UTC"

    def _ask(self, team_id: str, call: Callable[[WebClient], _Value]) -> _Value | str:
        """Give Slack's answer or its error code; raises NotInstalled or ServiceUnavailable.

        A token can expire earlier than this clock thinks; then it is renewed, and the call made once more,
        which Slack did not carry out.
        """
        installation = self._workspaces.find(team_id)
        answer = _asked(lambda: call(self._client(installation)))
        if answer == EXPIRED:
            installation = self._workspaces.renewed(installation)
            answer = _asked(lambda: call(self._client(installation)))
        if isinstance(answer, str) and answer in DEAD:
            log.error("Slack refuses the token of a workspace", extra={"team": team_id, "reason": answer})
            self._workspaces.refused(installation)
            raise NotInstalled
        return answer

    def _client(self, installation: Installation) -> WebClient:
        return WebClient(
            token=installation.bot_token,
            base_url=self._api_url,
            timeout=SECONDS,
            retry_handlers=[RateLimitErrorRetryHandler(max_retry_count=2)],
        )


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
