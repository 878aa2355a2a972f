import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.accounts import SlackUser
from bot.drafts import Draft
from bot.planning import Filter, FilterMethod, Location, Option, Plan, Source, SyncLevel
from bot.schedules import Schedule
from bot.scheduling import RequestState, TimerRequest
from bot.sessions import NO_SESSION, SessionRequirement
from bot.store.drafts import DraftStore
from bot.store.port import Database
from bot.store.scheduling import RequestStore, resume
from bot.working import NotOurs

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ADA = SlackUser("T1", "U1")
REQUEST = TimerRequest(
    request_id="r1",
    reference="abcdefgh",
    person=ADA,
    plan=Plan(
        source=Source("a", ("/data/", "/notes.txt"), "Beamline"),
        destination=Location("b", "/archive/", "Archive"),
        schedule=Schedule(start=NOW, interval=timedelta(hours=6), until=NOW + timedelta(days=3)),
        announce_in="C1",
        name="Nightly",
        options=frozenset({Option.ENCRYPT_DATA, Option.SKIP_SOURCE_ERRORS}),
        sync_level=SyncLevel.MTIME,
        filters=(Filter(FilterMethod.EXCLUDE, "*.tmp"),),
        announce_thread="1700000000.000100",
    ),
    received_at=NOW,
    due=NOW,
    view_id="V1",
)


class Time:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def store(database: Database, time: Time) -> RequestStore:
    return RequestStore(database, clock=time, owner="one")


def accept(store: RequestStore, request: TimerRequest = REQUEST) -> bool:
    return asyncio.run(store.accept(request))


def signed_in(database: Database, session: SessionRequirement) -> None:
    database.write(lambda connection: resume(connection, ADA, session, frozenset(), at=NOW))


def test_a_request_comes_back_as_it_was_kept(store: RequestStore) -> None:
    accept(store)
    full = replace(
        REQUEST,
        state=RequestState.UNCLEAR,
        missing=frozenset({"a"}),
        asked_for=frozenset({"a", "b"}),
        attempts=1,
        creations=2,
        looks=3,
        unclear_since=NOW,
        job_id="job",
        next_run=NOW + timedelta(hours=1),
        reason="why",
        blamed_field="source_path",
        due=None,
    )
    store.save(full)

    assert store.find("r1") == full


def test_a_request_ends_the_draft_of_its_person_and_no_other(store: RequestStore, database: Database) -> None:
    drafts, grace = DraftStore(database), SlackUser("T1", "U2")

    async def play() -> list[Draft | None]:
        for person in (ADA, grace):
            await drafts.save(Draft(person, "r1", {"name": "Nightly"}), at=NOW)
        await store.accept(REQUEST)
        return [await drafts.find(person, since=NOW) for person in (ADA, grace)]

    assert asyncio.run(play()) == [None, Draft(grace, "r1", {"name": "Nightly"})]


def test_the_same_request_sent_twenty_times_at_once_is_kept_once(store: RequestStore) -> None:
    async def all_at_once() -> list[bool]:
        again = [replace(REQUEST, reference=f"abcdefg{letter}") for letter in "abcdefghijklmnopqrst"]
        return await asyncio.gather(*(store.accept(request) for request in again))

    assert asyncio.run(all_at_once()).count(True) == 1


def test_what_is_due_is_claimed_by_one_worker_only(store: RequestStore) -> None:
    accept(store)

    assert [request.request_id for request in store.claim(limit=5)] == ["r1"]
    assert list(store.claim(limit=5)) == []


def test_what_is_released_can_be_claimed_again_when_it_is_due(store: RequestStore, time: Time) -> None:
    accept(store)
    [claimed] = store.claim(limit=1)
    store.save(replace(claimed, due=NOW + timedelta(seconds=5)))
    store.release(claimed)

    assert list(store.claim(limit=1)) == []
    time.now += timedelta(seconds=5)
    assert len(store.claim(limit=1)) == 1


def test_what_rests_is_never_claimed(store: RequestStore, time: Time) -> None:
    accept(store, replace(REQUEST, due=None))
    time.now += timedelta(days=400)

    assert list(store.claim(limit=1)) == []


def test_what_a_dead_process_held_is_free_and_its_interrupted_creation_is_due(
    store: RequestStore, database: Database, dies: Callable[[str], None]
) -> None:
    accept(store)
    [claimed] = store.claim(limit=1)
    store.save(replace(claimed, state=RequestState.CREATING, creations=1, due=NOW + timedelta(hours=1)))
    dies("one")
    restarted = RequestStore(database, clock=lambda: NOW, owner="another")
    restarted.recover()

    [found] = restarted.claim(limit=1)
    assert found.state is RequestState.CREATING


def test_a_sign_in_lets_only_this_persons_waiting_requests_go_on(
    store: RequestStore, database: Database
) -> None:
    waiting = replace(REQUEST, state=RequestState.WAITING_FOR_SIGN_IN, due=None, missing=frozenset({"a"}))
    accept(store, waiting)
    accept(store, replace(waiting, request_id="r2", reference="r2", person=SlackUser("T2", "U1")))
    accept(store, replace(REQUEST, request_id="r3", reference="r3", state=RequestState.CREATED, due=None))

    assert store.waiting_for(ADA) == (frozenset({"a"}), NO_SESSION)
    signed_in(database, NO_SESSION)

    assert [request.request_id for request in store.claim(limit=9)] == ["r1"]


def test_a_decision_counts_only_while_the_request_rests_where_it_was_made(store: RequestStore) -> None:
    resting = replace(REQUEST, state=RequestState.UNCLEAR, due=None)
    accept(store, resting)
    decided = replace(resting, state=RequestState.READY, due=NOW)

    assert store.decide(decided, RequestState.UNCLEAR)
    assert not store.decide(decided, RequestState.UNCLEAR)


def test_a_closed_view_is_forgotten_and_saving_does_not_bring_it_back(store: RequestStore) -> None:
    accept(store)
    closed = asyncio.run(store.close_view("V1"))
    store.save(REQUEST)

    assert closed
    assert closed.request_id == "r1"
    assert asyncio.run(store.close_view("V1")) is None


def test_a_sign_in_is_remembered_where_it_brought_what_was_asked_for(
    store: RequestStore, database: Database
) -> None:
    session, other = SessionRequirement(mfa=True), SessionRequirement(domains=("lab.example",))
    waiting = replace(REQUEST, state=RequestState.WAITING_FOR_SIGN_IN, due=None, demanded=session)
    accept(store, waiting)
    accept(
        store,
        replace(
            waiting, request_id="r2", reference="r2", demanded=other, received_at=NOW - timedelta(minutes=1)
        ),
    )

    assert store.waiting_for(ADA).session == session
    signed_in(database, session)

    answered = {one.request_id: one.answered for one in store.claim(limit=9)}
    assert answered == {"r1": (session,), "r2": ()}


def test_what_is_unclear_stays_so_when_its_person_signs_in(store: RequestStore, database: Database) -> None:
    unclear = replace(REQUEST, state=RequestState.UNCLEAR, due=None, signed_out=True, creations=1)
    accept(store, unclear)
    accept(store, replace(unclear, request_id="r2", reference="r2", signed_out=False))
    signed_in(database, NO_SESSION)

    [found] = store.claim(limit=9)
    assert (found.request_id, found.state, found.signed_out) == ("r1", RequestState.UNCLEAR, False)


def test_of_two_that_both_believe_to_hold_a_request_one_sends_it(
    store: RequestStore, database: Database, dies: Callable[[str], None]
) -> None:
    accept(store)
    [mine] = store.claim(limit=1)
    dies("one")
    another = RequestStore(database, clock=lambda: NOW, owner="another")
    another.recover()
    [theirs] = another.claim(limit=1)
    sent = replace(theirs, state=RequestState.CREATING, creations=1)
    another.save(sent)

    for stale in (sent, replace(mine, state=RequestState.READY)):
        with pytest.raises(NotOurs):
            store.save(stale)
    with pytest.raises(NotOurs):
        another.save(sent)
    assert store.find("r1") == sent
