"""A Slack user and their Globus account part: tokens are revoked, and what the bot kept of the person goes.

What was promised is on disk before it is said: a parting is kept with the tokens that it needs, and carried
on until Globus has confirmed each step, over any number of restarts.
"""

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, Protocol

from bot.accounts import SlackUser, Token
from bot.errors import ServiceUnavailable, SignInNeeded
from bot.retrying import pause
from bot.timers import Timer

LONGEST_DELAY: Final = timedelta(hours=1)
"""Nobody waits for a revocation, and a service that is down is not helped by being asked often."""

GIVEN_UP_AFTER: Final = timedelta(days=30)
"""By then an access token has long expired, and whatever stands in the way is not a passing fault."""


@dataclass(frozen=True, slots=True)
class Parting:
    """Somebody's disconnection on its way.

    `delete` are the job IDs of timers still to be deleted, `tokens` those still to be revoked, by resource
    server. `deleted` counts the timers that are gone, `undeleted` those that could not be deleted; `is_told`
    says whether the person hears of the end.
    """

    parting_id: str
    person: SlackUser
    begun_at: datetime
    delete: tuple[str, ...] = ()
    tokens: Mapping[str, Token] = field(default_factory=dict, repr=False)
    deleted: int = 0
    undeleted: int = 0
    attempts: int = 0
    due: datetime | None = None
    is_told: bool = True


class Partings(Protocol):
    """The partings that are kept."""

    def begin(self, parting: Parting) -> bool:
        """Keep a parting with the person's tokens and forget the person, in one step; False if not linked."""
        ...

    def save(self, parting: Parting) -> None:
        """Commit a parting's new state."""
        ...

    def end(self, parting: Parting) -> None:
        """Forget a parting that is done."""
        ...

    def people(self, team_id: str) -> Sequence[SlackUser]:
        """Give everybody of a workspace who is linked."""
        ...

    def forget(self, person: SlackUser) -> None:
        """Forget what somebody keeps with the bot who need not be linked, and give up what waits for them."""
        ...

    def forget_workspace(self, team_id: str) -> None:
        """Forget everything of a workspace but its partings and whoever is still linked."""
        ...

    def deleted(self, person: SlackUser, job_id: str) -> None:
        """Note that a timer is deleted, so that its team sees it."""
        ...

    def made_for(self, person: SlackUser) -> Sequence[Timer]:
        """Give the timers that the bot made for a person and that are not over, as far as it knows."""
        ...


class GlobusParting(Protocol):
    """What a parting asks of Globus, with the parting's own tokens."""

    def live(self, person: SlackUser) -> Sequence[Timer]:
        """Give the timers that run or may run again; raises SignInNeeded or ServiceUnavailable."""
        ...

    def delete_timer(self, parting: Parting, job_id: str) -> None:
        """Delete a timer; one that is gone is fine. Raises SignInNeeded or ServiceUnavailable."""
        ...

    def revoke(self, token: Token) -> None:
        """Revoke a token's pair; one that is unknown is fine. Raises ServiceUnavailable."""
        ...


class PartingNews(Protocol):
    """Tells a person that they are disconnected."""

    def parted(self, parting: Parting) -> None:
        """Say that it is done."""
        ...


@dataclass(frozen=True, slots=True)
class Farewell:
    """What a person should know before they disconnect: their live timers that the bot made.

    `is_certain` is false where Globus could not be asked, and the bot says what it knows itself. With
    `is_ended` it could not because the person's sign-in has ended, and then nothing can be deleted either.
    """

    timers: tuple[Timer, ...]
    is_certain: bool
    is_ended: bool = False


class Disconnecting:
    """Parts people from their Globus accounts."""

    def __init__(
        self,
        *,
        partings: Partings,
        globus: GlobusParting,
        news: PartingNews,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
        wake: Callable[[], None],
        chance: random.Random,
        executor: Executor,
    ) -> None:
        self._partings = partings
        self._globus = globus
        self._news = news
        self._clock = clock
        self._new_id = new_id
        self._wake = wake
        self._chance = chance
        self._executor = executor

    def farewell(self, person: SlackUser) -> Farewell:
        """Say which timers would go on without the bot."""
        made = {timer.job_id: timer for timer in self._partings.made_for(person)}
        try:
            live = self._globus.live(person)
        except SignInNeeded:
            return Farewell(tuple(made.values()), is_certain=False, is_ended=True)
        except ServiceUnavailable:
            return Farewell(tuple(made.values()), is_certain=False)
        return Farewell(tuple(timer for timer in live if timer.job_id in made), is_certain=True)

    async def farewell_soon(self, person: SlackUser) -> Farewell:
        """Say the same without holding up the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, self.farewell, person)

    async def begin_soon(self, person: SlackUser, *, delete: Sequence[str]) -> bool:
        """Disconnect a person without holding up the event loop."""
        return await asyncio.to_thread(self.begin, person, delete=delete)

    def begin(self, person: SlackUser, *, delete: Sequence[str] = (), is_told: bool = True) -> bool:
        """Disconnect a person, and delete these of the timers that the bot made for them.

        False if they are not linked. A timer that the bot did not make is never deleted.
        """
        made = {timer.job_id for timer in self._partings.made_for(person)}
        now = self._clock()
        parting = Parting(
            parting_id=self._new_id(),
            person=person,
            begun_at=now,
            delete=tuple(job_id for job_id in delete if job_id in made),
            due=now,
            is_told=is_told,
        )
        begun = self._partings.begin(parting)
        self._wake()
        return begun

    async def leave_soon(self, person: SlackUser) -> None:
        """Part with somebody whose Slack account is no more; their timers stay theirs."""

        def leave() -> None:
            self.begin(person, is_told=False)
            self._partings.forget(person)

        await asyncio.to_thread(leave)

    def leave_workspace(self, team_id: str) -> None:
        """Part with everybody of a workspace that removed the bot; their timers stay theirs."""
        for person in self._partings.people(team_id):
            self.begin(person, is_told=False)
        self._partings.forget_workspace(team_id)

    def work(self, parting: Parting) -> None:
        """Take a parting as far as it goes now; each step is committed before the next."""
        try:
            while parting.delete or parting.tokens:
                parting = self._step(parting)
                self._partings.save(parting)
        except ServiceUnavailable as problem:
            self._later(parting, problem)
            return
        self._partings.end(parting)
        if parting.is_told:
            self._news.parted(parting)

    def _step(self, parting: Parting) -> Parting:
        """Delete one timer; when all are gone, revoke one service's tokens."""
        parting = replace(parting, attempts=0)
        if not parting.delete:
            server, token = next(iter(parting.tokens.items()))
            self._globus.revoke(token)
            return replace(
                parting, tokens={name: one for name, one in parting.tokens.items() if name != server}
            )
        job_id, *left = parting.delete
        try:
            self._globus.delete_timer(parting, job_id)
        except SignInNeeded:
            # The tokens are dead already: nothing can be deleted in this person's name any more.
            return replace(parting, delete=(), undeleted=len(parting.delete))
        self._partings.deleted(parting.person, job_id)
        return replace(parting, delete=tuple(left), deleted=parting.deleted + 1)

    def _later(self, parting: Parting, problem: ServiceUnavailable) -> None:
        now = self._clock()
        if now - parting.begun_at >= GIVEN_UP_AFTER:
            self._partings.end(parting)
            return
        delay = pause(
            parting.attempts, longest=LONGEST_DELAY, retry_after=problem.retry_after, chance=self._chance
        )
        self._partings.save(replace(parting, due=now + delay, attempts=parting.attempts + 1))
