"""What can be seen of timers and their tasks at Globus."""

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import globus_sdk

from bot.accounts import SlackUser
from bot.globus import scopes
from bot.globus.clients import Clients
from bot.globus.errors import NOT_FOUND, reading, session_in
from bot.timers import Inactivity, Run, RunState, Task, Timer, TimerStatus

MOST_RUNS: Final = 5
"""Runs of each timer that a list brings along: more than happen between two looks."""

MOST_RUNS_OF_ONE: Final = 100
"""Runs of a timer of which some may have been missed."""

MOST_TASKS: Final = 100
"""Tasks asked for in one call: their IDs stand in its address."""

_STATUSES: Final = {
    "new": TimerStatus.ACTIVE,
    "loaded": TimerStatus.ACTIVE,
    "active": TimerStatus.ACTIVE,
    "inactive": TimerStatus.INACTIVE,
    "ended": TimerStatus.ENDED,
    "deleted": TimerStatus.GONE,
    "delete_in_progress": TimerStatus.GONE,
    "delete_pending": TimerStatus.GONE,
}
OVER: Final = frozenset(name for name, status in _STATUSES.items() if not status.is_live)
"""The statuses from which no timer comes back; any other, known or not, may run again."""

_TASK_STATES: Final = {
    "ACTIVE": RunState.RUNNING,
    "INACTIVE": RunState.STUCK,
    "SUCCEEDED": RunState.SUCCEEDED,
    "FAILED": RunState.FAILED,
}


class GlobusSight:
    """Looks with each person's own tokens. Raises SignInNeeded or ServiceUnavailable."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def timers(self, person: SlackUser) -> Sequence[Timer]:
        """Give all of a person's timers with their latest runs, in one call."""
        with self._clients.timers(person) as timers, reading():
            query = {"order": "submitted_at asc", "result_count": MOST_RUNS}
            return [timer_from(job) for job in timers.list_jobs(query_params=query)["jobs"]]

    def timer(self, person: SlackUser, job_id: str) -> Timer | None:
        """Give one timer with more of its runs; None if there is none any more."""
        with self._clients.timers(person) as timers, reading():
            job = job_of(timers, job_id)
            return timer_from(job) if job else None

    def tasks(self, person: SlackUser, task_ids: Collection[str]) -> Mapping[str, Task]:
        """Give these tasks by their IDs, as far as they can be seen; one call for each hundred."""
        wanted = sorted(task_ids)
        found: dict[str, Task] = {}
        with self._clients.transfer(person) as transfer, reading():
            for first in range(0, len(wanted), MOST_TASKS):
                some = wanted[first : first + MOST_TASKS]
                answer = transfer.task_list(limit=len(some), filter={"task_id": some})
                found |= {task.task_id: task for task in map(task_from, answer["DATA"])}
        return found

    def resume(self, person: SlackUser, job_id: str) -> None:
        """Let a timer go on with the credentials that its owner has given now; raises Refused too."""
        with self._clients.timers(person) as timers, reading():
            resume_job(timers, job_id, update_credentials=True)


def job_of(timers: globus_sdk.TimersClient, job_id: str) -> Mapping[str, Any] | None:
    """Get a timer's document with more of its runs than a list has; None if there is none any more."""
    try:
        job: Mapping[str, Any] = timers.get_job(job_id, query_params={"page_size": MOST_RUNS_OF_ONE}).data
    except globus_sdk.TimersAPIError as error:
        if error.http_status != NOT_FOUND:
            raise
        return None
    return None if timer_from(job).status is TimerStatus.GONE else job


def resume_job(timers: globus_sdk.TimersClient, job_id: str, *, update_credentials: bool) -> None:
    """Resume a timer.

    The SDK sends `update_credentials` in the body, the service's description has it in the query: both do.
    """
    timers.post(
        f"/jobs/{job_id}/resume",
        query_params={"update_credentials": str(update_credentials).lower()},
        data={"update_credentials": update_credentials},
    )


def delete_job(timers: globus_sdk.TimersClient, job_id: str) -> None:
    """Delete a timer; one that is gone already is fine."""
    try:
        timers.delete_job(job_id)
    except globus_sdk.TimersAPIError as error:
        if error.http_status != NOT_FOUND:
            raise


def timer_from(job: Mapping[str, Any]) -> Timer:
    """Read a timer as `GET /jobs/` and `GET /jobs/{id}` answer it; raises KeyError or ValueError.

    Counters have two spellings, and what an answer lacks is taken for nothing
    (https://docs.globus.org/api/timers/).
    """
    status = _STATUSES.get(str(job.get("status") or "new"), TimerStatus.UNKNOWN)
    schedule = job.get("schedule") or {}
    interval = job.get("interval") or schedule.get("interval_seconds")
    stop_after = job.get("stop_after") or {}
    body = body_of(job)
    return Timer(
        job_id=str(uuid.UUID(job["job_id"])),
        name=str(job.get("name", "")),
        next_run=moment(job.get("next_run")),
        status=status,
        inactivity=_inactivity(job.get("inactive_reason")) if status is TimerStatus.INACTIVE else None,
        start=moment(job.get("start") or schedule.get("start") or schedule.get("datetime")),
        interval=timedelta(seconds=float(interval)) if interval else None,
        stop_after=moment(stop_after.get("date")),
        stop_after_runs=stop_after.get("n_runs"),
        last_run=moment(job.get("last_ran_at")),
        run_count=int(job.get("n_runs") or job.get("number_of_runs") or 0),
        error_count=int(job.get("n_errors") or job.get("number_of_errors") or 0),
        runs=tuple(_runs((job.get("results") or {}).get("data") or ())),
        source_id=collection_in(body, "source_endpoint"),
        destination_id=collection_in(body, "destination_endpoint"),
    )


def task_from(document: Mapping[str, Any]) -> Task:
    """Read a task document (https://docs.globus.org/api/transfer/task/#task_document)."""
    state = _TASK_STATES.get(str(document.get("status")), RunState.RUNNING)
    if state is RunState.RUNNING and document.get("is_paused"):
        state = RunState.STUCK
    return Task(
        task_id=str(document["task_id"]),
        state=state,
        ended_at=moment(document.get("completion_time")),
        files=int(document.get("files_transferred") or 0),
        bytes_transferred=int(document.get("bytes_transferred") or 0),
        faults=int(document.get("faults") or 0),
        skipped=int(document.get("subtasks_skipped_errors") or 0),
        problem=_problem(document) if state in {RunState.FAILED, RunState.STUCK} else "",
    )


def moment(text: object) -> datetime | None:
    """Read a moment; one without a zone is in UTC."""
    if not isinstance(text, str) or not text:
        return None
    read = datetime.fromisoformat(text)
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def body_of(job: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give what a timer sends to Transfer at each run, wherever it stands in the answer."""
    body = job.get("callback_body") or job.get("body") or {}
    inner = body.get("body", body) if isinstance(body, Mapping) else {}
    return inner if isinstance(inner, Mapping) else {}


def collection_in(body: Mapping[str, Any], name: str) -> str:
    """Give a collection's ID; older timers spell the name with `_id` at its end."""
    return str(body.get(name) or body.get(f"{name}_id") or "")


def _inactivity(reason: Mapping[str, Any] | None) -> Inactivity:
    """Read why a timer is inactive; a reason that nobody wrote down counts as a pause."""
    reason = reason or {}
    if reason.get("cause") != "globus_auth_requirements":
        return Inactivity(is_paused=True)
    detail = reason.get("detail")
    document = detail if isinstance(detail, dict) else {}
    asked = document.get("authorization_parameters") or {}
    wanted = asked.get("required_scopes") or document.get("required_scopes") or ()
    return Inactivity(
        is_paused=False,
        collections=scopes.collections_in(map(str, wanted)),
        session=session_in(document),
    )


def _runs(results: Iterable[Mapping[str, Any]]) -> Iterable[Run]:
    for result in results:
        started_at = moment(result.get("start_timestamp") or result.get("ran_at"))
        if started_at:
            yield _run(result, started_at)


def _run(result: Mapping[str, Any], started_at: datetime) -> Run:
    """Read one firing. Where the task's ID stands is not written down, so both places are looked at."""
    data = result.get("data") or {}
    details = data.get("details") or {}
    task_id = details.get("task_id") or result.get("resource_id")
    if task_id:
        return Run(started_at, task_id=str(task_id))
    if result.get("errors"):
        ended_at = moment(result.get("end_timestamp")) or started_at
        return Run(started_at, state=RunState.FAILED, ended_at=ended_at, problem=_said(result["errors"]))
    return Run(started_at)


def _said(errors: object) -> str:
    first = errors[0] if isinstance(errors, list) and errors else errors
    if isinstance(first, Mapping):
        return str(first.get("message") or first.get("detail") or first.get("code") or "")
    return str(first)


def _problem(document: Mapping[str, Any]) -> str:
    fatal = document.get("fatal_error") or {}
    nice = document.get("nice_status_short_description") or document.get("nice_status")
    return str(fatal.get("description") or nice or "")
