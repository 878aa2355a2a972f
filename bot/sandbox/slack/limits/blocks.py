"""Blocks, and the surfaces on which Slack draws them.

https://docs.slack.dev/reference/block-kit/blocks
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal, TypeAlias

from bot.sandbox.slack.limits.checking import (
    Check,
    Problem,
    Rule,
    anything,
    array,
    boolean,
    by_type,
    one_of,
    string,
    structure,
)
from bot.sandbox.slack.limits.elements import (
    ALT_TEXT,
    BUTTON,
    IDENTIFIER,
    IMAGE,
    IMAGE_SOURCE,
    IN_ACTIONS,
    IN_CONTEXT_ACTIONS,
    IN_INPUT,
    IN_SECTION,
)
from bot.sandbox.slack.limits.objects import any_text, plain_text

Surface: TypeAlias = Literal["modal", "home", "message"]

_SECTION_TEXT: Final = 3000
MARKDOWN_TEXT: Final = 12_000


def _block(
    required: Mapping[str, Check] | None = None,
    optional: Mapping[str, Check] | None = None,
    *rules: Rule,
) -> Check:
    return structure(
        required={"type": anything, **(required or {})},
        optional={"block_id": IDENTIFIER, **(optional or {})},
        rules=rules,
    )


def _text_or_fields(block: dict[str, Any], path: str) -> Iterator[Problem]:
    if "text" not in block and "fields" not in block:
        yield Problem(path, "missing required field: text or fields")


def _one_source(block: dict[str, Any], path: str) -> Iterator[Problem]:
    if ("image_url" in block) == ("slack_file" in block):
        yield Problem(path, "must have either image_url or slack_file")


def _something_on_the_card(block: dict[str, Any], path: str) -> Iterator[Problem]:
    if not block.keys() & {"hero_image", "title", "body", "actions"}:
        yield Problem(path, "must have at least one of hero_image, title, body and actions")


def _context_element(value: object, path: str) -> Iterator[Problem]:
    is_image = isinstance(value, dict) and value.get("type") == "image"
    yield from (IMAGE if is_image else any_text(_SECTION_TEXT))(value, path)


def _parts(value: object, path: str) -> Iterator[Problem]:
    if not isinstance(value, list):
        yield Problem(path, "must be an array")
        return
    for index, part in enumerate(value):
        if not isinstance(part, dict) or part.get("type") not in _RICH_TEXT_PARTS:
            yield Problem(f"{path}/{index}", "unsupported rich text element")


_RICH_TEXT_PARTS: Final = frozenset(
    {
        "text",
        "link",
        "emoji",
        "user",
        "usergroup",
        "team",
        "channel",
        "date",
        "broadcast",
        "color",
        "rich_text_section",
    }
)
_RICH_TEXT_ELEMENT: Final = structure(
    required={
        "type": one_of("rich_text_section", "rich_text_list", "rich_text_quote", "rich_text_preformatted"),
        "elements": _parts,
    },
    optional={"style": anything, "indent": anything, "offset": anything, "border": anything},
)
_RICH_TEXT: Final = _block({"elements": array(_RICH_TEXT_ELEMENT, maximum=1000)})
_CELL: Final = by_type(
    {
        "raw_text": structure(required={"type": anything, "text": string(_SECTION_TEXT)}),
        "raw_number": structure(
            required={"type": anything, "value": anything, "text": string(_SECTION_TEXT)}
        ),
        "rich_text": _RICH_TEXT,
    }
)
_COLUMN: Final = structure(optional={"align": one_of("left", "center", "right"), "is_wrapped": boolean})

BLOCKS: Final[Mapping[str, Check]] = {
    "section": _block(
        None,
        {
            "text": any_text(_SECTION_TEXT),
            "fields": array(any_text(2000), maximum=10),
            "accessory": IN_SECTION,
            "expand": boolean,
        },
        _text_or_fields,
    ),
    "header": _block({"text": plain_text(150)}),
    "divider": _block(),
    "context": _block({"elements": array(_context_element, maximum=10)}),
    "actions": _block({"elements": array(IN_ACTIONS, maximum=25)}),
    "context_actions": _block({"elements": array(IN_CONTEXT_ACTIONS, maximum=5)}),
    "input": _block(
        {"label": plain_text(2000), "element": IN_INPUT},
        {"hint": plain_text(2000), "optional": boolean, "dispatch_action": boolean},
    ),
    "image": _block({"alt_text": ALT_TEXT}, {"title": plain_text(2000), **IMAGE_SOURCE}, _one_source),
    "alert": _block(
        {"text": any_text(_SECTION_TEXT)},
        {"level": one_of("default", "info", "warning", "error", "success")},
    ),
    "markdown": _block({"text": string(MARKDOWN_TEXT)}),
    "rich_text": _RICH_TEXT,
    "table": _block(
        {"rows": array(array(_CELL, maximum=20), maximum=100)},
        {"column_settings": array(_COLUMN, maximum=20)},
    ),
    "card": _block(
        None,
        {
            "hero_image": IMAGE,
            "icon": IMAGE,
            "title": any_text(150),
            "subtitle": any_text(150),
            "body": any_text(200),
            "actions": array(BUTTON, maximum=25),
        },
        _something_on_the_card,
    ),
}

_EVERYWHERE: Final = (
    "section",
    "header",
    "divider",
    "context",
    "actions",
    "input",
    "image",
    "rich_text",
    "card",
)
_ON_SURFACE: Final[Mapping[Surface, tuple[str, ...]]] = {
    "modal": (*_EVERYWHERE, "alert"),
    "home": _EVERYWHERE,
    "message": (*_EVERYWHERE, "markdown", "table", "context_actions"),
}
_CHECKS: Final[Mapping[Surface, Check]] = {
    surface: by_type({name: BLOCKS[name] for name in names}) for surface, names in _ON_SURFACE.items()
}


def blocks_on(surface: Surface, maximum: int, minimum: int) -> Check:
    """Accept a list of blocks that Slack draws on `surface`."""
    return array(_CHECKS[surface], maximum=maximum, minimum=minimum)
