"""Rows that are work: claimed with a lease when they are due, and let go when the work is done."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from bot.store.port import Connection, Database

LEASE: Final = timedelta(minutes=5)
"""Longer than one piece of work can take with all its time limits: what is held for longer is overdue.

Whoever lives keeps what it holds all the same, whatever the clock says; the dead hold nothing.
"""

QUEUES: Final[Mapping[str, str]] = {
    "changes": "change_id",
    "chores": "name",
    "digests": "digest_id",
    "mailboxes": "mailbox_id",
    "partings": "parting_id",
    "removals": "team_id",
    "requests": "request_id",
    "sign_ins": "sign_in_id",
    "watches": "watch_id",
    "workflow_steps": "execution_id",
}
"""The tables whose rows are work, and what each row is known by."""

MINE: Final = "(lease_owner = :owner OR lease_owner IS NULL)"
"""Whoever lost its lease, and was slow to notice, must not undo what its successor does."""


def claim(database: Database, table: str, *, now: datetime, owner: str, limit: int) -> list[dict[str, Any]]:
    """Hold up to `limit` rows of a queue that are due and free. Idling only reads.

    The limit is written out, for SQLite prepares a statement anew for each limit that is bound to it.
    """
    key, free, dialect = QUEUES[table], "due <= :now AND lease_owner IS NULL", database.dialect
    values = {"now": as_text(now), "until": as_text(now + LEASE), "owner": owner}
    look = f"SELECT 1 FROM {table} WHERE {free} LIMIT 1"
    hold = (
        f"WITH free AS MATERIALIZED (SELECT {key} FROM {table} WHERE {free} AND {dialect.lives(':owner')} "
        f"ORDER BY due LIMIT {limit:d} {dialect.skipping_held}) "
        f"UPDATE {table} SET lease_owner = :owner, lease_until = :until WHERE {key} IN "
        f"(SELECT {key} FROM free) RETURNING *"
    )
    if not database.read(lambda reader: reader.rows(look, {"now": values["now"]}), brief=True):
        return []
    return database.write(
        lambda writer: list(writer.query(hold, values)), tries=1, alone=False, lasting=False
    )


def release(
    database: Database, table: str, value: str | int, *, owner: str, due: datetime | None = None
) -> None:
    """Let go of a row of a queue, and move its due moment if one is given.

    Nothing changes if somebody else holds the row by now.
    """
    let_go = (
        f"UPDATE {table} SET lease_owner = NULL, lease_until = NULL, due = coalesce(:due, due) "
        f"WHERE {QUEUES[table]} = :value AND {MINE}"
    )
    values = {"due": as_text(due) if due else None, "value": value, "owner": owner}
    database.write(lambda writer: writer.execute(let_go, values), tries=1, alone=False, lasting=False)


def recover(database: Database, table: str, *, owner: str, also: str = "", now: str = "") -> None:
    """Let go of the rows of a queue that are held by others who are no more.

    `also` are further columns to set, from `:now`.
    """
    others = "lease_owner IS NOT NULL AND lease_owner <> :owner"
    dead = f"{others} AND NOT {database.dialect.lives('lease_owner')}"
    look = f"SELECT 1 FROM {table} WHERE {dead} LIMIT 1"
    free = f"UPDATE {table} SET lease_owner = NULL, lease_until = NULL{also} WHERE {dead}"
    values = {"owner": owner} | ({"now": now} if also else {})
    if database.read(lambda reader: list(reader.query(look, {"owner": owner}))):
        database.write(lambda writer: writer.execute(free, values), alone=False)


_HURRY_LOOKS: Final = """
    UPDATE timers SET look_at = :now, version = version + 1 WHERE look_at > :now AND look_at <= :until"""


def hurry(database: Database, *, now: datetime, until: datetime) -> None:
    """Make due now what is due until a moment, in every queue: the clock has gone back, and it was near.

    Looking too early costs a call; what waits for a moment that was reckoned by the wrong clock would wait
    for as long as the clock was wrong.
    """
    values = {"now": as_text(now), "until": as_text(until)}

    def move(writer: Connection) -> None:
        for table in QUEUES:
            writer.execute(f"UPDATE {table} SET due = :now WHERE due > :now AND due <= :until", values)
        writer.execute(_HURRY_LOOKS, values)

    database.write(move)


@lru_cache(maxsize=1024)
def as_text(moment: datetime) -> str:
    """Write a moment as ISO 8601 in UTC, always of the same length, so that text sorts as time."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def as_moment(text: str | None) -> datetime | None:
    """Read what `as_text` wrote."""
    return datetime.fromisoformat(text) if text else None


def plainly(value: object) -> object:
    """Give what JSON and SQLite can hold of a value: a moment as text, a length of time in seconds.

    Of a dataclass it gives the fields as they are, without the copies that `asdict` makes of them.
    """
    if isinstance(value, datetime):
        return as_text(value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, frozenset):
        return sorted(value)
    if is_dataclass(value):
        return {one.name: getattr(value, one.name) for one in fields(value)}
    return value
