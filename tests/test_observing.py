"""What a look says about a timer, and what is news."""

import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from bot.accounts import SlackUser
from bot.news import Announcement, Event, Follower, News, WatchedTimer, Wish, posts_of
from bot.observing import Looks, Observation, conclude, follow, gone, next_look, observe
from bot.sessions import SessionRequirement
from bot.timers import Inactivity, Run, RunState, Task, Timer, TimerStatus, named, reference_of, title_of

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
CHANCE = random.Random(1)  # noqa: S311 - moments, no secrets
LOOKS = Looks(timedelta(seconds=30), timedelta(hours=1), timedelta(hours=6))
ADA, GRACE = SlackUser("T1", "UADA"), SlackUser("T1", "UGRACE")
KNOWN = WatchedTimer(
    "job",
    ADA,
    "identity",
    "request",
    "Nightly",
    announcement=Announcement("C1", "1.0"),
    next_run=NOW,
    seen_until=NOW - timedelta(hours=1),
)
SEEN = Timer("job", "Nightly [abcdefgh]", next_run=NOW + timedelta(hours=1), interval=timedelta(hours=1))


def run(minutes: float = 0, task_id: str | None = "task", **more: object) -> Run:
    return Run(NOW + timedelta(minutes=minutes), task_id, **more)  # type: ignore[arg-type]


def look(known: WatchedTimer, seen: Timer, *tasks: Task) -> Observation:
    observed = follow(observe(known, seen, NOW), {task.task_id: task for task in tasks}, NOW)
    return conclude(known, observed, NOW)


def events(observed: Observation) -> list[Event]:
    return [news.event for news in observed.news]


def test_a_look_at_what_was_known_is_no_news_and_changes_nothing() -> None:
    known = replace(KNOWN, next_run=SEEN.next_run)

    observed = look(known, SEEN)

    assert observed == Observation(known)


@pytest.mark.parametrize(
    "otherwise",
    [
        {"name": "Renamed [abcdefgh]"},
        {"next_run": None},
        {"status": TimerStatus.ENDED},
        {"status": TimerStatus.INACTIVE, "inactivity": Inactivity(is_paused=True)},
        {"runs": (Run(NOW, "task"),)},
    ],
)
def test_whatever_is_otherwise_in_a_list_is_seen(otherwise: dict[str, object]) -> None:
    known = replace(KNOWN, next_run=SEEN.next_run)

    assert look(known, replace(SEEN, **otherwise)).timer != known  # type: ignore[arg-type]


def test_a_timer_that_is_seen_again_is_watched_again() -> None:
    known = replace(KNOWN, next_run=SEEN.next_run, unwatched="signed out")

    assert look(known, SEEN).timer.unwatched == ""


def test_a_run_that_has_begun_is_followed_to_its_end() -> None:
    begun = look(KNOWN, replace(SEEN, runs=(run(),)))
    assert begun.timer.running == (run(),)
    assert events(begun) == []

    done = Task("task", RunState.SUCCEEDED, ended_at=NOW + timedelta(minutes=2), files=3)
    over = look(begun.timer, replace(SEEN, runs=(run(),)), done)

    assert events(over) == [Event.RUN]
    assert (over.timer.succeeded, over.timer.failed, over.timer.running) == (1, 0, ())
    assert over.timer.last
    assert over.timer.last.files == 3
    assert events(look(over.timer, replace(SEEN, runs=(run(),)), done)) == []


def test_only_the_first_failure_and_the_first_success_after_it_are_turns() -> None:
    known, turns = KNOWN, []
    states = [RunState.SUCCEEDED, RunState.FAILED, RunState.FAILED, RunState.SUCCEEDED, RunState.SUCCEEDED]
    for number, state in enumerate(states):
        one = run(number, f"task {number}")
        observed = look(
            known, replace(SEEN, runs=(one,)), Task(f"task {number}", state, NOW + timedelta(hours=1))
        )
        turns += [news.is_turn for news in observed.news]
        known = observed.timer

    assert turns == [False, True, False, True, False]
    assert (known.succeeded, known.failed) == (3, 2)


def test_a_run_that_could_submit_no_task_has_failed() -> None:
    failed = run(0, None, state=RunState.FAILED, ended_at=NOW, problem="No such collection")

    observed = look(KNOWN, replace(SEEN, runs=(failed,)))

    assert observed.timer.failed == 1
    assert observed.timer.is_failing
    assert observed.runs == (failed,)


def test_a_task_that_cannot_be_seen_is_waited_for_and_then_lost_without_a_verdict() -> None:
    early = look(KNOWN, replace(SEEN, runs=(run(-5),)))
    assert early.timer.running == (run(-5),)

    late = look(KNOWN, replace(SEEN, runs=(run(-11),)))

    assert late.timer.running == ()
    assert late.timer.last
    assert late.timer.last.state is RunState.LOST
    assert (late.timer.succeeded, late.timer.failed) == (0, 0)


def test_why_a_timer_is_inactive_is_told_when_it_changes() -> None:
    consent = Inactivity(is_paused=False, collections=frozenset({"c"}))
    session = Inactivity(is_paused=False, session=SessionRequirement(mfa=True))
    stopped = look(KNOWN, replace(SEEN, status=TimerStatus.INACTIVE, inactivity=consent))
    assert events(stopped) == [Event.STOPPED]
    assert events(look(stopped.timer, replace(SEEN, status=TimerStatus.INACTIVE, inactivity=consent))) == []
    assert events(look(stopped.timer, replace(SEEN, status=TimerStatus.INACTIVE, inactivity=session))) == [
        Event.STOPPED
    ]
    assert events(look(stopped.timer, SEEN)) == [Event.RESUMED]
    paused = replace(SEEN, status=TimerStatus.INACTIVE, inactivity=Inactivity(is_paused=True))
    assert events(look(KNOWN, paused)) == [Event.PAUSED]


def test_who_restored_what_a_timer_lacked_hears_if_it_was_not_enough() -> None:
    consent = Inactivity(is_paused=False, collections=frozenset({"c"}))
    known = replace(KNOWN, status=TimerStatus.INACTIVE, inactivity=consent, is_resuming=True)

    observed = look(known, replace(SEEN, status=TimerStatus.INACTIVE, inactivity=consent))

    assert events(observed) == [Event.STOPPED]


def test_the_end_is_told_when_the_last_run_is_over() -> None:
    ended = replace(SEEN, status=TimerStatus.ENDED, next_run=None, runs=(run(),))
    running = look(KNOWN, ended)
    assert events(running) == []

    over = look(running.timer, ended, Task("task", RunState.SUCCEEDED, NOW + timedelta(minutes=1)))

    assert events(over) == [Event.RUN, Event.ENDED]
    assert events(look(over.timer, ended)) == []


def test_a_status_that_nobody_wrote_down_is_left_as_it_was() -> None:
    known = replace(KNOWN, status=TimerStatus.INACTIVE, inactivity=Inactivity(is_paused=True))

    observed = look(known, replace(SEEN, status=TimerStatus.UNKNOWN))

    assert observed.timer.status is TimerStatus.INACTIVE


def test_a_timer_that_is_gone_is_told_once_and_its_run_goes_on() -> None:
    observed = gone(replace(KNOWN, running=(run(),)), NOW)

    assert events(observed) == [Event.DELETED]
    assert observed.timer.running == (run(),)
    assert not observed.timer.is_live


def test_the_next_look_comes_soon_after_what_is_expected() -> None:
    soon = next_look(replace(KNOWN, next_run=NOW + timedelta(hours=2)), NOW, LOOKS, CHANCE)
    assert soon
    assert timedelta(hours=2) < soon - NOW < timedelta(hours=2, minutes=1)
    last = run(-60, state=RunState.SUCCEEDED, ended_at=NOW - timedelta(minutes=50))
    usual = next_look(replace(KNOWN, next_run=NOW + timedelta(hours=2), last=last), NOW, LOOKS, CHANCE)
    assert usual
    assert timedelta(hours=2, minutes=15) < usual - NOW < timedelta(hours=2, minutes=16)


@given(st.floats(0, 10_000))
def test_looks_at_a_long_run_come_at_growing_steps(minutes: float) -> None:
    began = run(-minutes)
    at = next_look(replace(KNOWN, running=(began,)), NOW, LOOKS, CHANCE)

    assert at
    assert LOOKS.first <= at - NOW <= LOOKS.longest * 1.25
    assert at - NOW <= max(timedelta(minutes=minutes) / 2, LOOKS.first) * 1.25


@given(st.floats(0, 10_000), st.floats(1, 10_000))
def test_a_run_that_begins_ahead_of_our_clock_is_looked_at_all_the_same(ahead: float, took: float) -> None:
    last = run(-took, state=RunState.SUCCEEDED, ended_at=NOW)
    at = next_look(replace(KNOWN, running=(run(ahead),), last=last), NOW, LOOKS, CHANCE)

    assert at
    assert LOOKS.first <= at - NOW <= timedelta(minutes=21)


def test_looks_are_no_further_apart_than_is_wished_whatever_is_usual() -> None:
    often = replace(LOOKS, longest=timedelta(minutes=1))
    last = run(-60, state=RunState.SUCCEEDED, ended_at=NOW)
    at = next_look(replace(KNOWN, running=(run(),), last=last), NOW, often, CHANCE)

    assert at
    assert at - NOW <= timedelta(minutes=2)


@pytest.mark.parametrize("status", [TimerStatus.ENDED, TimerStatus.GONE])
def test_what_is_over_is_not_looked_at(status: TimerStatus) -> None:
    assert next_look(replace(KNOWN, status=status), NOW, LOOKS, CHANCE) is None


def told(wish: Wish | None, news: News, *, person: SlackUser = GRACE, **timer: object) -> Counter[str]:
    followers = [Follower(person, "job", wish)] if wish else []
    posts = posts_of(replace(KNOWN, **timer), [news], followers=followers, is_muted=False)  # type: ignore[arg-type]
    return Counter(post.place for post in posts)


FAILED = News(Event.RUN, "job", NOW, run=run(state=RunState.FAILED), is_turn=True)
QUIET = News(Event.RUN, "job", NOW, run=run(state=RunState.SUCCEEDED))


def test_each_hears_what_they_wished_for() -> None:
    assert told(None, FAILED) == {"C1": 1, "UADA": 1}
    assert told(None, QUIET) == {}
    assert told(None, QUIET, run_news=True) == {"C1": 1}
    assert told(Wish.ALL, QUIET) == {"UGRACE": 1}
    assert told(Wish.FAILURES, QUIET) == {}
    assert told(Wish.FAILURES, FAILED) == {"C1": 1, "UADA": 1, "UGRACE": 1}
    assert told(Wish.DIGEST, FAILED) == {"C1": 1, "UADA": 1}
    assert told(Wish.NOTHING, FAILED, person=ADA) == {"C1": 1}


def test_an_owner_hears_what_only_they_can_mend_whatever_they_wished() -> None:
    assert told(Wish.NOTHING, News(Event.STOPPED, "job", NOW), person=ADA) == {"C1": 1, "UADA": 1}
    assert told(Wish.NOTHING, News(Event.SIGNED_OUT, "job", NOW), person=ADA) == {"UADA": 1}
    assert told(Wish.ALL, News(Event.SIGNED_OUT, "job", NOW)) == {"UADA": 1}


def test_nobody_is_told_what_they_did_themselves() -> None:
    assert told(Wish.ALL, News(Event.PAUSED, "job", NOW, by="UGRACE")) == {"C1": 1}


def test_a_muted_channel_hears_nothing_and_people_all_the_same() -> None:
    posts = posts_of(KNOWN, [FAILED], followers=[], is_muted=True)

    assert [post.place for post in posts] == ["UADA"]


@given(st.text(max_size=80), st.from_regex(r"[a-z2-7]{8}", fullmatch=True))
def test_a_reference_is_put_behind_a_name_and_taken_off_again(title: str, reference: str) -> None:
    assert reference_of(named(title, reference)) == reference
    assert title_of(named(title, reference)) == title.rstrip()
