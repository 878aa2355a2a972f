"""Timers that the bot made: begun, replaced and left, within the writes that say so."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Final

from bot.accounts import SlackUser
from bot.news import Event, News, Post
from bot.scheduling import TimerRequest
from bot.sessions import SessionRequirement
from bot.store.knowing import inactivity_from
from bot.store.port import Connection
from bot.store.queue import as_text, plainly
from bot.store.telling import put, show

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
      version = version + 1,
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
        "next_run": plainly(request.next_run),
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
    database.execute(
        "UPDATE timers SET run_news = ?, version = version + 1 WHERE job_id = ?",
        [old["run_news"], request.job_id],
    )
    database.execute(_REPLACED, {"job_id": request.replaces, "stays": int(stays)})
    if old["message_ts"] and not stays:
        show(database, request.person.team_id, old["channel_id"], at=at)
    if not stays:
        return None
    moved = ("channel_id", "message_ts", "thread_ts", "lost")
    database.execute(
        f"UPDATE timers SET {', '.join(f'{name} = :{name}' for name in moved)}, version = version + 1, "
        "redraws = redraws + 1 WHERE job_id = :job_id",
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


def restore(
    database: Connection, person: SlackUser, collections: frozenset[str], session: SessionRequirement
) -> None:
    """Let the next look resume those of a person's timers that lacked no more than a sign-in has brought."""
    stopped = (
        "SELECT job_id, inactivity FROM timers WHERE team_id = ? AND user_id = ? AND status = 'inactive'"
    )
    for row in list(database.query(stopped, [person.team_id, person.user_id])):
        lacks = inactivity_from(row["inactivity"])
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
