"""Find collections: what a collection is, and what is offered behind the form's fields."""

import asyncio
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final, Protocol

from bot.accounts import Accounts, SlackUser
from bot.answers import Answers, in_time
from bot.entrances import read_link
from bot.errors import Problem, SignInNeeded, UnknownCollection
from bot.places import Places

SEARCH_SECONDS: Final = 2.2
"""Slack waits three seconds for a list of options; the rest is for the way there and back."""

NAMING_SECONDS: Final = 5.0
"""How long a name that is only nicer than an ID is waited for."""

MOST_OFFERED: Final = 100
"""In all groups of one list (https://docs.slack.dev/reference/block-kit/composition-objects/option-object)."""

MOST_RECENT: Final = 30
MOST_BOOKMARKS: Final = 40


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


@dataclass(frozen=True, slots=True)
class Bookmark:
    """A folder that somebody marked in the Globus web app."""

    name: str
    collection_id: str
    path: str


class Collections(Protocol):
    """Collections as one person sees them, or the bot itself where the person is not linked yet."""

    def search(self, person: SlackUser, text: str) -> Sequence[Collection]:
        """Give up to 50 collections whose name, owner or keywords match; raises Problem."""
        ...

    def get(self, person: SlackUser, collection_id: str) -> Collection:
        """Give one collection; raises UnknownCollection, SignInNeeded or ServiceUnavailable."""
        ...


class KnownCollections(Collections, Protocol):
    """Collections, and which of them a person knows already; those calls raise SignInNeeded."""

    def recently_used(self, person: SlackUser) -> Sequence[Collection]:
        """Give what the person used lately, the latest first; raises Problem."""
        ...

    def shared_with(self, person: SlackUser) -> Sequence[Collection]:
        """Give what others share with the person; raises Problem."""
        ...

    def bookmarks(self, person: SlackUser) -> Sequence[Bookmark]:
        """Give the person's bookmarks; raises Problem."""
        ...


@dataclass(frozen=True, slots=True)
class Choice:
    """A place to choose, under the key that stands for what it fills in."""

    key: str
    title: str
    about: str


@dataclass(frozen=True, slots=True)
class Group:
    """Some of what is offered, under a heading."""

    heading: str
    collections: tuple[Collection, ...] = ()
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class Suggestions:
    """What to choose from, and a sentence instead when there is a reason for having nothing.

    `unseen_id` is a pasted ID that only the person may be able to see, once they are signed in.
    """

    collections: tuple[Collection, ...] = ()
    choices: tuple[Choice, ...] = ()
    groups: tuple[Group, ...] = ()
    note: str = ""
    unseen_id: str = ""


class Browsing:
    """Answers what a person types into a collection's field, always within Slack's patience."""

    def __init__(
        self,
        *,
        collections: KnownCollections,
        accounts: Accounts,
        places: Places,
        executor: Executor,
        clock: Callable[[], datetime],
        app_hosts: frozenset[str],
        seconds: float = SEARCH_SECONDS,
    ) -> None:
        self._collections = collections
        self._accounts = accounts
        self._places = places
        self._executor = executor
        self._app_hosts = app_hosts
        self._seconds = seconds
        self._answers = Answers(executor, clock)

    async def suggest(self, person: SlackUser, text: str, *, side: str) -> Suggestions:
        """Find collections for a side of the form; a slow or failing Globus gives a note instead.

        `text` is part of a name, an ID, a link of the web app, or nothing: then it is what the person knows.
        """
        typed = text.strip().strip("<>")
        try:
            if not typed:
                return await self._familiar(person)
            if "://" in typed or typed.split("/")[0].lower() in self._app_hosts:
                return await self._of_link(person, typed, side)
            loop = asyncio.get_running_loop()
            found = loop.run_in_executor(self._executor, self._find, person, typed)
            return await asyncio.wait_for(found, self._seconds)
        except TimeoutError:
            return Suggestions(note="Globus is slow; still looking, type on…")
        except Problem as problem:
            return Suggestions(note=problem.happened)

    async def names(
        self, person: SlackUser, collection_ids: Sequence[str], *, seconds: float = NAMING_SECONDS
    ) -> dict[str, str]:
        """Give what these collections are called; those that are not found in time are left out."""
        account = await asyncio.to_thread(self._accounts.find, person)
        who = (person, account.identity_id if account else "")
        asked = [
            self._answers.ask(
                ("name", collection_id, who), partial(self._collections.get, person, collection_id)
            )
            for collection_id in collection_ids
        ]
        found = await in_time(asked, seconds)
        return {
            collection.collection_id: collection.display_name
            for collection in found
            if isinstance(collection, Collection)
        }

    # Nothing typed

    async def _familiar(self, person: SlackUser) -> Suggestions:
        account = await asyncio.to_thread(self._accounts.find, person)
        if account is None:
            return Suggestions(note="Type to search. Once you are signed in, recent ones show here.")
        who = (person, account.identity_id)
        asked = [
            self._answers.ask(("recent", who), lambda: tuple(self._collections.recently_used(person))),
            self._answers.ask(("bookmarks", who), lambda: self._bookmarks(person)),
            self._answers.ask(("shared", who), lambda: tuple(self._collections.shared_with(person))),
        ]
        answers = await in_time(asked, self._seconds)
        groups = _grouped(*(answer if isinstance(answer, tuple) else () for answer in answers))
        return Suggestions(groups=groups, note="" if groups else _why_nothing(answers))

    def _bookmarks(self, person: SlackUser) -> tuple[tuple[Bookmark, str], ...]:
        """Give the person's bookmarks, each with the key that stands for it as an option."""
        found = self._collections.bookmarks(person)[:MOST_BOOKMARKS]
        fields = [{"collection": bookmark.collection_id, "path": bookmark.path} for bookmark in found]
        return tuple(zip(found, self._places.keep_all(person, fields), strict=True))

    # A link

    async def _of_link(self, person: SlackUser, text: str, side: str) -> Suggestions:
        fields = fields_of_link(text, app_hosts=self._app_hosts, side=side)
        if not fields:
            return Suggestions(note="This is no link of the Globus file manager.")
        sides = [side for side in ("source", "destination") if f"{side}_collection" in fields]
        ids = [fields[f"{side}_collection"] for side in sides]
        names = await self.names(person, ids, seconds=self._seconds)
        titles = [names.get(collection_id, collection_id) for collection_id in ids]
        named = fields | {f"{side}_name": title for side, title in zip(sides, titles, strict=True)}
        [key] = await asyncio.to_thread(self._places.keep_all, person, [named])
        paths = [fields.get(f"{side}_path", "") for side in sides]
        about = _both(paths) if any(paths) else "From this link"
        return Suggestions(choices=(Choice(key, _both(titles), about),))

    # A name or an ID

    def _find(self, person: SlackUser, text: str) -> Suggestions:
        try:
            collection_id = str(uuid.UUID(text))
        except ValueError:
            found = self._collections.search(person, text)
            return Suggestions(tuple(collection for collection in found if collection.can_hold_files))
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


def fields_of_link(text: str, *, app_hosts: frozenset[str], side: str) -> dict[str, str]:
    """Give the fields that a link fills in when it is pasted into a side of the form.

    A link with both sides keeps them as they are; one place goes to where the link was pasted.
    """
    link = text if "://" in text else f"https://{text}"
    found = read_link(link, app_hosts=app_hosts)
    if {"source_collection", "destination_collection"} <= found.keys():
        return found
    return {f"{side}_{name.partition('_')[2]}": value for name, value in found.items()}


def _both(texts: Sequence[str]) -> str:
    """Put two texts into one line of which Slack shows 75 characters, so that both can be told."""
    longest = 70 // len(texts)
    return " → ".join(text if len(text) <= longest else text[: longest - 1] + "…" for text in texts) or "…"


def _grouped(
    recent: tuple[Collection, ...],
    bookmarks: tuple[tuple[Bookmark, str], ...],
    shared: tuple[Collection, ...],
) -> tuple[Group, ...]:
    """Put what a person knows under headings, each place once."""
    names = {collection.collection_id: collection.display_name for collection in (*recent, *shared)}
    used = {collection.collection_id: collection for collection in recent if collection.can_hold_files}
    marked = {
        key: Choice(
            key,
            bookmark.name or bookmark.path,
            f"{names.get(bookmark.collection_id, '')} {bookmark.path}".strip(),
        )
        for bookmark, key in bookmarks
    }
    given = {
        collection.collection_id: collection
        for collection in shared
        if collection.can_hold_files and collection.collection_id not in used
    }
    recently, choices = tuple(used.values())[:MOST_RECENT], tuple(marked.values())
    left = MOST_OFFERED - len(recently) - len(choices)
    groups = (
        Group("Recently used", recently),
        Group("Bookmarks", choices=choices),
        Group("Shared with me", tuple(given.values())[:left]),
    )
    return tuple(group for group in groups if group.collections or group.choices)


def _why_nothing(answers: Sequence[Any]) -> str:
    if any(isinstance(answer, SignInNeeded) for answer in answers):
        return "Your sign-in to Globus has ended. Type to search all the same."
    if any(answer is None or isinstance(answer, Problem) for answer in answers):
        return "Globus is slow; type a name to search…"
    return "Type a name to search."
