"""How the work stands, counted in one reading."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from bot.readiness import Waits
from bot.scheduling import RequestState
from bot.store.port import Connection, Running
from bot.store.queue import as_moment, as_text

QUEUES: Final[Mapping[str, str]] = {
    "requests": "requests",
    "sign-ins": "sign_ins",
    "partings": "partings",
    "removals": "removals",
    "watches": "watches",
    "mailboxes": "mailboxes",
    "changes": "changes",
    "digests": "digests",
    "steps": "workflow_steps",
    "chores": "chores",
}
"""The table of each queue, by the name that workers give it."""

_UNCLEAR: Final = f"SELECT min(unclear_since) AS since FROM requests WHERE state = '{RequestState.UNCLEAR}'"
_DUE: Final = (
    "SELECT min(due) AS since FROM {table} WHERE due <= :now AND (lease_until IS NULL OR lease_until <= :now)"
)
_COUNT: Final = "SELECT count(*) AS count FROM {table}"


@dataclass(frozen=True, slots=True)
class Counted:
    """How many there are by state, the ages in seconds of what waits longest, and sizes in bytes."""

    requests: Mapping[str, int]
    sign_ins: Mapping[str, int]
    timers: Mapping[str, int]
    oldest_unclear: float
    overdue: Mapping[str, float]
    news_waiting: int
    linked_accounts: int
    database_bytes: int
    journal_bytes: int

    @property
    def oldest_due(self) -> float:
        """How long the oldest work of all queues waits."""
        return max(self.overdue.values(), default=0)


class FigureStore:
    """Counts what is kept."""

    def __init__(self, database: Running, *, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def waits(self) -> Waits:
        """Say how long the oldest work waits, from indexes alone."""
        now = self._clock()
        return self._database.read(lambda database: _waits(database, now))

    def count(self) -> Counted:
        """Count everything at one moment."""
        now = self._clock()

        size, journal = self._database.sizes()

        def count(database: Connection) -> Counted:
            waits = _waits(database, now)
            return Counted(
                requests=_by(database, "requests", "state"),
                sign_ins=_by(database, "sign_ins", "state"),
                timers=_by(database, "timers", "status"),
                oldest_unclear=waits.unclear,
                overdue=waits.overdue,
                news_waiting=_rows(database, "posts"),
                linked_accounts=_rows(database, "accounts"),
                database_bytes=size,
                journal_bytes=journal,
            )

        return self._database.read(count)


def _waits(database: Connection, now: datetime) -> Waits:
    def age(row: Mapping[str, Any]) -> float:
        since = as_moment(row["since"])
        # A request that is made due by a trigger has a moment before all others.
        return max((now - since).total_seconds(), 0) if since and since.year > 1 else 0

    [unclear] = database.query(_UNCLEAR)
    overdue = {
        name: age(next(iter(database.query(_DUE.format(table=table), {"now": as_text(now)}))))
        for name, table in QUEUES.items()
    }
    return Waits(unclear=age(unclear), overdue=overdue)


def _by(database: Connection, table: str, column: str) -> dict[str, int]:
    counted = database.query(f"SELECT {column} AS name, count(*) AS count FROM {table} GROUP BY {column}")
    return {row["name"]: row["count"] for row in counted}


def _rows(database: Connection, table: str) -> int:
    [row] = database.query(_COUNT.format(table=table))
    return int(row["count"])
