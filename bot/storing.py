"""What the bot keeps: its database, sealed where it must be, and the stores in it."""

import os
import platform
import secrets
import uuid
from base64 import b32encode
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from typing import Final

from bot.answering import Answering
from bot.errors import DatabaseProblem
from bot.installing import Installation, Installations, OneInstallation
from bot.measuring import Meter
from bot.places import Places
from bot.reporting.tracing import Traces
from bot.settings import Settings
from bot.store.binding import JourneyStore
from bot.store.disconnecting import PartingStore
from bot.store.installing import InstallationStore
from bot.store.leaving import RemovalStore
from bot.store.linking import AccountStore
from bot.store.opening import running
from bot.store.places import PlaceStore
from bot.store.port import Running
from bot.store.queue import hurry
from bot.store.retaining import OldStore
from bot.store.rotation import check_keys
from bot.store.scheduling import RequestStore
from bot.store.telling import MailboxStore
from bot.store.unfurling import ChoiceStore
from bot.store.vault import Vault, keys_beside, read_keys
from bot.store.watching import WatchStore
from bot.store.workflows import StepStore
from bot.tracing import Threads, trace_with
from bot.web.metrics import Counters

SOON: Final = timedelta(minutes=10)
"""Longer than the pauses between two tries of anything."""


def now() -> datetime:
    """The present, in UTC: the one reading of the clock."""
    return datetime.now(UTC)  # noqa: TID251 - here time becomes an argument


def new_id() -> str:
    """Make an ID that no other has."""
    return str(uuid.uuid4())


def new_reference() -> str:
    """Eight characters that tell one timer from another in its name: 40 bits, unique in the database."""
    return b32encode(secrets.token_bytes(5)).decode().lower()


def vault_of(given: Settings) -> Vault:
    """Give the sealing keys: those of the settings, or of the file beside a SQLite database, or new ones.

    Raises DatabaseProblem.
    """
    if given.keys:
        return Vault(read_keys(given.keys))
    return Vault(keys_beside(file_of(given)))


def file_of(given: Settings) -> Path:
    """Give the SQLite file of the settings; raises DatabaseProblem if it is a server that they name."""
    if isinstance(given.database, Path):
        return given.database
    raise DatabaseProblem(
        "This is for a SQLite file, and the database is a PostgreSQL server.",
        "Use pg_dump and pg_restore: docs/scaling.md shows how.",
    )


class Stores:
    """The stores of one bot. A store is built when it is first asked for, and once.

    `only` is the one installation whose token stands in the settings, if there is one. What is opened is
    closed by `closing`. `clock` gives the present.
    """

    def __init__(
        self,
        given: Settings,
        *,
        only: Installation | None,
        closing: ExitStack,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self.given = given
        self.clock = clock
        self.owner = f"{platform.node()}-{os.getpid()}-{uuid.uuid4()}"  # as an administrator knows it
        self._only = only
        self._closing = closing

    def threads(self, name: str, count: int) -> Executor:
        """Give threads of their own to a kind of work, so that it holds up no other."""
        pool = Threads(count, thread_name_prefix=name)
        # Whoever hangs in a call must not hold up the end.
        self._closing.callback(pool.shutdown, wait=False, cancel_futures=True)
        return pool

    @cached_property
    def answering(self) -> Answering:
        return Answering(perf_counter)

    @cached_property
    def counters(self) -> Counters:
        return Counters()

    @cached_property
    def meter(self) -> Meter:
        """What counts, and notes it in traces too where they are wanted; raises SettingsProblem."""
        if not self.given.otlp_endpoint:
            return self.counters
        traces = Traces(self.given.otlp_endpoint, version=version("transferbot"))
        self._closing.callback(traces.end)
        trace_with(traces.span)
        return traces.measured(self.counters)

    @cached_property
    def vault(self) -> Vault:
        """The sealing keys; raises DatabaseProblem."""
        return vault_of(self.given)

    @cached_property
    def database(self) -> Running:
        """The database; raises DatabaseProblem. Without its keys nothing in it is touched."""
        vault = self.vault
        database = running(self.given.database, owner=self.owner, at=self.clock())
        self._closing.callback(database.close)
        database.read(lambda reader: check_keys(reader, vault))
        return database

    def set_back(self, before: datetime, at: datetime) -> None:
        """The clock was set back: what was to come soon comes now."""
        hurry(self.database, now=at, until=before + SOON)

    @cached_property
    def requests(self) -> RequestStore:
        return RequestStore(self.database, clock=self.clock, owner=self.owner)

    @cached_property
    def watches(self) -> WatchStore:
        return WatchStore(self.database, clock=self.clock, owner=self.owner)

    @cached_property
    def mailboxes(self) -> MailboxStore:
        return MailboxStore(self.database, clock=self.clock, owner=self.owner)

    @cached_property
    def steps(self) -> StepStore:
        return StepStore(self.database, clock=self.clock, owner=self.owner)

    @cached_property
    def choices(self) -> ChoiceStore:
        return ChoiceStore(self.database)

    @cached_property
    def accounts(self) -> AccountStore:
        return AccountStore(self.database, self.vault, clock=self.clock)

    @cached_property
    def partings(self) -> PartingStore:
        return PartingStore(self.database, self.vault, self.accounts, clock=self.clock, owner=self.owner)

    @cached_property
    def journeys(self) -> JourneyStore:
        return JourneyStore(self.database)

    @cached_property
    def installations(self) -> Installations:
        return (
            OneInstallation(self._only)
            if self._only
            else InstallationStore(self.database, self.vault, clock=self.clock)
        )

    @cached_property
    def removals(self) -> RemovalStore:
        return RemovalStore(self.database, clock=self.clock, owner=self.owner)

    @cached_property
    def old(self) -> OldStore:
        return OldStore(self.database, clock=self.clock, owner=self.owner)

    @cached_property
    def places(self) -> Places:
        return Places(store=PlaceStore(self.database), clock=self.clock)
