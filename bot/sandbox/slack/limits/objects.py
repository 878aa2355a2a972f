"""Composition objects: texts, options, confirmation dialogs.

https://docs.slack.dev/reference/block-kit/composition-objects
"""

from collections.abc import Iterator
from typing import Any, Final

from bot.sandbox.slack.limits.checking import (
    Check,
    Problem,
    anything,
    array,
    boolean,
    by_type,
    one_of,
    string,
    structure,
)

OPTION_TEXT: Final = 75
OPTION_VALUE: Final = 150
LIST_OPTIONS: Final = 100
URL: Final = 3000


def plain_text(maximum: int, minimum: int = 1) -> Check:
    """Accept a text object that must not be formatted."""
    return by_type({"plain_text": _plain(maximum, minimum)})


def any_text(maximum: int) -> Check:
    """Accept a text object, formatted or not."""
    formatted = structure(
        required={"type": anything, "text": string(maximum)}, optional={"verbatim": boolean}
    )
    return by_type({"plain_text": _plain(maximum, 1), "mrkdwn": formatted})


def _plain(maximum: int, minimum: int) -> Check:
    return structure(
        required={"type": anything, "text": string(maximum, minimum)}, optional={"emoji": boolean}
    )


CONFIRM: Final = structure(
    required={
        "title": plain_text(100),
        "text": any_text(300),
        "confirm": plain_text(30),
        "deny": plain_text(30),
    },
    optional={"style": one_of("primary", "danger")},
)
DISPATCH_ACTION_CONFIG: Final = structure(
    optional={
        "trigger_actions_on": array(one_of("on_enter_pressed", "on_character_entered"), maximum=2),
    }
)
CONVERSATION_FILTER: Final = structure(
    optional={
        "include": array(one_of("im", "mpim", "private", "public"), maximum=4),
        "exclude_external_shared_channels": boolean,
        "exclude_bot_users": boolean,
    }
)

OPTION: Final = structure(
    required={"text": plain_text(OPTION_TEXT), "value": string(OPTION_VALUE)},
    optional={"description": plain_text(OPTION_TEXT)},
)
FORMATTED_OPTION: Final = structure(
    required={"text": any_text(OPTION_TEXT), "value": string(OPTION_VALUE)},
    optional={"description": any_text(OPTION_TEXT)},
)
OVERFLOW_OPTION: Final = structure(
    required={"text": plain_text(OPTION_TEXT), "value": string(OPTION_VALUE)},
    optional={"description": plain_text(OPTION_TEXT), "url": string(URL)},
)
OPTION_GROUP: Final = structure(
    required={"label": plain_text(OPTION_TEXT), "options": array(OPTION, maximum=LIST_OPTIONS)}
)
OPTIONS: Final = array(OPTION, maximum=LIST_OPTIONS)
OPTION_GROUPS: Final = array(OPTION_GROUP, maximum=LIST_OPTIONS)


def offered(holder: dict[str, Any]) -> list[dict[str, Any]]:
    """Give all options of an element or an option-list answer, those in groups included."""
    groups = holder.get("option_groups") or []
    return [*(holder.get("options") or []), *(option for group in groups for option in group["options"])]


def either_options_or_groups(element: dict[str, Any], path: str) -> Iterator[Problem]:
    """Demand exactly one of `options` and `option_groups`."""
    if ("options" in element) == ("option_groups" in element):
        yield Problem(path, "must have either options or option_groups")


def initial_is_offered(element: dict[str, Any], path: str) -> Iterator[Problem]:
    """Demand that what is chosen at first is among what can be chosen."""
    single = [element["initial_option"]] if "initial_option" in element else []
    choices = [(option["text"]["text"], option["value"]) for option in offered(element)]
    for option in [*single, *element.get("initial_options", [])]:
        if (option["text"]["text"], option["value"]) not in choices:
            key = "initial_option" if single else "initial_options"
            yield Problem(f"{path}/{key}", "must exactly match one of the provided options")
