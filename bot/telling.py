"""Telling: news reach Slack in order and once, no faster than it takes them, merged where many are due."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import takewhile
from threading import Lock
from typing import Final, Protocol

from bot.errors import CannotPost, Problem, ServiceUnavailable
from bot.news import Event, News, Post, WatchedTimer
from bot.scheduling import TimerRequest

PACE: Final = timedelta(seconds=1)
"""Between two messages to one channel (https://docs.slack.dev/apis/web-api/rate-limits/)."""

EDITING_PACE: Final = timedelta(seconds=1.2)
"""Between two edits in one workspace: Slack takes at least fifty a minute."""

CLOSEST_EDITS: Final = EDITING_PACE / 2
"""Slack counts edits by the minute, so somebody who is late for their turn does not hold up the others."""

LONGEST_DELAY: Final = timedelta(minutes=2)

MERGED: Final = 10
"""So many news make one message; more would not be read."""

NOT_INSTALLED: Final = "not_installed"


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One place in Slack that has something to hear or to show: a channel's ID, or a person's."""

    mailbox_id: int
    team_id: str
    place: str
    due: datetime | None = None
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Kept:
    """A post as it is kept until Slack has it."""

    post_id: int
    post: Post


@dataclass(frozen=True, slots=True)
class Stale:
    """An announcement that does not show its timer as it is. `redraws` counts the changes it lacks."""

    job_id: str
    redraws: int


@dataclass(frozen=True, slots=True)
class Subject:
    """What news are about: a timer, and the request that became it."""

    timer: WatchedTimer
    request: TimerRequest


class Mailboxes(Protocol):
    """What is still to be said, in order for each place."""

    def posts(self, mailbox: Mailbox, *, limit: int) -> Sequence[Kept]:
        """Give what a place is still to hear, oldest first."""
        ...

    def stale(self, mailbox: Mailbox, *, limit: int) -> Sequence[Stale]:
        """Give the announcements in this channel that are to be drawn again, the furthest behind first."""
        ...

    def add(self, posts: Sequence[Post]) -> None:
        """Keep more news."""
        ...

    def told(self, mailbox: Mailbox, kept: Sequence[Kept], *, due: datetime) -> None:
        """Let go of a place, and forget what Slack has; what is left is due then."""
        ...

    def drawn(self, mailbox: Mailbox, stale: Stale, *, due: datetime) -> None:
        """Let go of a place whose announcement was drawn; what changed meanwhile is drawn later."""
        ...

    def later(self, mailbox: Mailbox) -> None:
        """Let go of a place, and keep when it is due again and how often it was tried."""
        ...

    def lose(self, job_id: str, reason: str) -> bool:
        """Note that a timer's channel cannot be written to, or with an empty reason that it can again.

        False if that was known.
        """
        ...


class Messages(Protocol):
    """What Slack is told. Raises CannotPost or ServiceUnavailable."""

    def tell(self, posts: Sequence[Post], subjects: Sequence[Subject | None]) -> None:
        """Send news of one place and one thread as one message."""
        ...

    def redraw(self, subject: Subject) -> None:
        """Edit a timer's announcement, so that it shows how the timer stands."""
        ...


class Telling:
    """Takes one thing at a time to each place: news first, then announcements that are out of date."""

    def __init__(
        self,
        *,
        mailboxes: Mailboxes,
        messages: Messages,
        subject: Callable[[str, str], Subject | None],
        clock: Callable[[], datetime],
        wake: Callable[[], None],
    ) -> None:
        self._mailboxes = mailboxes
        self._messages = messages
        self._subject = subject
        self._clock = clock
        self._wake = wake
        self._messages_to = Turns(PACE)
        self._edits_in = Turns(EDITING_PACE, closest=CLOSEST_EDITS)

    def forget_turns(self) -> None:
        """Forget whose turn comes when: the clock by which that was said has gone back."""
        self._messages_to.forget()
        self._edits_in.forget()

    def work(self, mailbox: Mailbox) -> None:
        """Say or show the next thing; whatever Slack does not take now is kept, in its order."""
        now = self._clock()
        turn = self._messages_to.take(mailbox.mailbox_id, mailbox.mailbox_id, now)
        if turn > now:
            self._mailboxes.later(replace(mailbox, due=turn))
            return
        try:
            kept = self._mailboxes.posts(mailbox, limit=MERGED)
            if kept:
                self._tell(mailbox, _of_one_thread(kept))
            else:
                self._redraw(mailbox)
        except ServiceUnavailable as problem:
            self._later(mailbox, problem.retry_after)

    def _tell(self, mailbox: Mailbox, kept: Sequence[Kept]) -> None:
        subjects = [self._subject(mailbox.team_id, one.post.news.job_id) for one in kept]
        try:
            self._messages.tell([one.post for one in kept], subjects)
        except CannotPost as problem:
            if problem.reason == NOT_INSTALLED:
                raise ServiceUnavailable("Slack", retry_after=LONGEST_DELAY.total_seconds()) from problem
            self._lose(mailbox, subjects, problem)
        else:
            self._found_again(mailbox, subjects)
        self._mailboxes.told(mailbox, kept, due=self._clock() + PACE)

    def _redraw(self, mailbox: Mailbox) -> None:
        now = self._clock()
        stale = self._mailboxes.stale(mailbox, limit=2)
        if not stale:
            self._mailboxes.told(mailbox, (), due=now + LONGEST_DELAY)
            return
        turn = self._edits_in.take(mailbox.team_id, mailbox.mailbox_id, now)
        if turn > now:
            self._mailboxes.later(replace(mailbox, due=turn))
            return
        subject = self._subject(mailbox.team_id, stale[0].job_id)
        if subject is None:
            self._mailboxes.told(mailbox, (), due=now + LONGEST_DELAY)
            return
        try:
            self._messages.redraw(subject)
        except CannotPost as problem:
            self._lose(mailbox, [subject], problem)
        except ServiceUnavailable as problem:
            self._edits_in.rest(mailbox.team_id, now + timedelta(seconds=problem.retry_after or 0))
            raise
        except Problem:
            # Slack refuses this very drawing, and would refuse it again; the next change is drawn anew.
            pass
        due = now + PACE
        if len(stale) > 1:
            # Whoever has more to show gets the next turn at once, and does not come only to be sent away.
            due = max(due, self._edits_in.book(mailbox.team_id, mailbox.mailbox_id, now))
        self._mailboxes.drawn(mailbox, stale[0], due=due)

    def _lose(self, mailbox: Mailbox, subjects: Sequence[Subject | None], problem: CannotPost) -> None:
        """Note that a channel is out of reach, and tell each owner once; a person out of reach is let be."""
        lost = [
            one
            for one in subjects
            if one and one.timer.announcement and one.timer.announcement.channel_id == mailbox.place
        ]
        for subject in lost:
            timer = subject.timer
            if self._mailboxes.lose(timer.job_id, problem.reason):
                news = News(Event.UNREACHABLE, timer.job_id, self._clock(), detail=problem.reason)
                self._mailboxes.add([Post(timer.owner.team_id, timer.owner.user_id, news)])
        self._wake()

    def _found_again(self, mailbox: Mailbox, subjects: Sequence[Subject | None]) -> None:
        for subject in subjects:
            announcement = subject.timer.announcement if subject else None
            if subject and announcement and announcement.lost and announcement.channel_id == mailbox.place:
                self._mailboxes.lose(subject.timer.job_id, "")

    def _later(self, mailbox: Mailbox, retry_after: float | None) -> None:
        growing = min(timedelta(seconds=2 ** min(mailbox.attempts, 10)), LONGEST_DELAY)
        delay = max(growing, timedelta(seconds=retry_after or 0))
        self._mailboxes.later(replace(mailbox, due=self._clock() + delay, attempts=mailbox.attempts + 1))


class Turns:
    """Whose turn it is at a place, with a pause between two. In memory: Slack's own count passes soon.

    Turns are given a `pace` apart. Where two are late for theirs they may follow each other more closely, but
    no more than `closest`; without it the pace is kept to the moment.
    """

    def __init__(self, pace: timedelta, *, closest: timedelta | None = None) -> None:
        self._pace = pace
        self._closest = pace if closest is None else closest
        self._next: dict[Hashable, datetime] = {}
        self._taken: dict[Hashable, datetime] = {}
        self._given: dict[Hashable, datetime] = {}
        self._lock = Lock()

    def take(self, place: Hashable, who: Hashable, now: datetime) -> datetime:
        """Give the moment of somebody's turn: `now` if it has come, otherwise when to come back for it."""
        with self._lock:
            free = self._taken.get(place, now - self._closest) + self._closest
            turn = self._given.get(who)
            if turn is None or (turn <= now < free):
                # Nobody's turn is kept for whoever comes too late for it.
                turn = max(self._next.get(place, now), free, now)
            if turn <= now:
                self._given.pop(who, None)
                self._taken[place] = now
                self._next[place] = max(self._next.get(place, now), now + self._pace)
                return now
            if self._given.get(who) != turn:
                self._given[who] = turn
                self._next[place] = turn + self._pace
            return turn

    def book(self, place: Hashable, who: Hashable, now: datetime) -> datetime:
        """Give somebody the next free turn at a place, to come back for."""
        with self._lock:
            turn = max(self._next.get(place, now), now)
            self._given[who] = turn
            self._next[place] = turn + self._pace
            return turn

    def forget(self) -> None:
        """Begin anew."""
        with self._lock:
            for kept in (self._next, self._taken, self._given):
                kept.clear()

    def rest(self, place: Hashable, until: datetime) -> None:
        """Let a place rest until then."""
        with self._lock:
            self._next[place] = max(until, self._next.get(place, until))


def _of_one_thread(kept: Sequence[Kept]) -> list[Kept]:
    first = kept[0].post.thread_ts
    return list(takewhile(lambda one: one.post.thread_ts == first, kept))
