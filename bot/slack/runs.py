"""A run in words: when, how it went, how much it moved and how fast."""

from datetime import timedelta
from typing import Final

import humanize

from bot.slack.blocks import escape, moment, shortened
from bot.timers import Run, RunState

LONGEST_PROBLEM: Final = 300
"""Characters of Globus's own words about a failure; the task's page has them all."""

MARKS: Final = {
    RunState.RUNNING: ":arrows_counterclockwise:",
    RunState.STUCK: ":warning:",
    RunState.SUCCEEDED: ":white_check_mark:",
    RunState.FAILED: ":x:",
    RunState.LOST: ":question:",
}
_STATES: Final = {
    RunState.RUNNING: "in progress",
    RunState.STUCK: "waits",
    RunState.SUCCEEDED: "succeeded",
    RunState.FAILED: "failed",
    RunState.LOST: "cannot be seen any more",
}


def run_in_words(run: Run) -> str:
    """Say when a run began and how it went: `✓ Today at 2:30, 12 files, 3.4 GB in 2 minutes`."""
    parts = [f"{MARKS[run.state]} {moment(run.started_at)}"]
    if run.state is not RunState.SUCCEEDED:
        parts.append(_STATES[run.state])
    if run.state in {RunState.SUCCEEDED, RunState.RUNNING} or run.files:
        parts.append(moved(run))
    return ", ".join(parts)


def moved(run: Run) -> str:
    """Say what a run moved, how long it took and how fast it was."""
    said = f"{run.files:,} {'file' if run.files == 1 else 'files'}, {size(run.bytes_transferred)}"
    if run.duration:
        said += f" in {duration(run.duration)}"
    if run.bytes_per_second and run.bytes_transferred:
        said += f" ({size(run.bytes_per_second)}/s)"
    if run.faults:
        said += f", {run.faults:,} {'fault' if run.faults == 1 else 'faults'}"
    if run.skipped:
        said += f", {run.skipped:,} skipped"
    return said


def problem_of(run: Run) -> str:
    """Say why a run failed or waits, in Globus's words; empty if Globus does not say."""
    return escape(shortened(" ".join(run.problem.split()), LONGEST_PROBLEM))


def size(count: float) -> str:
    """Say how much that is: 3.4 GB, counted in thousands as Globus does."""
    return humanize.naturalsize(count).replace("Byte", "byte")


def duration(length: timedelta) -> str:
    """Say how long that is, in its two largest units: 2 hours and 5 minutes."""
    units = ["days", "hours", "minutes", "seconds"]
    seconds = max(round(length.total_seconds()), 1)
    largest = next(i for i, unit in enumerate((86_400, 3600, 60, 1)) if seconds >= unit)
    smallest = units[min(largest + 1, len(units) - 1)]
    return humanize.precisedelta(timedelta(seconds=seconds), minimum_unit=smallest, format="%.0f")
