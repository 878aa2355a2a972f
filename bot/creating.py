"""Create a timer exactly once, although Globus Timers takes no idempotency key.

`creating` is committed before the one call. After an unclear outcome the bot looks for its reference
among the person's timers, several times over a grace period, and only then creates once more.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, Protocol

from bot.accounts import SlackUser
from bot.errors import OutcomeUnclear
from bot.planning import Plan
from bot.scheduling import RequestState, TimerRequest
from bot.timers import Timer

MOST_CREATIONS: Final = 2
"""The first, and one more after every look found nothing; then the owner decides."""

SWEEP: Final = 5
"""So many times as long as until the last look, nothing that was sent can still be on its way."""

LATE: Final = timedelta(minutes=5)
"""A start that lies further back is moved: Globus takes one that is "close to now", whatever that means."""

LOOKING: Final = "Globus did not say whether the timer was made. I am looking for it."


class Timers(Protocol):
    """One person's timers at Globus."""

    def create(self, request: TimerRequest) -> Timer:
        """Create the timer with a single call.

        Raises Refused, SignInNeeded or ServiceUnavailable when there is certainly no timer, and
        OutcomeUnclear when there may be one.
        """
        ...

    def find(self, person: SlackUser, reference: str) -> Sequence[Timer]:
        """Give the person's timers that carry the reference, oldest first.

        Raises SignInNeeded or ServiceUnavailable.
        """
        ...

    def delete(self, person: SlackUser, job_id: str) -> None:
        """Delete a timer; one that is gone already is fine. Raises SignInNeeded or ServiceUnavailable."""
        ...


class Creating:
    """The steps around the one call that must not happen twice. Every step gives the next state to commit.

    `looks` are the moments after an unclear outcome at which to look; the last must come later than
    Globus can still be working on the call.
    """

    def __init__(self, *, timers: Timers, clock: Callable[[], datetime], looks: Sequence[timedelta]) -> None:
        self._timers = timers
        self._clock = clock
        self._looks = tuple(looks)

    def delete(self, person: SlackUser, job_id: str) -> None:
        """Delete a timer that another replaces; raises Refused, SignInNeeded or ServiceUnavailable."""
        self._timers.delete(person, job_id)

    def sweep_at(self, request: TimerRequest) -> datetime | None:
        """Give when to sweep up after a request that was sent more than once; None for all others."""
        return self._clock() + SWEEP * self._looks[-1] if request.creations > 1 else None

    def sweep(self, request: TimerRequest) -> None:
        """Delete what carries the reference beside the request's own timer.

        Globus may carry out a creation after the last look for it. Raises SignInNeeded or ServiceUnavailable.
        """
        for timer in self._timers.find(request.person, request.reference):
            if timer.job_id != request.job_id:
                self._timers.delete(request.person, timer.job_id)

    def intend(self, request: TimerRequest) -> TimerRequest:
        """Give the state to commit before the call: should this process die, it is found and unclear."""
        now = self._clock()
        return replace(
            request,
            plan=_caught_up(request, now),
            state=RequestState.CREATING,
            due=now + self._looks[0],
            creations=request.creations + 1,
        )

    def create(self, request: TimerRequest) -> TimerRequest:
        """Make the call; raises what Timers.create raises, except that an unclear outcome is a state."""
        try:
            return self._created(request, self._timers.create(request))
        except OutcomeUnclear:
            return self.unclear(request)

    def unclear(self, request: TimerRequest) -> TimerRequest:
        """Begin to look; the grace period starts now, since the call may still be under way."""
        now = self._clock()
        return replace(
            request,
            state=RequestState.UNCLEAR,
            unclear_since=now,
            looks=0,
            due=now + self._looks[0],
            reason=LOOKING,
        )

    def look(self, request: TimerRequest) -> TimerRequest:
        """Look once; adopt what is there. Raises SignInNeeded or ServiceUnavailable."""
        found = self._timers.find(request.person, request.reference)
        for surplus in found[1:]:
            self._timers.delete(request.person, surplus.job_id)
        if found:
            return self._created(request, found[0])
        looks = request.looks + 1
        if looks < len(self._looks):
            now = self._clock()
            # A moment that is still to come was reckoned by a clock that has been set back.
            since = min(request.unclear_since or now, now)
            due = since + self._looks[looks]
            return replace(request, looks=looks, unclear_since=since, due=due, attempts=0)
        if request.creations < MOST_CREATIONS:
            return replace(request, state=RequestState.READY, due=self._clock(), looks=looks, attempts=0)
        return replace(
            request,
            due=None,
            looks=looks,
            reason="Globus did not say whether the timer was made, and it is not among your timers. You can "
            "create it again without harm: should the first turn up as well, I delete one of them.",
        )

    def _created(self, request: TimerRequest, timer: Timer) -> TimerRequest:
        return replace(
            request,
            state=RequestState.CREATED,
            job_id=timer.job_id,
            next_run=timer.next_run,
            due=self._clock(),
            attempts=0,
            reason="",
        )


def _caught_up(request: TimerRequest, now: datetime) -> Plan:
    """Give the plan with a start that Globus still takes, after the request waited past its own.

    What was to run as soon as it is scheduled, or once, runs now; the rest keeps its rhythm, from its next
    run on. Where the end has passed as well, Globus says so.
    """
    schedule = request.plan.schedule
    if schedule.start >= now - LATE:
        return request.plan
    start = now
    if schedule.interval and schedule.start > request.received_at + LATE:
        start = schedule.start - (schedule.start - now) // schedule.interval * schedule.interval
    if schedule.until and schedule.until <= start:
        return request.plan
    return replace(request.plan, schedule=replace(schedule, start=start))
