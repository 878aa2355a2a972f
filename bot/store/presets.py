"""Presets in SQLite: one of a name in each channel."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from bot.accounts import SlackUser
from bot.presets import Channel, Preset
from bot.store.port import Connection, Database
from bot.store.queue import as_text

_NAMED: Final = "team_id = :team_id AND channel_id = :channel_id AND folded = :folded"
_OF_CHANNEL: Final = "SELECT * FROM presets WHERE team_id = ? AND channel_id = ?"
_ADD: Final = (
    "INSERT INTO presets (team_id, channel_id, folded, name, form, saved_by, saved_at) "
    "VALUES (:team_id, :channel_id, :folded, :name, :form, :saved_by, :saved_at) ON CONFLICT DO NOTHING"
)
_REPLACE: Final = _ADD.replace(
    "DO NOTHING",
    "(team_id, channel_id, folded) DO UPDATE SET name = excluded.name, form = excluded.form, "
    "saved_at = excluded.saved_at "
    "WHERE presets.saved_by = excluded.saved_by",
)


class PresetStore:
    """Keeps the presets of all channels."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, preset: Preset) -> Preset | None:
        """Keep a preset, unless one of that name is there: then give that one, and change nothing."""
        row = _row(preset)

        def keep(database: Connection) -> list[dict[str, Any]]:
            if database.execute(_ADD, row).rowcount == 1:
                return []
            return list(database.query(f"SELECT * FROM presets WHERE {_NAMED}", row))

        there = await self._database.write_soon(keep)
        return _preset(there[0]) if there else None

    async def replace(self, preset: Preset) -> bool:
        """Keep a preset in place of the same person's of that name; False if it is somebody else's."""
        row = _row(preset)
        return await self._database.write_soon(lambda database: database.execute(_REPLACE, row).rowcount == 1)

    async def find(self, channel: Channel, folded_name: str) -> Preset | None:
        """Give the preset of this name, whatever its case."""
        query, values = f"{_OF_CHANNEL} AND folded = ?", [channel.team_id, channel.channel_id, folded_name]
        rows = await self._database.read_soon(lambda database: list(database.query(query, values)))
        return _preset(rows[0]) if rows else None

    async def all_of(self, channel: Channel) -> Sequence[Preset]:
        """Give a channel's presets by name."""
        query, values = f"{_OF_CHANNEL} ORDER BY folded", [channel.team_id, channel.channel_id]
        rows = await self._database.read_soon(lambda database: list(database.query(query, values)))
        return [_preset(row) for row in rows]

    async def delete(self, channel: Channel, folded_name: str, saved_by: SlackUser) -> bool:
        """Delete a preset; False if there is none that this person saved."""
        query = f"DELETE FROM presets WHERE {_NAMED} AND saved_by = :saved_by"
        values = {
            "team_id": channel.team_id,
            "channel_id": channel.channel_id,
            "folded": folded_name,
            "saved_by": saved_by.user_id,
        }
        return await self._database.write_soon(lambda database: database.execute(query, values).rowcount == 1)


def _row(preset: Preset) -> dict[str, Any]:
    return {
        "team_id": preset.channel.team_id,
        "channel_id": preset.channel.channel_id,
        "folded": preset.folded,
        "name": preset.name,
        "form": json.dumps(dict(preset.form)),
        "saved_by": preset.saved_by.user_id,
        "saved_at": as_text(preset.saved_at),
    }


def _preset(row: Mapping[str, Any]) -> Preset:
    return Preset(
        channel=Channel(row["team_id"], row["channel_id"]),
        name=row["name"],
        form=json.loads(row["form"]),
        saved_by=SlackUser(row["team_id"], row["saved_by"]),
        saved_at=datetime.fromisoformat(row["saved_at"]),
    )
