"""A form becomes a TimerRequest: what a person filled in, checked field by field, and kept."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Final, Protocol

from bot.accounts import SlackUser
from bot.drafts import Draft
from bot.forms import read_plan
from bot.planning import Plan
from bot.sessions import NO_SESSION, SessionRequirement
from bot.timers import named

SETTLING: Final = timedelta(seconds=0.25)
"""Slack puts the acknowledged view in place after the answer; an update that comes first would be lost."""


class RequestState(StrEnum):
    """How far a request has come."""

    RECEIVED = "received"
    CHECKING = "checking"
    UNCHECKED = "unchecked"
    WAITING_FOR_SIGN_IN = "waiting for sign-in"
    READY = "ready"
    CREATING = "creating"
    UNCLEAR = "unclear"
    CREATED = "created"
    ANNOUNCED = "announced"
    REFUSED = "refused"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class TimerRequest:
    """One person's wish for one timer, on its way. Its ID was made when the form opened.

    `reference` is part of the timer's name at Globus, so that the bot can find it again. `due` is
    when a worker should look at it next; None while it waits for a person or is over. `missing` are
    the collections whose consent it waits for, `asked_for` all that it ever asked for. `demanded` is what
    else Globus wants of the sign-in that it waits for, `answered` what sign-ins have brought already. `looks`
    counts the searches after an unclear outcome since `unclear_since`. With `signed_out` it goes on where it
    is after a sign-in, and is not checked again. `creations` counts the times it was sent. `announced_ts` is
    the team's message. `replaces` is the job ID of the timer that it edits: Globus cannot change a schedule,
    so a new timer takes the old one's place.
    """

    request_id: str
    reference: str
    person: SlackUser
    plan: Plan
    received_at: datetime
    state: RequestState = RequestState.RECEIVED
    due: datetime | None = None
    view_id: str | None = None
    missing: frozenset[str] = frozenset()
    asked_for: frozenset[str] = frozenset()
    demanded: SessionRequirement = NO_SESSION
    answered: tuple[SessionRequirement, ...] = ()
    signed_out: bool = False
    attempts: int = 0
    creations: int = 0
    looks: int = 0
    unclear_since: datetime | None = None
    job_id: str | None = None
    next_run: datetime | None = None
    reason: str = ""
    blamed_field: str | None = None
    announced_ts: str | None = None
    replaces: str | None = None

    @property
    def waits_for_sign_in(self) -> bool:
        """Whether its person has to sign in before it goes on."""
        return self.state is RequestState.WAITING_FOR_SIGN_IN or self.signed_out

    @property
    def timer_name(self) -> str:
        """The timer's name at Globus: the title, then the reference that makes it findable."""
        return named(self.plan.title, self.reference)


class Inbox(Protocol):
    """Where an accepted request is kept before it is acknowledged."""

    async def accept(self, request: TimerRequest) -> bool:
        """Commit the request to disk, and in the same write that its person's draft is over.

        False if its ID is known already, and then the request stays as it is.
        """
        ...


class ConfirmationNeeded(Exception):
    """A good form whose runs would delete files: its person has to be asked once more."""

    def __init__(self, plan: Plan) -> None:
        super().__init__("deleting extra files needs a confirmation")
        self.plan = plan


class Scheduling:
    """Takes a filled-in form and keeps it as a request, once."""

    def __init__(
        self,
        *,
        inbox: Inbox,
        clock: Callable[[], datetime],
        new_reference: Callable[[], str],
        wake: Callable[[], None],
    ) -> None:
        self._inbox = inbox
        self._clock = clock
        self._new_reference = new_reference
        self._wake = wake

    async def submit(
        self, draft: Draft, *, zone: tzinfo, view_id: str, confirmed: bool = False, replaces: str = ""
    ) -> TimerRequest:
        """Read the form and commit it; raises FormProblems. Sending it again changes nothing.

        Raises ConfirmationNeeded for a form whose runs delete files, unless that was `confirmed`. `replaces`
        is the job ID of the timer that the form edits.
        """
        now = self._clock()
        plan = read_plan(draft.form, now=now, zone=zone)
        if plan.deletes and not confirmed:
            raise ConfirmationNeeded(plan)
        request = TimerRequest(
            request_id=draft.request_id,
            reference=self._new_reference(),
            person=draft.person,
            plan=plan,
            received_at=now,
            due=now + SETTLING,
            view_id=view_id,
            replaces=replaces or None,
        )
        await self._inbox.accept(request)
        asyncio.get_running_loop().call_later(SETTLING.total_seconds(), self._wake)
        return request
