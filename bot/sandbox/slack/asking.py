"""Reading what a person's hands are asked to do: who, where, with which view or element."""

from typing import Any

from bot.sandbox.slack.errors import ApiError, Refused
from bot.sandbox.slack.fields import Field, find_field
from bot.sandbox.slack.messages import Message
from bot.sandbox.slack.slack import Slack
from bot.sandbox.slack.views import View
from bot.sandbox.slack.workspace import Channel, Person
from bot.sandbox.wire import Json


def text_of(body: Json, name: str) -> str:
    """Give a required string. Raises Refused `invalid_arguments`."""
    value = body.get(name)
    if not isinstance(value, str):
        raise Refused("invalid_arguments", f"`{name}` must be given as a string.")
    return value


def person_of(slack: Slack, body: Json) -> Person:
    """Give the person who acts. Raises Refused `user_not_found` or `account_inactive`."""
    person = slack.workspace.people.get(text_of(body, "user_id"))
    if person is None:
        raise Refused("user_not_found", "Nobody in the workspace has this user ID.")
    if person.is_deleted:
        raise Refused("account_inactive", f"{person.real_name} was deactivated.")
    return person


def any_channel_of(slack: Slack, body: Json) -> Channel:
    """Give a channel, whoever is in it. Raises Refused `channel_not_found`."""
    channel = slack.workspace.channels.get(text_of(body, "channel_id"))
    if channel is None:
        raise Refused("channel_not_found", "There is no such channel.")
    return channel


def channel_of(slack: Slack, person: Person, body: Json) -> Channel:
    """Give a conversation this person is in. Raises Refused `channel_not_found`."""
    if body.get("dm"):
        return slack.workspace.direct_message(person.id)
    channel = any_channel_of(slack, body)
    if person.id not in channel.members:
        raise Refused("channel_not_found", f"{person.real_name} is not in this channel.")
    return channel


def message_of(slack: Slack, person: Person, body: Json) -> Message:
    """Give a message this person sees. Raises Refused `message_not_found`."""
    channel = channel_of(slack, person, body)
    message = slack.messages.find(channel.id, text_of(body, "message_ts"))
    if message is None or message.only_for not in {None, person.member}:
        raise Refused("message_not_found", f"{person.real_name} sees no such message there.")
    return message


def shown_view_of(slack: Slack, person: Person, body: Json) -> View:
    """Give the view to act in: the uppermost modal, or the Home tab. Raises Refused `not_found`."""
    view = slack.views.find(text_of(body, "view_id"))
    if view is None or view.member != person.member:
        raise Refused("not_found", f"{person.real_name} has no such view open.")
    if view.is_modal and slack.views.stack(person.member)[-1].id != view.id:
        raise Refused("not_found", "Another view lies on top of this one.")
    return view


def modal_of(slack: Slack, person: Person, body: Json) -> View:
    """Give the uppermost modal, named by its ID. Raises Refused `not_found`."""
    view = shown_view_of(slack, person, body)
    if not view.is_modal:
        raise Refused("not_found", "This is a Home tab, not a modal.")
    return view


def field_of(blocks: list[Json], body: Json) -> Field:
    """Give the element named by `block_id`, `action_id` or both. Raises Refused `element_not_found`."""
    names: list[Any] = [body.get("block_id"), body.get("action_id")]
    field = find_field(blocks, *names) if any(names) else None
    shown_to = field.element.get("visible_to_user_ids") if field else None
    if field is None or (shown_to and body.get("user_id") not in shown_to):
        raise Refused("element_not_found", f"No element is named {' / '.join(filter(None, names))}.")
    return field


def told(error: ApiError) -> Refused:
    """Give what a person is told when Slack refuses the app's answer to their act."""
    reasons = "; ".join(error.messages) or "no reason is given"
    return Refused(error.code, f"Slack does not accept the app's answer: {reasons}.")
