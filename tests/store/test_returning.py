import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from typing_extensions import override

from bot.store.database import SqliteDatabase
from bot.store.port import Connection
from tests.counting import Threads


class Loop(asyncio.SelectorEventLoop):
    """Counts how often a thread wakes it."""

    wakes = 0

    @override
    def call_soon_threadsafe(self, *args: Any, **kwargs: Any) -> asyncio.Handle:  # type: ignore[override]
        self.wakes += 1
        return super().call_soon_threadsafe(*args, **kwargs)


def number(sql: str) -> Callable[[Connection], Any]:
    return lambda database: next(iter(database.query(f"SELECT {sql} AS number")))["number"]


def all_at_once(folder: Path, work: Callable[[SqliteDatabase], Awaitable[Any]]) -> tuple[Any, int, int]:
    """Give what the work brings, how often a thread woke the event loop, and how many were asked for."""
    database, threads = SqliteDatabase(folder / "bot.db"), Threads(1)

    async def begun() -> tuple[Any, int]:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, Loop)
        loop.set_default_executor(threads)
        return await work(database), loop.wakes

    with asyncio.Runner(loop_factory=Loop) as runner:
        found, wakes = runner.run(begun())
    database.close()
    return found, wakes, threads.asked


def test_reads_that_come_together_are_carried_out_by_one_thread(tmp_path: Path) -> None:
    async def read(database: SqliteDatabase) -> list[int]:
        return list(await asyncio.gather(*(database.read_soon(number(str(one))) for one in range(20))))

    found, wakes, asked = all_at_once(tmp_path, read)

    assert found == list(range(20))
    assert (asked, wakes) == (1, 1)


def test_a_read_that_fails_fails_alone(tmp_path: Path) -> None:
    async def read(database: SqliteDatabase) -> list[object]:
        asked = (database.read_soon(number(one)) for one in ("1", "nonsense", "3"))
        return list(await asyncio.gather(*asked, return_exceptions=True))

    (first, failed, last), _, _ = all_at_once(tmp_path, read)

    assert (first, last) == (1, 3)
    assert "nonsense" in str(failed)


def test_reads_one_after_another_each_get_a_thread(tmp_path: Path) -> None:
    async def read(database: SqliteDatabase) -> list[int]:
        return [await database.read_soon(number(str(one))) for one in range(5)]

    found, _, asked = all_at_once(tmp_path, read)

    assert found == list(range(5))
    assert asked == 5


def test_writes_that_are_committed_together_wake_the_event_loop_once(tmp_path: Path) -> None:
    async def write(database: SqliteDatabase) -> tuple[list[int], int]:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, Loop)
        with database._writer._turn:
            writes = [asyncio.ensure_future(database.write_soon(number(str(one)))) for one in range(40)]
            await asyncio.sleep(0)
            before = loop.wakes
        return await asyncio.gather(*writes), loop.wakes - before

    (found, wakes), _, _ = all_at_once(tmp_path, write)

    assert found == list(range(40))
    assert wakes == 1


def test_who_gave_up_is_passed_over_and_the_others_are_told(tmp_path: Path) -> None:
    async def write(database: SqliteDatabase) -> list[object]:
        with database._writer._turn:
            writes = [asyncio.ensure_future(database.write_soon(number(str(one)))) for one in range(3)]
            await asyncio.sleep(0)
            writes[1].cancel()
        return list(await asyncio.gather(*writes, return_exceptions=True))

    (first, gave_up, last), _, _ = all_at_once(tmp_path, write)

    assert (first, last) == (0, 2)
    assert isinstance(gave_up, asyncio.CancelledError)
