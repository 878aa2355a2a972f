"""Questions to a slow service: asked once at a time, waited for within a deadline, kept for a while."""

import asyncio
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Executor, Future
from datetime import datetime, timedelta
from typing import Any, Final

from bot.errors import Problem, UnknownCollection
from bot.remembering import Latest

KEPT: Final = timedelta(minutes=1)
"""Long enough for filling in one form, short enough for a bookmark that was just made."""

MOST_ANSWERS: Final = 3000
"""Answers kept for all people together; each is a few kilobytes at most."""


class Answers:
    """Answers that are kept, and questions under way. For the event loop's thread only."""

    def __init__(self, executor: Executor, clock: Callable[[], datetime]) -> None:
        self._executor = executor
        self._clock = clock
        self._held: Latest[Hashable, tuple[Future[Any], datetime]] = Latest(MOST_ANSWERS)

    def ask(self, key: Hashable, question: Callable[[], Any]) -> Future[Any]:
        """Give the answer that is held, or ask; a Problem that the question raises is its answer."""
        held = self._held.get(key)
        if held and self._clock() - held[1] < KEPT and not _failed(held[0]):
            return held[0]
        asked = self._executor.submit(_answer, question)
        self._held[key] = (asked, self._clock())
        return asked


async def in_time(asked: Sequence[Future[Any]], seconds: float) -> list[Any]:
    """Give the answers that come in time, None for the others. What is late goes on for whoever asks next."""
    if asked:
        await asyncio.wait([asyncio.wrap_future(one) for one in asked], timeout=seconds)
    return [one.result() if one.done() and not one.cancelled() else None for one in asked]


def _answer(question: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever the question is answered with
    try:
        return question()
    except Problem as problem:
        return problem


def _failed(answer: Future[Any]) -> bool:
    """Say whether it is worth asking again: what is not there will not be there in a minute either."""
    if not answer.done():
        return False
    if answer.cancelled() or answer.exception():
        return True
    return isinstance(answer.result(), Problem) and not isinstance(answer.result(), UnknownCollection)
