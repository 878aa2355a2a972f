"""Starts that must not do harm: on what cannot be written to, on newer and older databases, three at once."""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from sqlite_utils import Database as SqliteUtils

from bot.sandbox.globus.collections import SHARED
from bot.store.migrations import schema
from tests.faults.killing import integrity
from tests.faults.table import Place, Row
from tests.stories.stage import Stage, _environment, staged

AT_ONCE: Final = 3
FILE: Final = "transferbot.db"
BESIDE: Final = ("-wal", "-shm", "-journal")
UNPRIVILEGED: Final = ("setpriv", "--bounding-set=-dac_override,-fowner", "--")
"""Without these rights even root cannot write what is read-only."""

PATIENCE: Final = 30.0
OTHER: Final = "Another transferbot is using the database"


def read_only(place: Place) -> Row:
    """Start on a file, and in a folder, that cannot be written to."""
    with staged(place.folder) as stage:
        stage.start_bot()
        stage.stop_bot()
        said = [_said_when_read_only(stage, path) for path in (place.folder / FILE, place.folder)]
        stage.start_bot()
    return _refusals("the database's file, then its folder, is read-only at the start", said)


def newer(place: Place) -> Row:
    """Start on a database that a newer version has changed."""
    with staged(place.folder) as stage:
        stage.start_bot()
        stage.stop_bot()
        with closing(sqlite3.connect(place.folder / FILE)) as database:
            database.execute(
                "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) "
                "VALUES ('transferbot', 'm999_of_tomorrow', 'tomorrow')"
            )
            database.commit()
        before = _dump(place.folder / FILE)
        done = _ended(stage)
        untouched = _dump(place.folder / FILE) == before
    row = _refusals("the database is of a newer version", [done], "written by a newer transferbot")
    return Row(
        row.what, row.often, row.figures, {**row.bad, "changes to it": [] if untouched else ["changed"]}
    )


def three_at_once(place: Place) -> Row:
    """Start three bots at the same moment on a database of each older version."""
    rounds = place.times(1, 2)
    chance = random.Random(place.seed)  # noqa: S311 - versions that repeat, no secrets
    with staged(place.folder) as stage:
        _lived_in(stage)
        steps = [step.name for step in schema.pending(SqliteUtils(memory=True))]
        # What the steps before the second made is empty, and a database with rows begins there.
        versions = steps[2:] if place.is_full else chance.sample(steps[2:], 2)
        shutil.copy(place.folder / FILE, place.folder / "kept.db")
        found = [_started(stage, version) for version in versions for _ in range(rounds)]
    return Row(
        "three processes start together on an old database",
        f"{len(found)} times, {len(versions)} older versions",
        {"starts": AT_ONCE * len(found), "ran": sum(ran for ran, _, _ in found)},
        {
            "rounds in which not exactly one ran": [one for one in found if one[0] != 1],
            "other ends": [end for _, ends, _ in found for end in ends],
            "rounds with losses": [losses for _, _, losses in found if losses],
        },
    )


def _refusals(what: str, said: Sequence[tuple[int, str]], sentence: str = FILE) -> Row:
    clear = [code == 1 and sentence in text and "Traceback" not in text for code, text in said]
    return Row(
        what,
        f"{len(said)} start{'s' if len(said) > 1 else ''}",
        {"said so in a sentence": sum(clear)},
        {"other ends": [text for (_, text), is_clear in zip(said, clear, strict=True) if not is_clear]},
    )


def _said_when_read_only(stage: Stage, path: Path) -> tuple[int, str]:
    before = path.stat().st_mode
    path.chmod(0o500 if path.is_dir() else 0o400)
    try:
        return _ended(stage, *(UNPRIVILEGED if os.geteuid() == 0 else ()))
    finally:
        path.chmod(before)


def _ended(stage: Stage, *before: str) -> tuple[int, str]:
    """Start a bot that is to refuse; gives its exit code and what it said."""
    with _bot(stage, *before) as bot:
        text, _ = bot.communicate(timeout=PATIENCE)
    return bot.returncode, text


@contextmanager
def _bot(stage: Stage, *before: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [*before, sys.executable, "-u", "-m", "bot", "run"],
        cwd=stage.folder,
        env=_environment() | {name: value for name, value in stage.settings.items() if value},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def _lived_in(stage: Stage) -> None:
    """Let the bot keep something of every kind that a person makes, and stop it."""
    stage.start_bot()
    stage.link_account()
    stage.schedule(SHARED, SHARED, name="kept", repeat="once", destination_path="/data/kept/")
    stage.announced()
    stage.stop_bot()


def _started(stage: Stage, version: str) -> tuple[int, list[str], list[str]]:
    """Start three on a database as it was before a step; gives how many ran, odd ends, and losses."""
    file = stage.folder / FILE
    _make_old(stage.folder / "kept.db", file, version)
    before = _counts(file)
    bots = [_popen(stage, number) for number in range(AT_ONCE)]
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and sum(bot.poll() is None for bot, _ in bots) > 1:
        time.sleep(0.05)
    running = [(bot, said) for bot, said in bots if bot.poll() is None]
    for bot, said in running:
        while time.monotonic() < until and "ready" not in said.read_text():
            time.sleep(0.05)
        bot.send_signal(signal.SIGTERM)
        bot.wait(PATIENCE)
    ends = [
        said.read_text()
        for bot, said in bots
        if (bot, said) not in running and not (bot.returncode == 1 and OTHER in said.read_text())
    ]
    ends += [said.read_text() for bot, said in running if bot.returncode or "ready" not in said.read_text()]
    return len(running), ends, _losses(file, before)


def _popen(stage: Stage, number: int) -> tuple[subprocess.Popen[bytes], Path]:
    said = stage.folder / f"bot-{number}.log"
    with said.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "bot", "run"],
            cwd=stage.folder,
            env=_environment() | {name: value for name, value in stage.settings.items() if value},
            stdout=log,
            stderr=log,
        )
    return process, said


def _losses(file: Path, before: dict[str, int]) -> list[str]:
    after = _counts(file)
    losses = [table for table, count in before.items() if after.get(table, 0) < count]
    if integrity(file.parent) != "ok":
        losses.append("integrity")
    if schema.pending(SqliteUtils(file)):
        losses.append("steps that were not applied")
    return losses


def _make_old(new: Path, old: Path, before: str) -> None:
    """Make a database as it was before a step, with all rows that had a place in it."""
    for name in ("", *BESIDE):
        Path(f"{old}{name}").unlink(missing_ok=True)
    database = SqliteUtils(old)
    schema.apply(database, stop_before=before)
    database.execute("ATTACH ? AS new", [str(new)])
    for table in database.table_names():
        if table.startswith("_sqlite"):
            continue
        columns = {row[1] for row in database.execute(f"PRAGMA main.table_info({table})")}
        columns &= {row[1] for row in database.execute(f"PRAGMA new.table_info({table})")}
        named = ", ".join(sorted(columns))
        database.execute(f"INSERT OR REPLACE INTO main.{table} ({named}) SELECT {named} FROM new.{table}")  # noqa: S608 - our own tables
    database.conn.commit()
    database.close()


def _counts(file: Path) -> dict[str, int]:
    with closing(SqliteUtils(file)) as database:
        return {table: database.table(table).count for table in database.table_names()}


def _dump(file: Path) -> str:
    with closing(sqlite3.connect(file)) as database:
        return "\n".join(database.iterdump())
