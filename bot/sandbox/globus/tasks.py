"""Transfer's tasks: submitted, worked off, and told about."""

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Final, Literal

from bot.sandbox.globus.access import Actor, opened
from bot.sandbox.globus.collections import Collection
from bot.sandbox.globus.consents import Consents
from bot.sandbox.globus.copying import Outcome, Problem, carry_out
from bot.sandbox.globus.errors import transfer_error
from bot.sandbox.globus.files import Files
from bot.sandbox.globus.sessions import Sessions
from bot.sandbox.globus.submissions import Submission

Status = Literal["ACTIVE", "SUCCEEDED", "FAILED"]

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
class Task:
    """A transfer at work, or done. Moments are epoch seconds."""

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

    @property
    def is_active(self) -> bool:
        """Whether there is still work to do."""
        return self.status == "ACTIVE"


class Tasks:
    """All tasks, oldest first; `changed` is told of every step (https://docs.globus.org/api/transfer/task/)."""

    def __init__(
        self,
        clock: Callable[[], float],
        files: Files,
        consents: Consents,
        sessions: Sessions,
        *,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self._clock = clock
        self._files = files
        self._consents = consents
        self._sessions = sessions
        self._changed = changed
        self._tasks: dict[str, Task] = {}
        self._submissions: dict[tuple[str, str], str] = {}
        self.is_held = False
        """While this is set, no task gets any further."""

    def submit(self, actor: Actor, submission: Submission, *, submission_id: str) -> tuple[Task, bool]:
        """Start a task, and say whether it is new: a `submission_id` is good for one.

        Raises Refused if the actor may not reach one of the collections.
        """
        known = self._submissions.get((actor.identity_id, submission_id))
        if known:
            return self._tasks[known], False
        task = Task(
            task_id=str(uuid.uuid4()),
            owner_id=actor.identity_id,
            source=opened(self._consents, self._sessions, actor, submission.source_id),
            destination=opened(self._consents, self._sessions, actor, submission.destination_id),
            submission=submission,
            requested_at=self._clock(),
        )
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

    async def work(self) -> bool:
        """Take every active task one step further; says whether there was one."""
        active = [] if self.is_held else [task.task_id for task in self._tasks.values() if task.is_active]
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
        # Somebody may have canceled it while its files were being copied.
        if self._tasks[task.task_id].is_active:
            self._end(task, outcome, outcome.problem)

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
