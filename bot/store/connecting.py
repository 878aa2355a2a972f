"""Connections to a SQLite file: how each is set, and for how long one is held."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlite_utils import Database as SqliteUtils
from sqlite_utils.utils import sqlite3 as sqlite3  # type: ignore[attr-defined]  # noqa: PLC0414 - newest at hand
from typing_extensions import override

from bot.errors import DatabaseProblem
from bot.store.port import Values

_Connection = TypeVar("_Connection", bound=SqliteUtils)

STATEMENTS: Final = 512
"""Statements that each connection keeps prepared: more than the stores have."""

SETTINGS: Final = (
    "PRAGMA synchronous = FULL",  # what was acknowledged survives a power cut
    "PRAGMA foreign_keys = ON",
    "PRAGMA busy_timeout = 10000",
    "PRAGMA trusted_schema = OFF",
)


@contextmanager
def connected(path: Path) -> Iterator["Opened"]:
    """Open a database beside the bot that may be running on it; raises DatabaseProblem if there is none."""
    if not path.exists():
        raise DatabaseProblem(f"There is no database {path}.", "Check DATABASE_URL.")
    database = connect(path)
    try:
        yield database
    finally:
        database.close()


@contextmanager
def in_one_step(database: SqliteUtils) -> Iterator[None]:
    """Commit everything in the block together, or nothing of it. The write lock is taken at once."""
    database.conn.execute("BEGIN IMMEDIATE")
    try:
        yield
        database.conn.execute("COMMIT")
    except BaseException:
        if database.conn.in_transaction:  # a full disk has undone it already
            database.conn.execute("ROLLBACK")
        raise


class Opened(SqliteUtils):
    """A connection that gives rows by the order of their columns too: less work than by their names."""

    def rows(self, sql: str, params: Values | None = None) -> list[tuple[Any, ...]]:
        """Carry out a statement that gives rows, and give them."""
        return self.conn.execute(sql, () if params is None else params).fetchall()


class Lean(Opened):
    """A connection without the savepoints that sqlite-utils puts around each query: two statements for one.

    They undo a query that turns out to give no rows, which nobody asks here; and whoever writes has begun.
    """

    @override
    def query(self, sql: str, params: Values | None = None) -> Generator[dict[str, Any], None, None]:
        cursor = self.conn.execute(sql, () if params is None else params)
        names = [column[0] for column in cursor.description]
        return (dict(zip(names, row, strict=True)) for row in cursor.fetchall())

    @override
    def execute(self, sql: str, parameters: Values | None = None) -> Any:
        return self.conn.execute(sql, () if parameters is None else parameters)


def connect(path: Path) -> Opened:
    """Open a file, with the settings that everything here relies on."""
    return _set(Opened(sqlite3.connect(path, timeout=10)))


def connect_lean(path: Path) -> Lean:
    """Open a file for the bot itself, which takes care of transactions and of whose turn it is."""
    return _set(
        Lean(sqlite3.connect(path, timeout=10, check_same_thread=False, cached_statements=STATEMENTS))
    )


def _set(database: _Connection) -> _Connection:
    for setting in SETTINGS:
        database.execute(setting)
    return database


def journal() -> str:
    """Give the journal mode that this SQLite can be trusted with (https://sqlite.org/wal.html#walresetbug)."""
    return "WAL" if wal_is_safe(sqlite3.sqlite_version_info) else "TRUNCATE"


def wal_is_safe(version: tuple[int, ...]) -> bool:
    """Say whether this SQLite version is free of the WAL-reset bug, which loses committed pages."""
    series, patch = tuple(version[:2]), version[2]
    fixed_in = {(3, 44): 6, (3, 50): 7, (3, 51): 3}
    if series in fixed_in:
        return patch >= fixed_in[series]
    return series >= (3, 53)
