"""Outages at their full length: the bot's own parts over real wires, with a clock that does not wait."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from typing import Any, Final

import pytest

from bot import settings
from bot.sandbox.globus.collections import LAPTOP, SHARED
from bot.serving import who_am_i
from bot.storing import now
from bot.tending import Tending
from bot.working import Line
from tests.stories.stage import Stage, words
from tests.stories.test_watching import SOURCE, announcement, direct, thread

STEP: Final = timedelta(seconds=10)
SAYING: Final = ("chat.postMessage", "chat.update", "conversations.open")
LOOKS: Final = ("GET /jobs/", "GET /v0.10/task_list")


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

    def pass_by(self, time: timedelta) -> None:
        """Let so much time pass, and do what falls due in it."""
        for _ in range(time // STEP):
            self._ahead += STEP
            self._stage.at_globus("advance", seconds=STEP.total_seconds())
            while sum(_worked_off(line) for line in self._lines):
                pass

    def until(self, look: Callable[[], bool]) -> None:
        """Let time pass until something is so."""
        for _ in range(360):
            if look():
                return
            self.pass_by(STEP)
        raise AssertionError(f"it did not come about within an hour: {words(announcement(self._stage))}")


def _worked_off(line: Line[Any]) -> int:
    """Work as the bot's workers do; gives how many pieces of work there were."""
    items = line.queue.claim(limit=8)
    for item in items:
        line.work(item)
        if not line.lets_go:
            line.queue.release(item)
    return len(items)


@contextmanager
def hours(stage: Stage, patched: pytest.MonkeyPatch, **fields: str) -> Iterator[Hours]:
    """Take over from a bot that has scheduled a timer, whose first run is over."""
    stage.start_bot()
    stage.schedule(SHARED, LAPTOP, None, name="Nightly", **fields)
    stage.sign_in()
    stage.announced()
    stage.stop_bot()
    for name, value in stage.settings.items():
        if name.startswith("GLOBUS_SDK_"):
            patched.setenv(name, value)
    with ExitStack() as closing:
        own = Hours(stage, closing)
        own.until(lambda: "Last run" in words(announcement(stage)))
        yield own


def test_globus_down_for_an_hour_is_one_quiet_note_and_few_calls(
    empty_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked() -> int:
        return sum(empty_stage.globus_calls(method) for method in LOOKS)

    with hours(empty_stage, monkeypatch, repeat="hourly") as own:
        own.pass_by(timedelta(minutes=50))
        for method in LOOKS:
            empty_stage.globus_fault("status", method=method, status=503, times=100_000)
        before = asked()
        own.pass_by(timedelta(hours=1))
        during = asked() - before
        empty_stage.clear_globus_faults()
        own.until(lambda: "2 runs" in words(announcement(empty_stage)))

    [note] = direct(empty_stage, "Globus has not answered since")
    assert "Nightly" in words(note)
    assert len(empty_stage.announcements()) == 1
    assert thread(empty_stage) == []
    # A retry of the client's doubles each look; the looks themselves grow apart to ten minutes.
    assert 6 <= during <= 30


def test_slack_down_for_ten_minutes_gets_the_news_afterwards_once_and_in_order(
    empty_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    with hours(empty_stage, monkeypatch, repeat="custom", interval="2m") as own:
        for method in SAYING:
            empty_stage.slack_fault("status", method=method, status=500, times=100_000)
        empty_stage.at_globus("remove_file", collection_id=SHARED.id, path=SOURCE)
        own.pass_by(timedelta(minutes=5))
        empty_stage.write_file(SHARED, SOURCE + "again.dat")
        own.pass_by(timedelta(minutes=5))
        unheard = thread(empty_stage)
        empty_stage.clear_slack_faults()
        own.pass_by(timedelta(minutes=5))

    assert unheard == []
    heard = " ".join(thread(empty_stage))
    assert heard.count("A run failed") == heard.count("It works again") == 1
    assert heard.index("A run failed") < heard.index("It works again")
    assert len(direct(empty_stage, "A run failed")) == 1
