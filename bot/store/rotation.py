"""Key rotation: every sealed value is sealed anew with the first key, while the bot runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlite_utils import Database as SqliteUtils

from bot.store.database import connected, in_one_step
from bot.store.vault import Vault

SEALED: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "tokens": (("team_id", "user_id", "resource_server"), ("access_token", "refresh_token")),
    "sign_ins": (("sign_in_id",), ("verifier", "code")),
    "partings": (("parting_id",), ("tokens",)),
    "installations": (("team_id",), ("bot_token", "refresh_token")),
}
"""Each table with its key columns and its sealed columns; a value's place is table, column and key."""

GROUP: Final = 200
"""Rows a transaction: short enough that nobody who is served meanwhile notices."""


@dataclass(frozen=True, slots=True)
class Rotated:
    """How many values were sealed anew, and how many already were sealed with the first key."""

    resealed: int
    current: int


def rotate(path: Path, vault: Vault) -> Rotated:
    """Seal everything with the first key; raises DatabaseProblem if a value cannot be opened.

    A value that the running bot replaces meanwhile is sealed with its own first key, and left alone.
    """
    resealed = current = 0
    with connected(path) as database:
        for table, (keys, columns) in SEALED.items():
            rows = list(database.query(f"SELECT {', '.join(keys + columns)} FROM {table}"))
            for start in range(0, len(rows), GROUP):
                with in_one_step(database):
                    for row in rows[start : start + GROUP]:
                        done = [_reseal(database, vault, table, keys, column, row) for column in columns]
                        resealed += done.count(True)
                        current += done.count(False)
    return Rotated(resealed, current)


def _reseal(
    database: SqliteUtils,
    vault: Vault,
    table: str,
    keys: Sequence[str],
    column: str,
    row: Mapping[str, Any],
) -> bool | None:
    """Say whether a value was sealed anew; None if there is none."""
    sealed = row[column]
    if sealed is None:
        return None
    if vault.is_current(sealed):
        return False
    key = [row[name] for name in keys]
    anew = vault.seal(vault.open(sealed, table, column, *key), table, column, *key)
    here = " AND ".join(f"{name} = ?" for name in keys)
    changed = database.execute(
        f"UPDATE {table} SET {column} = ? WHERE {here} AND {column} = ?", [anew, *key, sealed]
    )
    return changed.rowcount == 1
