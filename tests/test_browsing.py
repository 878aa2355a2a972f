"""What is offered behind a collection's field."""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, strategies as st

from bot.accounts import Account, SlackUser
from bot.browsing import Bookmark, Browsing, Collection, Suggestions, fields_of_link
from bot.errors import ServiceUnavailable, SignInNeeded, UnknownCollection
from bot.places import PLACE, Places
from bot.sandbox.slack.limits.surfaces import suggestion_problems
from bot.slack.browsing import answer

ADA = SlackUser("T1", "U1")
HOSTS = frozenset({"app.globus.org"})
ONE, TWO = "5a4db0c5-c011-4ec7-8b07-000000000001", "5a4db0c5-c011-4ec7-8b07-000000000002"


def collection(number: int, kind: str = "GCSv5_guest_collection") -> Collection:
    return Collection(f"5a4db0c5-c011-4ec7-8b07-{number:012d}", f"Collection {number}", kind)


class Globus:
    """What a person knows, as it is set; counts its calls, and hangs or fails where it is told to."""

    def __init__(self) -> None:
        self.recent: Sequence[Collection] = ()
        self.shared: Sequence[Collection] = ()
        self.marked: Sequence[Bookmark] = ()
        self.failing: Exception | None = None
        self.hanging: set[str] = set()
        self.go_on = threading.Event()
        self.calls: list[str] = []

    def _called(self, name: str) -> None:
        self.calls.append(name)
        if name in self.hanging:
            self.go_on.wait(5)
        if self.failing:
            raise self.failing

    def recently_used(self, person: SlackUser) -> Sequence[Collection]:
        del person
        self._called("recent")
        return self.recent

    def shared_with(self, person: SlackUser) -> Sequence[Collection]:
        del person
        self._called("shared")
        return self.shared

    def bookmarks(self, person: SlackUser) -> Sequence[Bookmark]:
        del person
        self._called("bookmarks")
        return self.marked

    def search(self, person: SlackUser, text: str) -> Sequence[Collection]:
        del person, text
        self._called("search")
        return self.recent

    def get(self, person: SlackUser, collection_id: str) -> Collection:
        del person
        self._called("get")
        if collection_id == TWO:
            raise UnknownCollection(collection_id)
        return Collection(collection_id, "Named", "GCSv5_mapped_collection")


class Stored:
    """What is kept, in memory: documents, and the one account."""

    def __init__(self) -> None:
        self.documents: dict[str, Any] = {}
        self.account: Account | None = Account(ADA, "identity", "ada")

    def account_of(self, person: SlackUser) -> Account | None:
        del person
        return self.account

    def keep(self, person: SlackUser, documents: Any, *, at: datetime, since: datetime) -> None:  # noqa: ANN401 - any JSON
        del person, at, since
        self.documents.update(documents)

    async def keep_soon(self, person: SlackUser, documents: Any, *, at: datetime, since: datetime) -> None:  # noqa: ANN401 - any JSON
        self.keep(person, documents, at=at, since=since)

    def find(self, person: SlackUser, key: str, *, since: datetime) -> Any:  # noqa: ANN401 - any JSON
        del person, since
        return self.documents.get(key)

    async def find_soon(self, person: SlackUser, key: str, *, since: datetime) -> Any:  # noqa: ANN401 - any JSON
        return self.find(person, key, since=since)


class Room:
    """A Browsing with everything about it."""

    def __init__(self, executor: ThreadPoolExecutor) -> None:
        self.globus, self.stored = Globus(), Stored()
        accounts: Any = SimpleNamespace(find=self.stored.account_of)
        self.now = datetime(2026, 11, 24, tzinfo=UTC)
        self.browsing = Browsing(
            collections=self.globus,
            accounts=accounts,
            places=Places(store=self.stored, clock=lambda: self.now),
            executor=executor,
            clock=lambda: self.now,
            app_hosts=HOSTS,
            seconds=0.2,
        )

    def suggest(self, text: str = "", side: str = "source") -> Suggestions:
        return asyncio.run(self.browsing.suggest(ADA, text, side=side))


@pytest.fixture
def room() -> Iterator[Room]:
    with ThreadPoolExecutor(8) as executor:
        room = Room(executor)
        yield room
        room.globus.go_on.set()


def test_what_a_person_knows_comes_in_groups_and_once(room: Room) -> None:
    room.globus.recent = [collection(1), collection(2), collection(1)]
    room.globus.shared = [collection(2), collection(3), collection(4, "GCSv5_endpoint")]
    room.globus.marked = [Bookmark("Runs", ONE, "/data/"), Bookmark("Runs again", ONE, "/data/")]

    groups = {one.heading: one for one in room.suggest().groups}

    assert list(groups) == ["Recently used", "Bookmarks", "Shared with me"]
    assert groups["Recently used"].collections == (collection(1), collection(2))
    assert groups["Shared with me"].collections == (collection(3),)
    [choice] = groups["Bookmarks"].choices
    assert choice.about == "Collection 1 /data/"
    assert room.stored.documents[choice.key] == {"collection": ONE, "path": "/data/"}


def test_what_is_late_is_left_out_and_there_the_next_time(room: Room) -> None:
    room.globus.recent, room.globus.shared = [collection(1)], [collection(2)]
    room.globus.hanging = {"recent"}
    assert [one.heading for one in room.suggest().groups] == ["Shared with me"]

    room.globus.go_on.set()

    assert [one.heading for one in room.suggest().groups] == ["Recently used", "Shared with me"]
    assert sorted(room.globus.calls) == ["bookmarks", "recent", "shared"]


def test_answers_stay_good_for_a_minute(room: Room) -> None:
    room.globus.recent = [collection(1)]
    room.suggest()
    room.suggest()
    assert len(room.globus.calls) == 3

    room.now += timedelta(seconds=61)
    room.suggest()
    assert len(room.globus.calls) == 6


def test_a_failure_is_not_kept(room: Room) -> None:
    room.globus.failing = ServiceUnavailable("Globus")
    assert "Globus is slow" in room.suggest().note

    room.globus.failing, room.globus.recent = None, [collection(1)]

    assert room.suggest().groups


def test_another_accounts_answers_are_not_shown(room: Room) -> None:
    room.globus.recent = [collection(1)]
    room.suggest()
    room.stored.account = Account(ADA, "another", "ada2")
    room.globus.recent = []

    assert room.suggest().groups == ()


def test_without_an_account_globus_is_not_asked(room: Room) -> None:
    room.stored.account = None

    assert "signed in" in room.suggest().note
    assert room.globus.calls == []


def test_an_ended_sign_in_is_said(room: Room) -> None:
    room.globus.failing = SignInNeeded()

    assert "sign-in to Globus has ended" in room.suggest().note


def test_a_link_is_offered_by_name_and_else_by_id(room: Room) -> None:
    link = f"https://app.globus.org/file-manager?origin_id={ONE}&origin_path=/a&destination_id={TWO}"

    [choice] = room.suggest(f"<{link}>", "destination").choices

    assert choice.title.startswith("Named → 5a4db0c5")
    assert room.stored.documents[choice.key] == {
        "source_collection": ONE,
        "source_path": "/a/",
        "source_name": "Named",
        "destination_collection": TWO,
        "destination_name": TWO,
    }


@pytest.mark.parametrize(
    "query", [f"origin_id={ONE}&origin_path=/a/", f"destination_id={ONE}&destination_path=/a/"]
)
@pytest.mark.parametrize("side", ["source", "destination"])
def test_one_place_goes_where_the_link_was_pasted(query: str, side: str) -> None:
    fields = fields_of_link(f"app.globus.org/file-manager?{query}", app_hosts=HOSTS, side=side)

    assert fields == {f"{side}_collection": ONE, f"{side}_path": "/a/"}


def test_names_that_are_not_found_are_left_out(room: Room) -> None:
    assert asyncio.run(room.browsing.names(ADA, [ONE, TWO])) == {ONE: "Named"}
    assert asyncio.run(room.browsing.names(ADA, [TWO])) == {}
    assert room.globus.calls == ["get", "get"]


texts = st.text(min_size=1, max_size=300)
found = st.builds(
    Collection, st.uuids().map(str), texts, st.sampled_from(["GCSv5_guest_collection", "?"]), owner=st.text()
)
marked = st.builds(Bookmark, st.text(max_size=300), st.uuids().map(str), texts)


@given(
    recent=st.lists(found, max_size=60),
    shared=st.lists(found, max_size=120),
    marks=st.lists(marked, max_size=60),
)
def test_slack_takes_whatever_a_person_knows(
    recent: list[Collection], shared: list[Collection], marks: list[Bookmark]
) -> None:
    with ThreadPoolExecutor(3) as executor:
        room = Room(executor)
        room.globus.recent, room.globus.shared, room.globus.marked = recent, shared, marks
        suggested = room.suggest()

    offered = answer(suggested)
    assert suggestion_problems(offered) == []
    options = [one for group in offered.get("option_groups", ()) for one in group["options"]]
    assert len(options) <= 100
    assert len({one["value"] for one in options}) == len(options)
    assert all(len(one["value"]) <= 75 for one in options)
    assert all(one["value"].startswith(PLACE) or len(one["value"]) == 36 for one in options)
