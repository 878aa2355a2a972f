import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database as SqliteUtils
from sqlite_utils.utils import sqlite3 as newest  # type: ignore[attr-defined]

from bot.errors import DatabaseProblem
from bot.store.connecting import wal_is_safe
from bot.store.database import SqliteDatabase
from bot.store.writing import MOST_WAITING


def counts(database: SqliteUtils) -> int:
    return int(database.execute("SELECT count(*) FROM accounts").fetchone()[0])


def account(number: int, database: SqliteUtils) -> None:
    database.execute("INSERT INTO accounts VALUES ('T1', ?, 'identity', 'ada', 'now', NULL)", [f"U{number}"])


def begun(database: SqliteDatabase, job: Callable[[SqliteUtils], Any]) -> Future[Any]:
    done: Future[Any] = Future()
    database._writer.begin(job, done)
    return done


def test_a_write_is_there_for_every_thread_as_soon_as_it_returns(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "bot.db")
    seen: list[int] = []
    database.write(lambda writer: account(1, writer))
    reader = threading.Thread(target=lambda: seen.append(database.read(counts)))
    reader.start()
    reader.join()
    database.close()

    assert seen == [1]


def test_a_failing_write_fails_alone_and_its_neighbours_stay(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "bot.db")

    async def all_at_once() -> list[object]:
        numbers = [1, 2, 2, 3]
        jobs = (database.write_soon(lambda writer, n=number: account(n, writer)) for number in numbers)  # type: ignore[misc]
        return await asyncio.gather(*jobs, return_exceptions=True)

    outcomes = asyncio.run(all_at_once())
    kept = database.read(counts)
    database.close()

    assert [isinstance(outcome, Exception) for outcome in outcomes] == [False, False, True, False]
    assert kept == 3


def test_what_was_written_is_there_after_opening_again(tmp_path: Path) -> None:
    first = SqliteDatabase(tmp_path / "bot.db")
    first.write(lambda writer: account(1, writer))
    first.close()
    second = SqliteDatabase(tmp_path / "bot.db")

    assert second.read(counts) == 1
    second.close()


def test_a_second_bot_on_the_same_file_is_refused(tmp_path: Path) -> None:
    first = SqliteDatabase(tmp_path / "bot.db")

    with pytest.raises(DatabaseProblem, match="Another transferbot"):
        SqliteDatabase(tmp_path / "bot.db")
    first.close()


def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "bot.db").write_text("not a database, but somebody's diary, which is long enough")

    with pytest.raises(DatabaseProblem, match="not a database"):
        SqliteDatabase(tmp_path / "bot.db")
    assert (tmp_path / "bot.db").read_text().startswith("not a database")


def test_a_database_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    SqliteDatabase(tmp_path / "bot.db").close()
    with sqlite3.connect(tmp_path / "bot.db") as newer:
        newer.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at)"
            " VALUES ('transferbot', 'm999', 'now')"
        )
    newer.close()

    with pytest.raises(DatabaseProblem, match="newer transferbot"):
        SqliteDatabase(tmp_path / "bot.db")


def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    SqliteDatabase(tmp_path / "bot.db").close()

    assert (tmp_path / "bot.db").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("version", "safe"),
    [
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 46, 1), False),
        ((3, 50, 6), False),
        ((3, 50, 7), True),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 52, 0), False),
        ((3, 53, 4), True),
        ((4, 0, 0), True),
    ],
)
def test_wal_is_used_only_where_sqlite_has_no_wal_reset_bug(version: tuple[int, ...], *, safe: bool) -> None:
    assert wal_is_safe(version) is safe


def test_a_disk_that_fills_up_in_the_middle_of_a_group_undoes_all_of_it(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "bot.db")

    def fills_up(writer: SqliteUtils) -> None:
        writer.conn.execute("ROLLBACK")  # as SQLite itself does (https://sqlite.org/lang_transaction.html)
        raise OSError("the disk is full")

    def held(_writer: SqliteUtils) -> None:
        holding.set()
        together.wait(10)

    async def all_at_once() -> list[object]:
        # The first one holds the writer, so that those after it are one group.
        first = asyncio.ensure_future(database.write_soon(held))
        await asyncio.to_thread(holding.wait, 10)
        jobs = [lambda writer: account(1, writer), fills_up, lambda writer: account(2, writer)]
        group = [asyncio.ensure_future(database.write_soon(job)) for job in jobs]
        await asyncio.sleep(0.2)
        together.set()
        return await asyncio.gather(*group, first, return_exceptions=True)

    together, holding = threading.Event(), threading.Event()
    outcomes = asyncio.run(all_at_once())
    kept = database.read(counts)
    database.close()

    assert [isinstance(outcome, Exception) for outcome in outcomes] == [True, True, True, False]
    assert kept == 0


def test_a_write_waits_until_another_process_lets_the_file_go(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "bot.db")
    tries: list[int] = []

    def locked_twice(writer: SqliteUtils) -> None:
        tries.append(1)
        if len(tries) < 3:
            raise newest.OperationalError("database is locked")
        account(1, writer)

    database.write(locked_twice)
    with pytest.raises(newest.OperationalError, match="no such table"):
        database.write(lambda writer: writer.execute("SELECT 1 FROM nowhere"))
    kept = database.read(counts)
    database.close()

    assert (len(tries), kept) == (3, 1)


def test_a_brief_read_neither_waits_for_a_write_nor_sees_half_of_it(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "bot.db")
    holding, let_go = threading.Event(), threading.Event()

    def hold(writer: SqliteUtils) -> None:
        account(1, writer)
        holding.set()
        let_go.wait(10)

    held = begun(database, hold)
    holding.wait(10)
    during = database.read(counts, brief=True)
    let_go.set()
    held.result()
    # The writer may have told before it let the next one take its turn.
    afterwards = [database.read(counts, brief=True) for _ in range(2)]
    database.close()

    assert (during, afterwards) == (0, [1, 1])


def test_no_more_than_so_many_writes_wait(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "bot.db")
    holding, let_go = threading.Event(), threading.Event()

    def hold(_writer: SqliteUtils) -> None:
        holding.set()
        let_go.wait(10)

    held = begun(database, hold)
    holding.wait(10)
    waiting = [begun(database, counts) for _ in range(MOST_WAITING)]

    with pytest.raises(DatabaseProblem, match="more to keep"):
        database.write(counts)
    let_go.set()
    held.result()
    counted = {one.result() for one in waiting}
    database.close()

    assert counted == {0}


def test_writes_that_wait_for_their_turn_are_committed_together(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "bot.db")
    holding, let_go = threading.Event(), threading.Event()
    done: list[str] = []

    def hold(writer: SqliteUtils) -> None:
        writer.conn.set_trace_callback(done.append)
        holding.set()
        let_go.wait(10)

    held = begun(database, hold)
    holding.wait(10)
    numbers = range(1, 6)
    threads = [
        threading.Thread(target=database.write, args=[lambda writer, n=number: account(n, writer)])
        for number in numbers
    ]
    for thread in threads:
        thread.start()
    while len(database._writer._waiting) < len(threads):
        time.sleep(0.01)
    let_go.set()
    for thread in threads:
        thread.join()
    held.result()
    kept = database.read(counts)
    database.close()

    assert kept == len(threads)
    # One is of who held the turn.
    assert done.count("COMMIT") == 2


def test_only_what_need_not_last_is_left_to_the_next_flush(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "bot.db")

    def flushed(writer: SqliteUtils) -> bool:
        [[synchronous]] = writer.conn.execute("PRAGMA synchronous").fetchall()
        return bool(synchronous == 2)

    written = [database.write(flushed, lasting=lasting) for lasting in (True, False, False, True)]
    soon = asyncio.run(database.write_soon(flushed))
    database.close()

    is_wal = wal_is_safe(newest.sqlite_version_info)
    assert written == [True, not is_wal, not is_wal, True]
    assert soon


def test_whoever_waits_for_a_turn_that_never_comes_is_told_when_the_database_closes(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "bot.db")
    holding, let_go = threading.Event(), threading.Event()
    told: list[object] = []

    def hold(_writer: SqliteUtils) -> None:
        holding.set()
        let_go.wait(30)

    def write() -> None:
        try:
            database.write(counts)
        except DatabaseProblem as problem:
            told.append(problem)

    begun(database, hold)
    holding.wait(10)
    waiting = threading.Thread(target=write)
    waiting.start()
    while not database._writer._waiting:
        time.sleep(0.01)
    database.close()
    waiting.join(10)
    let_go.set()

    assert len(told) == 1
