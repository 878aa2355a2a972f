"""Among a million rows nothing is looked for by reading them all: each view and each queue has an index."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest

from bot.accounts import SlackUser
from bot.controlling import Act, TimerChange
from bot.store.controlling import ChangeStore
from bot.store.database import SqliteDatabase
from bot.store.figures import FigureStore
from bot.store.following import FollowerStore
from bot.store.port import Database
from bot.store.queue import QUEUES, claim
from bot.store.retaining import OldStore
from bot.store.scheduling import RequestStore
from bot.store.showing import TimerStore
from bot.store.telling import MailboxStore
from bot.store.watching import WatchStore
from bot.telling import Mailbox, Stale
from bot.watching import Look, Watch
from bot.working import NotOurs
from tests.store.looking import Overheard

NOW: Final = datetime(2027, 3, 1, 12, tzinfo=UTC)
ADA: Final = SlackUser("T1", "UADA")
MAILBOX: Final = Mailbox(1, "T1", "C1")
MANY: Final = frozenset({"requests", "timers", "runs", "posts", "changes", "watches", "mailboxes"})
"""The tables that grow with what people do."""


def clock() -> datetime:
    return NOW


def views(database: Database) -> None:
    timers = TimerStore(database, clock=clock)
    timers.of_person(ADA, limit=20, offset=480)
    timers.of_channel("T1", "C1", limit=10, offset=490)
    timers.stopped(ADA, limit=20)
    timers.known("T1", ["a", "b"])
    timers.subjects("T1", ["a", "b"])
    timers.subject("T1", "a")
    timers.runs("a", limit=10)
    RequestStore(database, clock=clock, owner="one").latest(ADA, limit=5)


def looks(database: Database) -> None:
    watches = WatchStore(database, clock=clock, owner="one")
    watches.timers(ADA)
    watches.audience("T1", ["a", "b"])
    with suppress(NotOurs):
        watches.keep([Look(Watch(1, ADA), Watch(1, ADA))])


def telling(database: Database) -> None:
    mailboxes = MailboxStore(database, clock=clock, owner="one")
    mailboxes.posts(MAILBOX, limit=10)
    mailboxes.stale(MAILBOX, limit=2)
    mailboxes.told(MAILBOX, (), due=NOW)
    mailboxes.drawn(MAILBOX, Stale("a", 1), due=NOW)
    mailboxes.later(MAILBOX)


def requests(database: Database) -> None:
    store = RequestStore(database, clock=clock, owner="one")
    store.find("a")
    store.waiting_for(ADA)
    asyncio.run(store.find_timer("T1", "a"))
    asyncio.run(store.close_view("V1"))


def changes(database: Database) -> None:
    store = ChangeStore(database, clock=clock, owner="one")
    change = TimerChange("change", ADA, "a", Act.PAUSE, asked_at=NOW, due=NOW)
    asyncio.run(store.accept(change))
    store.is_first(change)


def queues(database: Database) -> None:
    for table, key in QUEUES.items():
        # Whether something is due is asked first, and then it is held; here nothing is.
        claim(database, table, now=NOW, owner="one", limit=1)
        hold = (
            f"UPDATE {table} SET lease_owner = 'one' WHERE {key} IN "  # noqa: S608 - our own names
            f"(SELECT {key} FROM {table} WHERE due <= ? AND lease_owner IS NULL ORDER BY due LIMIT 1)"
        )
        database.write(lambda writer, hold=hold: writer.execute(hold, [NOW.isoformat()]))  # type: ignore[misc]


def digests(database: Database) -> None:
    FollowerStore(database, clock=clock, owner="one").of(ADA, "a")


def readiness(database: Database) -> None:
    FigureStore(database, clock=clock).waits()  # type: ignore[arg-type]  # it only reads


ASKED: Final = (views, looks, telling, requests, changes, queues, digests, readiness)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[SqliteDatabase]:
    database = SqliteDatabase(tmp_path / "bot.db")
    yield database
    database.close()


def plans(overheard: Overheard, database: Database) -> dict[str, list[str]]:
    return {
        sql: database.read(
            lambda reader, sql=sql, values=values: [  # type: ignore[misc]
                row["detail"] for row in reader.query(f"EXPLAIN QUERY PLAN {sql}", values)
            ]
        )
        for sql, values in (*overheard.asked, *overheard.written)
    }


@pytest.mark.parametrize("ask", ASKED)
def test_no_table_that_grows_is_read_from_end_to_end(
    database: SqliteDatabase, ask: Callable[[Database], None]
) -> None:
    ask(overheard := Overheard(database))

    scanned = {
        sql: step
        for sql, steps in plans(overheard, database).items()
        for step in steps
        if step.startswith("SCAN") and MANY.intersection(step.split())
    }
    assert scanned == {}


def test_many_timers_are_found_one_by_one_and_not_among_all_of_their_team(database: SqliteDatabase) -> None:
    overheard = Overheard(database)
    TimerStore(overheard, clock=clock).known("T1", [f"job-{number}" for number in range(500)])

    [steps] = plans(overheard, database).values()
    assert steps == ["SEARCH timers USING INDEX sqlite_autoindex_timers_1 (job_id=?)"]


def test_the_announcement_that_is_furthest_behind_is_found_without_sorting(database: SqliteDatabase) -> None:
    overheard = Overheard(database)
    MailboxStore(overheard, clock=clock, owner="one").stale(MAILBOX, limit=2)

    [steps] = plans(overheard, database).values()
    assert steps == [
        "SEARCH timers USING COVERING INDEX timers_stale (team_id=? AND channel_id=? AND redraws>?)"
    ]


def test_what_is_old_is_found_without_reading_what_is_not(database: SqliteDatabase) -> None:
    overheard = Overheard(database)
    old = OldStore(overheard, clock=clock, owner="one")
    for kind in old.kinds():
        old.drop(kind, before=NOW, short_before=NOW - timedelta(days=1), limit=10)

    scanned = [
        step
        for steps in plans(overheard, database).values()
        for step in steps
        if step.startswith("SCAN") and MANY.difference({"changes"}).intersection(step.split())
    ]
    assert scanned == []
