"""What is sealed where: checked at the start, and sealed anew with the first key while the bot runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from bot.errors import DatabaseProblem
from bot.store.port import Connection, Database
from bot.store.vault import KEY_NAME_BYTES, VERSION, Vault

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


def check_keys(database: Connection, vault: Vault) -> None:
    """See that every key is listed that anything is sealed with; raises DatabaseProblem.

    Without this a bot with a wrong key would start, and people would link again over tokens that are good.
    """
    start, length = len(VERSION) + 1, KEY_NAME_BYTES
    for table, (_, columns) in SEALED.items():
        for column in columns:
            named = (
                f"SELECT DISTINCT substr({column}, {start}, {length}) AS name FROM {table} "
                f"WHERE {column} IS NOT NULL"
            )
            if not all(vault.knows(bytes(row["name"])) for row in database.query(named)):
                raise DatabaseProblem(
                    f"Secrets in {table} were sealed with a key that is not listed.",
                    "Put the key that was used before behind the new one in TRANSFERBOT_KEYS.",
                )


def rotate(database: Database, vault: Vault) -> Rotated:
    """Seal everything with the first key; raises DatabaseProblem if a value cannot be opened.

    A value that the running bot replaces meanwhile is sealed with its own first key, and left alone.
    """
    resealed = current = 0
    for table, (keys, columns) in SEALED.items():
        rows = database.read(partial(_all_of, f"SELECT {', '.join(keys + columns)} FROM {table}"))
        for start in range(0, len(rows), GROUP):
            done = database.write(partial(_reseal_all, vault, table, rows[start : start + GROUP]))
            resealed += done.count(True)
            current += done.count(False)
    return Rotated(resealed, current)


def _all_of(query: str, database: Connection) -> list[dict[str, Any]]:
    return list(database.query(query))


def _reseal_all(
    vault: Vault, table: str, rows: Sequence[Mapping[str, Any]], database: Connection
) -> list[bool | None]:
    keys, columns = SEALED[table]
    return [_reseal(database, vault, table, keys, column, row) for row in rows for column in columns]


def _reseal(
    database: Connection,
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
