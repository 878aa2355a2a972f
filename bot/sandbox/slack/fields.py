"""Interactive elements and what a person puts into them, in the shapes of `view.state.values`.

https://docs.slack.dev/reference/views/view-state
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.sandbox.slack.limits.objects import offered
from bot.sandbox.slack.limits.surfaces import elements_of
from bot.sandbox.wire import Json


@dataclass(frozen=True)
class Kind:
    """How one type of element holds its value: under which key, and where its first value stands."""

    key: str
    initial: str

    @property
    def is_several(self) -> bool:
        """Whether a person may choose more than one."""
        return self.key.endswith("s")

    @property
    def empty(self) -> list[Any] | None:
        """What stands there while nothing is chosen."""
        return [] if self.is_several else None


_TEXT: Final = Kind("value", "initial_value")
_OPTION: Final = Kind("selected_option", "initial_option")
_OPTIONS: Final = Kind("selected_options", "initial_options")
KINDS: Final[Mapping[str, Kind]] = {
    "plain_text_input": _TEXT,
    "email_text_input": _TEXT,
    "url_text_input": _TEXT,
    "number_input": _TEXT,
    "static_select": _OPTION,
    "external_select": _OPTION,
    "radio_buttons": _OPTION,
    "multi_static_select": _OPTIONS,
    "multi_external_select": _OPTIONS,
    "checkboxes": _OPTIONS,
    "users_select": Kind("selected_user", "initial_user"),
    "multi_users_select": Kind("selected_users", "initial_users"),
    "conversations_select": Kind("selected_conversation", "initial_conversation"),
    "multi_conversations_select": Kind("selected_conversations", "initial_conversations"),
    "channels_select": Kind("selected_channel", "initial_channel"),
    "multi_channels_select": Kind("selected_channels", "initial_channels"),
    "datepicker": Kind("selected_date", "initial_date"),
    "timepicker": Kind("selected_time", "initial_time"),
    "datetimepicker": Kind("selected_date_time", "initial_date_time"),
}


@dataclass(frozen=True)
class Field:
    """One interactive element and the block it is in."""

    block: Json
    element: Json

    @property
    def block_id(self) -> str:
        """The block's name."""
        return str(self.block["block_id"])

    @property
    def action_id(self) -> str:
        """The element's name."""
        return str(self.element["action_id"])

    @property
    def type(self) -> str:
        """The element's type."""
        return str(self.element["type"])

    @property
    def kind(self) -> Kind | None:
        """How the element holds a value; None for buttons and overflow menus, which hold none."""
        return KINDS.get(self.type)

    @property
    def is_input(self) -> bool:
        """Whether it stands in an input block."""
        return bool(self.block["type"] == "input")

    @property
    def is_required(self) -> bool:
        """Whether a view cannot be submitted without it."""
        return self.is_input and not self.block.get("optional", False)

    @property
    def dispatches(self) -> bool:
        """Whether changing it tells the app at once."""
        return not self.is_input or bool(self.block.get("dispatch_action", False))


def fields_of(blocks: Iterable[Json]) -> Iterator[Field]:
    """Give every interactive element of these blocks, top to bottom."""
    for block in blocks:
        for _, element in elements_of(block):
            if "action_id" in element:
                yield Field(block, element)


def find_field(blocks: Iterable[Json], block_id: str | None, action_id: str | None) -> Field | None:
    """Give the first element with these names; None stands for any."""
    for field in fields_of(blocks):
        if block_id in {None, field.block_id} and action_id in {None, field.action_id}:
            return field
    return None


def carried_values(blocks: Iterable[Json], before: Json, channel_id: str | None) -> Json:
    """Give `state.values` for new blocks: what was there under the same names, otherwise the first value."""
    values: Json = {}
    for field in fields_of(blocks):
        if field.kind:
            kept = before.get(field.block_id, {}).get(field.action_id)
            usable = kept is not None and _still_fits(field, field.kind, kept)
            value = kept if usable else _first_value(field, field.kind, channel_id)
            values.setdefault(field.block_id, {})[field.action_id] = value
    return values


def with_value(values: Json, field: Field, value: Json) -> Json:
    """Give `state.values` with one element's value replaced."""
    block = {**values.get(field.block_id, {}), field.action_id: value}
    return {**values, field.block_id: block}


def _first_value(field: Field, kind: Kind, channel_id: str | None) -> Json:
    value = field.element.get(kind.initial, kind.empty)
    if not value and channel_id and field.element.get("default_to_current_conversation"):
        value = [channel_id] if kind.is_several else channel_id
    return {"type": field.type, kind.key: value}


def _still_fits(field: Field, kind: Kind, kept: Json) -> bool:
    if kept["type"] != field.type:
        return False
    choices = [option["value"] for option in offered(field.element)]
    if kind not in {_OPTION, _OPTIONS} or not choices:
        return True
    chosen = kept[kind.key] if kind.is_several else [kept[kind.key]]
    return all(option is None or option["value"] in choices for option in chosen)
