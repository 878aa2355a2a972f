"""Drafts in SQLite: one a person."""

import json
from datetime import datetime
from typing import Final

from bot.accounts import SlackUser
from bot.drafts import Draft
from bot.store.port import Database, upsert
from bot.store.queue import as_text

FORGET: Final = "DELETE FROM drafts WHERE team_id = ? AND user_id = ?"


class DraftStore:
    """Keeps the latest draft of each person."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save(self, draft: Draft, *, at: datetime) -> None:
        """Keep a draft in place of the person's last one."""
        row = {
            "team_id": draft.person.team_id,
            "user_id": draft.person.user_id,
            "request_id": draft.request_id,
            "form": json.dumps(dict(draft.form)),
            "saved_at": as_text(at),
        }
        await self._database.write_soon(
            lambda database: upsert(database, "drafts", row, key=("team_id", "user_id"))
        )

    async def find(self, person: SlackUser, *, since: datetime) -> Draft | None:
        """Give the person's draft if it was kept since then."""
        query = "SELECT * FROM drafts WHERE team_id = ? AND user_id = ? AND saved_at >= ?"
        values = [person.team_id, person.user_id, as_text(since)]
        rows = await self._database.read_soon(lambda database: list(database.query(query, values)))
        return Draft(person, rows[0]["request_id"], json.loads(rows[0]["form"])) if rows else None

    async def forget(self, person: SlackUser) -> None:
        """Forget the person's draft."""
        values = [person.team_id, person.user_id]
        await self._database.write_soon(lambda database: database.execute(FORGET, values))
