"""News reach Slack in order and once, no faster than Slack takes them, and merged where many are due."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from bot.accounts import SlackUser
from bot.errors import CannotPost, Problem, ServiceUnavailable
from bot.news import Announcement, Event, News, Post, WatchedTimer
from bot.planning import Location, Plan, Source
from bot.schedules import Schedule
from bot.scheduling import TimerRequest
from bot.store.database import SqliteDatabase
from bot.store.port import Database
from bot.store.telling import MailboxStore
from bot.telling import EDITING_PACE, PACE, Subject, Telling, Turns

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
ADA = SlackUser("T1", "UADA")
PLAN = Plan(Source("a", ("/d/",)), Location("b", "/a/"), Schedule(NOW), announce_in="C1")
REQUEST = TimerRequest("request", "abcdefgh", ADA, PLAN, NOW)


@dataclass
class Slack:
    """Takes messages, unless it is about to refuse."""

    refusals: list[Problem] = field(default_factory=list)
    told: list[list[Post]] = field(default_factory=list)
    drawn: list[str] = field(default_factory=list)

    def tell(self, posts: Sequence[Post], subjects: Sequence[Subject | None]) -> None:
        del subjects
        self._refuse()
        self.told.append(list(posts))

    def redraw(self, subject: Subject) -> None:
        self._refuse()
        self.drawn.append(subject.timer.job_id)

    def _refuse(self) -> None:
        if self.refusals:
            raise self.refusals.pop(0)


class Desk:
    """Telling at work, with a clock that is moved by hand."""

    def __init__(self, database: Database) -> None:
        self.now = NOW
        self.slack = Slack()
        self.database = database
        self.store = MailboxStore(database, clock=lambda: self.now, owner="one")
        self.lost: dict[str, str] = {}
        self.telling = Telling(
            mailboxes=self.store,
            messages=self.slack,
            subject=self.subject,
            clock=lambda: self.now,
            wake=lambda: None,
        )

    def subject(self, team_id: str, job_id: str) -> Subject | None:
        query = "SELECT channel_id, lost FROM timers WHERE job_id = ? AND team_id = ?"
        rows = self.database.read(lambda database: list(database.query(query, [job_id, team_id])))
        if not rows:
            return None
        where = Announcement(rows[0]["channel_id"], "1.0", lost=rows[0]["lost"])
        timer = WatchedTimer(job_id, ADA, "i", "request", job_id, where)
        return Subject(timer, REQUEST)

    def timer(self, job_id: str, *, channel: str = "C1", redraws: int = 0) -> None:
        """Keep a timer that is announced in a channel."""
        insert = (
            "INSERT INTO timers (job_id, team_id, user_id, identity_id, request_id, title, channel_id, "
            "message_ts, status, redraws) VALUES (?, 'T1', 'UADA', 'i', 'request', ?, ?, '1.0', 'active', ?)"
        )
        self.database.write(lambda database: database.execute(insert, [job_id, job_id, channel, redraws]))
        stir = "INSERT INTO mailboxes (team_id, place, due) VALUES ('T1', ?, ?) ON CONFLICT DO NOTHING"
        self.database.write(lambda database: database.execute(stir, [channel, NOW.isoformat()]))

    def post(self, *job_ids: str, place: str = "C1", thread: str = "1.0") -> None:
        self.store.add(
            [Post("T1", place, News(Event.STOPPED, job_id, self.now), thread) for job_id in job_ids]
        )

    def round(self) -> int:
        """Work what is due now; gives how many places were."""
        due = self.store.claim(limit=100)
        for mailbox in due:
            self.telling.work(mailbox)
        return len(due)

    def until_quiet(self) -> timedelta:
        """Work second by second until nothing is left; gives how long it took."""
        for _ in range(10_000):
            left = self.database.read(
                lambda database: list(database.query("SELECT due FROM mailboxes WHERE due IS NOT NULL"))
            )
            if not left:
                return self.now - NOW
            self.round()
            self.now += timedelta(seconds=0.2)
        raise AssertionError("it never becomes quiet")

    def said(self) -> list[str]:
        return [post.news.job_id for posts in self.slack.told for post in posts]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    database = SqliteDatabase(tmp_path / "bot.db")
    yield Desk(database)
    database.close()


def test_news_of_one_thread_are_one_message_and_each_thread_has_its_own(desk: Desk) -> None:
    desk.post("a", "b")
    desk.post("c", thread="2.0")

    desk.until_quiet()

    assert [[post.news.job_id for post in posts] for posts in desk.slack.told] == [["a", "b"], ["c"]]


def test_direct_messages_of_many_timers_are_merged(desk: Desk) -> None:
    desk.post(*(str(number) for number in range(25)), place="UADA", thread="")

    desk.until_quiet()

    assert [len(posts) for posts in desk.slack.told] == [10, 10, 5]
    assert desk.said() == [str(number) for number in range(25)]


def test_messages_to_one_channel_are_a_second_apart_and_channels_do_not_wait_for_each_other(
    desk: Desk,
) -> None:
    for number in range(5):
        desk.post(str(number), thread=str(number))
        desk.post(f"other {number}", place="C2", thread=str(number))

    took = desk.until_quiet()

    assert took >= 4 * PACE
    assert took < 9 * PACE
    assert len(desk.slack.told) == 10


def test_edits_of_a_workspace_are_paced_over_all_its_channels(desk: Desk) -> None:
    for number in range(10):
        desk.timer(str(number), channel=f"C{number}", redraws=1)

    took = desk.until_quiet()

    assert sorted(desk.slack.drawn) == [str(number) for number in range(10)]
    assert took >= 9 * EDITING_PACE


def test_what_slack_has_no_time_for_waits_as_long_as_slack_says(desk: Desk) -> None:
    desk.post("a")
    desk.slack.refusals = [ServiceUnavailable("Slack", retry_after=30)]
    desk.round()
    desk.now += timedelta(seconds=29)
    assert desk.round() == 0

    desk.now += timedelta(seconds=1)
    desk.round()

    assert desk.said() == ["a"]


def test_edits_rest_in_the_whole_workspace_when_slack_says_so_and_messages_do_not(desk: Desk) -> None:
    desk.timer("a", channel="C1", redraws=1)
    desk.slack.refusals = [ServiceUnavailable("Slack", retry_after=30)]
    desk.round()
    desk.timer("b", channel="C2", redraws=1)
    desk.post("c", place="C3")
    desk.now += timedelta(seconds=5)
    desk.round()
    assert desk.slack.drawn == []
    assert desk.said() == ["c"]

    desk.now += timedelta(seconds=27)
    desk.until_quiet()

    assert sorted(desk.slack.drawn) == ["a", "b"]


@pytest.mark.parametrize("reason", ["is_archived", "not_in_channel", "channel_not_found", "thread_not_found"])
def test_an_owner_hears_once_that_a_channel_is_out_of_reach(desk: Desk, reason: str) -> None:
    desk.timer("a")
    for _ in range(3):
        desk.post("a")
        desk.slack.refusals = [CannotPost("no", "", reason=reason)]
        desk.now += timedelta(seconds=5)
        desk.round()

    desk.until_quiet()

    [[told]] = desk.slack.told
    assert (told.place, told.news.event, told.news.detail) == ("UADA", Event.UNREACHABLE, reason)


def test_a_channel_that_is_back_is_written_to_again_and_may_be_lost_again(desk: Desk) -> None:
    desk.timer("a")
    for is_back in (False, True, False):
        desk.post("a")
        desk.slack.refusals = [] if is_back else [CannotPost("no", "", reason="not_in_channel")]
        desk.now += timedelta(seconds=5)
        desk.round()
        desk.until_quiet()

    events = [post.news.event for posts in desk.slack.told for post in posts]
    assert events == [Event.UNREACHABLE, Event.STOPPED, Event.UNREACHABLE]


def test_somebody_who_cannot_be_written_to_is_let_be(desk: Desk) -> None:
    desk.timer("a")
    desk.post("a", place="UADA", thread="")
    desk.slack.refusals = [CannotPost("no", "", reason="user_not_found")]

    desk.until_quiet()

    assert desk.slack.told == []


def test_a_drawing_that_slack_refuses_is_not_sent_again(desk: Desk) -> None:
    desk.timer("a", redraws=1)
    desk.slack.refusals = [Problem("Slack refused a message: invalid_blocks.")]

    desk.until_quiet()

    assert desk.slack.drawn == []


def test_news_of_a_workspace_without_the_bot_wait(desk: Desk) -> None:
    desk.post("a")
    desk.slack.refusals = [CannotPost("no", "", reason="not_installed")]
    desk.round()
    assert desk.said() == []

    desk.until_quiet()

    assert desk.said() == ["a"]


def test_whoever_comes_late_for_a_turn_does_not_slow_down_the_edits(desk: Desk) -> None:
    for number in range(50):
        desk.timer(str(number), channel=f"C{number % 5}", redraws=1)
    looks = 0

    while len(desk.slack.drawn) < 50:
        looks += desk.round()
        # Workers look every half second.
        desk.now += timedelta(seconds=0.5)

    assert desk.now - NOW <= 51 * EDITING_PACE
    # Each channel comes for its first turn, and then only when the next has come.
    assert looks <= 50 + 5


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0, 5)), max_size=40))
def test_turns_at_one_place_are_never_closer_than_the_pace(asked: list[tuple[int, float]]) -> None:
    turns, now, taken = Turns(PACE), NOW, []
    for who, passed in asked:
        now += timedelta(seconds=passed)
        turn = turns.take("place", who, now)
        if turn == now:
            taken.append(now)
        else:
            assert now < turn <= now + 40 * PACE
    assert all(later - earlier >= PACE for earlier, later in pairwise(taken))
