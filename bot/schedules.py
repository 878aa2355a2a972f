"""When a timer runs: once or again and again, from when, and until when."""

import re
import sys
from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Final

from bot.errors import FormProblems

SHORTEST_INTERVAL: Final = timedelta(seconds=60)
LONGEST_INTERVAL: Final = timedelta(days=365)
"""Globus Timers' own limits on an interval (its OpenAPI description of POST /jobs/)."""

LATEST_START: Final = timedelta(days=365)
"""Globus Timers refuses a start more than a year away (same source)."""

START_TOLERANCE: Final = timedelta(minutes=10)
"""A start may lie this far back: Globus asks for "close to now", and filling in a form takes minutes."""

MOST_RUNS: Final = 1_000_000
"""Far above what can run (once a minute for almost two years); keeps absurd numbers out."""

_UNITS: Final = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_INTERVAL: Final = re.compile(
    r"\s*".join([""] + [rf"(?:(?P<{unit}>\d{{1,9}})\s*{unit})?" for unit in _UNITS] + [""]),
    re.ASCII,
)


class Repeat(StrEnum):
    """The choices of the form's `repeat` field."""

    ONCE = "once"
    HOURLY = "hourly"
    DAILY = "daily"
    WEEKLY = "weekly"
    CUSTOM = "custom"


class Ending(StrEnum):
    """The choices of the form's `end` field."""

    NEVER = "never"
    RUNS = "runs"
    DATE = "date"


INTERVALS: Final = {
    Repeat.HOURLY: timedelta(hours=1),
    Repeat.DAILY: timedelta(days=1),
    Repeat.WEEKLY: timedelta(weeks=1),
}


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a timer runs. Datetimes are aware, and kept in UTC; an interval of None means once.

    `runs` and `until` are the two ways to end and exclude each other; both None means never.
    """

    start: datetime
    interval: timedelta | None = None
    runs: int | None = None
    until: datetime | None = None

    def __post_init__(self) -> None:
        problems = dict(self._problems())
        if problems:
            raise FormProblems(problems)
        # In UTC, since Python adds to a moment in a zone by the calendar, and Globus by the second.
        object.__setattr__(self, "start", self.start.astimezone(UTC))
        object.__setattr__(self, "until", self.until and self.until.astimezone(UTC))

    def _problems(self) -> list[tuple[str, str]]:
        found = []
        if self.start.tzinfo is None or (self.until and self.until.tzinfo is None):
            raise ValueError("a schedule needs aware datetimes")
        if self.interval is None and (self.runs or self.until):
            raise ValueError("a transfer that happens once has no end")
        if self.interval is not None and not SHORTEST_INTERVAL <= self.interval <= LONGEST_INTERVAL:
            found.append(("interval", "Choose an interval between 60 seconds (60s) and 365 days (365d)."))
        if self.runs is not None and not 1 <= self.runs <= MOST_RUNS:
            found.append(("end_runs", f"Choose a whole number of runs from 1 to {MOST_RUNS:,}."))
        if self.until is not None and self.until <= self.start:
            found.append(("end_date", "The end must come after the start."))
        return found

    def in_words(self) -> str:
        """Say how often, and for how long if that can be said without a date: "every 6 hours, 3 times"."""
        return how_often(self.interval, self.runs)


@dataclass(frozen=True, slots=True)
class ClockShift:
    """The first run that a change of the clocks moves: its moment in the person's zone, and by how much.

    `later` is negative where the clock then shows an earlier time.
    """

    run: datetime
    later: timedelta


def first_runs(schedule: Schedule, count: int) -> list[datetime]:
    """Give the moments of the first `count` runs, or of all if there are fewer."""
    if schedule.interval is None:
        return [schedule.start]
    total = number_of_runs(schedule)
    many = count if total is None else min(count, total)
    return [schedule.start + number * schedule.interval for number in range(many)]


def number_of_runs(schedule: Schedule) -> int | None:
    """Give how often it runs in all; None for a schedule without an end."""
    if schedule.interval is None:
        return 1
    if schedule.until is not None:
        return (schedule.until - schedule.start) // schedule.interval + 1
    return schedule.runs


def clock_shift(schedule: Schedule, zone: tzinfo) -> ClockShift | None:
    """Give the first run that a change of the clocks moves within a year; None if nobody would notice.

    Timers tick in fixed seconds (https://docs.globus.org/api/timers/timer-schedules/), so a daily run at
    02:30 becomes one at 03:30 when clocks go forward. Runs every hour or more often look the same after.
    """
    interval = schedule.interval
    if interval is None or interval <= timedelta(hours=1):
        return None
    total = number_of_runs(schedule)
    runs = min(timedelta(days=366) // interval + 1, total or sys.maxsize)
    offset = schedule.start.astimezone(zone).utcoffset()

    def local(number: int) -> datetime:
        return (schedule.start + number * interval).astimezone(zone)

    def is_moved(number: int) -> bool:
        return local(number).utcoffset() != offset

    # Four weeks at a time until the clocks have changed, then halved: a change lasts for a month at least.
    step = max(timedelta(weeks=4) // interval, 1)
    moved = next((n for n in range(0, runs + step, step) if is_moved(min(n, runs - 1))), None)
    if moved is None:
        return None
    run = local(
        bisect_left(range(runs), x=True, lo=max(moved - step, 0), hi=min(moved, runs - 1), key=is_moved)
    )
    return ClockShift(run, (run.utcoffset() or timedelta()) - (offset or timedelta()))


def read_interval(text: str) -> timedelta:
    """Read an interval such as `6h` or `1w 2d`: weeks, days, hours, minutes, seconds, in that order.

    The same as `--interval` of `globus timer create transfer`. Raises ValueError for anything else.
    """
    match = _INTERVAL.fullmatch(text.strip().lower())
    parts = {name: int(number) for name, number in match.groupdict().items() if number} if match else {}
    if not parts:
        raise ValueError(f"not an interval: {text!r}")
    try:
        return timedelta(**{_UNITS[unit]: number for unit, number in parts.items()})
    except OverflowError as error:
        raise ValueError(f"not an interval: {text!r}") from error


def write_interval(interval: timedelta) -> str:
    """Write an interval as `read_interval` reads it: `1d12h`."""
    return "".join(f"{number}{name[0]}" for number, name in _parts(interval))


def how_often(interval: timedelta | None, runs: int | None = None) -> str:
    """Say in words how often something runs with this interval, None is once, and how many times in all."""
    if interval is None:
        return "once"
    often = f"every {interval_in_words(interval)}"
    return often if runs is None else f"{often}, {runs:,} {'time' if runs == 1 else 'times'}"


def interval_in_words(interval: timedelta) -> str:
    """Say an interval in words: "hour", "6 hours", "1 day 12 hours"."""
    parts = _parts(interval)
    if len(parts) == 1 and parts[0][0] == 1:
        return parts[0][1]
    return " ".join(f"{number} {name}{'' if number == 1 else 's'}" for number, name in parts)


def _parts(interval: timedelta) -> list[tuple[int, str]]:
    left = int(interval.total_seconds())
    parts = []
    for unit, name in ((604800, "week"), (86400, "day"), (3600, "hour"), (60, "minute"), (1, "second")):
        number, left = divmod(left, unit)
        if number:
            parts.append((number, name))
    return parts
