"""The `files.*` methods, the address that takes a file's bytes, and a look at a file.

https://docs.slack.dev/reference/methods/files.getUploadURLExternal and files.completeUploadExternal
"""

import base64
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web

from bot.sandbox.slack.arguments import Arguments
from bot.sandbox.slack.asking import text_of
from bot.sandbox.slack.chat_methods import writable
from bot.sandbox.slack.errors import ApiError, Refused
from bot.sandbox.slack.files import ALT_TEXT, UPLOAD_PATH, File, described
from bot.sandbox.slack.handlers import Methods
from bot.sandbox.slack.messages import Content
from bot.sandbox.slack.slack import Slack
from bot.sandbox.wire import Json


def upload_url(slack: Slack, arguments: Arguments) -> Json:
    """Give the address to which a file's bytes go, and the file's ID."""
    name, length = arguments.optional_text("filename"), str(arguments.values.get("length") or "")
    alt_text = arguments.optional_text("alt_txt") or ""
    if not name or not length.isdecimal() or not int(length):
        raise ApiError("missing_argument")
    if len(alt_text) > ALT_TEXT:
        raise ApiError("alt_txt_too_large")
    file = slack.files.announce(slack.where, name, int(length), alt_text)
    return {"upload_url": f"{slack.origin}{UPLOAD_PATH}{file.secret}", "file_id": file.id}


def complete_upload(slack: Slack, arguments: Arguments) -> Json:
    """Complete files, and share them in a channel if there is a `channel_id`."""
    given = arguments.structure("files")
    if not isinstance(given, list) or not given or not all(isinstance(one, dict) for one in given):
        raise ApiError("invalid_arguments", ["[ERROR] must be an array of objects [json-pointer:/files]"])
    channel_id = arguments.optional_text("channel_id")
    channel = writable(slack, channel_id) if channel_id else None
    files = [slack.files.complete(slack.where, str(one.get("id")), one.get("title")) for one in given]
    if channel:
        told = Content(
            arguments.optional_text("initial_comment") or "", files=tuple(described(one) for one in files)
        )
        slack.post_as_bot(channel.id, told, thread_ts=arguments.optional_text("thread_ts"))
    return {"files": [described(one) for one in files]}


async def receive(slack: Slack, request: web.Request) -> web.StreamResponse:
    """Take a file's bytes, raw or as the one file of a form."""
    content = await _content(request)
    file = slack.files.receive(request.match_info["secret"], content)
    if file is None:
        return web.Response(status=HTTPStatus.BAD_REQUEST, text="The upload is not what was announced.")
    return web.Response(text=f"OK - {len(content)}")


async def look(slack: Slack, body: Json) -> Json:
    """Give a complete file with its content (base64), by `id`. Raises Refused `file_not_found`."""
    file = slack.files.find(text_of(body, "id"))
    if file is None:
        raise Refused("file_not_found", "No complete file has this ID.")
    return {"file": _looked_at(file)}


async def let_process(slack: Slack, body: Json) -> Json:
    """Let Slack take `seconds` from now on before a complete file can be shown in blocks."""
    seconds = body.get("seconds", 0)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise Refused("invalid_arguments", "`seconds` must be a number.")
    slack.files.processing_seconds = float(seconds)
    return {}


def _looked_at(file: File) -> Json:
    told: dict[str, Any] = {key: described(file)[key] for key in ("id", "name", "title", "mimetype", "size")}
    return {**told, "alt_text": file.alt_text, "content": base64.b64encode(file.content or b"").decode()}


async def _content(request: web.Request) -> bytes:
    if request.content_type != "multipart/form-data":
        return await request.read()
    for value in (await request.post()).values():
        if isinstance(value, web.FileField):
            return value.file.read()
    return b""


METHODS: Final[Methods] = {
    "files.getUploadURLExternal": (upload_url, ("files:write",)),
    "files.completeUploadExternal": (complete_upload, ("files:write",)),
}
