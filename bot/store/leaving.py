"""Removals in SQLite. They are the queue of the workers that carry them out."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.leaving import Removal
from bot.store.port import Connection, Database, upsert
from bot.store.queue import as_text, claim, recover, release


class RemovalStore:
    """Keeps the workspaces that removed the bot, until nothing of them is left."""

    def __init__(self, database: Database, *, clock: Callable[[], datetime], owner: str) -> None:
        self._database = database
        self._clock = clock
        self._owner = owner

    async def begin(self, removal: Removal) -> None:
        """Keep a removal; one of the same workspace that is under way begins anew."""
        row = _row(removal)

        def begin(database: Connection) -> None:
            upsert(database, "removals", row, key=("team_id",))

        await self._database.write_soon(begin)

    def save(self, removal: Removal) -> None:
        """Commit a removal's new state, unless it began anew meanwhile."""
        save = (
            "UPDATE removals SET due = :due, looks = :looks, is_left = :is_left "
            "WHERE team_id = :team_id AND removed_at = :removed_at"
        )
        row = _row(removal)
        self._database.write(lambda database: database.execute(save, row))

    def end(self, removal: Removal) -> None:
        """Forget a removal that is done, unless it began anew meanwhile."""
        end = "DELETE FROM removals WHERE team_id = :team_id AND removed_at = :removed_at"
        row = {"team_id": removal.team_id, "removed_at": as_text(removal.removed_at)}
        self._database.write(lambda database: database.execute(end, row))

    # The workers' queue

    def claim(self, *, limit: int) -> Sequence[Removal]:
        """Hold up to `limit` removals that are due and free, and give them."""
        rows = claim(self._database, "removals", now=self._clock(), owner=self._owner, limit=limit)
        return [_removal(row) for row in rows]

    def release(self, item: Removal) -> None:
        """Let go of a removal."""
        release(self._database, "removals", item.team_id, owner=self._owner)

    def postpone(self, item: Removal, *, until: datetime) -> None:
        """Let go of a removal, and make it due later."""
        release(self._database, "removals", item.team_id, owner=self._owner, due=until)

    def recover(self) -> None:
        """Let go of what is held by processes that are no more."""
        recover(self._database, "removals", owner=self._owner)


def _row(removal: Removal) -> dict[str, Any]:
    return {
        "team_id": removal.team_id,
        "removed_at": as_text(removal.removed_at),
        "due": as_text(removal.due),
        "looks": removal.looks,
        "is_left": int(removal.is_left),
    }


def _removal(row: Mapping[str, Any]) -> Removal:
    return Removal(
        team_id=row["team_id"],
        removed_at=datetime.fromisoformat(row["removed_at"]),
        due=datetime.fromisoformat(row["due"]),
        looks=row["looks"],
        is_left=bool(row["is_left"]),
    )
