"""Small checks that are put together into the shapes that Block Kit allows."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias


@dataclass(frozen=True)
class Problem:
    """One thing Slack would refuse: where (a JSON pointer) and what."""

    path: str
    text: str

    def described(self) -> str:
        """Give the line that goes to `response_metadata.messages`."""
        return f"[ERROR] {self.text} [json-pointer:{self.path}]"


Check: TypeAlias = Callable[[object, str], Iterator[Problem]]
Rule: TypeAlias = Callable[[dict[str, Any], str], Iterator[Problem]]


def anything(_value: object, _path: str) -> Iterator[Problem]:
    """Accept every value, where another check looks at it."""
    yield from ()


def string(maximum: int, minimum: int = 1) -> Check:
    """Accept a string of `minimum` to `maximum` characters."""

    def check(value: object, path: str) -> Iterator[Problem]:
        if not isinstance(value, str):
            yield Problem(path, "must be a string")
        elif len(value) > maximum:
            yield Problem(path, f"must be less than {maximum + 1} characters")
        elif len(value) < minimum:
            yield Problem(path, f"must be more than {minimum - 1} characters")

    return check


def boolean(value: object, path: str) -> Iterator[Problem]:
    """Accept true and false."""
    if not isinstance(value, bool):
        yield Problem(path, "must be a boolean")


def whole_number(minimum: int, maximum: int) -> Check:
    """Accept an integer from `minimum` to `maximum`."""

    def check(value: object, path: str) -> Iterator[Problem]:
        if not isinstance(value, int) or isinstance(value, bool):
            yield Problem(path, "must be an integer")
        elif not minimum <= value <= maximum:
            yield Problem(path, f"must be between {minimum} and {maximum}")

    return check


def one_of(*allowed: str) -> Check:
    """Accept one of the words given."""

    def check(value: object, path: str) -> Iterator[Problem]:
        if value not in allowed:
            yield Problem(path, f"must be one of {', '.join(allowed)}")

    return check


def matching(pattern: re.Pattern[str], example: str) -> Check:
    """Accept a string that `pattern` matches in full; `example` shows people one."""

    def check(value: object, path: str) -> Iterator[Problem]:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            yield Problem(path, f"must look like {example}")

    return check


def array(item: Check, *, maximum: int, minimum: int = 1) -> Check:
    """Accept a list of `minimum` to `maximum` values that pass `item`."""

    def check(value: object, path: str) -> Iterator[Problem]:
        if not isinstance(value, list):
            yield Problem(path, "must be an array")
            return
        if len(value) > maximum:
            yield Problem(path, f"no more than {maximum} items allowed")
        if len(value) < minimum:
            yield Problem(path, f"must have at least {minimum} items")
        for index, one in enumerate(value):
            yield from item(one, f"{path}/{index}")

    return check


def structure(
    *,
    required: Mapping[str, Check] | None = None,
    optional: Mapping[str, Check] | None = None,
    rules: Sequence[Rule] = (),
) -> Check:
    """Accept an object with these keys and no others; `rules` see it once its keys are in order."""
    needed = required or {}
    known = {**needed, **(optional or {})}

    def check(value: object, path: str) -> Iterator[Problem]:
        if not isinstance(value, dict):
            yield Problem(path, "must be an object")
            return
        found = [*_missing(needed, value, path), *_unknown(known, value, path)]
        for key in known.keys() & value.keys():
            found.extend(known[key](value[key], f"{path}/{key}"))
        yield from sorted(found, key=lambda problem: problem.path)
        if not found:
            for rule in rules:
                yield from rule(value, path)

    return check


def _missing(needed: Mapping[str, Check], value: dict[str, Any], path: str) -> Iterator[Problem]:
    for key in needed:
        if key not in value:
            yield Problem(path, f"missing required field: {key}")


def _unknown(known: Mapping[str, Check], value: dict[str, Any], path: str) -> Iterator[Problem]:
    for key in value:
        if key not in known:
            yield Problem(path, f"invalid additional property: {key}")


NOT_HERE: Final = frozenset(
    {
        "carousel",
        "feedback_buttons",
        "file",
        "file_input",
        "plan",
        "rich_text_input",
        "task_card",
        "video",
        "workflow_button",
    }
)
"""What Slack has and the sandbox does not (https://docs.slack.dev/reference/block-kit)."""
MISSING: Final = "the sandbox does not have this yet, though Slack does"


def by_type(shapes: Mapping[str, Check]) -> Check:
    """Accept an object whose `type` is a key of `shapes` and that passes the check found there."""

    def check(value: object, path: str) -> Iterator[Problem]:
        if not isinstance(value, dict):
            yield Problem(path, "must be an object")
        elif value.get("type") not in shapes:
            name = value.get("type")
            is_missing = isinstance(name, str) and name in NOT_HERE
            yield Problem(path, f"{MISSING}: {name}" if is_missing else f"unsupported type: {name}")
        else:
            yield from shapes[value["type"]](value, path)

    return check
