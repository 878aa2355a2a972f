"""A day of many people's timers, by an injected clock: what watching them costs.

    python -m benchmarks.simulated_day [--people 1000] [--timers 10] [--hours 24]

Looks and tells with the bot's own use cases and SQLite store; Globus and Slack are in memory, and count what
they are asked.
"""

import asyncio
import gc
import math
import random
import resource
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from benchmarks.simulated_globus import SimulatedGlobus, SimulatedTimer
from bot.accounts import Account, SlackUser, Token
from bot.errors import ServiceUnavailable
from bot.news import Post
from bot.observing import Looks
from bot.planning import Location, Plan, Source
from bot.schedules import Schedule
from bot.scheduling import RequestState, TimerRequest
from bot.serving import NEW_OBJECTS
from bot.store.database import SqliteDatabase
from bot.store.linking import AccountStore
from bot.store.port import Database
from bot.store.scheduling import RequestStore
from bot.store.showing import TimerStore
from bot.store.telling import MailboxStore
from bot.store.vault import Vault, new_key, read_keys
from bot.store.watching import WatchStore
from bot.store.writing import MOST_WAITING
from bot.telling import Subject, Telling
from bot.watching import TOGETHER, Watching
from bot.working import POLL_SECONDS

MORNING = datetime(2027, 3, 1, tzinfo=UTC)
LOOKS = Looks(timedelta(seconds=30), timedelta(hours=1), timedelta(hours=6))
AT_ONCE = 64
CHANNELS = 100
TEAM = "T0SIMULATED"


class Clock:
    """Time that only moves when it is told to."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """Give the present."""
        return self.now


class SimulatedSlack:
    """Takes every message, and counts them; while `is_down` it takes none."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.said: list[Post] = []
        self.is_down = False

    def tell(self, posts: Sequence[Post], subjects: Sequence[Subject | None]) -> None:
        """Take news."""
        del subjects
        self._count("chat.postMessage")
        self.said += posts

    def redraw(self, subject: Subject) -> None:
        """Take an edited announcement."""
        del subject
        self._count("chat.update")

    def _count(self, call: str) -> None:
        self.calls[call] += 1
        if self.is_down:
            raise ServiceUnavailable("Slack")


@dataclass
class Day:
    """Everything that takes part; `run` lets time pass."""

    clock: Clock
    globus: SimulatedGlobus
    slack: SimulatedSlack
    database: SqliteDatabase
    watches: WatchStore
    mailboxes: MailboxStore
    watching: Watching
    telling: Telling
    looks: int = 0

    def run(self, until: datetime) -> None:
        """Work whatever falls due, moment by moment."""
        while (due := self._next()) and due <= until:
            self.clock.now = _noticed(max(self.clock.now, due))
            watches = self.watches.claim(limit=AT_ONCE)
            self.looks += len(watches)
            for first in range(0, len(watches), TOGETHER):
                self.watching.work_together(watches[first : first + TOGETHER])
            for mailbox in self.mailboxes.claim(limit=AT_ONCE):
                self.telling.work(mailbox)
        self.clock.now = until

    def counted(self) -> tuple[int, int]:
        """Give how many runs are over in all that is known, and how many of them failed."""
        query = "SELECT sum(succeeded + failed) AS runs, sum(failed) AS failed FROM timers"
        [row] = self.database.read(lambda database: list(database.query(query)))
        return int(row["runs"] or 0), int(row["failed"] or 0)

    def _next(self) -> datetime | None:
        query = (
            "SELECT min(due) AS due FROM (SELECT min(due) AS due FROM watches WHERE due IS NOT NULL "
            "UNION ALL SELECT min(due) FROM mailboxes WHERE due IS NOT NULL)"
        )
        [row] = self.database.read(lambda database: list(database.query(query)), brief=True)
        return datetime.fromisoformat(row["due"]) if row["due"] else None


def _noticed(due: datetime) -> datetime:
    """Give when the workers look next: they do so every half second."""
    since = (due - MORNING) / timedelta(seconds=1)
    return MORNING + timedelta(seconds=math.ceil(since / POLL_SECONDS) * POLL_SECONDS)


@contextmanager
def day(
    folder: Path,
    *,
    people: int,
    timers: int,
    seed: int = 1,
    heard: Callable[[Database], Database] = lambda database: database,
) -> Iterator[Day]:
    """Set up a morning: so many people, each with so many hourly timers at moments of their own.

    `heard` may stand between those who look and tell and their database.
    """
    clock, chance = Clock(MORNING), random.Random(seed)  # noqa: S311 - a simulation
    database = SqliteDatabase(folder / "simulated.db")
    try:
        accounts = AccountStore(database, Vault(read_keys(new_key())), clock=clock)
        requests = RequestStore(database, clock=clock, owner="simulated")
        everybody = {
            SlackUser(TEAM, f"U{number:06}"): [
                SimulatedTimer(
                    str(uuid.UUID(int=chance.getrandbits(128), version=4)),
                    MORNING + timedelta(seconds=chance.uniform(0, 3600)),
                )
                for _ in range(timers)
            ]
            for number in range(people)
        }
        _settle(accounts, requests, everybody)
        globus, slack = SimulatedGlobus(everybody, clock), SimulatedSlack()
        kept = heard(database)
        watches = WatchStore(kept, clock=clock, owner="simulated")
        mailboxes = MailboxStore(kept, clock=clock, owner="simulated")

        yield Day(
            clock=clock,
            globus=globus,
            slack=slack,
            database=database,
            watches=watches,
            mailboxes=mailboxes,
            watching=Watching(
                watches=watches,
                sight=globus,
                looks=LOOKS,
                clock=clock,
                chance=chance,
                wake=lambda: None,
            ),
            telling=Telling(
                mailboxes=mailboxes,
                messages=slack,
                subject=TimerStore(kept, clock=clock).subject,
                clock=clock,
                wake=lambda: None,
            ),
        )
    finally:
        database.close()


def _settle(
    accounts: AccountStore,
    requests: RequestStore,
    everybody: dict[SlackUser, list[SimulatedTimer]],
) -> None:
    token = Token("timers", "all", "a", "r", 2**31)
    for person in everybody:
        accounts.link(Account(person, f"identity of {person.user_id}", person.user_id), (token,))
    made = [
        _request(person, timer, number)
        for person, some in everybody.items()
        for number, timer in enumerate(some)
    ]

    async def accept() -> None:
        for start in range(0, len(made), MOST_WAITING):
            await asyncio.gather(*map(requests.accept, made[start : start + MOST_WAITING]))

    asyncio.run(accept())
    for request in made:
        requests.save(request)


def _request(person: SlackUser, timer: SimulatedTimer, number: int) -> TimerRequest:
    plan = Plan(
        source=Source(str(uuid.UUID(int=1)), ("/data/",), "Instrument"),
        destination=Location(str(uuid.UUID(int=2)), "/archive/", "Archive"),
        schedule=Schedule(timer.first, timer.interval),
        announce_in=f"C{int(person.user_id[1:]) % CHANNELS:06}",
        name=timer.job_id,
    )
    request = TimerRequest(
        request_id=timer.job_id,
        reference=timer.job_id[:8] + str(number),
        person=person,
        plan=plan,
        received_at=MORNING,
    )
    return replace(
        request,
        state=RequestState.ANNOUNCED,
        job_id=timer.job_id,
        next_run=timer.first,
        announced_ts=f"{MORNING.timestamp():.0f}.{number:06}",
    )


def _listed(counted: Counter[str]) -> str:
    return ", ".join(f"{count:,} {call}" for call, count in counted.items())


@click.command(help="A simulated day: what watching many timers costs.")
@click.option("--people", default=1000)
@click.option("--timers", default=10)
@click.option("--hours", default=24)
def main(people: int, timers: int, hours: int) -> None:
    """Run the day and print its table."""
    with (
        tempfile.TemporaryDirectory() as folder,
        day(Path(folder), people=people, timers=timers) as simulated,
    ):
        # As the bot does when it starts: what is there already stays.
        gc.set_threshold(NEW_OBJECTS)
        gc.freeze()
        began, cpu = time.perf_counter(), time.process_time()
        until = MORNING + timedelta(hours=hours)
        simulated.run(until)
        cpu, took = time.process_time() - cpu, time.perf_counter() - began
        runs, failed = simulated.counted()
        calls = sum(simulated.globus.calls.values())
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        rows = {
            "people, timers": f"{people:,}, {people * timers:,} hourly",
            "runs that ended": f"{simulated.globus.runs_between(MORNING, until):,}",
            "runs that the bot knows of": f"{runs:,}, {failed:,} failed",
            "looks": f"{simulated.looks:,}",
            "calls to Globus": f"{calls:,} ({_listed(simulated.globus.calls)})",
            "calls to Globus per run": f"{calls / max(runs, 1):.2f}",
            "calls to Slack": _listed(simulated.slack.calls),
            "CPU": f"{cpu:.0f} s, {cpu / (hours * 36):.2f} % of a core over {hours} h",
            "memory at most": f"{memory:.0f} MB",
            "took": f"{took:.0f} s",
        }
    width = max(map(len, rows))
    for name, value in rows.items():
        click.echo(f"{name:<{width}}  {value}")


if __name__ == "__main__":
    main()
