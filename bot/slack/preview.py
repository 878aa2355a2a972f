"""When a form would run, in words and in its person's own time zone."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from bot.errors import FormProblems
from bot.schedule_fields import SCHEDULE_FIELDS, read_schedule_fields
from bot.schedules import ClockShift, Schedule, clock_shift, first_runs, interval_in_words, number_of_runs
from bot.slack.blocks import escape

SHOWN: Final = 3
"""Two runs do not show a rhythm; more than three are not read."""


def preview_of(form: Mapping[str, str], *, now: datetime, zone: str) -> str:
    """Say when the form would run; what cannot be read yet is said instead."""
    local = ZoneInfo(zone)
    try:
        schedule = read_schedule_fields({"repeat": "daily", **form}, now=now, zone=local)
    except FormProblems as problems:
        return " ".join(f":question: {escape(one)}" for one in _worth_saying(problems, form))
    return preview(schedule, zone=local, starts_now=not form.get("start") and schedule.start == now)


def preview(schedule: Schedule, *, zone: ZoneInfo, starts_now: bool = False) -> str:
    """Say the first runs, how many there are in all, and what a change of the clocks does to them."""
    runs = [_local(run, zone) for run in first_runs(schedule, SHOWN)]
    if starts_now:
        runs[0] = "as soon as it is scheduled"
    total = number_of_runs(schedule)
    lines = [f":calendar: *Runs* {', '.join(runs)}{'' if total and total <= SHOWN else ' …'}"]
    if schedule.interval:
        lines.append(f"Every {interval_in_words(schedule.interval)}, {_in_all(schedule, total, zone)}.")
    shift = clock_shift(schedule, zone)
    if shift:
        lines.append(_shifted(shift, schedule, zone))
    return " ".join(lines)


def _worth_saying(problems: FormProblems, form: Mapping[str, str]) -> list[str]:
    """Leave out what is only not filled in yet."""
    empty = {name for name in SCHEDULE_FIELDS if not form.get(name)}
    return [message for name, message in problems.by_field.items() if name not in empty]


def _in_all(schedule: Schedule, total: int | None, zone: ZoneInfo) -> str:
    if total is None:
        return "without an end"
    if total == 1:
        return "1 run in all"
    try:
        last = _local(schedule.start + (total - 1) * (schedule.interval or timedelta()), zone)
    except OverflowError:  # after the year 9999, which nobody needs to know more exactly
        return f"{total:,} runs in all"
    return f"{total:,} runs in all, the last on {last}"


def _shifted(shift: ClockShift, schedule: Schedule, zone: ZoneInfo) -> str:
    if schedule.interval and not schedule.interval % timedelta(days=1):
        moved = f"at {shift.run:%H:%M} instead of {schedule.start.astimezone(zone):%H:%M}"
    else:
        hours = f"{abs(shift.later) / timedelta(hours=1):g} h"
        moved = f"{hours} {'later' if shift.later > timedelta() else 'earlier'} by your clock"
    return (
        f":information_source: From {_day(shift.run)} on it runs {moved}: clocks change then, "
        "and Globus counts in fixed steps."
    )


def _local(moment: datetime, zone: ZoneInfo) -> str:
    local = moment.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b %Y %H:%M}"


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%b %Y}"
