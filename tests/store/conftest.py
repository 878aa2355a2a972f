"""The database that the stores are tested on."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.store.database import SqliteDatabase
from bot.store.port import Running


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Running]:
    database = SqliteDatabase(tmp_path / "bot.db")
    yield database
    database.close()


@pytest.fixture
def dies() -> Callable[[str], None]:
    """Let an owner of leases die."""
    return lambda _owner: None


@pytest.fixture
def everything(database: Running, tmp_path: Path) -> Callable[[], bytes]:
    """Give all that is written in the database."""
    del database  # it lies in the folder
    return lambda: b"".join(file.read_bytes() for file in tmp_path.iterdir() if file.is_file())
