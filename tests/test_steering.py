"""What an owner wants is done once, however often it is tried, and what Globus says is what is kept."""

import random
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from bot.accounts import Account, SlackUser
from bot.controlling import Act, TimerChange, checked_name
from bot.errors import OutcomeUnclear, Problem, Refused, ServiceUnavailable, SignInEnded, SignInNeeded
from bot.news import Announcement, Event, Post, WatchedTimer
from bot.observing import Observation
from bot.sessions import SessionRequirement
from bot.sign_ins import SignInLink
from bot.steering import GIVEN_UP_AFTER, Outcome, Steering
from bot.timers import Inactivity, Timer, TimerStatus
from bot.watching import Audience

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
ADA = SlackUser("T1", "U1")
JOB = "job-1"
KNOWN = WatchedTimer(JOB, ADA, "identity-1", "request-1", "Nightly", Announcement("C1", "1.0"))
ACTIVE = Timer(JOB, "Nightly [abcdefgh]", next_run=NOW + timedelta(hours=1))
PAUSED = Inactivity(is_paused=True)
STOPPED = Inactivity(is_paused=False, collections=frozenset({"collection-1"}))


class World:
    """One timer at Globus, and what becomes of one change."""

    def __init__(self, known: WatchedTimer | None = KNOWN, at_globus: Timer | None = ACTIVE) -> None:
        self.known, self.at_globus = known, at_globus
        self.problem: Problem | None = None
        self.restored = True
        self.meetings = 0
        self.is_free = True
        self.identity = "identity-1"
        self.calls: list[str] = []
        self.kept: list[Observation | None] = []
        self.posts: list[Post] = []
        self.put_off: list[TimerChange] = []
        self.told: list[tuple[Outcome, SignInLink | None]] = []
        self.asked: list[tuple[frozenset[str], SessionRequirement]] = []
        self.delays: list[Problem] = []

    def work(self, act: Act, **given: Any) -> Outcome:  # noqa: ANN401 - fields of a change
        steering = Steering(
            changes=cast("Any", self),
            timers=cast("Any", self),
            globus=self,
            linking=cast("Any", self),
            audience=self.audience,
            news=self,
            clock=lambda: NOW,
            chance=random.SystemRandom(),
            wake=lambda: None,
        )
        steering.work(TimerChange("change-1", ADA, JOB, act, **{"asked_at": NOW} | given))
        return self.told[-1][0] if self.told else Outcome("")

    @property
    def news(self) -> list[tuple[Event, str]]:
        return [(one.event, one.by) for kept in self.kept if kept for one in kept.news]

    # The database

    def is_first(self, change: TimerChange) -> bool:
        del change
        return self.is_free

    def later(self, change: TimerChange) -> None:
        self.put_off.append(change)

    def finish(
        self, change: TimerChange, observed: Observation | None, posts: Sequence[Post], *, look: bool
    ) -> bool:
        assert look == (change.act is Act.RESUME and observed is not None) or observed is None
        if observed and self.meetings:
            self.meetings -= 1
            assert self.known
            self.known = replace(self.known, version=self.known.version + 1)
            return False
        assert observed is None or observed.timer.version == (self.known.version if self.known else 0)
        self.kept.append(observed)
        self.posts += posts
        return True

    def find(self, team_id: str, job_id: str) -> WatchedTimer | None:
        assert (team_id, job_id) == ("T1", JOB)
        return self.known

    def audience(self, team_id: str, job_ids: Collection[str]) -> Audience:
        assert (team_id, list(job_ids)) == ("T1", [JOB])
        return Audience()

    # Globus

    def account(self, person: SlackUser) -> Account:
        return Account(person, self.identity, "ada@lab.example")

    def begin(
        self, person: SlackUser, *, collections: frozenset[str], session: SessionRequirement
    ) -> SignInLink:
        assert person == ADA
        self.asked.append((collections, session))
        return SignInLink("sign-in-1", "https://auth.globus.org/")

    def timer(self, person: SlackUser, job_id: str) -> Timer | None:
        assert (person, job_id) == (ADA, JOB)
        self._fail_first()
        return self.at_globus

    def pause(self, person: SlackUser, job_id: str) -> None:
        self._change("pause", person, job_id, status=TimerStatus.INACTIVE, inactivity=PAUSED)

    def resume(self, person: SlackUser, job_id: str, *, update_credentials: bool) -> None:
        name = "resume with new credentials" if update_credentials else "resume"
        if self.restored:
            self._change(name, person, job_id, status=TimerStatus.ACTIVE, inactivity=None)
        else:
            self.calls.append(name)

    def rename(self, person: SlackUser, job_id: str, name: str) -> None:
        self._change("rename", person, job_id, name=name)

    def delete(self, person: SlackUser, job_id: str) -> None:
        self._change("delete", person, job_id)
        self.at_globus = None

    def _change(
        self,
        call: str,
        person: SlackUser,
        job_id: str,
        **changed: Any,  # noqa: ANN401 - fields of a timer
    ) -> None:
        assert (person, job_id) == (ADA, JOB)
        assert self.at_globus
        self.calls.append(call)
        self.at_globus = replace(self.at_globus, **changed)

    def _fail_first(self) -> None:
        if self.problem:
            raise self.problem

    # Slack

    def changed(self, change: TimerChange, title: str, outcome: Outcome, link: SignInLink | None) -> None:
        del change, title
        self.told.append((outcome, link))

    def delayed(self, change: TimerChange, problem: Problem) -> None:
        del change
        self.delays.append(problem)


def inactive(why: Inactivity) -> Timer:
    return replace(ACTIVE, status=TimerStatus.INACTIVE, inactivity=why)


def test_a_pause_is_kept_with_who_did_it_and_told_to_the_team() -> None:
    world = World()
    assert world.work(Act.PAUSE) == Outcome("It is paused.")
    assert world.calls == ["pause"]
    assert world.news == [(Event.PAUSED, "U1")]
    [kept] = world.kept
    assert kept
    assert kept.timer.inactivity == PAUSED
    assert kept.is_redrawn
    assert [post.place for post in world.posts] == ["C1"]


def test_what_is_so_already_is_not_done_again() -> None:
    known = replace(KNOWN, status=TimerStatus.INACTIVE, inactivity=PAUSED, next_run=ACTIVE.next_run)
    world = World(known, inactive(PAUSED))
    assert world.work(Act.PAUSE) == Outcome("It is paused already.")
    assert world.calls == []
    assert world.news == []


def test_a_pause_whose_answer_was_lost_is_told_once_when_it_is_tried_again() -> None:
    world = World(at_globus=inactive(PAUSED))
    world.work(Act.PAUSE, attempts=1)
    assert world.calls == []
    assert world.news == [(Event.PAUSED, "U1")]


def test_resuming_a_paused_timer_leaves_its_credentials_and_a_stopped_one_gets_new_ones() -> None:
    for why, call in ((PAUSED, "resume"), (STOPPED, "resume with new credentials")):
        world = World(replace(KNOWN, status=TimerStatus.INACTIVE, inactivity=why), inactive(why))
        assert not world.work(Act.RESUME).has_failed
        assert world.calls == [call]
        assert world.news == [(Event.RESUMED, "U1")]


def test_a_timer_that_stays_stopped_leads_to_the_sign_in_that_brings_what_it_lacks() -> None:
    world = World(replace(KNOWN, status=TimerStatus.INACTIVE, inactivity=STOPPED), inactive(STOPPED))
    world.restored = False
    outcome = world.work(Act.RESUME)

    assert outcome.has_failed
    assert "goes on by itself" in outcome.said
    assert world.asked == [(STOPPED.collections, STOPPED.session)]
    assert world.told[-1][1]
    assert world.news == []


@pytest.mark.parametrize("problem", [SignInNeeded(), SignInEnded()])
def test_whoever_is_signed_out_gets_a_link_and_the_change_is_over(problem: Problem) -> None:
    world = World()
    world.problem = problem
    assert "Then pause the timer once more." in world.work(Act.PAUSE).said
    assert world.kept == [None]
    assert world.told[-1][1]


def test_a_new_name_keeps_the_reference_and_is_told_nobody() -> None:
    world = World()
    world.work(Act.RENAME, name="Morning")
    assert world.at_globus
    assert world.at_globus.name == "Morning [abcdefgh]"
    assert world.news == [(Event.RENAMED, "U1")]
    assert world.posts == []


def test_a_deleted_timer_is_gone_for_good() -> None:
    world = World()
    world.work(Act.DELETE)
    assert world.news == [(Event.DELETED, "U1")]
    [kept] = world.kept
    assert kept
    assert kept.timer.status is TimerStatus.GONE

    again = World(kept.timer, None)
    assert again.work(Act.DELETE) == Outcome("It is deleted.")
    assert again.news == []


def test_what_was_deleted_elsewhere_is_told_without_blaming_anybody() -> None:
    world = World(at_globus=None)
    assert world.work(Act.PAUSE).has_failed
    assert world.news == [(Event.DELETED, "")]


def test_a_timer_that_has_ended_is_left_alone() -> None:
    world = World(at_globus=replace(ACTIVE, status=TimerStatus.ENDED, next_run=None))
    assert world.work(Act.RESUME) == Outcome(
        "This timer has ended, so there is nothing to resume.", has_failed=True
    )
    assert world.calls == []


def test_a_timer_that_was_changed_meanwhile_is_compared_again() -> None:
    world = World()
    world.meetings = 2
    world.work(Act.PAUSE)
    assert world.calls == ["pause"]
    assert world.news == [(Event.PAUSED, "U1")]


def test_a_timer_that_the_bot_does_not_know_is_steered_as_globus_allows() -> None:
    world = World(known=None)
    assert world.work(Act.PAUSE) == Outcome("It is paused.")
    assert world.kept == [None]


def test_a_timer_of_another_globus_account_is_not_taken_for_gone() -> None:
    world = World()
    world.identity = "identity-2"
    assert "another Globus account" in world.work(Act.DELETE).said
    assert world.calls == []
    assert world.kept == [None]


def test_a_service_that_is_down_is_asked_again_and_said_so_once() -> None:
    world = World()
    for attempts, problem in enumerate(
        (ServiceUnavailable("Globus", retry_after=90), OutcomeUnclear("Globus"))
    ):
        world.problem = problem
        world.work(Act.PAUSE, attempts=attempts)
    assert world.put_off[0].due
    assert world.put_off[0].due >= NOW + timedelta(seconds=90)
    assert [one.attempts for one in world.put_off] == [1, 2]
    assert len(world.delays) == 1
    assert world.kept == []


def test_a_wish_that_cannot_be_met_for_hours_is_given_up_and_said() -> None:
    world = World()
    world.problem = ServiceUnavailable("Globus")
    outcome = world.work(Act.DELETE, asked_at=NOW - GIVEN_UP_AFTER)
    assert outcome.has_failed
    assert world.kept == [None]


def test_a_change_waits_for_the_one_before_it() -> None:
    world = World()
    world.is_free = False
    world.work(Act.RESUME)
    assert world.calls == []
    assert len(world.put_off) == 1


def test_what_globus_refuses_is_said() -> None:
    world = World()
    world.problem = Refused("Globus refused: no.")
    assert world.work(Act.PAUSE) == Outcome("Globus refused: no.", has_failed=True)


@pytest.mark.parametrize("text", ["", "  ", "x" * 65])
def test_a_name_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(Problem):
        checked_name(text)


def test_a_name_is_one_line() -> None:
    assert checked_name(" Every \n night ") == "Every night"
