"""The database that the settings name: a file, or a server. What a server needs is loaded only for one."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path

from bot.errors import DatabaseProblem
from bot.store.beside import beside_file
from bot.store.database import SqliteDatabase
from bot.store.port import Database, Running


def running(where: Path | str, *, owner: str, at: datetime) -> Running:
    """Open the database for the bot that claims work under this name; raises DatabaseProblem."""
    if isinstance(where, Path):
        return SqliteDatabase(where)
    need_driver()
    from bot.store.postgresql.database import PostgresqlDatabase  # noqa: PLC0415 - an extra

    return PostgresqlDatabase(where, migrated_at=at, owner=owner)


@contextmanager
def beside(where: Path | str) -> Iterator[Database]:
    """Open the database beside the bots that may be running on it; raises DatabaseProblem if it has none."""
    if isinstance(where, Path):
        with beside_file(where) as database:
            yield database
        return
    need_driver()
    from bot.store.postgresql.database import PostgresqlDatabase  # noqa: PLC0415 - an extra

    server = PostgresqlDatabase(where)
    try:
        yield server
    finally:
        server.close()


def need_driver() -> None:
    """See that what speaks to PostgreSQL is installed; raises DatabaseProblem."""
    if not (find_spec("psycopg") and find_spec("psycopg_pool")):
        raise DatabaseProblem(
            "PostgreSQL needs the extra `postgresql`.",
            "Run `pip install 'transferbot[postgresql]'`, or use `requirements-postgresql.lock`.",
        )
