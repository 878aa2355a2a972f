from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from bot.errors import FormProblems
from bot.schedules import (
    LONGEST_INTERVAL,
    SHORTEST_INTERVAL,
    ClockShift,
    Schedule,
    clock_shift,
    first_runs,
    interval_in_words,
    number_of_runs,
    read_interval,
    write_interval,
)

START = datetime(2026, 11, 24, 12, tzinfo=UTC)
intervals = st.integers(min_value=60, max_value=365 * 86400).map(lambda seconds: timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("6h", 21600),
        ("1d12h", 129600),
        ("1w 2d", 777600),
        ("90m", 5400),
        ("  2 W ", 1209600),
        ("60s", 60),
        ("1w1d1h1m1s", 694861),
    ],
)
def test_an_interval_is_read_as_the_globus_command_line_reads_it(text: str, seconds: int) -> None:
    assert read_interval(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text", ["", "  ", "banana", "30m1h", "1.5h", "-6h", "6", "h", "6h6h", "٦h", "9" * 40 + "w"]
)
def test_what_is_no_interval_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an interval"):
        read_interval(text)


@given(intervals)
def test_writing_and_reading_an_interval_loses_nothing(interval: timedelta) -> None:
    assert read_interval(write_interval(interval)) == interval


@given(intervals)
def test_every_interval_can_be_said_in_words(interval: timedelta) -> None:
    words = interval_in_words(interval).split()

    assert words
    assert "0" not in words


@pytest.mark.parametrize(
    ("interval", "words"),
    [
        (timedelta(hours=1), "hour"),
        (timedelta(hours=6), "6 hours"),
        (timedelta(days=1, hours=12), "1 day 12 hours"),
        (timedelta(weeks=1), "week"),
    ],
)
def test_an_interval_reads_naturally(interval: timedelta, words: str) -> None:
    assert interval_in_words(interval) == words


@given(st.text(max_size=30))
def test_reading_an_interval_either_works_or_says_why_not(text: str) -> None:
    try:
        assert read_interval(text) >= timedelta(0)
    except ValueError as error:
        assert "not an interval" in str(error)  # noqa: PT017 - either outcome is fine, no third is


@pytest.mark.parametrize(
    "interval", [SHORTEST_INTERVAL - timedelta(seconds=1), LONGEST_INTERVAL + timedelta(seconds=1)]
)
def test_an_interval_outside_the_limits_names_both_limits(interval: timedelta) -> None:
    with pytest.raises(FormProblems) as refused:
        Schedule(start=START, interval=interval)

    assert "60 seconds" in refused.value.by_field["interval"]
    assert "365 days" in refused.value.by_field["interval"]


def test_the_end_must_come_after_the_start() -> None:
    with pytest.raises(FormProblems) as refused:
        Schedule(start=START, interval=timedelta(hours=1), until=START)

    assert set(refused.value.by_field) == {"end_date"}


def test_a_transfer_that_happens_once_has_no_end() -> None:
    with pytest.raises(ValueError, match="no end"):
        Schedule(start=START, runs=3)


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        Schedule(start=START.replace(tzinfo=None))


CHICAGO = ZoneInfo("America/Chicago")
DAY = timedelta(days=1)


def test_the_first_runs_are_an_interval_apart_and_end_with_the_schedule() -> None:
    start = datetime(2027, 1, 1, tzinfo=UTC)

    assert first_runs(Schedule(start), 3) == [start]
    assert first_runs(Schedule(start, DAY, runs=2), 3) == [start, start + DAY]
    assert first_runs(Schedule(start, DAY, until=start + 5 * DAY), 3) == [start, start + DAY, start + 2 * DAY]


def test_the_number_of_runs_counts_both_ends() -> None:
    start = datetime(2027, 1, 1, tzinfo=UTC)

    assert number_of_runs(Schedule(start)) == 1
    assert number_of_runs(Schedule(start, DAY)) is None
    assert number_of_runs(Schedule(start, DAY, runs=7)) == 7
    assert number_of_runs(Schedule(start, DAY, until=start + 3 * DAY)) == 4
    assert number_of_runs(Schedule(start, DAY, until=start + 3 * DAY - timedelta(seconds=1))) == 3


def test_a_daily_run_moves_by_an_hour_when_clocks_go_forward() -> None:
    start = datetime(2027, 3, 1, 2, 30, tzinfo=CHICAGO)

    shift = clock_shift(Schedule(start, DAY), CHICAGO)

    assert shift == ClockShift(datetime(2027, 3, 14, 3, 30, tzinfo=CHICAGO), timedelta(hours=1))


@pytest.mark.parametrize(
    "schedule",
    [
        Schedule(datetime(2027, 3, 1, 2, 30, tzinfo=CHICAGO), timedelta(hours=1)),
        Schedule(datetime(2027, 3, 1, 2, 30, tzinfo=CHICAGO), DAY, runs=5),
        Schedule(datetime(2027, 3, 1, 2, 30, tzinfo=CHICAGO)),
    ],
    ids=["every hour", "over before", "once"],
)
def test_a_change_of_the_clocks_that_nobody_notices_is_not_told(schedule: Schedule) -> None:
    assert clock_shift(schedule, CHICAGO) is None


@given(
    start=st.integers(1_767_225_600, 1_830_297_600),
    interval=st.integers(60, 40 * 86400),
    runs=st.none() | st.integers(1, 400),
)
def test_the_shift_is_the_first_run_whose_offset_differs(start: int, interval: int, runs: int | None) -> None:
    schedule = Schedule(datetime.fromtimestamp(start, UTC), timedelta(seconds=interval), runs=runs)
    within = min(runs or 10**9, timedelta(days=366) // timedelta(seconds=interval) + 1, 2000)
    moments = [moment.astimezone(CHICAGO) for moment in first_runs(schedule, within)]
    moved = [one for one in moments if one.utcoffset() != moments[0].utcoffset()]

    shift = clock_shift(schedule, CHICAGO)

    if moved and interval > 3600:
        assert shift
        assert shift.run == moved[0]
