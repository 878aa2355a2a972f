"""A database beside the bot that may be running on it, for the commands that change something there."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from sqlite_utils import Database as SqliteUtils

from bot.store.connecting import connected, in_one_step
from bot.store.database import DIALECT
from bot.store.port import Connection, Database, Dialect

_Value = TypeVar("_Value")


@contextmanager
def beside_file(path: Path) -> Iterator[Database]:
    """Open a SQLite file beside the bot; raises DatabaseProblem if there is none."""
    with connected(path) as opened:
        yield _SqliteBeside(opened)


class Within:
    """What stores need of a database, within a write that is open: what they write is part of it."""

    def __init__(self, opened: Connection, dialect: Dialect) -> None:
        self._opened = opened
        self.dialect = dialect

    def read(self, job: Callable[[Connection], _Value]) -> _Value:
        """Read what is there by now."""
        return job(self._opened)

    async def read_soon(self, job: Callable[[Connection], _Value]) -> _Value:
        """Do the same: a command has no event loop to hold up."""
        return self.read(job)

    def write(
        self,
        job: Callable[[Connection], _Value],
        *,
        tries: int = 1,
        alone: bool = True,
        lasting: bool = True,
    ) -> _Value:
        """Write as a part of what is open."""
        del tries, alone, lasting
        return job(self._opened)

    async def write_soon(self, job: Callable[[Connection], _Value]) -> _Value:
        """Do the same."""
        return self.write(job)


class _SqliteBeside:
    """One connection to a SQLite file, without threads and without the lock of the bot that runs on it."""

    dialect = DIALECT

    def __init__(self, opened: SqliteUtils) -> None:
        self._opened = opened

    def read(self, job: Callable[[Connection], _Value]) -> _Value:
        return job(self._opened)

    async def read_soon(self, job: Callable[[Connection], _Value]) -> _Value:
        return await asyncio.to_thread(self.read, job)

    def write(
        self,
        job: Callable[[Connection], _Value],
        *,
        tries: int = 1,
        alone: bool = True,
        lasting: bool = True,
    ) -> _Value:
        del tries, alone, lasting
        with in_one_step(self._opened):
            return job(self._opened)

    async def write_soon(self, job: Callable[[Connection], _Value]) -> _Value:
        return await asyncio.to_thread(self.write, job)
