"""Timers at Globus: created with a single call, found again by their reference."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from bot.accounts import SlackUser
from bot.errors import OutcomeUnclear
from bot.globus.clients import Clients
from bot.globus.errors import GLOBUS, changing, reading
from bot.globus.watching import delete_job, timer_from
from bot.planning import Item, Option, Plan
from bot.schedules import Schedule
from bot.scheduling import TimerRequest
from bot.timers import Timer


class GlobusTimers:
    """One person's timers (https://docs.globus.org/api/timers/)."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def create(self, request: TimerRequest) -> Timer:
        """Create the timer with a single call.

        Raises Refused, SignInNeeded or ServiceUnavailable when there is certainly no timer, and
        OutcomeUnclear when there may be one.
        """
        with self._clients.timers(request.person) as timers, changing():
            answer = timers.create_timer(timer_document(request))
            if answer.http_status not in {200, 201}:
                raise OutcomeUnclear(GLOBUS)
            return timer_from(answer["timer"])

    def find(self, person: SlackUser, reference: str) -> Sequence[Timer]:
        """Give the person's timers that carry the reference, oldest first."""
        with self._clients.timers(person) as timers, reading():
            answer = timers.list_jobs(query_params={"filter_name": reference, "order": "submitted_at asc"})
            return [timer_from(job) for job in answer["jobs"] if f"[{reference}]" in job["name"]]

    def delete(self, person: SlackUser, job_id: str) -> None:
        """Delete a timer; one that is gone already is fine."""
        with self._clients.timers(person) as timers, reading():
            delete_job(timers, job_id)


def timer_document(request: TimerRequest) -> dict[str, Any]:
    """Write a request as Timers takes it: the document that `globus timer create transfer` sends.

    Every boolean is sent, since a default of the service (`verify_checksum` is false there) is not ours.
    """
    return {
        "timer_type": "transfer",
        "name": request.timer_name,
        "schedule": _schedule(request.plan.schedule),
        "body": {
            "DATA_TYPE": "transfer",
            "source_endpoint": request.plan.source.collection_id,
            "destination_endpoint": request.plan.destination.collection_id,
            "label": request.plan.title,
            **{option.value: option in request.plan.options for option in Option},
            **_sync_level(request.plan),
            **_filters(request.plan),
            "DATA": [_item(item) for item in request.plan.items],
        },
    }


def _item(item: Item) -> dict[str, Any]:
    written: dict[str, Any] = {
        "DATA_TYPE": "transfer_item",
        "source_path": item.source_path,
        "destination_path": item.destination_path,
    }
    # Without a slash at the end Transfer finds out for itself whether it is a file or a folder.
    return written | {"recursive": True} if item.is_folder else written


def _sync_level(plan: Plan) -> dict[str, Any]:
    return {} if plan.sync_level.number is None else {"sync_level": plan.sync_level.number}


def _filters(plan: Plan) -> dict[str, Any]:
    rules = [
        {
            "DATA_TYPE": "filter_rule",
            "method": rule.method.value,
            "name": rule.pattern.rstrip("/"),
            "type": "dir" if rule.is_for_folders else "file",
        }
        for rule in plan.filters
    ]
    return {"filter_rules": rules} if rules else {}


def _schedule(schedule: Schedule) -> dict[str, Any]:
    start = _utc(schedule.start)
    if schedule.interval is None:
        return {"type": "once", "datetime": start}
    recurring: dict[str, Any] = {
        "type": "recurring",
        "interval_seconds": int(schedule.interval.total_seconds()),
        "start": start,
    }
    if schedule.runs is not None:
        # `count`, not `iterations` as the SDK's documentation has it: the service refuses that.
        recurring["end"] = {"condition": "iterations", "count": schedule.runs}
    elif schedule.until is not None:
        recurring["end"] = {"condition": "time", "datetime": _utc(schedule.until)}
    return recurring


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(microsecond=0).isoformat()
