"""The database and its keys, looked over beside the bot that may be running on them. Nothing is changed."""

import os
import shutil
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

from sqlite_utils import Database as SqliteUtils

from bot.examining import Finding, ok, problem, warning
from bot.store.connecting import connected, sqlite3, wal_is_safe
from bot.store.migrations import known_steps, schema
from bot.store.port import Connection
from bot.store.rotation import SEALED
from bot.store.vault import Vault, key_file, keys_beside, read_keys

LITTLE_SPACE: Final = 200 * 1024**2
NO_SPACE: Final = 20 * 1024**2
"""In bytes: a busy lab's database grows by some megabytes a year, and its journal needs as much again."""


def keys(path: Path, given: str | None) -> Iterator[Finding]:
    """Say whether the sealing keys can be read, and open everything in the database."""
    file = key_file(path)
    if not given and not file.exists() and not path.exists():
        yield ok(f"Keys: none yet; the first start makes {file}")
        return
    vault = Vault(read_keys(given) if given else keys_beside(path))
    where = "TRANSFERBOT_KEYS" if given else str(file)
    if not given and file.stat().st_mode & 0o077:
        yield problem(f"Keys: {file} can be read by others", f"Run `chmod 600 {file}`.")
    if not path.exists():
        yield ok(f"Keys: {where} can be read")
        return
    with connected(path) as database:
        database.execute("PRAGMA query_only = ON")
        opened = open_everything(database, vault, tables=database.table_names())
    yield ok(f"Keys: {where} opens all {opened} sealed values")


def open_everything(database: Connection, vault: Vault, *, tables: Collection[str] = SEALED) -> int:
    """Open every sealed value; gives how many. Raises DatabaseProblem at the first that does not open.

    An older schema has not all the `tables`.
    """
    opened = 0
    for table, (names, columns) in SEALED.items():
        if table not in tables:
            continue
        for row in database.query(f"SELECT {', '.join(names + columns)} FROM {table}"):
            place = [row[name] for name in names]
            for column in columns:
                if row[column] is not None:
                    vault.open(row[column], table, column, *place)
                    opened += 1
    return opened


def database(path: Path) -> Iterator[Finding]:
    """Say whether the database is whole, of this version, and can be written."""
    folder = path.absolute().parent
    if not path.exists():
        if _writable(folder):
            yield ok(f"Database: none yet; the first start makes {path}")
        else:
            yield problem(f"Database: nothing can be made in {folder}", "Set another DATABASE_URL.")
        return
    if not (os.access(path, os.W_OK) and _writable(folder)):
        yield problem(f"Database: {path} cannot be written", "Give its file and folder to the bot's user.")
    try:
        with connected(path) as opened:
            opened.execute("PRAGMA query_only = ON")
            yield from _whole(opened, path)
    except sqlite3.DatabaseError as error:
        yield problem(f"Database: {path} cannot be read: {error}", "Restore a backup: `transferbot restore`.")


def _whole(opened: SqliteUtils, path: Path) -> Iterator[Finding]:
    verdict = opened.execute("PRAGMA quick_check(1)").fetchone()[0]
    if verdict != "ok":
        yield problem(f"Database: {path} is damaged: {verdict}", "Restore a backup: `transferbot restore`.")
        return
    known = known_steps()
    applied = {step.name for step in schema.applied(opened)}
    if applied - known:
        yield problem("Database: written by a newer transferbot", "Update transferbot, or restore a backup.")
    elif known - applied:
        yield ok(f"Database: {path} is whole; the next start brings its schema up to date")
    else:
        yield ok(f"Database: {path} is whole, its schema is {max(applied)}")


def space(path: Path) -> Iterator[Finding]:
    """Say whether the disk has room."""
    folder = path.absolute().parent
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    said = f"Disk: {free / 1024**3:.1f} GiB free for {folder}"
    if free < NO_SPACE:
        yield problem(said, "Make room: nothing can be kept without it.")
    elif free < LITTLE_SPACE:
        yield warning(said, "Make room soon.")
    else:
        yield ok(said)


def sqlite() -> Iterator[Finding]:
    """Say whether this SQLite has the bug that loses commits (https://sqlite.org/wal.html#walresetbug)."""
    version = sqlite3.sqlite_version
    if wal_is_safe(sqlite3.sqlite_version_info):
        yield ok(f"SQLite: {version}, with a write-ahead log")
    else:
        yield warning(
            f"SQLite: {version} has the WAL-reset bug; the slower rollback journal is used",
            "Install `pysqlite3` 0.6.1 or newer, or a Python with SQLite 3.51.3 or newer.",
        )


def _writable(folder: Path) -> bool:
    while not folder.exists():
        folder = folder.parent
    return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)
