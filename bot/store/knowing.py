"""What is known of timers: their rows, as they are read, and as what was observed changes them."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from threading import Lock
from typing import Any, Final

from bot.accounts import SlackUser
from bot.news import Announcement, WatchedTimer
from bot.observing import Observation
from bot.remembering import Latest
from bot.sessions import SessionRequirement
from bot.store.port import Connection, Values
from bot.store.queue import as_moment, as_text
from bot.store.telling import RUN, run_from, show, written
from bot.timers import Inactivity, TimerStatus

ONE: Final = "WHERE job_id = ? AND team_id = ?"
"""Which timer is meant, where nobody may name those of another team."""

_KNOWN: Final = """
    job_id, team_id, user_id, identity_id, request_id, title, channel_id, message_ts, thread_ts,
    lost, status, inactivity, next_run, look_at, succeeded, failed, is_failing, last,
    running, seen_until, run_news, is_resuming, unwatched, version"""

_KEEP_RUN: Final = (
    f"INSERT INTO runs (job_id, noted_at, {', '.join(RUN)}) "
    f"VALUES (:job_id, :noted_at, {', '.join(f':{name}' for name in RUN)}) "
    "ON CONFLICT (job_id, started_at) DO UPDATE SET noted_at = excluded.noted_at, "
    + ", ".join(f"{name} = excluded.{name}" for name in RUN if name != "started_at")
)
_SEEN: Final = (
    "title",
    "status",
    "inactivity",
    "next_run",
    "look_at",
    "succeeded",
    "failed",
    "is_failing",
    "last",
    "running",
    "seen_until",
    "is_resuming",
    "unwatched",
)
"""What a look may change; the announcement and the wishes of people are others' to change."""

REMEMBERED: Final = 16_384
"""So many timers, of less than 2 kB each, are known without being read again."""

_KEEP: Final = (
    f"UPDATE timers SET {', '.join(f'{name} = :{name}' for name in _SEEN)}, "
    "version = version + 1, redraws = redraws + :is_redrawn WHERE job_id = :job_id AND version = :version"
)


class ChangedMeanwhile(Exception):
    """A timer is not as it was when the look began."""


def timers_of(database: Connection, which: str, values: Values) -> list[WatchedTimer]:
    """Give the timers of a query, of which `which` is what follows `FROM timers`."""
    return [_timer(row) for row in database.rows(f"SELECT {_KNOWN} FROM timers {which}", values)]


class Memory:
    """Timers by their versions: a look is about all of a person's, of which one or two have changed."""

    def __init__(self, most: int = REMEMBERED) -> None:
        self._timers: Latest[str, WatchedTimer] = Latest(most)
        self._lock = Lock()

    def timers_of(self, database: Connection, which: str, values: Values) -> list[WatchedTimer]:
        """Give the same as `timers_of`, and read only what has changed since it was read or kept."""
        versions = database.rows(f"SELECT job_id, version FROM timers {which}", values)
        known: list[WatchedTimer] = []
        changed: list[str] = []
        for job_id, version in versions:
            timer = self._timers.get(job_id)
            if timer and timer.version == version:
                known.append(timer)
            else:
                changed.append(job_id)
        if not changed:
            return known
        read = timers_of(database, f"WHERE job_id IN ({', '.join('?' for _ in changed)})", changed)
        self._remember(read)
        return known + read

    def keep(self, timers: Iterable[WatchedTimer]) -> None:
        """Remember timers as they are once `record` has written them."""
        self._remember(replace(timer, version=timer.version + 1) for timer in timers)

    def _remember(self, timers: Iterable[WatchedTimer]) -> None:
        with self._lock:
            for timer in timers:
                self._timers[timer.job_id] = timer


def record(database: Connection, observed: Observation, *, at: datetime) -> None:
    """Keep what was observed of a timer, within another write; raises ChangedMeanwhile."""
    timer = observed.timer
    if database.execute(_KEEP, _row(observed)).rowcount != 1:
        raise ChangedMeanwhile
    for run in observed.runs:
        database.execute(_KEEP_RUN, written(run) | {"job_id": timer.job_id, "noted_at": as_text(at)})
    if observed.is_redrawn and timer.announcement:
        show(database, timer.owner.team_id, timer.announcement.channel_id, at=at)


def _timer(row: Sequence[Any]) -> WatchedTimer:
    job_id, team_id, user_id, identity_id, request_id, title, channel_id, message_ts, thread_ts = row[:9]
    lost, status, inactivity, next_run, look_at, succeeded, failed, is_failing, last = row[9:18]
    running, seen_until, run_news, is_resuming, unwatched, version = row[18:]
    is_announced = channel_id and message_ts
    return WatchedTimer(
        job_id,
        SlackUser(team_id, user_id),
        identity_id,
        request_id,
        title,
        Announcement(channel_id, message_ts, thread_ts, lost) if is_announced else None,
        TimerStatus(status),
        inactivity_from(inactivity),
        as_moment(next_run),
        as_moment(look_at),
        succeeded,
        failed,
        bool(is_failing),
        run_from(json.loads(last)) if last else None,
        tuple(map(run_from, json.loads(running))),
        as_moment(seen_until),
        bool(run_news),
        bool(is_resuming),
        unwatched,
        version,
    )


def inactivity_from(text: str | None) -> Inactivity | None:
    """Read why a timer is inactive; None if it is not."""
    if text is None:
        return None
    document = json.loads(text)
    return Inactivity(
        is_paused=document["is_paused"],
        collections=frozenset(document["collections"]),
        session=SessionRequirement.read(document["session"]),
    )


def _row(observed: Observation) -> dict[str, Any]:
    timer = observed.timer
    return {
        "job_id": timer.job_id,
        "title": timer.title,
        "status": timer.status.value,
        "inactivity": _written(timer.inactivity),
        "next_run": _text(timer.next_run),
        "look_at": _text(timer.look_at),
        "succeeded": timer.succeeded,
        "failed": timer.failed,
        "is_failing": int(timer.is_failing),
        "last": json.dumps(written(timer.last)) if timer.last else None,
        "running": json.dumps([written(run) for run in timer.running]),
        "seen_until": _text(timer.seen_until),
        "is_resuming": int(timer.is_resuming),
        "unwatched": timer.unwatched,
        "version": timer.version,
        "is_redrawn": int(observed.is_redrawn),
    }


def _written(inactivity: Inactivity | None) -> str | None:
    if inactivity is None:
        return None
    return json.dumps(
        {
            "is_paused": inactivity.is_paused,
            "collections": sorted(inactivity.collections),
            "session": inactivity.session.written(),
        }
    )


def _text(moment: datetime | None) -> str | None:
    return as_text(moment) if moment else None
