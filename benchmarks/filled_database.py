"""A database as full as after years, made from one row of each kind that the stores wrote."""

import asyncio
import random
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from benchmarks.simulated_globus import SimulatedTimer
from bot.accounts import Account, SlackUser, Token
from bot.news import WatchedTimer
from bot.observing import Observation
from bot.planning import Location, Plan, Source
from bot.schedules import Schedule
from bot.scheduling import RequestState, TimerRequest
from bot.store.connecting import connected
from bot.store.database import SqliteDatabase
from bot.store.linking import AccountStore
from bot.store.queue import as_text
from bot.store.scheduling import RequestStore
from bot.store.vault import Vault, new_key, read_keys
from bot.store.watching import WatchStore
from bot.timers import Run, RunState
from bot.watching import Look, Watch

MORNING: Final = datetime(2027, 3, 1, tzinfo=UTC)
TEAM: Final = "T0BIG"
ADA: Final = SlackUser(TEAM, "U0ADA")
CHANNEL: Final = "C0BIG"

AT_ONCE: Final = 500
"""Timers of Ada, and timers of the channel."""

SHARE_OF_TIMERS: Final = 0.1
SHARE_OF_REQUESTS: Final = 0.15
"""Of all rows; the rest are runs. Of three requests, one was refused and has no timer."""

EACH: Final = 100
"""Timers of everybody else."""

_ROWS_A_WRITE: Final = 10_000


class Clock:
    """Time that only moves when it is told to."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """Give the present."""
        return self.now


@dataclass(frozen=True, slots=True)
class Filled:
    """What is in the database: everybody with their timers, and its rows by table."""

    everybody: Mapping[SlackUser, Sequence[SimulatedTimer]]
    rows: Mapping[str, int]


def fill(path: Path, rows: int) -> Filled:
    """Make a database of so many runs, timers and requests."""
    chance = random.Random(1)  # noqa: S311 - a simulation
    everybody = _everybody(int(rows * SHARE_OF_TIMERS), chance)
    timers = [(person, timer) for person, some in everybody.items() for timer in some]
    samples = _samples(path)
    requests = int(rows * SHARE_OF_REQUESTS)
    runs = rows - requests - len(timers)
    made = {
        "accounts": _accounts(samples["accounts"], everybody),
        "watches": _watches(samples["watches"], everybody),
        "requests": _requests(samples["requests"], timers, requests),
        "timers": _timers(samples["timers"], timers, chance),
        "runs": _runs(samples["runs"], [timer for _, timer in timers], runs),
    }
    with connected(path) as opened:
        opened.execute("PRAGMA synchronous = OFF")
        for table, some in made.items():
            opened.conn.execute("BEGIN")
            opened.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names
            names = list(samples[table])
            insert = (
                f"INSERT INTO {table} ({', '.join(names)}) "  # noqa: S608 - our own names
                f"VALUES ({', '.join(f':{name}' for name in names)})"
            )
            opened.conn.executemany(insert, some)
            opened.conn.execute("COMMIT")
        counted = {table: opened.table(table).count for table in made}
    return Filled(everybody, counted)


def _everybody(timers: int, chance: random.Random) -> dict[SlackUser, list[SimulatedTimer]]:
    def some(count: int) -> list[SimulatedTimer]:
        return [
            SimulatedTimer(
                str(uuid.UUID(int=chance.getrandbits(128), version=4)),
                MORNING + timedelta(seconds=chance.uniform(0, 3600)),
            )
            for _ in range(count)
        ]

    people = (timers - AT_ONCE) // EACH
    return {ADA: some(AT_ONCE)} | {SlackUser(TEAM, f"U{number:06}"): some(EACH) for number in range(people)}


def _samples(path: Path) -> dict[str, dict[str, Any]]:
    """Let the stores write one row of each kind."""
    database = SqliteDatabase(path)
    clock = Clock(MORNING)
    try:
        AccountStore(database, Vault(read_keys(new_key())), clock=clock).link(
            Account(ADA, "identity", "ada@example.edu"), (Token("timers", "all", "a", "r", 2**31),)
        )
        requests = RequestStore(database, clock=clock, owner="filling")
        asyncio.run(requests.accept(_REQUEST))
        requests.save(_REQUEST)
        watches = WatchStore(database, clock=clock, owner="filling")
        [timer] = watches.timers(ADA)
        watches.keep([Look(Watch(1, ADA), Watch(1, ADA), [_seen(timer)])])
        tables = ("accounts", "watches", "requests", "timers", "runs")
        return database.read(
            lambda reader: {table: next(iter(reader.query(f"SELECT * FROM {table}"))) for table in tables}  # noqa: S608 - our own names
        )
    finally:
        database.close()


_PLAN: Final = Plan(
    source=Source(str(uuid.UUID(int=1)), ("/data/run-2027/",), "Instrument"),
    destination=Location(str(uuid.UUID(int=2)), "/archive/run-2027/", "Archive"),
    schedule=Schedule(MORNING, timedelta(hours=1)),
    announce_in=CHANNEL,
    name="Nightly copy of the instrument",
)
_REQUEST: Final = TimerRequest(
    request_id="request",
    reference="abcdefgh",
    person=ADA,
    plan=_PLAN,
    received_at=MORNING,
    state=RequestState.ANNOUNCED,
    job_id="job",
    next_run=MORNING,
    announced_ts="1.000001",
)
_RUN: Final = Run(
    MORNING - timedelta(hours=1),
    "task",
    RunState.SUCCEEDED,
    MORNING - timedelta(minutes=50),
    files=1200,
    bytes_transferred=3_400_000_000,
)


def _seen(timer: WatchedTimer) -> Observation:
    seen = replace(
        timer, next_run=MORNING, look_at=MORNING, succeeded=20, last=_RUN, seen_until=_RUN.started_at
    )
    return Observation(seen, runs=(_RUN,))


def _accounts(
    sample: dict[str, Any], everybody: Mapping[SlackUser, Sequence[SimulatedTimer]]
) -> Iterator[dict[str, Any]]:
    for person in everybody:
        yield sample | {"user_id": person.user_id}


def _watches(
    sample: dict[str, Any], everybody: Mapping[SlackUser, Sequence[SimulatedTimer]]
) -> Iterator[dict[str, Any]]:
    for number, person in enumerate(everybody, start=1):
        due = as_text(MORNING + timedelta(days=365, seconds=number))
        yield sample | {"watch_id": number, "user_id": person.user_id, "due": due}


def _requests(
    sample: dict[str, Any], timers: Sequence[tuple[SlackUser, SimulatedTimer]], count: int
) -> Iterator[dict[str, Any]]:
    for number in range(count):
        person, timer = timers[number % len(timers)]
        is_timer = number < len(timers)
        yield sample | {
            "request_id": timer.job_id if is_timer else f"refused-{number}",
            "reference": f"{number:08}",
            "user_id": person.user_id,
            "state": (RequestState.ANNOUNCED if is_timer else RequestState.REFUSED).value,
            "job_id": timer.job_id if is_timer else None,
            "received_at": as_text(MORNING - timedelta(minutes=number)),
        }


def _timers(
    sample: dict[str, Any], timers: Sequence[tuple[SlackUser, SimulatedTimer]], chance: random.Random
) -> Iterator[dict[str, Any]]:
    for number, (person, timer) in enumerate(timers):
        # Ada's are announced all over the place, and the channel's are everybody's.
        is_in_channel = AT_ONCE <= number < 2 * AT_ONCE
        yield sample | {
            "job_id": timer.job_id,
            "request_id": timer.job_id,
            "user_id": person.user_id,
            "title": timer.job_id,
            "channel_id": CHANNEL if is_in_channel else f"C{number % 997:06}",
            "message_ts": f"1.{number:06}",
            "is_failing": int(chance.random() < 1 / 50),
            "next_run": as_text(timer.first),
            "look_at": as_text(timer.first),
        }


def _runs(sample: dict[str, Any], timers: Sequence[SimulatedTimer], count: int) -> Iterator[dict[str, Any]]:
    for number in range(count):
        timer, before = timers[number % len(timers)], number // len(timers) + 1
        started_at = timer.first - before * timer.interval
        yield sample | {
            "job_id": timer.job_id,
            "started_at": as_text(started_at),
            "ended_at": as_text(started_at + timedelta(minutes=10)),
            "task_id": timer.task_id(-before),
        }
