"""A server as the place to copy from, or to copy to."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from psycopg import IsolationLevel

from bot.errors import DatabaseProblem
from bot.store.port import Connection
from bot.store.postgresql.connecting import Opened, Translating, connected
from bot.store.postgresql.database import PostgresqlDatabase
from bot.store.postgresql.living import HELD
from bot.store.postgresql.migrations import applied
from bot.store.tables import Table, check_version


@contextmanager
def source(url: str) -> Iterator[Connection]:
    """Give a connection that sees one moment; raises DatabaseProblem while a bot runs."""
    with connected(url) as opened:
        _see_that_nobody_runs(opened)
        check_version(applied(opened))
        opened.isolation_level = IsolationLevel.REPEATABLE_READ
        opened.read_only = True
        with opened.transaction():
            yield Translating(opened)


@contextmanager
def target(url: str, at: datetime) -> Iterator[tuple[Connection, Callable[[Sequence[Table]], None]]]:
    """Give a connection to a database with the schema, in one transaction; raises DatabaseProblem."""
    PostgresqlDatabase(url, migrated_at=at).close()
    with connected(url) as opened:
        _see_that_nobody_runs(opened)

        def finish(tables: Sequence[Table]) -> None:
            for table in tables:
                if table.is_numbered:
                    _go_on_numbering(opened, table)

        with opened.transaction():
            yield Translating(opened), finish
        opened.execute("ANALYZE")


def _see_that_nobody_runs(opened: Opened) -> None:
    row = opened.execute(HELD.encode()).fetchone()
    if row and row["held"]:
        raise DatabaseProblem(f"Bots are running on it: {row['held']}.", "Stop them, and copy then.")


def _go_on_numbering(opened: Opened, table: Table) -> None:
    key = table.key[0]
    numbers, last = f"pg_get_serial_sequence('{table.name}', '{key}')", f"coalesce(max({key}), 0)"
    opened.execute(f"SELECT setval({numbers}, {last} + 1, false) FROM {table.name}".encode())
