"""A database beside the bot that may be running on it, for the commands that change something there."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TypeVar

from bot.store.connecting import connected, in_one_step
from bot.store.database import DIALECT
from bot.store.port import Connection, Database, Dialect

_Value = TypeVar("_Value")


@contextmanager
def beside_file(path: Path) -> Iterator[Database]:
    """Open a SQLite file beside the bot, without its lock; raises DatabaseProblem if there is none."""
    with connected(path) as opened:
        yield OneConnection(opened, DIALECT, step=lambda: in_one_step(opened))


class OneConnection:
    """What stores need of a database, on one connection, without threads.

    `step` is what is around each write; without it, what is written is a part of a write that is open.
    """

    def __init__(
        self,
        opened: Connection,
        dialect: Dialect,
        *,
        step: Callable[[], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        self._opened = opened
        self._step = step
        self.dialect = dialect

    def read(self, job: Callable[[Connection], _Value], *, brief: bool = False) -> _Value:
        """Read what is there by now."""
        del brief
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
        """Write in a step."""
        del tries, alone, lasting
        with self._step():
            return job(self._opened)

    async def write_soon(self, job: Callable[[Connection], _Value]) -> _Value:
        """Do the same."""
        return self.write(job)
