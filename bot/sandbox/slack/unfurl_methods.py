"""`chat.unfurl` (https://docs.slack.dev/reference/methods/chat.unfurl)."""

from dataclasses import replace
from typing import Any, Final

from bot.sandbox.slack.arguments import Arguments
from bot.sandbox.slack.chat_methods import readable
from bot.sandbox.slack.errors import ApiError
from bot.sandbox.slack.handlers import Methods
from bot.sandbox.slack.limits.surfaces import message_problems
from bot.sandbox.slack.messages import Message
from bot.sandbox.slack.slack import Slack
from bot.sandbox.slack.unfurling import SOURCES, attachments_of, links_in
from bot.sandbox.wire import Json


def unfurl(slack: Slack, arguments: Arguments) -> Json:
    """Show something under a message's links, in place of what the app showed there before."""
    message = _message(slack, arguments)
    unfurls = _unfurls(arguments)
    if not slack.unfurls.is_told(message):
        raise ApiError("cannot_unfurl_url")
    links = {link["url"] for link in links_in(message.content.text, slack.app.unfurl_domains)}
    if not unfurls.keys() <= links:
        raise ApiError("cannot_unfurl_message")
    for given in unfurls.values():
        _check(slack, given)
    others = tuple(one for one in message.content.attachments if not one.get("is_app_unfurl"))
    shown = attachments_of(unfurls.items(), slack.workspace.bot.id, slack.identifiers)
    content = replace(message.content, attachments=(*others, *shown))
    slack.messages.decorate(message, content)
    return {}


def _message(slack: Slack, arguments: Arguments) -> Message:
    channel_id, ts = _place(slack, arguments)
    try:
        channel = readable(slack, channel_id)
    except ApiError as error:
        raise ApiError("cannot_find_channel") from error
    message = slack.messages.find(channel.id, ts)
    if message is None:
        raise ApiError("cannot_find_message")
    return message


def _place(slack: Slack, arguments: Arguments) -> tuple[str, str]:
    unfurl_id = arguments.optional_text("unfurl_id")
    source = arguments.optional_text("source")
    if unfurl_id or source:
        if not unfurl_id:
            raise ApiError("missing_unfurl_id")
        if not source:
            raise ApiError("missing_source")
        if source not in SOURCES:
            raise ApiError("invalid_source")
        place = slack.unfurls.place_of(unfurl_id)
        if place is None:
            raise ApiError("invalid_unfurl_id")
        return place
    channel_id, ts = arguments.optional_text("channel"), arguments.optional_text("ts")
    if not channel_id:
        raise ApiError("missing_channel")
    if not ts:
        raise ApiError("missing_ts")
    return channel_id, ts


def _unfurls(arguments: Arguments) -> dict[str, Json]:
    given: Any = arguments.values.get("unfurls")
    if not given:
        raise ApiError("missing_unfurls")
    if not isinstance(given, dict):
        raise ApiError("invalid_unfurls_format")
    if not all(isinstance(one, dict) for one in given.values()):
        raise ApiError("cannot_parse_attachment")
    return given


def _check(slack: Slack, given: Json) -> None:
    """Check what is to be shown: blocks as in a message. Raises ApiError `cannot_parse_attachment`."""
    blocks = given.get("blocks", [])
    problems = [*message_problems(blocks), *slack.files.problems(blocks, "/blocks")]
    if problems or not given:
        raise ApiError("cannot_parse_attachment", [problem.described() for problem in problems])


METHODS: Final[Methods] = {
    "chat.unfurl": (unfurl, ("links:write",)),
}
