"""Connections to PostgreSQL: the statements of the stores, said in its own way."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, Final

from psycopg import ClientCursor, Connection as Psycopg, OperationalError, connect as psycopg_connect
from psycopg.rows import DictRow, dict_row

from bot.errors import DatabaseProblem
from bot.store.port import Done, Values

CONNECT_SECONDS: Final = 10

SETTINGS: Final = {
    "application_name": "transferbot",
    "connect_timeout": CONNECT_SECONDS,
    # A server that is gone without a word is noticed within half a minute
    # (https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-KEEPALIVES).
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,
}

_PART: Final = re.compile(r"'(?:[^']|'')*'|\?|(?<![:\w]):(\w+)|%")

Opened = Psycopg[DictRow]
"""A connection whose rows come by their columns."""


class Unreachable(DatabaseProblem):
    """There is no server, or none that lets us in. What psycopg says has no password in it."""

    def __init__(self, error: Exception) -> None:
        said = " ".join(str(error).split())
        super().__init__(
            f"The database cannot be reached: {said.rstrip('.?')}.",
            "Check DATABASE_URL, and that it is running.",
        )


def connected(url: str) -> Opened:
    """Open a connection that commits every statement by itself; raises Unreachable."""
    try:
        opened: Opened = psycopg_connect(url, **connection_settings())
    except OperationalError as error:
        raise Unreachable(error) from error
    return opened


def connection_settings() -> dict[str, Any]:
    """Give how every connection is set.

    Values are bound on this side, so that nothing is prepared on the server, and a pooler may stand between.
    """
    return SETTINGS | {"row_factory": dict_row, "cursor_factory": ClientCursor, "autocommit": True}


class Translating:
    """What the stores see of a connection."""

    def __init__(self, opened: Opened) -> None:
        self.opened = opened

    def query(self, sql: str, values: Values | None = None, /) -> Iterable[dict[str, Any]]:
        """Carry out a statement that gives rows, and give them by their columns."""
        return self.opened.execute(translated(sql).encode(), bound(values)).fetchall()

    def rows(self, sql: str, values: Values | None = None, /) -> Sequence[tuple[Any, ...]]:
        """Carry out a statement that gives rows, and give them in the order of their columns."""
        return [tuple(row.values()) for row in self.query(sql, values)]

    def execute(self, sql: str, values: Values | None = None, /) -> Done:
        """Carry out a statement whose rows nobody asks for."""
        return self.opened.execute(translated(sql).encode(), bound(values))


@lru_cache(maxsize=1024)
def translated(sql: str) -> str:
    """Write a statement with `?` or `:name` as psycopg wants it, `%s` or `%(name)s`."""

    def written(found: re.Match[str]) -> str:
        if found[1]:
            return f"%({found[1]})s"
        return "%s" if found[0] == "?" else found[0].replace("%", "%%")

    return _PART.sub(written, sql)


def bound(values: Values | None) -> Values:
    """Give values that PostgreSQL can keep: it has no place for the character NUL in a text."""
    if isinstance(values, dict):
        return {name: _kept(value) for name, value in values.items()}
    return [_kept(value) for value in values or ()]


def _kept(value: Any) -> Any:  # noqa: ANN401 - whatever a column holds
    return value.replace("\0", "\N{REPLACEMENT CHARACTER}") if isinstance(value, str) else value
