"""What an owner wants of a timer is kept before it is acknowledged; what a colleague wants is asked for."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from bot.accounts import SlackUser
from bot.errors import Problem
from bot.linking import Linking
from bot.news import Event, News, Post, WatchedTimer
from bot.observing import Observation
from bot.planning import LONGEST_NAME
from bot.sign_ins import SignInLink
from bot.timers import Inactivity, TimerStatus

ASKED_AGAIN_AFTER: Final = timedelta(hours=1)
"""An owner who does not answer is not reminded more often."""

NOT_FOUND: Final = "This timer is not yours, or it is gone."


class Act(StrEnum):
    """What an owner can do with a timer at once; the values are part of the buttons' names."""

    PAUSE = "pause"
    RESUME = "resume"
    RENAME = "rename"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class TimerChange:
    """What somebody wants done with a timer, on its way. `name` is the new one where it is renamed.

    `view_id` is the view that shows the timer, if it was asked for there.
    """

    change_id: str
    person: SlackUser
    job_id: str
    act: Act
    asked_at: datetime
    name: str = ""
    view_id: str | None = None
    attempts: int = 0
    due: datetime | None = None


class NotYours(Problem):
    """Somebody wants to change a timer that another person scheduled, who may be asked to."""

    def __init__(self, timer: WatchedTimer) -> None:
        super().__init__("Only the owner of this timer can change it.", "Ask them.")
        self.timer = timer


class Changes(Protocol):
    """The changes under way, oldest first for each timer."""

    async def accept(self, change: TimerChange) -> bool:
        """Commit a change; False if the same person's same wish is waiting already.

        A pause or resume that has not begun gives way to the new wish.
        """
        ...

    def is_first(self, change: TimerChange) -> bool:
        """Say whether no earlier change of its timer is under way."""
        ...

    def later(self, change: TimerChange) -> None:
        """Keep when to try again, unless the change has given way to a newer wish."""
        ...

    def finish(
        self, change: TimerChange, observed: Observation | None, posts: Sequence[Post], *, look: bool
    ) -> bool:
        """Commit how the timer is now, the news of it, and that the change is done, in one step.

        `look` makes its owner's timers due. False, and nothing changes, if the timer was changed meanwhile.
        """
        ...

    def ask_once(self, post: Post, *, asked_since: datetime) -> bool:
        """Keep a question to an owner; False if the same was asked since then."""
        ...


class KnownTimers(Protocol):
    """The timers that the bot knows of."""

    def find(self, team_id: str, job_id: str) -> WatchedTimer | None:
        """Give a timer of a team, or None if the bot did not make it."""
        ...

    def look_soon(self, person: SlackUser, job_ids: Sequence[str], *, resume: bool = False) -> None:
        """Let these timers of a person be looked at now; with `resume` they are resumed first."""
        ...


class Controlling:
    """Takes what people want of timers."""

    def __init__(
        self,
        *,
        changes: Changes,
        timers: KnownTimers,
        linking: Linking,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
        wake: Callable[[], None],
    ) -> None:
        self._changes = changes
        self._timers = timers
        self._linking = linking
        self._clock = clock
        self._new_id = new_id
        self._wake = wake

    async def owned(self, person: SlackUser, job_id: str) -> WatchedTimer | None:
        """Give a timer that this person may change; None if the bot did not make it, and Globus decides.

        Raises NotYours, or Problem for one that is gone.
        """
        timer = await asyncio.to_thread(self._timers.find, person.team_id, job_id)
        if timer and timer.owner != person:
            raise NotYours(timer)
        if timer and timer.status is TimerStatus.GONE:
            raise Problem("This timer is gone: it was deleted.")
        return timer

    async def may_edit(self, person: SlackUser, job_id: str) -> WatchedTimer:
        """Give a timer that this person may edit; raises NotYours, or Problem where nothing can be edited."""
        timer = await self.owned(person, job_id)
        if timer is None:
            raise Problem("I did not make this timer, so I cannot edit it.", "Use the Globus web app.")
        if timer.status is TimerStatus.ENDED:
            raise Problem("This timer has ended.", "Duplicate it instead.")
        return timer

    async def ask(
        self, person: SlackUser, job_id: str, act: Act, *, name: str = "", view_id: str | None = None
    ) -> WatchedTimer | None:
        """Keep what a person wants of a timer, and give the timer as it is known.

        Raises NotYours, or Problem where there is nothing to be done.
        """
        timer = await self.owned(person, job_id)
        if timer and timer.status is TimerStatus.ENDED and act in {Act.PAUSE, Act.RESUME}:
            raise Problem(f"This timer has ended, so there is nothing to {act}.")
        now = self._clock()
        change = TimerChange(self._new_id(), person, job_id, act, now, name=name, view_id=view_id, due=now)
        await self._changes.accept(change)
        self._wake()
        return timer

    async def ask_owner(self, person: SlackUser, job_id: str, wanted: str) -> WatchedTimer | None:
        """Ask a timer's owner by direct message; None if this person asked the same lately.

        Raises Problem for a timer that is not known, or gone, or theirs.
        """
        timer = await asyncio.to_thread(self._timers.find, person.team_id, job_id)
        if timer is None or timer.status is TimerStatus.GONE:
            raise Problem("This timer is gone.")
        if timer.owner == person:
            raise Problem("This timer is yours.")
        now = self._clock()
        news = News(Event.ASKED, job_id, now, by=person.user_id, detail=wanted)
        post = Post(person.team_id, timer.owner.user_id, news)
        since = now - ASKED_AGAIN_AFTER
        is_new = await asyncio.to_thread(self._changes.ask_once, post, asked_since=since)
        self._wake()
        return timer if is_new else None

    async def mend(
        self, person: SlackUser, job_id: str, missing: frozenset[str] = frozenset()
    ) -> SignInLink | None:
        """Give the sign-in that a timer lacks; None if it lacks none, and then it is looked at now.

        `missing` are collections whose consent was found missing beside what it was stopped for. What a
        sign-in has brought, its timers are resumed with by themselves. Raises NotYours.
        """
        timer = await self.owned(person, job_id)
        if timer is None:
            raise Problem(NOT_FOUND)
        return await asyncio.to_thread(self._mend, person, timer, missing)

    def _mend(self, person: SlackUser, timer: WatchedTimer, missing: frozenset[str]) -> SignInLink | None:
        account = self._linking.account(person)
        lacks = timer.inactivity or Inactivity(is_paused=True)
        collections = missing | lacks.collections
        if collections or lacks.session or account is None or account.is_ended:
            return self._linking.begin(person, collections=collections, session=lacks.session)
        self._timers.look_soon(person, [timer.job_id], resume=not lacks.is_paused)
        self._wake()
        return None


def checked_name(text: str) -> str:
    """Give a timer's new name as it is kept; raises Problem for one that cannot be."""
    name = " ".join(text.split())
    if not name:
        raise Problem("Write a name.")
    if len(name) > LONGEST_NAME:
        raise Problem(f"A name can have at most {LONGEST_NAME} characters.")
    return name
