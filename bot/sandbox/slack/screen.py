"""What a person's window shows, all in one answer, and how far they have read."""

from bot.sandbox.slack.asking import channel_of, person_of, text_of
from bot.sandbox.slack.errors import Refused
from bot.sandbox.slack.slack import Slack
from bot.sandbox.slack.workspace import BOT_NAME, Channel, Person
from bot.sandbox.wire import Json


async def screen(slack: Slack, body: Json) -> Json:
    """Give what a person's window shows: their conversations, their views, and one conversation's messages.

    `channel_id` names the conversation, `dm` the one with the bot; without either there are no `messages`.
    `home` asks for the Home tab too. `refusals` are the app's Web API calls after the number `after` that
    Slack refused; `is_listening` says whether the app can be reached at all. `number` is that of the latest
    change, for `wait`; `now` is in epoch seconds.
    """
    person = person_of(slack, body)
    answer: Json = {
        "number": slack.traffic.number,
        "now": slack.clock(),
        "is_listening": slack.sockets.count > 0 or slack.delivery.url is not None,
        "conversations": _conversations(slack, person),
        "views": [one.as_slack() for one in slack.views.stack(person.member)],
        "refusals": _refusals(slack, int(body.get("after", slack.traffic.number))),
    }
    if body.get("channel_id") or body.get("dm"):
        channel = channel_of(slack, person, body)
        answer |= {
            "channel_id": channel.id,
            "messages": slack.messages.seen_by(person.member, channel.id),
            "read": _mark(slack, person, channel),
        }
    if body.get("home"):
        installation = slack.installations.of(slack.workspace)
        shown = slack.views.home(installation.id, person.id) if installation else None
        answer["home"] = shown.as_slack() if shown else None
    return answer


async def read(slack: Slack, body: Json) -> Json:
    """Mark a conversation as read up to and with the message `ts`."""
    person = person_of(slack, body)
    channel = channel_of(slack, person, body)
    ts = text_of(body, "ts")
    if not ts.replace(".", "", 1).isdecimal():
        raise Refused("invalid_arguments", "`ts` must be a message's.")
    if ts > _mark(slack, person, channel):
        slack.read_marks[person.member, channel.id] = ts
        slack.traffic.touch()
    return {"read": _mark(slack, person, channel)}


def _conversations(slack: Slack, person: Person) -> list[Json]:
    direct = slack.workspace.direct_message(person.id)
    mine = [one for one in slack.workspace.channels_of(person.id) if not one.is_direct]
    return [_conversation(slack, person, channel) for channel in (*mine, direct)]


def _conversation(slack: Slack, person: Person, channel: Channel) -> Json:
    return {
        "id": channel.id,
        "name": BOT_NAME if channel.is_direct else channel.name,
        "kind": channel.kind,
        "is_archived": channel.is_archived,
        "is_shared": bool(channel.connected),
        "has_bot": slack.bot.user_id in channel.members,
        "members": len(channel.members - {slack.bot.user_id}),
        "unread": _unread(slack, person, channel),
    }


def _unread(slack: Slack, person: Person, channel: Channel) -> int:
    """Count what others have written since; answers in threads do not make a conversation bold."""
    mark = _mark(slack, person, channel)
    seen = slack.messages.seen_by(person.member, channel.id)
    return sum(one["ts"] > mark and one["user"] != person.id for one in seen)


def _mark(slack: Slack, person: Person, channel: Channel) -> str:
    return slack.read_marks.get((person.member, channel.id), "")


def _refusals(slack: Slack, after: int) -> list[Json]:
    return [
        {key: entry.get(key) for key in ("number", "method", "error", "messages")}
        for entry in slack.traffic.after(after)
        if entry["kind"] == "call" and entry.get("error")
    ]
