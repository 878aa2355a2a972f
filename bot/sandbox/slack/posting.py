"""What a message may say: its content, read from what the app sent and checked as Slack checks it."""

from collections.abc import Mapping
from typing import Any, Final

from bot.sandbox.slack.errors import ApiError
from bot.sandbox.slack.files import Files
from bot.sandbox.slack.identifiers import Identifiers
from bot.sandbox.slack.limits.surfaces import message_problems
from bot.sandbox.slack.messages import Content, named_blocks
from bot.sandbox.wire import Json

# Slack cuts longer texts off. An app that relies on it loses words, so the sandbox refuses.
POST_TEXT: Final = 40_000
# https://docs.slack.dev/reference/methods/chat.update
UPDATE_TEXT: Final = 4_000


def content_of(
    body: Mapping[str, Any], identifiers: Identifiers, files: Files, *, maximum_text: int = POST_TEXT
) -> Content:
    """Read a message's content; its images are among `files`.

    Raises ApiError `no_text`, `msg_too_long`, `invalid_blocks`, `invalid_blocks_format`,
    `invalid_metadata_format` or `invalid_attachments`.
    """
    text = body.get("text") or ""
    blocks = body.get("blocks") or []
    attachments = body.get("attachments") or []
    if not text and not blocks and not attachments:
        raise ApiError("no_text")
    if not isinstance(text, str):
        raise ApiError("invalid_arguments", ["[ERROR] must be a string [json-pointer:/text]"])
    if len(text) > maximum_text:
        raise ApiError("msg_too_long")
    if not isinstance(attachments, list):
        raise ApiError("invalid_attachments")
    kept = named_blocks(_checked_blocks(blocks, files), identifiers)
    return Content(text, kept, tuple(attachments), _metadata(body.get("metadata")))


def _checked_blocks(blocks: object, files: Files) -> list[Json]:
    if not isinstance(blocks, list):
        raise ApiError("invalid_blocks_format")
    problems = [*message_problems(blocks), *files.problems(blocks, "/blocks")]
    if problems:
        raise ApiError("invalid_blocks", [problem.described() for problem in problems])
    return blocks


def _metadata(metadata: object) -> Json | None:
    if not metadata:
        return None
    is_event = isinstance(metadata, dict) and metadata.keys() == {"event_type", "event_payload"}
    if not isinstance(metadata, dict) or not is_event or not isinstance(metadata["event_payload"], dict):
        raise ApiError("invalid_metadata_format")
    return metadata
