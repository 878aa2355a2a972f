"""The databases that the stores are tested on: all that is promised holds on both."""

import os
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Final

import pytest

from bot.store.database import SqliteDatabase
from bot.store.port import Running
from bot.store.postgresql.connecting import Opened, connected
from bot.store.postgresql.database import PostgresqlDatabase
from bot.store.postgresql.living import NAMESPACE
from tests.postgresql import Server, binaries
from tests.store.stores import Stores, stores_in

OWNERS: Final = ("one", "another", "third")
"""The names under which tests claim work. On PostgreSQL somebody has to live under them."""

NUMBER: Final = count()
AT: Final = datetime(2026, 11, 26, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def url(kind: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a PostgreSQL database that has the schema, and no rows; empty for SQLite."""
    if kind == "sqlite":
        yield ""
        return
    server: Server = request.getfixturevalue("server")
    with server.database(f"bot_{os.getpid()}_{next(NUMBER)}") as url:
        yield url


@pytest.fixture
def database(url: str, tmp_path: Path) -> Iterator[Running]:
    database: Running = (
        PostgresqlDatabase(url, migrated_at=AT) if url else SqliteDatabase(tmp_path / "bot.db")
    )
    yield database
    database.close()


@pytest.fixture
def living(url: str) -> Iterator[Opened | None]:
    if not url:
        yield None
        return
    with connected(url) as opened:
        for owner in OWNERS:
            opened.execute("SELECT pg_advisory_lock(%s, hashtext(%s))", [NAMESPACE, owner])
        yield opened


@pytest.fixture(autouse=True)
def _living(request: pytest.FixtureRequest) -> None:
    if {"database", "url"} <= set(request.fixturenames):
        request.getfixturevalue("living")


@pytest.fixture
def dies(living: Opened | None) -> Callable[[str], None]:
    """Let an owner of leases die. Of a SQLite file nobody but the asker is alive."""

    def die(owner: str) -> None:
        if living:
            living.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", [NAMESPACE, owner])

    return die


@pytest.fixture
def everything(database: Running, url: str, tmp_path: Path) -> Callable[[], bytes]:
    """Give all that is written in the database."""
    del database  # it lies in the folder
    if url:
        programs = binaries()
        assert programs
        dump = [str(programs / "pg_dump"), "--data-only", "--inserts", url]
        return lambda: subprocess.run(dump, check=True, capture_output=True).stdout
    return lambda: b"".join(file.read_bytes() for file in tmp_path.iterdir() if file.is_file())


@pytest.fixture
def stores(database: Running) -> Stores:
    return stores_in(database)
