"""A person in conversations: commands, shortcuts, messages, the Home tab; and who is in a channel."""

from urllib.parse import urlsplit

from bot.sandbox.slack import event_payloads, payloads
from bot.sandbox.slack.asking import (
    any_channel_of,
    channel_of,
    message_of,
    person_of,
    text_of,
    told,
)
from bot.sandbox.slack.errors import ApiError, Refused
from bot.sandbox.slack.messages import Content
from bot.sandbox.slack.slack import Slack
from bot.sandbox.wire import Json


async def command(slack: Slack, body: Json) -> Json:
    """Use a slash command; what the app answers at once becomes a message."""
    person = person_of(slack, body)
    channel = channel_of(slack, person, body)
    name = text_of(body, "command")
    if not name.startswith("/"):
        raise Refused("invalid_arguments", "A command starts with a slash.")
    payload = payloads.command(slack, person, channel, name, text_of({"text": "", **body}, "text"))
    answer = await slack.delivery.deliver("slash_commands", payload)
    if answer and (answer.get("text") or answer.get("blocks")):
        try:
            slack.response_urls.show_acknowledgement(urlsplit(payload["response_url"]).path, answer)
        except ApiError as error:
            raise told(error) from error
    return {"answer": answer}


async def shortcut(slack: Slack, body: Json) -> Json:
    """Use a global shortcut, or with `channel_id` and `message_ts` one from a message's menu."""
    person = person_of(slack, body)
    callback_id = text_of(body, "callback_id")
    if body.get("message_ts"):
        channel = channel_of(slack, person, body)
        about = message_of(slack, person, body)
        payload = payloads.message_shortcut(slack, person, callback_id, channel, about)
    else:
        payload = payloads.global_shortcut(slack, person, callback_id)
    await slack.delivery.deliver("interactive", payload)
    return {}


async def say(slack: Slack, body: Json) -> Json:
    """Write a message, with `thread_ts` in a thread; the app hears only of links that are its own.

    `delivered` says whether it heard, null if there was nothing to hear.
    """
    person = person_of(slack, body)
    channel = channel_of(slack, person, body)
    if channel.is_archived:
        raise Refused("is_archived", "The channel is archived.")
    content = Content(text_of(body, "text"))
    try:
        message = slack.messages.post(
            channel.id, person.member, content, thread_ts=body.get("thread_ts") or None
        )
    except ApiError as error:
        raise Refused(error.code, "There is no such message to answer.") from error
    payload = event_payloads.link_shared(slack, message)
    delivered = await slack.delivery.notify("events_api", payload) if payload else None
    return {"ts": message.ts, "channel_id": channel.id, "delivered": delivered}


async def write(slack: Slack, body: Json) -> Json:
    """Write a message without sending it; the app hears of links that are its own."""
    payload = event_payloads.link_written(slack, person_of(slack, body), text_of(body, "text"))
    return {"delivered": await slack.delivery.notify("events_api", payload) if payload else None}


async def delete_message(slack: Slack, body: Json) -> Json:
    """Delete a message that a person sees, as its author or an administrator may; answers under it stay."""
    person = person_of(slack, body)
    message = message_of(slack, person, {**body, "message_ts": body.get("ts")})
    slack.messages.delete(message)
    return {}


async def open_home(slack: Slack, body: Json) -> Json:
    """Open the app's Home tab; `delivered` says whether the app heard, which a person would not notice."""
    person = person_of(slack, body)
    outcome = await slack.delivery.notify("events_api", event_payloads.home_opened(slack, person))
    return {"delivered": outcome}


async def change_membership(slack: Slack, body: Json) -> Json:
    """Invite the bot to a channel, or remove it."""
    channel = any_channel_of(slack, body)
    if body.get("joined"):
        channel.members.add(slack.bot.user_id)
    else:
        channel.members.discard(slack.bot.user_id)
    slack.traffic.touch()
    return {"is_member": slack.bot.user_id in channel.members}


async def leave(slack: Slack, body: Json) -> Json:
    """Leave a channel; `delivered` says whether the app heard, null where its bot is not there."""
    person = person_of(slack, body)
    channel = channel_of(slack, person, body)
    if channel.kind == "im":
        raise Refused("invalid_arguments", "Nobody can leave their conversation with the bot.")
    channel.members.discard(person.id)
    slack.traffic.touch()
    payload = event_payloads.member_left(slack, person, channel)
    return {"delivered": await slack.delivery.notify("events_api", payload) if payload else None}


async def archive(slack: Slack, body: Json) -> Json:
    """Archive a channel, or with `"archived": false` bring it back."""
    channel = any_channel_of(slack, body)
    channel.is_archived = bool(body.get("archived", True))
    slack.traffic.touch()
    return {"is_archived": channel.is_archived}
