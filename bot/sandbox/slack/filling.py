"""What a person puts into an element: the value checked as Slack's own client checks it."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from bot.sandbox.slack.errors import Refused
from bot.sandbox.slack.fields import Field, fields_of
from bot.sandbox.slack.limits.objects import offered
from bot.sandbox.slack.slack import Slack
from bot.sandbox.slack.views import View
from bot.sandbox.wire import Json

_LONGEST: Final = 3000
_TIME: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_URL: Final = re.compile(r"https?://\S+")


@dataclass(frozen=True)
class Filling:
    """One person filling in one element; `suggested` are the options an external select offers now."""

    slack: Slack
    user_id: str
    field: Field
    suggested: list[Json]

    def state(self, value: Any) -> Json:  # noqa: ANN401 - whatever the person's client sends
        """Give the element's new state for a simple value. Raises Refused `invalid_value`."""
        kind = self.field.kind
        if kind is None:
            raise Refused("invalid_value", f"A {self.field.type} holds no value.")
        if value in (None, "", []):
            return {"type": self.field.type, kind.key: kind.empty}
        if kind.is_several != isinstance(value, list):
            raise Refused("invalid_value", "A list is needed where several may be chosen, and only there.")
        chosen = [self._one(kind.key, one) for one in (value if kind.is_several else [value])]
        if len(chosen) > self.field.element.get("max_selected_items", len(chosen)):
            raise Refused("invalid_value", "More are chosen than this element allows.")
        return {"type": self.field.type, kind.key: chosen if kind.is_several else chosen[0]}

    def _one(self, key: str, value: Any) -> Any:  # noqa: ANN401 - the same
        accepted = _ACCEPTED[key.removesuffix("s")](self, value)
        if accepted is None:
            raise Refused("invalid_value", f"{value!r} cannot be put into a {self.field.type}.")
        return accepted

    def option(self, value: object) -> Json | None:
        """Give the option with this value, if it is offered."""
        choices = [*offered(self.field.element), *self.suggested]
        return next((option for option in choices if option["value"] == value), None)

    def user(self, value: object) -> object | None:
        """Accept a member of the workspace."""
        return value if str(value) in self.slack.workspace.people else None

    def channel(self, value: object) -> object | None:
        """Accept a public channel."""
        channel = self.slack.workspace.channels.get(str(value))
        return value if channel and channel.kind == "public" else None

    def conversation(self, value: object) -> object | None:
        """Accept a conversation the person is in and the element's filter lets through."""
        wanted = self.field.element.get("filter", {})
        included = wanted.get("include", ("im", "private", "public"))
        mine = {
            channel.id: channel.kind
            for channel in self.slack.workspace.channels_of(self.user_id)
            if not (channel.connected and wanted.get("exclude_external_shared_channels"))
        }
        return value if mine.get(str(value)) in included else None


def _text(_filling: Filling, value: object) -> str | None:
    return value if isinstance(value, str) else None


def _date(_filling: Filling, value: object) -> str | None:
    try:
        return date.fromisoformat(str(value)).isoformat()
    except ValueError:
        return None


def _time(_filling: Filling, value: object) -> str | None:
    return value if isinstance(value, str) and _TIME.fullmatch(value) else None


def _moment(_filling: Filling, value: object) -> int | None:
    return value if isinstance(value, int) else None


_ACCEPTED: Final[Mapping[str, Callable[[Filling, object], object | None]]] = {
    "value": _text,
    "selected_option": Filling.option,
    "selected_user": Filling.user,
    "selected_channel": Filling.channel,
    "selected_conversation": Filling.conversation,
    "selected_date": _date,
    "selected_time": _time,
    "selected_date_time": _moment,
}


def missing(view: View) -> list[str]:
    """Give the `block_id`s of required inputs that are empty."""
    return [
        field.block_id for field in fields_of(view.blocks) if field.is_required and not _value(view, field)
    ]


def complaints(view: View) -> dict[str, str]:
    """Give what the client would say under inputs whose value cannot be submitted, by `block_id`."""
    found: dict[str, str] = {}
    for field in fields_of(view.blocks):
        value = _value(view, field)
        if field.is_input and isinstance(value, str):
            found.update((field.block_id, complaint) for complaint in _complaints(field, value))
    return found


def _value(view: View, field: Field) -> Any:  # noqa: ANN401 - the values of view.state are of many types
    state = view.values.get(field.block_id, {}).get(field.action_id, {})
    return state.get(field.kind.key) if field.kind else None


def _complaints(field: Field, value: str) -> Iterator[str]:
    if field.type == "plain_text_input":
        yield from _length(field.element, value)
    elif field.type == "number_input":
        yield from _number(field.element, value)
    elif field.type == "email_text_input" and not _EMAIL.fullmatch(value):
        yield "Enter an email address."
    elif field.type == "url_text_input" and not _URL.fullmatch(value):
        yield "Enter a URL."


def _length(element: Json, value: str) -> Iterator[str]:
    shortest, longest = element.get("min_length", 0), element.get("max_length", _LONGEST)
    if not shortest <= len(value) <= longest:
        yield f"Enter {shortest} to {longest} characters."


def _number(element: Json, value: str) -> Iterator[str]:
    try:
        number = Decimal(value)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        yield "Enter a number."
        return
    if not element["is_decimal_allowed"] and number != number.to_integral_value():
        yield "Enter a whole number."
    if "min_value" in element and number < Decimal(element["min_value"]):
        yield f"Enter {element['min_value']} or more."
    if "max_value" in element and number > Decimal(element["max_value"]):
        yield f"Enter {element['max_value']} or less."
