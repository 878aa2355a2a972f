"""Digests come once a day by the clock of whoever reads them, and only when there is something to say."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.accounts import SlackUser
from bot.following import Digest, Digesting, Tally, next_digest
from bot.news import Event, Post
from bot.planning import Location, Plan, Source
from bot.presets import form_to_edit
from bot.schedules import Schedule

NOW = datetime(2026, 11, 26, 15, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
GRACE = SlackUser("T1", "U2")
DIGEST = Digest(1, GRACE, told_until=NOW - timedelta(days=1), due=NOW)


def at(text: str, zone: ZoneInfo = BERLIN) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-11-26 08:59:59", "2026-11-26 09:00"),
        ("2026-11-26 09:00:00", "2026-11-27 09:00"),
        ("2026-11-26 23:30:00", "2026-11-27 09:00"),
        # Clocks go back on the 25th of October and forward on the 28th of March.
        ("2026-10-24 09:00:00", "2026-10-25 09:00"),
        ("2027-03-27 09:00:00", "2027-03-28 09:00"),
    ],
)
def test_the_next_digest_is_at_the_same_time_of_day_whatever_the_clocks_do(now: str, due: str) -> None:
    assert next_digest(time(9), BERLIN, at(now)) == at(due).astimezone(UTC)


def test_a_time_of_day_that_clocks_leave_out_comes_all_the_same() -> None:
    due = next_digest(time(2, 30), BERLIN, at("2027-03-27 12:00"))
    assert due == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)
    assert next_digest(time(2, 30), BERLIN, due) == at("2027-03-29 02:30").astimezone(UTC)


def test_a_time_of_day_that_comes_twice_is_used_once() -> None:
    due = next_digest(time(2, 30), BERLIN, at("2026-10-24 12:00"))
    assert next_digest(time(2, 30), BERLIN, due) == at("2026-10-26 02:30").astimezone(UTC)


class World:
    """One digest, and what becomes of it."""

    def __init__(self, tallies: Sequence[Tally] | None) -> None:
        self.found = tallies
        self.kept: list[tuple[Digest, Sequence[Post]]] = []

    def tallies(self, digest: Digest, until: datetime) -> Sequence[Tally] | None:
        assert (digest, until) == (DIGEST, NOW)
        return self.found

    def told(self, digest: Digest, posts: Sequence[Post]) -> None:
        self.kept.append((digest, posts))

    def work(self) -> tuple[Digest, Sequence[Post]]:
        Digesting(
            digests=self,
            draw=lambda tallies: ", ".join(one.title for one in tallies),
            zone_of=lambda _person: BERLIN,
            digest_at=time(9),
            clock=lambda: NOW,
            wake=lambda: None,
        ).work(DIGEST)
        return self.kept[-1]


def test_what_ran_is_told_and_what_did_not_is_left_out() -> None:
    digest, [post] = World([Tally("1", "Idle", 0, 0, 0), Tally("2", "Busy", 3, 1, 10)]).work()
    assert (post.place, post.news.event, post.news.detail) == ("U2", Event.DIGEST, "Busy")
    assert digest.told_until == NOW
    assert digest.due == at("2026-11-27 09:00").astimezone(UTC)


def test_nothing_is_said_when_nothing_ran() -> None:
    digest, posts = World([Tally("1", "Idle", 0, 0, 0)]).work()
    assert posts == []
    assert digest.due


def test_a_digest_that_nobody_wants_any_more_rests() -> None:
    digest, posts = World(None).work()
    assert posts == ()
    assert digest.due is None


def test_an_edit_goes_on_at_the_next_run_with_the_runs_that_are_left() -> None:
    start = NOW - timedelta(hours=30)
    plan = Plan(
        Source("c1", ("/a/",)),
        Location("c2", "/b/"),
        Schedule(start, timedelta(days=1), runs=5),
        "C1",
        name="Nightly",
    )
    form = form_to_edit(plan, title="Every night", ran=2, now=NOW)
    assert form["start"] == str(int((start + timedelta(days=2)).timestamp()))
    assert form["end_runs"] == "3"
    assert form["name"] == "Every night"


def test_an_edit_of_what_is_still_to_begin_leaves_its_start() -> None:
    start = NOW + timedelta(hours=3)
    plan = Plan(Source("c1", ("/a/",)), Location("c2", "/b/"), Schedule(start, timedelta(days=1)), "C1")
    form = form_to_edit(plan, title=plan.title, ran=0, now=NOW)
    assert form["start"] == str(int(start.timestamp()))
    assert "name" not in form
