"""Places in SQLite: small documents, each one person's, under short keys."""

import json
from collections.abc import Mapping, Sequence
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
        rows = _rows(person, documents, at)
        self._database.write(lambda database: _keep(database, rows, since))

    async def keep_soon(
        self, person: SlackUser, documents: Mapping[str, Mapping[str, Any]], *, at: datetime, since: datetime
    ) -> None:
        """Do the same without holding up the event loop."""
        rows = _rows(person, documents, at)
        await self._database.write_soon(lambda database: _keep(database, rows, since))

    def find(self, person: SlackUser, key: str, *, since: datetime) -> Mapping[str, Any] | None:
        """Give a document of this person that was kept since then."""
        return self._database.read(lambda database: _found(database, person, key, since))

    async def find_soon(self, person: SlackUser, key: str, *, since: datetime) -> Mapping[str, Any] | None:
        """Do the same without holding up the event loop."""
        return await self._database.read_soon(lambda database: _found(database, person, key, since))


def _rows(
    person: SlackUser, documents: Mapping[str, Mapping[str, Any]], at: datetime
) -> list[dict[str, Any]]:
    return [
        {
            "team_id": person.team_id,
            "user_id": person.user_id,
            "place_key": key,
            "document": json.dumps(dict(document)),
            "kept_at": as_text(at),
        }
        for key, document in documents.items()
    ]


def _keep(database: Connection, rows: Sequence[Mapping[str, Any]], since: datetime) -> None:
    database.execute("DELETE FROM places WHERE kept_at < ?", [as_text(since)])
    for row in rows:
        upsert(database, "places", row, key=("team_id", "user_id", "place_key"))


def _found(database: Connection, person: SlackUser, key: str, since: datetime) -> Mapping[str, Any] | None:
    query = "SELECT document FROM places WHERE team_id = ? AND user_id = ? AND place_key = ? AND kept_at >= ?"
    rows = list(database.query(query, [person.team_id, person.user_id, key, as_text(since)]))
    document: Mapping[str, Any] | None = json.loads(rows[0]["document"]) if rows else None
    return document
