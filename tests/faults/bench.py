"""A request at work in this process: the bot's own steps over real wires, with a clock that can be moved."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
import requests

from bot.accounts import Account, SlackUser
from bot.checking import Checking
from bot.creating import Creating
from bot.fulfilling import Fulfilling
from bot.globus.browsing import GlobusCollections
from bot.globus.checking import GlobusConsents, GlobusIntervals, GlobusPaths
from bot.globus.clients import Clients, Patience, Registration, Turns
from bot.globus.creating import GlobusTimers
from bot.globus.linking import GlobusAuth
from bot.linking import Linking
from bot.planning import Location, Plan, Source
from bot.sandbox.demo import Sandbox, opened
from bot.sandbox.globus.collections import LAPTOP, SHARED
from bot.sandbox.globus.identities import ADA as ADA_AT_GLOBUS
from bot.sandbox.person import Browser
from bot.schedules import Schedule
from bot.scheduling import RequestState, TimerRequest
from bot.sign_ins import SignIn, SignInLink
from bot.store.database import SqliteDatabase
from bot.store.linking import AccountStore, SignInStore
from bot.store.scheduling import RequestStore
from bot.store.vault import Vault, new_key, read_keys
from bot.storing import now

ADA: Final = SlackUser("T0SANDBOX1", "U0ADA00001")
SECONDS: Final = 0.25
"""How long one call may take: long for loopback, short for a call that hangs."""

_NO_TIME: Final = 429

LOOKS: Final = (timedelta(seconds=1), timedelta(seconds=2), timedelta(seconds=4))


@dataclass
class News:
    """What its person and its team were told."""

    shown: list[tuple[RequestState, str]] = field(default_factory=list)
    announced: list[str] = field(default_factory=list)
    refusals: list[Exception] = field(default_factory=list)

    def show(self, request: TimerRequest, *, link: SignInLink | None, names: Sequence[str]) -> None:
        del names
        self.shown.append((request.state, request.reason if not link else f"{request.reason} (link)"))

    def announce(self, request: TimerRequest, account: Account | None) -> str:
        del account
        if self.refusals:
            raise self.refusals.pop(0)
        self.announced.append(request.job_id or "")
        return "1.0"

    def cannot_announce(self, request: TimerRequest) -> None:
        self.shown.append((request.state, request.reason))

    def linked(self, sign_in: SignIn, account: Account) -> None:
        """Nobody signs in again here."""

    def code_failed(self, sign_in: SignIn, problem: Exception, link: SignInLink) -> None:
        """Nobody signs in again here."""


class Bench:
    """One linked person whose requests are worked until they rest."""

    def __init__(self, sandbox: Sandbox, database: SqliteDatabase, *, seconds: float) -> None:
        self.now = now()
        self.ahead: timedelta | None = None
        self.sandbox = sandbox
        self.news = News()
        self.database = database
        vault = Vault(read_keys(new_key()))
        self.accounts = AccountStore(database, vault, clock=self.clock)
        self.requests = RequestStore(database, clock=self.clock, owner="bench")
        settings = sandbox.settings
        registration = Registration(settings["GLOBUS_CLIENT_ID"], settings["GLOBUS_CLIENT_SECRET"])
        self.clients = clients = Clients(
            registration, accounts=self.accounts, patience=Patience(seconds, 0), turns=Turns()
        )
        sign_ins = SignInStore(
            database, vault, self.accounts, clock=self.clock, owner="bench", wake=lambda: None
        )
        self._auth = GlobusAuth(clients)
        linking = Linking(
            accounts=self.accounts,
            sign_ins=sign_ins,
            globus=self._auth,
            links=self._auth,
            requests=self.requests,
            news=self.news,
            clock=self.clock,
            new_id=lambda: f"sign-in {random.random()}",  # noqa: S311 - a test's names
            new_verifier=lambda: "v" * 64,
        )
        self.fulfilling = Fulfilling(
            requests=self.requests,
            checking=Checking(
                collections=GlobusCollections(clients),
                consents=GlobusConsents(clients, accounts=self.accounts),
                paths=GlobusPaths(clients, accounts=self.accounts),
                intervals=GlobusIntervals(clients),
                lookups=ThreadPoolExecutor(8),
            ),
            creating=Creating(timers=GlobusTimers(clients), clock=self.clock, looks=LOOKS),
            linking=linking,
            news=self.news,
            clock=self.clock,
            chance=random.Random(1),  # noqa: S311 - a test repeats itself
        )
        self._link()

    def clock(self) -> datetime:
        """Give the moment that the bench is at; with `ahead` time passes, so far ahead of the truth."""
        return self.now if self.ahead is None else now() + self.ahead

    def _link(self) -> None:
        sign_in = SignIn("first", ADA, "v" * 64, self.now + timedelta(minutes=9))
        browser = Browser()
        page = browser.open(self._auth.authorize_url(sign_in, "first"))
        code = browser.allow(page, identity=ADA_AT_GLOBUS.username)
        patient = Clients(self.clients.registration, accounts=self.accounts, patience=Patience(20, 0))
        grant = GlobusAuth(patient).exchange(replace(sign_in, code=code))
        self.accounts.link(Account(ADA, grant.identity_id, grant.username), grant.tokens)

    def ask(self, number: int) -> str:
        """Keep a new request; gives its reference."""
        reference = f"ref{number:05}".translate(str.maketrans("01589", "abcde"))
        plan = Plan(
            source=Source(SHARED.id, ("/data/run-001/",), SHARED.display_name),
            destination=Location(LAPTOP.id, "/archive/run-001/", LAPTOP.display_name),
            schedule=Schedule(self.clock() + timedelta(days=1)),
            announce_in="C0LABDATA1",
            name=f"request {number}",
        )
        request = TimerRequest(f"request {number}", reference, ADA, plan, self.clock(), due=self.clock())
        asyncio.run(self.requests.accept(request))
        return reference

    def age_tokens(self) -> None:
        """Let all of the person's tokens be due."""
        for token in self.accounts.tokens(ADA).values():
            self.accounts.renew(ADA, replace(token, expires_at=0))

    def work(self, *, until: RequestState | None = None, at_most: int = 400) -> None:
        """Work what is due, moment by moment, until everything rests or a request is so far."""
        for _ in range(at_most):
            claimed = self.requests.claim(limit=10)
            for request in claimed:
                self.fulfilling.work(request)
                self.requests.release(request)
            if until and any(state is until for state, _ in self.news.shown):
                return
            due = self._next_due()
            if due is None:
                return
            self.now = max(self.now, due)
        raise AssertionError("a request never came to rest")

    def fault(self, method: str, **fault: object) -> None:
        """Order a fault of Globus."""
        self._post("faults", {"method": method, **fault})

    def find(self, number: int) -> TimerRequest:
        """Give a request as it is kept."""
        found = self.requests.find(f"request {number}")
        assert found
        return found

    def clear(self) -> None:
        requests.delete(f"{self.sandbox.globus_url}/sandbox/faults", timeout=10).raise_for_status()

    def calls(self) -> Counter[str]:
        """Count the calls that Globus may have carried out: one that it had no time for (429) was not."""
        traffic = self._get("traffic")["traffic"]
        return Counter(
            entry["method"] for entry in traffic if entry["kind"] == "call" and entry["status"] != _NO_TIME
        )

    def timers(self, reference: str) -> list[dict[str, Any]]:
        """Give the timers that carry a reference."""
        return [one for one in self._get("timers")["timers"] if f"[{reference}]" in one["name"]]

    def _next_due(self) -> datetime | None:
        query = "SELECT min(due) AS due FROM requests WHERE due IS NOT NULL"
        [row] = self.database.read(lambda database: list(database.query(query)))
        return datetime.fromisoformat(row["due"]) if row["due"] else None

    def _get(self, lever: str) -> dict[str, Any]:
        answer: dict[str, Any] = requests.get(f"{self.sandbox.globus_url}/sandbox/{lever}", timeout=10).json()
        return answer

    def _post(self, lever: str, body: dict[str, object]) -> None:
        answer = requests.post(f"{self.sandbox.globus_url}/sandbox/{lever}", json=body, timeout=10)
        assert answer.ok, answer.text


@contextmanager
def bench(folder: Path, patched: pytest.MonkeyPatch, *, seconds: float = SECONDS) -> Iterator[Bench]:
    """Set up a bench with a pretend Globus of its own, whose calls may take so long."""
    with opened() as sandbox:
        for name, value in sandbox.settings.items():
            if name.startswith("GLOBUS_SDK_"):
                patched.setenv(name, value)
        database = SqliteDatabase(folder / "bench.db")
        try:
            yield Bench(sandbox, database, seconds=seconds)
        finally:
            database.close()
