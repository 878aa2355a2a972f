"""What is old in SQLite, and the chore of letting it go."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from typing_extensions import override

from bot.retaining import BATCH, Chore
from bot.store.queue import as_text
from bot.store.working import QueueStore

RUNS_KEPT: Final = 30
"""Of a live timer, whatever their age: its details show them."""

_OVER: Final = "(status IN ('ended', 'gone') OR unwatched IN ('left', 'replaced'))"
_OF_OLD_TIMERS: Final = "job_id IN (SELECT job_id FROM timers WHERE over_since < :before)"
_RESTS: Final = "due IS NULL AND lease_owner IS NULL"


@dataclass(frozen=True, slots=True)
class _Drop:
    """Rows that go: of which table, by which key, and when."""

    table: str
    key: tuple[str, ...]
    when: str


_DROPS: Final[Mapping[str, _Drop]] = {
    # Of timers that are over: all that hangs on them goes first, so that a crash leaves nothing behind.
    "runs of old timers": _Drop("runs", ("job_id", "started_at"), _OF_OLD_TIMERS),
    "followers": _Drop("followers", ("job_id", "team_id", "user_id"), _OF_OLD_TIMERS),
    "requests of old timers": _Drop("requests", ("request_id",), f"{_OF_OLD_TIMERS} AND {_RESTS}"),
    "timers": _Drop(
        "timers",
        ("job_id",),
        "over_since < :before AND NOT EXISTS (SELECT 1 FROM runs WHERE runs.job_id = timers.job_id) "
        "AND NOT EXISTS (SELECT 1 FROM posts WHERE posts.job_id = timers.job_id)",
    ),
    # Of timers that live: more runs than anybody looks at.
    "runs": _Drop(
        "runs",
        ("job_id", "started_at"),
        "started_at < :before AND EXISTS (SELECT 1 FROM runs AS newer WHERE newer.job_id = runs.job_id "
        f"AND newer.started_at > runs.started_at LIMIT 1 OFFSET {RUNS_KEPT - 1})",
    ),
    # Requests that never became timers, or whose timers are not known any more.
    "requests": _Drop(
        "requests",
        ("request_id",),
        # What is put together keeps SQLite from going by state, of which nearly all rows have the same.
        f"received_at < :before AND state || '' IN ('announced', 'refused', 'expired') AND {_RESTS} "
        "AND NOT EXISTS (SELECT 1 FROM timers WHERE timers.job_id = requests.job_id)",
    ),
    "changes": _Drop("changes", ("change_id",), f"asked_at < :before AND {_RESTS}"),
    "workflow steps": _Drop(
        "workflow_steps", ("execution_id",), f"expires_at < :before AND state <> 'asked' AND {_RESTS}"
    ),
    "drafts": _Drop("drafts", ("team_id", "user_id"), "saved_at < :before"),
    "places": _Drop("places", ("team_id", "user_id", "place_key"), "kept_at < :before"),
    # What was meant for minutes.
    "sign-ins": _Drop("sign_ins", ("sign_in_id",), f"expires_at < :short_before AND {_RESTS}"),
    "tickets": _Drop("tickets", ("ticket_hash",), "expires_at < :short_before"),
    "journeys": _Drop("journeys", ("state_hash",), "expires_at < :short_before"),
}
"""What goes, in this order. The audit trail does not."""


class OldStore(QueueStore[Chore]):
    """Lets what is old go. It is the queue of its own chore."""

    table = "chores"

    @override
    def item_from(self, row: Mapping[str, Any]) -> Chore:
        return Chore(row["name"])

    def note_over(self, *, at: datetime) -> None:
        """Note which timers are over since now, and which are not any more.

        They are looked for beside the writer, who serves everybody.
        """
        begun = f"over_since IS NULL AND {_OVER}"
        undone = f"over_since IS NOT NULL AND NOT {_OVER}"
        self._note(as_text(at), begun)
        self._note(None, undone)

    def _note(self, since: str | None, when: str) -> None:
        find = f"SELECT job_id FROM timers WHERE {when}"
        note = f"UPDATE timers SET over_since = :since WHERE job_id = :job_id AND {when}"
        found = self._database.read(lambda database: list(database.query(find)))
        rows = [row | {"since": since} for row in found]
        for start in range(0, len(rows), BATCH):
            self._carry_out(note, rows[start : start + BATCH])

    def _carry_out(self, statement: str, rows: Sequence[dict[str, Any]]) -> None:
        self._database.write(lambda database: [database.execute(statement, row) for row in rows])

    def kinds(self) -> Sequence[str]:
        """Give the kinds of what goes, in the order in which they go."""
        return tuple(_DROPS)

    def drop(self, kind: str, *, before: datetime, short_before: datetime, limit: int) -> int:
        """Let up to `limit` of a kind go that are older; gives how many were found.

        They are looked for beside the writer, who serves everybody, and looked at again when they go.
        """
        what = _DROPS[kind]
        moments = {"before": as_text(before), "short_before": as_text(short_before)}
        find = f"SELECT {', '.join(what.key)} FROM {what.table} WHERE {what.when} LIMIT :limit"
        found = self._database.read(lambda database: list(database.query(find, moments | {"limit": limit})))
        here = " AND ".join(f"{name} = :{name}" for name in what.key)
        drop = f"DELETE FROM {what.table} WHERE {here} AND {what.when}"
        if found:
            self._carry_out(drop, [row | moments for row in found])
        return len(found)

    def again(self, chore: Chore, due: datetime) -> None:
        """Make a chore due again."""
        self.postpone(chore, until=due)
