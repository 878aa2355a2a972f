"""Backups put to the test, and put back. What was there before is kept aside."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout
from sqlite_utils import Database as SqliteUtils

from bot.errors import DatabaseProblem
from bot.store.connecting import Opened, sqlite3
from bot.store.examining import open_everything
from bot.store.migrations import known_steps, schema
from bot.store.vault import Vault

_BELONGS: Final = ("", "-wal", "-shm", "-journal")
"""The endings of the files that make up a database; a journal left beside another would be applied to it."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What a backup holds: its schema's last step, rows by table, and how many sealed values open."""

    schema: str
    rows: Mapping[str, int]
    opened: int


def verify(file: Path, vault: Vault) -> Verified:
    """Read all of a backup, and open every secret in it; raises DatabaseProblem. Nothing is changed."""
    try:
        with _read_only(file) as database:
            [(verdict,), *_] = database.execute("PRAGMA integrity_check").fetchall()
            if verdict != "ok":
                raise DatabaseProblem(f"{file} is damaged: {verdict}.", "Take another backup.")
            return Verified(
                schema=_schema_of(database, file),
                rows={
                    name: database.table(name).count
                    for name in sorted(database.table_names())
                    if not name.startswith(("sqlite_", "_sqlite_"))
                },
                opened=open_everything(database, vault, tables=database.table_names()),
            )
    except sqlite3.DatabaseError as error:
        raise DatabaseProblem(f"{file} is no backup: {error}.", "Take another one.") from error


def restore(file: Path, to: Path, vault: Vault, *, at: datetime) -> tuple[Verified, Path | None]:
    """Verify a backup, and put it in the database's place while no bot runs.

    Gives what it holds, and where what was there before is kept, if anything was. Raises DatabaseProblem, and
    then all is as it was.
    """
    verified = verify(file, vault)
    to.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with alone(to):
        half = to.with_name(f".{to.name}.part")
        try:
            _copy(file, half)
            aside = _put_aside(to, at)
            try:
                half.replace(to)
            except OSError:
                if aside:
                    _rename(aside, to)
                raise
        except (OSError, sqlite3.Error) as error:
            raise DatabaseProblem(f"{to} could not be written: {error}.", "Check the disk.") from error
        finally:
            half.unlink(missing_ok=True)
    return verified, aside


@contextmanager
def _read_only(file: Path) -> Iterator[Opened]:
    if not file.is_file():
        raise DatabaseProblem(f"There is no backup {file}.", "Check its name.")
    journal = file.with_name(file.name + "-wal")
    if journal.exists() and journal.stat().st_size:
        raise DatabaseProblem(
            f"{file} is not whole without {journal.name}.", "Make backups with `transferbot backup`."
        )
    # Immutable: no journal is made beside a file that may lie on a read-only disk.
    connection = sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
    database = Opened(connection)
    try:
        yield database
    finally:
        database.close()


def _schema_of(database: SqliteUtils, file: Path) -> str:
    applied = {step.name for step in schema.applied(database)}
    if not applied:
        raise DatabaseProblem(f"{file} is a database, and not transferbot's.", "Take another file.")
    if applied - known_steps():
        raise DatabaseProblem(f"{file} was written by a newer transferbot.", "Update transferbot.")
    return max(applied)


@contextmanager
def alone(to: Path) -> Iterator[None]:
    """Keep bots off a database meanwhile; raises DatabaseProblem while one is using it."""
    lock = FileLock(to.with_name(to.name + ".lock"), mode=0o600)
    try:
        with lock.acquire(timeout=0):
            yield
    except Timeout as error:
        raise DatabaseProblem(f"A transferbot is using {to}.", "Stop it first.") from error


def _copy(file: Path, half: Path) -> None:
    half.unlink(missing_ok=True)
    half.touch(mode=0o600)
    with _read_only(file) as source:
        copy = sqlite3.connect(half)
        try:
            copy.execute("PRAGMA synchronous = FULL")
            source.conn.backup(copy)
        finally:
            copy.close()


def _put_aside(to: Path, at: datetime) -> Path | None:
    """Move a database away, with its journals; gives its new name, which nothing had before."""
    if not to.exists():
        return None
    aside = to.with_name(f"{to.name}.before-{at:%Y%m%dT%H%M%S.%fZ}")
    _rename(to, aside)
    return aside


def _rename(file: Path, to: Path) -> None:
    for ending in _BELONGS:
        with suppress(FileNotFoundError):
            file.with_name(file.name + ending).rename(to.with_name(to.name + ending))
