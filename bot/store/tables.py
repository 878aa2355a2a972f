"""The tables of this version's schema, and whether a database has just these."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlite_utils import Database as SqliteUtils

from bot.errors import DatabaseProblem
from bot.store.migrations import known_steps, schema


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the schema: its columns, those of its key, and whether its key is a number that grows."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    is_numbered: bool


def tables() -> Sequence[Table]:
    """Give the tables of this version's schema, each after those that it refers to."""
    database = SqliteUtils(memory=True)
    schema.apply(database)
    try:
        return [
            Table(
                table.name,
                tuple(column.name for column in table.columns),
                tuple(table.pks),
                is_numbered=len(table.pks) == 1 and table.columns_dict[table.pks[0]] is int,
            )
            for table in database.tables
            if not table.name.startswith(("sqlite_", "_sqlite_"))
        ]
    finally:
        database.close()


def check_version(applied: set[str]) -> None:
    """See that a source is of this version's schema; raises DatabaseProblem."""
    known = known_steps()
    if applied - known:
        raise DatabaseProblem("It was written by a newer transferbot.", "Update transferbot.")
    if known - applied:
        raise DatabaseProblem(
            "It is of an older transferbot.", "Start this version on it once, stop it, and copy it then."
        )
