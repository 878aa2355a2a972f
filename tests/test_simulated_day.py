"""Days that pass in seconds: what watching costs, and what becomes of news while a service is down."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from benchmarks.simulated_day import MORNING, Day, day
from bot.news import Event
from bot.store.port import Database
from bot.timers import RunState
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

    with day(tmp_path, people=PEOPLE, timers=10, heard=hear) as simulated:
        simulated.run(MORNING + timedelta(hours=6))

    edits, messages = (simulated.slack.calls[call] for call in ("chat.update", "chat.postMessage"))
    done = simulated.looks + edits + messages
    [overheard] = heard
    # Each is held and let go, in a write each; some places come before Slack's pace lets them speak.
    assert len(overheard.commits) <= 2.2 * done
    # Only news, and that they were told, have to survive a power cut.
    assert sum(overheard.commits) <= 3 * messages
    assert len(overheard.written) <= 4.6 * done
    # One of them asks whether anything is due, and is asked at every moment for watches and for places.
    asked = [sql for sql, _ in overheard.asked if "lease_owner" not in sql]
    assert len(asked) <= 3 * done


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
