"""Look into folders: what lies in them, what stands in the way, and where a person is while they browse."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Protocol

from bot.accounts import SlackUser
from bot.browsing import Collections
from bot.errors import Problem, SignInNeeded
from bot.linking import Linking
from bot.places import Places
from bot.planning import LONGEST_PATH, LONGEST_TEXT
from bot.sessions import NO_SESSION, SessionRequirement
from bot.sign_ins import SignInLink

PAGE: Final = 40
"""Entries shown at once: each takes a block of Slack's hundred, and nobody reads more."""

MOST_AT_ONCE: Final = 3
"""Folders that one person waits for at a time; beyond it a slow collection would hold up everybody."""

_UNWRITABLE: Final = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


class EntryKind(StrEnum):
    """What an entry of a folder is, as far as it matters here."""

    FOLDER = "folder"
    FILE = "file"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing in a folder; `size` is in bytes."""

    name: str
    kind: EntryKind
    size: int | None = None
    modified: datetime | None = None


@dataclass(frozen=True, slots=True)
class Folder:
    """One page of a folder. `path` begins and ends with a slash; `total` counts the entries of all pages."""

    path: str
    entries: tuple[Entry, ...]
    offset: int
    total: int


class Obstacle(StrEnum):
    """Why a folder cannot be shown."""

    NOT_FOUND = "not found"
    NOT_A_FOLDER = "not a folder"
    DENIED = "denied"
    PAUSED = "paused"
    DOWN = "down"


class NotListed(Problem):
    """The collection was asked and gave no list."""

    def __init__(self, obstacle: Obstacle) -> None:
        super().__init__(f"The folder cannot be shown: {obstacle}.")
        self.obstacle = obstacle


class ConsentNeeded(SignInNeeded):
    """The person is linked, and something that only another sign-in gives is missing.

    It is the consent to the collection's data, or the `session` that the collection asks for.
    """

    def __init__(self, session: SessionRequirement = NO_SESSION) -> None:
        missing = "Your consent to this collection's data is missing."
        super().__init__(session.in_words() if session else missing, session=session)

    @property
    def demand(self) -> str:
        """What the collection asks for, in a sentence; empty if it is the consent to its data."""
        return self.session.in_words() if self.session else ""


class Folders(Protocol):
    """The folders of collections, as one person sees them."""

    def list_folder(self, person: SlackUser, collection_id: str, path: str, *, offset: int) -> Folder:
        """Give a page of up to PAGE entries, folders first; an empty path is where the collection begins.

        Raises NotListed, ConsentNeeded, SignInNeeded, Refused or ServiceUnavailable.
        """
        ...


@dataclass(frozen=True, slots=True)
class Visit:
    """Where a person is while they browse, and the form below, as it was when they began.

    `context` is what travels with the form; `names` are the files of the page that is shown, `ticked` the
    chosen paths in this folder. `demanded` is the session, written, that the link in the view asks for.
    """

    key: str
    side: str
    context: str
    form: Mapping[str, str]
    form_view_id: str
    view_id: str = ""
    path: str = ""
    offset: int = 0
    name: str = ""
    names: tuple[str, ...] = ()
    ticked: tuple[str, ...] = ()
    demanded: str = ""

    @property
    def collection_id(self) -> str:
        """The collection that is browsed."""
        return self.form.get(f"{self.side}_collection", "")

    def moved(self, path: str, offset: int) -> "Visit":
        """Give the visit in another folder, or on another page of this one, where what is ticked stays."""
        ticked = self.ticked if path == self.path else ()
        return replace(self, path=path, offset=offset, names=(), ticked=ticked)

    def ticking(self, indexes: Sequence[int]) -> "Visit":
        """Give the visit with exactly these files of the page that is shown ticked."""
        elsewhere = [path for path in self.ticked if path not in {self.path + name for name in self.names}]
        here = [self.path + self.names[index] for index in indexes if index < len(self.names)]
        return replace(self, ticked=(*elsewhere, *here))

    def chosen(self) -> str:
        """Give what the form's field will hold: the ticked files, or this folder; raises Problem."""
        text = "\n".join(self.ticked) or self.path
        if len(text) > LONGEST_TEXT:
            raise Problem(
                f"So many paths do not fit into the form: Slack takes {LONGEST_TEXT:,} characters there.",
                "Choose fewer files, or the folder.",
            )
        return text


@dataclass(frozen=True, slots=True)
class Seen:
    """What a person gets to see: a folder, or what stands in the way, with a link if signing in helps.

    `name` is what the collection is called. `signed_in` says that they come from signing in just now.
    """

    folder: Folder | None = None
    problem: Problem | None = None
    link: SignInLink | None = None
    name: str = ""
    signed_in: bool = False


class Visits:
    """Looks into folders for people, and remembers where they are."""

    def __init__(
        self,
        *,
        folders: Folders,
        collections: Collections,
        linking: Linking,
        places: Places,
        executor: Executor,
    ) -> None:
        self._folders = folders
        self._collections = collections
        self._linking = linking
        self._places = places
        self._executor = executor
        self._looking: dict[tuple[SlackUser, str, str, int], Future[Seen]] = {}

    async def save(self, person: SlackUser, visit: Visit) -> None:
        """Remember where a person is."""
        await self._places.keep_soon(person, visit.key, asdict(visit))

    async def find(self, person: SlackUser, key: str) -> Visit | None:
        """Give a visit of this person, or None if it is long ago, or somebody else's."""
        return _visit(await self._places.find_soon(person, key))

    def look(self, person: SlackUser, visit: Visit) -> asyncio.Future[Seen] | None:
        """Begin to look at where the visit is; None if too much is being looked at for this person.

        Looking twice at the same place is looking once, so that impatience costs nothing. The answer is
        never an error. For the event loop's thread only.
        """
        key = (person, visit.key, visit.path, visit.offset)
        under_way = self._looking.get(key)
        if under_way is None:
            if sum(who == person for who, *_ in self._looking) >= MOST_AT_ONCE:
                return None
            under_way = self._looking[key] = self._executor.submit(self._see, person, visit)
            looked = asyncio.wrap_future(under_way)
            looked.add_done_callback(lambda _done: self._looking.pop(key, None))
            return looked
        return asyncio.wrap_future(under_way)

    async def arrive(self, person: SlackUser, visit: Visit, seen: Seen) -> Visit | None:
        """Remember what the person is shown now; None if they have moved on meanwhile."""
        latest = await self.find(person, visit.key)
        arrived = _arrived(latest, visit, seen)
        if arrived:
            await self.save(person, arrived)
        return arrived

    def go_on(self, person: SlackUser, key: str) -> tuple[Visit, Seen] | None:
        """Look again at where a visit was interrupted by a sign-in; None if it is over. For workers."""
        visit = _visit(self._places.find(person, key))
        if visit is None:
            return None
        brought = SessionRequirement.read(visit.demanded)
        seen = replace(self._see(person, visit, brought=brought), signed_in=True)
        arrived = _arrived(_visit(self._places.find(person, key)), visit, seen)
        if arrived is None:
            return None
        self._places.keep(person, key, asdict(arrived))
        return arrived, seen

    def _see(self, person: SlackUser, visit: Visit, *, brought: SessionRequirement = NO_SESSION) -> Seen:
        """Look, perhaps after a sign-in that `brought` a session; what it brought is not asked for again."""
        name = self._name(person, visit)
        try:
            return Seen(self._list(person, visit), name=name)
        except SignInNeeded as problem:
            if problem.session and problem.session == brought:
                return Seen(problem=_still_demanded(brought), name=name)
            link = self._linking.begin(
                person,
                collections=self._needed(person, visit),
                session=problem.session,
                browsing=visit.key,
            )
            return Seen(problem=problem, link=link, name=name)
        except Problem as problem:
            return Seen(problem=problem, name=name)

    def _list(self, person: SlackUser, visit: Visit) -> Folder:
        try:
            return self._folders.list_folder(person, visit.collection_id, visit.path, offset=visit.offset)
        except NotListed as problem:
            if problem.obstacle is not Obstacle.NOT_A_FOLDER or not visit.path:
                raise
            # A file: what was typed, or became one since. Its folder is where a person looks for it.
            return self._folders.list_folder(person, visit.collection_id, parent_of(visit.path), offset=0)

    def _name(self, person: SlackUser, visit: Visit) -> str:
        named = visit.name or visit.form.get(f"{visit.side}_name", "")
        if named and named != visit.collection_id:
            return named
        try:
            return self._collections.get(person, visit.collection_id).display_name
        except Problem:
            return visit.collection_id

    def _needed(self, person: SlackUser, visit: Visit) -> frozenset[str]:
        """Give which of the form's collections have consents, so that one sign-in is enough for all."""
        chosen = {visit.form.get(f"{side}_collection", "") for side in ("source", "destination")} - {""}
        return frozenset(
            collection_id for collection_id in chosen if self._has_consent(person, collection_id)
        )

    def _has_consent(self, person: SlackUser, collection_id: str) -> bool:
        try:
            return self._collections.get(person, collection_id).needs_data_access
        except Problem:
            return False


def _arrived(latest: Visit | None, visit: Visit, seen: Seen) -> Visit | None:
    if latest is None or (latest.path, latest.offset) != (visit.path, visit.offset):
        return None
    asked = seen.problem.session if seen.link and isinstance(seen.problem, SignInNeeded) else NO_SESSION
    here = replace(latest, name=seen.name, demanded=asked.written() if asked else "")
    if seen.folder is None:
        return here
    files = tuple(entry.name for entry in seen.folder.entries if is_choosable(seen.folder.path, entry))
    # The path that was asked for may have been a file, or the place where the collection begins.
    return replace(here, path=seen.folder.path, offset=seen.folder.offset, names=files)


def _still_demanded(session: SessionRequirement) -> Problem:
    return Problem(
        f"You signed in, but Globus still wants {session.wish()}.",
        "Type the path instead, or ask whoever looks after the collection.",
    )


def _visit(document: Mapping[str, Any] | None) -> Visit | None:
    if document is None:
        return None
    lists = {name: tuple(document[name]) for name in ("names", "ticked")}
    return Visit(**{**document, **lists})


def is_choosable(path: str, entry: Entry) -> bool:
    """Say whether a file can be written as one line of the form."""
    return entry.kind is EntryKind.FILE and can_be_written(path + entry.name)


def can_be_written(path: str) -> bool:
    """Say whether a path survives a field with one path a line: short enough, and without strange spaces."""
    return (
        len(path) <= LONGEST_PATH
        and path.splitlines() == [path] == [path.strip()]
        and not _UNWRITABLE.search(path)
    )


def parent_of(path: str) -> str:
    """Give the folder above a file or folder; the uppermost is its own."""
    return path.rstrip("/").rpartition("/")[0] + "/"


def child_of(path: str, name: str) -> str:
    """Give the path of a folder in a folder."""
    return f"{path}{name}/"


def beginning(form: Mapping[str, str], side: str) -> str:
    """Give where browsing begins: at the path that is typed, and else where the collection begins."""
    lines = form.get(f"{side}_path", "").split("\n")
    path = lines[0].strip()
    if path == "~" or path.startswith("~/"):
        path = f"/{path}"
    return path if path.startswith("/") and can_be_written(path) else ""
