"""What lies under a plan's paths, before a timer exists: asked for side by side, and judged together."""

import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from itertools import islice
from typing import Final, Protocol

from bot.accounts import SlackUser
from bot.errors import Refused
from bot.planning import Plan
from bot.sessions import NO_SESSION, SessionRequirement

MOST_ALONE: Final = 8
"""So many items of one folder are looked at one by one; for more, one listing of the folder says it all."""

MOST_LOOKS: Final = 50
"""So many looks at items are begun at once: Globus limits the calls of one person in some seconds.

https://docs.globus.org/faq/transfer-sharing/
"""


class Found(StrEnum):
    """What somebody sees under a path."""

    FOLDER = "folder"
    FILE = "file"
    NOTHING = "nothing"
    DENIED = "denied"
    NO_CONSENT = "no consent"
    NO_SESSION = "no session"
    UNSEEN = "unseen"


@dataclass(frozen=True, slots=True)
class Look:
    """What one look gave; `entries` is what is in a folder that was looked through.

    `reason` says why a path was `UNSEEN`, as the end of a sentence; `session` what its collection asks of a
    sign-in (`NO_SESSION`).
    """

    found: Found
    reason: str = ""
    entries: Mapping[str, Found] = field(default_factory=dict)
    session: SessionRequirement = NO_SESSION

    def at(self, name: str) -> "Look":
        """Give what is under a name in a folder that was looked through.

        Some file systems take a name in any case and any composition of its letters, and what is there must
        not be refused.
        """
        if self.found is Found.FILE:
            return Look(Found.NOTHING)
        if self.found is Found.DENIED:
            return Look(Found.UNSEEN, "its folder cannot be listed")
        if self.found is not Found.FOLDER:
            return self
        if name in self.entries:
            return Look(self.entries[name])
        alike = {_folded(other): found for other, found in self.entries.items()}
        return Look(alike.get(_folded(name), Found.NOTHING))


class Paths(Protocol):
    """Folders and files as a person sees them. Both raise SignInNeeded for one who is not linked."""

    def look_into(self, person: SlackUser, collection_id: str, path: str, *, whole: bool) -> Look:
        """Try to list a folder; `whole` gives all its entries too. Raises ServiceUnavailable on a 429."""
        ...

    def look_at(self, person: SlackUser, collection_id: str, path: str) -> Look:
        """Say what is under a path, without listing it. Raises ServiceUnavailable on a 429."""
        ...


@dataclass(frozen=True, slots=True)
class PathFindings:
    """What stands in the way without being refused.

    `without_consent` are collections that asked for a consent; `unseen` the sentences about paths that could
    not be looked at. `session` is what the collection `demanded_by` asks of a sign-in; of two collections
    that ask, the source comes first.
    """

    without_consent: frozenset[str] = frozenset()
    unseen: tuple[str, ...] = ()
    session: SessionRequirement = NO_SESSION
    demanded_by: str = ""


class _How(Enum):
    AT = "at"
    INTO = "into"
    WHOLE = "whole"


@dataclass(frozen=True, slots=True)
class _Glance:
    collection_id: str
    path: str
    how: _How


class PathLooks:
    """All looks that a plan needs, begun at once."""

    def __init__(self, paths: Paths, lookups: Executor, person: SlackUser, plan: Plan) -> None:
        self._paths = paths
        self._looks: dict[_Glance, Future[Look]] = {
            glance: lookups.submit(self._look, person, glance) for glance in set(_glances(plan))
        }

    def judge(self, plan: Plan) -> PathFindings:
        """Wait for the looks and judge them; raises Refused, SignInNeeded or ServiceUnavailable."""
        looks = {glance: future.result() for glance, future in self._looks.items()}
        found = [*_judged_source(plan, looks), *_judged_destination(plan, looks)]
        demand = next((question for question in found if question.session), _Open(""))
        return PathFindings(
            without_consent=frozenset(question.collection_id for question in found if question.is_consent),
            unseen=tuple(dict.fromkeys(question.sentence for question in found if question.sentence)),
            session=demand.session,
            demanded_by=demand.collection_id,
        )

    def _look(self, person: SlackUser, glance: _Glance) -> Look:
        if glance.how is _How.AT:
            return self._paths.look_at(person, glance.collection_id, glance.path)
        whole = glance.how is _How.WHOLE
        return self._paths.look_into(person, glance.collection_id, glance.path, whole=whole)


@dataclass(frozen=True, slots=True)
class _Open:
    """A question that stays open: a path that is unseen, a session that is asked for, or else a consent."""

    collection_id: str
    sentence: str = ""
    session: SessionRequirement = NO_SESSION

    @property
    def is_consent(self) -> bool:
        """Whether it is a consent that is missing."""
        return not self.sentence and not self.session


_Looks = Mapping[_Glance, Look]


def folder_of(path: str) -> str | None:
    """Give the folder that a path lies in, with its slash; None for a root or a home folder."""
    above, slash, name = path.rstrip("/").rpartition("/")
    return f"{above}/" if slash and name != "~" else None


def _glances(plan: Plan) -> Iterator[_Glance]:
    destination = plan.destination
    yield from _source_glances(plan).values()
    yield _Glance(destination.collection_id, destination.path, _How.INTO)
    above = folder_of(destination.path)
    if above:
        yield _Glance(destination.collection_id, above, _How.INTO)


def _source_glances(plan: Plan) -> Mapping[str, _Glance]:
    """Say how each item is looked at; those beyond MOST_LOOKS are left out."""
    beside = Counter(folder_of(path) for path in plan.source.paths)

    def glance_at(path: str) -> _Glance:
        collection_id, above = plan.source.collection_id, folder_of(path)
        if above and beside[above] > MOST_ALONE:
            return _Glance(collection_id, above, _How.WHOLE)
        return _Glance(collection_id, path, _How.INTO if path.endswith("/") else _How.AT)

    glances = {path: glance_at(path) for path in plan.source.paths}
    looks = set(islice(dict.fromkeys(glances.values()), MOST_LOOKS))
    return {path: glance for path, glance in glances.items() if glance in looks}


def _judged_source(plan: Plan, looks: _Looks) -> Sequence[_Open]:
    where = plan.source.name or "the source"
    found: list[_Open] = []
    glances = _source_glances(plan)
    for path, glance in glances.items():
        look = looks[glance]
        if glance.how is _How.WHOLE:
            look = look.at(path.rstrip("/").rpartition("/")[2])
        _refuse_source(look.found, path, where)
        found += _judged(look, plan.source.collection_id, path, where)
    count = len(plan.source.paths)
    if count > len(glances):
        said = (
            f"I looked at {len(glances):,} of the {count:,} items on {where}: they lie in too many folders."
        )
        found.append(_Open(plan.source.collection_id, said))
    return found


def _refuse_source(found: Found, path: str, where: str) -> None:
    if found is Found.NOTHING:
        raise Refused(
            f"There is no {path} on {where}.", "Check how it is written, or browse.", field="source_path"
        )
    if found is Found.DENIED:
        raise Refused(
            f"You may not read {path} on {where}.",
            "Ask whoever looks after the collection for access, or choose something else.",
            field="source_path",
        )
    if path.endswith("/") and found is Found.FILE:
        raise Refused(f"{path} is a file.", "Write it without the / at the end.", field="source_path")
    if not path.endswith("/") and found is Found.FOLDER:
        raise Refused(
            f"{path} is a folder.", "End it with / to copy it with all that is in it.", field="source_path"
        )


def _judged_destination(plan: Plan, looks: _Looks) -> Sequence[_Open]:
    collection_id, path = plan.destination.collection_id, plan.destination.path
    where = plan.destination.name or "the destination"
    look = looks[_Glance(collection_id, path, _How.INTO)]
    _refuse_destination(plan, look, path, where)
    above = folder_of(path)
    if look.found is not Found.NOTHING or above is None:
        return _judged(look, collection_id, path, where)
    # The last folder of the path may be missing, since Globus makes it; the one that it lies in may not.
    look = looks[_Glance(collection_id, above, _How.INTO)]
    if look.found is Found.DENIED:
        raise _may_not_look(above, where)
    if look.found in {Found.NOTHING, Found.FILE}:
        raise Refused(
            f"There is no folder {above} on {where}.",
            "Make it first, or choose a folder that is there.",
            field="destination_path",
        )
    return _judged(look, collection_id, above, where)


def _refuse_destination(plan: Plan, look: Look, path: str, where: str) -> None:
    is_file = len(plan.source.paths) == 1 and not plan.source.has_folders and not path.endswith("/")
    if look.found is Found.DENIED:
        raise _may_not_look(path, where)
    if look.found is Found.FOLDER and is_file:
        raise Refused(
            f"{path} is a folder on {where}.",
            "End it with / to put the file into it.",
            field="destination_path",
        )
    if look.found is Found.FILE and not is_file:
        raise Refused(f"{path} is a file on {where}.", "Choose a folder.", field="destination_path")


def _may_not_look(path: str, where: str) -> Refused:
    return Refused(
        f"You may not look into {path} on {where}.",
        "Ask whoever looks after the collection for access, or choose another folder.",
        field="destination_path",
    )


def _judged(look: Look, collection_id: str, path: str, where: str) -> list[_Open]:
    if look.found is Found.NO_CONSENT:
        return [_Open(collection_id)]
    if look.found is Found.NO_SESSION:
        return [_Open(collection_id, session=look.session)]
    if look.found is Found.UNSEEN:
        return [_Open(collection_id, f"I could not look at {path} on {where}: {look.reason}.")]
    return []


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
