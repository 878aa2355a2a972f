"""How Transfer describes tasks, what happened to them, and what they copied.

https://docs.globus.org/api/transfer/task/
"""

from typing import Final

from bot.sandbox.globus.moments import written, written_or_none
from bot.sandbox.globus.submissions import FLAGS
from bot.sandbox.globus.tasks import Event, Task
from bot.sandbox.wire import Json

_DAY: Final = 86_400
_PLAIN_FLAGS: Final = [flag for flag in FLAGS if not flag.startswith("notify_on_")]


def described(task: Task) -> Json:
    """Give the task document."""
    document = task.submission.document
    return {
        "DATA_TYPE": "task",
        "task_id": task.task_id,
        "type": "TRANSFER",
        "label": task.submission.label,
        "owner_id": task.owner_id,
        "username": f"u_{task.owner_id.replace('-', '')[:26]}",
        "command": "API 0.10",
        "request_time": written(task.requested_at),
        "deadline": document.get("deadline") or written(task.requested_at + _DAY),
        "completion_time": written_or_none(task.completed_at),
        "source_endpoint": task.source.display_name,
        "source_endpoint_id": task.source.id,
        "source_endpoint_display_name": task.source.display_name,
        "destination_endpoint": task.destination.display_name,
        "destination_endpoint_id": task.destination.id,
        "destination_endpoint_display_name": task.destination.display_name,
        "sync_level": task.submission.sync_level,
        "filter_rules": document.get("filter_rules"),
        "recursive_symlinks": "ignore",
        "canceled_by_admin": None,
        "canceled_by_admin_message": None,
        "history_deleted": False,
        **{flag: task.submission.is_set(flag) for flag in _PLAIN_FLAGS},
        **_state(task),
        **_counts(task),
    }


def event(event: Event) -> Json:
    """Give one entry of a task's `event_list`."""
    return {
        "DATA_TYPE": "event",
        "code": event.code,
        "description": event.description,
        "details": event.details,
        "is_error": event.is_error,
        "parent_task_id": None,
        "time": written(event.moment),
    }


def successful_transfers(task: Task) -> list[Json]:
    """Give the entries of `successful_transfers`."""
    return [
        {"DATA_TYPE": "successful_transfer", "source_path": source, "destination_path": destination}
        for source, destination in task.outcome.transferred
    ]


def skipped_errors(task: Task) -> list[Json]:
    """Give the entries of `skipped_errors`."""
    return [
        {
            "DATA_TYPE": "skipped_error",
            "source_path": path,
            "destination_path": None,
            "error_code": problem.code,
            "error_details": problem.details,
            "error_time": written_or_none(task.completed_at),
            "is_directory": False,
            "is_symlink": False,
        }
        for path, problem in task.outcome.skipped
    ]


def _state(task: Task) -> Json:
    """Give how it goes: nice words and `is_ok` while it is active, `fatal_error` once it has failed."""
    nice = (task.stalled or "OK") if task.is_active else None
    problem = task.problem
    return {
        "status": task.status,
        "is_ok": task.stalled is None if task.is_active else None,
        "is_paused": task.is_active and task.status == "ACTIVE" and task.stalled is not None,
        "nice_status": nice,
        "nice_status_details": None,
        "nice_status_short_description": nice,
        "nice_status_expires_in": -1 if task.is_active else None,
        "fatal_error": {"code": problem.code, "description": problem.details} if problem else None,
    }


def _counts(task: Task) -> Json:
    outcome = task.outcome
    seconds = (task.completed_at or task.requested_at) - task.requested_at
    total = outcome.files + outcome.directories + 1
    failed = 1 if task.problem else 0
    shape = task.shape
    moved = outcome.bytes_transferred if shape.bytes is None or task.is_active else shape.bytes
    return {
        "files": outcome.files,
        "files_skipped": outcome.up_to_date,
        "files_transferred": len(outcome.transferred),
        "directories": outcome.directories,
        "symlinks": 0,
        "bytes_transferred": moved,
        "bytes_checksummed": outcome.bytes_checksummed,
        "effective_bytes_per_second": int(moved / max(seconds, 1.0)),
        "faults": failed if shape.faults is None else shape.faults,
        "subtasks_total": total,
        "subtasks_pending": total if task.is_active else 0,
        "subtasks_succeeded": 0 if task.is_active else total - failed - len(outcome.skipped),
        "subtasks_failed": failed,
        "subtasks_skipped_errors": len(outcome.skipped),
        "subtasks_retrying": 0,
        "subtasks_canceled": 0,
        "subtasks_expired": 0,
    }
