"""News on their way in SQLite: in order for each place, until Slack has them. Places are the queue."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, Final

from typing_extensions import override

from bot.news import Event, News, Post
from bot.store.port import Connection
from bot.store.queue import MINE, as_moment, as_text, plainly
from bot.store.working import QueueStore
from bot.telling import Kept, Mailbox, Stale
from bot.timers import Run, RunState

RUN: Final = tuple(member.name for member in fields(Run))
"""What is kept of a run."""

_NEWS: Final = tuple(member.name for member in fields(News))

_STIR: Final = """
    INSERT INTO mailboxes (team_id, place, due) VALUES (:team_id, :place, :at)
    ON CONFLICT (team_id, place) DO UPDATE SET
      due = CASE WHEN mailboxes.due < excluded.due THEN mailboxes.due ELSE excluded.due END"""

_SHOW: Final = """
    INSERT INTO mailboxes (team_id, place, due) VALUES (:team_id, :place, :at)
    ON CONFLICT (team_id, place) DO UPDATE SET due = excluded.due WHERE mailboxes.due IS NULL"""

_PUT: Final = """
    INSERT INTO posts (mailbox_id, job_id, thread_ts, news)
    SELECT mailbox_id, :job_id, :thread_ts, :news FROM mailboxes
    WHERE team_id = :team_id AND place = :place"""

_NEXT_DUE: Final = f"""
    UPDATE mailboxes SET attempts = 0, lease_owner = NULL, lease_until = NULL, due = CASE WHEN
        EXISTS (SELECT 1 FROM posts WHERE posts.mailbox_id = mailboxes.mailbox_id)
        OR EXISTS (SELECT 1 FROM timers WHERE timers.team_id = mailboxes.team_id
                   AND channel_id = mailboxes.place AND redraws > 0)
      THEN :at ELSE NULL END
    WHERE mailbox_id = :mailbox_id AND {MINE}"""

_STALE: Final = """
    SELECT job_id, redraws FROM timers WHERE team_id = ? AND channel_id = ? AND redraws > 0
    ORDER BY redraws DESC, job_id LIMIT {limit:d}"""
"""Found by an index in this order, however many of a channel's announcements wait."""


_SHOWN: Final = "UPDATE timers SET redraws = 0 WHERE job_id = ? AND redraws = ?"


def show(database: Connection, team_id: str, place: str, *, at: datetime) -> None:
    """Let a place be seen to, within a write that gives it something new to show.

    A place that is due anyway shows it then: it has a turn already, and would only be sent away before.
    """
    database.execute(_SHOW, {"team_id": team_id, "place": place, "at": as_text(at)})


def put(database: Connection, posts: Iterable[Post], *, at: datetime) -> None:
    """Keep news for their places, within the write that makes them news."""
    for post in posts:
        row = {
            "team_id": post.team_id,
            "place": post.place,
            "at": as_text(at),
            "job_id": post.news.job_id,
            "thread_ts": post.thread_ts,
            "news": json.dumps(_written_news(post.news), default=plainly),
        }
        database.execute(_STIR, row)
        database.execute(_PUT, row)


class MailboxStore(QueueStore[Mailbox]):
    """Keeps what is still to be said, and gives it in order."""

    table = "mailboxes"

    @override
    def item_from(self, row: Mapping[str, Any]) -> Mailbox:
        due = as_moment(row["due"])
        return Mailbox(row["mailbox_id"], row["team_id"], row["place"], due, row["attempts"])

    def posts(self, mailbox: Mailbox, *, limit: int) -> Sequence[Kept]:
        """Give what a place is still to hear, oldest first."""
        query = f"SELECT * FROM posts WHERE mailbox_id = ? ORDER BY post_id LIMIT {limit:d}"
        values = [mailbox.mailbox_id]
        rows = self._database.read(lambda database: list(database.query(query, values)), brief=True)
        return [
            Kept(
                row["post_id"],
                Post(mailbox.team_id, mailbox.place, _news(json.loads(row["news"])), row["thread_ts"]),
            )
            for row in rows
        ]

    def stale(self, mailbox: Mailbox, *, limit: int) -> Sequence[Stale]:
        """Give the announcements in this channel that are to be drawn again, the furthest behind first."""
        query, values = _STALE.format(limit=limit), [mailbox.team_id, mailbox.place]
        rows = self._database.read(lambda database: database.rows(query, values), brief=True)
        return [Stale(*row) for row in rows]

    def add(self, posts: Sequence[Post]) -> None:
        """Keep more news."""
        at = self._clock()
        self._database.write(lambda database: put(database, posts, at=at))

    def told(self, mailbox: Mailbox, kept: Sequence[Kept], *, due: datetime) -> None:
        """Let go of a place, and forget what Slack has; what is left is due then."""

        def told(database: Connection) -> None:
            for one in kept:
                database.execute("DELETE FROM posts WHERE post_id = ?", [one.post_id])
            database.execute(_NEXT_DUE, self._next(mailbox, due))

        self._database.write(told, lasting=bool(kept))

    def drawn(self, mailbox: Mailbox, stale: Stale, *, due: datetime) -> None:
        """Let go of a place whose announcement was drawn; what changed meanwhile is drawn later.

        It need not last: an edit that is made twice does no harm.
        """

        def drawn(database: Connection) -> None:
            database.execute(_SHOWN, [stale.job_id, stale.redraws])
            database.execute(_NEXT_DUE, self._next(mailbox, due))

        self._database.write(drawn, lasting=False)

    def later(self, mailbox: Mailbox) -> None:
        """Let go of a place, and keep when it is due again and how often it was tried."""
        values = self._next(mailbox, mailbox.due) | {"attempts": mailbox.attempts}
        self._database.write(
            lambda database: database.execute(
                "UPDATE mailboxes SET due = :at, attempts = :attempts, lease_owner = NULL, "
                f"lease_until = NULL WHERE mailbox_id = :mailbox_id AND {MINE}",
                values,
            ),
            lasting=False,
        )

    def _next(self, mailbox: Mailbox, due: datetime | None) -> dict[str, Any]:
        at = as_text(due) if due else None
        return {"at": at, "mailbox_id": mailbox.mailbox_id, "owner": self._owner}

    def lose(self, job_id: str, reason: str) -> bool:
        """Note that a timer's channel cannot be written to, or with an empty reason that it can again.

        False if that was known.
        """
        lose = "UPDATE timers SET lost = ?, version = version + 1 WHERE job_id = ? AND lost <> ?"
        return self._database.write(
            lambda database: database.execute(lose, [reason, job_id, reason]).rowcount == 1
        )


def _written_news(news: News) -> dict[str, Any]:
    kept = {name: getattr(news, name) for name in _NEWS}
    return kept | {"run": written(news.run) if news.run else None}


def _news(document: Mapping[str, Any]) -> News:
    run = document["run"]
    return News(
        **dict(document)
        | {
            "event": Event(document["event"]),
            "at": datetime.fromisoformat(document["at"]),
            "run": run_from(run) if run else None,
        }
    )


def written(run: Run) -> dict[str, Any]:
    """Write a run by its fields."""
    return {name: getattr(run, name) for name in RUN} | {
        "started_at": as_text(run.started_at),
        "state": run.state.value,
        "ended_at": as_text(run.ended_at) if run.ended_at else None,
    }


def run_from(document: Mapping[str, Any]) -> Run:
    """Read a run as it is written."""
    return Run(
        **dict(document)
        | {
            "started_at": datetime.fromisoformat(document["started_at"]),
            "state": RunState(document["state"]),
            "ended_at": as_moment(document["ended_at"]),
        }
    )
