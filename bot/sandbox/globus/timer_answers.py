"""How Timers describes a timer: in one spelling when it is made, in an older one ever after.

https://docs.globus.org/api/timers/
"""

from typing import Final

from bot.sandbox.globus.moments import written, written_or_none
from bot.sandbox.globus.task_documents import described
from bot.sandbox.globus.tasks import Task, Tasks
from bot.sandbox.globus.timer import Run, Timer
from bot.sandbox.globus.transfer_bodies import completed
from bot.sandbox.wire import Json

_CALLBACK_URL: Final = "https://transfer.actions.globus.org/transfer/run"
_ACCEPTED: Final = 202


def created(timer: Timer) -> Json:
    """Give the answer to the call that made the timer."""
    return {
        "job_id": timer.job_id,
        "name": timer.name,
        "timer_type": "transfer",
        "status": timer.status,
        "submitted_at": written(timer.submitted_at),
        "schedule": timer.schedule.document(),
        "last_ran_at": written_or_none(timer.last_ran_at),
        "next_run": written_or_none(timer.next_run),
        "number_of_runs": timer.run_count,
        "number_of_errors": timer.error_count,
        "inactive_reason": timer.inactive_reason,
        "activity": _awaiting(timer),
        "body": completed(timer.body),
    }


def job(timer: Timer, tasks: Tasks, now: float, *, first: int = 0, most: int | None = None) -> Json:
    """Give the answer to every other call; of its runs `most`, the latest first, from `first` on."""
    interval = timer.schedule.interval
    latest_first = timer.runs[::-1]
    after = len(latest_first) if most is None else first + most
    results = [_result(timer, run, tasks) for run in latest_first[first:after]]
    return {
        "job_id": timer.job_id,
        "name": timer.name,
        "timer_type": "transfer",
        # Right after it was made a timer is `new`, and `active` from the next look on.
        "status": "active" if timer.is_active else timer.status,
        "submitted_at": written(timer.submitted_at),
        "start": written(timer.schedule.start),
        "interval": None if interval is None else float(interval),
        "schedule": timer.schedule.document(),
        "stop_after": timer.schedule.stop_after(),
        "last_ran_at": written_or_none(timer.last_ran_at),
        "next_run": written_or_none(timer.next_run),
        "n_runs": timer.run_count,
        "n_errors": timer.error_count,
        "callback_url": _CALLBACK_URL,
        "callback_body": {"body": completed(timer.body)},
        "scope": None,
        "inactive_reason": timer.inactive_reason,
        "activity": _activity(timer, tasks, now),
        "results": {"data": results, "page_next": str(after) if after < len(latest_first) else None},
    }


def _activity(timer: Timer, tasks: Tasks, now: float) -> Json | None:
    if timer.inactive_reason:
        return {"code": "paused", "reason": timer.inactive_reason["cause"]}
    running = timer.running(tasks)
    if running:
        return {
            "code": "run_in_progress",
            "start_timestamp": written(running.requested_at),
            "duration_seconds": int(now - running.requested_at),
        }
    return _awaiting(timer) if timer.is_active else None


def _awaiting(timer: Timer) -> Json:
    return {"code": "awaiting_next_run", "next_run": written_or_none(timer.next_run)}


def _result(timer: Timer, run: Run, tasks: Tasks) -> Json:
    task = tasks.get(run.task_id) if run.task_id else None
    ended_at = task.completed_at if task else run.started_at
    return {
        "run_status": "FAILED" if task is None else task.status,
        "start_timestamp": written(run.started_at),
        "end_timestamp": written_or_none(ended_at),
        "last_check_timestamp": written_or_none(ended_at),
        "next_check_timestamp": None,
        "resource_id": run.task_id,
        "http_status_submission": _ACCEPTED if task else None,
        "http_status_polled": None,
        "status": _ACCEPTED if task else None,
        "ran_at": written(run.started_at),
        "errors": None if run.error is None else [run.error],
        "data": _action(timer, task) if task else None,
    }


def _action(timer: Timer, task: Task) -> Json:
    """Give what the action provider for Transfer says about a task."""
    return {
        "action_id": task.task_id.replace("-", "")[:13],
        "status": task.status,
        "display_status": task.status,
        "creator_id": f"urn:globus:auth:identity:{timer.owner_id}",
        "label": None,
        "manage_by": [],
        "monitor_by": [],
        "release_after": "P30D",
        "start_time": written(task.requested_at),
        "completion_time": written_or_none(task.completed_at),
        "details": {**described(task), "event_list": []},
    }
