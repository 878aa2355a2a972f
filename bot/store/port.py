"""What the stores need of a database, whichever it is; and rows written by their columns."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

_Value = TypeVar("_Value")

Values = Sequence[Any] | dict[str, Any]
"""What is bound to the `?` of a statement, or to its `:name`s."""


class Done(Protocol):
    """A statement that was carried out."""

    @property
    def rowcount(self) -> int:
        """How many rows it changed."""
        ...


class Connection(Protocol):
    """One connection, within one read or one write. Its SQL is what SQLite and PostgreSQL both understand."""

    def query(self, sql: str, values: Values | None = None, /) -> Iterable[dict[str, Any]]:
        """Carry out a statement that gives rows, and give them by their columns."""
        ...

    def rows(self, sql: str, values: Values | None = None, /) -> Sequence[tuple[Any, ...]]:
        """Carry out a statement that gives rows, and give them in the order in which it names the columns."""
        ...

    def execute(self, sql: str, values: Values | None = None, /) -> Done:
        """Carry out a statement whose rows nobody asks for."""
        ...


@dataclass(frozen=True, slots=True)
class Dialect:
    """Where SQLite and PostgreSQL cannot say the same.

    `skipping_held` ends a SELECT that passes over rows which somebody else is about to hold; `life` is a
    condition, with `{owner}` in it, that holds as long as the process of that name lives.
    """

    skipping_held: str
    life: str

    def lives(self, owner: str) -> str:
        """Give the condition for an owner, which is a column or a bound name."""
        return self.life.format(owner=owner)


class Database(Protocol):
    """Where the stores keep things. A job gets a connection, which is good until the job ends."""

    @property
    def dialect(self) -> Dialect:
        """What is particular about its SQL."""
        ...

    def read(self, job: Callable[[Connection], _Value], *, brief: bool = False) -> _Value:
        """Read. What takes no longer than a write may say that it is `brief`. Not for the event loop."""
        ...

    async def read_soon(self, job: Callable[[Connection], _Value]) -> _Value:
        """Read, and give the event loop to others meanwhile."""
        ...

    def write(
        self,
        job: Callable[[Connection], _Value],
        *,
        tries: int = ...,
        alone: bool = True,
        lasting: bool = True,
    ) -> _Value:
        """Write all or nothing, as if nobody else wrote meanwhile, and wait until it is on disk.

        A job may be carried out again, after a first time that left nothing behind. What is one statement
        that minds others by itself need not be `alone`. What would be done again need not be `lasting`: a
        crash of the bot does not undo it, but a power cut may, with what was written since and is not
        lasting either. Not for the event loop.
        """
        ...

    async def write_soon(self, job: Callable[[Connection], _Value]) -> _Value:
        """Write, and give the event loop to others until it is on disk."""
        ...


class Running(Database, Protocol):
    """A database that the bot runs on."""

    @property
    def alive(self) -> bool:
        """Whether writes are being carried out, and this process may take work."""
        ...

    @property
    def lives(self) -> int:
        """How often this process has begun to prove that it lives: others free what it held in between."""
        ...

    @property
    def is_shared(self) -> bool:
        """Whether other bots may be at work on it."""
        ...

    @property
    def build(self) -> dict[str, str]:
        """What it is, and of which version."""
        ...

    def beat(self, seconds: float) -> None:
        """Write as little as can be written; raises what prevents it, TimeoutError if it takes longer."""
        ...

    def sizes(self) -> tuple[int, int]:
        """Give the size of the database and of its journal, in bytes."""
        ...

    def close(self) -> None:
        """Finish what is under way, and let go; whoever writes after that is refused."""
        ...


def insert(database: Connection, table: str, row: Mapping[str, Any]) -> None:
    """Add a row; what the database raises if its key is there already."""
    database.execute(_inserting(table, row), dict(row))


def upsert(database: Connection, table: str, row: Mapping[str, Any], *, key: Sequence[str]) -> None:
    """Add a row, or change the columns that are given of the one that is there."""
    changed = ", ".join(f"{name} = excluded.{name}" for name in row if name not in key)
    there = f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {changed}"
    database.execute(_inserting(table, row) + there, dict(row))


def _inserting(table: str, row: Mapping[str, Any]) -> str:
    return f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join(f':{name}' for name in row)})"
