"""What workers send to Slack: messages, and views kept up to date."""

import logging
import re
from collections.abc import Callable, Sequence
from http.client import HTTPException
from typing import Any, Final, Protocol, TypeVar

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler

from bot.accounts import SlackUser
from bot.errors import CannotPost, Problem, ServiceUnavailable
from bot.installing import Installation, NotInstalled
from bot.measuring import UNMEASURED, UNREACHABLE, Meter, seconds_in, status_class
from bot.slack.blocks import Block, View
from bot.slack.installing import DEAD, EXPIRED, SLACK
from bot.slack.zones import FALLBACK, zone_in

SECONDS: Final = 10
"""Far longer than Slack takes for a message; a worker must not hang on it."""

_PASSING: Final = frozenset(
    {"ratelimited", "rate_limited", "fatal_error", "internal_error", "request_timeout", "service_unavailable"}
)
_CONTENT_REFUSED: Final = frozenset(
    {"invalid_blocks", "invalid_blocks_format", "msg_too_long", "msg_blocks_too_long", "invalid_arguments"}
)
_CODE: Final = re.compile(r"[a-z0-9_]+")
_WAYS_OUT: Final = {
    "not_in_channel": "Invite me there with `/invite @{bot}`, then press the button.",
    "channel_not_found": "If it is private, invite me there with `/invite @{bot}`, then press the button.",
    "is_archived": "The channel is archived. Unarchive it, then press the button.",
}
_SAID_OF_EDITS: Final = {"is_inactive": "is_archived"}
"""What is otherwise called where a message is edited, by what it is called where one is posted.

https://docs.slack.dev/reference/methods/chat.update
"""

_Value = TypeVar("_Value")

log = logging.getLogger(__name__)

SDK_LOG: Final = logging.getLogger("slack_sdk")
"""For each client: a call is put into words, whole views too, for a logger that has no level of its own."""


class Workspaces(Protocol):
    """The bot's token in every workspace."""

    def find(self, team_id: str) -> Installation:
        """Give the installation of a workspace; raises NotInstalled or ServiceUnavailable. For workers."""
        ...

    async def find_soon(self, team_id: str) -> Installation:
        """Do the same without holding up the event loop."""
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

    def __init__(self, *, workspaces: Workspaces, api_url: str, meter: Meter = UNMEASURED) -> None:
        self._workspaces = workspaces
        self._meter = meter
        self._api_url = api_url

    def post(
        self, team_id: str, channel: str, *, text: str, blocks: Sequence[Block], thread_ts: str = ""
    ) -> str:
        """Post a message in a workspace, in a thread if one is given, and give its `ts`.

        Raises CannotPost or ServiceUnavailable.
        """
        return self._post(team_id, channel, text=text, blocks=blocks, thread_ts=thread_ts)[1]

    def _post(
        self, team_id: str, channel: str, *, text: str, blocks: Sequence[Block], thread_ts: str = ""
    ) -> tuple[str, str]:
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
        return str(answer["channel"]), str(answer["ts"])

    def edit(
        self, team_id: str, channel: str, message_ts: str, *, text: str, blocks: Sequence[Block]
    ) -> None:
        """Replace one of the bot's messages; raises CannotPost or ServiceUnavailable.

        Raises Problem if Slack refuses this very content.
        """
        try:
            answer = self._ask(
                team_id,
                lambda client: client.chat_update(
                    channel=channel, ts=message_ts, text=text, blocks=list(blocks)
                ),
            )
        except NotInstalled as problem:
            raise CannotPost(problem.happened, problem.next_step, reason="not_installed") from problem
        if isinstance(answer, str) and answer in _CONTENT_REFUSED:
            raise Problem(f"Slack refused a message: {answer}.")
        if isinstance(answer, str):
            reason = _SAID_OF_EDITS.get(answer, answer)
            raise CannotPost("Slack does not let me edit my message there.", "", reason=reason)

    def tell(self, person: SlackUser, *, text: str, blocks: Sequence[Block]) -> tuple[str, str]:
        """Send a person a direct message; gives the ID of the conversation, and the message's `ts`.

        Raises CannotPost or ServiceUnavailable.
        """
        return self._post(person.team_id, person.user_id, text=text, blocks=blocks)

    def show(self, person: SlackUser, view_id: str | None, view: View) -> bool:
        """Replace a person's open view; False if it is not open any more.

        Raises Problem or ServiceUnavailable.
        """
        if view_id is None:
            return False
        answer = self._ask(
            person.team_id, lambda client: client.views_update(view_id=view_id, view=view), repeats=2
        )
        if isinstance(answer, str) and answer not in {"not_found", "view_not_found"}:
            raise Problem(f"Slack refused a view: {answer}.")
        return not isinstance(answer, str)

    def publish(self, person: SlackUser, view: View) -> None:
        """Replace a person's Home tab; raises Problem or ServiceUnavailable."""
        answer = self._ask(
            person.team_id,
            lambda client: client.views_publish(user_id=person.user_id, view=view),
            repeats=2,
        )
        if isinstance(answer, str):
            raise Problem(f"Slack refused a Home tab: {answer}.")

    def end_step(
        self, team_id: str, execution_id: str, *, outputs: dict[str, str] | None = None, error: str = ""
    ) -> str:
        """Tell Slack how a workflow's step ended: with outputs, or with an error in words.

        Gives Slack's own error code where it refuses; raises NotInstalled or ServiceUnavailable.
        """
        if outputs is None:
            answer = self._ask(
                team_id,
                lambda client: client.functions_completeError(
                    function_execution_id=execution_id, error=error
                ),
            )
        else:
            answer = self._ask(
                team_id,
                lambda client: client.functions_completeSuccess(
                    function_execution_id=execution_id, outputs=outputs
                ),
            )
        return answer if isinstance(answer, str) else ""

    def upload(self, team_id: str, content: bytes, *, name: str, title: str, alt_text: str) -> str:
        """Upload a file that is shared with nobody yet, and give its ID; `alt_text` is a picture's, in words.

        Raises CannotPost, NotInstalled or ServiceUnavailable. Slack looks the file over before it lets it be
        shown (https://docs.slack.dev/messaging/working-with-files).
        """
        answer = self._ask(
            team_id,
            lambda client: client.files_upload_v2(
                content=content, filename=name, title=title, alt_txt=alt_text
            ),
            repeats=1,
        )
        if isinstance(answer, str):
            raise CannotPost("Slack does not take my files.", "", reason=answer)
        return str(answer["files"][0]["id"])

    def zone(self, person: SlackUser) -> str:
        """Give the IANA name of a person's time zone; UTC if Slack does not say it now."""
        try:
            answer = self._ask(person.team_id, lambda client: client.users_info(user=person.user_id))
        except (NotInstalled, ServiceUnavailable):
            return FALLBACK
        return FALLBACK if isinstance(answer, str) else zone_in(answer) or FALLBACK

    def _ask(self, team_id: str, call: Callable[[WebClient], _Value], *, repeats: int = 0) -> _Value | str:
        """Give Slack's answer or its error code; raises NotInstalled or ServiceUnavailable.

        `repeats` is how often a call that Slack had no time for (429) waits here for its turn. Messages do
        not wait here: they are kept on disk, and are sent when Slack says.

        A token can expire earlier than this clock thinks; then it is renewed, and the call made once more,
        which Slack did not carry out.
        """
        installation = self._workspaces.find(team_id)
        answer = self._counted(lambda: call(self._client(installation, repeats)))
        if answer == EXPIRED:
            installation = self._workspaces.renewed(installation)
            answer = self._counted(lambda: call(self._client(installation, repeats)))
        if isinstance(answer, str) and answer in DEAD:
            log.error("Slack refuses the token of a workspace", extra={"team": team_id, "reason": answer})
            self._workspaces.refused(installation)
            raise NotInstalled
        return answer

    def _counted(self, call: Callable[[], _Value]) -> _Value | str:
        """Ask, and count how it ended: a refusal in Slack's words counts as an answer."""
        try:
            answer = _asked(call)
        except ServiceUnavailable as problem:
            self._meter.asked(SLACK.lower(), _class_of(problem), retry_after=problem.retry_after)
            raise
        self._meter.asked(SLACK.lower(), "refused" if isinstance(answer, str) else "2xx")
        return answer

    def _client(self, installation: Installation, repeats: int) -> WebClient:
        return WebClient(
            token=installation.bot_token,
            base_url=self._api_url,
            timeout=SECONDS,
            retry_handlers=[RateLimitErrorRetryHandler(max_retry_count=repeats)],
            logger=SDK_LOG,
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


def _class_of(problem: ServiceUnavailable) -> str:
    cause = problem.__cause__
    return status_class(cause.response.status_code) if isinstance(cause, SlackApiError) else UNREACHABLE


def _retry_after(error: SlackApiError) -> float | None:
    headers: dict[str, Any] = error.response.headers
    given = str(headers.get("Retry-After") or headers.get("retry-after") or "")
    return seconds_in(given)
