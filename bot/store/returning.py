"""What threads have done for those who wait, told to an event loop all at once.

Each wake of the loop is a change of threads, for which whoever works waits up to `sys.getswitchinterval()`.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

_Connection = TypeVar("_Connection")
_Value = TypeVar("_Value")

Waiting = Future[Any] | asyncio.Future[Any]
"""Somebody who waits: a thread, or a task on an event loop."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a piece of work, and who waits for it."""

    waiting: Waiting
    value: Any = None
    failure: Exception | None = None


def tell(outcomes: Iterable[Outcome]) -> None:
    """Tell all who wait, each event loop once. From any thread; those who gave up are passed over."""
    on_loops: defaultdict[asyncio.AbstractEventLoop, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        if isinstance(outcome.waiting, asyncio.Future):
            on_loops[outcome.waiting.get_loop()].append(outcome)
        elif outcome.waiting.set_running_or_notify_cancel():
            _settle([outcome])
    for loop, told in on_loops.items():
        with suppress(RuntimeError):  # it is closed, and nobody waits any more
            loop.call_soon_threadsafe(_settle, told)


def _settle(outcomes: Iterable[Outcome]) -> None:
    for outcome in outcomes:
        if outcome.waiting.done():
            continue
        if outcome.failure is None:
            outcome.waiting.set_result(outcome.value)
        else:
            outcome.waiting.set_exception(outcome.failure)


def _tell_here(done: asyncio.Future[list[Outcome]]) -> None:
    if not done.cancelled():
        _settle(done.result())


class Reads(Generic[_Connection]):
    """Reads for an event loop in its threads; those of one turn of the loop are carried out by one of them.

    For short reads only: each is told with the others of its group.
    """

    def __init__(self, read: Callable[[Callable[[_Connection], Any]], Any]) -> None:
        self._read = read
        self._group: list[tuple[Callable[[_Connection], Any], asyncio.Future[Any]]] = []

    async def begin(self, job: Callable[[_Connection], _Value]) -> _Value:
        """Read, and give the event loop to others meanwhile. Raises what the job raises."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[_Value] = loop.create_future()
        if not self._group:
            loop.call_soon(self._send_off, loop)
        self._group.append((job, answer))
        return await answer

    def _send_off(self, loop: asyncio.AbstractEventLoop) -> None:
        group, self._group = self._group, []

        def carry_out() -> list[Outcome]:
            return [self._outcome(job, answer) for job, answer in group]

        loop.run_in_executor(None, carry_out).add_done_callback(_tell_here)

    def _outcome(self, job: Callable[[_Connection], Any], answer: asyncio.Future[Any]) -> Outcome:
        try:
            return Outcome(answer, self._read(job))
        except Exception as error:  # noqa: BLE001 - whoever asked is told
            return Outcome(answer, failure=error)
