"""Owners are heard, colleagues are sent to them, and what cannot be done is said before it is tried."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from bot.accounts import Account, SlackUser
from bot.controlling import Act, Controlling, NotYours, TimerChange
from bot.errors import Problem
from bot.news import Event, Post, WatchedTimer
from bot.sessions import NO_SESSION, SessionRequirement
from bot.sign_ins import SignInLink
from bot.timers import Inactivity, TimerStatus

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
ADA, GRACE = SlackUser("T1", "U1"), SlackUser("T1", "U2")
KNOWN = WatchedTimer("job-1", ADA, "identity-1", "request-1", "Nightly")
STOPPED = Inactivity(is_paused=False, collections=frozenset({"c1"}))


class World:
    """One timer, and what is asked of it."""

    def __init__(self, known: WatchedTimer | None = KNOWN) -> None:
        self.known = known
        self.linked: Account | None = Account(ADA, "identity-1", "ada@lab.example")
        self.accepted: list[TimerChange] = []
        self.posts: list[Post] = []
        self.begun: list[tuple[frozenset[str], SessionRequirement]] = []
        self.looked_at: list[tuple[str, bool]] = []
        self.is_asked = False

    @property
    def controlling(self) -> Controlling:
        return Controlling(
            changes=cast("Any", self),
            timers=self,
            linking=cast("Any", self),
            clock=lambda: NOW,
            new_id=lambda: "change-1",
            wake=lambda: None,
        )

    async def accept(self, change: TimerChange) -> bool:
        self.accepted.append(change)
        return True

    def ask_once(self, post: Post, *, asked_since: datetime) -> bool:
        assert asked_since == NOW - timedelta(hours=1)
        self.posts.append(post)
        return not self.is_asked

    def find(self, team_id: str, job_id: str) -> WatchedTimer | None:
        return self.known if (team_id, job_id) == ("T1", "job-1") else None

    def look_soon(self, person: SlackUser, job_ids: Sequence[str], *, resume: bool = False) -> None:
        assert person == ADA
        self.looked_at += [(one, resume) for one in job_ids]

    def account(self, person: SlackUser) -> Account | None:
        assert person == ADA
        return self.linked

    def begin(
        self,
        person: SlackUser,
        *,
        collections: frozenset[str] = frozenset(),
        session: SessionRequirement = NO_SESSION,
    ) -> SignInLink:
        assert person == ADA
        self.begun.append((collections, session))
        return SignInLink("sign-in-1", "https://auth.globus.org/")


@pytest.mark.parametrize("act", list(Act))
def test_what_an_owner_wants_is_kept(act: Act) -> None:
    world = World()
    timer = asyncio.run(world.controlling.ask(ADA, "job-1", act, name="New", view_id="V1"))
    assert timer == KNOWN
    assert world.accepted == [
        TimerChange("change-1", ADA, "job-1", act, NOW, name="New", view_id="V1", due=NOW)
    ]


@pytest.mark.parametrize("act", list(Act))
def test_what_a_colleague_wants_is_not(act: Act) -> None:
    world = World()
    with pytest.raises(NotYours) as refused:
        asyncio.run(world.controlling.ask(GRACE, "job-1", act))
    assert refused.value.timer == KNOWN
    assert world.accepted == []


def test_nobody_of_another_workspace_is_taken_for_the_owner() -> None:
    world = World()
    assert asyncio.run(world.controlling.owned(SlackUser("T2", "U1"), "job-1")) is None


@pytest.mark.parametrize(
    ("status", "act", "said"),
    [
        (TimerStatus.GONE, Act.DELETE, "was deleted"),
        (TimerStatus.ENDED, Act.PAUSE, "nothing to pause"),
        (TimerStatus.ENDED, Act.RESUME, "nothing to resume"),
    ],
)
def test_what_cannot_be_done_is_said_at_once(status: TimerStatus, act: Act, said: str) -> None:
    world = World(replace(KNOWN, status=status))
    with pytest.raises(Problem, match=said):
        asyncio.run(world.controlling.ask(ADA, "job-1", act))
    assert world.accepted == []


def test_a_timer_that_the_bot_did_not_make_is_left_to_globus() -> None:
    world = World(None)
    assert asyncio.run(world.controlling.ask(GRACE, "job-1", Act.PAUSE)) is None
    assert len(world.accepted) == 1


def test_an_owner_is_asked_by_direct_message_that_names_who_asks() -> None:
    world = World()
    assert asyncio.run(world.controlling.ask_owner(GRACE, "job-1", "pause")) == KNOWN
    [post] = world.posts
    assert (post.place, post.news.event, post.news.by) == ("U1", Event.ASKED, "U2")
    world.is_asked = True
    assert asyncio.run(world.controlling.ask_owner(GRACE, "job-1", "pause")) is None


@pytest.mark.parametrize(
    "known", [None, replace(KNOWN, status=TimerStatus.GONE), replace(KNOWN, owner=GRACE)]
)
def test_nobody_is_asked_for_what_cannot_be(known: WatchedTimer | None) -> None:
    world = World(known)
    with pytest.raises(Problem):
        asyncio.run(world.controlling.ask_owner(GRACE, "job-1", "pause"))
    assert world.posts == []


def test_a_stopped_timer_leads_to_the_sign_in_that_it_waits_for() -> None:
    world = World(replace(KNOWN, status=TimerStatus.INACTIVE, inactivity=STOPPED))
    assert asyncio.run(world.controlling.mend(ADA, "job-1", frozenset({"c2"})))
    assert world.begun == [(frozenset({"c1", "c2"}), NO_SESSION)]


def test_a_timer_that_lacks_nothing_is_looked_at_and_needs_no_sign_in() -> None:
    world = World()
    assert asyncio.run(world.controlling.mend(ADA, "job-1")) is None
    assert world.looked_at == [("job-1", False)]
    nothing = replace(KNOWN, status=TimerStatus.INACTIVE, inactivity=Inactivity(is_paused=False))
    world = World(nothing)
    assert asyncio.run(world.controlling.mend(ADA, "job-1")) is None
    assert world.looked_at == [("job-1", True)]


@pytest.mark.parametrize("linked", [None, Account(ADA, "identity-1", "ada@lab.example", is_ended=True)])
def test_somebody_who_is_signed_out_signs_in_first(linked: Account | None) -> None:
    world = World()
    world.linked = linked
    assert asyncio.run(world.controlling.mend(ADA, "job-1"))


def test_only_a_live_timer_that_the_bot_made_is_edited_and_only_by_its_owner() -> None:
    assert asyncio.run(World().controlling.may_edit(ADA, "job-1")) == KNOWN
    for world, person in (
        (World(), GRACE),
        (World(None), ADA),
        (World(replace(KNOWN, status=TimerStatus.ENDED)), ADA),
        (World(replace(KNOWN, status=TimerStatus.GONE)), ADA),
    ):
        with pytest.raises(Problem):
            asyncio.run(world.controlling.may_edit(person, "job-1"))
