"""Words become a schedule, whichever can be told in them."""

from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from bot.schedules import LONGEST_INTERVAL, SHORTEST_INTERVAL, Schedule, interval_in_words
from bot.wording import NotUnderstood, read_schedule

CHICAGO = ZoneInfo("America/Chicago")
WEDNESDAY = datetime(2026, 11, 25, 16, 0, 30, tzinfo=CHICAGO)


def at(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=CHICAGO)


HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)


@pytest.mark.parametrize(
    ("words", "schedule"),
    [
        ("every 6h for 3 days", Schedule(WEDNESDAY, 6 * HOUR, until=WEDNESDAY + 3 * DAY)),
        (
            "daily at 02:30 until 2027-01-31",
            Schedule(at(2026, 11, 26, 2, 30), DAY, until=at(2027, 1, 31, 23, 59)),
        ),
        ("every 2 weeks starting next monday, 10 times", Schedule(at(2026, 11, 30), 2 * WEEK, runs=10)),
        ("once tomorrow 9am", Schedule(at(2026, 11, 26, 9))),
        ("tomorrow at 9", Schedule(at(2026, 11, 26, 9))),
        ("6h", Schedule(WEDNESDAY, 6 * HOUR)),
        ("Every 1d12h", Schedule(WEDNESDAY, 36 * HOUR)),
        ("every day at noon", Schedule(at(2026, 11, 26, 12), DAY)),
        ("every day at 18:00", Schedule(at(2026, 11, 25, 18), DAY)),
        ("every monday at 9:15", Schedule(at(2026, 11, 30, 9, 15), WEEK)),
        ("every wednesday at 18:00", Schedule(at(2026, 11, 25, 18), WEEK)),
        ("every wednesday", Schedule(at(2026, 12, 2), WEEK)),
        ("once tomorrow 12.30", Schedule(at(2026, 11, 26, 12, 30))),
        ("once on 24.12", Schedule(at(2026, 12, 24))),
        ("every other day", Schedule(WEDNESDAY, 2 * DAY)),
        ("every half an hour", Schedule(WEDNESDAY, HOUR / 2)),
        ("every half hour", Schedule(WEDNESDAY, HOUR / 2)),
        ("hourly", Schedule(WEDNESDAY, HOUR)),
        ("every hour for 10 times", Schedule(WEDNESDAY, HOUR, runs=10)),
        ("weekly twice starting 2026-12-01", Schedule(at(2026, 12, 1), WEEK, runs=2)),
        ("every two hours starting tomorrow", Schedule(at(2026, 11, 26), 2 * HOUR)),
        ("daily starting today", Schedule(WEDNESDAY, DAY)),
        ("daily from dec 1 at 7 until friday 5pm", None),
        ("daily from dec 1 at 7", Schedule(at(2026, 12, 1, 7), DAY)),
        ("once in 2 hours", Schedule(WEDNESDAY + 2 * HOUR)),
        ("once", Schedule(WEDNESDAY)),
        ("once 2026-12-24", Schedule(at(2026, 12, 24))),
        ("every 30 minutes and 3 times", Schedule(WEDNESDAY, timedelta(minutes=30), runs=3)),
    ],
)
def test_words_are_read_in_the_persons_own_time(words: str, schedule: Schedule | None) -> None:
    if schedule is None:
        with pytest.raises(NotUnderstood, match="end must come after the start"):
            read_schedule(words, now=WEDNESDAY, zone=CHICAGO)
    else:
        assert read_schedule(words, now=WEDNESDAY, zone=CHICAGO) == schedule


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("banana", "“banana” is no date that I can read"),
        ("every banana", "“banana” is no interval"),
        ("", "It does not say how often"),
        ("monthly", "there is no “monthly”"),
        ("every weekday", "fixed steps"),
        ("twice daily", "fixed steps"),
        ("3 times weekly", "fixed steps"),
        ("every half a day", "is no interval"),
        ("daily at 25:00", "“at 25:00” is no time of day"),
        ("daily at 13pm", "no time of day"),
        ("daily until banana", "“banana” is no date"),
        ("daily until friday for 3 days", "both “for” and “until”"),
        ("daily 3 times until friday", "both how many times and until when"),
        ("daily daily", "“every” is there twice"),
        ("10 times", "It does not say how often"),
        ("every 30s", "between 60 seconds"),
        ("once 12.30", "a date or a time"),
        ("daily 0 times", "runs from 1"),
        ("daily lab", "I could not read “lab”"),
    ],
)
def test_what_is_not_understood_is_quoted(words: str, said: str) -> None:
    with pytest.raises(NotUnderstood, match=said):
        read_schedule(words, now=WEDNESDAY, zone=CHICAGO)


@given(
    text=st.text(max_size=60)
    | st.lists(
        st.sampled_from(
            [
                "every",
                "6h",
                "daily",
                "at",
                "for",
                "until",
                "3",
                "days",
                "times",
                "monday",
                "starting",
                "9am",
                "once",
                "x",
            ]
        ),
        max_size=8,
    ).map(" ".join)
)
def test_no_words_break_the_reading(text: str) -> None:
    try:
        schedule = read_schedule(text, now=WEDNESDAY, zone=CHICAGO)
    except NotUnderstood:
        return
    assert schedule.start.tzinfo


MOMENTS = st.integers(1_767_225_600, 1_830_297_600).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
INTERVALS = st.timedeltas(SHORTEST_INTERVAL, LONGEST_INTERVAL).map(
    lambda one: timedelta(seconds=int(one.total_seconds()))
)


@st.composite
def schedules(draw: st.DrawFn) -> Schedule:
    start = draw(MOMENTS)
    interval = draw(st.none() | INTERVALS)
    if interval is None:
        return Schedule(start)
    end = draw(st.sampled_from(["never", "runs", "until"]))
    return Schedule(
        start,
        interval,
        runs=draw(st.integers(1, 1_000_000)) if end == "runs" else None,
        until=start + draw(INTERVALS) if end == "until" else None,
    )


def in_words(schedule: Schedule, zone: tzinfo) -> str:
    start = moment_in_words(schedule.start, zone)
    if schedule.interval is None:
        return f"once {start}"
    words = f"every {interval_in_words(schedule.interval)} starting {start}"
    if schedule.until:
        return f"{words} until {moment_in_words(schedule.until, zone)}"
    return f"{words}, {schedule.runs} times" if schedule.runs else words


def moment_in_words(moment: datetime, zone: tzinfo) -> str:
    local = moment.astimezone(zone)
    if local.replace(fold=0).astimezone(UTC) != local.astimezone(UTC):
        # The hour that comes twice when clocks go back can only be told in another zone.
        return f"{moment_in_words(moment, UTC)} UTC"
    return local.strftime("%Y-%m-%d %H:%M:%S" if local.second else "%Y-%m-%d %H:%M")


@given(
    schedule=schedules(), zone=st.sampled_from(["UTC", "America/Chicago", "Europe/Berlin", "Asia/Kathmandu"])
)
def test_a_schedule_written_in_words_reads_back_as_itself(schedule: Schedule, zone: str) -> None:
    words = in_words(schedule, ZoneInfo(zone))

    assert read_schedule(words, now=WEDNESDAY, zone=ZoneInfo(zone)) == schedule, words
