"""What the bot itself needs to show and to look, in a database of a million rows.

    python -m benchmarks.big_database [--rows 1000000] [--rounds 200]

Works with the bot's own use cases, drawings and SQLite store. Globus answers from memory at once, and Slack
takes everything, so that what is measured is the bot's own time.
"""

import asyncio
import json
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Final

import click

from benchmarks.filled_database import ADA, CHANNEL, MORNING, TEAM, Clock, Filled, fill
from benchmarks.simulated_day import LOOKS
from benchmarks.simulated_globus import SimulatedGlobus
from bot.listing import Listing
from bot.retaining import Chore, Retaining
from bot.showing import RUNS
from bot.slack.home import Home
from bot.slack.listing import channel_list, my_list
from bot.store.database import SqliteDatabase
from bot.store.figures import FigureStore
from bot.store.following import FollowerStore
from bot.store.linking import AccountStore
from bot.store.queue import QUEUES, claim
from bot.store.retaining import OldStore
from bot.store.scheduling import RequestStore
from bot.store.showing import TimerStore
from bot.store.vault import Vault, new_key, read_keys
from bot.store.watching import WatchStore
from bot.watching import Watching

OWNER: Final = "big"
PAGES: Final = 25
"""Of Ada's timers in the Home tab."""

Took = Callable[[], object]


class Screen:
    """A Slack that takes a Home tab as its client would send it, and shows it to nobody."""

    def publish(self, person: object, view: Mapping[str, object]) -> None:
        """Take a Home tab."""
        del person
        json.dumps(view)


class Views:
    """What people and workers ask of the bot, one thing at a time."""

    def __init__(self, database: SqliteDatabase, filled: Filled, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._chance = random.Random(1)  # noqa: S311 - a simulation
        self._people = [person.user_id for person in filled.everybody if person != ADA]
        self._job_ids = [timer.job_id for some in filled.everybody.values() for timer in some]
        globus = SimulatedGlobus(filled.everybody, clock)
        self._accounts = AccountStore(database, Vault(read_keys(new_key())), clock=clock)
        self._requests = RequestStore(database, clock=clock, owner=OWNER)
        self._timers = TimerStore(database, clock=clock)
        self._followers = FollowerStore(database, clock=clock, owner=OWNER)
        self._watches = WatchStore(database, clock=clock, owner=OWNER)
        self._old = OldStore(database, clock=clock, owner=OWNER)
        self._figures = FigureStore(database, clock=clock)
        self._listing = Listing(timers=self._timers, sight=globus, clock=clock, wake=lambda: None)
        self._home = Home(
            poster=Screen(),  # type: ignore[arg-type]  # it publishes, and nothing else is asked of it
            account=self._accounts.find,
            requests=self._requests,
            listing=self._listing,
            help_text="Help",
        )
        self._watching = Watching(
            watches=self._watches,
            sight=globus,
            looks=LOOKS,
            clock=clock,
            chance=self._chance,
            wake=lambda: None,
        )

    def open_home(self) -> None:
        """Draw a page of the Home tab twice: as it is known, and as Globus says."""
        self._home.open(ADA, number=self._chance.randint(1, PAGES))

    def refresh_home(self) -> None:
        """Draw it again, as after each change."""
        self._home.refresh(ADA)

    def list_channel(self) -> None:
        """Answer the word `list`."""
        page = asyncio.run(self._listing.of_channel(TEAM, CHANNEL, number=self._chance.randint(1, 2 * PAGES)))
        json.dumps(channel_list(page, self._followers.muted(TEAM, CHANNEL)))

    def status(self) -> None:
        """Answer the word `status` with what is known."""
        json.dumps(my_list(asyncio.run(self._listing.mine(ADA)), is_asking=True))

    def status_live(self) -> None:
        """Answer it with what Globus says."""
        json.dumps(my_list(asyncio.run(self._listing.mine_live(ADA))))

    def details(self) -> None:
        """Read what is known of a timer."""
        job_id = self._chance.choice(self._job_ids)
        self._timers.subject(TEAM, job_id)
        self._followers.of(ADA, job_id)
        self._timers.runs(job_id, limit=RUNS)

    def look(self) -> None:
        """Look at Ada's 500 timers when an hour has passed, so that each has run."""
        self._clock.now += timedelta(hours=1)
        self._look_at(ADA.user_id)

    def look_at_somebody(self) -> None:
        """Look at the hundred timers of somebody else."""
        self._clock.now += timedelta(minutes=1)
        self._look_at(self._chance.choice(self._people))

    def _look_at(self, user_id: str) -> None:
        due = "UPDATE watches SET due = ? WHERE team_id = ? AND user_id = ?"
        values = [self._clock.now.isoformat(timespec="microseconds"), TEAM, user_id]
        self._database.write(lambda writer: writer.execute(due, values))
        [watch] = self._watches.claim(limit=1)
        self._watching.work(watch)

    def claim_nothing(self) -> None:
        """Look into every queue while nothing is due."""
        for table in QUEUES:
            claim(self._database, table, now=MORNING - timedelta(days=9), owner=OWNER, limit=1)

    def claim_request(self) -> None:
        """Make a request due, hold it and let go of it."""
        job_id = self._chance.choice(self._job_ids)
        due = "UPDATE requests SET due = ? WHERE request_id = ?"
        values = [MORNING.isoformat(timespec="microseconds"), job_id]
        self._database.write(lambda writer: writer.execute(due, values))
        [request] = self._requests.claim(limit=1)
        self._requests.save(request)
        self._requests.release(request)
        self._database.write(lambda writer: writer.execute(due, [None, job_id]))

    def close_view(self) -> None:
        """Hear that somebody closed a modal, which most are not a request's."""
        asyncio.run(self._requests.close_view("V0UNKNOWN"))

    def start(self) -> None:
        """Look for what a dead process held, as at a start."""
        self._requests.recover()
        self._watches.recover()

    def figures(self) -> None:
        """Count what is kept, for `/metrics`."""
        self._figures.count()

    def waits(self) -> None:
        """Find what waits longest, for `/readyz`."""
        self._figures.waits()

    def nothing_old(self) -> None:
        """Look for what is old, as every day, and find nothing."""
        Retaining(old=self._old, days=3650, clock=self._clock, again=self._old.again).work(Chore("retention"))

    def old(self) -> None:
        """Let all runs go but the latest thirty of each timer, and refused requests."""
        Retaining(old=self._old, days=1, clock=self._clock, again=self._old.again).work(Chore("retention"))


def measured(take: Took, rounds: int) -> list[float]:
    """Give how long each round took, in milliseconds, the shortest first."""
    took = []
    for _ in range(rounds):
        began = time.perf_counter()
        take()
        took.append((time.perf_counter() - began) * 1000)
    return sorted(took)


def measurements(views: Views, rounds: int) -> Mapping[str, tuple[Took, int]]:
    """Give what is measured, and how often."""
    return {
        "Home tab, 500 timers: known, then live": (views.open_home, rounds),
        "Home tab again, after a change": (views.refresh_home, rounds),
        "list, a channel of 500 timers": (views.list_channel, rounds),
        "status, 500 timers: known": (views.status, rounds),
        "status, 500 timers: live": (views.status_live, rounds),
        "details: known": (views.details, rounds),
        "a look at 100 timers": (views.look_at_somebody, rounds),
        "a look at 500 timers that have all run": (views.look, max(rounds // 10, 3)),
        "all ten queues, nothing due": (views.claim_nothing, rounds),
        "a request: due, held, saved, let go": (views.claim_request, rounds),
        "a modal is closed": (views.close_view, rounds),
        "what a start frees": (views.start, max(rounds // 10, 3)),
        "/readyz": (views.waits, rounds),
        "/metrics": (views.figures, max(rounds // 10, 3)),
        "retention, nothing old": (views.nothing_old, 3),
        "retention, all that is old": (views.old, 1),
    }


@click.command(help="A big database: what showing and looking cost.")
@click.option("--rows", default=1_000_000)
@click.option("--rounds", default=200)
def main(rows: int, rounds: int) -> None:
    """Fill a database and print the table."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "big.db"
        began = time.perf_counter()
        filled = fill(path, rows)
        counted = ", ".join(f"{count:,} {table}" for table, count in filled.rows.items())
        took, size = time.perf_counter() - began, path.stat().st_size / 1_000_000
        click.echo(f"{counted}; {size:,.0f} MB, filled in {took:.0f} s")
        click.echo(f"{'ms':<40}{'rounds':>8}{'p50':>10}{'p99':>10}{'most':>10}")
        clock = Clock(MORNING)
        database = SqliteDatabase(path)
        try:
            for name, (take, count) in measurements(Views(database, filled, clock), rounds).items():
                some = measured(take, count)
                p99 = some[min(int(len(some) * 0.99), len(some) - 1)]
                click.echo(
                    f"{name:<40}{count:>8}{statistics.median(some):>10.1f}{p99:>10.1f}{some[-1]:>10.1f}"
                )
        finally:
            database.close()


if __name__ == "__main__":
    main()
