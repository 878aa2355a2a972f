"""Places in SQLite: small documents, each one person's, under short keys."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.accounts import SlackUser
from bot.store.port import Connection, Database, upsert
from bot.store.queue import as_text


class PlaceStore:
    """Keeps what short keys stand for. Whoever keeps something also clears away what is too old."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(
        self, person: SlackUser, documents: Mapping[str, Mapping[str, Any]], *, at: datetime, since: datetime
    ) -> None:
        """Keep documents, replacing those of the same key, and forget all that were kept before `since`."""
        self._database.write(_Keeping(person, documents, at, since))

    async def keep_soon(
        self, person: SlackUser, documents: Mapping[str, Mapping[str, Any]], *, at: datetime, since: datetime
    ) -> None:
        """Do the same without holding up the event loop."""
        await self._database.write_soon(_Keeping(person, documents, at, since))

    def find(self, person: SlackUser, key: str, *, since: datetime) -> Mapping[str, Any] | None:
        """Give a document of this person that was kept since then."""
        return self._database.read(_Finding(person, key, since))

    async def find_soon(self, person: SlackUser, key: str, *, since: datetime) -> Mapping[str, Any] | None:
        """Do the same without holding up the event loop."""
        return await self._database.read_soon(_Finding(person, key, since))


class _Keeping:
    def __init__(
        self, person: SlackUser, documents: Mapping[str, Mapping[str, Any]], at: datetime, since: datetime
    ) -> None:
        self._rows = [
            {
                "team_id": person.team_id,
                "user_id": person.user_id,
                "place_key": key,
                "document": json.dumps(dict(document)),
                "kept_at": as_text(at),
            }
            for key, document in documents.items()
        ]
        self._since = as_text(since)

    def __call__(self, database: Connection) -> None:
        database.execute("DELETE FROM places WHERE kept_at < ?", [self._since])
        for row in self._rows:
            upsert(database, "places", row, key=("team_id", "user_id", "place_key"))


class _Finding:
    def __init__(self, person: SlackUser, key: str, since: datetime) -> None:
        self._values = [person.team_id, person.user_id, key, as_text(since)]

    def __call__(self, database: Connection) -> Mapping[str, Any] | None:
        query = (
            "SELECT document FROM places WHERE team_id = ? AND user_id = ? AND place_key = ? AND kept_at >= ?"
        )
        rows = list(database.query(query, self._values))
        document: Mapping[str, Any] | None = json.loads(rows[0]["document"]) if rows else None
        return document
