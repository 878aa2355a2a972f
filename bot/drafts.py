"""Drafts: what somebody typed into a form that is not sent yet, kept for a day."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol

from bot.accounts import SlackUser

KEPT: Final = timedelta(days=1)
"""Long enough for a form that was closed at night, short enough not to be somebody else's old idea."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An unfinished form, by its fields' names, and the request that it would have become."""

    person: SlackUser
    request_id: str
    form: Mapping[str, str] = field(default_factory=dict)


class DraftStore(Protocol):
    """The latest draft of each person."""

    async def save(self, draft: Draft, *, at: datetime) -> None:
        """Keep a draft in place of the person's last one."""
        ...

    async def find(self, person: SlackUser, *, since: datetime) -> Draft | None:
        """Give the person's draft if it was kept since then."""
        ...

    async def forget(self, person: SlackUser) -> None:
        """Forget the person's draft."""
        ...


class Drafts:
    """Remembers what was typed, so that nothing has to be typed twice."""

    def __init__(self, *, store: DraftStore, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock

    async def keep(self, person: SlackUser, request_id: str, form: Mapping[str, str]) -> None:
        """Keep a form as it is now, unless nothing of weight was filled in."""
        if form.keys() & {"source_collection", "source_path", "destination_collection", "destination_path"}:
            await self._store.save(Draft(person, request_id, dict(form)), at=self._clock())

    async def find(self, person: SlackUser) -> Draft | None:
        """Give the person's draft of the last day."""
        return await self._store.find(person, since=self._clock() - KEPT)

    async def forget(self, person: SlackUser) -> None:
        """Forget the person's draft: it was sent, or discarded."""
        await self._store.forget(person)
