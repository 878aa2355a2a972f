"""Following: what each person hears of a timer, what a channel hears, and the daily digest."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Protocol

from bot.accounts import SlackUser
from bot.news import Event, News, Post, Wish


@dataclass(frozen=True, slots=True)
class Digest:
    """One person's daily digest. Runs that ended until `told_until` were told of."""

    digest_id: int
    person: SlackUser
    told_until: datetime
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """What one timer did since the last digest."""

    job_id: str
    title: str
    runs: int
    failed: int
    bytes_transferred: int


@dataclass(frozen=True, slots=True)
class Muted:
    """A channel that wants to hear nothing: who said so, and when."""

    by: str
    at: datetime


class Wishes(Protocol):
    """What people want to hear."""

    def of(self, person: SlackUser, job_id: str) -> Wish | None:
        """Give what a person said they want to hear of a timer; None if they said nothing."""
        ...

    def keep(self, person: SlackUser, job_id: str, wish: Wish, *, digest_due: datetime) -> None:
        """Keep what a person wants to hear; a first digest is due then."""
        ...

    def forget(self, person: SlackUser, channel_id: str) -> None:
        """Forget what a person wants to hear of others' timers that a channel was told of."""
        ...

    def muted(self, team_id: str, channel_id: str) -> Muted | None:
        """Say who muted a channel; None if nobody did."""
        ...

    def mute(self, team_id: str, channel_id: str, muted: Muted | None) -> None:
        """Mute a channel, or with None let it hear again."""
        ...


class Digests(Protocol):
    """The digests that are due."""

    def tallies(self, digest: Digest, until: datetime) -> Sequence[Tally] | None:
        """Give what the timers did that a person wants digests of; None if there are no such timers."""
        ...

    def told(self, digest: Digest, posts: Sequence[Post]) -> None:
        """Keep the news on their way and when the next digest is due, in one step."""
        ...


class Following:
    """Keeps what people and channels want to hear."""

    def __init__(
        self,
        *,
        wishes: Wishes,
        zone: Callable[[str], tzinfo],
        digest_at: time,
        clock: Callable[[], datetime],
    ) -> None:
        self._wishes = wishes
        self._zone = zone
        self._digest_at = digest_at
        self._clock = clock

    async def wish(self, person: SlackUser, job_id: str) -> Wish | None:
        """Give what a person said they want to hear of a timer; None if they said nothing."""
        return await asyncio.to_thread(self._wishes.of, person, job_id)

    async def choose(self, person: SlackUser, job_id: str, wish: Wish, *, zone: str) -> None:
        """Keep what a person wants to hear; `zone` is the IANA name of theirs, in which digests are due."""
        due = next_digest(self._digest_at, self._zone(zone), self._clock())
        await asyncio.to_thread(self._wishes.keep, person, job_id, wish, digest_due=due)

    async def left(self, person: SlackUser, channel_id: str) -> None:
        """Tell somebody who left a private channel no more of others' timers that it was told of."""
        await asyncio.to_thread(self._wishes.forget, person, channel_id)

    async def muted(self, team_id: str, channel_id: str) -> Muted | None:
        """Say who muted a channel; None if nobody did."""
        return await asyncio.to_thread(self._wishes.muted, team_id, channel_id)

    async def mute(self, person: SlackUser, channel_id: str) -> Muted:
        """Let a channel hear nothing of runs any more."""
        muted = Muted(person.user_id, self._clock())
        await asyncio.to_thread(self._wishes.mute, person.team_id, channel_id, muted)
        return muted

    async def unmute(self, team_id: str, channel_id: str) -> None:
        """Let a channel hear again."""
        await asyncio.to_thread(self._wishes.mute, team_id, channel_id, None)


class Digesting:
    """Tells people once a day what the timers did that they follow."""

    def __init__(
        self,
        *,
        digests: Digests,
        draw: Callable[[Sequence[Tally]], str],
        zone_of: Callable[[SlackUser], tzinfo],
        digest_at: time,
        clock: Callable[[], datetime],
        wake: Callable[[], None],
    ) -> None:
        self._digests = digests
        self._draw = draw
        self._zone_of = zone_of
        self._digest_at = digest_at
        self._clock = clock
        self._wake = wake

    def work(self, digest: Digest) -> None:
        """Tell what ran since the last digest, and nothing if nothing did; the next is due tomorrow."""
        now = self._clock()
        tallies = self._digests.tallies(digest, now)
        if tallies is None:
            self._digests.told(replace(digest, due=None), ())
            return
        ran = [one for one in tallies if one.runs]
        posts = []
        if ran:
            news = News(Event.DIGEST, ran[0].job_id, now, detail=self._draw(ran))
            posts.append(Post(digest.person.team_id, digest.person.user_id, news))
        due = next_digest(self._digest_at, self._zone_of(digest.person), now)
        self._digests.told(replace(digest, told_until=now, due=due), posts)
        self._wake()


def next_digest(at: time, zone: tzinfo, now: datetime) -> datetime:
    """Give the next moment, in UTC, at which a clock in the zone shows this time of day.

    Where clocks go forward over it, that is the moment that would have been it.
    """
    day = now.astimezone(zone).date()
    moments = (
        datetime.combine(day + timedelta(days=number), at, zone).astimezone(UTC) for number in range(3)
    )
    return next(moment for moment in moments if moment > now)
