"""Work in tables: who may hold it, for how long, and what becomes of it when the clock goes back."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlite_utils import Database as SqliteUtils

from bot.store.database import Database
from bot.store.queue import LEASE, QUEUES, as_text, claim, hurry, release

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "bot.db")
    yield database
    database.close()


def put(database: Database, user_id: str, due: datetime) -> None:
    insert = "INSERT INTO watches (team_id, user_id, due) VALUES ('T1', ?, ?)"
    database.write(lambda writer: writer.execute(insert, [user_id, as_text(due)]))


def taken(database: Database, owner: str, at: datetime) -> list[str]:
    rows = claim(database, "watches", "watch_id", now=at, owner=owner, limit=10)
    return [row["user_id"] for row in rows]


def dues(database: Database) -> list[str]:
    query = "SELECT due FROM watches ORDER BY user_id"
    return database.read(lambda reader: [row["due"] for row in reader.query(query)])


def let_go(database: Database, owner: str) -> None:
    release(database, "watches", "watch_id", 1, owner=owner)


def test_every_table_with_leases_is_known_as_a_queue(database: Database) -> None:
    def leased(reader: SqliteUtils) -> list[str]:
        return sorted(one.name for one in reader.tables if "lease_until" in one.columns_dict)

    assert database.read(leased) == sorted(QUEUES)


def test_what_one_holds_no_other_takes_before_the_lease_is_over(database: Database) -> None:
    put(database, "U1", NOW)

    assert taken(database, "one", NOW) == ["U1"]
    assert taken(database, "another", NOW + LEASE - SECOND) == []
    assert taken(database, "another", NOW + LEASE) == ["U1"]


def test_nobody_takes_anew_what_they_hold_whatever_the_clock_says(database: Database) -> None:
    put(database, "U1", NOW)

    assert taken(database, "one", NOW) == ["U1"]
    assert taken(database, "one", NOW + 10 * LEASE) == []


def test_whoever_comes_too_late_lets_nothing_go(database: Database) -> None:
    put(database, "U1", NOW)
    taken(database, "one", NOW)
    taken(database, "another", NOW + LEASE)

    let_go(database, "one")
    assert taken(database, "third", NOW + LEASE) == []

    let_go(database, "another")
    assert taken(database, "third", NOW + LEASE) == ["U1"]


def test_what_was_near_comes_now_after_the_clock_went_back_and_the_rest_waits(database: Database) -> None:
    far, near, past = NOW + timedelta(days=1), NOW + timedelta(hours=1), NOW - SECOND
    for user_id, due in (("U1", past), ("U2", near), ("U3", far)):
        put(database, user_id, due)

    hurry(database, now=NOW, until=near)

    assert dues(database) == [as_text(past), as_text(NOW), as_text(far)]
