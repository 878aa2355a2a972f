"""Messages: what is posted where, who sees it, and how it changes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from bot.sandbox.slack.errors import ApiError
from bot.sandbox.slack.identifiers import Identifiers
from bot.sandbox.slack.workspace import APP_ID, Member
from bot.sandbox.traffic import Traffic
from bot.sandbox.wire import Json


@dataclass(frozen=True)
class Content:
    """What a message says; `blocks` all carry a `block_id`, `files` are file objects."""

    text: str = ""
    blocks: tuple[Json, ...] = ()
    attachments: tuple[Json, ...] = ()
    metadata: Json | None = None
    files: tuple[Json, ...] = ()


@dataclass(frozen=True)
class Message:
    """A message; `bot_id` is there for the app's, `only_for` names the one user who sees an ephemeral one."""

    channel_id: str
    ts: str
    author: Member
    content: Content
    bot_id: str | None = None
    thread_ts: str | None = None
    only_for: Member | None = None
    edited_ts: str | None = None

    def as_slack(self) -> Json:
        """Give the message object that Slack puts into answers and payloads."""
        author = {"user": self.author.user_id, "team": self.author.team_id}
        body: Json = {"type": "message", "ts": self.ts, **author}
        if self.bot_id:
            body |= {"bot_id": self.bot_id, "app_id": APP_ID}
        body |= {"text": self.content.text, "blocks": list(self.content.blocks)}
        if self.content.attachments:
            body["attachments"] = list(self.content.attachments)
        if self.content.files:
            body["files"] = list(self.content.files)
        if self.content.metadata:
            body["metadata"] = self.content.metadata
        if self.thread_ts:
            body["thread_ts"] = self.thread_ts
        if self.edited_ts:
            body["edited"] = {"user": self.author.user_id, "ts": self.edited_ts}
        return body


@dataclass
class Messages:
    """All messages of all workspaces, in the order they were posted."""

    identifiers: Identifiers
    traffic: Traffic
    _all: dict[tuple[str, str], Message] = field(default_factory=dict)

    def post(
        self,
        channel_id: str,
        author: Member,
        content: Content,
        *,
        bot_id: str | None = None,
        thread_ts: str | None = None,
        only_for: Member | None = None,
    ) -> Message:
        """Post a message. Raises ApiError `thread_not_found` for an answer to a message that is not there.

        A thread stays when its root is deleted, as long as there are answers.
        """
        if thread_ts and not self._has_thread(channel_id, thread_ts):
            raise ApiError("thread_not_found")
        ts = self.identifiers.timestamp()
        return self._keep(Message(channel_id, ts, author, content, bot_id, thread_ts, only_for))

    def find(self, channel_id: str, ts: str) -> Message | None:
        """Give the message with this `ts`, ephemeral or not."""
        return self._all.get((channel_id, ts))

    def edit(self, message: Message, content: Content) -> Message:
        """Give a message new content, and mark it as edited."""
        return self._keep(replace(message, content=content, edited_ts=self.identifiers.timestamp()))

    def decorate(self, message: Message, content: Content) -> Message:
        """Give a message new content that its author did not change."""
        return self._keep(replace(message, content=content))

    def thread(self, member: Member, channel_id: str, ts: str) -> list[Json]:
        """Give the answers that a user sees under a message, oldest first."""
        return [one.as_slack() for one in self._visible(member, channel_id) if one.thread_ts == ts]

    def delete(self, message: Message) -> None:
        """Take a message away."""
        del self._all[message.channel_id, message.ts]
        self.traffic.touch()

    def seen_by(self, member: Member, channel_id: str) -> list[Json]:
        """Give what a user sees in a channel, oldest first; answers are `replies` of their root."""
        roots: dict[str, Json] = {}
        for message in self._visible(member, channel_id):
            shown = {**message.as_slack(), "is_ephemeral": message.only_for is not None}
            if message.thread_ts in roots:
                roots[message.thread_ts]["replies"].append(shown)
            else:
                roots[message.ts] = {**shown, "replies": []}
        return list(roots.values())

    def _has_thread(self, channel_id: str, ts: str) -> bool:
        answers = (one for one in self._all.values() if one.thread_ts == ts)
        return (channel_id, ts) in self._all or any(one.channel_id == channel_id for one in answers)

    def _visible(self, member: Member, channel_id: str) -> Iterator[Message]:
        for message in self._all.values():
            if message.channel_id == channel_id and message.only_for in {None, member}:
                yield message

    def _keep(self, message: Message) -> Message:
        self._all[message.channel_id, message.ts] = message
        self.traffic.touch()
        return message


def named_blocks(blocks: Iterable[Json], identifiers: Identifiers) -> tuple[Json, ...]:
    """Give the blocks as Slack keeps them: each block and interactive element has its name."""
    return tuple(_named(block, identifiers) for block in blocks)


def _named(block: Json, identifiers: Identifiers) -> Json:
    named = {**block, "block_id": block.get("block_id") or identifiers.short()}
    for key in ("element", "accessory"):
        if key in block:
            named[key] = _named_element(block[key], identifiers)
    for key in ("elements", "actions"):
        if key in block:
            named[key] = [_named_element(element, identifiers) for element in block[key]]
    return named


def _named_element(element: Json, identifiers: Identifiers) -> Json:
    has_no_name = element["type"] in {"image", "plain_text", "mrkdwn"} or element["type"].startswith(
        "rich_text"
    )
    if has_no_name or element.get("action_id"):
        return element
    return {**element, "action_id": identifiers.short()}
