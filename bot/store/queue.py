"""Rows that are work: claimed with a lease when they are due, and let go when the work is done."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from bot.store.database import Database

LEASE: Final = timedelta(minutes=5)
"""Longer than one piece of work can take with all its time limits; a start frees what a dead process held."""


def claim(
    database: Database, table: str, key: str, *, now: datetime, owner: str, limit: int
) -> list[dict[str, Any]]:
    """Hold up to `limit` rows of a queue that are due and free. Idling only reads."""
    free = "due <= :now AND (lease_until IS NULL OR lease_until <= :now)"
    values = {"now": as_text(now), "until": as_text(now + LEASE), "owner": owner, "limit": limit}
    look = f"SELECT 1 FROM {table} WHERE {free} LIMIT 1"
    hold = (
        f"UPDATE {table} SET lease_owner = :owner, lease_until = :until WHERE {key} IN "
        f"(SELECT {key} FROM {table} WHERE {free} ORDER BY due LIMIT :limit) RETURNING *"
    )
    if not database.read(lambda reader: list(reader.query(look, values))):
        return []
    return database.write(lambda writer: list(writer.query(hold, values)))


def release(database: Database, table: str, key: str, value: str, *, due: datetime | None = None) -> None:
    """Let go of a row of a queue, and move its due moment if one is given."""
    let_go = (
        f"UPDATE {table} SET lease_owner = NULL, lease_until = NULL, due = coalesce(:due, due) "
        f"WHERE {key} = :value"
    )
    values = {"due": as_text(due) if due else None, "value": value}
    database.write(lambda writer: writer.execute(let_go, values))


def as_text(moment: datetime) -> str:
    """Write a moment as ISO 8601 in UTC, always of the same length, so that text sorts as time."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def as_moment(text: str | None) -> datetime | None:
    """Read what `as_text` wrote."""
    return datetime.fromisoformat(text) if text else None
