"""Worker threads: they take what is due from its queue, and take it as far as it goes."""

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Generic, Protocol, TypeVar

_Item = TypeVar("_Item")

POLL_SECONDS: Final = 0.5
"""How late a due moment may be noticed; a look costs one indexed read. New work wakes the workers at once."""

AFTER_A_CRASH: Final = timedelta(seconds=30)
"""When to try again what ended in an error nobody foresaw: soon, but not in a circle."""

log = logging.getLogger(__name__)


class Queue(Protocol[_Item]):
    """Work that is kept on disk until it is done."""

    def claim(self, *, limit: int) -> Sequence[_Item]:
        """Give up to `limit` items that are due and that nobody else holds, and hold them."""
        ...

    def release(self, item: _Item) -> None:
        """Let go of an item; whatever was committed for it stands."""
        ...

    def postpone(self, item: _Item, *, until: datetime) -> None:
        """Let go of an item whose work ended in an unforeseen error, and make it due again later."""
        ...


@dataclass(frozen=True, slots=True)
class Line(Generic[_Item]):
    """A queue, and what is done with each of its items."""

    name: str
    queue: Queue[_Item]
    work: Callable[[_Item], None]


class Workers:
    """One thread that claims and several that work. Nothing here is lost when the process dies."""

    def __init__(
        self, lines: Sequence[Line[Any]], *, clock: Callable[[], datetime], threads: int = 8
    ) -> None:
        self._lines = tuple(lines)
        self._clock = clock
        self._free = threading.Semaphore(threads)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="worker")
        self._claiming = threading.Thread(target=self._claim_until_stopped, name="claiming", daemon=True)
        self._woken = threading.Event()
        self._stopped = threading.Event()

    @property
    def alive(self) -> bool:
        """Whether work is being claimed."""
        return self._claiming.is_alive()

    def start(self) -> None:
        """Begin to claim work."""
        self._claiming.start()

    def wake(self) -> None:
        """Look for work now; cheap, and callable from any thread."""
        self._woken.set()

    def stop(self) -> None:
        """Claim nothing more, and wait for the work in hand; its calls have time limits of their own."""
        self._stopped.set()
        self._woken.set()
        self._claiming.join()
        self._pool.shutdown(wait=True)

    def _claim_until_stopped(self) -> None:
        while not self._stopped.is_set():
            self._woken.clear()
            found = False
            for line in self._lines:
                try:
                    found = self._claim_one(line) or found
                except Exception:
                    log.exception("claiming from a queue failed", extra={"queue": line.name})
            if not found:
                self._woken.wait(POLL_SECONDS)

    def _claim_one(self, line: Line[_Item]) -> bool:
        if not self._free.acquire(timeout=POLL_SECONDS):
            return False
        items: Sequence[_Item] = ()
        try:
            items = line.queue.claim(limit=1)
        finally:
            if not items:
                self._free.release()
        for item in items:
            self._pool.submit(self._work, line, item)
        return bool(items)

    def _work(self, line: Line[_Item], item: _Item) -> None:
        try:
            line.work(item)
        except Exception:
            log.exception("work ended in an unforeseen error; it is tried again", extra={"queue": line.name})
            self._let_go(lambda: line.queue.postpone(item, until=self._clock() + AFTER_A_CRASH))
        else:
            self._let_go(lambda: line.queue.release(item))
        finally:
            self._free.release()
            self._woken.set()

    @staticmethod
    def _let_go(let_go: Callable[[], None]) -> None:
        try:
            let_go()
        except Exception:
            log.exception("an item could not be let go; it is claimed again when its lease ends")
