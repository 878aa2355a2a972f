"""What is old goes, and nothing that a live timer needs."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.accounts import SlackUser
from bot.planning import Location, Plan, Source
from bot.retaining import BATCH, Chore, Retaining
from bot.schedules import Schedule
from bot.scheduling import RequestState, TimerRequest
from bot.store.port import Database
from bot.store.queue import as_text
from bot.store.retaining import _DROPS, RUNS_KEPT, OldStore
from bot.store.scheduling import RequestStore
from tests.store.looking import add, count

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
OLD = NOW - timedelta(days=200)
ADA = SlackUser("T1", "UADA")
CHORE = Chore("retention")


class Keeping:
    """A database with requests, timers and runs, and the chore that lets old ones go."""

    def __init__(self, database: Database, days: int = 90) -> None:
        self.now = NOW
        self.database = database
        self.requests = RequestStore(database, clock=lambda: OLD, owner="one")
        self.old = OldStore(database, clock=lambda: self.now, owner="one")
        account = {"team_id": "T1", "user_id": "UADA", "identity_id": "i", "username": "ada", "linked_at": ""}
        add(database, "accounts", account)
        self.chore = Retaining(old=self.old, days=days, clock=lambda: self.now, again=self.old.again)

    def request(self, name: str, state: RequestState = RequestState.ANNOUNCED, **more: object) -> None:
        plan = Plan(
            source=Source("a", ("/data/",), "Beamline"),
            destination=Location("b", "/archive/", "Archive"),
            schedule=Schedule(OLD, timedelta(hours=1)),
            announce_in="C1",
        )
        request = TimerRequest(name, f"ref{name}", ADA, plan, OLD)
        asyncio.run(self.requests.accept(request))
        sent = int(state is RequestState.CREATING)
        self.requests.save(replace(request, state=state, creations=sent, **more))  # type: ignore[arg-type]

    def timer(self, name: str, status: str, *, runs: int = 3, **columns: str) -> None:
        """Keep an old request that became a timer, with a run for each of the first hours."""
        self.request(name, job_id=name)
        self.change("timers", name, status=status, **columns)
        for hour in range(runs):
            row = {
                "job_id": name,
                "started_at": as_text(OLD + timedelta(hours=hour)),
                "state": "succeeded",
                "files": 1,
                "bytes_transferred": 1,
                "faults": 0,
                "skipped": 0,
                "problem": "",
                "noted_at": as_text(OLD),
            }
            add(self.database, "runs", row)

    def change(self, table: str, job_id: str, **columns: object) -> None:
        sets = ", ".join(f"{name} = :{name}" for name in columns)
        statement = f"UPDATE {table} SET {sets} WHERE job_id = :job_id"  # noqa: S608 - our own names
        self.database.write(lambda one: one.execute(statement, columns | {"job_id": job_id}))

    def work(self, *, days_later: float = 0) -> None:
        self.now += timedelta(days=days_later)
        self.chore.work(CHORE)

    def kept(self, table: str, column: str = "job_id") -> list[Any]:
        query = f"SELECT DISTINCT {column} AS one FROM {table} ORDER BY 1"  # noqa: S608 - our own names
        return [row["one"] for row in self.database.read(lambda one: list(one.query(query)))]

    def number(self, table: str) -> int:
        return count(self.database, table)


@pytest.fixture
def keeping(database: Database) -> Keeping:
    return Keeping(database)


def test_a_timer_that_is_over_goes_ninety_days_after_it_was_first_seen_so(keeping: Keeping) -> None:
    keeping.timer("ended", "ended")
    keeping.timer("gone", "gone")
    keeping.timer("left", "active", unwatched="left")
    keeping.work()
    keeping.work(days_later=89)
    assert keeping.kept("timers") == ["ended", "gone", "left"]

    keeping.work(days_later=2)
    assert keeping.kept("timers") == keeping.kept("runs") == keeping.kept("requests") == []


@pytest.mark.parametrize(
    ("status", "columns"),
    [("active", {}), ("inactive", {}), ("unknown", {}), ("active", {"unwatched": "signed out"})],
)
def test_a_timer_that_may_run_keeps_all_that_it_needs(
    keeping: Keeping, status: str, columns: dict[str, str]
) -> None:
    keeping.timer("live", status, runs=3, **columns)
    keeping.work()
    keeping.work(days_later=1000)

    assert keeping.kept("timers") == keeping.kept("requests") == ["live"]
    assert keeping.number("runs") == 3


def test_a_timer_that_lives_again_is_not_counted_from_when_it_was_over(keeping: Keeping) -> None:
    keeping.timer("back", "ended")
    keeping.work()
    keeping.change("timers", "back", status="active")
    keeping.work(days_later=60)
    keeping.change("timers", "back", status="ended")
    keeping.work(days_later=60)
    keeping.work(days_later=60)

    assert keeping.kept("timers") == ["back"]


def test_of_a_live_timer_the_latest_runs_stay_whatever_their_age(keeping: Keeping) -> None:
    keeping.timer("live", "active", runs=RUNS_KEPT + 20)
    keeping.work()

    assert keeping.number("runs") == RUNS_KEPT
    assert keeping.kept("runs", "min(started_at)") == [as_text(OLD + timedelta(hours=20))]


@pytest.mark.parametrize("state", [RequestState.REFUSED, RequestState.EXPIRED, RequestState.ANNOUNCED])
def test_a_request_that_is_over_and_has_no_timer_goes(keeping: Keeping, state: RequestState) -> None:
    keeping.request("over", state)
    keeping.work()

    assert keeping.number("requests") == 0


@pytest.mark.parametrize("state", set(RequestState) - {"refused", "expired", "announced"})
def test_a_request_that_is_not_over_stays(keeping: Keeping, state: RequestState) -> None:
    keeping.request("waiting", state)
    keeping.work()

    assert keeping.number("requests") == 1


def test_news_that_wait_keep_their_timer(keeping: Keeping) -> None:
    keeping.timer("ended", "ended")
    keeping.work()
    mailbox = {"mailbox_id": 1, "team_id": "T1", "place": "C1"}
    post = {"mailbox_id": 1, "job_id": "ended", "thread_ts": "", "news": "{}"}
    add(keeping.database, "mailboxes", mailbox)
    add(keeping.database, "posts", post)
    keeping.work(days_later=100)

    assert keeping.kept("timers") == ["ended"]


def test_what_was_meant_for_minutes_goes_after_a_day_and_everything_else_stays(
    database: Database,
) -> None:
    keeping = Keeping(database, days=0)
    keeping.request("refused", RequestState.REFUSED)
    for name, hours in (("young", 23), ("old", 25)):
        row = {"ticket_hash": name, "sign_in_id": "s", "expires_at": as_text(NOW - timedelta(hours=hours))}
        add(database, "tickets", row)
    keeping.work()

    assert keeping.kept("tickets", "ticket_hash") == ["young"]
    assert keeping.number("requests") == 1


def test_a_great_many_go_in_small_writes(keeping: Keeping) -> None:
    for number in range(BATCH + 1):
        keeping.request(f"r{number}", RequestState.REFUSED)

    values = {"before": NOW, "short_before": NOW, "limit": BATCH}
    assert keeping.old.drop("requests", **values) == BATCH  # type: ignore[arg-type]
    keeping.work()
    assert keeping.number("requests") == 0


def test_it_is_done_once_a_day_over_any_number_of_starts(keeping: Keeping) -> None:
    assert keeping.old.claim(limit=1) == [CHORE]
    keeping.work()
    assert keeping.old.claim(limit=1) == []
    OldStore(keeping.database, clock=lambda: keeping.now, owner="another").recover()
    assert keeping.old.claim(limit=1) == []
    keeping.now += timedelta(days=1)
    assert keeping.old.claim(limit=1) == [CHORE]


def test_the_audit_trail_is_not_among_what_goes() -> None:
    assert not any(drop.table == "audit" for drop in _DROPS.values())
