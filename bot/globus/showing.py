"""What a timer copies and how, read from what Globus keeps of it: for timers that the bot did not make."""

import posixpath
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from bot.accounts import SlackUser
from bot.errors import FormProblems
from bot.globus.clients import Clients
from bot.globus.errors import reading
from bot.globus.watching import body_of, collection_in, job_of, timer_from
from bot.planning import Filter, FilterMethod, Location, Option, Plan, Source, SyncLevel
from bot.schedules import Schedule
from bot.showing import AtGlobus
from bot.timers import Timer

_ON_BY_DEFAULT: Final = frozenset(
    {Option.NOTIFY_ON_SUCCEEDED, Option.NOTIFY_ON_FAILED, Option.NOTIFY_ON_INACTIVE}
)
"""What Transfer does where a document says nothing of it.

https://docs.globus.org/api/transfer/task_submit/#document_types
"""


class GlobusDetails:
    """Looks with each person's own tokens. Raises SignInNeeded or ServiceUnavailable."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def look(self, person: SlackUser, job_id: str) -> AtGlobus | None:
        """Give one of a person's timers with what it does, in one call; None if there is none any more."""
        with self._clients.timers(person) as timers, reading():
            job = job_of(timers, job_id)
            return AtGlobus(timer_from(job), _plan(job)) if job else None


def _plan(job: Mapping[str, Any]) -> Plan | None:
    try:
        return plan_from(job)
    except (AttributeError, KeyError, TypeError, ValueError, FormProblems):
        # Whoever made it may have written what the bot never would.
        return None


def plan_from(job: Mapping[str, Any]) -> Plan | None:
    """Read what a timer does from its document; None for one that is no transfer.

    Raises FormProblems for a schedule that the bot itself could not make, and anything for a document that is
    none.
    """
    body, timer = body_of(job), timer_from(job)
    source, destination = (collection_in(body, name) for name in ("source_endpoint", "destination_endpoint"))
    paths = list(_paths(body))
    if not (source and destination and paths):
        return None
    arrives = {path for _, path in paths}
    folder = arrives.pop() if len(arrives) == 1 else posixpath.commonpath(arrives).rstrip("/") + "/"
    return Plan(
        source=Source(source, tuple(path for path, _ in paths)),
        destination=Location(destination, folder),
        schedule=_schedule(timer),
        announce_in="",
        options=frozenset(one for one in Option if body.get(one.value, one in _ON_BY_DEFAULT)),
        sync_level=_sync_level(body),
        filters=tuple(_filters(body)),
    )


def _paths(body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Give each item's two paths; a folder's end with a slash. Older timers call the items otherwise."""
    for item in body.get("DATA") or body.get("transfer_items") or ():
        source, destination = str(item.get("source_path") or ""), str(item.get("destination_path") or "")
        if source and destination:
            ending = "/" if item.get("recursive") and not source.endswith("/") else ""
            yield source + ending, destination


def _schedule(timer: Timer) -> Schedule:
    start = timer.start or timer.next_run or timer.last_run or datetime.min.replace(tzinfo=UTC)
    if timer.interval is None:
        return Schedule(start)
    runs = timer.stop_after_runs
    return Schedule(start, timer.interval, runs=runs, until=None if runs else timer.stop_after)


def _sync_level(body: Mapping[str, Any]) -> SyncLevel:
    levels = {one.number: one for one in SyncLevel}
    return levels.get(body.get("sync_level"), SyncLevel.ALWAYS)


def _filters(body: Mapping[str, Any]) -> Iterator[Filter]:
    for rule in body.get("filter_rules") or ():
        method, name = rule.get("method"), str(rule.get("name") or "")
        if method in set(FilterMethod) and name:
            yield Filter(FilterMethod(method), f"{name}/" if rule.get("type") == "dir" else name)
