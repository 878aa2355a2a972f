"""Find collections: what a collection is, and the search behind the form's fields."""

import asyncio
import uuid
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Final, Protocol

from bot.errors import Problem, UnknownCollection
from bot.linking import Accounts, SlackUser

SEARCH_SECONDS: Final = 2.2
"""Slack waits three seconds for a list of options; the rest is for the way there and back."""


@dataclass(frozen=True, slots=True)
class Collection:
    """A Globus collection, with what decides how it may be used.

    `entity_type` and `high_assurance` are Transfer's own words
    (https://docs.globus.org/api/transfer/endpoint/).
    """

    collection_id: str
    display_name: str
    entity_type: str
    high_assurance: bool | None = None
    owner: str = ""

    @property
    def needs_data_access(self) -> bool:
        """Whether a timer needs the owner's `data_access` consent: mapped and not high assurance.

        Asking it of any other kind breaks the sign-in page, since they have no such scope.
        """
        return self.entity_type == "GCSv5_mapped_collection" and self.high_assurance is False

    @property
    def can_hold_files(self) -> bool:
        """Whether files can be moved from or to it: an endpoint only hosts collections."""
        return self.entity_type != "GCSv5_endpoint"

    @property
    def kind(self) -> str:
        """What sort of collection this is, in a person's words."""
        if self.high_assurance:
            return "High assurance"
        return {
            "GCSv5_mapped_collection": "Mapped",
            "GCSv5_guest_collection": "Guest",
            "GCP_mapped_collection": "Personal",
            "GCP_guest_collection": "Guest, personal",
            "GCSv5_endpoint": "Endpoint",
        }.get(self.entity_type, "Collection")


class Collections(Protocol):
    """Collections as one person sees them, or the bot itself where the person is not linked yet."""

    def search(self, person: SlackUser, text: str) -> Sequence[Collection]:
        """Give up to 50 collections whose name, owner or keywords match; raises Problem."""
        ...

    def get(self, person: SlackUser, collection_id: str) -> Collection:
        """Give one collection; raises UnknownCollection, SignInNeeded or ServiceUnavailable."""
        ...


@dataclass(frozen=True, slots=True)
class Suggestions:
    """Collections to choose from, and a sentence instead when there is a reason for having none.

    `unseen_id` is a pasted ID that only the person may be able to see, once they are signed in.
    """

    collections: tuple[Collection, ...] = ()
    note: str = ""
    unseen_id: str = ""


class Browsing:
    """Answers what a person types into a collection's field, always within Slack's patience."""

    def __init__(
        self,
        *,
        collections: Collections,
        accounts: Accounts,
        executor: Executor,
        seconds: float = SEARCH_SECONDS,
    ) -> None:
        self._collections = collections
        self._accounts = accounts
        self._executor = executor
        self._seconds = seconds

    async def suggest(self, person: SlackUser, text: str) -> Suggestions:
        """Find collections by name or by a pasted ID; a slow or failing Globus gives a note instead."""
        loop = asyncio.get_running_loop()
        found = loop.run_in_executor(self._executor, self._find, person, text.strip())
        try:
            return await asyncio.wait_for(found, self._seconds)
        except TimeoutError:
            return Suggestions(note="Globus is slow; still looking, type on…")
        except Problem as problem:
            return Suggestions(note=problem.happened)

    def _find(self, person: SlackUser, text: str) -> Suggestions:
        if not text:
            return Suggestions()
        try:
            collection_id = str(uuid.UUID(text))
        except ValueError:
            found = self._collections.search(person, text)
            return Suggestions(tuple(one for one in found if one.can_hold_files))
        return self._look_up(person, collection_id)

    def _look_up(self, person: SlackUser, collection_id: str) -> Suggestions:
        try:
            found = self._collections.get(person, collection_id)
        except UnknownCollection:
            if self._accounts.find(person):
                return Suggestions(note="Globus knows no such collection, or not for you.")
            return Suggestions(unseen_id=collection_id)
        if not found.can_hold_files:
            return Suggestions(note="This is an endpoint. Choose one of its collections.")
        return Suggestions((found,))
