"""Transfer's tasks: submitted, worked off, and told about."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Final, Literal

from bot.sandbox.chance import Chance
from bot.sandbox.globus.access import Actor, opened
from bot.sandbox.globus.collections import Collection
from bot.sandbox.globus.consents import Consents
from bot.sandbox.globus.copying import Outcome, Problem, carry_out
from bot.sandbox.globus.errors import transfer_error
from bot.sandbox.globus.files import Files
from bot.sandbox.globus.sessions import Sessions
from bot.sandbox.globus.submissions import Submission

Status = Literal["ACTIVE", "INACTIVE", "SUCCEEDED", "FAILED"]

_STEPS: Final = 3
"""How often `work` comes by before a task is done, so that one can be seen at work."""
_CANCELED: Final = Problem("CANCELED", "Canceled by the owner")


@dataclass(frozen=True)
class Event:
    """Something that happened to a task; `moment` in epoch seconds."""

    code: str
    description: str
    details: str
    is_error: bool
    moment: float


@dataclass(frozen=True)
class Shape:
    """What a task is made to tell of itself, whatever is really copied; None is what really happens.

    `bytes` and `faults` are counts. `seconds` is how long it stays at work, by the sandbox's clock.
    """

    bytes: int | None = None
    faults: int | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class Task:
    """A transfer at work, or done. Moments are epoch seconds.

    One that is `stalled` gets no further until it is let go on; it says why in `nice_status`.
    """

    task_id: str
    owner_id: str
    source: Collection
    destination: Collection
    submission: Submission
    requested_at: float
    status: Status = "ACTIVE"
    completed_at: float | None = None
    outcome: Outcome = field(default_factory=Outcome)
    problem: Problem | None = None
    events: tuple[Event, ...] = ()
    steps_left: int = _STEPS
    shape: Shape = Shape()
    stalled: str | None = None

    @property
    def is_active(self) -> bool:
        """Whether there is still work to do."""
        return self.status in {"ACTIVE", "INACTIVE"}

    @property
    def ready_at(self) -> float:
        """The moment before which it is not done."""
        return self.requested_at + (self.shape.seconds or 0.0)


class Tasks:
    """All tasks, oldest first; `changed` is told of every step (https://docs.globus.org/api/transfer/task/)."""

    def __init__(
        self,
        clock: Callable[[], float],
        files: Files,
        consents: Consents,
        sessions: Sessions,
        chance: Chance,
        *,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self._clock = clock
        self._files = files
        self._consents = consents
        self._sessions = sessions
        self._chance = chance
        self._changed = changed
        self._tasks: dict[str, Task] = {}
        self._submissions: dict[tuple[str, str], str] = {}
        self.is_held = False
        """While this is set, no task gets any further."""
        self._next_shape = Shape()

    def submit(self, actor: Actor, submission: Submission, *, submission_id: str) -> tuple[Task, bool]:
        """Start a task, and say whether it is new: a `submission_id` is good for one.

        Raises Refused if the actor may not reach one of the collections.
        """
        known = self._submissions.get((actor.identity_id, submission_id))
        if known:
            return self._tasks[known], False
        task = Task(
            task_id=self._chance.uuid(),
            owner_id=actor.identity_id,
            source=opened(self._consents, self._sessions, actor, submission.source_id),
            destination=opened(self._consents, self._sessions, actor, submission.destination_id),
            submission=submission,
            requested_at=self._clock(),
            shape=self._next_shape,
        )
        self._next_shape = Shape()
        self._submissions[actor.identity_id, submission_id] = task.task_id
        self._note(task, "STARTED", "started", "")
        return self._tasks[task.task_id], True

    def find(self, identity_id: str, task_id: str) -> Task:
        """Give one of an identity's own tasks. Raises Refused, `TaskNotFound`."""
        task = self._tasks.get(task_id.lower())
        if task is None or task.owner_id != identity_id:
            raise transfer_error(HTTPStatus.NOT_FOUND, "TaskNotFound", f"No such task '{task_id}'")
        return task

    def get(self, task_id: str) -> Task:
        """Give any task. Raises KeyError."""
        return self._tasks[task_id]

    def everyone(self) -> list[Task]:
        """Give all tasks of all people, oldest first."""
        return list(self._tasks.values())

    def of(self, identity_id: str) -> list[Task]:
        """Give an identity's tasks, oldest first."""
        return [task for task in self._tasks.values() if task.owner_id == identity_id]

    def cancel(self, task: Task) -> Task:
        """End a task; nothing more is copied, what is copied stays."""
        return self._end(task, task.outcome, _CANCELED) if task.is_active else task

    def fail(self, task: Task, problem: Problem) -> Task:
        """End a task with a problem; one that is done already stays as it is."""
        return self._end(task, task.outcome, problem) if task.is_active else task

    def stall(self, task: Task, reason: str | None) -> Task:
        """Keep an active task from getting any further, or with None let it go on.

        One that is paused by an administrator's rule stays ACTIVE, every other one is INACTIVE.
        """
        is_inactive = reason is not None and not reason.startswith("PAUSED")
        stalled = replace(task, stalled=reason, status="INACTIVE" if is_inactive else "ACTIVE")
        if reason:
            self._note(stalled, reason, reason.replace("_", " ").lower(), "")
        else:
            self._keep(stalled)
        return self._tasks[task.task_id]

    def shape(self, shape: Shape, task: Task | None = None) -> None:
        """Make a task, or without one the next that is submitted, tell of itself what is wanted."""
        if task is None:
            self._next_shape = shape
        else:
            self._keep(replace(task, shape=shape))

    def next_done(self) -> float | None:
        """Say when the next task that takes its time may be done; None if there is no such task."""
        now = self._clock()
        waiting = (one.ready_at for one in self._tasks.values() if one.is_active and not one.stalled)
        return None if self.is_held else min((moment for moment in waiting if moment > now), default=None)

    async def work(self) -> bool:
        """Take every active task one step further; says whether there was one."""
        now = self._clock()
        at_work = (one for one in self._tasks.values() if one.is_active and not one.stalled)
        active = [] if self.is_held else [one.task_id for one in at_work if one.ready_at <= now]
        for task_id in active:
            # While the one before was copied, somebody may have canceled this one.
            task = self._tasks[task_id]
            if task.is_active and task.steps_left > 1:
                self._keep(replace(task, steps_left=task.steps_left - 1))
            elif task.is_active:
                await self._copy(task)
        return bool(active)

    async def _copy(self, task: Task) -> None:
        outcome = await asyncio.to_thread(
            carry_out, self._files, task.source, task.destination, task.submission
        )
        # Somebody may have canceled or stalled it while its files were being copied.
        current = self._tasks[task.task_id]
        if current.is_active and not current.stalled:
            self._end(current, outcome, outcome.problem)

    def _end(self, task: Task, outcome: Outcome, problem: Problem | None) -> Task:
        status: Status = "FAILED" if problem else "SUCCEEDED"
        ended = replace(
            task, status=status, completed_at=self._clock(), outcome=outcome, problem=problem, steps_left=0
        )
        if problem:
            self._note(ended, problem.code, problem.code.replace("_", " ").lower(), problem.details)
        else:
            self._note(ended, "SUCCEEDED", "succeeded", "")
        return self._tasks[task.task_id]

    def _note(self, task: Task, code: str, description: str, details: str) -> None:
        event = Event(code, description, details, is_error=bool(task.problem), moment=self._clock())
        self._keep(replace(task, events=(*task.events, event)))

    def _keep(self, task: Task) -> None:
        self._tasks[task.task_id] = task
        self._changed()
