"""A kept request becomes an announced timer, one committed step at a time."""

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from bot.checking import Checking, names_of, why_sign_in
from bot.creating import Creating
from bot.errors import CannotPost, Refused, ServiceUnavailable, SignInNeeded
from bot.linking import Account, Linking, SignInLink, SlackUser
from bot.scheduling import RequestState, TimerRequest

WAITING_LIFE: Final = timedelta(days=1)
"""A request that nobody signed in for, or that Globus could not take, is given up after a day."""

LONGEST_DELAY: Final = timedelta(minutes=5)
"""Often enough for a person who waits, seldom enough for a service that is down."""

SHOWN: Final = {
    RequestState.WAITING_FOR_SIGN_IN,
    RequestState.UNCLEAR,
    RequestState.ANNOUNCED,
    RequestState.REFUSED,
    RequestState.EXPIRED,
}
"""The states that a person is always told of; the others pass in moments, unless there is a reason."""


class Decision(StrEnum):
    """What an owner can say about a request whose outcome stayed unclear."""

    LOOK_AGAIN = "look_again"
    CREATE_AGAIN = "create_again"
    FORGET = "forget"


class Requests(Protocol):
    """The kept requests."""

    def save(self, request: TimerRequest) -> None:
        """Commit a request's new state to disk before anything else happens."""
        ...

    def find(self, request_id: str) -> TimerRequest | None:
        """Give a request, or None if there is none with this ID."""
        ...

    def decide(self, request: TimerRequest, expected: RequestState) -> bool:
        """Commit a request's new state if it still rests in the expected one; False if it does not."""
        ...


class RequestNews(Protocol):
    """Tells the person and the team how a request goes. Only `announce` raises."""

    def show(self, request: TimerRequest, *, link: SignInLink | None, names: Sequence[str]) -> None:
        """Show the person where their request is; `names` are the collections that the link asks for."""
        ...

    def announce(self, request: TimerRequest, account: Account | None) -> None:
        """Tell the team; raises CannotPost or ServiceUnavailable."""
        ...

    def cannot_announce(self, request: TimerRequest, problem: CannotPost) -> None:
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

    def show_again(self, request: TimerRequest) -> None:
        """Show a waiting request once more, such as after its modal was closed."""
        self._show(request)

    def _step(self, request: TimerRequest) -> TimerRequest:
        if self._clock() - request.received_at >= WAITING_LIFE and not request.creations:
            return _expired(request)
        try:
            return self._next(request)
        except Refused as problem:
            return _refused(request, problem)
        except SignInNeeded:
            return self._sign_in_again(request)
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
                return self._creating.look(request)
            case RequestState.CREATED:
                return self._announce(request)
        return replace(request, due=None)

    def _check(self, request: TimerRequest) -> TimerRequest:
        checked = self._checking.check(request.person, request.plan)
        request = replace(request, plan=checked.plan, attempts=0)
        if checked.ready:
            return replace(request, state=RequestState.READY, due=self._clock(), reason="")
        return self._wait(request, checked.missing)

    def _wait(self, request: TimerRequest, missing: frozenset[str]) -> TimerRequest:
        return replace(
            request,
            state=RequestState.WAITING_FOR_SIGN_IN,
            due=request.received_at + WAITING_LIFE,
            missing=missing,
            asked_for=request.asked_for | missing,
            reason=why_sign_in(
                account=self._linking.account(request.person),
                missing=missing,
                asked_before=request.asked_for,
                names=names_of(request.plan, missing),
            ),
        )

    def _create(self, request: TimerRequest) -> TimerRequest:
        intended = self._creating.intend(request)
        self._requests.save(intended)
        try:
            return self._creating.create(intended)
        except SignInNeeded:
            return self._wait(request, frozenset())

    def _sign_in_again(self, request: TimerRequest) -> TimerRequest:
        if request.state is RequestState.UNCLEAR:
            # The timer may exist: this request must not go back to checking, where it would be sent again.
            return self._later(request, ServiceUnavailable("Globus"))
        return self._wait(request, frozenset())

    def _announce(self, request: TimerRequest) -> TimerRequest:
        try:
            self._news.announce(request, self._linking.account(request.person))
        except CannotPost as problem:
            self._news.cannot_announce(request, problem)
            return replace(request, due=None, reason=str(problem))
        return replace(request, state=RequestState.ANNOUNCED, due=None, reason="")

    def _later(self, request: TimerRequest, problem: ServiceUnavailable) -> TimerRequest:
        growing = min(timedelta(seconds=2 ** min(request.attempts, 10)), LONGEST_DELAY)
        delay = max(growing * self._chance.uniform(0.75, 1.25), timedelta(seconds=problem.retry_after or 0))
        sent = request.state in {RequestState.UNCLEAR, RequestState.CREATED}
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
            self._show(after)
        return after

    def _show(self, request: TimerRequest) -> None:
        link = None
        if request.state is RequestState.WAITING_FOR_SIGN_IN:
            link = self._linking.begin(
                request.person, collections=request.missing, request_id=request.request_id
            )
        self._news.show(request, link=link, names=names_of(request.plan, request.missing))


class Settling:
    """Lets an owner settle a request that the bot cannot settle alone."""

    def __init__(
        self,
        *,
        requests: Requests,
        clock: Callable[[], datetime],
        wake: Callable[[], None],
        show: Callable[[TimerRequest], None],
    ) -> None:
        self._requests = requests
        self._clock = clock
        self._wake = wake
        self._show = show

    async def decide(self, request_id: str, person: SlackUser, decision: Decision) -> bool:
        """Carry out the owner's decision; False if there is nothing to decide, or not for this person."""
        return await asyncio.to_thread(self._decide, request_id, person, decision)

    async def announce_again(self, request_id: str, person: SlackUser) -> bool:
        """Try again to tell the team; False if this person has no timer that waits for it."""
        return await asyncio.to_thread(self._announce_again, request_id, person)

    def _decide(self, request_id: str, person: SlackUser, decision: Decision) -> bool:
        request = self._resting(request_id, person, RequestState.UNCLEAR)
        if request is None:
            return False
        match decision:
            case Decision.LOOK_AGAIN:
                decided = replace(request, due=self._clock(), reason="Looking again.")
            case Decision.CREATE_AGAIN:
                decided = replace(
                    request, state=RequestState.READY, due=self._clock(), reason="Creating it again."
                )
            case _:
                decided = replace(request, state=RequestState.REFUSED, reason="Forgotten, as you asked.")
        return self._commit(decided, RequestState.UNCLEAR)

    def _announce_again(self, request_id: str, person: SlackUser) -> bool:
        request = self._resting(request_id, person, RequestState.CREATED)
        if request is None:
            return False
        return self._commit(replace(request, due=self._clock(), reason=""), RequestState.CREATED)

    def _resting(self, request_id: str, person: SlackUser, state: RequestState) -> TimerRequest | None:
        request = self._requests.find(request_id)
        if request is None or (request.person, request.state, request.due) != (person, state, None):
            return None
        return request

    def _commit(self, decided: TimerRequest, expected: RequestState) -> bool:
        done = self._requests.decide(decided, expected)
        if done:
            self._show(decided)
            self._wake()
        return done


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
