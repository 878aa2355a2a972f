"""Lists of timers: a channel's, a person's own wherever they were made, and what stands in the Home tab.

What the bot knows is there at once; what Globus says comes after it, and counts more.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Generic, Protocol, TypeVar

from bot.accounts import SlackUser
from bot.errors import Problem, SignInNeeded
from bot.news import WatchedTimer
from bot.schedules import how_often
from bot.telling import Subject
from bot.timers import Inactivity, Run, Timer, TimerStatus, title_of
from bot.watching import Sight

PAGE: Final = 10
"""Timers of a message's list."""

AT_HOME: Final = 20
"""Timers of a page of the Home tab."""

SHOWN_AFTERWARDS: Final = timedelta(days=7)
"""How long a timer that has ended is listed."""

MOST_STOPPED: Final = 20
"""Stopped timers that are looked through for what they lack."""

_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class Page(Generic[_Item]):
    """Some of `total` things, from the one with the number `offset` on; pages have `size` places."""

    items: tuple[_Item, ...] = ()
    offset: int = 0
    size: int = PAGE
    total: int = 0

    @property
    def number(self) -> int:
        """Which page this is, from 1 on."""
        return self.offset // self.size + 1

    @property
    def count(self) -> int:
        """How many pages there are."""
        return max(1, -(-self.total // self.size))


@dataclass(frozen=True, slots=True)
class Entry:
    """One timer in a list. `schedule` says how often it runs; `last` is the latest run that is over.

    `last_run` is when it ran last, as far as that is known. `is_known` if the bot made it.
    """

    job_id: str
    title: str
    owner: SlackUser
    schedule: str
    status: TimerStatus = TimerStatus.ACTIVE
    inactivity: Inactivity | None = None
    next_run: datetime | None = None
    last_run: datetime | None = None
    last: Run | None = None
    is_failing: bool = False
    is_known: bool = True

    @property
    def is_stopped(self) -> bool:
        """Whether Globus wants something before it goes on."""
        return self.status is TimerStatus.INACTIVE and not (self.inactivity and self.inactivity.is_paused)

    @property
    def is_live(self) -> bool:
        """Whether it runs or may run again."""
        return self.status.is_live


@dataclass(frozen=True, slots=True)
class Mine:
    """A person's own timers, as far as they are known. `problem` says why Globus was not heard."""

    page: Page[Entry]
    problem: str = ""
    needs_sign_in: bool = False


@dataclass(frozen=True, slots=True)
class AtHome:
    """What the Home tab says of timers. `stopped` are those that Globus keeps from going on.

    `elsewhere` counts the timers that the bot did not make; None where Globus was not asked.
    """

    page: Page[Entry]
    stopped: Sequence[Entry] = ()
    elsewhere: int | None = None
    problem: str = ""


class ListedTimers(Protocol):
    """The timers that the bot knows of."""

    def of_person(self, person: SlackUser, *, limit: int, offset: int) -> Page[Subject]:
        """Give some of a person's timers, those in trouble first."""
        ...

    def of_channel(self, team_id: str, channel_id: str, *, limit: int, offset: int) -> Page[Subject]:
        """Give some of the timers that were announced in a channel, those in trouble first."""
        ...

    def stopped(self, person: SlackUser, *, limit: int) -> Sequence[WatchedTimer]:
        """Give those of a person's timers that Globus has stopped until it gets something."""
        ...

    def known(self, team_id: str, job_ids: Sequence[str]) -> Sequence[WatchedTimer]:
        """Give those of these timers that the bot made for somebody of this team."""
        ...

    def subjects(self, team_id: str, job_ids: Sequence[str]) -> Sequence[Subject]:
        """Give the same with the requests that became them."""
        ...

    def look_soon(self, person: SlackUser, job_ids: Sequence[str]) -> None:
        """Let these timers of a person be looked at now."""
        ...


class Listing:
    """Lists timers, from what is known and from what Globus says."""

    def __init__(
        self,
        *,
        timers: ListedTimers,
        sight: Sight,
        clock: Callable[[], datetime],
        wake: Callable[[], None],
    ) -> None:
        self._timers = timers
        self._sight = sight
        self._clock = clock
        self._wake = wake

    async def of_channel(self, team_id: str, channel_id: str, *, number: int = 1) -> Page[Entry]:
        """Give a page of the timers that were announced in a channel, everyone's."""
        offset = _offset(number, PAGE)
        found = await asyncio.to_thread(
            self._timers.of_channel, team_id, channel_id, limit=PAGE, offset=offset
        )
        return _entries(found)

    async def mine(self, person: SlackUser, *, number: int = 1) -> Mine:
        """Give a page of a person's own timers as far as the bot knows them."""
        return await asyncio.to_thread(self._mine, person, number)

    async def mine_live(self, person: SlackUser, *, number: int = 1) -> Mine:
        """Give a page of all of a person's timers, wherever they were made, as Globus says now."""
        return await asyncio.to_thread(self._mine_live, person, number)

    def at_home(self, person: SlackUser, *, number: int = 1) -> AtHome:
        """Give what the Home tab shows, as far as it is known: with a fixed number of queries."""
        page = _entries(self._timers.of_person(person, limit=AT_HOME, offset=_offset(number, AT_HOME)))
        stopped = self._timers.stopped(person, limit=MOST_STOPPED)
        return AtHome(page, [_entry_of(timer, "") for timer in stopped])

    def at_home_live(self, person: SlackUser, shown: AtHome) -> AtHome:
        """Give the same as Globus says now, with one call."""
        try:
            live = {timer.job_id: timer for timer in self._sight.timers(person)}
        except SignInNeeded:
            return shown
        except Problem as problem:
            return replace(shown, problem=f"{problem.happened} This is what I know.")
        page = shown.page
        items = tuple(_live(entry, live.get(entry.job_id)) for entry in page.items)
        known = self._timers.known(person.team_id, sorted(live))
        self._look_at_changed(person, known, live)
        missing = [entry.job_id for entry in page.items if entry.is_live and entry.job_id not in live]
        if missing:
            self._timers.look_soon(person, missing)
            self._wake()
        stopped = [
            entry
            for entry in (_live(_entry_of(timer, ""), live[timer.job_id]) for timer in known)
            if entry.is_stopped
        ]
        others = live.keys() - {timer.job_id for timer in known}
        elsewhere = sum(live[job_id].status is not TimerStatus.ENDED for job_id in others)
        return AtHome(replace(page, items=items), stopped[:MOST_STOPPED], elsewhere)

    def _mine(self, person: SlackUser, number: int) -> Mine:
        return Mine(_entries(self._timers.of_person(person, limit=PAGE, offset=_offset(number, PAGE))))

    def _mine_live(self, person: SlackUser, number: int) -> Mine:
        try:
            live = self._sight.timers(person)
        except SignInNeeded as problem:
            return replace(self._mine(person, number), problem=problem.happened, needs_sign_in=True)
        except Problem:
            said = "Globus does not answer now. These are the timers that I made for you."
            return replace(self._mine(person, number), problem=said)
        listed = {timer.job_id: timer for timer in live}
        known = self._timers.known(person.team_id, sorted(listed))
        self._look_at_changed(person, known, listed)
        by_id = {timer.job_id: timer for timer in known}
        since = self._clock() - SHOWN_AFTERWARDS
        entries = [_entry_in_list(person, timer, by_id.get(timer.job_id)) for timer in live]
        shown = sorted((entry for entry in entries if _is_shown(entry, since)), key=_trouble_first)
        offset = _offset(min(number, max(1, -(-len(shown) // PAGE))), PAGE)
        items = self._with_schedules(person, shown[offset : offset + PAGE])
        return Mine(Page(items, offset=offset, total=len(shown)))

    def _with_schedules(self, person: SlackUser, entries: Sequence[Entry]) -> tuple[Entry, ...]:
        """Say how often those run that the bot made: only of a page, for it stands in their requests."""
        made = self._timers.subjects(person.team_id, [entry.job_id for entry in entries if entry.is_known])
        often = {subject.timer.job_id: subject.request.plan.schedule.in_words() for subject in made}
        return tuple(replace(entry, schedule=often.get(entry.job_id, entry.schedule)) for entry in entries)

    def _look_at_changed(
        self, person: SlackUser, known: Iterable[WatchedTimer], live: Mapping[str, Timer]
    ) -> None:
        """Let what stands otherwise than the bot knew be looked at, so that the team hears of it too."""
        changed = [
            timer.job_id
            for timer in known
            if timer.owner == person and stands_otherwise(timer, live[timer.job_id])
        ]
        if changed:
            self._timers.look_soon(person, changed)
            self._wake()


def stands_otherwise(known: WatchedTimer, live: Timer) -> bool:
    """Say whether Globus says something else of a timer than the bot knew."""
    status = known.status if live.status is TimerStatus.UNKNOWN else live.status
    title = title_of(live.name) or known.title
    return (known.status, known.inactivity, known.next_run, known.title) != (
        status,
        live.inactivity,
        live.next_run,
        title,
    )


def _entries(page: Page[Subject]) -> Page[Entry]:
    return Page(tuple(map(_entry, page.items)), offset=page.offset, size=page.size, total=page.total)


def _entry(subject: Subject) -> Entry:
    return _entry_of(subject.timer, subject.request.plan.schedule.in_words())


def _entry_of(timer: WatchedTimer, schedule: str) -> Entry:
    return Entry(
        job_id=timer.job_id,
        title=timer.title,
        owner=timer.owner,
        schedule=schedule,
        status=timer.status,
        inactivity=timer.inactivity,
        next_run=timer.next_run,
        last_run=timer.seen_until,
        last=timer.last,
        is_failing=timer.is_failing,
    )


def _entry_in_list(person: SlackUser, timer: Timer, known: WatchedTimer | None) -> Entry:
    often = how_often(timer.interval, timer.stop_after_runs)
    if known:
        return _live(_entry_of(known, often), timer)
    return _live(Entry(timer.job_id, title_of(timer.name), person, often, is_known=False), timer)


def _live(entry: Entry, timer: Timer | None) -> Entry:
    """Give an entry as Globus says; one that is not in its list is as it was known."""
    if timer is None:
        return entry
    return replace(
        entry,
        title=title_of(timer.name) or entry.title,
        status=entry.status if timer.status is TimerStatus.UNKNOWN else timer.status,
        inactivity=timer.inactivity,
        next_run=timer.next_run,
        last_run=timer.last_run or entry.last_run,
    )


def _is_shown(entry: Entry, since: datetime) -> bool:
    ended_lately = entry.last_run is not None and entry.last_run >= since
    return entry.is_live or (entry.status is TimerStatus.ENDED and ended_lately)


def _trouble_first(entry: Entry) -> tuple[int, bool, float]:
    rank = 0 if entry.is_stopped else 1 if entry.is_failing else 2 if entry.is_live else 3
    return rank, entry.next_run is None, entry.next_run.timestamp() if entry.next_run else 0


def _offset(number: int, size: int) -> int:
    return (max(1, number) - 1) * size
