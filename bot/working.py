"""Worker threads: they take what is due from its queue, and take it as far as it goes."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Generic, Protocol, TypeVar

from bot.tracing import about

_Item = TypeVar("_Item")

POLL_SECONDS: Final = 0.5
"""How late a due moment may be noticed; a look costs one indexed read. New work wakes the workers at once."""

AFTER_A_CRASH: Final = timedelta(seconds=30)
"""When to try again what ended in an error nobody foresaw: soon, but not in a circle."""

COURTESY_SECONDS: Final = 0.25
"""How long work waits for answers to go first: under a load that never ends it goes on, if slowly."""

BETWEEN_LOOKS: Final = 0.005
"""Between two looks whether answers are under way, in seconds; each takes microseconds."""

BETWEEN_TRIES: Final = 2.0
"""Between two tries to let go of an item, in seconds, while the disk is full."""

AFTER_A_DEATH: Final = 2.0
"""How late it may be noticed that another process is dead, in seconds."""

SET_BACK: Final = timedelta(seconds=5)
"""Clocks are corrected by moments all the time; only more than this leaves work waiting."""

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

    def recover(self) -> None:
        """Let go of whatever a process held that is no more."""
        ...


@dataclass(frozen=True, slots=True)
class Line(Generic[_Item]):
    """A queue, and what is done with each of its items.

    `lets_go` says that the work itself lets go of its item, in the write that ends it: one write less for
    what happens often. `together` does the work of several at once, up to `most` in one thread; if it fails,
    nothing is done, and each is worked on by itself.
    """

    name: str
    queue: Queue[_Item]
    work: Callable[[_Item], None]
    lets_go: bool = False
    together: Callable[[Sequence[_Item]], None] | None = None
    most: int = 1


class NotOurs(Exception):
    """An item is somebody else's by now, or gone: what was to be written about it is not."""


class Workers:
    """One thread that claims and several that work. Nothing here is lost when the process dies.

    While it `is_busy` with answers that people wait for, little is claimed: threads of one process run one
    at a time, and Slack waits for three seconds, but nobody for the work. `set_back` is told the moments
    before and after the clock was set back. Where other processes are at work on the same queues, what
    they held is freed when they are dead, and `lives` tells how often this one began to prove that it is not.
    """

    def __init__(
        self,
        lines: Sequence[Line[Any]],
        *,
        clock: Callable[[], datetime],
        set_back: Callable[[datetime, datetime], None] = lambda _before, _now: None,
        is_busy: Callable[[], bool] = lambda: False,
        lives: Callable[[], int] | None = None,
        threads: int = 8,
    ) -> None:
        self._lines = tuple(lines)
        self._clock = clock
        self._set_back = set_back
        self._is_busy = is_busy
        self._lives = lives
        self._life = lives() if lives else 0
        self._free_at = 0.0
        self._free = threading.Semaphore(threads)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="worker")
        self._claiming = threading.Thread(target=self._claim_until_stopped, name="claiming", daemon=True)
        self._woken = threading.Event()
        self._stopped = threading.Event()
        self._in_hand: dict[int, tuple[Line[Any], Any]] = {}
        self._hands = threading.Condition()
        self._last_round: datetime | None = None
        self._misled: tuple[datetime, list[object]] | None = None

    @property
    def last_round(self) -> datetime | None:
        """When all queues were last looked into."""
        return self._last_round

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

    def stop(self, *, seconds: float) -> bool:
        """Claim nothing more, and wait so long for the work in hand; what is not done then is handed back.

        False if something was handed back: its thread still waits for an answer, and what it was about goes
        on after the next start as after a crash. Nothing may be committed for it any more.
        """
        self._stopped.set()
        self._woken.set()
        self._claiming.join(seconds)
        # What was claimed last has a thread, if not this moment: cancelled, it would be waited for in vain.
        self._pool.shutdown(wait=False)
        with self._hands:
            self._hands.wait_for(lambda: not self._in_hand, timeout=seconds)
            left = list(self._in_hand.values())
        for line, item in left:
            log.warning(
                "work in hand is handed back, to go on after the next start", extra={"queue": line.name}
            )
            self._let_go(lambda line=line, item=item: line.queue.release(item))  # type: ignore[misc]
        return not left

    def _claim_until_stopped(self) -> None:
        while not self._stopped.is_set():
            self._woken.clear()
            found = False
            self._let_answers_go_first()
            self._look_at_the_clock()
            if self._lives and not self._lives_on(self._lives()):
                continue
            for line in self._lines:
                try:
                    found = self._claim_one(line) or found
                except Exception:
                    log.exception("claiming from a queue failed", extra={"queue": line.name})
            if not found:
                self._woken.wait(POLL_SECONDS)

    def _let_answers_go_first(self) -> None:
        """Wait for a moment in which nobody waits for an answer, but not for long."""
        until = time.monotonic() + COURTESY_SECONDS
        while self._is_busy() and time.monotonic() < until:
            if self._stopped.wait(BETWEEN_LOOKS):
                return

    def _lives_on(self, life: int) -> bool:
        """Free what the dead held; False while this process has work in hand that is not its own any more.

        After its proof of life was lost the same work could be claimed again, and be done twice at a time.
        """
        if life != self._life:
            with self._hands:
                if not self._hands.wait_for(lambda: not self._in_hand, timeout=POLL_SECONDS):
                    return False
            self._life = life
        self._free_what_the_dead_held()
        return True

    def _free_what_the_dead_held(self) -> None:
        if time.monotonic() < self._free_at:
            return
        self._free_at = time.monotonic() + AFTER_A_DEATH
        for line in self._lines:
            try:
                line.queue.recover()
            except Exception:
                log.exception("what the dead held could not be freed", extra={"queue": line.name})

    def _look_at_the_clock(self) -> None:
        """Say that the clock was set back, if it was: what was to come soon would wait for as long."""
        before, now = self._last_round, self._clock()
        try:
            if before and before - now > SET_BACK:
                log.warning("the clock was set back", extra={"seconds": (before - now).total_seconds()})
                self._set_back(before, now)
                self._misled = before, self._held()
            elif self._misled and not self._are_in_hand(self._misled[1]):
                # What was under way may have reckoned its next moment by the clock as it was.
                before, self._misled = self._misled[0], None
                self._set_back(before, now)
        except Exception:
            log.exception("what waits could not be moved; it is tried again")
        else:
            self._last_round = now

    def _held(self) -> list[object]:
        with self._hands:
            return [item for _, item in self._in_hand.values()]

    def _are_in_hand(self, items: Sequence[object]) -> bool:
        held = {id(item) for item in self._held()}
        return any(id(item) in held for item in items)

    def _claim_one(self, line: Line[_Item]) -> bool:
        if not self._free.acquire(timeout=POLL_SECONDS):
            return False
        items: Sequence[_Item] = ()
        try:
            items = line.queue.claim(limit=line.most)
        finally:
            if not items:
                self._free.release()
        if items and self._lives and self._lives() != self._life:
            self._free.release()
            for item in items:
                line.queue.release(item)
            return False
        if items:
            with self._hands:
                self._in_hand |= {id(item): (line, item) for item in items}
            self._pool.submit(self._work, line, items)
        return bool(items)

    def _work(self, line: Line[_Item], items: Sequence[_Item]) -> None:
        try:
            if not self._carry_out_together(line, items):
                for item in items:
                    # Items of several queues are about a request, and say so by this name.
                    with about(queue=line.name, request_id=getattr(item, "request_id", None)):
                        self._carry_out(line, item)
        finally:
            with self._hands:
                for item in items:
                    del self._in_hand[id(item)]
                self._hands.notify_all()
            self._free.release()
            self._woken.set()

    def _carry_out_together(self, line: Line[_Item], items: Sequence[_Item]) -> bool:
        if line.together is None or len(items) == 1:
            return False
        try:
            with about(queue=line.name):
                line.together(items)
        except Exception:
            log.exception("work on several failed; each is tried by itself", extra={"queue": line.name})
            return False
        return True

    def _carry_out(self, line: Line[_Item], item: _Item) -> None:
        try:
            line.work(item)
        except NotOurs:
            # Whoever holds it by now goes on with it; if nobody does, it is free.
            log.warning("work in hand is somebody else's by now", extra={"queue": line.name})
            if line.lets_go:
                self._let_go(lambda: line.queue.release(item))
        except Exception:
            log.exception("work ended in an unforeseen error; it is tried again", extra={"queue": line.name})
            self._let_go(lambda: line.queue.postpone(item, until=self._clock() + AFTER_A_CRASH))
        else:
            if not line.lets_go:
                self._let_go(lambda: line.queue.release(item))

    def _let_go(self, let_go: Callable[[], None]) -> None:
        """Let go of an item, sooner or later: nobody claims anew what this process holds while it lives."""
        while True:
            try:
                let_go()
            except Exception:
                log.exception("an item could not be let go; it is tried again")
            else:
                return
            if self._stopped.wait(BETWEEN_TRIES):
                return
