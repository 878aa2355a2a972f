"""Removals in SQLite. They are the queue of the workers that carry them out."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from typing_extensions import override

from bot.leaving import Removal
from bot.store.port import Connection, upsert
from bot.store.queue import as_text
from bot.store.working import QueueStore


class RemovalStore(QueueStore[Removal]):
    """Keeps the workspaces that removed the bot, until nothing of them is left."""

    table = "removals"

    @override
    def item_from(self, row: Mapping[str, Any]) -> Removal:
        return Removal(
            team_id=row["team_id"],
            removed_at=datetime.fromisoformat(row["removed_at"]),
            due=datetime.fromisoformat(row["due"]),
            looks=row["looks"],
            is_left=bool(row["is_left"]),
        )

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


def _row(removal: Removal) -> dict[str, Any]:
    return {
        "team_id": removal.team_id,
        "removed_at": as_text(removal.removed_at),
        "due": as_text(removal.due),
        "looks": removal.looks,
        "is_left": int(removal.is_left),
    }
