"""A person pressing buttons and choosing from menus, in messages and in views."""

from bot.sandbox.slack import payloads
from bot.sandbox.slack.asking import field_of, message_of, person_of, shown_view_of
from bot.sandbox.slack.errors import Refused
from bot.sandbox.slack.fields import Field, carried_values, fields_of, find_field, with_value
from bot.sandbox.slack.filling import Filling
from bot.sandbox.slack.form_acts import choose, described_action, known_options
from bot.sandbox.slack.messages import Message
from bot.sandbox.slack.slack import Slack
from bot.sandbox.slack.views import View
from bot.sandbox.slack.workspace import Person
from bot.sandbox.wire import Json

_BUTTONS = frozenset({"button", "icon_button"})
_TOLD = ("text", "value", "url", "style", "icon")


async def click(slack: Slack, body: Json) -> Json:
    """Press an element outside input blocks; the answer has `url` where the press opens one."""
    person = person_of(slack, body)
    if body.get("view_id"):
        return await _click_in_view(slack, person, shown_view_of(slack, person, body), body)
    return await _click_in_message(slack, person, body)


async def _click_in_view(slack: Slack, person: Person, view: View, body: Json) -> Json:
    field = _pressed_in(view.blocks, body)
    if field.is_input:
        raise Refused("invalid_value", "An input is filled in, not clicked.")
    state = _pressed(slack, person, field, body, known_options(slack, view, field))
    if field.kind:
        await choose(slack, person, view, field, state)
    else:
        action = described_action(slack, field, state)
        await slack.delivery.deliver("interactive", payloads.view_actions(slack, person, view, [action]))
    return _opened(state)


async def _click_in_message(slack: Slack, person: Person, body: Json) -> Json:
    message = message_of(slack, person, body)
    unfurl = _unfurl_with(message, body)
    blocks = unfurl["blocks"] if unfurl else list(message.content.blocks)
    field = _pressed_in(blocks, body)
    state = _pressed(slack, person, field, body, [])
    values = carried_values(blocks, {}, message.channel_id)
    if field.kind:
        values = with_value(values, field, state)
    action = described_action(slack, field, state)
    payload = payloads.message_actions(slack, person, message, values, [action], unfurl=unfurl)
    await slack.delivery.deliver("interactive", payload)
    return _opened(state)


def _pressed_in(blocks: list[Json], body: Json) -> Field:
    """Give the element that was pressed. Raises Refused `element_not_found`.

    A block that the app does not name has another ID each time it is drawn: what was pressed in the moment
    before is known by its action, as long as nothing else has the same.
    """
    if not find_field(blocks, body.get("block_id"), body.get("action_id")):
        same = [one for one in fields_of(blocks) if one.action_id == body.get("action_id")]
        if len(same) == 1:
            return field_of(blocks, {**body, "block_id": None})
    return field_of(blocks, body)


def _unfurl_with(message: Message, body: Json) -> Json | None:
    """Give what the app shows under a message's link, if the element that is named stands there."""
    for attachment in message.content.attachments:
        names = (body.get("block_id"), body.get("action_id"))
        if attachment.get("is_app_unfurl") and find_field(attachment.get("blocks", []), *names):
            return attachment
    return None


def _pressed(slack: Slack, person: Person, field: Field, body: Json, suggested: list[Json]) -> Json:
    if field.type in _BUTTONS:
        return {key: field.element[key] for key in _TOLD if key in field.element}
    filling = Filling(slack, person.id, field, suggested)
    if field.kind:
        return filling.state(body.get("value"))
    option = filling.option(body.get("value"))
    if option is None:
        raise Refused("invalid_value", "The menu has no such option.")
    return {"selected_option": option}


def _opened(state: Json) -> Json:
    url = state.get("url") or (state.get("selected_option") or {}).get("url")
    return {"url": url} if url else {}
