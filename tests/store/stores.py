"""The stores that keep what is known of timers, with a person whose timers they are."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count

from bot.accounts import Account, SlackUser, Token
from bot.news import WatchedTimer
from bot.observing import Observation
from bot.planning import Location, Plan, Source
from bot.schedules import Schedule
from bot.scheduling import RequestState, TimerRequest
from bot.sessions import NO_SESSION, SessionRequirement
from bot.store.disconnecting import PartingStore
from bot.store.linking import AccountStore
from bot.store.port import Database
from bot.store.scheduling import RequestStore, resume
from bot.store.showing import TimerStore
from bot.store.telling import MailboxStore
from bot.store.vault import Vault, new_key, read_keys
from bot.store.watching import WatchStore
from bot.telling import Mailbox
from bot.timers import Inactivity, Run, RunState, TimerStatus
from bot.watching import Look, Watch

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
ADA = SlackUser("T1", "UADA")
TOKEN = Token("timers", "all", "a", "r", 2**31)
RUN = Run(NOW, "task", RunState.SUCCEEDED, NOW + timedelta(minutes=1), files=3, bytes_transferred=10)


@dataclass
class Stores:
    """All of them on one database."""

    database: Database
    accounts: AccountStore
    requests: RequestStore
    watches: WatchStore
    mailboxes: MailboxStore
    partings: PartingStore
    clock: Callable[[], datetime]

    def made(self, job_id: str = "job", **more: object) -> TimerRequest:
        """Keep a request that became a timer and was announced."""
        plan = Plan(
            source=Source("a", ("/data/",), "Beamline"),
            destination=Location("b", "/archive/", "Archive"),
            schedule=Schedule(NOW, timedelta(hours=1)),
            announce_in="C1",
            name=job_id.title(),
        )
        request = TimerRequest(f"request of {job_id}", f"ref{job_id}", ADA, plan, NOW)
        request = replace(request, state=RequestState.CREATED, job_id=job_id, next_run=NOW)
        asyncio.run(self.requests.accept(request))
        announced = replace(request, **{"announced_ts": f"{job_id}.1"} | more)  # type: ignore[arg-type]
        self.requests.save(announced)
        return announced

    def timer(self, job_id: str = "job") -> WatchedTimer:
        found = TimerStore(self.database, clock=self.clock).find("T1", job_id)
        assert found
        return found

    def changed(self, **seen: object) -> None:
        """Let a look find the timer otherwise."""
        watch = self.claimed()
        timer = replace(self.timer(), **seen)  # type: ignore[arg-type]
        assert self.watches.keep([Look(watch, replace(watch, due=NOW), [Observation(timer)])])

    def stale(self, mailbox: Mailbox) -> list[str]:
        return [one.job_id for one in self.mailboxes.stale(mailbox, limit=2)]

    def count(self, table: str) -> int:
        counted = f"SELECT count(*) AS number FROM {table}"  # noqa: S608 - our own names
        [row] = self.database.read(lambda database: list(database.query(counted)))
        return int(row["number"])

    def claimed(self) -> Watch:
        [watch] = self.watches.claim(limit=10)
        return watch

    def signed_in(
        self, session: SessionRequirement = NO_SESSION, *, collections: frozenset[str] = frozenset()
    ) -> None:
        """Let what waits for a sign-in go on."""
        self.database.write(lambda database: resume(database, ADA, session, collections, at=self.clock()))

    def stopped(self, **why: object) -> None:
        """Let the timer be known as stopped."""
        inactivity = Inactivity(is_paused=False, **why)  # type: ignore[arg-type]
        stopped = replace(self.timer(), status=TimerStatus.INACTIVE, inactivity=inactivity)
        watch = self.claimed()
        assert self.watches.keep([Look(watch, replace(watch, due=None), [Observation(stopped)])])


def stores_in(database: Database) -> Stores:
    """Give them on a database, with a clock that never stands still."""
    ticks = count()

    def clock() -> datetime:
        return NOW + timedelta(microseconds=next(ticks))

    vault = Vault(read_keys(new_key()))
    accounts = AccountStore(database, vault, clock=clock)
    accounts.link(Account(ADA, "identity", "ada"), (TOKEN,))
    return Stores(
        database,
        accounts,
        RequestStore(database, clock=clock, owner="one"),
        WatchStore(database, clock=clock, owner="one"),
        MailboxStore(database, clock=clock, owner="one"),
        PartingStore(database, vault, accounts, clock=clock, owner="one"),
        clock,
    )
