"""What a timer is, and what a run of it."""

from dataclasses import dataclass
from typing import Final, Literal

from bot.sandbox.globus.access import Actor
from bot.sandbox.globus.schedules import Schedule
from bot.sandbox.globus.scopes import TIMERS_SCOPE, TRANSFER_SCOPE
from bot.sandbox.globus.tasks import Task, Tasks
from bot.sandbox.wire import Json

Status = Literal["new", "active", "inactive", "ended"]

CHAIN: Final = (TIMERS_SCOPE, TRANSFER_SCOPE)
"""The scopes through which a timer reaches a collection's `data_access`."""


@dataclass(frozen=True)
class Run:
    """One firing of a timer: the task it made, or the error that it met. `started_at` in epoch seconds."""

    started_at: float
    task_id: str | None = None
    error: Json | None = None


@dataclass(frozen=True)
class Timer:
    """A timer. Moments are epoch seconds; `client_id` is the app whose consents it works with.

    `runs` are in the order they were made, those that failed to start too; `run_count` counts the others.
    """

    job_id: str
    name: str
    owner_id: str
    client_id: str
    schedule: Schedule
    body: Json
    submitted_at: float
    next_run: float | None
    status: Status = "new"
    last_ran_at: float | None = None
    run_count: int = 0
    error_count: int = 0
    inactive_reason: Json | None = None
    runs: tuple[Run, ...] = ()

    @property
    def actor(self) -> Actor:
        """On whose behalf it asks Transfer for something."""
        return Actor(self.owner_id, self.client_id, CHAIN)

    @property
    def is_active(self) -> bool:
        """Whether it still runs by itself."""
        return self.status in {"new", "active"}

    def running(self, tasks: Tasks) -> Task | None:
        """Give the task of a run that is still under way."""
        task_id = self.runs[-1].task_id if self.runs else None
        task = tasks.get(task_id) if task_id else None
        return task if task and task.is_active else None
