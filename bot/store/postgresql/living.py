"""Proof of life: a lock that a process holds while it lives, so that others know whose work is free.

The server lets go of an advisory lock of a session when the session ends
(https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS), which it does at once when a
process is killed, since its connection is closed then.
"""

import logging
import threading
from contextlib import suppress
from typing import Final

from psycopg import Error

from bot.errors import DatabaseProblem
from bot.store.port import Dialect
from bot.store.postgresql.connecting import Opened, connected

NAMESPACE: Final = 0x7472616E
"""The first key of all the bot's locks."""

MIGRATING: Final = 1
"""The second key of the lock under which the schema is changed; all others are owners' names, hashed.

Two names in some billions are hashed alike; the work of a dead one would wait until the other ends.
"""

LOOK_SECONDS: Final = 1.0
"""How often the connection is looked at, and tried anew when it is lost."""

FIRST_SECONDS: Final = 30.0
"""How long a start waits for its lock; it is free, since every start has a new name."""

DIALECT: Final = Dialect(
    skipping_held="FOR UPDATE SKIP LOCKED",
    life=(
        f"EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND classid = {NAMESPACE} "
        "AND objid::bigint = (hashtext({owner})::bigint & 4294967295) AND objsubid = 2 AND granted "
        "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))"
    ),
)

HELD: Final = (
    f"SELECT count(*) AS held FROM pg_locks WHERE locktype = 'advisory' AND classid = {NAMESPACE} "
    "AND objsubid = 2 AND granted "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)
"""How many processes live."""

_HOLD: Final = "SELECT pg_try_advisory_lock(%s, hashtext(%s)) AS held"

# On the server's side: a machine that is gone without a word is noticed within half a minute.
_KEEP_ALIVE: Final = (
    "SET tcp_keepalives_idle = 10",
    "SET tcp_keepalives_interval = 5",
    "SET tcp_keepalives_count = 3",
)

log = logging.getLogger(__name__)


class ProofOfLife:
    """Holds the lock of one owner on a connection of its own, from `begin` to `end`.

    While the lock is lost this process gets no work, which is decided where the work is claimed; what it
    has in hand may be others' by then, and what it writes about that is refused.
    """

    def __init__(self, url: str, owner: str) -> None:
        self._url = url
        self._owner = owner
        self._held = threading.Event()
        self.count = 0
        """How often the lock was taken."""
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._live, name="life", daemon=True)

    @property
    def is_held(self) -> bool:
        """Whether this process may take work, as far as it knows."""
        return self._held.is_set()

    def begin(self) -> None:
        """Take the lock; raises DatabaseProblem if that is not possible."""
        self._thread.start()
        if not self._held.wait(FIRST_SECONDS):
            self.end()
            raise DatabaseProblem(
                "The database gives no lock.", "Look at its log; a pooler may be in between."
            )

    def end(self) -> None:
        """Let go: whatever this process still holds is free."""
        self._ended.set()
        self._thread.join(LOOK_SECONDS * 5)

    def _live(self) -> None:
        while not self._ended.is_set():
            try:
                opened = connected(self._url)
            except DatabaseProblem as problem:
                log.warning("proof of life is lost, and no work is taken: %s", problem)
            else:
                with suppress(Error):
                    self._hold(opened)
                self._held.clear()
                opened.close()
            self._ended.wait(LOOK_SECONDS)

    def _hold(self, opened: Opened) -> None:
        """Hold the lock until the end; raises psycopg's Error when the connection is lost."""
        for setting in _KEEP_ALIVE:
            opened.execute(setting.encode())
        while not self._ended.is_set():
            if not self._held.is_set():
                # After a lost connection the server may take a while to see that the old one is gone.
                row = opened.execute(_HOLD, [NAMESPACE, self._owner]).fetchone()
                if row and row["held"]:
                    self.count += 1
                    self._held.set()
            else:
                opened.execute("SELECT 1")
            self._ended.wait(LOOK_SECONDS)
