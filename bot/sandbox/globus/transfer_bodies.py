"""The body of a transfer timer: which fields Timers takes, and what it makes of them.

https://timer.automate.globus.org/openapi.json, `TransferTimerBody`
"""

from collections.abc import Iterator
from typing import Final

from bot.sandbox.globus.submissions import FLAGS, SYNC_LEVELS, label_problem
from bot.sandbox.wire import Json

Place = tuple[str | int, ...]
Problem = tuple[Place, str]

_FLAGS: Final = (*FLAGS, "store_base_path_info")
_ENDS: Final = ("source_endpoint", "destination_endpoint")
_FIELDS: Final = frozenset(
    {
        *_FLAGS,
        *_ENDS,
        "DATA_TYPE",
        "DATA",
        "deadline",
        "destination_local_user",
        "filter_rules",
        "label",
        "source_local_user",
        "sync_level",
    }
)
_ITEM_PATHS: Final = ("source_path", "destination_path")
_ITEM_FIELDS: Final = frozenset(
    {*_ITEM_PATHS, "DATA_TYPE", "recursive", "external_checksum", "checksum_algorithm"}
)
_RULE_FIELDS: Final = frozenset({"DATA_TYPE", "method", "name", "type", "path"})
_REQUIRED: Final = "field required"
_EXTRA: Final = "extra fields not permitted"


def body_problems(place: Place, body: object) -> list[Problem]:
    """Give what is wrong with a body, each with its place in the whole document."""
    if not isinstance(body, dict):
        return [(place, _REQUIRED)]
    return [((*place, *inside), problem) for inside, problem in _problems(body)]


def completed(body: Json) -> Json:
    """Give the body with all yes-or-no options, as Timers answers it, and without nulls."""
    defaults = {"DATA_TYPE": "transfer", **FLAGS, "store_base_path_info": False}
    return defaults | {name: value for name, value in body.items() if value is not None}


def _problems(body: Json) -> Iterator[Problem]:
    for name in sorted(body.keys() - _FIELDS):
        yield (name,), _EXTRA
    for name in _ENDS:
        if not isinstance(body.get(name), str):
            yield (name,), _REQUIRED
    for name in _FLAGS:
        if not isinstance(body.get(name), bool | None):
            yield (name,), "value could not be parsed to a boolean"
    level = body.get("sync_level")
    if level is not None and (isinstance(level, bool) or level not in SYNC_LEVELS):
        yield ("sync_level",), "must be 0, 1, 2 or 3"
    yield from _label_problems(body.get("label"))
    yield from _item_problems(body.get("DATA"))
    yield from _rule_problems(body.get("filter_rules"))


def _label_problems(label: object) -> Iterator[Problem]:
    if not isinstance(label, str | None):
        yield ("label",), "str type expected"
    elif label is not None and (problem := label_problem(label)):
        yield ("label",), problem


def _item_problems(items: object) -> Iterator[Problem]:
    if not isinstance(items, list) or not items:
        yield ("DATA",), "at least one item is required"
        return
    for index, item in enumerate(items):
        if not isinstance(item, dict):
            yield ("DATA", index), "value is not a valid dict"
            continue
        for name in sorted(item.keys() - _ITEM_FIELDS):
            yield ("DATA", index, name), _EXTRA
        for name in _ITEM_PATHS:
            if not isinstance(item.get(name), str) or not item[name]:
                yield ("DATA", index, name), _REQUIRED
        if not isinstance(item.get("recursive"), bool | None):
            yield ("DATA", index, "recursive"), "value could not be parsed to a boolean"


def _rule_problems(rules: object) -> Iterator[Problem]:
    if rules is None:
        return
    if not isinstance(rules, list):
        yield ("filter_rules",), "value is not a valid list"
        return
    for index, rule in enumerate(rules):
        if not isinstance(rule, dict):
            yield ("filter_rules", index), "value is not a valid dict"
            continue
        for name in sorted(rule.keys() - _RULE_FIELDS):
            yield ("filter_rules", index, name), _EXTRA
        if not isinstance(rule.get("name"), str):
            yield ("filter_rules", index, "name"), _REQUIRED
        if rule.get("method", "exclude") not in {"include", "exclude"}:
            yield ("filter_rules", index, "method"), "must be 'include' or 'exclude'"
        if rule.get("type") not in {None, "file", "dir"}:
            yield ("filter_rules", index, "type"), "must be 'file' or 'dir'"
