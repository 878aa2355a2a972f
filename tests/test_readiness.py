"""When the bot is of use, and when it is not, from what it knows itself."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from bot.readiness import LONGEST_ROUND, REMEMBERED, Readiness, Waits

NOW = datetime(2026, 11, 26, 3, tzinfo=UTC)


@dataclass
class Bot:
    """A bot from within, as far as a monitor sees it."""

    now: datetime = NOW
    alive: bool = True
    last_round: datetime | None = NOW
    mode: str = "Socket Mode"
    is_connected: bool = True
    seconds_since_envelope: float | None = 12.34
    beats: int = 0
    fails: Callable[[], None] = field(default=lambda: None)

    def beat(self, seconds: float) -> None:
        assert seconds > 0
        self.beats += 1
        self.fails()

    def readiness(self) -> Readiness:
        return Readiness(
            beat=self.beat,
            waits=lambda: Waits(unclear=90.0, overdue={"requests": 0.0, "watches": 61.04}),
            rounds=self,
            connection=self,
            clock=lambda: self.now,
            facts={"version": "1"},
        )


def test_a_bot_at_work_is_ready_and_says_what_waits() -> None:
    report = Bot().readiness().report()

    assert report.is_ready
    assert report.document() == {
        "database": True,
        "workers": True,
        "slack": True,
        "details": {
            "version": "1",
            "mode": "Socket Mode",
            "connected": True,
            "last_envelope_age_seconds": 12.3,
            "last_round_age_seconds": 0.0,
            "oldest_unclear_age_seconds": 90.0,
            "oldest_overdue_age_seconds": {"requests": 0.0, "watches": 61.0},
        },
    }


def test_what_waits_long_is_told_of_and_does_not_make_the_bot_useless() -> None:
    assert Bot().readiness().report().details["oldest_unclear_age_seconds"] == 90.0
    assert Bot().readiness().report().is_ready


@pytest.mark.parametrize(
    ("bot", "fails"),
    [
        (Bot(alive=False), "workers"),
        (Bot(last_round=None), "workers"),
        (Bot(last_round=NOW - LONGEST_ROUND - timedelta(seconds=1)), "workers"),
        (Bot(is_connected=False), "slack"),
    ],
)
def test_what_makes_the_bot_useless_is_named(bot: Bot, fails: str) -> None:
    report = bot.readiness().report()

    assert [name for name, holds in report.holds.items() if not holds] == [fails]
    assert not report.is_ready


def full() -> None:
    raise OSError("database or disk is full")


def test_a_write_stands_for_the_next_ones_for_a_while_and_a_failure_does_not() -> None:
    bot = Bot()
    readiness = bot.readiness()
    readiness.report()
    bot.fails = full
    bot.now += REMEMBERED - timedelta(milliseconds=1)
    assert readiness.report().is_ready
    assert bot.beats == 1

    bot.now += timedelta(seconds=1)
    assert not readiness.report().holds["database"]
    assert not readiness.report().holds["database"]
    assert bot.beats == 3


def test_a_clock_that_went_back_does_not_keep_an_old_write_good() -> None:
    bot = Bot()
    readiness = bot.readiness()
    readiness.report()
    bot.fails = full
    bot.now = bot.last_round = NOW - timedelta(hours=1)

    assert not readiness.report().holds["database"]
