"""Whole views, messages and option lists: what Slack checks beyond each single block."""

from collections.abc import Iterator
from typing import Any, Final

from bot.sandbox.slack.limits.blocks import MARKDOWN_TEXT, Surface, blocks_on
from bot.sandbox.slack.limits.checking import (
    Check,
    Problem,
    anything,
    array,
    boolean,
    by_type,
    string,
    structure,
)
from bot.sandbox.slack.limits.objects import OPTION, OPTION_GROUPS, plain_text
from bot.sandbox.wire import Json, compact

MESSAGE_BLOCKS: Final = 50
VIEW_BLOCKS: Final = 100
VIEW_BYTES: Final = 250_000
_TITLE: Final = plain_text(24)
_COMMON: Final = {
    "private_metadata": string(3000, 0),
    "callback_id": string(255, 0),
    "external_id": string(255, 0),
}


def elements_of(block: Json) -> Iterator[tuple[str, Json]]:
    """Give each element of a block with its place in it, like `("/elements/0", {...})`."""
    for key in ("accessory", "element"):
        if isinstance(block.get(key), dict):
            yield f"/{key}", block[key]
    for key in ("elements", "actions"):
        if isinstance(block.get(key), list):
            yield from ((f"/{key}/{index}", one) for index, one in enumerate(block[key]))


def _view(surface: Surface, *, required: dict[str, Check], optional: dict[str, Check]) -> Check:
    return structure(
        required={"type": anything, "blocks": blocks_on(surface, VIEW_BLOCKS, 1), **required},
        optional={**_COMMON, **optional},
    )


_VIEW: Final = by_type(
    {
        "modal": _view(
            "modal",
            required={"title": _TITLE},
            optional={
                "submit": _TITLE,
                "close": _TITLE,
                "clear_on_close": boolean,
                "notify_on_close": boolean,
                "submit_disabled": boolean,
            },
        ),
        "home": _view("home", required={}, optional={}),
    }
)


def view_problems(view: object, path: str = "/view") -> list[Problem]:
    """List what Slack would refuse in a view, its size aside."""
    found = list(_VIEW(view, path))
    if found or not isinstance(view, dict):
        return found
    return [
        *_names(view["blocks"], f"{path}/blocks"),
        *_submit_needed(view, path),
        *_focus(view["blocks"], f"{path}/blocks"),
        *_only_in_modals(view["blocks"], f"{path}/blocks", view["type"]),
    ]


def view_is_too_large(view: object) -> bool:
    """Say whether a view is over 250 kB as JSON."""
    return len(compact(view).encode()) > VIEW_BYTES


def message_problems(blocks: object, path: str = "/blocks") -> list[Problem]:
    """List what Slack would refuse in a message's blocks."""
    found = list(blocks_on("message", MESSAGE_BLOCKS, 0)(blocks, path))
    if found or not isinstance(blocks, list):
        return found
    return [*_names(blocks, path), *_only_in_modals(blocks, path, "message"), *_totals(blocks, path)]


_SUGGESTIONS: Final = structure(
    optional={"options": array(OPTION, maximum=100, minimum=0), "option_groups": OPTION_GROUPS}
)


def suggestion_problems(answer: object) -> list[Problem]:
    """List what Slack would refuse in the answer to a `block_suggestion`."""
    found = list(_SUGGESTIONS(answer, ""))
    if not found and isinstance(answer, dict) and len(answer) != 1:
        found.append(Problem("", "must have either options or option_groups"))
    return found


def _names(blocks: list[Any], path: str) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, block in enumerate(blocks):
        block_id = block.get("block_id")
        if block_id in seen:
            yield Problem(f"{path}/{index}/block_id", f"duplicate block_id: {block_id}")
        seen.update({block_id} if block_id else ())
        yield from _action_names(block, f"{path}/{index}")


def _action_names(block: Json, path: str) -> Iterator[Problem]:
    seen: set[str] = set()
    for place, element in elements_of(block):
        action_id = element.get("action_id")
        if action_id in seen:
            yield Problem(f"{path}{place}/action_id", f"duplicate action_id in one block: {action_id}")
        seen.update({action_id} if action_id else ())


def _submit_needed(view: Json, path: str) -> Iterator[Problem]:
    has_input = any(block["type"] == "input" for block in view["blocks"])
    if view["type"] == "modal" and has_input and "submit" not in view:
        yield Problem(f"{path}/submit", "submit is required when a modal has input blocks")


def _focus(blocks: list[Any], path: str) -> Iterator[Problem]:
    focused = [
        element for block in blocks for _, element in elements_of(block) if element.get("focus_on_load")
    ]
    if len(focused) > 1:
        yield Problem(path, "only one element may have focus_on_load")


def _only_in_modals(blocks: list[Any], path: str, surface: str) -> Iterator[Problem]:
    for index, block in enumerate(blocks):
        for place, element in elements_of(block):
            answerable = block["type"] == "input" and surface == "modal"
            if element.get("response_url_enabled") and not answerable:
                where = f"{path}/{index}{place}"
                yield Problem(where, "response_url_enabled works in input blocks of modals only")


def _totals(blocks: list[Any], path: str) -> Iterator[Problem]:
    if sum(block["type"] == "table" for block in blocks) > 1:
        yield Problem(path, "only one table is allowed in a message")
    if sum(len(block["text"]) for block in blocks if block["type"] == "markdown") > MARKDOWN_TEXT:
        yield Problem(path, f"markdown blocks together must be less than {MARKDOWN_TEXT + 1} characters")
