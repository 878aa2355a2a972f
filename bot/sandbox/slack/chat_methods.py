"""The `chat.*` methods.

https://docs.slack.dev/reference/methods/chat.postMessage and its neighbours
"""

from dataclasses import replace
from typing import Final

from bot.sandbox.slack.arguments import Arguments
from bot.sandbox.slack.errors import ApiError
from bot.sandbox.slack.handlers import Methods
from bot.sandbox.slack.messages import Content, Message
from bot.sandbox.slack.posting import UPDATE_TEXT, content_of
from bot.sandbox.slack.slack import Slack
from bot.sandbox.slack.workspace import Channel, Member
from bot.sandbox.wire import Json


def post_message(slack: Slack, arguments: Arguments) -> Json:
    """Post as the bot, in a channel or, for a user ID, in the conversation with that person."""
    channel = writable(slack, arguments.text("channel"))
    content = content_of(arguments.values, slack.identifiers, slack.files)
    thread_ts = arguments.optional_text("thread_ts")
    message = slack.post_as_bot(channel.id, content, thread_ts=thread_ts)
    return {"channel": channel.id, "ts": message.ts, "message": message.as_slack()}


def post_ephemeral(slack: Slack, arguments: Arguments) -> Json:
    """Show a message to one member of a channel."""
    channel = writable(slack, arguments.text("channel"))
    reader = _member_of(slack, channel, arguments.text("user"))
    content = content_of(arguments.values, slack.identifiers, slack.files)
    thread_ts = arguments.optional_text("thread_ts")
    message = slack.post_as_bot(channel.id, content, thread_ts=thread_ts, only_for=reader)
    return {"message_ts": message.ts}


def update(slack: Slack, arguments: Arguments) -> Json:
    """Change one of the bot's messages; blocks and attachments that are not given stay."""
    message = _found(slack, arguments)
    if message.author != slack.bot:
        raise ApiError("cant_update_message")
    if slack.workspace.channels[message.channel_id].is_archived:
        raise ApiError("is_inactive")
    given = content_of(
        {**_kept(message.content), **arguments.values},
        slack.identifiers,
        slack.files,
        maximum_text=UPDATE_TEXT,
    )
    kept = replace(given, metadata=given.metadata or message.content.metadata, files=message.content.files)
    changed = slack.messages.edit(message, kept)
    return {
        "channel": changed.channel_id,
        "ts": changed.ts,
        "text": changed.content.text,
        "message": changed.as_slack(),
    }


def delete(slack: Slack, arguments: Arguments) -> Json:
    """Delete one of the bot's messages."""
    message = _found(slack, arguments)
    if message.author != slack.bot:
        raise ApiError("cant_delete_message")
    slack.messages.delete(message)
    return {"channel": message.channel_id, "ts": message.ts}


def permalink(slack: Slack, arguments: Arguments) -> Json:
    """Give a message's address."""
    channel = readable(slack, arguments.text("channel"))
    message = slack.messages.find(channel.id, arguments.text("message_ts"))
    if message is None or message.only_for:
        raise ApiError("message_not_found")
    address = (
        f"https://{slack.workspace.domain}.slack.com/archives/{channel.id}/p{message.ts.replace('.', '')}"
    )
    thread = f"?thread_ts={message.thread_ts}&cid={channel.id}" if message.thread_ts else ""
    return {"channel": channel.id, "permalink": f"{address}{thread}"}


def readable(slack: Slack, channel_id: str) -> Channel:
    """Give a channel the bot may know of. Raises ApiError `channel_not_found`."""
    channel = slack.workspace.channels.get(channel_id)
    if channel is None or (channel.kind != "public" and slack.bot.user_id not in channel.members):
        raise ApiError("channel_not_found")
    return channel


def writable(slack: Slack, channel_id: str) -> Channel:
    """Give a channel in which the bot may post, or for a user ID its conversation with that person.

    Raises ApiError `channel_not_found`, `is_archived` or `not_in_channel`.
    """
    if channel_id in slack.workspace.people:
        return slack.workspace.direct_message(channel_id)
    channel = readable(slack, channel_id)
    if channel.is_archived:
        raise ApiError("is_archived")
    if slack.bot.user_id not in channel.members and not _may_post_anywhere(slack):
        raise ApiError("not_in_channel")
    return channel


def _may_post_anywhere(slack: Slack) -> bool:
    return slack.caller is not None and "chat:write.public" in slack.caller.scopes


def _member_of(slack: Slack, channel: Channel, user_id: str) -> Member:
    """Give somebody in a channel, also from a workspace that shares it (Slack Connect)."""
    for team_id in (slack.workspace.id, *channel.connected):
        if user_id in slack.installations.workspaces[team_id].channels[channel.id].members:
            return Member(team_id, user_id)
    raise ApiError("user_not_in_channel")


def _found(slack: Slack, arguments: Arguments) -> Message:
    channel = readable(slack, arguments.text("channel"))
    message = slack.messages.find(channel.id, arguments.text("ts"))
    if message is None or message.only_for:
        raise ApiError("message_not_found")
    return message


def _kept(content: Content) -> Json:
    return {"text": content.text, "blocks": list(content.blocks), "attachments": list(content.attachments)}


METHODS: Final[Methods] = {
    "chat.postMessage": (post_message, ("chat:write",)),
    "chat.postEphemeral": (post_ephemeral, ("chat:write",)),
    "chat.update": (update, ("chat:write",)),
    "chat.delete": (delete, ("chat:write",)),
    "chat.getPermalink": (permalink, ()),
}
