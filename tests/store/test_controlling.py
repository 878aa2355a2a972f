"""Changes are kept in order and each wish once; lists take a fixed number of queries."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.accounts import Account, SlackUser
from bot.controlling import Act, TimerChange
from bot.following import Digest, Muted, Tally
from bot.news import Event, News, Post, Wish
from bot.observing import Observation
from bot.planning import Location, Plan, Source
from bot.schedules import Schedule
from bot.scheduling import RequestState, TimerRequest
from bot.store.controlling import ChangeStore
from bot.store.database import SqliteDatabase
from bot.store.following import FollowerStore
from bot.store.linking import AccountStore
from bot.store.port import Connection, Database, Values
from bot.store.scheduling import RequestStore
from bot.store.showing import TimerStore
from bot.store.vault import Vault, new_key, read_keys
from bot.timers import Inactivity, Run, RunState, TimerStatus
from tests.store.looking import Overheard, add, count

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
ADA, GRACE = SlackUser("T1", "U1"), SlackUser("T1", "U2")
CHANGE = TimerChange("change-1", ADA, "job-0", Act.PAUSE, NOW, due=NOW)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def changes(database: Database, clock: Clock) -> ChangeStore:
    return ChangeStore(database, clock=clock, owner="one")


@pytest.fixture
def timers(database: Database, clock: Clock) -> TimerStore:
    return TimerStore(database, clock=clock)


@pytest.fixture
def followers(database: Database, clock: Clock) -> FollowerStore:
    return FollowerStore(database, clock=clock, owner="one")


def make(database: Database, count: int, *, person: SlackUser = ADA, channel_id: str = "C1") -> None:
    """Let a person have so many announced timers, `job-0` and so on."""
    accounts = AccountStore(database, Vault(read_keys(new_key())), clock=lambda: NOW)
    accounts.link(Account(person, "identity-1", "ada@lab.example"), ())
    requests = RequestStore(database, clock=lambda: NOW, owner="one")
    for number in range(count):
        plan = Plan(
            Source("c1", ("/a/",)), Location("c2", "/b/"), Schedule(NOW, timedelta(hours=1)), channel_id
        )
        request = TimerRequest(f"request-{number}", f"abcde{number:03}", person, plan, NOW)
        asyncio.run(requests.accept(request))
        requests.save(
            replace(
                request,
                state=RequestState.ANNOUNCED,
                job_id=f"job-{number}",
                next_run=NOW + timedelta(minutes=number),
                announced_ts=f"{number}.0",
            )
        )


def accept(changes: ChangeStore, change: TimerChange) -> bool:
    return asyncio.run(changes.accept(change))


def test_the_same_wish_is_kept_once_and_another_gives_way_to_the_newer(changes: ChangeStore) -> None:
    assert accept(changes, CHANGE)
    assert not accept(changes, replace(CHANGE, change_id="change-2"))
    assert accept(changes, replace(CHANGE, change_id="change-3", act=Act.RESUME))

    [kept] = changes.claim(limit=5)
    assert (kept.change_id, kept.act) == ("change-3", Act.RESUME)


def test_a_change_under_way_that_gives_way_is_neither_tried_again_nor_overtaken(changes: ChangeStore) -> None:
    accept(changes, CHANGE)
    [under_way] = changes.claim(limit=1)
    newer = replace(CHANGE, change_id="change-2", act=Act.RESUME)
    accept(changes, newer)
    assert not changes.is_first(newer)

    changes.later(replace(under_way, due=NOW, attempts=1))
    changes.release(under_way)
    assert changes.is_first(newer)
    assert [one.change_id for one in changes.claim(limit=5)] == ["change-2"]


def test_a_change_is_found_again_after_a_crash(
    changes: ChangeStore, database: Database, dies: Callable[[str], None]
) -> None:
    accept(changes, CHANGE)
    assert changes.claim(limit=1)
    assert not changes.claim(limit=1)

    dies("one")
    restarted = ChangeStore(database, clock=lambda: NOW, owner="another")
    restarted.recover()
    assert restarted.claim(limit=1) == [CHANGE]


def test_the_timer_the_news_and_the_end_of_a_change_are_kept_together_or_not_at_all(
    changes: ChangeStore, timers: TimerStore, database: Database
) -> None:
    make(database, 1)
    accept(changes, CHANGE)
    known = timers.find("T1", "job-0")
    assert known
    paused = replace(known, status=TimerStatus.INACTIVE, inactivity=Inactivity(is_paused=True))
    observed = Observation(paused, is_redrawn=True)
    posts = [Post("T1", "C1", News(Event.PAUSED, "job-0", NOW, by="U1"), "0.0")]

    stale = replace(observed, timer=replace(paused, version=known.version + 1))
    assert not changes.finish(CHANGE, stale, posts, look=False)
    assert timers.find("T1", "job-0") == known
    assert count(database, "posts") == 0
    assert count(database, "changes") == 1

    assert changes.finish(CHANGE, observed, posts, look=True)
    now = timers.find("T1", "job-0")
    assert now
    assert (now.status, now.look_at) == (TimerStatus.INACTIVE, None)
    assert count(database, "posts") == 1
    assert count(database, "changes") == 0


def test_an_owner_is_asked_the_same_once_an_hour(
    changes: ChangeStore, clock: Clock, database: Database
) -> None:
    def ask(by: str = "U2", wanted: str = "pause") -> bool:
        news = News(Event.ASKED, "job-0", clock.now, by=by, detail=wanted)
        return changes.ask_once(Post("T1", "U1", news), asked_since=clock.now - timedelta(hours=1))

    assert [ask(), ask(), ask(by="U3"), ask(wanted="resume")] == [True, False, True, True]
    assert changes.claim(limit=5) == []
    clock.now += timedelta(hours=1, seconds=1)
    assert ask()
    assert count(database, "posts") == 4


def test_five_hundred_timers_are_listed_page_by_page_with_three_queries(
    database: Database, clock: Clock
) -> None:
    make(database, 500)
    timers = TimerStore(overheard := Overheard(database), clock=clock)
    page = timers.of_person(ADA, limit=20, offset=480)
    assert len(overheard.asked) == 3
    assert [one.timer.job_id for one in page.items][-1] == "job-499"
    assert (page.total, page.number, page.count) == (500, 25, 25)

    overheard.asked.clear()
    assert len(timers.known("T1", [f"job-{number}" for number in range(500)])) == 500
    assert len(overheard.asked) == 1

    overheard.asked.clear()
    page = timers.of_channel("T1", "C1", limit=10, offset=0)
    assert len(overheard.asked) == 3
    assert page.items[0].request.request_id == "request-0"
    assert timers.of_channel("T1", "C2", limit=10, offset=0).total == 0
    assert timers.of_channel("T2", "C1", limit=10, offset=0).total == 0


def test_what_is_in_trouble_stands_first_and_what_ended_long_ago_nowhere(
    timers: TimerStore, database: Database
) -> None:
    make(database, 5)
    why = '{"is_paused": %s, "collections": [], "session": "{}"}'
    set_rows(database, "job-1", status="inactive", inactivity=why % "true")
    set_rows(database, "job-2", is_failing=1)
    set_rows(database, "job-3", status="inactive", inactivity=why % "false")
    set_rows(database, "job-4", status="ended", seen_until=(NOW - timedelta(days=8)).isoformat())

    page = timers.of_person(ADA, limit=20, offset=0)
    assert [one.timer.job_id for one in page.items] == ["job-3", "job-2", "job-0", "job-1"]
    assert [one.job_id for one in timers.stopped(ADA, limit=5)] == ["job-3"]


def test_a_timer_is_found_in_its_own_workspace_only(timers: TimerStore, database: Database) -> None:
    make(database, 1)
    subject = timers.subject("T1", "job-0")
    assert subject
    assert subject.request.request_id == "request-0"
    assert timers.subject("T2", "job-0") is None
    assert timers.known("T2", ["job-0"]) == []
    assert not timers.set_run_news(GRACE, "job-0", on=True)
    assert timers.set_run_news(ADA, "job-0", on=True)


def test_looking_soon_makes_the_owners_watch_due(
    timers: TimerStore, database: Database, clock: Clock
) -> None:
    make(database, 2)
    clock.now += timedelta(seconds=5)
    timers.look_soon(ADA, ["job-1"], resume=True)
    timers.look_soon(GRACE, ["job-0"])

    found = {one.job_id: one for one in (timers.find("T1", "job-0"), timers.find("T1", "job-1")) if one}
    assert found["job-1"].look_at is None
    assert found["job-1"].is_resuming
    assert found["job-0"].look_at == NOW
    watches = database.read(lambda reader: list(reader.query("SELECT user_id, due FROM watches")))
    assert watches == [{"user_id": "U1", "due": clock.now.isoformat(timespec="microseconds")}]


def test_a_digest_counts_what_was_noted_since_the_last(
    followers: FollowerStore, database: Database, clock: Clock
) -> None:
    make(database, 3)
    due = NOW + timedelta(hours=21)
    for job_id, wish in (("job-0", Wish.DIGEST), ("job-1", Wish.DIGEST), ("job-2", Wish.ALL)):
        followers.keep(GRACE, job_id, wish, digest_due=due)
    assert followers.of(GRACE, "job-2") is Wish.ALL
    assert followers.of(ADA, "job-2") is None
    noted(database, "job-0", NOW, Run(NOW, state=RunState.SUCCEEDED, bytes_transferred=5))
    for hours, state in ((1, RunState.SUCCEEDED), (2, RunState.FAILED), (3, RunState.RUNNING)):
        at = NOW + timedelta(hours=hours)
        noted(database, "job-0", at, Run(at, state=state, bytes_transferred=10))

    assert followers.claim(limit=1) == []
    clock.now = due
    [digest] = followers.claim(limit=1)
    assert digest == Digest(1, GRACE, told_until=NOW, due=due)
    tallies = followers.tallies(digest, clock.now)
    assert tallies
    assert [(one.job_id, one.runs, one.failed, one.bytes_transferred) for one in tallies] == [
        ("job-0", 2, 1, 20),
        ("job-1", 0, 0, 0),
    ]
    assert isinstance(tallies[0], Tally)

    followers.keep(GRACE, "job-0", Wish.NOTHING, digest_due=due)
    followers.keep(GRACE, "job-1", Wish.NOTHING, digest_due=due)
    assert followers.tallies(digest, clock.now) is None
    followers.told(replace(digest, due=None), ())
    followers.release(digest)
    clock.now += timedelta(days=1)
    followers.keep(GRACE, "job-1", Wish.DIGEST, digest_due=clock.now + timedelta(hours=1))
    clock.now += timedelta(hours=1)
    [again] = followers.claim(limit=1)
    assert again.told_until == clock.now - timedelta(hours=1)


def test_a_channels_timers_are_found_by_an_index(tmp_path: Path, clock: Clock) -> None:
    database = SqliteDatabase(tmp_path / "bot.db")
    TimerStore(overheard := Overheard(database), clock=clock).of_channel("T1", "C1", limit=10, offset=0)
    plans = database.read(lambda reader: " ".join(plan(reader, *asked) for asked in overheard.asked))
    database.close()

    assert "timers_by_channel" in plans


def test_whoever_muted_a_channel_first_is_named_until_somebody_lets_it_hear(
    followers: FollowerStore,
) -> None:
    followers.mute("T1", "C1", Muted("U1", NOW))
    followers.mute("T1", "C1", Muted("U2", NOW + timedelta(hours=1)))
    assert followers.muted("T1", "C1") == Muted("U1", NOW)
    assert followers.muted("T2", "C1") is None
    followers.mute("T1", "C1", None)
    assert followers.muted("T1", "C1") is None


# What a test looks at


def plan(reader: Connection, query: str, values: Values | None) -> str:
    return " ".join(row["detail"] for row in reader.query(f"EXPLAIN QUERY PLAN {query}", values))


def set_rows(database: Database, job_id: str, **values: Any) -> None:  # noqa: ANN401 - columns
    sets = ", ".join(f"{name} = :{name}" for name in values)
    change = f"UPDATE timers SET {sets} WHERE job_id = :job_id"  # noqa: S608 - our own names
    database.write(lambda writer: writer.execute(change, values | {"job_id": job_id}))


def noted(database: Database, job_id: str, at: datetime, run: Run) -> None:
    row = {
        "job_id": job_id,
        "started_at": run.started_at.isoformat(timespec="microseconds"),
        "state": run.state.value,
        "files": 0,
        "bytes_transferred": run.bytes_transferred,
        "faults": 0,
        "skipped": 0,
        "problem": "",
        "noted_at": at.isoformat(timespec="microseconds"),
    }
    add(database, "runs", row)
