"""A database beside the bot that may be running on it, for the commands that change something there."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from sqlite_utils import Database as SqliteUtils
from typing_extensions import override

from bot.store.database import Database, in_one_step

_Value = TypeVar("_Value")


class Beside(Database):
    """What stores need of a database, on one connection: writes within a transaction that is open join it."""

    def __init__(self, opened: SqliteUtils, path: Path) -> None:  # it has no threads, and takes no lock
        self.path = path
        self._opened = opened

    @override
    def read(self, job: Callable[[SqliteUtils], _Value]) -> _Value:
        return job(self._opened)

    @override
    def write(self, job: Callable[[SqliteUtils], _Value], *, tries: int = 1) -> _Value:
        del tries
        if self._opened.conn.in_transaction:
            return job(self._opened)
        with in_one_step(self._opened):
            return job(self._opened)
