"""A kept request becomes an announced timer, one committed step at a time."""

import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, Protocol

from bot.accounts import Account
from bot.checking import Checked, Checking, names_of, still_demanded, why_sign_in
from bot.creating import LOOKING, Creating
from bot.errors import CannotPost, Refused, ServiceUnavailable, SignInNeeded
from bot.linking import Linking
from bot.retrying import pause
from bot.scheduling import RequestState, TimerRequest
from bot.sign_ins import SignInLink

WAITING_LIFE: Final = timedelta(days=1)
"""A request that nobody signed in for, or that Globus could not take, is given up after a day."""

LONGEST_DELAY: Final = timedelta(minutes=5)
"""Often enough for a person who waits, seldom enough for a service that is down."""

SHOWN: Final = {
    RequestState.UNCHECKED,
    RequestState.WAITING_FOR_SIGN_IN,
    RequestState.UNCLEAR,
    RequestState.ANNOUNCED,
    RequestState.REFUSED,
    RequestState.EXPIRED,
}
"""The states that a person is always told of; the others pass in moments, unless there is a reason."""


class Requests(Protocol):
    """The kept requests."""

    def save(self, request: TimerRequest) -> None:
        """Commit a request's new state to disk before anything else happens."""
        ...

    def take_over(self, request: TimerRequest) -> str | None:
        """Let a request's timer take the place of the one that it edits, which is gone by now.

        Gives the `ts` of the announcement that is its own now; None if it is to have a new one.
        """
        ...


class RequestNews(Protocol):
    """Tells the person and the team how a request goes. Only `announce` raises."""

    def show(self, request: TimerRequest, *, link: SignInLink | None, names: Sequence[str]) -> None:
        """Show the person where their request is; `names` are the collections that the link asks for."""
        ...

    def announce(self, request: TimerRequest, account: Account | None) -> str:
        """Tell the team, and give the message's `ts`; raises CannotPost or ServiceUnavailable."""
        ...

    def cannot_announce(self, request: TimerRequest) -> None:
        """Tell the person that the timer stands, and how the team can hear of it."""
        ...


class Fulfilling:
    """Moves a request along, from received to announced."""

    def __init__(
        self,
        *,
        requests: Requests,
        checking: Checking,
        creating: Creating,
        linking: Linking,
        news: RequestNews,
        clock: Callable[[], datetime],
        chance: random.Random,
    ) -> None:
        self._requests = requests
        self._checking = checking
        self._creating = creating
        self._linking = linking
        self._news = news
        self._clock = clock
        self._chance = chance

    def work(self, request: TimerRequest) -> None:
        """Take the request as far as it goes now; each step is committed before the next begins."""
        if request.state is RequestState.CREATING:
            # It was found in this state, so whoever made the call did not live to keep the answer.
            request = self._keep(request, self._creating.unclear(request))
        while request.due is not None and request.due <= self._clock():
            request = self._keep(request, self._step(request))

    def _step(self, request: TimerRequest) -> TimerRequest:
        if self._clock() - request.received_at >= WAITING_LIFE and not request.creations:
            return _expired(request)
        try:
            return self._next(request)
        except Refused as problem:
            return _refused(request, problem)
        except ServiceUnavailable as problem:
            return self._later(request, problem)

    def _next(self, request: TimerRequest) -> TimerRequest:
        match request.state:
            case RequestState.RECEIVED:
                return replace(request, state=RequestState.CHECKING)
            case RequestState.CHECKING:
                return self._check(request)
            case RequestState.READY:
                return self._create(request)
            case RequestState.UNCLEAR:
                return self._look(request)
            case RequestState.CREATED:
                return self._announce(request)
            case RequestState.ANNOUNCED:
                # Who cannot be spoken for any more sees in their own list what is left.
                with suppress(SignInNeeded, Refused):
                    self._creating.sweep(request)
        # A request whose day is not over was looked at too early: the clock was set back.
        waits = request.state is RequestState.WAITING_FOR_SIGN_IN and not request.creations
        return replace(request, due=request.received_at + WAITING_LIFE if waits else None)

    def _check(self, request: TimerRequest) -> TimerRequest:
        checked = self._checking.check(request.person, request.plan)
        request = replace(request, plan=checked.plan, attempts=0)
        if checked.ready:
            return replace(request, state=RequestState.READY, due=self._clock(), reason="")
        if checked.waits:
            return self._wait(request, checked)
        # What could not be checked may be fine all the same, so this is for the owner to decide. By then
        # what a sign-in brought may be over, and is to be asked for again.
        return replace(request, state=RequestState.UNCHECKED, due=None, reason=checked.unchecked, answered=())

    def _wait(self, request: TimerRequest, checked: Checked) -> TimerRequest:
        if checked.session in request.answered:
            raise still_demanded(checked)
        return replace(
            request,
            state=RequestState.WAITING_FOR_SIGN_IN,
            due=self._clock() + WAITING_LIFE if request.creations else request.received_at + WAITING_LIFE,
            missing=checked.missing,
            asked_for=request.asked_for | checked.missing,
            demanded=checked.session,
            reason=why_sign_in(
                account=self._linking.account(request.person),
                checked=checked,
                asked_before=request.asked_for,
            ),
        )

    def _create(self, request: TimerRequest) -> TimerRequest:
        intended = self._creating.intend(request)
        self._requests.save(intended)
        try:
            return self._creating.create(intended)
        except SignInNeeded as problem:
            # It was certainly not made, so this creation does not count.
            return self._wait(
                request, Checked(request.plan, frozenset(), sign_in=problem, session=problem.session)
            )

    def _look(self, request: TimerRequest) -> TimerRequest:
        """Look for the timer of an unclear outcome, after a sign-in if it takes one.

        The request stays unclear meanwhile: the timer may exist, and going back to checking would send it
        again. After a day, or if signing in did not help, it rests until its owner decides.
        """
        try:
            return self._creating.look(replace(request, signed_out=False, reason=LOOKING))
        except SignInNeeded as needed:
            problem = needed
        rests = request.signed_out or problem.session in request.answered
        return replace(
            request,
            due=None if rests else self._clock() + WAITING_LIFE,
            demanded=problem.session,
            signed_out=True,
            attempts=0,
            reason=f"{problem.happened} Sign in again, so that I can look whether the timer was made.",
        )

    def _announce(self, request: TimerRequest) -> TimerRequest:
        try:
            announced = self._replace_timer(request) if request.replaces else None
            if announced is None:
                announced = self._news.announce(request, self._linking.account(request.person))
        except SignInNeeded as problem:
            return self._wait_with_old_timer(request, problem)
        except (CannotPost, Refused) as problem:
            # The timer is there, whatever else is not: it rests until its owner lets this be tried again.
            return replace(request, due=None, reason=str(problem))
        done = replace(request, state=RequestState.ANNOUNCED, due=self._creating.sweep_at(request), reason="")
        return replace(done, signed_out=False, announced_ts=announced)

    def _replace_timer(self, request: TimerRequest) -> str | None:
        """Delete the timer that this one replaces, now that this one is there; gives its announcement."""
        try:
            self._creating.delete(request.person, request.replaces or "")
        except Refused as problem:
            raise Refused(
                f"The new timer is made, and the old one is still there. {problem.happened}",
                "Both run until you delete the old one. Then press the button below.",
            ) from problem
        return self._requests.take_over(request)

    def _wait_with_old_timer(self, request: TimerRequest, problem: SignInNeeded) -> TimerRequest:
        return replace(
            request,
            due=self._clock() + WAITING_LIFE,
            demanded=problem.session,
            signed_out=True,
            reason=f"{problem.happened} The new timer is made: sign in, so that I can delete the old one.",
        )

    def _later(self, request: TimerRequest, problem: ServiceUnavailable) -> TimerRequest:
        delay = pause(
            request.attempts, longest=LONGEST_DELAY, retry_after=problem.retry_after, chance=self._chance
        )
        sent = request.state in {RequestState.UNCLEAR, RequestState.CREATED, RequestState.ANNOUNCED}
        return replace(
            request,
            due=self._clock() + delay,
            attempts=request.attempts + 1,
            reason=request.reason if sent else str(problem),
        )

    def _keep(self, before: TimerRequest, after: TimerRequest) -> TimerRequest:
        self._requests.save(after)
        if (after.state in SHOWN or after.reason) and (after.state, after.reason) != (
            before.state,
            before.reason,
        ):
            self.show(after)
        if after.state is RequestState.CREATED and after.due is None:
            # Only now: the button in this message asks for what was just committed.
            self._news.cannot_announce(after)
        return after

    def show(self, request: TimerRequest) -> None:
        """Show the person where a request is, with a new link if it waits for a sign-in."""
        link = None
        if request.waits_for_sign_in:
            link = self._linking.begin(
                request.person,
                collections=request.missing,
                session=request.demanded,
                request_id=request.request_id,
            )
        self._news.show(request, link=link, names=names_of(request.plan, request.missing))


def _expired(request: TimerRequest) -> TimerRequest:
    return replace(
        request,
        state=RequestState.EXPIRED,
        due=None,
        reason="This request waited for a day and was given up. No timer was made.",
    )


def _refused(request: TimerRequest, problem: Refused) -> TimerRequest:
    return replace(
        request, state=RequestState.REFUSED, due=None, reason=str(problem), blamed_field=problem.field
    )
