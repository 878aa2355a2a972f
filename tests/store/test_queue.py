"""Work in tables: who may hold it, for how long, and what becomes of it when the clock goes back."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from bot.store.port import Database
from bot.store.queue import LEASE, QUEUES, as_text, claim, hurry, recover, release
from tests.store.looking import columns

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def put(database: Database, user_id: str, due: datetime) -> None:
    insert = "INSERT INTO watches (team_id, user_id, due) VALUES ('T1', ?, ?)"
    database.write(lambda writer: writer.execute(insert, [user_id, as_text(due)]))


def taken(database: Database, owner: str, at: datetime) -> list[str]:
    rows = claim(database, "watches", now=at, owner=owner, limit=10)
    return [row["user_id"] for row in rows]


def dues(database: Database) -> list[str]:
    query = "SELECT due FROM watches ORDER BY user_id"
    return database.read(lambda reader: [row["due"] for row in reader.query(query)])


def let_go(database: Database, owner: str) -> None:
    release(database, "watches", 1, owner=owner)


def test_every_table_with_leases_is_known_as_a_queue(database: Database) -> None:
    leased = {table for table, names in database.read(columns).items() if "lease_until" in names}

    assert sorted(leased) == sorted(QUEUES)


def test_what_one_holds_nobody_takes_as_long_as_it_lives_whatever_the_clock_says(database: Database) -> None:
    put(database, "U1", NOW)

    assert taken(database, "one", NOW) == ["U1"]
    assert taken(database, "one", NOW + 10 * LEASE) == []
    assert taken(database, "another", NOW + 10 * LEASE) == []


def test_what_the_dead_held_is_free_and_what_the_living_hold_is_not(
    database: Database, dies: Callable[[str], None]
) -> None:
    put(database, "U1", NOW)
    taken(database, "one", NOW)
    put(database, "U2", NOW)
    taken(database, "another", NOW)

    dies("one")
    recover(database, "watches", owner="another")

    assert taken(database, "another", NOW) == ["U1"]


def test_whoever_comes_too_late_lets_nothing_go(database: Database, dies: Callable[[str], None]) -> None:
    put(database, "U1", NOW)
    taken(database, "one", NOW)
    dies("one")
    recover(database, "watches", owner="another")
    taken(database, "another", NOW)

    let_go(database, "one")
    assert taken(database, "third", NOW) == []

    let_go(database, "another")
    assert taken(database, "third", NOW) == ["U1"]


def test_what_was_near_comes_now_after_the_clock_went_back_and_the_rest_waits(
    database: Database,
) -> None:
    far, near, past = NOW + timedelta(days=1), NOW + timedelta(hours=1), NOW - SECOND
    for user_id, due in (("U1", past), ("U2", near), ("U3", far)):
        put(database, user_id, due)

    hurry(database, now=NOW, until=near)

    assert dues(database) == [as_text(past), as_text(NOW), as_text(far)]
