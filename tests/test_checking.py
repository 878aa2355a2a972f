"""Checks before creation, one rule at a time; the stories show them over real wires."""

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from bot.accounts import SlackUser
from bot.browsing import Collection
from bot.checking import Checked, Checking
from bot.errors import Refused, SignInNeeded, UnknownCollection
from bot.paths import Found, Look, folder_of
from bot.planning import Location, Plan, Source
from bot.quota import refuse_too_often
from bot.schedules import Schedule
from bot.scheduling import RequestState, TimerRequest
from bot.sessions import SessionRequirement
from bot.settling import DECISIONS, Decision, Settling

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ADA, GRACE = SlackUser("T1", "U1"), SlackUser("T1", "U2")
MAPPED = Collection("a", "Beamline", "GCSv5_mapped_collection", high_assurance=False)
GUEST = Collection("b", "Share", "GCSv5_guest_collection")
MINUTE = timedelta(minutes=1)


class World:
    """Collections with what lies under their paths; whatever is not said is not there."""

    def __init__(
        self,
        looks: Mapping[tuple[str, str], Look],
        *,
        missing: frozenset[str] = frozenset(),
        linked: bool = True,
        others: Sequence[timedelta] = (),
        gone: frozenset[str] = frozenset(),
    ) -> None:
        self._looks = looks
        self._missing = missing
        self._linked = linked
        self._others = others
        self._gone = gone
        self.looked_at: list[tuple[str, str]] = []

    def search(self, person: SlackUser, text: str) -> Sequence[Collection]:
        raise NotImplementedError

    def get(self, person: SlackUser, collection_id: str) -> Collection:
        assert person == ADA
        if collection_id in self._gone:
            raise UnknownCollection(collection_id)
        return {"a": MAPPED, "b": GUEST}[collection_id]

    def missing(self, person: SlackUser, collections: frozenset[str]) -> frozenset[str]:
        self._need_link(person)
        assert collections == {"a", "b"}
        return self._missing

    def look_into(self, person: SlackUser, collection_id: str, path: str, *, whole: bool) -> Look:
        look = self.look_at(person, collection_id, path)
        return look if whole else replace(look, entries={})

    def look_at(self, person: SlackUser, collection_id: str, path: str) -> Look:
        self._need_link(person)
        self.looked_at.append((collection_id, path))
        return self._looks.get((collection_id, path), Look(Found.NOTHING))

    def of(self, person: SlackUser) -> Sequence[timedelta]:
        self._need_link(person)
        return self._others

    def _need_link(self, person: SlackUser) -> None:
        if not self._linked or person != ADA:
            raise SignInNeeded


FOLDER, FILE = Look(Found.FOLDER), Look(Found.FILE)
GOOD = {("a", "/data/"): FOLDER, ("b", "/archive/"): FOLDER}
PLAN = Plan(Source("a", ("/data/",)), Location("b", "/archive/"), Schedule(NOW, timedelta(days=1)), "C1")


def check(world: World, plan: Plan = PLAN) -> Checked:
    with ThreadPoolExecutor(8) as lookups:
        checking = Checking(collections=world, consents=world, paths=world, intervals=world, lookups=lookups)
        return checking.check(ADA, plan)


def test_what_is_all_there_is_ready() -> None:
    assert check(World(GOOD)).ready


def test_a_collection_that_is_gone_by_now_is_refused_by_its_name() -> None:
    plan = replace(PLAN, source=replace(PLAN.source, name="Beamline"))
    with pytest.raises(Refused, match="no collection Beamline that your account can see") as refused:
        check(World(GOOD, gone=frozenset({"a"})), plan)

    assert refused.value.field == "source_collection"


def test_the_destination_itself_may_be_missing_but_not_the_folder_above_it() -> None:
    plan = replace(PLAN, destination=Location("b", "/archive/new/"))
    assert check(World(GOOD), plan).ready

    with pytest.raises(Refused, match="There is no folder /archive/new/") as refused:
        check(World(GOOD), replace(PLAN, destination=Location("b", "/archive/new/newer/")))
    assert refused.value.field == "destination_path"


@pytest.mark.parametrize("path", ["/", "~", "~/", "/~/"])
def test_a_root_or_a_home_folder_has_none_above_it(path: str) -> None:
    assert folder_of(path) is None


@pytest.mark.parametrize(
    ("path", "above"), [("/a", "/"), ("/a/b/", "/a/"), ("~/x/", "~/"), ("/~/x.dat", "/~/")]
)
def test_the_folder_above_ends_with_a_slash(path: str, above: str) -> None:
    assert folder_of(path) == above


def test_a_file_goes_into_a_folder_or_to_its_own_path() -> None:
    looks = GOOD | {("a", "/data/x.dat"): FILE, ("b", "/archive/x.dat"): FILE}
    one_file = replace(PLAN, source=Source("a", ("/data/x.dat",)))
    for destination in ("/archive/", "/archive/x.dat", "/archive/y.dat"):
        assert check(World(looks), replace(one_file, destination=Location("b", destination))).ready


@pytest.mark.parametrize("found", [Found.DENIED, Found.NOTHING, Found.FILE])
@pytest.mark.parametrize(
    ("side", "place"), [("source", ("a", "/data/")), ("destination", ("b", "/archive/"))]
)
def test_what_globus_would_refuse_is_refused_under_a_field_of_its_side(
    found: Found, side: str, place: tuple[str, str]
) -> None:
    with pytest.raises(Refused) as refused:
        check(World(GOOD | {place: Look(found, "a fresh sign-in")}))

    assert (refused.value.field or "").startswith(side)
    assert refused.value.next_step


def test_what_could_not_be_looked_at_is_said_once_for_each_path() -> None:
    paused = Look(Found.UNSEEN, "it is paused")
    checked = check(World(GOOD | {("a", "/data/"): paused}))

    assert not checked.ready
    assert checked.unchecked == "I could not look at /data/ on Beamline: it is paused."


def test_a_consent_that_browsing_lacks_is_asked_for_where_there_is_one() -> None:
    no_consent = Look(Found.NO_CONSENT)

    assert check(World(GOOD | {("a", "/data/"): no_consent})).missing == frozenset({"a"})
    beyond = check(World(GOOD | {("b", "/archive/"): no_consent}))
    assert (beyond.missing, beyond.ready) == (frozenset(), False)
    assert "Share asks for a consent" in beyond.unchecked


@pytest.mark.parametrize(
    ("place", "by"), [(("a", "/data/"), "a"), (("b", "/archive/"), "b"), (("b", "/new/"), "b")]
)
def test_a_session_that_a_collection_asks_for_is_a_sign_in_and_no_refusal(
    place: tuple[str, str], by: str
) -> None:
    session = SessionRequirement(mfa=True)
    looks = GOOD | {("b", "/new/"): FOLDER, place: Look(Found.NO_SESSION, session=session)}
    checked = check(World(looks), replace(PLAN, destination=Location("b", "/archive/", "Share")))
    if place == ("b", "/new/"):
        looks |= {("b", "/new/x/"): Look(Found.NOTHING)}
        checked = check(World(looks), replace(PLAN, destination=Location("b", "/new/x/")))

    assert (checked.session, checked.demanded_by, checked.waits) == (session, by, True)
    assert not checked.ready


def test_what_is_certainly_wrong_is_said_before_a_session_is_asked_for() -> None:
    asking = Look(Found.NO_SESSION, session=SessionRequirement(mfa=True))
    with pytest.raises(Refused, match="There is no /data/"):
        check(World({("b", "/archive/"): asking}))


def test_nothing_is_looked_at_for_somebody_who_has_to_sign_in_first() -> None:
    world = World({}, linked=False, others=[MINUTE])
    checked = check(world)

    assert (checked.waits, checked.missing, world.looked_at) == (True, frozenset({"a"}), [])


def test_many_items_of_a_folder_take_one_look_whatever_the_case_of_their_names() -> None:
    names = [f"{number}.dat" for number in range(10)] + ["Cafe\N{COMBINING ACUTE ACCENT}.DAT"]
    entries = dict.fromkeys([*names[:10], "CAF\N{LATIN CAPITAL LETTER E WITH ACUTE}.dat"], Found.FILE)
    world = World(GOOD | {("a", "/data/"): Look(Found.FOLDER, entries=entries)})
    plan = replace(PLAN, source=Source("a", tuple(f"/data/{name}" for name in names)))

    assert check(world, plan).ready
    assert world.looked_at.count(("a", "/data/")) == 1
    assert len(world.looked_at) == 3
    with pytest.raises(Refused, match=r"There is no /data/none\.dat"):
        check(world, replace(plan, source=Source("a", (*plan.source.paths, "/data/none.dat"))))


def test_what_lies_in_too_many_folders_is_looked_at_as_far_as_globus_lets_one_person_look() -> None:
    paths = tuple(f"/{number}/{number}.dat" for number in range(60))
    world = World(GOOD | {("a", path): FILE for path in paths})
    checked = check(world, replace(PLAN, source=Source("a", paths, "Beamline")))

    assert checked.unchecked == ("I looked at 50 of the 60 items on Beamline: they lie in too many folders.")
    assert sum(collection_id == "a" for collection_id, _ in world.looked_at) == 50


@pytest.mark.parametrize(
    ("interval", "others", "way_out", "field"),
    [
        (MINUTE, [MINUTE], "Pause or delete one of them", "interval"),
        (timedelta(hours=1), [MINUTE], "Pause or delete one of them", "repeat"),
        (2 * MINUTE, [timedelta(seconds=90)], "Choose 3 minutes or longer", "interval"),
        (timedelta(minutes=59), [timedelta(seconds=61), timedelta(days=30)], "or longer", "interval"),
    ],
)
def test_more_than_one_run_a_minute_is_refused(
    interval: timedelta, others: list[timedelta], way_out: str, field: str
) -> None:
    with pytest.raises(Refused) as refused:
        refuse_too_often(interval, others)

    assert way_out in refused.value.next_step
    assert refused.value.field == field


@given(st.lists(st.integers(60, 365 * 86400), max_size=20), st.integers(60, 365 * 86400))
def test_the_quota_is_one_run_a_minute_exactly(others: list[int], interval: int) -> None:
    rhythms = [timedelta(seconds=one) for one in others]
    a_year = 365 * 86400
    runs = sum(a_year * 10**9 // one for one in [*others, interval])
    allowed = a_year * 10**9 // 60
    try:
        refuse_too_often(timedelta(seconds=interval), rhythms)
    except Refused:
        assert runs >= allowed
    else:
        assert runs <= allowed


class Kept:
    """One request that is kept."""

    def __init__(self, request: TimerRequest) -> None:
        self.request = request

    def find(self, request_id: str) -> TimerRequest | None:
        return self.request if request_id == self.request.request_id else None

    def decide(self, request: TimerRequest, expected: RequestState) -> bool:
        done = self.request.state is expected
        self.request = request if done else self.request
        return done


def decide(state: RequestState, decision: Decision, person: SlackUser = ADA) -> tuple[bool, TimerRequest]:
    kept = Kept(TimerRequest("r1", "abcdefgh", ADA, PLAN, NOW, state=state))
    settling = Settling(requests=kept, clock=lambda: NOW, wake=lambda: None, show=lambda _request: None)
    return asyncio.run(settling.decide("r1", person, decision)), kept.request


@pytest.mark.parametrize("state", list(RequestState))
@pytest.mark.parametrize("decision", list(Decision))
def test_each_decision_is_for_its_own_state_and_for_the_owner(
    state: RequestState, decision: Decision
) -> None:
    done, after = decide(state, decision)

    assert done == (decision in DECISIONS.get(state, ()))
    assert (after.state is state and after.due is None) != done or decision is Decision.LOOK_AGAIN
    assert decide(state, decision, GRACE)[0] is False
