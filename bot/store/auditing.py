"""The audit trail in SQLite: written within the write that it tells of, and read beside the bot."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlite_utils import Database as SqliteUtils

from bot.accounts import SlackUser
from bot.auditing import Deed
from bot.news import Event, News
from bot.store.database import connected, in_one_step
from bot.store.queue import as_text

_DEEDS: Final = {
    Event.PAUSED: Deed.PAUSED,
    Event.RESUMED: Deed.RESUMED,
    Event.RENAMED: Deed.RENAMED,
    Event.DELETED: Deed.DELETED,
}

COLUMNS: Final = ("audit_id", "at", "team_id", "user_id", "act", "subject", "detail")


def note(
    database: SqliteUtils,
    deed: Deed,
    *,
    at: datetime,
    team_id: str = "",
    user_id: str = "",
    subject: str = "",
    detail: str = "",
) -> None:
    """Add to the trail, within the write that it tells of."""
    database.execute(
        "INSERT INTO audit (at, team_id, user_id, act, subject, detail) VALUES (?, ?, ?, ?, ?, ?)",
        [as_text(at), team_id, user_id, deed.value, subject, detail],
    )


def note_news(database: SqliteUtils, news: Iterable[News], *, team_id: str, at: datetime) -> None:
    """Add what somebody did to a timer in Slack; what was done elsewhere is not the bot's to tell."""
    for one in news:
        deed = _DEEDS.get(one.event)
        if deed and one.by:
            note(database, deed, at=at, team_id=team_id, user_id=one.by, subject=one.job_id)


def note_beside(path: Path, deed: Deed, *, at: datetime, detail: str) -> None:
    """Add what whoever runs the bot did, beside the bot that may be running; raises DatabaseProblem."""
    with connected(path) as database, in_one_step(database):
        note(database, deed, at=at, detail=detail)


def replace_name(database: SqliteUtils, person: SlackUser) -> int:
    """Put a random name in the place of a person's, and leave details out; gives how many rows it was."""
    [(name,)] = database.execute("SELECT 'forgotten-' || lower(hex(randomblob(6)))").fetchall()
    changed = database.execute(
        "UPDATE audit SET user_id = ?, detail = '' WHERE team_id = ? AND user_id = ?",
        [name, person.team_id, person.user_id],
    )
    return int(changed.rowcount)


def replace_names(database: SqliteUtils, team_id: str) -> None:
    """Do the same for everybody of a workspace."""
    named = "SELECT DISTINCT user_id FROM audit WHERE team_id = ? AND user_id NOT GLOB 'forgotten-*'"
    for (user_id,) in database.execute(f"{named} AND user_id <> ''", [team_id]).fetchall():
        replace_name(database, SlackUser(team_id, user_id))


def exported(path: Path, *, since: datetime | None) -> Iterator[dict[str, Any]]:
    """Give the trail, oldest first, from a moment on if one is given; raises DatabaseProblem."""
    with connected(path) as database:
        query = f"SELECT {', '.join(COLUMNS)} FROM audit WHERE at >= ? ORDER BY audit_id"
        yield from database.query(query, [as_text(since) if since else ""])
