"""`response_url`s: five uses within thirty minutes, without membership in the channel.

https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from bot.sandbox.slack.errors import ApiError
from bot.sandbox.slack.files import Files
from bot.sandbox.slack.identifiers import Identifiers
from bot.sandbox.slack.messages import Message, Messages
from bot.sandbox.slack.posting import content_of
from bot.sandbox.slack.workspace import Member
from bot.sandbox.wire import Json

USES: Final = 5
SECONDS: Final = 30 * 60

Kind: TypeAlias = Literal["commands", "actions", "app"]


@dataclass
class ResponseUrl:
    """Where an answer to one act may still be sent, and as whose: the bot's of a workspace.

    `original_ts` is the message it may replace or delete.
    """

    member: Member
    channel_id: str
    author: Member
    bot_id: str
    expires_at: float
    is_public: bool
    original_ts: str | None = None
    uses: int = 0


class ResponseUrls:
    """Issues the paths of `response_url`s, and does what is posted to them."""

    def __init__(
        self, clock: Callable[[], float], identifiers: Identifiers, messages: Messages, files: Files
    ) -> None:
        self._clock = clock
        self._identifiers = identifiers
        self._messages = messages
        self._files = files
        self._issued: dict[str, ResponseUrl] = {}

    def issue(
        self,
        kind: Kind,
        member: Member,
        channel_id: str,
        author: Member,
        bot_id: str,
        original_ts: str | None = None,
    ) -> str:
        """Give a new path for an act of this user; those of kind `app` post for everyone to see."""
        path = f"/{kind}/{author.team_id}/{self._identifiers.digits(12)}/{self._identifiers.secret()}"
        expires_at = self._clock() + SECONDS
        self._issued[path] = ResponseUrl(
            member, channel_id, author, bot_id, expires_at, kind == "app", original_ts
        )
        return path

    def post(self, path: str, body: Json) -> None:
        """Do what `body` asks.

        Raises ApiError `invalid_url`, `expired_url`, `used_url`, `message_not_found`, or for the content.
        """
        url = self._usable(path)
        url.uses += 1
        original = self._messages.find(url.channel_id, url.original_ts or "")
        if body.get("delete_original"):
            self._delete(original)
            return
        self._answer(url, body, original if body.get("replace_original") else None)

    def show_acknowledgement(self, path: str, body: Json) -> None:
        """Show what an acknowledgement said, which uses nothing up. Raises ApiError for its content."""
        self._answer(self._issued[path], body, None)

    def _answer(self, url: ResponseUrl, body: Json, replaced: Message | None) -> None:
        content = content_of(body, self._identifiers, self._files)
        if replaced:
            self._messages.edit(replaced, content)
            return
        is_public = body.get("response_type", "in_channel" if url.is_public else "ephemeral") == "in_channel"
        message = self._messages.post(
            url.channel_id,
            url.author,
            content,
            bot_id=url.bot_id,
            thread_ts=body.get("thread_ts"),
            only_for=None if is_public else url.member,
        )
        url.original_ts = url.original_ts or message.ts

    def _usable(self, path: str) -> ResponseUrl:
        url = self._issued.get(path)
        if url is None:
            raise ApiError("invalid_url")
        if self._clock() > url.expires_at:
            raise ApiError("expired_url")
        if url.uses >= USES:
            raise ApiError("used_url")
        return url

    def _delete(self, original: Message | None) -> None:
        if original is None:
            raise ApiError("message_not_found")
        self._messages.delete(original)
