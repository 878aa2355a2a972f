"""A bot of the test's own process over real wires, for what takes hours or days."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from typing import Any, Final

import pytest

from bot import settings
from bot.serving import who_am_i
from bot.storing import now
from bot.tending import Tending
from bot.working import Line
from tests.stories.stage import Stage

STEP: Final = timedelta(seconds=10)


class Hours:
    """A bot of this process, whose hours pass as fast as it works; Globus's go with them."""

    def __init__(self, stage: Stage, closing: ExitStack) -> None:
        self._stage = stage
        self._ahead = timedelta()
        database = {"DATABASE_URL": f"sqlite:///{stage.folder / 'transferbot.db'}"}
        given = settings.read({key: value for key, value in stage.settings.items() if value} | database)
        only = asyncio.run(who_am_i(given, given.slack_bot_token or ""))
        self._lines = Tending(given, only=only, closing=closing, clock=self.clock).lines()

    def clock(self) -> datetime:
        """Give the moment that the bot is at."""
        return now() + self._ahead

    def pass_by(self, time: timedelta, *, step: timedelta = STEP) -> None:
        """Let so much time pass, and do what falls due in it."""
        for _ in range(time // step):
            self._ahead += step
            self._stage.at_globus("advance", seconds=step.total_seconds())
            while sum(_worked_off(line) for line in self._lines):
                pass

    def until(self, look: Callable[[], bool], what: str) -> None:
        """Let time pass until something is so, an hour at most."""
        for _ in range(timedelta(hours=1) // STEP):
            if look():
                return
            self.pass_by(STEP)
        raise AssertionError(f"an hour passed without {what}")


def _worked_off(line: Line[Any]) -> int:
    """Work as the bot's workers do; gives how many pieces of work there were."""
    items = line.queue.claim(limit=8)
    for item in items:
        line.work(item)
        if not line.lets_go:
            line.queue.release(item)
    return len(items)


@contextmanager
def hours(stage: Stage, patched: pytest.MonkeyPatch) -> Iterator[Hours]:
    """Stop the bot that runs, and go on in its place."""
    stage.stop_bot()
    for name, value in stage.settings.items():
        if name.startswith("GLOBUS_SDK_"):
            patched.setenv(name, value)
    with ExitStack() as closing:
        yield Hours(stage, closing)
