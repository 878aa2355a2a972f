"""How the work stands, counted in one reading."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlite_utils import Database as SqliteUtils

from bot.scheduling import RequestState
from bot.store.database import Database
from bot.store.queue import as_moment, as_text

_STATES: Final = "SELECT state, count(*) AS count FROM requests GROUP BY state"
_UNCLEAR: Final = "SELECT min(unclear_since) AS since FROM requests WHERE state = ?"
_DUE: Final = "SELECT min(due) AS since FROM requests WHERE due <= ?"
_LINKED: Final = "SELECT count(*) AS count FROM accounts"


@dataclass(frozen=True, slots=True)
class Counted:
    """Requests by state, the ages in seconds of what waits longest, and how many people are linked."""

    requests: Mapping[str, int]
    oldest_unclear: float
    oldest_due: float
    linked_accounts: int


class FigureStore:
    """Counts what is kept."""

    def __init__(self, database: Database, *, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def count(self) -> Counted:
        """Count everything at one moment."""
        now = self._clock()

        def age(row: Mapping[str, Any]) -> float:
            since = as_moment(row["since"])
            return max((now - since).total_seconds(), 0) if since else 0

        def count(database: SqliteUtils) -> Counted:
            [linked] = database.query(_LINKED)
            [unclear] = database.query(_UNCLEAR, [RequestState.UNCLEAR])
            [due] = database.query(_DUE, [as_text(now)])
            return Counted(
                requests={row["state"]: row["count"] for row in database.query(_STATES)},
                oldest_unclear=age(unclear),
                oldest_due=age(due),
                linked_accounts=linked["count"],
            )

        return self._database.read(count)
