"""What a test sees in a database that no store tells."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from bot.store.port import Connection, Database, Done, Values, insert
from bot.store.postgresql.connecting import Translating

_Value = TypeVar("_Value")


def count(database: Database, table: str) -> int:
    """Count the rows of a table."""
    query = f"SELECT count(*) AS count FROM {table}"  # noqa: S608 - our own names
    return database.read(lambda reader: int(next(iter(reader.query(query)))["count"]))


class Overheard:
    """A database that remembers what it was asked, in reading, and what was written.

    `commits` says of each write whether it had to last.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.asked: list[tuple[str, Values | None]] = []
        self.written: list[tuple[str, Values | None]] = []
        self.commits: list[bool] = []
        self.dialect = database.dialect

    def read(self, job: Callable[[Connection], _Value], *, brief: bool = False) -> _Value:
        return self._database.read(lambda reader: job(_Ear(reader, self.asked)), brief=brief)

    async def read_soon(self, job: Callable[[Connection], _Value]) -> _Value:
        return await asyncio.to_thread(self.read, job)

    def write(
        self, job: Callable[[Connection], _Value], *, tries: int = 1, alone: bool = True, lasting: bool = True
    ) -> _Value:
        self.commits.append(lasting)
        return self._database.write(
            lambda writer: job(_Ear(writer, self.written)), tries=tries, alone=alone, lasting=lasting
        )

    async def write_soon(self, job: Callable[[Connection], _Value]) -> _Value:
        self.commits.append(True)
        return await self._database.write_soon(lambda writer: job(_Ear(writer, self.written)))


class _Ear:
    def __init__(self, connection: Connection, heard: list[tuple[str, Values | None]]) -> None:
        self._connection = connection
        self._heard = heard

    def query(self, sql: str, values: Values | None = None, /) -> Iterable[dict[str, Any]]:
        self._heard.append((sql, values))
        return self._connection.query(sql, values)

    def rows(self, sql: str, values: Values | None = None, /) -> Sequence[tuple[Any, ...]]:
        self._heard.append((sql, values))
        return self._connection.rows(sql, values)

    def execute(self, sql: str, values: Values | None = None, /) -> Done:
        self._heard.append((sql, values))
        return self._connection.execute(sql, values)


def columns(reader: Connection) -> Mapping[str, set[str]]:
    """Give the columns of each table."""
    if isinstance(reader, Translating):
        return _columns_there(reader)
    tables = [row["name"] for row in reader.query("SELECT name FROM sqlite_master WHERE type = 'table'")]
    listed = "SELECT name FROM pragma_table_info(?)"
    return {table: {row["name"] for row in reader.query(listed, [table])} for table in tables}


def _columns_there(reader: Connection) -> Mapping[str, set[str]]:
    found: dict[str, set[str]] = {}
    listed = "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
    for row in reader.query(listed):
        found.setdefault(row["table_name"], set()).add(row["column_name"])
    return found


def add(database: Database, table: str, row: Mapping[str, Any]) -> None:
    """Add a row to a table."""
    database.write(lambda writer: insert(writer, table, row))
