"""Writes to a SQLite file, carried out in groups: one transaction and one flush for all who wait."""

import logging
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from bot.errors import DatabaseProblem
from bot.store.connecting import Lean, connect_lean, in_one_step, journal
from bot.store.returning import Outcome, Waiting, tell

_Value = TypeVar("_Value")

GROUP: Final = 64
"""How many writes share one flush to disk at most: beyond it the gain is small and the wait grows."""

CLOSING_SECONDS: Final = 3.0
"""How long the last writes may take: whoever stops the bot kills it after ten."""

MOST_WAITING: Final = 10_000
"""So many writes wait at most, of about 2 kB each; it takes a disk that hangs, and a flood, to get there."""

PATIENCE: Final = 0.5
"""How long, in seconds, somebody waits for the turn before looking whether the wait is over otherwise."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Write:
    job: Callable[[Lean], Any]
    done: Waiting
    lasting: bool


class Writer:
    """Whoever writes and finds nobody at it carries out all that waits; a thread does so for the event loop.

    A write that is not `lasting` stands for all to see and survives a crash of the process, but is flushed to
    disk only with the next lasting one: a power cut may take it back, and whatever was written after it.
    """

    def __init__(self, path: Path) -> None:
        self._database = connect_lean(path)
        # With a rollback journal instead of the WAL, an unflushed commit could damage the file.
        self._may_relax = journal() == "WAL"
        self._is_relaxed = False
        self._waiting: deque[_Write] = deque()
        self._turn = threading.Lock()
        self._wanted = threading.Event()
        self._is_closing = self._is_closed = False
        self._thread = threading.Thread(target=self._write_until_closed, name="writer", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether writes are being carried out."""
        return self._thread.is_alive()

    def carry_out(self, job: Callable[[Lean], _Value], *, lasting: bool) -> _Value:
        """Write in the calling thread, with whatever else waits. Raises what the job raises."""
        lasting = lasting or not self._may_relax
        if not self._waiting and self._turn.acquire(blocking=False):
            try:
                return self._carry_out_alone(job, lasting=lasting)
            finally:
                self._turn.release()
        done: Future[_Value] = Future()
        self._enter(_Write(job, done, lasting))
        while not done.done():
            # Whoever has the turn may hang in the disk for ever, and this write be refused meanwhile.
            if not self._turn.acquire(timeout=PATIENCE):
                continue
            try:
                if not done.done():
                    self._commit_some()
            finally:
                self._turn.release()
        return done.result()

    def begin(self, job: Callable[[Lean], Any], done: Waiting) -> None:
        """Let the thread write, and tell whoever waits what came of it."""
        self._enter(_Write(job, done, lasting=True))
        if not self._wanted.is_set():
            self._wanted.set()
        if self._is_closing and not self.alive:
            self._refuse_what_is_left()

    def lend(self, job: Callable[[Lean], _Value], otherwise: Callable[[], Lean]) -> _Value:
        """Read with the writer's connection, or with another one, at once, while somebody has the turn."""
        if not self._turn.acquire(blocking=False):
            return job(otherwise())
        try:
            return job(otherwise() if self._is_closed else self._database)
        finally:
            self._turn.release()

    def close(self) -> None:
        """Finish the writes under way; whoever writes after that is refused."""
        self._is_closing = True
        self._wanted.set()
        self._thread.join(CLOSING_SECONDS)
        if self.alive:
            log.error(
                "the disk does not take the last writes; what they were about goes on after the next start"
            )
        self._refuse_what_is_left()

    def _enter(self, write: _Write) -> None:
        if len(self._waiting) >= MOST_WAITING:
            raise DatabaseProblem("There is more to keep than can be written down.", "Try again in a minute.")
        self._waiting.append(write)

    def _write_until_closed(self) -> None:
        while not self._is_closing:
            self._wanted.wait()
            self._wanted.clear()
            while self._waiting:
                # For each group anew, so that those who write for themselves get their turn between two.
                with self._turn:
                    self._commit_some()
        with self._turn:
            while self._waiting:
                self._commit_some()
            self._is_closed = True
            self._database.close()

    def _carry_out_alone(self, job: Callable[[Lean], _Value], *, lasting: bool) -> _Value:
        """Write what nobody else waits for. Only for whoever has the turn."""
        if self._is_closed:
            raise _closed()
        self._relax(not lasting)
        with in_one_step(self._database):
            return job(self._database)

    def _commit_some(self) -> None:
        """Carry out the oldest writes that wait. Only for whoever has the turn."""
        if self._is_closed:
            self._refuse_what_is_left()
            return
        group = [self._waiting.popleft() for _ in range(min(GROUP, len(self._waiting)))]
        if group:
            self._relax(not any(write.lasting for write in group))
            _commit(self._database, group)

    def _relax(self, is_relaxed: bool) -> None:  # noqa: FBT001 - a state, not a choice of what is done
        if is_relaxed is not self._is_relaxed:
            self._database.execute(f"PRAGMA synchronous = {'NORMAL' if is_relaxed else 'FULL'}")
            self._is_relaxed = is_relaxed

    def _refuse_what_is_left(self) -> None:
        """Tell those whose writes came too late; a thread that waited for one would wait for ever."""
        while self._waiting:
            try:
                left = self._waiting.popleft()
            except IndexError:
                return
            tell([Outcome(left.done, failure=_closed())])


def _closed() -> DatabaseProblem:
    return DatabaseProblem("The database is closed.", "Start the bot again.")


def _commit(database: Lean, group: list[_Write]) -> None:
    """Carry out a group in one transaction; nobody is told before it is on disk."""
    try:
        with in_one_step(database):
            outcomes = [_carry_out(database, write) for write in group]
    except Exception as error:
        log.exception("a group of writes could not be committed")
        outcomes = [Outcome(write.done, failure=error) for write in group]
    tell(outcomes)


def _carry_out(database: Lean, write: _Write) -> Outcome:
    """Carry out one write in a savepoint of its own, so that its failure does not undo its neighbours."""
    database.execute("SAVEPOINT one")
    try:
        value = write.job(database)
    except Exception as error:
        if not database.conn.in_transaction:
            raise  # a full disk undoes the whole group, and what follows must not be committed without it
        database.execute("ROLLBACK TO one")
        database.execute("RELEASE one")
        return Outcome(write.done, failure=error)
    database.execute("RELEASE one")
    return Outcome(write.done, value)
