"""The clock jumps an hour back or ahead while work waits for its moment."""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Final

import pytest

from bot.accounts import SlackUser
from bot.news import Event, News, Post
from bot.scheduling import RequestState
from bot.store.queue import hurry
from bot.store.telling import MailboxStore
from bot.store.watching import WatchStore
from bot.telling import Subject, Telling
from bot.watching import Look, Watch
from bot.working import Line, Workers
from tests.faults.bench import ADA, Bench, bench
from tests.faults.calls import CREATION
from tests.faults.table import Place, Row

HOUR: Final = timedelta(hours=1)
SOON: Final = timedelta(minutes=10)
PATIENCE: Final = 30.0
"""Seconds after which what waits counts as stuck; everything here is due within five."""

LOOKS: Final = timedelta(seconds=2)
PLACE: Final = "C0LABDATA1"


@dataclass
class Heard:
    """What a channel was told, and how often each person's timers were looked at."""

    told: list[str] = field(default_factory=list)
    looks: list[int] = field(default_factory=list)

    def tell(self, posts: Sequence[Post], subjects: Sequence[Subject | None]) -> None:
        del subjects
        self.told += [post.news.detail for post in posts]

    def redraw(self, subject: Subject) -> None:
        """Nothing is announced here."""


def jumps(place: Place) -> Row:
    """Let the clock jump while requests, news and looks wait for their moment."""
    count = place.times(4, 60)
    chance = random.Random(place.seed)  # noqa: S311 - moments that repeat, no secrets
    # Patient, so that a busy machine is not taken for a service that does not answer.
    with pytest.MonkeyPatch.context() as patched, bench(place.folder, patched, seconds=5) as one:
        one.ahead = timedelta()
        heard = Heard()
        with _at_work(one, heard):
            found = [_jumped(one, heard, chance, number) for number in range(count)]
        timers = [len(one.timers(reference)) for reference, _ in found]
    return Row(
        "the clock jumps an hour back, and ahead again, while work waits for its moment",
        f"{count} jumps",
        {
            "requests": count,
            "news": len(heard.told),
            "looks": len(heard.looks),
        },
        {
            "requests stuck or doubled": [one for one in timers if one != 1],
            "queues stuck": [stuck for _, found_stuck in found for stuck in found_stuck],
            "news twice": [one for one in heard.told if heard.told.count(one) > 1],
        },
    )


def _jumped(one: Bench, heard: Heard, chance: random.Random, number: int) -> tuple[str, list[str]]:
    """Put something into each queue and let the clock jump; gives a reference and what is stuck."""
    one.fault(CREATION, fault=chance.choice(["drop_after", "status", "drop_before", "hang_after"]), seconds=1)
    reference = one.ask(number)
    mailboxes = MailboxStore(one.database, clock=one.clock, owner="bench")
    said = [f"{number} {part}" for part in "abc"]
    for text in said:
        mailboxes.add([Post(ADA.team_id, PLACE, News(Event.RUN, f"job {text}", one.clock(), detail=text))])
    time.sleep(chance.uniform(0, 1.5))
    one.ahead = timedelta() if one.ahead else -HOUR
    looks = len(heard.looks)
    until = time.monotonic() + PATIENCE
    waiting: dict[str, Callable[[], bool]] = {
        "requests": lambda: one.find(number).state is RequestState.ANNOUNCED,
        "mailboxes": lambda: set(said) <= set(heard.told),
        "watches": lambda: len(heard.looks) > looks,
    }
    while time.monotonic() < until and waiting:
        waiting = {name: is_done for name, is_done in waiting.items() if not is_done()}
        time.sleep(0.1)
    one.clear()
    return reference, [f"{name}: {one.find(number)}" for name in waiting]


@contextmanager
def _at_work(one: Bench, heard: Heard) -> Iterator[None]:
    """Let workers work off three queues, as the bot's do."""
    mailboxes = MailboxStore(one.database, clock=one.clock, owner="bench")
    watches = WatchStore(one.database, clock=one.clock, owner="bench")
    telling = Telling(
        mailboxes=mailboxes,
        messages=heard,
        subject=lambda _team, _job: None,
        clock=one.clock,
        wake=lambda: None,
    )

    def look(watch: Watch) -> None:
        heard.looks.append(watch.watch_id)
        watches.keep([Look(watch, replace(watch, due=one.clock() + LOOKS))])

    def set_back(before: object, at: object) -> None:
        del before, at
        hurry(one.database, now=one.clock(), until=one.clock() + HOUR + SOON)
        telling.forget_turns()

    lines: list[Line[Any]] = [
        Line("requests", one.requests, one.fulfilling.work),
        Line("watches", watches, look, lets_go=True),
        Line("mailboxes", mailboxes, telling.work, lets_go=True),
    ]
    watched = SlackUser("T0", "U0")
    one.database.write(
        lambda database: database.execute(
            "INSERT INTO watches (team_id, user_id, due) VALUES (?, ?, ?)",
            [watched.team_id, watched.user_id, "2000-01-01T00:00:00.000000+00:00"],
        )
    )
    workers = Workers(lines, clock=one.clock, set_back=set_back)
    workers.start()
    try:
        yield
    finally:
        workers.stop(seconds=10)
