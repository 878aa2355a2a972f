"""News of timers: what has happened, and who hears of it where."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from bot.accounts import SlackUser
from bot.timers import Inactivity, Run, TimerStatus


class Event(StrEnum):
    """What can happen to a timer, or to the bot's sight of it."""

    RUN = "run"
    STUCK = "stuck"
    STOPPED = "stopped"
    PAUSED = "paused"
    RESUMED = "resumed"
    RENAMED = "renamed"
    ENDED = "ended"
    DELETED = "deleted"
    EDITED = "edited"
    SIGNED_OUT = "signed out"
    SILENT = "silent"
    UNREACHABLE = "unreachable"
    ASKED = "asked"
    DIGEST = "digest"


class Wish(StrEnum):
    """What somebody wants to hear of a timer, by direct message."""

    ALL = "all"
    FAILURES = "failures"
    DIGEST = "digest"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Announcement:
    """The team's message about a timer. Its news stand in the thread below it, or beside it in one.

    `lost` says why the channel cannot be written to any more, in Slack's word; empty while it can.
    """

    channel_id: str
    message_ts: str
    thread_ts: str = ""
    lost: str = ""

    @property
    def thread(self) -> str:
        """The `ts` under which news are posted."""
        return self.thread_ts or self.message_ts


@dataclass(frozen=True, slots=True)
class WatchedTimer:
    """What the bot knows of a timer that it made, as of the last look.

    `look_at` is when something is expected of it next. `succeeded` and `failed` count the runs that are over;
    `is_failing` says whether the latest of them failed. `last` is that run, `running` are those under way.
    Runs up to `seen_until` are known. `run_news` asks for every run in the thread. `is_resuming` says that
    its owner has restored what it lacked. `unwatched` says why nobody looks any more, empty while somebody
    does. `version` grows with every change of any of these.
    """

    job_id: str
    owner: SlackUser
    identity_id: str
    request_id: str
    title: str
    announcement: Announcement | None = None
    status: TimerStatus = TimerStatus.ACTIVE
    inactivity: Inactivity | None = None
    next_run: datetime | None = None
    look_at: datetime | None = None
    succeeded: int = 0
    failed: int = 0
    is_failing: bool = False
    last: Run | None = None
    running: tuple[Run, ...] = ()
    seen_until: datetime | None = None
    run_news: bool = False
    is_resuming: bool = False
    unwatched: str = ""
    version: int = 0

    @property
    def is_live(self) -> bool:
        """Whether it runs or may run again."""
        return self.status.is_live


@dataclass(frozen=True, slots=True)
class News:
    """Something that happened at a moment. `is_turn` marks the first failure, and the first success after.

    `by` is the Slack user ID of who did it in Slack, empty where it was done elsewhere; `detail` is a
    sentence, or a name where somebody gave one.
    """

    event: Event
    job_id: str
    at: datetime
    run: Run | None = None
    is_turn: bool = False
    by: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Post:
    """News on their way to one place in Slack: a channel's ID, or a person's for a direct message."""

    team_id: str
    place: str
    news: News
    thread_ts: str = ""


@dataclass(frozen=True, slots=True)
class Follower:
    """Somebody who said what they want to hear of a timer."""

    person: SlackUser
    job_id: str
    wish: Wish


_FOR_OWNERS: Final = frozenset(
    {Event.STOPPED, Event.STUCK, Event.SIGNED_OUT, Event.SILENT, Event.UNREACHABLE}
)
"""What an owner hears whatever they wished: it is for them to mend, or to know."""

_ONLY_FOR_OWNERS: Final = frozenset({Event.SIGNED_OUT, Event.SILENT, Event.UNREACHABLE})

_FOR_FAILURES: Final = frozenset({Event.STOPPED, Event.STUCK, Event.ENDED, Event.DELETED})
"""What whoever asked for failures hears, beside the runs that turn."""

_ROUTINE: Final = frozenset({Event.RENAMED})
"""What the announcement itself shows, and nobody has to be told."""


def posts_of(
    timer: WatchedTimer, news: Iterable[News], *, followers: Sequence[Follower], is_muted: bool
) -> list[Post]:
    """Address the news of a timer. Who did something is not told that they did it."""
    return [post for one in news for post in _addressed(timer, one, followers, is_muted=is_muted)]


def _addressed(
    timer: WatchedTimer, news: News, followers: Sequence[Follower], *, is_muted: bool
) -> Iterator[Post]:
    team_id, announcement = timer.owner.team_id, timer.announcement
    if announcement and not is_muted and _is_for_the_team(timer, news):
        yield Post(team_id, announcement.channel_id, news, thread_ts=announcement.thread)
    wishes = {timer.owner.user_id: Wish.FAILURES} | {one.person.user_id: one.wish for one in followers}
    for user_id, wish in wishes.items():
        is_owner = user_id == timer.owner.user_id
        if user_id != news.by and _is_for(news, wish, is_owner=is_owner):
            yield Post(team_id, user_id, news)


def _is_for_the_team(timer: WatchedTimer, news: News) -> bool:
    if news.event in _ONLY_FOR_OWNERS | _ROUTINE:
        return False
    return news.is_turn or timer.run_news if news.event is Event.RUN else True


def _is_for(news: News, wish: Wish, *, is_owner: bool) -> bool:
    if is_owner and news.event in _FOR_OWNERS:
        return True
    if news.event in _ONLY_FOR_OWNERS | _ROUTINE:
        return False
    match wish:
        case Wish.ALL:
            return True
        case Wish.FAILURES:
            return news.is_turn if news.event is Event.RUN else news.event in _FOR_FAILURES
    return False
