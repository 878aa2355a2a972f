"""Workers over a queue in memory: what they hold they let go, whatever happens to disk and clock."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from typing_extensions import override

from bot import working
from bot.working import Line, Workers

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
STOPS = 30
"""So many ends that one of them meets the worst moment."""


class Queue:
    """Numbers that are due at once, each held once; letting go fails as often as it is told."""

    def __init__(self, *items: int, failures: int = 0) -> None:
        self.due = list(items)
        self.released: list[int] = []
        self.postponed: list[tuple[int, datetime]] = []
        self._failures = failures

    def claim(self, *, limit: int) -> Sequence[int]:
        claimed, self.due = self.due[:limit], self.due[limit:]
        return claimed

    def release(self, item: int) -> None:
        self._fail()
        self.released.append(item)

    def postpone(self, item: int, *, until: datetime) -> None:
        self._fail()
        self.postponed.append((item, until))

    def recover(self) -> None:
        raise NotImplementedError

    def _fail(self) -> None:
        if self._failures:
            self._failures -= 1
            raise OSError("the disk is full")


class SlowQueue(Queue):
    """One whose last number takes a moment to be claimed, in which the end may begin."""

    def __init__(self, *items: int) -> None:
        super().__init__(*items)
        self.is_last = threading.Event()

    @override
    def claim(self, *, limit: int) -> Sequence[int]:
        if len(self.due) == 1:
            self.is_last.set()
            time.sleep(0.01)
        return super().claim(limit=limit)


class Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def wait_for(look: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not look():
        assert time.monotonic() < until
        time.sleep(0.01)


@contextmanager
def at_work(workers: Workers) -> Iterator[None]:
    workers.start()
    try:
        yield
    finally:
        workers.stop(seconds=10)


def test_work_is_done_and_let_go() -> None:
    queue, done = Queue(1, 2, 3), list[int]()
    with at_work(Workers([Line("numbers", queue, done.append)], clock=Clock())):
        wait_for(lambda: len(queue.released) == 3)

    assert sorted(done) == sorted(queue.released) == [1, 2, 3]


def test_what_is_claimed_while_the_end_has_begun_is_done_too() -> None:
    for _ in range(STOPS):
        queue, done = SlowQueue(*range(8)), list[int]()
        workers = Workers([Line("numbers", queue, done.append)], clock=Clock())
        workers.start()
        queue.is_last.wait(10)

        assert workers.stop(seconds=10)
        assert sorted(done) == sorted(queue.released) == list(range(8))


def test_several_are_worked_on_together_and_each_by_itself_if_that_fails() -> None:
    together, alone = list[list[int]](), list[int]()

    def work(item: int) -> None:
        if item == 3:
            raise ZeroDivisionError
        alone.append(item)

    def work_on(items: Sequence[int]) -> None:
        together.append(list(items))
        if 3 in items:
            raise ZeroDivisionError

    queue = Queue(1, 2, 3, 4, 5)
    line = Line("numbers", queue, work, lets_go=True, together=work_on, most=2)
    with at_work(Workers([line], clock=Clock())):
        wait_for(lambda: sorted(alone) == [4, 5] and bool(queue.postponed))

    assert sorted(together) == [[1, 2], [3, 4]]
    assert queue.postponed == [(3, NOW + working.AFTER_A_CRASH)]


def test_work_that_lets_go_itself_is_not_let_go_again() -> None:
    queue, done = Queue(1), list[int]()
    with at_work(Workers([Line("numbers", queue, done.append, lets_go=True)], clock=Clock())):
        wait_for(lambda: done == [1])

    assert queue.released == []


def test_an_item_that_cannot_be_let_go_is_let_go_as_soon_as_it_can_be() -> None:
    queue = Queue(1, failures=1)
    with at_work(Workers([Line("numbers", queue, lambda _item: None)], clock=Clock())):
        wait_for(lambda: queue.released == [1])


def test_work_that_fails_unforeseen_is_done_again_later() -> None:
    def work(_item: int) -> None:
        raise ZeroDivisionError

    queue = Queue(1, failures=1)
    with at_work(Workers([Line("numbers", queue, work)], clock=Clock())):
        wait_for(lambda: bool(queue.postponed))

    assert queue.postponed == [(1, NOW + working.AFTER_A_CRASH)]
    assert queue.released == []


def test_a_clock_that_is_set_back_is_told_once_more_when_the_work_in_hand_is_done() -> None:
    clock, told, go_on = Clock(), list[tuple[datetime, datetime]](), threading.Event()
    queue = Queue(1)

    def work(_item: int) -> None:
        go_on.wait(10)

    lines = [Line("numbers", queue, work)]
    workers = Workers(lines, clock=clock, set_back=lambda before, now: told.append((before, now)))
    with at_work(workers):
        wait_for(lambda: workers.last_round is not None and not queue.due)
        clock.now = NOW - HOUR
        wait_for(lambda: len(told) == 1)
        go_on.set()
        wait_for(lambda: len(told) == 2)

    assert told == [(NOW, NOW - HOUR)] * 2


def test_a_clock_that_is_corrected_by_moments_or_goes_on_is_nothing_to_tell() -> None:
    clock, told = Clock(), list[object]()
    workers = Workers([], clock=clock, set_back=lambda before, now: told.append((before, now)))
    with at_work(workers):
        for moment in (NOW, NOW - working.SET_BACK, NOW + HOUR):
            clock.now = moment
            wait_for(lambda: workers.last_round == clock.now)

    assert told == []


def test_work_waits_until_nobody_waits_for_an_answer() -> None:
    looks = iter([True, True, True])
    queue, seen = Queue(1), list[bool]()

    def is_busy() -> bool:
        seen.append(next(looks, False))
        return seen[-1]

    def work(_item: int) -> None:
        assert seen[:4] == [True, True, True, False]

    with at_work(Workers([Line("numbers", queue, work)], clock=Clock(), is_busy=is_busy)):
        wait_for(lambda: queue.released == [1])


def test_work_goes_on_under_a_load_that_never_ends() -> None:
    queue, done = Queue(1, 2), list[int]()
    with at_work(Workers([Line("numbers", queue, done.append)], clock=Clock(), is_busy=lambda: True)):
        wait_for(lambda: queue.released == [1, 2])

    assert done == [1, 2]
