"""Installations in SQLite, their tokens sealed."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from bot.auditing import Deed
from bot.installing import Installation
from bot.store.auditing import note
from bot.store.port import Connection, Database, upsert
from bot.store.queue import as_moment, as_text, plainly
from bot.store.vault import Vault


class InstallationStore:
    """Keeps one installation for each workspace or enterprise: the latest."""

    def __init__(self, database: Database, vault: Vault, *, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock

    def find(self, team_id: str) -> Installation | None:
        """Give the installation of a workspace or enterprise."""
        query = "SELECT * FROM installations WHERE team_id = ?"
        rows = self._database.read(lambda database: list(database.query(query, [team_id])))
        return self._installation(rows[0]) if rows else None

    def save(self, installation: Installation) -> None:
        """Keep an installation in place of an older one."""
        row = self._row(installation)
        known = "SELECT 1 FROM installations WHERE team_id = ? AND installed_at = ?"

        def save(database: Connection) -> None:
            if not list(database.query(known, [row["team_id"], row["installed_at"]])):
                note(
                    database,
                    Deed.INSTALLED,
                    at=installation.installed_at,
                    team_id=installation.team_id,
                    user_id=installation.installed_by,
                )
            upsert(database, "installations", row, key=("team_id",))

        self._database.write(save)

    def renew(self, old: Installation, new: Installation) -> bool:
        """Keep a renewed token if the old one is still there; False if somebody else was faster."""
        row = self._row(new) | {"was": plainly(old.expires_at)}
        renew = (
            "UPDATE installations SET bot_token = :bot_token, refresh_token = :refresh_token, "
            "expires_at = :expires_at, died_at = NULL "
            "WHERE team_id = :team_id AND expires_at IS NOT DISTINCT FROM :was"
        )
        return self._database.write(lambda database: database.execute(renew, row).rowcount == 1)

    def forget(self, team_id: str) -> None:
        """Forget an installation; fine if there is none."""
        at = self._clock()

        def forget(database: Connection) -> None:
            if database.execute("DELETE FROM installations WHERE team_id = ?", [team_id]).rowcount:
                note(database, Deed.REMOVED, at=at, team_id=team_id)

        self._database.write(forget)

    def _row(self, installation: Installation) -> dict[str, Any]:
        team_id, refresh_token = installation.team_id, installation.refresh_token
        return {
            "team_id": team_id,
            "team_name": installation.team_name,
            "bot_token": self._vault.seal(installation.bot_token, *_place("bot_token", team_id)),
            "bot_user_id": installation.bot_user_id,
            "installed_by": installation.installed_by,
            "installed_at": as_text(installation.installed_at),
            "scopes": json.dumps(installation.scopes),
            "is_org_wide": int(installation.is_org_wide),
            "refresh_token": self._vault.seal(refresh_token, *_place("refresh_token", team_id))
            if refresh_token
            else None,
            "expires_at": plainly(installation.expires_at),
            "died_at": plainly(installation.died_at),
        }

    def _installation(self, row: Mapping[str, Any]) -> Installation:
        team_id, refresh_token = row["team_id"], row["refresh_token"]
        return Installation(
            team_id=team_id,
            team_name=row["team_name"],
            bot_token=self._vault.open(row["bot_token"], *_place("bot_token", team_id)),
            bot_user_id=row["bot_user_id"],
            installed_by=row["installed_by"],
            installed_at=datetime.fromisoformat(row["installed_at"]),
            scopes=tuple(json.loads(row["scopes"])),
            is_org_wide=bool(row["is_org_wide"]),
            refresh_token=refresh_token
            and self._vault.open(refresh_token, *_place("refresh_token", team_id)),
            expires_at=as_moment(row["expires_at"]),
            died_at=as_moment(row["died_at"]),
        )


def _place(column: str, team_id: str) -> tuple[str, ...]:
    return ("installations", column, team_id)
