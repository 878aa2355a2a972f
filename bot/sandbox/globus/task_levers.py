"""Deciding how tasks fare: let one fail or stall, and choose what one tells of itself."""

from bot.sandbox.globus import task_documents
from bot.sandbox.globus.copying import Problem
from bot.sandbox.globus.globus import Globus
from bot.sandbox.globus.levers import number_of, refused, text_of
from bot.sandbox.globus.tasks import Shape, Task
from bot.sandbox.wire import Json


async def fail_task(globus: Globus, body: Json) -> Json:
    """End an active task with a problem: `code` like FILE_NOT_FOUND, `details` in words."""
    task = _active(globus, body)
    problem = Problem(text_of({"code": "ENDPOINT_ERROR", **body}, "code"), str(body.get("details", "")))
    return {"task": task_documents.described(globus.tasks.fail(task, problem))}


async def stall_task(globus: Globus, body: Json) -> Json:
    """Let an active task get no further, for a `reason`; with `"stalled": false` let it go on.

    A reason that begins with PAUSED leaves it ACTIVE with `is_paused`; every other makes it INACTIVE.
    """
    task = _active(globus, body)
    reason = text_of({"reason": "EXPIRED_CREDS", **body}, "reason") if body.get("stalled", True) else None
    return {"task": task_documents.described(globus.tasks.stall(task, reason))}


async def shape_task(globus: Globus, body: Json) -> Json:
    """Choose `bytes`, `faults` and `seconds` of a task; without `task_id`, of the next one."""
    task = _task(globus, body) if "task_id" in body else None
    shape = Shape(
        bytes=int(number_of(body, "bytes")) if "bytes" in body else None,
        faults=int(number_of(body, "faults")) if "faults" in body else None,
        seconds=number_of(body, "seconds") if "seconds" in body else None,
    )
    globus.tasks.shape(shape, task)
    return {}


def _active(globus: Globus, body: Json) -> Task:
    task = _task(globus, body)
    if not task.is_active:
        raise refused("not_possible", "The task is done.")
    return task


def _task(globus: Globus, body: Json) -> Task:
    try:
        return globus.tasks.get(text_of(body, "task_id"))
    except KeyError as error:
        raise refused("not_found", "There is no such task.") from error
