"""Watching: runs become news for the team, at a cost that follows what happens and not how much there is.

A person's timers are read in one call, when something is due of one of them; so are their tasks.
"""

import random
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from bot.accounts import SlackUser
from bot.errors import Refused, ServiceUnavailable, SignInNeeded
from bot.news import Event, Follower, News, Post, WatchedTimer, posts_of
from bot.observing import Looks, Observation, conclude, follow, gone, next_look, observe
from bot.timers import Task, Timer, TimerStatus

SIGNED_OUT: Final = "signed out"
"""Why nobody looks at the timers of somebody whose sign-in has ended."""

QUIET_LOOKS: Final = 30
"""So many waits for a first look (15 minutes) may Globus be silent before its owner hears of it."""

LONGEST_DELAY: Final = timedelta(minutes=10)

TOGETHER: Final = 8
"""So many people's timers are looked at by one thread and kept in one step."""

TOGETHER_WITHIN: Final = 1 / 6
"""Of the wait for a first look (5 seconds): how much later a look may come, to be one of several."""

_ANY_MIDNIGHT: Final = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Watch:
    """One person's timers, looked at together. `due` is when the next of them is; None while it rests.

    `silent_since` is since when Globus has not answered, and `is_told` whether the person knows.
    """

    watch_id: int
    person: SlackUser
    due: datetime | None = None
    attempts: int = 0
    silent_since: datetime | None = None
    is_told: bool = False


@dataclass(frozen=True, slots=True)
class Look:
    """What came of a look: the watch before and after it, what was observed, and who is to hear of it."""

    watch: Watch
    after: Watch
    observed: Sequence[Observation] = ()
    posts: Sequence[Post] = ()


@dataclass(frozen=True, slots=True)
class Audience:
    """Who follows which timers, and which channels want to hear nothing."""

    followers: Sequence[Follower] = ()
    muted: frozenset[str] = frozenset()


class Watches(Protocol):
    """What is known of timers, and whose are looked at when."""

    def timers(self, person: SlackUser) -> Sequence[WatchedTimer]:
        """Give the timers of a person that may still do something, made with the account linked now."""
        ...

    def audience(self, team_id: str, job_ids: Collection[str]) -> Audience:
        """Give who follows these timers."""
        ...

    def keep(self, looks: Sequence[Look]) -> bool:
        """Commit looks in one step, and let go; False, and nothing changes, if a timer changed meanwhile.

        Whoever asked for another look meanwhile gets it.
        """
        ...


class Sight(Protocol):
    """What can be seen of a person's timers at Globus. Raises SignInNeeded or ServiceUnavailable."""

    def timers(self, person: SlackUser) -> Sequence[Timer]:
        """Give all of a person's timers with their latest runs, in one call."""
        ...

    def timer(self, person: SlackUser, job_id: str) -> Timer | None:
        """Give one timer with more of its runs; None if there is none any more."""
        ...

    def tasks(self, person: SlackUser, task_ids: Collection[str]) -> Mapping[str, Task]:
        """Give these tasks by their IDs, in one call, as far as they can be seen."""
        ...

    def resume(self, person: SlackUser, job_id: str) -> None:
        """Let a timer go on with the credentials that its owner has given now; raises Refused too."""
        ...


class Watching:
    """Looks at timers when something is due, and says what is news."""

    def __init__(
        self,
        *,
        watches: Watches,
        sight: Sight,
        looks: Looks,
        clock: Callable[[], datetime],
        chance: random.Random,
        wake: Callable[[], None],
    ) -> None:
        self._watches = watches
        self._sight = sight
        self._looks = looks
        self._clock = clock
        self._chance = chance
        self._wake = wake

    def work(self, watch: Watch) -> None:
        """Look at a person's timers, and keep what is new with the news of it, in one step."""
        self.work_together([watch])

    def work_together(self, watches: Sequence[Watch]) -> None:
        """Look at several people's timers, one after the other, and keep what is new of all in one step."""
        looks = self._addressed([self._looked(watch) for watch in watches])
        self._keep(looks)
        if any(look.posts or any(one.is_redrawn for one in look.observed) for look in looks):
            self._wake()

    def _looked(self, watch: Watch) -> Look:
        known = self._watches.timers(watch.person)
        at = self._clock()
        try:
            observed = self._look(watch.person, known, at)
        except SignInNeeded:
            return self._rest(watch, known, at)
        except ServiceUnavailable as problem:
            return self._later(watch, known, at, retry_after=problem.retry_after)
        except Refused:
            # Nobody can say why a person's own list is refused; it may be over later.
            return self._later(watch, known, at)
        return self._seen(watch, known, observed)

    def _look(self, person: SlackUser, known: Sequence[WatchedTimer], at: datetime) -> list[Observation]:
        """Give what was seen, a timer for a timer."""
        # What is due in a moment is looked at now: one call reads all of a person's timers.
        soon = at + self._looks.first
        due = {timer.job_id for timer in known if timer.look_at is None or timer.look_at <= soon}
        for timer in known:
            if timer.is_resuming:
                self._resume(person, timer)
        is_listed = any(
            # Without a moment to look at, somebody has seen that it is otherwise at Globus.
            timer.is_resuming or timer.look_at is None or (timer.job_id in due and not timer.running)
            for timer in known
        )
        observed = self._listed(person, known, at) if is_listed else [Observation(timer) for timer in known]
        running = {run.task_id for one in observed for run in one.timer.running if run.task_id}
        tasks = self._sight.tasks(person, running) if running else {}
        return [
            self._concluded(timer, one, tasks, at, is_due=timer.job_id in due)
            for timer, one in zip(known, observed, strict=True)
        ]

    def _resume(self, person: SlackUser, timer: WatchedTimer) -> None:
        try:
            self._sight.resume(person, timer.job_id)
        except Refused:
            # Ended or deleted meanwhile, perhaps: the list says how it stands.
            return

    def _listed(self, person: SlackUser, known: Sequence[WatchedTimer], at: datetime) -> list[Observation]:
        listed = {timer.job_id: timer for timer in self._sight.timers(person)}
        return [self._compared(person, timer, listed.get(timer.job_id), at) for timer in known]

    def _compared(
        self, person: SlackUser, known: WatchedTimer, listed: Timer | None, at: datetime
    ) -> Observation:
        if known.status is TimerStatus.GONE:
            return Observation(known)
        if listed is None or _has_gap(known, listed):
            # A list may leave out what it is about to show, and shows the latest runs only.
            listed = self._sight.timer(person, known.job_id)
        seen = gone(known, at) if listed is None else observe(known, listed, at)
        return replace(seen, timer=replace(seen.timer, is_resuming=False)) if known.is_resuming else seen

    def _concluded(
        self,
        known: WatchedTimer,
        observed: Observation,
        tasks: Mapping[str, Task],
        at: datetime,
        *,
        is_due: bool,
    ) -> Observation:
        if not is_due and observed.timer is known and not known.running:
            return observed
        result = conclude(known, follow(observed, tasks, at), at)
        if not is_due and (result.timer is known or result.timer == known):
            return result
        look_at = next_look(result.timer, at, self._looks, self._chance)
        timer = replace(result.timer, look_at=look_at)
        return Observation(timer, result.runs, result.news, is_redrawn=result.is_redrawn)

    def _keep(self, looks: Sequence[Look]) -> None:
        if self._watches.keep(looks):
            return
        if len(looks) > 1:
            for look in looks:
                self._keep([look])
            return
        # Its owner changed a timer meanwhile: what was seen may be older than that.
        [look] = looks
        again = replace(look.after, due=self._clock() + self._looks.first)
        self._watches.keep([Look(look.watch, again)])

    def _seen(self, watch: Watch, known: Sequence[WatchedTimer], observed: Sequence[Observation]) -> Look:
        expected = [one.timer.look_at for one in observed if one.timer.look_at]
        due = self._with_others(min(expected)) if expected else None
        changed = [
            one
            for before, one in zip(known, observed, strict=True)
            if one.runs or (one.timer is not before and one.timer != before)
        ]
        after = Watch(watch.watch_id, watch.person, due=due)
        return Look(watch, after, changed)

    def _with_others(self, due: datetime) -> datetime:
        """Give the next moment at which people's timers are looked at: those of several together."""
        return due + (_ANY_MIDNIGHT - due) % (self._looks.first * TOGETHER_WITHIN)

    def _addressed(self, looks: Sequence[Look]) -> list[Look]:
        """Add who is to hear of what is new, with one question for each workspace."""
        told: dict[str, list[str]] = {}
        for look in looks:
            for one in look.observed:
                if one.news:
                    told.setdefault(look.watch.person.team_id, []).append(one.timer.job_id)
        audiences = {team_id: self._watches.audience(team_id, job_ids) for team_id, job_ids in told.items()}
        return [
            replace(look, posts=[*look.posts, *_posts(look, audiences[look.watch.person.team_id])])
            if look.watch.person.team_id in audiences
            else look
            for look in looks
        ]

    def _rest(self, watch: Watch, known: Sequence[WatchedTimer], at: datetime) -> Look:
        """Rest until the person signs in again; they are told once, and the team sees it."""
        blind = [
            Observation(replace(timer, unwatched=SIGNED_OUT, is_resuming=False), is_redrawn=True)
            for timer in known
            if timer.unwatched != SIGNED_OUT
        ]
        posts = self._to_owner(watch, known, Event.SIGNED_OUT, at) if blind else []
        return Look(watch, Watch(watch.watch_id, watch.person), blind, posts)

    def _later(
        self,
        watch: Watch,
        known: Sequence[WatchedTimer],
        at: datetime,
        *,
        retry_after: float | None = None,
    ) -> Look:
        since = watch.silent_since or at
        was_due = any(timer.running or (timer.next_run and timer.next_run <= at) for timer in known)
        tells = not watch.is_told and was_due and at - since >= self._looks.first * QUIET_LOOKS
        growing = min(self._looks.first * 2 ** min(watch.attempts, 10), LONGEST_DELAY)
        delay = max(growing * self._chance.uniform(0.75, 1.25), timedelta(seconds=retry_after or 0))
        later = replace(
            watch,
            due=at + delay,
            attempts=watch.attempts + 1,
            silent_since=since,
            is_told=watch.is_told or tells,
        )
        return Look(watch, later, posts=self._to_owner(watch, known, Event.SILENT, since) if tells else ())

    def _to_owner(
        self, watch: Watch, known: Sequence[WatchedTimer], event: Event, at: datetime
    ) -> list[Post]:
        news = News(event, known[0].job_id, at) if known else None
        return [Post(watch.person.team_id, watch.person.user_id, news)] if news else []


def _posts(look: Look, audience: Audience) -> list[Post]:
    return [post for one in look.observed if one.news for post in addressed(one, audience)]


def addressed(observed: Observation, audience: Audience) -> list[Post]:
    """Address what is news of one timer."""
    timer = observed.timer
    channel = timer.announcement.channel_id if timer.announcement else ""
    return posts_of(
        timer,
        observed.news,
        followers=[one for one in audience.followers if one.job_id == timer.job_id],
        is_muted=channel in audience.muted,
    )


def _has_gap(known: WatchedTimer, listed: Timer) -> bool:
    """Say whether runs may have passed that a list does not show."""
    if listed.status is TimerStatus.UNKNOWN or not listed.runs or known.seen_until is None:
        ran_unseen = listed.run_count + listed.error_count > 0
        return not listed.runs and ran_unseen and _is_later(listed.last_run, known.seen_until)
    counted = listed.run_count + listed.error_count
    return counted > len(listed.runs) and all(run.started_at > known.seen_until for run in listed.runs)


def _is_later(moment: datetime | None, than: datetime | None) -> bool:
    return moment is not None and (than is None or moment > than)
