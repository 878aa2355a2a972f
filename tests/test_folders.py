"""Where a person is while they browse, and what they choose."""

import asyncio
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, strategies as st

from bot.accounts import SlackUser
from bot.browsing import Collection
from bot.errors import Problem, SignInNeeded, UnknownCollection
from bot.folders import (
    MOST_AT_ONCE,
    ConsentNeeded,
    Entry,
    EntryKind,
    Folder,
    NotListed,
    Obstacle,
    Seen,
    Visit,
    Visits,
    beginning,
    can_be_written,
    is_choosable,
    parent_of,
)
from bot.sessions import SessionRequirement
from bot.sign_ins import SignInLink

ADA = SlackUser("T1", "U1")
FILES = (Entry("b", EntryKind.FILE, 1), Entry("c", EntryKind.FOLDER), Entry("d\n", EntryKind.FILE, 1))
VISIT = Visit("k", "source", "{}", {"source_collection": "c"}, "V1", path="/data/", names=("a", "b", "c"))


@pytest.mark.parametrize(
    ("typed", "begins"),
    [
        ("", ""),
        ("/data/run-001/", "/data/run-001/"),
        ("/data/a.dat\n/data/b.dat", "/data/a.dat"),
        ("~/data/", "/~/data/"),
        ("~", "/~"),
        ("data", ""),
        ("/" + "x" * 2000, ""),
    ],
)
def test_browsing_begins_where_the_path_points(typed: str, begins: str) -> None:
    assert beginning({"source_path": typed} if typed else {}, "source") == begins


@pytest.mark.parametrize(
    ("path", "parent"),
    [("/a/b/", "/a/"), ("/a/b", "/a/"), ("/a/", "/"), ("/a", "/"), ("/", "/"), ("/~/", "/")],
)
def test_the_folder_above(path: str, parent: str) -> None:
    assert parent_of(path) == parent


def test_ticks_of_other_pages_stay_and_those_of_this_page_are_as_the_page_says() -> None:
    visit = replace(VISIT, ticked=("/data/z", "/data/a"))

    assert visit.ticking([1, 2]).ticked == ("/data/z", "/data/b", "/data/c")
    assert visit.ticking([]).ticked == ("/data/z",)
    assert visit.ticking([7]).ticked == ("/data/z",)


def test_ticks_last_over_the_pages_of_a_folder_and_no_longer() -> None:
    visit = replace(VISIT, ticked=("/data/a",))

    assert visit.moved("/data/", 40).ticked == ("/data/a",)
    assert visit.moved("/", 0).ticked == ()


def test_what_is_ticked_is_chosen_and_otherwise_the_folder() -> None:
    assert VISIT.chosen() == "/data/"
    assert VISIT.ticking([0, 2]).chosen() == "/data/a\n/data/c"


@pytest.mark.parametrize("ticked", [[f"/{n}" for n in range(1000)], ["/" + str(n) * 900 for n in range(4)]])
def test_what_the_form_cannot_hold_cannot_be_chosen(ticked: list[str]) -> None:
    with pytest.raises(Problem):
        replace(VISIT, ticked=tuple(ticked)).chosen()


@given(
    st.lists(st.text(min_size=1, max_size=255).filter(lambda name: "/" not in name), max_size=5, unique=True)
)
def test_what_can_be_chosen_comes_back_from_the_form_as_it_was(names: list[str]) -> None:
    files = [f"/d/{name}" for name in names if is_choosable("/d/", Entry(name, EntryKind.FILE))]
    text = "\n".join(files)

    assert [line.strip() for line in text.splitlines() if line.strip()] == files


def test_a_lone_surrogate_cannot_be_written() -> None:
    assert not can_be_written("/a\ud800")
    assert can_be_written("/Screenshot 3.04\u202fPM.png")


class Globus:
    """Folders under /data/; other paths meet what is set for them."""

    def __init__(self) -> None:
        self.problems: dict[str, Problem] = {}
        self.go_on = threading.Event()
        self.hangs = False

    def list_folder(self, person: SlackUser, collection_id: str, path: str, *, offset: int) -> Folder:
        del person, collection_id
        if self.hangs:
            self.go_on.wait(5)
        if path in self.problems:
            raise self.problems[path]
        return Folder(path or "/home/", FILES, offset, 3)

    def get(self, person: SlackUser, collection_id: str) -> Collection:
        del person
        if collection_id == "unseen":
            raise UnknownCollection(collection_id)
        return Collection(
            collection_id, "Named", "GCSv5_mapped_collection", high_assurance=collection_id == "h"
        )


class Room:
    """Visits with everything about them; `asked` is what each sign-in was to ask for."""

    def __init__(self, executor: ThreadPoolExecutor) -> None:
        self.globus = Globus()
        self.kept: dict[str, Mapping[str, Any]] = {}
        self.asked: list[tuple[frozenset[str], str]] = []
        self.sessions: list[SessionRequirement] = []
        globus: Any = self.globus
        fakes: Any = SimpleNamespace(
            begin=self.begin,
            find=self.find,
            keep=self.keep,
            find_soon=self.find_soon,
            keep_soon=self.keep_soon,
        )
        self.visits = Visits(
            folders=globus, collections=globus, linking=fakes, places=fakes, executor=executor
        )

    def begin(
        self, person: SlackUser, *, collections: frozenset[str], session: SessionRequirement, browsing: str
    ) -> SignInLink:
        del person
        self.sessions.append(session)
        self.asked.append((collections, browsing))
        return SignInLink("s1", "https://auth.example")

    def find(self, person: SlackUser, key: str) -> Mapping[str, Any] | None:
        del person
        return self.kept.get(key)

    def keep(self, person: SlackUser, key: str, document: Mapping[str, Any]) -> None:
        del person
        self.kept[key] = document

    async def find_soon(self, person: SlackUser, key: str) -> Mapping[str, Any] | None:
        return self.find(person, key)

    async def keep_soon(self, person: SlackUser, key: str, document: Mapping[str, Any]) -> None:
        self.keep(person, key, document)

    def look(self, visit: Visit) -> tuple[Seen, Visit | None]:
        async def look() -> tuple[Seen, Visit | None]:
            await self.visits.save(ADA, visit)
            looking = self.visits.look(ADA, visit)
            assert looking
            seen = await looking
            return seen, await self.visits.arrive(ADA, visit, seen)

        return asyncio.run(look())


@pytest.fixture
def room() -> Iterator[Room]:
    with ThreadPoolExecutor(8) as executor:
        room = Room(executor)
        yield room
        room.globus.go_on.set()


def test_what_was_found_is_remembered_for_the_ticks(room: Room) -> None:
    seen, arrived = room.look(VISIT.moved("", 0))

    assert seen.folder
    assert arrived
    assert (arrived.path, arrived.names, arrived.name) == ("/home/", ("b",), "Named")


def test_a_files_folder_is_shown_in_its_place(room: Room) -> None:
    room.globus.problems["/data/a.dat"] = NotListed(Obstacle.NOT_A_FOLDER)

    _, arrived = room.look(VISIT.moved("/data/a.dat", 0))

    assert arrived
    assert arrived.path == "/data/"


def test_another_obstacle_stays_one(room: Room) -> None:
    room.globus.problems["/x/"] = NotListed(Obstacle.DENIED)

    seen, arrived = room.look(VISIT.moved("/x/", 0))

    assert seen.problem is room.globus.problems["/x/"]
    assert arrived
    assert arrived.path == "/x/"


@pytest.mark.parametrize("problem", [SignInNeeded(), ConsentNeeded()])
def test_one_link_asks_for_all_that_both_sides_need(room: Room, problem: Problem) -> None:
    room.globus.problems["/data/"] = problem
    form = {"source_collection": "c", "destination_collection": "e"}

    seen, _ = room.look(replace(VISIT, form=form))

    assert seen.link
    assert room.asked == [(frozenset({"c", "e"}), "k")]


def test_no_consent_is_asked_of_what_has_none(room: Room) -> None:
    room.globus.problems["/data/"] = SignInNeeded()

    room.look(replace(VISIT, form={"source_collection": "h", "destination_collection": "unseen"}))

    assert room.asked == [(frozenset(), "k")]


def test_who_moved_on_is_not_called_back(room: Room) -> None:
    async def look() -> Visit | None:
        await room.visits.save(ADA, VISIT.moved("/elsewhere/", 0))
        return await room.visits.arrive(ADA, VISIT, Seen(folder=Folder("/data/", FILES, 0, 3)))

    assert asyncio.run(look()) is None


def test_looking_twice_is_looking_once_and_nobody_holds_up_everybody(room: Room) -> None:
    room.globus.hangs = True

    async def look() -> None:
        looking = [room.visits.look(ADA, VISIT.moved(f"/{n}/", 0)) for n in range(MOST_AT_ONCE)]
        assert all(looking)
        assert room.visits.look(ADA, VISIT.moved("/more/", 0)) is None
        assert room.visits.look(ADA, VISIT.moved("/0/", 0))
        assert room.visits.look(SlackUser("T1", "U2"), VISIT.moved("/more/", 0))
        room.globus.go_on.set()
        await asyncio.gather(*(one for one in looking if one))
        assert room.visits.look(ADA, VISIT.moved("/more/", 0))

    asyncio.run(look())


def test_after_a_sign_in_it_goes_on_where_it_was(room: Room) -> None:
    asyncio.run(room.visits.save(ADA, replace(VISIT, view_id="V2")))

    found = room.visits.go_on(ADA, "k")

    assert found
    assert (found[0].path, found[0].view_id, found[1].signed_in) == ("/data/", "V2", True)
    assert room.visits.go_on(ADA, "another") is None


def test_a_session_that_a_sign_in_brought_is_not_asked_for_again(room: Room) -> None:
    session = SessionRequirement(domains=("lab.example",))
    room.globus.problems["/data/"] = ConsentNeeded(session)
    _, arrived = room.look(VISIT)
    assert arrived

    found = room.visits.go_on(ADA, "k")

    assert found
    assert found[1].link is None
    assert "still wants you to sign in with an account of lab.example" in str(found[1].problem)
    assert room.sessions == [session]


def test_another_session_than_the_one_that_was_brought_is_asked_for(room: Room) -> None:
    sessions = [SessionRequirement(domains=("lab.example",)), SessionRequirement(mfa=True)]
    room.globus.problems["/data/"] = ConsentNeeded(sessions[0])
    room.look(VISIT)
    room.globus.problems["/data/"] = ConsentNeeded(sessions[1])

    found = room.visits.go_on(ADA, "k")

    assert found
    assert found[1].link
    assert room.sessions == sessions
