"""Who may look at a timer where, and what Globus adds to what is known; and the lists."""

import asyncio
from collections.abc import Collection as Ids, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.accounts import Account, SlackUser
from bot.browsing import Collection
from bot.errors import Problem, ServiceUnavailable, SignInNeeded
from bot.listing import Listing, Page
from bot.news import Announcement, WatchedTimer, Wish
from bot.planning import Location, Plan, Source
from bot.schedules import Schedule
from bot.scheduling import TimerRequest
from bot.showing import Access, AtGlobus, CannotSee, Showing, Viewpoint
from bot.telling import Subject
from bot.timers import Inactivity, Run, RunState, Task, Timer, TimerStatus

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
ADA, GRACE = SlackUser("T1", "U1"), SlackUser("T1", "U2")
JOB = "job-1"
KNOWN = WatchedTimer(JOB, ADA, "identity-1", "request-1", "Nightly", Announcement("C1", "1.0"), next_run=NOW)
PLAN = Plan(
    Source("c1", ("/a/",), "One"), Location("c2", "/b/", "Two"), Schedule(NOW, timedelta(hours=6)), "C1"
)
SUBJECT = Subject(KNOWN, TimerRequest("request-1", "abcdefgh", ADA, PLAN, NOW))
RUN = Run(NOW - timedelta(hours=1), task_id="task-1")
LIVE = Timer(
    JOB, "Nightly [abcdefgh]", next_run=NOW, runs=(RUN,), source_id="c1", destination_id="c2", last_run=NOW
)
STOPPED = Inactivity(is_paused=False, collections=frozenset({"c1"}))


class World:
    """What is known of one timer, and what Globus says of it."""

    def __init__(self) -> None:
        self.known_here: Subject | None = SUBJECT
        self.wish: Wish | None = None
        self.live: Timer | None = LIVE
        self.identity = "identity-1"
        self.problem: Problem | None = None
        self.task_problem: Problem | None = None
        self.looked_at: list[str] = []
        self.calls: list[str] = []
        nameless = replace(PLAN.source, name=""), replace(PLAN.destination, name="")
        self.plan: Plan | None = replace(PLAN, source=nameless[0], destination=nameless[1])

    # The database

    def subject(self, team_id: str, job_id: str) -> Subject | None:
        return self.known_here if (team_id, job_id) == ("T1", JOB) else None

    def runs(self, job_id: str, *, limit: int) -> Sequence[Run]:
        assert limit
        return [replace(RUN, files=1)] if job_id == JOB else []

    def look_soon(self, person: SlackUser, job_ids: Sequence[str], *, resume: bool = False) -> None:
        assert not resume
        assert person == ADA
        self.looked_at += job_ids

    def set_run_news(self, person: SlackUser, job_id: str, *, on: bool) -> bool:
        del job_id, on
        return person == ADA

    def of(self, person: SlackUser, job_id: str) -> Wish | None:
        del person, job_id
        return self.wish

    def of_person(self, person: SlackUser, *, limit: int, offset: int) -> Page[Subject]:
        found = (self.known_here,) if self.known_here and person == ADA else ()
        return Page(found, offset=offset, size=limit, total=len(found))

    def of_channel(self, team_id: str, channel_id: str, *, limit: int, offset: int) -> Page[Subject]:
        del team_id, channel_id
        return self.of_person(ADA, limit=limit, offset=offset)

    def stopped(self, person: SlackUser, *, limit: int) -> Sequence[WatchedTimer]:
        del person, limit
        return []

    def known(self, team_id: str, job_ids: Sequence[str]) -> Sequence[WatchedTimer]:
        return [one.timer for one in self.subjects(team_id, job_ids)]

    def subjects(self, team_id: str, job_ids: Sequence[str]) -> Sequence[Subject]:
        del team_id
        return [self.known_here] if self.known_here and JOB in job_ids else []

    # Globus

    def account(self, person: SlackUser) -> Account:
        return Account(person, self.identity, "ada@lab.example")

    def timer(self, person: SlackUser, job_id: str) -> Timer | None:
        del person, job_id
        self.calls.append("timer")
        if self.problem:
            raise self.problem
        return self.live

    def look(self, person: SlackUser, job_id: str) -> AtGlobus | None:
        live = self.timer(person, job_id)
        return AtGlobus(live, self.plan) if live else None

    def timers(self, person: SlackUser) -> Sequence[Timer]:
        del person
        self.calls.append("timers")
        if self.problem:
            raise self.problem
        other = Timer("job-2", "Elsewhere", interval=timedelta(days=2))
        ended = Timer("job-3", "Old", status=TimerStatus.ENDED, last_run=NOW - timedelta(days=30))
        return [*([self.live] if self.live else []), other, ended]

    def tasks(self, person: SlackUser, task_ids: Ids[str]) -> Mapping[str, Task]:
        del person
        self.calls.append(f"tasks {sorted(task_ids)}")
        if self.task_problem:
            raise self.task_problem
        return {"task-1": Task("task-1", RunState.SUCCEEDED, NOW, files=7)}

    def resume(self, person: SlackUser, job_id: str) -> None:
        raise AssertionError((person, job_id))

    def get(self, person: SlackUser, collection_id: str) -> Collection:
        del person
        if collection_id == "c1":
            return Collection("c1", "One", "GCSv5_mapped_collection", high_assurance=False)
        return Collection(collection_id, "Two", "GCP_mapped_collection")

    def missing(self, person: SlackUser, collections: frozenset[str]) -> frozenset[str]:
        del person
        return collections & {"c1"}


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def executor() -> Iterator[Executor]:
    with ThreadPoolExecutor(4) as executor:
        yield executor


@pytest.fixture
def showing(world: World, executor: Executor) -> Showing:
    return Showing(
        timers=world,
        wish_of=world.of,
        look=world.look,
        tasks=world.tasks,
        consents=world,
        collections=world,
        account=world.account,
        lookups=executor,
        wake=lambda: None,
    )


@pytest.fixture
def listing(world: World) -> Listing:
    return Listing(timers=world, sight=world, clock=lambda: NOW, wake=lambda: None)


@pytest.mark.parametrize("viewpoint", [Viewpoint(), Viewpoint("C1"), Viewpoint("C2"), Viewpoint("D1")])
def test_an_owner_sees_their_timer_everywhere(showing: Showing, viewpoint: Viewpoint) -> None:
    shown = showing.known_now(ADA, JOB, viewpoint)
    assert shown.is_owner
    assert shown.wish is Wish.FAILURES


@pytest.mark.parametrize(
    ("viewpoint", "wish", "sees"),
    [
        (Viewpoint("C1"), None, True),
        (Viewpoint("C2"), None, False),
        (Viewpoint("C2"), Wish.ALL, False),
        (Viewpoint(), None, False),
        (Viewpoint("D1"), None, False),
        (Viewpoint("D1"), Wish.NOTHING, False),
        (Viewpoint("D1"), Wish.DIGEST, True),
    ],
)
def test_somebody_else_sees_it_where_the_team_was_told_or_where_they_follow_it(
    showing: Showing, world: World, viewpoint: Viewpoint, wish: Wish | None, *, sees: bool
) -> None:
    world.wish = wish
    if sees:
        assert not showing.known_now(GRACE, JOB, viewpoint).is_owner
    else:
        with pytest.raises(CannotSee):
            showing.known_now(GRACE, JOB, viewpoint)


def test_globus_is_not_asked_for_somebody_else(showing: Showing, world: World) -> None:
    shown = showing.known_now(GRACE, JOB, Viewpoint("C1"))
    assert showing.live_now(shown) == shown
    assert world.calls == []


def test_globus_adds_the_runs_tasks_in_one_call_and_the_consents(showing: Showing, world: World) -> None:
    shown = showing.live_now(showing.known_now(ADA, JOB, Viewpoint()))
    assert [(run.files, run.state) for run in shown.runs] == [(7, RunState.SUCCEEDED)]
    assert world.calls == ["timer", "tasks ['task-1']"]
    assert shown.uses
    assert [(one.name, one.access) for one in shown.uses] == [
        ("One", Access.MISSING),
        ("Two", Access.NOT_NEEDED),
    ]
    assert world.looked_at == []


def test_what_stands_otherwise_than_was_known_is_looked_at_for_the_team(
    showing: Showing, world: World
) -> None:
    world.live = replace(LIVE, status=TimerStatus.INACTIVE, inactivity=STOPPED)
    shown = showing.live_now(showing.known_now(ADA, JOB, Viewpoint()))
    assert shown.is_mendable
    assert world.looked_at == [JOB]


def test_a_timer_that_is_gone_is_said_to_be(showing: Showing, world: World) -> None:
    world.live = None
    shown = showing.live_now(showing.known_now(ADA, JOB, Viewpoint()))
    assert shown.timer
    assert shown.timer.status is TimerStatus.GONE
    assert "deleted at Globus" in shown.problem
    assert world.looked_at == [JOB]


def test_a_timer_of_another_account_is_not_said_to_be_gone(showing: Showing, world: World) -> None:
    world.identity, world.live = "identity-2", None
    shown = showing.live_now(showing.known_now(ADA, JOB, Viewpoint()))
    assert "another Globus account" in shown.problem
    assert world.calls == world.looked_at == []


def test_what_is_known_stays_when_globus_does_not_answer(showing: Showing, world: World) -> None:
    known = showing.known_now(ADA, JOB, Viewpoint())
    world.problem = ServiceUnavailable("Globus")
    assert showing.live_now(known).runs == known.runs
    assert "does not answer" in showing.live_now(known).problem
    world.problem = SignInNeeded()
    assert showing.live_now(known).needs_sign_in
    world.problem, world.task_problem = None, ServiceUnavailable("Globus")
    assert showing.live_now(known).live == LIVE
    assert "does not answer" in showing.live_now(known).problem


def test_a_timer_that_the_bot_did_not_make_is_shown_as_globus_knows_it(
    showing: Showing, world: World
) -> None:
    world.known_here = None
    shown = showing.live_now(showing.known_now(GRACE, JOB, Viewpoint()))
    assert shown.uses
    assert [one.name for one in shown.uses] == ["One", "Two"]
    assert shown.elsewhere == PLAN
    world.plan = None
    assert showing.live_now(showing.known_now(GRACE, JOB, Viewpoint())).elsewhere is None


def test_run_news_are_its_owners_to_switch(showing: Showing) -> None:
    asyncio.run(showing.set_run_news(ADA, JOB, on=True))
    with pytest.raises(Problem):
        asyncio.run(showing.set_run_news(GRACE, JOB, on=True))


def test_a_persons_own_are_all_of_theirs_but_those_that_ended_long_ago(
    listing: Listing, world: World
) -> None:
    mine = asyncio.run(listing.mine_live(ADA))
    assert [(one.title, one.schedule, one.is_known) for one in mine.page.items] == [
        ("Nightly", "every 6 hours", True),
        ("Elsewhere", "every 2 days", False),
    ]
    assert world.calls == ["timers"]


def test_a_page_beyond_the_end_is_the_last(listing: Listing) -> None:
    assert asyncio.run(listing.mine_live(ADA, number=9)).page.number == 1


@pytest.mark.parametrize("problem", [ServiceUnavailable("Globus"), SignInNeeded()])
def test_without_globus_a_persons_own_are_those_that_are_known(
    listing: Listing, world: World, problem: Problem
) -> None:
    world.problem = problem
    mine = asyncio.run(listing.mine_live(ADA))
    assert [one.title for one in mine.page.items] == ["Nightly"]
    assert mine.problem
    assert mine.needs_sign_in == isinstance(problem, SignInNeeded)


def test_the_home_tab_shows_what_globus_says_with_one_call(listing: Listing, world: World) -> None:
    world.live = replace(LIVE, status=TimerStatus.INACTIVE, inactivity=STOPPED)
    shown = listing.at_home_live(ADA, listing.at_home(ADA))
    assert [one.is_stopped for one in shown.page.items] == [True]
    assert [one.job_id for one in shown.stopped] == [JOB]
    assert shown.elsewhere == 1
    assert world.calls == ["timers"]
    assert world.looked_at == [JOB]


def test_what_is_missing_at_globus_is_looked_for(listing: Listing, world: World) -> None:
    world.live = None
    listing.at_home_live(ADA, listing.at_home(ADA))
    assert world.looked_at == [JOB]


def test_the_home_tab_stays_as_it_is_known_without_globus(listing: Listing, world: World) -> None:
    world.problem = ServiceUnavailable("Globus")
    shown = listing.at_home_live(ADA, listing.at_home(ADA))
    assert len(shown.page.items) == 1
    assert shown.problem
