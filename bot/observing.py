"""What a look at Globus says about a known timer: what is new of it, and when to look next."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from bot.news import Event, News, WatchedTimer
from bot.timers import Run, RunState, Task, Timer, TimerStatus, title_of

MARGIN: Final = 1.5
"""Of how long the last run took: a look that comes a little late costs less than one that comes too early."""

LONGEST_WAIT_FOR_AN_END: Final = timedelta(minutes=20)
"""A run that usually takes long may fail early, and somebody wants to hear of it."""

UNSEEN_FOR: Final = timedelta(minutes=10)
"""So long may a task be missing from an answer before it counts as lost: lists can lag behind."""


@dataclass(frozen=True, slots=True)
class Looks:
    """How patiently to look: after the moment something is due, at most while it goes on, and otherwise."""

    first: timedelta
    longest: timedelta
    idle: timedelta


@dataclass(frozen=True, slots=True)
class Observation:
    """A timer as it is known now, the runs that are new or have changed, and what is news.

    `is_redrawn` says whether its announcement has to show something else now.
    """

    timer: WatchedTimer
    runs: tuple[Run, ...] = ()
    news: tuple[News, ...] = ()
    is_redrawn: bool = False


def observe(known: WatchedTimer, seen: Timer, at: datetime) -> Observation:
    """Compare a timer with what was known of it. Its runs count from when they are over: see `follow`."""
    if _shows_nothing_new(known, seen):
        return Observation(known)
    since = known.seen_until
    new = sorted(
        (run for run in seen.runs if since is None or run.started_at > since), key=lambda run: run.started_at
    )
    status = known.status if seen.status is TimerStatus.UNKNOWN else seen.status
    timer = replace(
        known,
        title=title_of(seen.name) or known.title,
        status=status,
        inactivity=seen.inactivity if status is TimerStatus.INACTIVE else None,
        next_run=seen.next_run,
        running=(*known.running, *(run for run in new if not run.is_over)),
        seen_until=new[-1].started_at if new else since,
        unwatched="",
    )
    result = Observation(timer, tuple(new), _of_the_status(known, timer, at))
    for run in new:
        if run.is_over:
            result = _over(result, run, at)
    return result


def gone(known: WatchedTimer, at: datetime, *, by: str = "") -> Observation:
    """Say that a timer does not exist any more; a run under way goes on without it."""
    timer = replace(known, status=TimerStatus.GONE, inactivity=None, next_run=None, is_resuming=False)
    return Observation(timer, news=(News(Event.DELETED, known.job_id, at, by=by),))


def follow(observed: Observation, tasks: Mapping[str, Task], at: datetime) -> Observation:
    """Take the runs under way as far as their tasks have come."""
    for run in observed.timer.running:
        seen = _seen(run, tasks, at)
        if seen.is_over:
            observed = _over(observed, seen, at)
        elif seen != run:
            observed = _under_way(observed, run, seen, at)
    return observed


def conclude(known: WatchedTimer, observed: Observation, at: datetime) -> Observation:
    """Add the end, once the last run is over, and say whether the announcement has to show something else."""
    timer, news = observed.timer, observed.news
    if timer is known:
        return observed
    if _has_ended(timer) and not _has_ended(known):
        news = (*news, News(Event.ENDED, timer.job_id, at, run=timer.last))
    # That the next run has moved is shown when the one under way is over: one edit for a run, not two.
    next_run = timer.next_run if timer.running else known.next_run
    is_redrawn = _shown(known, next_run) != _shown(timer, timer.next_run)
    return Observation(timer, observed.runs, news, is_redrawn=is_redrawn)


def next_look(timer: WatchedTimer, at: datetime, looks: Looks, chance: random.Random) -> datetime | None:
    """Say when to look at a timer again: soon after something is due, then at growing steps.

    None when nothing is to be expected of it any more.
    """
    if timer.running:
        # Whatever the clock at Globus says, it has begun by now.
        began = min(max(run.started_at for run in timer.running), at)
        expected = min(_usual_end(timer, began), at + looks.longest)
        return _after(expected, at, began, looks, chance)
    if not timer.is_live:
        return None
    idle = at + looks.idle * chance.uniform(0.75, 1)
    if timer.status is not TimerStatus.ACTIVE or timer.next_run is None:
        return idle
    look = _after(_usual_end(timer, timer.next_run), at, timer.next_run, looks, chance)
    return min(look, max(idle, at + looks.first))


def _usual_end(timer: WatchedTimer, began: datetime) -> datetime:
    """Give when a run is probably over: the same files take about as long as last time."""
    usual = (timer.last.duration if timer.last else None) or timedelta()
    return began + min(usual * MARGIN, LONGEST_WAIT_FOR_AN_END)


def _after(
    expected: datetime, at: datetime, began: datetime, looks: Looks, chance: random.Random
) -> datetime:
    """Give a moment soon after the expected one; once that has passed, steps that grow with the run."""
    slack = looks.first if at < expected else _between(looks.first, (at - began) / 2, looks.longest)
    return max(expected, at) + slack * chance.uniform(1, 1.25)


def _shows_nothing_new(known: WatchedTimer, seen: Timer) -> bool:
    """Say whether a timer that runs is as it was known: most in a list are, and need not be built anew."""
    since = known.seen_until
    return (
        seen.status is known.status
        and known.status is not TimerStatus.INACTIVE
        and not (known.inactivity or known.unwatched)
        and seen.next_run == known.next_run
        and all(since is not None and run.started_at <= since for run in seen.runs)
        and title_of(seen.name) in {"", known.title}
    )


def _of_the_status(known: WatchedTimer, timer: WatchedTimer, at: datetime) -> tuple[News, ...]:
    if timer.status is TimerStatus.INACTIVE:
        is_known = known.inactivity is not None and known.inactivity == timer.inactivity
        if is_known and not known.is_resuming:
            return ()
        stopped = timer.inactivity is not None and not timer.inactivity.is_paused
        return (News(Event.STOPPED if stopped else Event.PAUSED, timer.job_id, at),)
    if timer.status is TimerStatus.ACTIVE and known.status is TimerStatus.INACTIVE:
        return (News(Event.RESUMED, timer.job_id, at, by=timer.owner.user_id if known.is_resuming else ""),)
    return ()


def _over(observed: Observation, run: Run, at: datetime) -> Observation:
    timer = observed.timer
    has_failed = run.state is RunState.FAILED
    is_turn = has_failed != timer.is_failing and run.state is not RunState.LOST
    timer = replace(
        timer,
        succeeded=timer.succeeded + (run.state is RunState.SUCCEEDED),
        failed=timer.failed + has_failed,
        is_failing=timer.is_failing if run.state is RunState.LOST else has_failed,
        last=run,
        running=tuple(one for one in timer.running if one.started_at != run.started_at),
    )
    news = News(Event.RUN, timer.job_id, at, run=run, is_turn=is_turn)
    return Observation(timer, _with(observed.runs, run), (*observed.news, news))


def _under_way(observed: Observation, before: Run, seen: Run, at: datetime) -> Observation:
    timer, runs, news = observed.timer, observed.runs, observed.news
    timer = replace(timer, running=tuple(seen if one is before else one for one in timer.running))
    if seen.state is not before.state:
        # Files and bytes of a run under way are read when somebody asks; only its state is worth keeping.
        runs = _with(runs, seen)
        if seen.state is RunState.STUCK:
            news = (*news, News(Event.STUCK, timer.job_id, at, run=seen))
    return Observation(timer, runs, news)


def _with(runs: tuple[Run, ...], run: Run) -> tuple[Run, ...]:
    return (*(one for one in runs if one.started_at != run.started_at), run)


def _seen(run: Run, tasks: Mapping[str, Task], at: datetime) -> Run:
    task = tasks.get(run.task_id or "")
    if task:
        return run.seen_as(task)
    is_lost = run.task_id is None or at - run.started_at > UNSEEN_FOR
    return replace(run, state=RunState.LOST, problem="Its task cannot be seen any more.") if is_lost else run


def _has_ended(timer: WatchedTimer) -> bool:
    return timer.status is TimerStatus.ENDED and not timer.running


def _shown(timer: WatchedTimer, next_run: datetime | None) -> tuple[object, ...]:
    """Give what the announcement shows."""
    return (timer.title, timer.status, timer.inactivity, next_run, timer.last, timer.unwatched)


def _between(least: timedelta, wanted: timedelta, most: timedelta) -> timedelta:
    return min(max(least, wanted), most)
