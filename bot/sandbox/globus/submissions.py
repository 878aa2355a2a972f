"""A transfer document as Transfer takes it, read into values.

https://docs.globus.org/api/transfer/task_submit/
"""

import fnmatch
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from bot.sandbox.globus.errors import Refused, transfer_error
from bot.sandbox.wire import Json

LABEL_LENGTH: Final = 128
SYNC_LEVELS: Final = range(4)
"""0: copy what is missing; 1: what has another size, too; 2: what is newer; 3: what has another checksum."""
FLAGS: Final[Mapping[str, bool]] = {
    "encrypt_data": False,
    "verify_checksum": False,
    "preserve_timestamp": False,
    "skip_source_errors": False,
    "fail_on_quota_errors": False,
    "delete_destination_extra": False,
    "notify_on_succeeded": True,
    "notify_on_failed": True,
    "notify_on_inactive": True,
}
"""The yes-or-no options of a transfer, and what holds without them."""


@dataclass(frozen=True)
class Item:
    """What is copied where; without `is_recursive` the source itself decides whether it is a folder."""

    source: str
    destination: str
    is_recursive: bool | None


@dataclass(frozen=True)
class FilterRule:
    """Includes or excludes files or folders by their name; the first rule that matches wins."""

    is_include: bool
    pattern: str
    type: str | None

    def matches(self, name: str, *, is_folder: bool) -> bool:
        """Say whether the rule speaks of this name."""
        return self.type in {None, "dir" if is_folder else "file"} and fnmatch.fnmatchcase(name, self.pattern)


@dataclass(frozen=True)
class Submission:
    """A transfer that somebody asks for; `document` is what they sent."""

    source_id: str
    destination_id: str
    items: tuple[Item, ...]
    filter_rules: tuple[FilterRule, ...]
    sync_level: int | None
    label: str | None
    document: Json

    @classmethod
    def parse(cls, document: Json) -> "Submission":
        """Read a document. Raises Refused, with a code of Transfer's own."""
        items = _objects(document, "DATA")
        if not items:
            raise _bad("ClientError.BadRequest.NoTransferItems", "A transfer requires at least one item")
        return cls(
            source_id=_text(document, "source_endpoint"),
            destination_id=_text(document, "destination_endpoint"),
            items=tuple(_item(one) for one in items),
            filter_rules=tuple(_rule(one) for one in _objects(document, "filter_rules")),
            sync_level=_sync_level(document),
            label=_label(document),
            document=document,
        )

    def is_set(self, flag: str) -> bool:
        """Say whether an option holds."""
        given = self.document.get(flag)
        return FLAGS[flag] if given is None else bool(given)

    def includes(self, name: str, *, is_folder: bool) -> bool:
        """Say whether the filter rules let this name pass; what no rule matches, passes."""
        for rule in self.filter_rules:
            if rule.matches(name, is_folder=is_folder):
                return rule.is_include
        return True


def label_problem(label: str) -> str | None:
    """Say what is wrong with a task's label, or None."""
    if len(label) > LABEL_LENGTH:
        return f"a label has at most {LABEL_LENGTH} characters"
    if label != label.strip() or {"\r", "\n"} & set(label):
        return "a label has no line breaks, and no spaces at its ends"
    return None


def _item(item: Json) -> Item:
    recursive = item.get("recursive")
    return Item(
        _text(item, "source_path"),
        _text(item, "destination_path"),
        None if recursive is None else bool(recursive),
    )


def _rule(rule: Json) -> FilterRule:
    method, kind = rule.get("method", "exclude"), rule.get("type")
    if method not in {"include", "exclude"} or kind not in {None, "file", "dir"}:
        raise _bad("BadRequest", "A filter rule includes or excludes files or dirs")
    return FilterRule(method == "include", _text(rule, "name"), kind)


def _sync_level(document: Json) -> int | None:
    level = document.get("sync_level")
    if level is not None and (isinstance(level, bool) or level not in SYNC_LEVELS):
        raise _bad("BadRequest", "sync_level must be 0, 1, 2 or 3")
    return level


def _label(document: Json) -> str | None:
    label = document.get("label")
    problem = label_problem(label) if isinstance(label, str) else None
    if problem or not isinstance(label, str | None):
        raise _bad("BadRequest", problem or "label must be a string")
    return label or None


def _objects(document: Json, name: str) -> list[Json]:
    values = document.get(name) or []
    if not isinstance(values, list) or not all(isinstance(one, dict) for one in values):
        raise _bad("BadRequest", f"{name} must be a list of objects")
    return values


def _text(document: Json, name: str) -> str:
    value = document.get(name)
    if not isinstance(value, str) or not value:
        raise _bad("BadRequest", f"{name} is required")
    return value


def _bad(code: str, message: str) -> Refused:
    return transfer_error(HTTPStatus.BAD_REQUEST, code, message)
