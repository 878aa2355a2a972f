"""All that is kept, copied from a file to a server or back, while no bot runs; and compared."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from bot.errors import DatabaseProblem
from bot.store.connecting import connected, in_one_step
from bot.store.database import SqliteDatabase
from bot.store.migrations import schema
from bot.store.opening import need_driver
from bot.store.port import Connection
from bot.store.restoring import alone
from bot.store.tables import Table, check_version, tables

PAGE: Final = 2_000
"""Rows that are read at once."""

GROUP: Final = 100
"""Rows that are written with one statement: SQLite binds 32,766 values at most."""

BEFOREHAND: Final = frozenset({"chores"})
"""The tables in which a new database has rows already, that are copied over."""


@dataclass(frozen=True, slots=True)
class Copied:
    """How many rows a table has, and the digest of them all in the order of their keys."""

    rows: int
    digest: str


def copy(source: Path | str, target: Path | str, *, at: datetime) -> Mapping[str, Copied]:
    """Copy everything in one snapshot and one transaction, and compare both; gives what each table has.

    Raises DatabaseProblem, and then nothing was written: while a bot runs on either, if the source is of
    another version, or if the target is not empty.
    """
    with _source(source) as read, _target(target, at) as (written, finish):
        found = {table.name: _copied(read, written, table) for table in tables()}
        for table in tables():
            there = _seen(written, table)
            if there != found[table.name]:
                raise DatabaseProblem(
                    f"{table.name} did not arrive as it was sent.", "Nothing was kept. Please report this."
                )
        finish(tables())
    return found


def _copied(read: Connection, written: Connection, table: Table) -> Copied:
    if table.name in BEFOREHAND:
        written.execute(f"DELETE FROM {table.name}")
    elif list(written.query(f"SELECT 1 FROM {table.name} LIMIT 1")):
        raise DatabaseProblem("The database to copy to is not empty.", "Take a new one.")
    digest, count = hashlib.sha256(), 0
    for page in _pages(read, table):
        for start in range(0, len(page), GROUP):
            rows = page[start : start + GROUP]
            places = ", ".join(f"({', '.join('?' for _ in table.columns)})" for _ in rows)
            insert = f"INSERT INTO {table.name} ({', '.join(table.columns)}) VALUES {places}"
            written.execute(insert, [row[name] for row in rows for name in table.columns])
        _add(digest, page, table)
        count += len(page)
    return Copied(count, digest.hexdigest())


def _seen(database: Connection, table: Table) -> Copied:
    digest, count = hashlib.sha256(), 0
    for page in _pages(database, table):
        _add(digest, page, table)
        count += len(page)
    return Copied(count, digest.hexdigest())


def _pages(database: Connection, table: Table) -> Iterator[list[dict[str, Any]]]:
    """Read a table by its key, which both databases sort by its bytes."""
    key = ", ".join(table.key)
    ordered = f"ORDER BY {key} LIMIT {PAGE}"
    all_of_it = f"SELECT {', '.join(table.columns)} FROM {table.name}"
    page = list(database.query(f"{all_of_it} {ordered}"))
    while page:
        yield page
        places = ", ".join("?" for _ in table.key)
        last = [page[-1][name] for name in table.key]
        page = list(database.query(f"{all_of_it} WHERE ({key}) > ({places}) {ordered}", last))


def _add(digest: "hashlib._Hash", page: Sequence[Mapping[str, Any]], table: Table) -> None:
    for row in page:
        for name in table.columns:
            value = row[name]
            # PostgreSQL has no place for NUL in a text, and keeps another character instead.
            kept = value.replace("\0", "\N{REPLACEMENT CHARACTER}") if isinstance(value, str) else value
            digest.update(f"{kept!r}\n".encode())


Target = tuple[Connection, Callable[[Sequence[Table]], None]]
"""Where rows are written, and what is done when all are there."""


def _source(where: Path | str) -> AbstractContextManager[Connection]:
    if isinstance(where, Path):
        return _file(where)
    need_driver()
    from bot.store.postgresql.copying import source  # noqa: PLC0415 - an extra

    return source(where)


def _target(where: Path | str, at: datetime) -> AbstractContextManager[Target]:
    if isinstance(where, Path):
        return _new_file(where)
    need_driver()
    from bot.store.postgresql.copying import target  # noqa: PLC0415 - an extra

    return target(where, at)


@contextmanager
def _file(path: Path) -> Iterator[Connection]:
    with connected(path) as opened, alone(path):
        check_version({step.name for step in schema.applied(opened)})
        opened.conn.execute("BEGIN")  # from the first reading on, all of it is of one moment
        yield opened
        opened.conn.execute("ROLLBACK")


@contextmanager
def _new_file(path: Path) -> Iterator[Target]:
    SqliteDatabase(path).close()
    with alone(path), connected(path) as opened, in_one_step(opened):
        yield opened, lambda _: None
