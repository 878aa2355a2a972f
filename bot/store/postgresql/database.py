"""The PostgreSQL server: many connections read and write, and the server keeps them apart."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Final, TypeVar

from psycopg import Error, InterfaceError, IsolationLevel, OperationalError, errors
from psycopg_pool import ConnectionPool, PoolTimeout

from bot.errors import DatabaseProblem
from bot.store.port import Connection, Dialect
from bot.store.postgresql.connecting import Opened, Translating, Unreachable, connected, connection_settings
from bot.store.postgresql.living import DIALECT, ProofOfLife
from bot.store.postgresql.migrations import applied, migrate

_Value = TypeVar("_Value")

OLDEST_SERVER: Final = 130000
"""As `server_version` writes version 13 (https://www.postgresql.org/support/versioning)."""

CONNECTIONS: Final = 10
"""So many of one process at most, and one more for its proof of life. A server takes 100 unless told."""

POOL_SECONDS: Final = 10.0
"""How long a job waits for a connection."""

MOST_WAITING: Final = 10_000
"""So many jobs of the event loop wait at most; it takes a server that hangs, and a flood, to get there."""

TRIES: Final = 60
"""How often a worker tries to write before its work is given back, to be done again."""

BETWEEN_TRIES: Final = 0.5
"""In seconds."""

CONFLICTS: Final = 50
"""How often a write is carried out again, because another one came between, before it counts as failed."""

AFTER_A_CONFLICT: Final = 0.002
"""In seconds, and that much longer each time."""

NOT_LASTING: Final = "SET LOCAL synchronous_commit = off"
"""https://www.postgresql.org/docs/current/wal-async-commit.html"""

STATEMENT_TIMEOUT: Final = "SET statement_timeout = '60s'"

CLOSING_SECONDS: Final = 3.0
"""How long the last jobs may take: whoever stops the bot kills it after ten."""

_CONFLICT: Final = (errors.SerializationFailure, errors.DeadlockDetected, errors.UniqueViolation)
"""A key that is there already may be told of in a conflict's place; if it is none, it is told again.

https://www.postgresql.org/docs/current/mvcc-serialization-failure-handling.html
"""

_PASSES: Final = (OperationalError, InterfaceError)
"""The server, or the way to it, is to blame, and may let a later write pass."""

_BEAT: Final = "SELECT pg_logical_emit_message(true, 'transferbot', '')"
"""The least that has to be on disk before it is answered."""

log = logging.getLogger(__name__)


class PostgresqlDatabase:
    """A database that several bots may have open. Raises DatabaseProblem if it cannot be used.

    With an `owner` this process may claim work under that name; without, it stands beside those that do. The
    schema is brought up to date where a moment is given, and has to be there otherwise.
    """

    def __init__(self, url: str, *, migrated_at: datetime | None = None, owner: str | None = None) -> None:
        _prepare(url, migrated_at)
        self._life = ProofOfLife(url, owner) if owner else None
        self._waiting = threading.BoundedSemaphore(MOST_WAITING)
        self._threads = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="database")
        self._pool: ConnectionPool[Opened] = ConnectionPool(
            url,
            kwargs=connection_settings(),
            configure=_configured,
            check=ConnectionPool.check_connection,
            min_size=1,
            max_size=CONNECTIONS,
            timeout=POOL_SECONDS,
            name="transferbot",
            open=True,
        )
        if self._life:
            try:
                self._life.begin()
            except BaseException:
                self._pool.close()
                raise

    @property
    def dialect(self) -> Dialect:
        """What is particular about its SQL."""
        return DIALECT

    @property
    def alive(self) -> bool:
        """Whether writes are being carried out, and this process may take work."""
        return not self._pool.closed and (self._life is None or self._life.is_held)

    @property
    def lives(self) -> int:
        """How often this process has begun to prove that it lives: others free what it held in between."""
        return self._life.count if self._life else 0

    @property
    def is_shared(self) -> bool:
        """Whether others may be at work on it: here, always."""
        return True

    @property
    def build(self) -> dict[str, str]:
        """Which PostgreSQL it is, as when it was asked."""
        version = "SELECT current_setting('server_version') AS version"
        return {"postgresql": self.read(lambda reader: str(next(iter(reader.query(version)))["version"]))}

    def sizes(self) -> tuple[int, int]:
        """Give the size of the database in bytes, and 0: its journal is the server's."""
        size = "SELECT pg_database_size(current_database()) AS size"
        return self.read(lambda reader: int(next(iter(reader.query(size)))["size"])), 0

    def close(self) -> None:
        """Finish what is under way, and let go; whoever reads or writes after that is refused."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._pool.close(CLOSING_SECONDS)
        if self._life:
            self._life.end()

    def read(self, job: Callable[[Connection], _Value], *, brief: bool = False) -> _Value:
        """Read; every query sees what is committed by then."""
        del brief
        with self._pool.connection() as opened:
            return job(Translating(opened))

    async def read_soon(self, job: Callable[[Connection], _Value]) -> _Value:
        """Read in a thread, and give the event loop to others meanwhile."""
        return await self._soon(lambda: self.read(job))

    def write(
        self,
        job: Callable[[Connection], _Value],
        *,
        tries: int = TRIES,
        alone: bool = True,
        lasting: bool = True,
    ) -> _Value:
        """Write and wait until it is on disk, or with `lasting` off until it stands. Not for the event loop.

        While the server is away the writing thread waits and tries again: what is to be written happened
        already, and would be forgotten.
        """
        for _ in range(tries - 1):
            try:
                return self._write(job, alone=alone, lasting=lasting)
            except _PASSES as error:
                if self._pool.closed:
                    raise DatabaseProblem("The database is closed.", "Start the bot again.") from error
                log.warning("a write is tried again: %s", " ".join(str(error).split()))
            time.sleep(BETWEEN_TRIES)
        return self._write(job, alone=alone, lasting=lasting)

    async def write_soon(self, job: Callable[[Connection], _Value]) -> _Value:
        """Write, and give the event loop to others until it is on disk."""
        return await self._soon(lambda: self._write(job, alone=True, lasting=True))

    def beat(self, seconds: float) -> None:
        """Write as little as can be written, and wait until it is on disk; raises whatever prevents it.

        Raises TimeoutError if that takes longer than so many seconds.
        """
        if not self.alive:
            raise DatabaseProblem("Proof of life is lost, and no work is taken.", "It is sought anew.")
        try:
            with self._pool.connection(timeout=seconds) as opened, opened.transaction():
                opened.execute(f"SET LOCAL statement_timeout = {int(seconds * 1000)}".encode())
                opened.execute(_BEAT.encode())
        except (PoolTimeout, errors.QueryCanceled) as error:
            raise TimeoutError from error

    def _write(self, job: Callable[[Connection], _Value], *, alone: bool, lasting: bool) -> _Value:
        for conflicts in range(CONFLICTS):
            try:
                return self._carry_out(job, alone=alone, lasting=lasting)
            except _CONFLICT as error:
                if conflicts and isinstance(error, errors.UniqueViolation):
                    raise
            time.sleep(AFTER_A_CONFLICT * (conflicts + 1))
        return self._carry_out(job, alone=alone, lasting=lasting)

    def _carry_out(self, job: Callable[[Connection], _Value], *, alone: bool, lasting: bool) -> _Value:
        with self._pool.connection() as opened:
            if not alone:
                return job(Translating(opened))
            is_done = False
            try:
                with opened.transaction():
                    if not lasting:
                        opened.execute(NOT_LASTING)
                    value = job(Translating(opened))
                    is_done = True
            except _CONFLICT:
                raise
            except _PASSES as error:
                if is_done:  # again would be twice; whoever is to do it again looks first at what is there
                    raise DatabaseProblem(
                        "The database did not say whether it has kept something.", "Try again."
                    ) from error
                raise
            return value

    async def _soon(self, work: Callable[[], _Value]) -> _Value:
        if not self._waiting.acquire(blocking=False):
            raise DatabaseProblem("There is more to keep than can be written down.", "Try again in a minute.")
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting.release()


def _configured(opened: Opened) -> None:
    # What is written counts as if nobody else wrote meanwhile; what could not be so is carried out again.
    opened.isolation_level = IsolationLevel.SERIALIZABLE
    opened.execute(STATEMENT_TIMEOUT)


def _prepare(url: str, at: datetime | None) -> None:
    with connected(url) as opened:
        if opened.info.server_version < OLDEST_SERVER:
            raise DatabaseProblem("PostgreSQL is older than version 13.", "Update it, or use another server.")
        encoding = opened.info.parameter_status("server_encoding")
        if encoding != "UTF8":
            raise DatabaseProblem(
                f"The database is encoded as {encoding}.", "Make one with `createdb --encoding UTF8`."
            )
        if at is None:
            if not applied(opened):
                raise DatabaseProblem("No transferbot has used this database.", "Check DATABASE_URL.")
            return
        try:
            migrate(opened, at=at)
        except OperationalError as error:
            raise Unreachable(error) from error
        except Error as error:
            raise DatabaseProblem(
                f"The database cannot be brought up to date: {' '.join(str(error).split()).rstrip('.')}.",
                "Let its user own the database, or make it another one.",
            ) from error
