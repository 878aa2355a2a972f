"""What the bot keeps: its database, sealed where it must be, and the stores in it."""

import uuid
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import cached_property

from bot.installing import Installation, Installations, OneInstallation
from bot.places import Places
from bot.settings import Settings
from bot.store.binding import JourneyStore
from bot.store.database import Database
from bot.store.disconnecting import PartingStore
from bot.store.installing import InstallationStore
from bot.store.leaving import RemovalStore
from bot.store.linking import AccountStore
from bot.store.places import PlaceStore
from bot.store.rotation import check_keys
from bot.store.scheduling import RequestStore
from bot.store.vault import Vault, keys_beside, read_keys


def now() -> datetime:
    """The present, in UTC: the one reading of the clock."""
    return datetime.now(UTC)  # noqa: TID251 - here time becomes an argument


class Stores:
    """The stores of one bot. A store is built when it is first asked for, and once.

    `only` is the one installation whose token stands in the settings, if there is one. What is opened is
    closed by `closing`.
    """

    def __init__(self, given: Settings, *, only: Installation | None, closing: ExitStack) -> None:
        self.given = given
        self.owner = f"process-{uuid.uuid4()}"
        self._only = only
        self._closing = closing

    @cached_property
    def vault(self) -> Vault:
        """The sealing keys; raises DatabaseProblem."""
        given = self.given
        return Vault(read_keys(given.keys) if given.keys else keys_beside(given.database))

    @cached_property
    def database(self) -> Database:
        """The database; raises DatabaseProblem. Without its keys nothing in it is touched."""
        vault = self.vault
        database = Database(self.given.database)
        self._closing.callback(database.close)
        database.read(lambda reader: check_keys(reader, vault))
        return database

    @cached_property
    def requests(self) -> RequestStore:
        return RequestStore(self.database, clock=now, owner=self.owner)

    @cached_property
    def accounts(self) -> AccountStore:
        return AccountStore(self.database, self.vault, clock=now)

    @cached_property
    def partings(self) -> PartingStore:
        return PartingStore(self.database, self.vault, self.accounts, clock=now, owner=self.owner)

    @cached_property
    def journeys(self) -> JourneyStore:
        return JourneyStore(self.database)

    @cached_property
    def installations(self) -> Installations:
        return OneInstallation(self._only) if self._only else InstallationStore(self.database, self.vault)

    @cached_property
    def removals(self) -> RemovalStore:
        return RemovalStore(self.database, clock=now, owner=self.owner)

    @cached_property
    def places(self) -> Places:
        return Places(store=PlaceStore(self.database), clock=now)
