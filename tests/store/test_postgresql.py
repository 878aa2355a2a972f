"""A server that several bots share: who lives, what becomes of conflicts, and how it may be missing."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Protocol

import psycopg
import pytest
from psycopg.errors import SerializationFailure

from bot.accounts import Account, SlackUser, Token
from bot.errors import DatabaseProblem
from bot.sign_ins import SignIn
from bot.store.linking import AccountStore, SignInStore
from bot.store.port import Connection, Database, insert
from bot.store.postgresql import examining
from bot.store.postgresql.connecting import bound, translated
from bot.store.postgresql.database import CONNECTIONS, PostgresqlDatabase
from bot.store.queue import as_text, claim, recover
from bot.store.vault import Vault, new_key, read_keys
from tests.postgresql import PASSWORD, Server
from tests.store.looking import add, count

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
WATCH = {"team_id": "T1", "user_id": "U1", "due": as_text(NOW)}
NOTHING = "postgresql://nobody:planted-password@127.0.0.1:9/nothing"


class Opening(Protocol):
    """What opens a database as one process would."""

    def __call__(
        self, url: str, *, migrated_at: datetime | None = None, owner: str | None = None
    ) -> PostgresqlDatabase: ...


@pytest.fixture
def kind() -> str:
    return "postgresql"


@pytest.fixture
def opening() -> Iterator[Opening]:
    """Open databases, and close them however the test ends: each proves from a thread that it lives."""
    with ExitStack() as closing:

        def open_database(
            url: str, *, migrated_at: datetime | None = None, owner: str | None = None
        ) -> PostgresqlDatabase:
            database = PostgresqlDatabase(url, migrated_at=migrated_at, owner=owner)
            closing.callback(database.close)
            return database

        yield open_database


def wait(look: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not look():
        assert time.monotonic() < until
        time.sleep(0.05)


def taken(database: Database, owner: str) -> int:
    return len(claim(database, "watches", now=NOW, owner=owner, limit=5))


def takes_over(database: Database, owner: str) -> bool:
    """Free what the dead held, and say whether there was any; a death is noticed a moment later."""
    recover(database, "watches", owner=owner)
    return taken(database, owner) == 1


@pytest.mark.parametrize(
    ("sql", "here"),
    [
        ("SELECT a FROM b WHERE c = ? AND d = :name", "SELECT a FROM b WHERE c = %s AND d = %(name)s"),
        (
            "SELECT '12:30?' WHERE a LIKE 'x%' AND b % 2 = 0",
            "SELECT '12:30?' WHERE a LIKE 'x%%' AND b %% 2 = 0",
        ),
        ("SELECT a::bigint, 'it''s :not'", "SELECT a::bigint, 'it''s :not'"),
    ],
)
def test_statements_are_written_as_the_driver_wants_them(sql: str, here: str) -> None:
    assert translated(sql) == here


def test_a_text_keeps_all_but_the_character_that_it_cannot_hold() -> None:
    assert bound(["a\0b", b"a\0b", 1, None]) == ["a\N{REPLACEMENT CHARACTER}b", b"a\0b", 1, None]


def test_two_that_count_on_what_they_read_come_one_after_the_other(database: Database) -> None:
    """Each gives a draft the number of those that are there: alone, no two have the same."""
    together = threading.Barrier(2)
    first = {"U1", "U2"}

    def number(user_id: str) -> Callable[[Connection], None]:
        def write(writer: Connection) -> None:
            [there] = writer.query("SELECT count(*) AS count FROM drafts")
            if user_id in first:
                first.discard(user_id)
                together.wait(10)
            row = {"team_id": "T1", "user_id": user_id, "request_id": "r", "form": str(there["count"])}
            insert(writer, "drafts", row | {"saved_at": ""})

        return write

    async def both() -> None:
        await asyncio.gather(*(database.write_soon(number(user_id)) for user_id in ("U1", "U2")))

    asyncio.run(both())
    rows = database.read(lambda reader: list(reader.query("SELECT form FROM drafts ORDER BY form")))
    assert [row["form"] for row in rows] == ["0", "1"]


def test_what_conflicts_for_ever_is_told_in_the_end(database: Database) -> None:
    tries = []

    def conflict(_writer: Connection) -> None:
        tries.append(1)
        raise SerializationFailure

    with pytest.raises(SerializationFailure):
        asyncio.run(database.write_soon(conflict))
    assert len(tries) > 10


def test_of_many_that_claim_at_once_each_gets_rows_of_its_own(database: Database) -> None:
    for number in range(40):
        add(database, "watches", WATCH | {"user_id": f"U{number}"})
    got: list[int] = []

    def work(owner: str) -> None:
        while rows := claim(database, "watches", now=NOW, owner=owner, limit=1):
            got.extend(row["watch_id"] for row in rows)

    threads = [threading.Thread(target=work, args=(owner,)) for owner in ("one", "another", "third")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(got) == len(set(got))
    while taken(database, "one"):
        pass
    query = "SELECT count(*) AS count FROM watches WHERE lease_owner IS NULL"
    assert database.read(lambda reader: list(reader.query(query))) == [{"count": 0}]


def test_whoever_loses_the_connection_that_proves_its_life_gets_no_work_until_it_has_another(
    url: str, server: Server, opening: Opening
) -> None:
    first = opening(url, owner="first")
    second = opening(url, owner="second")
    add(first, "watches", WATCH)
    assert taken(first, "first") == 1
    assert (first.alive, first.lives) == (True, 1)

    server.run(
        "SELECT pg_terminate_backend(pid) FROM pg_locks "
        "WHERE locktype = 'advisory' AND objid = hashtext('first')::oid",
        name=url.rpartition("/")[2],
    )
    wait(lambda: takes_over(second, "second"))

    wait(lambda: first.alive and first.lives == 2)
    add(first, "watches", WATCH | {"user_id": "U2"})
    assert taken(first, "first") == 1
    first.close()
    wait(lambda: takes_over(second, "second"))


def test_without_proof_of_life_there_is_no_work(database: Database) -> None:
    add(database, "watches", WATCH)

    assert taken(database, "nobody") == 0
    assert taken(database, "one") == 1


def test_a_database_in_which_no_bot_ever_was_is_not_taken_for_one(server: Server, opening: Opening) -> None:
    with server.empty("nothing_in_it") as url:
        with pytest.raises(DatabaseProblem, match="No transferbot has used"):
            opening(url)
        opening(url, migrated_at=NOW).close()
        database = opening(url)
        assert count(database, "chores") == 1
        database.close()


def test_three_that_start_at_once_change_the_schema_once(server: Server, opening: Opening) -> None:
    with server.empty("three_at_once") as url:
        opened: list[PostgresqlDatabase] = []

        def start(owner: str) -> None:
            opened.append(opening(url, migrated_at=NOW, owner=owner))

        threads = [threading.Thread(target=start, args=(f"process-{number}",)) for number in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [database.alive for database in opened] == [True] * 3
        for database in opened:
            database.close()


def test_a_schema_of_a_newer_version_is_refused(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as opened:
        opened.execute("INSERT INTO migrations VALUES ('m999_tomorrow', '')")

    with pytest.raises(DatabaseProblem, match="newer transferbot"):
        PostgresqlDatabase(url, migrated_at=NOW)


def test_a_server_that_is_not_there_is_told_of_without_the_password() -> None:
    with pytest.raises(DatabaseProblem, match="cannot be reached") as told:
        PostgresqlDatabase(NOTHING, migrated_at=NOW)

    assert PASSWORD not in str(told.value)


def test_whoever_writes_after_the_end_is_refused_at_once(url: str, opening: Opening) -> None:
    database = opening(url)
    database.close()

    with pytest.raises(DatabaseProblem, match="is closed"):
        database.write(lambda writer: writer.execute("DELETE FROM drafts"))


def test_a_beat_is_written_by_a_user_who_is_nothing_special_and_not_without_proof_of_life(
    url: str, server: Server, opening: Opening
) -> None:
    database = opening(url, owner="beating")
    database.beat(10)
    with psycopg.connect(url) as opened:
        opened.execute("LOCK TABLE chores")  # whatever others do to tables
        database.beat(10)
    database.close()
    with pytest.raises(DatabaseProblem, match="Proof of life"):
        database.beat(10)
    del server


@pytest.mark.parametrize(
    ("before", "found"),
    [
        ("", "ok       Database: PostgreSQL 1"),
        ("DELETE FROM migrations WHERE name LIKE 'm022%'", "the next start brings its schema up to date"),
        ("INSERT INTO migrations VALUES ('m999', '')", "problem  Database: written by a newer"),
    ],
)
def test_the_check_says_how_a_server_is(url: str, before: str, found: str) -> None:
    with psycopg.connect(url, autocommit=True) as opened:
        if before:
            opened.execute(before.encode())

    assert found in "\n".join(map(str, examining.database(url)))


def test_the_check_says_that_keys_are_missing_or_others(url: str, opening: Opening) -> None:
    accounts = AccountStore(opening(url), Vault(read_keys(new_key())), clock=lambda: NOW)
    accounts.link(Account(SlackUser("T1", "U1"), "i", "ada"), (Token("timers", "all", "a", "r", 2**31),))

    assert "Set TRANSFERBOT_KEYS" in str(next(examining.keys(url, None)))
    with pytest.raises(DatabaseProblem, match="key that is not listed"):
        list(examining.keys(url, new_key()))


def test_a_browser_that_comes_back_needs_one_connection(database: Database) -> None:
    vault = Vault(read_keys(new_key()))
    accounts = AccountStore(database, vault, clock=lambda: NOW)
    sign_ins = SignInStore(database, vault, accounts, clock=lambda: NOW, owner="one", wake=lambda: None)
    sign_in = SignIn("s1", SlackUser("T1", "U1"), "verifier", NOW)
    sign_ins.open(sign_in)
    may_end = threading.Event()

    async def look() -> SignIn | None:
        others = [database.read_soon(lambda _: may_end.wait(30)) for _ in range(CONNECTIONS - 1)]
        waiting = asyncio.gather(*others)
        try:
            await asyncio.sleep(0)
            return await sign_ins.find_soon("s1")
        finally:
            may_end.set()
            await waiting

    assert asyncio.run(look()) == sign_in
