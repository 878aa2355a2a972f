"""The audit trail in SQLite: written within the write that it tells of, and read beside the bot."""

import secrets
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final

from bot.accounts import SlackUser
from bot.auditing import Deed
from bot.news import Event, News
from bot.store.port import Connection, Database
from bot.store.queue import as_text

_DEEDS: Final = {
    Event.PAUSED: Deed.PAUSED,
    Event.RESUMED: Deed.RESUMED,
    Event.RENAMED: Deed.RENAMED,
    Event.DELETED: Deed.DELETED,
}

COLUMNS: Final = ("audit_id", "at", "team_id", "user_id", "act", "subject", "detail")

PAGE: Final = 1000
"""Rows that are held in memory at once when the trail is printed."""


def note(
    database: Connection,
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


def note_news(database: Connection, news: Iterable[News], *, team_id: str, at: datetime) -> None:
    """Add what somebody did to a timer in Slack; what was done elsewhere is not the bot's to tell."""
    for one in news:
        deed = _DEEDS.get(one.event)
        if deed and one.by:
            note(database, deed, at=at, team_id=team_id, user_id=one.by, subject=one.job_id)


def note_beside(database: Database, deed: Deed, *, at: datetime, detail: str) -> None:
    """Add what whoever runs the bot did, beside the bot that may be running."""
    database.write(lambda opened: note(opened, deed, at=at, detail=detail))


def replace_name(database: Connection, person: SlackUser) -> int:
    """Put a random name in the place of a person's, and leave details out; gives how many rows it was."""
    changed = database.execute(
        "UPDATE audit SET user_id = ?, detail = '' WHERE team_id = ? AND user_id = ?",
        [f"forgotten-{secrets.token_hex(6)}", person.team_id, person.user_id],
    )
    return int(changed.rowcount)


def replace_names(database: Connection, team_id: str) -> None:
    """Do the same for everybody of a workspace."""
    named = "SELECT DISTINCT user_id FROM audit WHERE team_id = ? AND user_id NOT LIKE 'forgotten-%'"
    for row in list(database.query(f"{named} AND user_id <> ''", [team_id])):
        replace_name(database, SlackUser(team_id, row["user_id"]))


def exported(database: Database, *, since: datetime | None) -> Iterator[dict[str, Any]]:
    """Give the trail, oldest first, from a moment on if one is given."""
    query = (
        f"SELECT {', '.join(COLUMNS)} FROM audit WHERE at >= ? AND audit_id > ? "
        f"ORDER BY audit_id LIMIT {PAGE}"
    )
    values = [as_text(since) if since else "", 0]
    while page := database.read(lambda opened: list(opened.query(query, values))):
        yield from page
        values[1] = page[-1]["audit_id"]
