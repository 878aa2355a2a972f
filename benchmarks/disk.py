"""What the disk allows: how often it takes a page for good, and how often one SQLite transaction."""

import os
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from time import perf_counter

from benchmarks.bench import Bench, Extent
from benchmarks.tables import Table, number
from bot.store.connecting import sqlite3
from bot.store.database import SqliteDatabase

_PAGE = bytes(4096)


async def disk(bench: Bench, extent: Extent) -> Sequence[Table]:
    """Measure it one at a time, in the folder where the databases of the other benchmarks are."""
    place = bench.place("disk")
    rows = [
        ("write 4 kB and fsync", number(_appending(place / "page", extent.seconds))),
        ("a row and COMMIT, by SQLite alone", number(_committing(place / "alone.db", extent.seconds))),
        ("a row and COMMIT, through the bot's writer", number(_writing(place / "bot.db", extent.seconds))),
    ]
    return (Table("The disk, one at a time", ("what", "times/s"), rows),)


def _appending(file: Path, seconds: float) -> float:
    with file.open("ab") as opened:

        def once() -> None:
            opened.write(_PAGE)
            opened.flush()
            os.fsync(opened.fileno())

        return _often(once, seconds)


def _committing(file: Path, seconds: float) -> float:
    with closing(sqlite3.connect(file, isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.execute("CREATE TABLE kept (form TEXT) STRICT")
        return _often(lambda: database.execute("INSERT INTO kept VALUES ('x')"), seconds)


def _writing(file: Path, seconds: float) -> float:
    database = SqliteDatabase(file)
    try:
        database.write(lambda writer: writer.execute("CREATE TABLE kept (form TEXT) STRICT"))
        return _often(
            lambda: database.write(lambda writer: writer.execute("INSERT INTO kept VALUES ('x')")), seconds
        )
    finally:
        database.close()


def _often(once: Callable[[], object], seconds: float) -> float:
    begun, times = perf_counter(), 0
    while (passed := perf_counter() - begun) < seconds or not times:
        once()
        times += 1
    return times / passed
