"""The form's fields that say when: `repeat`, `interval`, `start`, `end`, `end_runs`, `end_date`."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Final, TypeVar

from bot.errors import FormProblems
from bot.schedules import (
    INTERVALS,
    LATEST_START,
    START_TOLERANCE,
    Ending,
    Repeat,
    Schedule,
    read_interval,
    write_interval,
)
from bot.wording import NotUnderstood, read_schedule

SCHEDULE_FIELDS: Final = ("repeat", "interval", "start", "end", "end_runs", "end_date")

_Choice = TypeVar("_Choice", bound=StrEnum)


def read_schedule_fields(form: Mapping[str, str], *, now: datetime, zone: tzinfo) -> Schedule:
    """Read when it runs; raises FormProblems for the fields that say so.

    `start` and `end_date` are seconds since the epoch. Words in `interval` are read in the person's `zone`.
    """
    reading = ScheduleReading(form, now, zone)
    schedule = reading.schedule()
    if schedule is None:
        raise FormProblems(reading.problems)
    return schedule


def form_of_schedule(schedule: Schedule) -> dict[str, str]:
    """Give the fields that say when it runs, all of them, since one left out would keep an older value."""
    repeats = {interval: repeat for repeat, interval in INTERVALS.items()}
    filled = dict.fromkeys(SCHEDULE_FIELDS, "") | {
        "start": str(int(schedule.start.timestamp())),
        "repeat": Repeat.ONCE,
        "end": Ending.NEVER,
    }
    if schedule.interval is not None:
        filled["repeat"] = repeats.get(schedule.interval, Repeat.CUSTOM)
        filled["interval"] = write_interval(schedule.interval)
    if schedule.runs:
        filled |= {"end": Ending.RUNS, "end_runs": str(schedule.runs)}
    if schedule.until:
        filled |= {"end": Ending.DATE, "end_date": str(int(schedule.until.timestamp()))}
    return filled


def form_of_words(text: str, *, now: datetime, zone: tzinfo) -> dict[str, str]:
    """Give the same fields for a schedule in words; raises NotUnderstood.

    What starts now has no start: it starts when the form is sent, and not when it was opened.
    """
    schedule = read_schedule(text, now=now, zone=zone)
    fields = form_of_schedule(schedule)
    return fields | {"start": ""} if schedule.start == now.replace(microsecond=0) else fields


class ScheduleReading:
    """One pass over a form, which collects every problem instead of stopping at the first."""

    def __init__(self, form: Mapping[str, str], now: datetime, zone: tzinfo) -> None:
        self._form = {key: value.strip() for key, value in form.items() if value.strip()}
        self._now = now
        self._zone = zone
        self.problems: dict[str, str] = {}

    def required(self, key: str, message: str) -> str:
        """Give what a field holds; an empty one is a problem."""
        if key not in self._form:
            self.problems[key] = message
        return self._form.get(key, "")

    def choice(
        self,
        key: str,
        choices: type[_Choice],
        *,
        default: _Choice | None = None,
        message: str = "Choose one.",
    ) -> _Choice | None:
        """Give what was chosen; None, and a problem, for anything that is no choice."""
        given = self._form.get(key, "")
        if not given and default is not None:
            return default
        try:
            return choices(given)
        except ValueError:
            self.problems[key] = message
            return None

    def schedule(self) -> Schedule | None:
        """Give when it runs, or None and the problems."""
        repeat = self.choice("repeat", Repeat, message="Choose how often it should run.")
        start = self._start()
        if repeat is Repeat.CUSTOM:
            return self._custom(start)
        interval = INTERVALS.get(repeat) if repeat else None
        runs, until = self._end() if interval else (None, None)
        return self._checked(start, interval, runs, until) if repeat else None

    def _custom(self, start: datetime | None) -> Schedule | None:
        """Read an interval, or a whole schedule in words that may say start and end too."""
        text = self._form.get("interval", "")
        runs, until = self._end()
        try:
            return self._checked(start, read_interval(text), runs, until)
        except ValueError:
            pass
        try:
            said = read_schedule(text, now=self._now, zone=self._zone)
        except NotUnderstood as problem:
            self.problems["interval"] = (
                f"{problem.happened} Write an interval such as 6h, 1d12h or 2w, or: every 6h for 3 days."
            )
            return None
        if "start" in self._form and said.start != self._now.replace(microsecond=0):
            self.problems["interval"] = "The start is said here and in its own field; say it once."
        if (runs or until) and (said.runs or said.until):
            self.problems["interval"] = "The end is said here and in its own fields; say it once."
        begins = start if "start" in self._form else said.start
        if said.interval is None:  # as with `once`, the fields that say when it ends mean nothing
            return self._checked(begins, None, None, None)
        return self._checked(begins, said.interval, runs or said.runs, until or said.until)

    def _checked(
        self, start: datetime | None, interval: timedelta | None, runs: int | None, until: datetime | None
    ) -> Schedule | None:
        if start is None or self.problems.keys() & set(SCHEDULE_FIELDS):
            return None
        try:
            schedule = Schedule(start=start, interval=interval, runs=runs, until=until)
        except FormProblems as found:
            self.problems.update(found.by_field)
            return None
        self._check_start(schedule.start, "start" if "start" in self._form else "interval")
        return schedule

    def _start(self) -> datetime | None:
        if "start" not in self._form:
            return self._now
        return self._moment("start", "Choose when the first run should be.")

    def _check_start(self, start: datetime, field: str) -> None:
        if start > self._now + LATEST_START:
            self.problems[field] = "Globus takes a first run at most one year ahead. Choose an earlier date."
        elif start < self._now - START_TOLERANCE:
            self.problems[field] = (
                "This moment has passed. Choose a later one, or leave it empty to start now."
            )

    def _end(self) -> tuple[int | None, datetime | None]:
        end = self.choice("end", Ending, default=Ending.NEVER, message="Choose when it should end.")
        if end is Ending.RUNS:
            return self._runs(), None
        if end is Ending.DATE:
            self.required("end_date", "Choose when it should end.")
            return None, self._moment("end_date", "Choose when it should end.")
        return None, None

    def _runs(self) -> int | None:
        text = self._form.get("end_runs", "")
        if not re.fullmatch(r"\+?\d{1,9}", text, re.ASCII) or int(text) < 1:
            self.problems["end_runs"] = "Write how many times it should run: a whole number, 1 or more."
            return None
        return int(text)

    def _moment(self, key: str, message: str) -> datetime | None:
        text = self._form.get(key, "")
        if not text:
            return None
        try:
            return datetime.fromtimestamp(int(text), UTC)
        except (ValueError, OverflowError, OSError):
            self.problems[key] = message
            return None
