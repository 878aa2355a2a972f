"""What Transfer's lists have in common: pages, filters and orders.

https://docs.globus.org/api/transfer/overview/#common_query_parameters
"""

import fnmatch
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Final

from bot.sandbox.globus.errors import Refused, transfer_error
from bot.sandbox.globus.moments import parsed
from bot.sandbox.wire import Json

MOST: Final = 1000
"""The longest page of a list of tasks."""


def page(kind: str, entries: Sequence[Json], query: Mapping[str, str], *, limit: int, most: int) -> Json:
    """Give one page as `limit` and `offset` ask for it, with the `total`. Raises Refused for bad numbers."""
    size, offset = window(query, limit=limit, most=most)
    shown = list(entries[offset : offset + size])
    return {
        "DATA_TYPE": kind,
        "DATA": shown,
        "length": len(shown),
        "limit": size,
        "offset": offset,
        "total": len(entries),
    }


def window(query: Mapping[str, str], *, limit: int, most: int) -> tuple[int, int]:
    """Read `limit` and `offset`. Raises Refused for what is no number, or below zero."""
    try:
        size, offset = int(query.get("limit", limit)), int(query.get("offset", 0))
    except ValueError as error:
        raise _bad("limit and offset must be numbers") from error
    if size < 1 or offset < 0:
        raise _bad("limit must be positive, offset must not be negative")
    return min(size, most), offset


def ordered(entries: Sequence[Json], orderby: str) -> list[Json]:
    """Order entries by `FIELD [ASC|DESC],…`, the first field first. Raises Refused for an unknown field."""
    result = list(entries)
    for term in reversed([term for term in orderby.split(",") if term.strip()]):
        name, _, direction = term.strip().partition(" ")
        if direction.upper() not in {"", "ASC", "DESC"} or any(name not in entry for entry in result):
            raise _bad(f"Invalid orderby '{term}'")
        result.sort(key=lambda entry: _sortable(entry[name]), reverse=direction.upper() == "DESC")
    return result


def filtered(entries: Sequence[Json], terms: str, fields: frozenset[str]) -> list[Json]:
    """Keep what matches all of `field:value/field:value…`; a value is one of several by comma.

    `~` before a value makes it a pattern with `*`, `!` turns it round. A field of times takes a range
    `from,until`, either of which may be empty. Raises Refused for a field that is not in `fields`.
    """
    result = list(entries)
    for term in [term for term in terms.split("/") if term]:
        name, _, wanted = term.partition(":")
        if name not in fields:
            raise _bad(f"Invalid filter '{term}'")
        result = [entry for entry in result if _matches(name, entry[name], wanted)]
    return result


def _matches(name: str, value: str | int | None, wanted: str) -> bool:
    if name.endswith("_time") or name == "last_modified":
        return _is_between(str(value or ""), wanted)
    text = str(value or "").lower()
    return any(_is_like(text, one.strip().lower()) for one in wanted.split(","))


def _is_like(text: str, wanted: str) -> bool:
    if wanted.startswith("!"):
        return not _is_like(text, wanted[1:])
    if wanted.startswith("~"):
        return fnmatch.fnmatchcase(text, wanted[1:])
    return text == wanted.removeprefix("=")


def _is_between(moment: str, wanted: str) -> bool:
    first, _, last = wanted.partition(",")
    try:
        at = parsed(moment) if moment else None
        low, high = (parsed(_with_offset(one)) if one.strip() else None for one in (first, last))
    except ValueError as error:
        raise _bad(f"Invalid time range '{wanted}'") from error
    return at is not None and (low is None or low <= at) and (high is None or at <= high)


def _with_offset(text: str) -> str:
    """Transfer takes times without an offset, and means UTC."""
    text = text.strip()
    has_time = "T" in text or ":" in text
    return text if text.endswith("Z") or "+" in text else f"{text}{'' if has_time else 'T00:00:00'}+00:00"


def _sortable(value: str | int | None) -> tuple[bool, int, str]:
    if isinstance(value, int):
        return True, value, ""
    return value is not None, 0, value or ""


def _bad(message: str) -> Refused:
    return transfer_error(HTTPStatus.BAD_REQUEST, "BadRequest", message)
