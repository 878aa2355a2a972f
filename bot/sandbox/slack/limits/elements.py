"""Block elements, and which of them each kind of block may hold.

https://docs.slack.dev/reference/block-kit/block-elements
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from bot.sandbox.slack.limits.checking import (
    Check,
    Rule,
    anything,
    array,
    boolean,
    by_type,
    matching,
    one_of,
    string,
    structure,
    whole_number,
)
from bot.sandbox.slack.limits.objects import (
    CONFIRM,
    CONVERSATION_FILTER,
    DISPATCH_ACTION_CONFIG,
    FORMATTED_OPTION,
    LIST_OPTIONS,
    OPTION,
    OPTION_GROUPS,
    OPTIONS,
    OVERFLOW_OPTION,
    URL,
    either_options_or_groups,
    initial_is_offered,
    plain_text,
)

IDENTIFIER: Final = string(255)
ALT_TEXT: Final = string(2000)
_SLACK_ID: Final = string(20)
_TEXT_INPUT: Final = 3000
_DATE: Final = matching(re.compile(r"\d{4}-\d{2}-\d{2}"), "2026-01-31")
_TIME: Final = matching(re.compile(r"([01]\d|2[0-3]):[0-5]\d"), "09:30")
_DECIMAL: Final = matching(re.compile(r"-?\d+(\.\d+)?"), "1.5")
# The documentation asks for ten digits.
_MOMENT: Final = whole_number(1_000_000_000, 9_999_999_999)
_SOME: Final = whole_number(1, 1000)
_VISIBLE_TO: Final = array(_SLACK_ID, maximum=10)


def _element(
    required: Mapping[str, Check] | None = None,
    optional: Mapping[str, Check] | None = None,
    rules: Iterable[Rule] = (),
) -> Check:
    return structure(
        required={"type": anything, **(required or {})},
        optional={"action_id": IDENTIFIER, **(optional or {})},
        rules=tuple(rules),
    )


def _field(
    required: Mapping[str, Check] | None = None,
    optional: Mapping[str, Check] | None = None,
    rules: Iterable[Rule] = (),
) -> Check:
    common = {"placeholder": plain_text(150), "focus_on_load": boolean}
    return _element(required, {**common, **(optional or {})}, rules)


def _menu(optional: Mapping[str, Check], rules: Iterable[Rule] = ()) -> Check:
    return _field(optional={"confirm": CONFIRM, **optional}, rules=rules)


def _typed(optional: Mapping[str, Check]) -> Check:
    common = {"initial_value": string(_TEXT_INPUT), "dispatch_action_config": DISPATCH_ACTION_CONFIG}
    return _field(optional={**common, **optional})


def _ticked(initial: Mapping[str, Check]) -> Check:
    return _element(
        {"options": array(FORMATTED_OPTION, maximum=10)},
        {**initial, "confirm": CONFIRM, "focus_on_load": boolean},
        (initial_is_offered,),
    )


_LISTED: Final = {"options": OPTIONS, "option_groups": OPTION_GROUPS}
_LISTED_RULES: Final = (either_options_or_groups, initial_is_offered)
_SEVERAL: Final = {"max_selected_items": _SOME}
_SEVERAL_OPTIONS: Final = {"initial_options": array(OPTION, maximum=LIST_OPTIONS), **_SEVERAL}
_SEVERAL_IDS: Final = array(_SLACK_ID, maximum=LIST_OPTIONS)
_CONVERSATIONS: Final = {"default_to_current_conversation": boolean, "filter": CONVERSATION_FILTER}
_ANSWERABLE: Final = {"response_url_enabled": boolean}
_QUERY: Final = {"min_query_length": whole_number(0, _TEXT_INPUT)}

IMAGE_SOURCE: Final = {
    "image_url": string(URL),
    "slack_file": structure(optional={"id": IDENTIFIER, "url": string(URL)}),
}

ELEMENTS: Final[Mapping[str, Check]] = {
    "button": _element(
        {"text": plain_text(75)},
        {
            "value": string(2000),
            "url": string(URL),
            "style": one_of("primary", "danger"),
            "confirm": CONFIRM,
            "accessibility_label": string(75),
            "visible_to_user_ids": _VISIBLE_TO,
        },
    ),
    "icon_button": _element(
        {"icon": IDENTIFIER, "text": plain_text(75)},
        {
            "value": string(2000),
            "confirm": CONFIRM,
            "accessibility_label": string(75),
            "visible_to_user_ids": _VISIBLE_TO,
        },
    ),
    "image": structure(required={"type": anything, "alt_text": ALT_TEXT}, optional=IMAGE_SOURCE),
    "overflow": _element({"options": array(OVERFLOW_OPTION, maximum=5)}, {"confirm": CONFIRM}),
    "static_select": _menu({**_LISTED, "initial_option": OPTION}, _LISTED_RULES),
    "multi_static_select": _menu({**_LISTED, **_SEVERAL_OPTIONS}, _LISTED_RULES),
    "external_select": _menu({**_QUERY, "initial_option": OPTION}),
    "multi_external_select": _menu({**_QUERY, **_SEVERAL_OPTIONS}),
    "users_select": _menu({"initial_user": _SLACK_ID}),
    "multi_users_select": _menu({"initial_users": _SEVERAL_IDS, **_SEVERAL}),
    "conversations_select": _menu({**_CONVERSATIONS, **_ANSWERABLE, "initial_conversation": _SLACK_ID}),
    "multi_conversations_select": _menu(
        {**_CONVERSATIONS, **_SEVERAL, "initial_conversations": _SEVERAL_IDS}
    ),
    "channels_select": _menu({**_ANSWERABLE, "initial_channel": _SLACK_ID}),
    "multi_channels_select": _menu({"initial_channels": _SEVERAL_IDS, **_SEVERAL}),
    "radio_buttons": _ticked({"initial_option": FORMATTED_OPTION}),
    "checkboxes": _ticked({"initial_options": array(FORMATTED_OPTION, maximum=10)}),
    "datepicker": _menu({"initial_date": _DATE}),
    "timepicker": _menu({"initial_time": _TIME, "timezone": IDENTIFIER}),
    "datetimepicker": _element(
        optional={"initial_date_time": _MOMENT, "confirm": CONFIRM, "focus_on_load": boolean}
    ),
    "plain_text_input": _typed(
        {
            "multiline": boolean,
            "min_length": whole_number(0, _TEXT_INPUT),
            "max_length": whole_number(1, _TEXT_INPUT),
        }
    ),
    "email_text_input": _typed({}),
    "url_text_input": _typed({}),
    "number_input": _field(
        {"is_decimal_allowed": boolean},
        {
            "initial_value": _DECIMAL,
            "min_value": _DECIMAL,
            "max_value": _DECIMAL,
            "dispatch_action_config": DISPATCH_ACTION_CONFIG,
        },
    ),
}

_SELECTS: Final = (
    "static_select",
    "external_select",
    "users_select",
    "conversations_select",
    "channels_select",
)
_MULTI_SELECTS: Final = tuple(f"multi_{name}" for name in _SELECTS)
_PICKS: Final = ("radio_buttons", "checkboxes", "datepicker", "timepicker")


def _of(*names: str) -> Check:
    return by_type({name: ELEMENTS[name] for name in names})


IN_INPUT: Final = _of(
    *_SELECTS,
    *_MULTI_SELECTS,
    *_PICKS,
    "datetimepicker",
    "plain_text_input",
    "email_text_input",
    "url_text_input",
    "number_input",
)
IN_ACTIONS: Final = _of(*_SELECTS, *_PICKS, "datetimepicker", "button", "overflow")
IN_SECTION: Final = _of(*_SELECTS, *_MULTI_SELECTS, *_PICKS, "button", "overflow", "image")
IN_CONTEXT_ACTIONS: Final = _of("icon_button")
BUTTON: Final = _of("button")
IMAGE: Final = _of("image")
