"""What only the owner of a request can settle: whether to go on without an answer, or to give it up."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

from bot.accounts import SlackUser
from bot.scheduling import RequestState, TimerRequest


class Decision(StrEnum):
    """What an owner can say about a request that rests."""

    LOOK_AGAIN = "look_again"
    CREATE_AGAIN = "create_again"
    CREATE_ANYWAY = "create_anyway"
    CHECK_AGAIN = "check_again"
    FORGET = "forget"


DECISIONS: Final = {
    RequestState.UNCLEAR: (Decision.LOOK_AGAIN, Decision.CREATE_AGAIN, Decision.FORGET),
    RequestState.UNCHECKED: (Decision.CREATE_ANYWAY, Decision.CHECK_AGAIN, Decision.FORGET),
}
"""What can be decided about a request, by the state in which it rests."""

OVER: Final = (RequestState.REFUSED, RequestState.EXPIRED)
"""The states of a request that became no timer."""

_FOLLOWS: Final = {
    Decision.LOOK_AGAIN: (RequestState.UNCLEAR, "Looking again."),
    Decision.CREATE_AGAIN: (RequestState.READY, "Creating it again."),
    Decision.CREATE_ANYWAY: (RequestState.READY, ""),
    Decision.CHECK_AGAIN: (RequestState.CHECKING, "Checking again."),
}


_FORGOTTEN: Final = "Forgotten, as you asked."
_MAY_TURN_UP: Final = " Should the timer turn up all the same, `/schedule-transfer status` shows it."


class RestingRequests(Protocol):
    """The kept requests, of which some wait for their owner."""

    def find(self, request_id: str) -> TimerRequest | None:
        """Give a request, or None if there is none with this ID."""
        ...

    def decide(self, request: TimerRequest, expected: RequestState) -> bool:
        """Commit a request's new state if it still rests in the expected one; False if it does not."""
        ...


class Settling:
    """Lets an owner settle a request that the bot cannot settle alone."""

    def __init__(
        self,
        *,
        requests: RestingRequests,
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

    async def over(self, request_id: str, person: SlackUser) -> TimerRequest | None:
        """Give a request of this person that became no timer, so that its form can be sent again."""
        return await asyncio.to_thread(self._over, request_id, person)

    def _over(self, request_id: str, person: SlackUser) -> TimerRequest | None:
        found = (self._resting(request_id, person, state) for state in OVER)
        return next(filter(None, found), None)

    def _decide(self, request_id: str, person: SlackUser, decision: Decision) -> bool:
        for state, decisions in DECISIONS.items():
            request = self._resting(request_id, person, state) if decision in decisions else None
            if request:
                return self._commit(self._decided(request, decision), state)
        return False

    def _decided(self, request: TimerRequest, decision: Decision) -> TimerRequest:
        if decision is Decision.FORGET:
            reason = _FORGOTTEN + (_MAY_TURN_UP if request.creations else "")
            return replace(request, state=RequestState.REFUSED, reason=reason)
        state, reason = _FOLLOWS[decision]
        return replace(request, state=state, due=self._clock(), reason=reason)

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
