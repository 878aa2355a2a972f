"""The SQLite file: one writes at a time, and commits for all who wait; every thread reads for itself."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Final, TypeVar

from filelock import FileLock, Timeout
from sqlite_utils import Database as SqliteUtils

from bot.errors import DatabaseProblem
from bot.store.connecting import Lean, connect, connect_lean, journal, sqlite3
from bot.store.migrations import known_steps, schema
from bot.store.port import Dialect
from bot.store.returning import Reads
from bot.store.writing import Writer

_Value = TypeVar("_Value")

TRIES: Final = 60
"""How often a worker tries to write before its work is given back, to be done again."""

BETWEEN_TRIES: Final = 0.5
"""In seconds."""

DIALECT: Final = Dialect(skipping_held="", life="({owner} = :owner)")
"""Nobody else is there, so whoever is not the asker is dead."""

log = logging.getLogger(__name__)


class SqliteDatabase:
    """A SQLite file that this process alone has open. Raises DatabaseProblem if it cannot have that."""

    def __init__(self, path: Path) -> None:
        self.path = path
        # One bot for one file: two would share the work without leases that outlive a process.
        self._only_one = FileLock(path.with_name(path.name + ".lock"), mode=0o600)
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._only_one.acquire(timeout=0)
        except Timeout as error:
            raise DatabaseProblem(
                f"Another transferbot is using the database {path}.", "Stop it, or set another DATABASE_URL."
            ) from error
        except OSError as error:
            raise _not_writable(path, error) from error
        self._readers = threading.local()
        self._reads = Reads(self.read)
        try:
            _prepare(path)
            self._writer = Writer(path)
        except OSError as error:
            self._only_one.release()
            raise _not_writable(path, error) from error
        except sqlite3.DatabaseError as error:
            self._only_one.release()
            if "readonly" in str(error):
                raise _not_writable(path, error) from error
            raise DatabaseProblem(
                f"{path} is not a database, or cannot be used: {error}.",
                "Move it away, or set another DATABASE_URL.",
            ) from error
        except BaseException:
            self._only_one.release()
            raise

    def close(self) -> None:
        """Finish the writes under way and let go of the file; whoever writes after that is refused."""
        self._writer.close()
        self._only_one.release()

    @property
    def dialect(self) -> Dialect:
        """What is particular about its SQL."""
        return DIALECT

    @property
    def lives(self) -> int:
        """How often this process has begun to prove that it lives: its lock is never lost."""
        return 1

    @property
    def is_shared(self) -> bool:
        """Whether others may be at work on it: there is a lock against that."""
        return False

    @property
    def build(self) -> dict[str, str]:
        """Which SQLite it is."""
        return {"sqlite": sqlite3.sqlite_version}

    def sizes(self) -> tuple[int, int]:
        """Give the size of the file and of its journal, in bytes."""
        return _size(self.path), _size(self.path.with_name(self.path.name + "-wal"))

    @property
    def alive(self) -> bool:
        """Whether writes are being carried out."""
        return self._writer.alive

    def read(self, job: Callable[[Lean], _Value], *, brief: bool = False) -> _Value:
        """Read with a connection of the calling thread's own; what is `brief` with the writer's, if it rests.

        Each write lets all other connections read anew what they had read before.
        """
        return self._writer.lend(job, self._reader) if brief else job(self._reader())

    def _reader(self) -> Lean:
        reader: Lean | None = getattr(self._readers, "database", None)
        if reader is None:
            reader = connect_lean(self.path)
            reader.execute("PRAGMA query_only = ON")
            # Only the writer may checkpoint: a checkpoint that races a commit is how old SQLites lose data.
            reader.execute("PRAGMA wal_autocheckpoint = 0")
            self._readers.database = reader
        return reader

    async def read_soon(self, job: Callable[[Lean], _Value]) -> _Value:
        """Read in a thread, and give the event loop to others meanwhile."""
        return await self._reads.begin(job)

    def write(
        self,
        job: Callable[[Lean], _Value],
        *,
        tries: int = TRIES,
        alone: bool = True,
        lasting: bool = True,
    ) -> _Value:
        """Write and wait until it is on disk, or with `lasting` off until it stands. Not for the event loop.

        While the disk is full, or another process holds the file, the writing thread waits and tries again:
        what is to be written happened already, and would be forgotten.
        """
        del alone  # every write is
        for _ in range(tries - 1):
            try:
                return self._writer.carry_out(job, lasting=lasting)
            except sqlite3.OperationalError as error:
                if not _passes(error):
                    raise
            time.sleep(BETWEEN_TRIES)
        return self._writer.carry_out(job, lasting=lasting)

    async def write_soon(self, job: Callable[[Lean], _Value]) -> _Value:
        """Write, and give the event loop to others until it is on disk."""
        done: asyncio.Future[_Value] = asyncio.get_running_loop().create_future()
        self._writer.begin(job, done)
        return await done

    def beat(self, seconds: float) -> None:
        """Write as little as can be written, and wait until it is on disk; raises whatever prevents it.

        Raises TimeoutError if that takes longer than so many seconds.
        """
        done: Future[object] = Future()
        self._writer.begin(lambda database: database.execute("PRAGMA user_version = 0"), done)
        done.result(seconds)


def _passes(error: Exception) -> bool:
    """Say whether the disk or another process is to blame, and may let a later write pass.

    https://sqlite.org/rescode.html
    """
    code = getattr(error, "sqlite_errorcode", None)
    if code is not None:
        return (code & 0xFF) in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}
    return any(said in str(error) for said in ("disk I/O error", "disk is full", "database is locked"))


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0


def newest_step() -> str:
    """Give the name of the last step of the schema that this version knows."""
    return max(known_steps())


def _prepare(path: Path) -> None:
    path.touch(mode=0o600)
    database = connect(path)
    try:
        _check_age(database, path)
        database.execute(f"PRAGMA journal_mode = {journal()}")
        schema.apply(database)
        # Opening does not show whether it can be written to, and this does.
        database.conn.execute("BEGIN IMMEDIATE")
        database.conn.execute("PRAGMA user_version = 1")
        database.conn.execute("ROLLBACK")
    finally:
        database.close()


def _not_writable(path: Path, error: Exception) -> DatabaseProblem:
    return DatabaseProblem(
        f"{path} cannot be written to: {error}.",
        "Let the user that runs the bot write to the file and to its folder, or set another DATABASE_URL.",
    )


def _check_age(database: SqliteUtils, path: Path) -> None:
    applied = {migration.name for migration in schema.applied(database)}
    if not applied <= known_steps():
        raise DatabaseProblem(
            f"The database {path} was written by a newer transferbot.",
            "Update transferbot, or restore a backup.",
        )
