"""Rows of `timers`: begun, replaced and left within the writes that say so, and read."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from bot.accounts import SlackUser
from bot.news import Announcement, Event, News, Post, WatchedTimer
from bot.observing import Observation
from bot.scheduling import TimerRequest
from bot.sessions import SessionRequirement
from bot.store.port import Connection
from bot.store.queue import as_moment, as_text
from bot.store.telling import RUN, put, run_from, show, written
from bot.timers import Inactivity, Run, TimerStatus

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

LATELY: Final = 16_384
"""So many runs are kept read, of less than 1 kB each: all of a person's timers are read at each look."""

_COLUMNS: Final = (*_SEEN, "job_id", "version")

_KEEP: Final = (
    f"UPDATE timers SET {', '.join(f'{name} = :{name}' for name in _SEEN)}, "
    "version = version + 1, redraws = redraws + :is_redrawn WHERE job_id = :job_id AND version = :version"
)


class ChangedMeanwhile(Exception):
    """A timer is not as it was when the look began."""


_BEGIN: Final = """
    INSERT INTO timers (job_id, team_id, user_id, identity_id, request_id, title, status, next_run, look_at)
    SELECT :job_id, team_id, user_id, identity_id, :request_id, :title, 'active', :next_run, :look_at
    FROM accounts WHERE team_id = :team_id AND user_id = :user_id
    ON CONFLICT (job_id) DO NOTHING"""

_BEGIN_WATCH: Final = """
    INSERT INTO watches (team_id, user_id, due) VALUES (:team_id, :user_id, :look_at)
    ON CONFLICT (team_id, user_id) DO UPDATE SET
      due = CASE WHEN watches.due < excluded.due THEN watches.due ELSE excluded.due END"""

_ANNOUNCED: Final = """
    UPDATE timers SET channel_id = :channel_id, message_ts = :message_ts, thread_ts = :thread_ts,
      redraws = redraws + CASE WHEN last IS NOT NULL OR status <> 'active' THEN 1 ELSE 0 END
    WHERE job_id = :job_id AND message_ts IS NULL RETURNING redraws"""


def watch_from(database: Connection, request: TimerRequest, *, at: datetime) -> None:
    """Begin to watch the timer that a request became, within the write that says so; twice is once."""
    row = {
        "job_id": request.job_id,
        "team_id": request.person.team_id,
        "user_id": request.person.user_id,
        "request_id": request.request_id,
        "title": request.plan.title,
        "next_run": _text(request.next_run),
        "look_at": as_text(request.next_run or at),
    }
    if database.execute(_BEGIN, row).rowcount == 1:
        database.execute(_BEGIN_WATCH, row)
    if request.announced_ts is None:
        return
    announced = {
        "job_id": request.job_id,
        "channel_id": request.plan.announce_in,
        "message_ts": request.announced_ts,
        "thread_ts": request.plan.announce_thread,
    }
    if any(row["redraws"] for row in database.query(_ANNOUNCED, announced)):
        show(database, request.person.team_id, request.plan.announce_in, at=at)


def take_over(database: Connection, request: TimerRequest, *, at: datetime) -> str | None:
    """Let a timer take the place of the one that its request edits, which is gone from Globus by now.

    Gives the `ts` of the announcement that is the new timer's now; None if it is to have one of its own,
    such as in another channel. Again changes nothing.
    """
    one = "SELECT * FROM timers WHERE job_id = ? AND team_id = ?"
    found = {
        job_id: next(iter(database.query(one, [job_id, request.person.team_id])), None)
        for job_id in (request.job_id, request.replaces)
    }
    new, old = found[request.job_id], found[request.replaces]
    if new is None or old is None or new["message_ts"]:
        return new["message_ts"] if new else None
    stays = old["message_ts"] is not None and old["channel_id"] == request.plan.announce_in
    database.execute(
        "UPDATE followers SET job_id = ? WHERE job_id = ? AND team_id = ?",
        [request.job_id, request.replaces, request.person.team_id],
    )
    database.execute("UPDATE timers SET run_news = ? WHERE job_id = ?", [old["run_news"], request.job_id])
    database.execute(_REPLACED, {"job_id": request.replaces, "stays": int(stays)})
    if old["message_ts"] and not stays:
        show(database, request.person.team_id, old["channel_id"], at=at)
    if not stays:
        return None
    moved = ("channel_id", "message_ts", "thread_ts", "lost")
    database.execute(
        f"UPDATE timers SET {', '.join(f'{name} = :{name}' for name in moved)}, redraws = redraws + 1 "
        "WHERE job_id = :job_id",
        {name: old[name] for name in moved} | {"job_id": request.job_id},
    )
    news = News(Event.EDITED, request.job_id or "", at, by=request.person.user_id)
    thread = old["thread_ts"] or old["message_ts"]
    put(database, [Post(request.person.team_id, old["channel_id"], news, thread)], at=at)
    return str(old["message_ts"])


_REPLACED: Final = """
    UPDATE timers SET status = 'gone', inactivity = NULL, next_run = NULL, look_at = NULL, running = '[]',
      unwatched = 'replaced', version = version + 1,
      redraws = CASE WHEN :stays = 1 THEN 0 ELSE redraws + 1 END,
      channel_id = CASE WHEN :stays = 1 THEN NULL ELSE channel_id END,
      message_ts = CASE WHEN :stays = 1 THEN NULL ELSE message_ts END
    WHERE job_id = :job_id"""


def leave_unwatched(database: Connection, person: SlackUser, *, at: datetime) -> None:
    """Note that nobody looks at a person's timers any more, within the write that lets them go."""
    _mark(
        database,
        "UPDATE timers SET unwatched = 'left', version = version + 1, redraws = redraws + 1 "
        "WHERE team_id = ? AND user_id = ? AND status NOT IN ('ended', 'gone') RETURNING team_id, channel_id",
        [person.team_id, person.user_id],
        at=at,
    )


def mark_gone(database: Connection, person: SlackUser, job_id: str, *, at: datetime) -> None:
    """Note that a person's timer is gone from Globus, so that its announcement says so."""
    _mark(
        database,
        "UPDATE timers SET status = 'gone', inactivity = NULL, next_run = NULL, look_at = NULL, "
        "version = version + 1, redraws = redraws + 1 "
        "WHERE team_id = ? AND user_id = ? AND job_id = ? RETURNING team_id, channel_id",
        [person.team_id, person.user_id, job_id],
        at=at,
    )


def _mark(database: Connection, statement: str, values: Sequence[str], *, at: datetime) -> None:
    for row in database.query(statement, values):
        if row["channel_id"]:
            show(database, row["team_id"], row["channel_id"], at=at)


def record(database: Connection, observed: Observation, *, at: datetime) -> None:
    """Keep what was observed of a timer, within another write; raises ChangedMeanwhile."""
    timer = observed.timer
    if database.execute(_KEEP, _row(observed)).rowcount != 1:
        raise ChangedMeanwhile
    for run in observed.runs:
        database.execute(_KEEP_RUN, written(run) | {"job_id": timer.job_id, "noted_at": as_text(at)})
    if observed.is_redrawn and timer.announcement:
        show(database, timer.owner.team_id, timer.announcement.channel_id, at=at)


def restore(
    database: Connection, person: SlackUser, collections: frozenset[str], session: SessionRequirement
) -> None:
    """Let the next look resume those of a person's timers that lacked no more than a sign-in has brought."""
    stopped = (
        "SELECT job_id, inactivity FROM timers WHERE team_id = ? AND user_id = ? AND status = 'inactive'"
    )
    for row in list(database.query(stopped, [person.team_id, person.user_id])):
        lacks = _inactivity(row["inactivity"])
        if lacks is None or lacks.is_paused or not lacks.collections <= collections:
            continue
        if not lacks.session or lacks.session == session:
            database.execute(
                "UPDATE timers SET is_resuming = 1, version = version + 1 WHERE job_id = ?", [row["job_id"]]
            )


_LOOK_NOW: Final = """
    INSERT INTO watches (team_id, user_id, due)
    SELECT :team_id, :user_id, :at WHERE EXISTS (
      SELECT 1 FROM timers
      WHERE team_id = :team_id AND user_id = :user_id AND status NOT IN ('ended', 'gone'))
    ON CONFLICT (team_id, user_id) DO UPDATE SET due = excluded.due, attempts = 0"""


def look_now(database: Connection, person: SlackUser, *, at: datetime) -> None:
    """Let a person's timers be looked at now, within another write, if there are any."""
    database.execute(_LOOK_NOW, asdict(person) | {"at": as_text(at)})


def timer_from(row: Mapping[str, Any]) -> WatchedTimer:
    """Read a row of `timers`."""
    announcement = None
    if row["channel_id"] and row["message_ts"]:
        announcement = Announcement(row["channel_id"], row["message_ts"], row["thread_ts"], row["lost"])
    return WatchedTimer(
        job_id=row["job_id"],
        owner=SlackUser(row["team_id"], row["user_id"]),
        identity_id=row["identity_id"],
        request_id=row["request_id"],
        title=row["title"],
        announcement=announcement,
        status=TimerStatus(row["status"]),
        inactivity=_inactivity(row["inactivity"]),
        next_run=as_moment(row["next_run"]),
        look_at=as_moment(row["look_at"]),
        succeeded=row["succeeded"],
        failed=row["failed"],
        is_failing=bool(row["is_failing"]),
        last=_last(row["last"]) if row["last"] else None,
        running=() if row["running"] == "[]" else tuple(map(run_from, json.loads(row["running"]))),
        seen_until=as_moment(row["seen_until"]),
        run_news=bool(row["run_news"]),
        redraws=row["redraws"],
        is_resuming=bool(row["is_resuming"]),
        unwatched=row["unwatched"],
        version=row["version"],
    )


@lru_cache(maxsize=LATELY)
def _last(text: str) -> Run:
    return run_from(json.loads(text))


def _inactivity(text: str | None) -> Inactivity | None:
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
    return {name: getattr(timer, name) for name in _COLUMNS} | {
        "status": timer.status.value,
        "inactivity": _written(timer.inactivity),
        "next_run": _text(timer.next_run),
        "look_at": _text(timer.look_at),
        "is_failing": int(timer.is_failing),
        "last": json.dumps(written(timer.last)) if timer.last else None,
        "running": json.dumps([written(run) for run in timer.running]),
        "seen_until": _text(timer.seen_until),
        "is_resuming": int(timer.is_resuming),
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
