"""Places: what a short key stands for, since Slack's values have no room for a collection and its path."""

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from bot.accounts import SlackUser

KEPT: Final = timedelta(days=1)
"""As long as a draft: a form that is open longer has nothing else left either."""

PLACE: Final = "place:"
"""What the key of a place to choose begins with; a collection's ID never does."""

_ONE_SIDED: Final = frozenset({"collection", "path", "name"})


class PlaceStore(Protocol):
    """One person's documents by their keys."""

    def keep(
        self, person: SlackUser, documents: Mapping[str, Mapping[str, Any]], *, at: datetime, since: datetime
    ) -> None:
        """Keep documents, replacing those of the same key, and forget all that were kept before `since`."""
        ...

    async def keep_soon(
        self, person: SlackUser, documents: Mapping[str, Mapping[str, Any]], *, at: datetime, since: datetime
    ) -> None:
        """Do the same without holding up the event loop."""
        ...

    def find(self, person: SlackUser, key: str, *, since: datetime) -> Mapping[str, Any] | None:
        """Give a document of this person that was kept since then."""
        ...

    async def find_soon(self, person: SlackUser, key: str, *, since: datetime) -> Mapping[str, Any] | None:
        """Do the same without holding up the event loop."""
        ...


class Places:
    """Gives keys for what can be chosen, and finds again what a key stands for."""

    def __init__(self, *, store: PlaceStore, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock

    def keep_all(self, person: SlackUser, fields: list[dict[str, str]]) -> list[str]:
        """Keep what options fill in, and give their keys, in the same order.

        Fields without a side (`collection`, `path`, `name`) fill in the side where they are chosen. The same
        fields have the same key always, so that a list offered twice is kept once.
        """
        keys = [PLACE + _digest(one) for one in fields]
        if keys:
            documents = dict(zip(keys, fields, strict=True))
            self._store.keep(person, documents, at=self._clock(), since=self._since())
        return keys

    async def fields(self, person: SlackUser, key: str, *, side: str) -> dict[str, str] | None:
        """Give the form's fields that a key stands for, chosen on this side; None if it is forgotten."""
        found = await self._store.find_soon(person, key, since=self._since())
        if found is None:
            return None
        return {f"{side}_{name}" if name in _ONE_SIDED else name: value for name, value in found.items()}

    def keep(self, person: SlackUser, key: str, document: Mapping[str, Any]) -> None:
        """Keep one document under its key."""
        self._store.keep(person, {key: document}, at=self._clock(), since=self._since())

    async def keep_soon(self, person: SlackUser, key: str, document: Mapping[str, Any]) -> None:
        """Keep one document under its key without holding up the event loop."""
        await self._store.keep_soon(person, {key: document}, at=self._clock(), since=self._since())

    def find(self, person: SlackUser, key: str) -> Mapping[str, Any] | None:
        """Give one document."""
        return self._store.find(person, key, since=self._since())

    async def find_soon(self, person: SlackUser, key: str) -> Mapping[str, Any] | None:
        """Give one document without holding up the event loop."""
        return await self._store.find_soon(person, key, since=self._since())

    def _since(self) -> datetime:
        return self._clock() - KEPT


def _digest(fields: Mapping[str, str]) -> str:
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()[:16]
