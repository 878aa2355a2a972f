"""Steering: what an owner wants of a timer is carried out until it is done.

Pausing, resuming, renaming and deleting may each happen twice without harm, so whatever is uncertain is
simply done again. What Globus says afterwards is what the bot knows, shows and tells.
"""

import random
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Protocol

from bot.accounts import SlackUser
from bot.controlling import Act, Changes, KnownTimers, TimerChange
from bot.errors import OutcomeUnclear, Problem, Refused, ServiceUnavailable, SignInNeeded
from bot.linking import Linking
from bot.news import Event, News, Post, WatchedTimer
from bot.observing import Observation, conclude, gone, observe
from bot.retrying import pause
from bot.sign_ins import SignInLink
from bot.timers import Inactivity, Timer, TimerStatus, named, reference_of, title_of
from bot.watching import Audience, addressed

BEHIND: Final = timedelta(seconds=0.3)
"""When to look again whether the change that came before is done: they are done in order."""

LONGEST_DELAY: Final = timedelta(minutes=2)

GIVEN_UP_AFTER: Final = timedelta(hours=6)
"""What somebody wanted in the morning may be wrong by the evening."""

MEETINGS: Final = 5
"""How often what was seen is compared anew with a timer that somebody else has changed meanwhile."""

_EVENTS: Final = {
    Act.PAUSE: Event.PAUSED,
    Act.RESUME: Event.RESUMED,
    Act.RENAME: Event.RENAMED,
    Act.DELETE: Event.DELETED,
}


_DONE: Final = {
    Act.PAUSE: "It is paused.",
    Act.RESUME: "It runs again.",
    Act.RENAME: "It has its new name.",
    Act.DELETE: "It is deleted.",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it went, as a sentence. `has_failed` if the timer is not as it was wanted.

    `inactivity` is what a sign-in has to bring first.
    """

    said: str
    has_failed: bool = False
    inactivity: Inactivity | None = None


class SteeredTimers(Protocol):
    """A person's timers at Globus. Raises Refused, SignInNeeded, ServiceUnavailable or OutcomeUnclear."""

    def timer(self, person: SlackUser, job_id: str) -> Timer | None:
        """Give a timer; None if this person has none with this ID."""
        ...

    def pause(self, person: SlackUser, job_id: str) -> None:
        """Pause a timer."""
        ...

    def resume(self, person: SlackUser, job_id: str, *, update_credentials: bool) -> None:
        """Resume a timer, with what its owner has allowed since if `update_credentials`."""
        ...

    def rename(self, person: SlackUser, job_id: str, name: str) -> None:
        """Give a timer another name."""
        ...

    def delete(self, person: SlackUser, job_id: str) -> None:
        """Delete a timer; one that is gone is fine."""
        ...


class ChangeNews(Protocol):
    """Tells a person how what they wanted went; what goes wrong is only noted."""

    def changed(self, change: TimerChange, title: str, outcome: Outcome, link: SignInLink | None) -> None:
        """Say how it went, with the link if a sign-in comes first."""
        ...

    def delayed(self, change: TimerChange, problem: Problem) -> None:
        """Say that it takes longer."""
        ...


class Steering:
    """Carries out what owners want of their timers."""

    def __init__(
        self,
        *,
        changes: Changes,
        timers: KnownTimers,
        globus: SteeredTimers,
        linking: Linking,
        audience: Callable[[str, Collection[str]], Audience],
        news: ChangeNews,
        clock: Callable[[], datetime],
        chance: random.Random,
        wake: Callable[[], None],
    ) -> None:
        self._changes = changes
        self._timers = timers
        self._globus = globus
        self._linking = linking
        self._audience = audience
        self._news = news
        self._clock = clock
        self._chance = chance
        self._wake = wake

    def work(self, change: TimerChange) -> None:
        """Carry out a change, or keep it for later."""
        if not self._changes.is_first(change):
            self._changes.later(replace(change, due=self._clock() + BEHIND))
            return
        try:
            self._carry_out(change)
        except SignInNeeded as problem:
            self._wait_for_sign_in(change, problem)
        except (ServiceUnavailable, OutcomeUnclear) as problem:
            self._later(change, problem)
        except Refused as problem:
            self._changes.finish(change, None, (), look=False)
            self._news.changed(change, "", Outcome(str(problem), has_failed=True), None)

    def _carry_out(self, change: TimerChange) -> None:
        person = change.person
        known = self._known(change)
        before = self._globus.timer(person, change.job_id)
        outcome = self._do(change, before)
        is_deleted = change.act is Act.DELETE and not outcome.has_failed
        after = None if before is None or is_deleted else self._globus.timer(person, change.job_id)
        if after and change.act is Act.RESUME and not outcome.has_failed:
            outcome = _resumed(after, outcome)
        title = self._keep(change, known, after) or (title_of(before.name) if before else "")
        link = None
        if outcome.inactivity:
            lacks = outcome.inactivity
            link = self._linking.begin(person, collections=lacks.collections, session=lacks.session)
        self._news.changed(change, title, outcome, link)

    def _known(self, change: TimerChange) -> WatchedTimer | None:
        """Give the timer as it is known; raises Refused if Globus cannot be asked as its owner."""
        known = self._timers.find(change.person.team_id, change.job_id)
        if known and known.owner != change.person:
            raise Refused("Only the owner of this timer can change it.")
        account = self._linking.account(change.person)
        if known and account and account.identity_id != known.identity_id:
            raise Refused(
                f"This timer runs with another Globus account than {account.username}.",
                "Change it in the Globus web app.",
            )
        return known

    def _do(self, change: TimerChange, before: Timer | None) -> Outcome:
        """Do it, unless it is so already or cannot be."""
        person, job_id, act = change.person, change.job_id, change.act
        if before is None or _is_over(before, act):
            return _nothing_to_do(act, before)
        match act:
            case Act.PAUSE if not (before.inactivity and before.inactivity.is_paused):
                self._globus.pause(person, job_id)
            case Act.RESUME if before.status is not TimerStatus.ACTIVE:
                stopped = before.inactivity is not None and not before.inactivity.is_paused
                self._globus.resume(person, job_id, update_credentials=stopped)
            case Act.RENAME:
                self._globus.rename(person, job_id, _renamed(before.name, change.name))
            case Act.DELETE:
                self._globus.delete(person, job_id)
            case _:
                return Outcome(f"{_DONE[act].removesuffix('.')} already.")
        return Outcome(_DONE[act])

    def _keep(self, change: TimerChange, known: WatchedTimer | None, after: Timer | None) -> str:
        """Keep how the timer is now, and give its title; empty for one that the bot does not know."""
        look = change.act is Act.RESUME
        for _ in range(MEETINGS):
            if known is None:
                break
            observed = _observed(change, known, after, self._clock())
            posts: list[Post] = []
            if observed.news:
                posts = addressed(observed, self._audience(change.person.team_id, [change.job_id]))
            if self._changes.finish(change, observed, posts, look=look):
                self._wake()
                return observed.timer.title
            known = self._timers.find(change.person.team_id, change.job_id)
        # Whoever changes it all the time sees it too.
        self._changes.finish(change, None, (), look=known is not None)
        return known.title if known else ""

    def _wait_for_sign_in(self, change: TimerChange, problem: SignInNeeded) -> None:
        """Ask for a sign-in; what Globus has stopped goes on after it by itself, the rest is asked again."""
        self._changes.finish(change, None, (), look=False)
        known = self._timers.find(change.person.team_id, change.job_id)
        lacks = known.inactivity if known and known.inactivity else Inactivity(is_paused=True)
        goes_on = change.act is Act.RESUME and not lacks.is_paused
        after = "" if goes_on else f" Then {change.act} the timer once more."
        outcome = Outcome(f"{problem.happened} {problem.next_step}{after}", has_failed=True)
        session = problem.session or lacks.session
        link = self._linking.begin(change.person, collections=lacks.collections, session=session)
        self._news.changed(change, known.title if known else "", outcome, link)

    def _later(self, change: TimerChange, problem: ServiceUnavailable | OutcomeUnclear) -> None:
        now = self._clock()
        if now - change.asked_at >= GIVEN_UP_AFTER:
            self._changes.finish(change, None, (), look=False)
            said = f"Globus did not answer for hours, so I gave up to {change.act} this timer. Try again."
            self._news.changed(change, "", Outcome(said, has_failed=True), None)
            return
        asked = problem.retry_after if isinstance(problem, ServiceUnavailable) else None
        delay = pause(change.attempts, longest=LONGEST_DELAY, retry_after=asked, chance=self._chance)
        self._changes.later(replace(change, due=now + delay, attempts=change.attempts + 1))
        if change.attempts == 0:
            self._news.delayed(change, problem)


def _is_over(before: Timer, act: Act) -> bool:
    return before.status is TimerStatus.ENDED and act in {Act.PAUSE, Act.RESUME}


def _nothing_to_do(act: Act, before: Timer | None) -> Outcome:
    if before is not None:
        return Outcome(f"This timer has ended, so there is nothing to {act}.", has_failed=True)
    if act is Act.DELETE:
        return Outcome(_DONE[act])
    return Outcome("This timer is gone: it was deleted.", has_failed=True)


def _renamed(before: str, name: str) -> str:
    reference = reference_of(before)
    return named(name, reference) if reference else name


def _resumed(after: Timer, outcome: Outcome) -> Outcome:
    lacks = after.inactivity
    if after.status is not TimerStatus.INACTIVE or lacks is None or lacks.is_paused:
        return outcome
    said = "It stays stopped: Globus wants something of you first. Sign in, and it goes on by itself."
    return Outcome(said, has_failed=True, inactivity=lacks)


def _observed(change: TimerChange, known: WatchedTimer, after: Timer | None, at: datetime) -> Observation:
    by = change.person.user_id
    if after is None:
        if known.status is TimerStatus.GONE:
            return Observation(known)
        return conclude(known, gone(known, at, by=by if change.act is Act.DELETE else ""), at)
    observed = observe(known, after, at)
    news = [replace(one, by=by) if one.event is _EVENTS[change.act] else one for one in observed.news]
    if observed.timer.title != known.title:
        who = by if change.act is Act.RENAME else ""
        news.append(News(Event.RENAMED, known.job_id, at, by=who, detail=observed.timer.title))
    timer = replace(observed.timer, is_resuming=False)
    return conclude(known, replace(observed, timer=timer, news=tuple(news)), at)
