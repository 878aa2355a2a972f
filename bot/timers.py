"""A timer as it stands at Globus, the runs that it made, and the task of each run."""

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from bot.sessions import NO_SESSION, SessionRequirement


class TimerStatus(StrEnum):
    """Whether a timer runs. Globus may send others; those count as `unknown`, and are watched on."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    ENDED = "ended"
    GONE = "gone"
    UNKNOWN = "unknown"

    @property
    def is_live(self) -> bool:
        """Whether a timer runs or may run again."""
        return self not in {TimerStatus.ENDED, TimerStatus.GONE}


class RunState(StrEnum):
    """How far a run has come; a `stuck` one waits for somebody, of a `lost` one the task cannot be seen."""

    RUNNING = "running"
    STUCK = "stuck"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    LOST = "lost"


OVER: Final = frozenset({RunState.SUCCEEDED, RunState.FAILED, RunState.LOST})
"""The states in which a run stays."""


_REFERENCE: Final = re.compile(r"\s*\[([a-z2-7]{8})\]\s*$")


def named(title: str, reference: str) -> str:
    """Give a timer's name at Globus: its title, then the reference by which the bot finds it again."""
    return f"{title} [{reference}]"


def title_of(name: str) -> str:
    """Give a timer's name without the reference that the bot put behind it."""
    return _REFERENCE.sub("", name)


def reference_of(name: str) -> str:
    """Give the reference in a timer's name; empty if it has none."""
    found = _REFERENCE.search(name)
    return found[1] if found else ""


@dataclass(frozen=True, slots=True)
class Inactivity:
    """Why a timer is inactive: its owner paused it, or Globus wants something before it goes on.

    `collections` are those whose `data_access` is missing, `session` is what else a sign-in has to bring.
    """

    is_paused: bool
    collections: frozenset[str] = frozenset()
    session: SessionRequirement = NO_SESSION


@dataclass(frozen=True, slots=True)
class Task:
    """A Transfer task (https://docs.globus.org/api/transfer/task/). `problem` says why it failed or waits."""

    task_id: str
    state: RunState
    ended_at: datetime | None = None
    files: int = 0
    bytes_transferred: int = 0
    faults: int = 0
    skipped: int = 0
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """One firing of a timer, and what its task did. Without a task the timer could not submit one."""

    started_at: datetime
    task_id: str | None = None
    state: RunState = RunState.RUNNING
    ended_at: datetime | None = None
    files: int = 0
    bytes_transferred: int = 0
    faults: int = 0
    skipped: int = 0
    problem: str = ""

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in OVER

    @property
    def duration(self) -> timedelta | None:
        """How long it took; None while it is not over."""
        return self.ended_at - self.started_at if self.is_over and self.ended_at else None

    @property
    def bytes_per_second(self) -> float | None:
        """How fast it was, on the whole; None if that cannot be said."""
        seconds = self.duration.total_seconds() if self.duration else 0
        return self.bytes_transferred / seconds if seconds >= 1 else None

    def seen_as(self, task: Task) -> "Run":
        """Give the run with what its task is like now."""
        return replace(
            self,
            state=task.state,
            ended_at=task.ended_at,
            files=task.files,
            bytes_transferred=task.bytes_transferred,
            faults=task.faults,
            skipped=task.skipped,
            problem=task.problem,
        )


@dataclass(frozen=True, slots=True)
class Timer:
    """What exists at Globus Timers; `job_id` names it. `next_run` is None when no run is to come.

    `runs` are the latest that Globus told of, newest first; `run_count` and `error_count` count them all.
    `interval` is None for a timer that runs once. `source_id` and `destination_id` are collections, empty for
    a timer of another kind.
    """

    job_id: str
    name: str
    next_run: datetime | None = None
    status: TimerStatus = TimerStatus.ACTIVE
    inactivity: Inactivity | None = None
    start: datetime | None = None
    interval: timedelta | None = None
    stop_after: datetime | None = None
    stop_after_runs: int | None = None
    last_run: datetime | None = None
    run_count: int = 0
    error_count: int = 0
    runs: tuple[Run, ...] = ()
    source_id: str = ""
    destination_id: str = ""
