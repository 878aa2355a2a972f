"""Days that pass in seconds: what watching costs, and what becomes of news while a service is down."""

import random
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from benchmarks.simulated_day import LOOKS, MORNING, Day, day
from bot.accounts import SlackUser
from bot.news import Event
from bot.store.port import Database
from bot.store.showing import TimerStore
from bot.timers import RunState, Task, Timer
from bot.watching import Watching
from tests.store.looking import Overheard

PEOPLE = 5


@pytest.fixture
def simulated(tmp_path: Path) -> Iterator[Day]:
    with day(tmp_path, people=PEOPLE, timers=10) as one:
        yield one


def events(simulated: Day) -> Counter[Event]:
    return Counter(post.news.event for post in simulated.slack.said)


def test_a_day_of_hourly_timers_costs_little_and_misses_nothing(simulated: Day) -> None:
    until = MORNING + timedelta(hours=12)
    simulated.run(until)

    runs, failed = simulated.counted()
    calls = sum(simulated.globus.calls.values())
    assert calls <= 2.5 * runs
    # What ended in the last half hour may not have been looked at yet.
    assert simulated.globus.runs_between(MORNING, until - timedelta(minutes=30)) <= runs
    assert runs <= simulated.globus.runs_between(MORNING, until)
    assert failed
    told = [post for post in simulated.slack.said if post.news.run and post.thread_ts]
    assert sum(post.news.run.state is RunState.FAILED for post in told if post.news.run) <= failed
    assert simulated.slack.calls["chat.update"] <= runs


def test_a_look_and_an_edit_take_few_statements_and_few_writes(tmp_path: Path) -> None:
    heard: list[Overheard] = []

    def hear(database: Database) -> Database:
        heard.append(Overheard(database))
        return heard[0]

    # So many that some are due together, and more is to be shown than Slack takes.
    with day(tmp_path, people=10 * PEOPLE, timers=10, heard=hear) as simulated:
        simulated.run(MORNING + timedelta(hours=3))

    edits, messages = (simulated.slack.calls[call] for call in ("chat.update", "chat.postMessage"))
    done = simulated.looks + edits + messages
    [overheard] = heard
    # What is due together is held in one write, and let go in another.
    assert len(overheard.commits) <= 1.5 * done
    # Only news, and that they were told, have to survive a power cut.
    assert sum(overheard.commits) <= 1.6 * messages
    assert len(overheard.written) <= 4.1 * done
    # One of them asks whether anything is due, and is asked at every moment for watches and for places.
    asked = [sql for sql, _ in overheard.asked if "lease_owner" not in sql]
    assert len(asked) <= 2.8 * done
    # Hardly any place comes before Slack's pace lets it speak.
    held = [sql for sql, _ in overheard.written if "UPDATE mailboxes SET lease_owner = :owner" in sql]
    assert len(held) <= 1.05 * (edits + messages)


class Meddled:
    """A Globus during whose first answer its owner changes a timer."""

    def __init__(self, simulated: Day) -> None:
        self._globus = simulated.globus
        self._timers = TimerStore(simulated.database, clock=simulated.clock)
        self.owner: SlackUser | None = None

    def timers(self, person: SlackUser) -> Sequence[Timer]:
        seen = self._globus.timers(person)
        if self.owner is None:
            self.owner = person
            self._timers.look_soon(person, [seen[0].job_id])
        return seen

    def timer(self, person: SlackUser, job_id: str) -> Timer | None:
        return self._globus.timer(person, job_id)

    def tasks(self, person: SlackUser, task_ids: Collection[str]) -> Mapping[str, Task]:
        return self._globus.tasks(person, task_ids)

    def resume(self, person: SlackUser, job_id: str) -> None:
        self._globus.resume(person, job_id)


def test_a_timer_that_changes_during_a_look_holds_back_nothing_that_was_seen_of_others(
    simulated: Day,
) -> None:
    simulated.run(MORNING + timedelta(hours=2))
    simulated.clock.now += timedelta(hours=1)
    meddled = Meddled(simulated)
    watching = Watching(
        watches=simulated.watches,
        sight=meddled,
        looks=LOOKS,
        clock=simulated.clock,
        chance=random.Random(1),  # noqa: S311 - a simulation
        wake=lambda: None,
    )

    watches = simulated.watches.claim(limit=PEOPLE)
    versions = {watch.person: timer_versions(simulated, watch.person) for watch in watches}
    watching.work_together(watches)

    changed = {
        person: sum(one != two for one, two in zip(timer_versions(simulated, person), before, strict=True))
        for person, before in versions.items()
    }
    assert meddled.owner
    assert changed.pop(meddled.owner) == 1
    assert all(count > 5 for count in changed.values())
    assert [watch.person for watch in simulated.watches.claim(limit=PEOPLE)] == [meddled.owner]


def timer_versions(simulated: Day, person: SlackUser) -> list[int]:
    timers = sorted(simulated.watches.timers(person), key=lambda timer: timer.job_id)
    return [timer.version for timer in timers]


def test_each_first_failure_reaches_the_thread_and_its_owner_once(simulated: Day) -> None:
    simulated.run(MORNING + timedelta(hours=12))

    turns = [post for post in simulated.slack.said if post.news.is_turn]
    assert turns
    assert all(post.news.event is Event.RUN for post in turns)
    places = Counter((post.place, post.news.job_id, post.news.at) for post in turns)
    assert set(places.values()) == {1}
    in_threads = sum(bool(post.thread_ts) for post in turns)
    assert len(turns) == 2 * in_threads


def test_news_are_kept_while_slack_is_down_for_ten_minutes_and_come_once_and_in_order(simulated: Day) -> None:
    simulated.run(MORNING + timedelta(hours=2))
    before = len(simulated.slack.said)
    calls = sum(simulated.slack.calls.values())
    simulated.slack.is_down = True
    simulated.run(MORNING + timedelta(hours=2, minutes=10))
    tried = sum(simulated.slack.calls.values()) - calls
    assert len(simulated.slack.said) == before
    # A place tries at growing steps: eight times in ten minutes, and not once for each of its news.
    assert tried <= 10 * 2 * PEOPLE

    simulated.slack.is_down = False
    simulated.run(MORNING + timedelta(hours=12))

    by_place: dict[str, list[object]] = {}
    for post in simulated.slack.said:
        by_place.setdefault(post.place, []).append(post.news.at)
    assert all(moments == sorted(moments) for moments in by_place.values())  # type: ignore[type-var]
    keys = Counter((post.place, post.news.job_id, post.news.run) for post in simulated.slack.said)
    assert set(keys.values()) == {1}


def test_globus_down_for_an_hour_is_one_quiet_note_to_each_owner_and_no_flood(simulated: Day) -> None:
    simulated.run(MORNING + timedelta(hours=2))
    before, calls = events(simulated), sum(simulated.globus.calls.values())
    simulated.globus.is_down = True
    simulated.run(MORNING + timedelta(hours=3))

    said = events(simulated) - before
    assert said == Counter({Event.SILENT: PEOPLE})
    asked = sum(simulated.globus.calls.values()) - calls
    assert asked <= 15 * PEOPLE

    simulated.globus.is_down = False
    simulated.run(MORNING + timedelta(hours=5))
    runs, _ = simulated.counted()
    assert runs >= simulated.globus.runs_between(MORNING, MORNING + timedelta(hours=4, minutes=30))
    assert events(simulated)[Event.SILENT] == PEOPLE
