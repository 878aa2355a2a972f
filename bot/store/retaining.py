"""What is old in SQLite, and the chore of letting it go."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlite_utils import Database as SqliteUtils

from bot.retaining import Chore
from bot.store.database import Database
from bot.store.queue import as_text, claim, release

RUNS_KEPT: Final = 30
"""Of a live timer, whatever their age: its details show them."""

_OVER: Final = "(status IN ('ended', 'gone') OR unwatched IN ('left', 'replaced'))"
_OLD_TIMERS: Final = "SELECT job_id FROM timers WHERE over_since < :before"

_DROPS: Final[Mapping[str, str]] = {
    # Of timers that are over: all that hangs on them goes first, so that a crash leaves nothing behind.
    "runs of old timers": f"runs WHERE (job_id, started_at) IN (SELECT job_id, started_at FROM runs "
    f"WHERE job_id IN ({_OLD_TIMERS}) LIMIT :limit)",
    "followers": f"followers WHERE rowid IN (SELECT rowid FROM followers WHERE job_id IN ({_OLD_TIMERS}) "
    "LIMIT :limit)",
    "requests of old timers": "requests WHERE request_id IN (SELECT request_id FROM requests "
    f"WHERE job_id IN ({_OLD_TIMERS}) AND due IS NULL AND lease_owner IS NULL LIMIT :limit)",
    "timers": "timers WHERE job_id IN (SELECT job_id FROM timers WHERE over_since < :before "
    "AND NOT EXISTS (SELECT 1 FROM runs WHERE runs.job_id = timers.job_id) "
    "AND NOT EXISTS (SELECT 1 FROM posts WHERE posts.job_id = timers.job_id) LIMIT :limit)",
    # Of timers that live: more runs than anybody looks at.
    "runs": f"runs WHERE (job_id, started_at) IN (SELECT job_id, started_at FROM runs AS old "
    "WHERE started_at < :before AND "
    "(SELECT count(*) FROM runs AS newer WHERE newer.job_id = old.job_id "
    f"AND newer.started_at > old.started_at) >= {RUNS_KEPT} LIMIT :limit)",
    # Requests that never became timers, or whose timers are not known any more.
    "requests": "requests WHERE request_id IN (SELECT request_id FROM requests WHERE received_at < :before "
    "AND state IN ('announced', 'refused', 'expired') AND due IS NULL AND lease_owner IS NULL "
    "AND NOT EXISTS (SELECT 1 FROM timers WHERE timers.job_id = requests.job_id) LIMIT :limit)",
    "changes": "changes WHERE rowid IN (SELECT rowid FROM changes WHERE asked_at < :before AND due IS NULL "
    "AND lease_owner IS NULL LIMIT :limit)",
    "workflow steps": "workflow_steps WHERE execution_id IN (SELECT execution_id FROM workflow_steps "
    "WHERE expires_at < :before AND due IS NULL AND state <> 'asked' LIMIT :limit)",
    "drafts": "drafts WHERE rowid IN (SELECT rowid FROM drafts WHERE saved_at < :before LIMIT :limit)",
    "places": "places WHERE rowid IN (SELECT rowid FROM places WHERE kept_at < :before LIMIT :limit)",
    # What was meant for minutes.
    "sign-ins": "sign_ins WHERE sign_in_id IN (SELECT sign_in_id FROM sign_ins "
    "WHERE expires_at < :short_before AND due IS NULL AND lease_owner IS NULL LIMIT :limit)",
    "tickets": "tickets WHERE rowid IN (SELECT rowid FROM tickets WHERE expires_at < :short_before "
    "LIMIT :limit)",
    "journeys": "journeys WHERE rowid IN (SELECT rowid FROM journeys WHERE expires_at < :short_before "
    "LIMIT :limit)",
}
"""What goes, in this order. The audit trail does not."""


class OldStore:
    """Lets what is old go. It is the queue of its own chore."""

    def __init__(self, database: Database, *, clock: Callable[[], datetime], owner: str) -> None:
        self._database = database
        self._clock = clock
        self._owner = owner

    def note_over(self, *, at: datetime) -> None:
        """Note which timers are over since now, and which are not any more."""

        def note(database: SqliteUtils) -> None:
            begun = f"UPDATE timers SET over_since = ? WHERE over_since IS NULL AND {_OVER}"
            database.execute(begun, [as_text(at)])
            database.execute(
                f"UPDATE timers SET over_since = NULL WHERE over_since IS NOT NULL AND NOT {_OVER}"
            )

        self._database.write(note)

    def kinds(self) -> Sequence[str]:
        """Give the kinds of what goes, in the order in which they go."""
        return tuple(_DROPS)

    def drop(self, kind: str, *, before: datetime, short_before: datetime, limit: int) -> int:
        """Let up to `limit` of a kind go that are older; gives how many went."""
        values = {"before": as_text(before), "short_before": as_text(short_before), "limit": limit}
        drop = f"DELETE FROM {_DROPS[kind]}"
        return self._database.write(lambda database: database.execute(drop, values).rowcount)

    def again(self, chore: Chore, due: datetime) -> None:
        """Make a chore due again."""
        self.postpone(chore, until=due)

    # The workers' queue

    def claim(self, *, limit: int) -> Sequence[Chore]:
        """Hold up to `limit` chores that are due and free, and give them."""
        rows = claim(self._database, "chores", "name", now=self._clock(), owner=self._owner, limit=limit)
        return [Chore(row["name"]) for row in rows]

    def release(self, item: Chore) -> None:
        """Let go of a chore."""
        release(self._database, "chores", "name", item.name, owner=self._owner)

    def postpone(self, item: Chore, *, until: datetime) -> None:
        """Let go of a chore, and make it due later."""
        release(self._database, "chores", "name", item.name, owner=self._owner, due=until)

    def recover(self) -> None:
        """After a start: nothing is held any more."""
        self._database.write(
            lambda database: database.execute("UPDATE chores SET lease_owner = NULL, lease_until = NULL")
        )
