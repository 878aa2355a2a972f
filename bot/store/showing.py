"""The timers that the bot knows of in SQLite, as people look at them: one, their own, a channel's."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from bot.accounts import SlackUser
from bot.listing import SHOWN_AFTERWARDS, Page
from bot.news import WatchedTimer
from bot.store.knowing import ONE, timers_of
from bot.store.port import Connection, Database
from bot.store.queue import as_text
from bot.store.scheduling import request_from
from bot.store.telling import RUN, run_from
from bot.store.timers import look_now
from bot.telling import Subject
from bot.timers import Run

_SHOWN: Final = "(status NOT IN ('ended', 'gone') OR (status = 'ended' AND seen_until >= :since))"
_IS_STOPPED: Final = "(status = 'inactive' AND inactivity LIKE '%\"is_paused\": false%')"
_TROUBLE_FIRST: Final = (
    f"CASE WHEN {_IS_STOPPED} THEN 0 WHEN is_failing = 1 THEN 1 WHEN status = 'ended' THEN 3 ELSE 2 END, "
    "next_run IS NULL, next_run, job_id"
)
_OF_A_PERSON: Final = f"WHERE team_id = :team_id AND user_id = :user_id AND {_SHOWN}"
_OF_A_CHANNEL: Final = f"WHERE team_id = :team_id AND channel_id = :channel_id AND {_SHOWN}"


class TimerStore:
    """Reads timers with what they were made from: a page with three queries, however many there are."""

    def __init__(self, database: Database, *, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def find(self, team_id: str, job_id: str) -> WatchedTimer | None:
        """Give a timer of a team, or None if the bot did not make it."""
        found = self._database.read(lambda database: timers_of(database, ONE, [job_id, team_id]))
        return found[0] if found else None

    def subject(self, team_id: str, job_id: str) -> Subject | None:
        """Give a timer of a team with the request that became it, or None if the bot did not make it."""
        found = self._database.read(
            lambda database: _subjects(database, timers_of(database, ONE, [job_id, team_id])), brief=True
        )
        return found[0] if found else None

    def of_person(self, person: SlackUser, *, limit: int, offset: int) -> Page[Subject]:
        """Give some of a person's timers, those in trouble first."""
        values = {"team_id": person.team_id, "user_id": person.user_id}
        return self._page(_OF_A_PERSON, values, limit, offset)

    def of_channel(self, team_id: str, channel_id: str, *, limit: int, offset: int) -> Page[Subject]:
        """Give some of the timers that were announced in a channel, those in trouble first."""
        values = {"team_id": team_id, "channel_id": channel_id}
        return self._page(_OF_A_CHANNEL, values, limit, offset)

    def stopped(self, person: SlackUser, *, limit: int) -> Sequence[WatchedTimer]:
        """Give those of a person's timers that Globus has stopped until it gets something."""
        which = f"{_OF_A_PERSON} AND {_IS_STOPPED} ORDER BY job_id LIMIT :limit"
        values = self._since() | {"team_id": person.team_id, "user_id": person.user_id, "limit": limit}
        return self._database.read(lambda database: timers_of(database, which, values))

    def known(self, team_id: str, job_ids: Sequence[str]) -> Sequence[WatchedTimer]:
        """Give those of these timers that the bot made for somebody of this team."""
        return self._database.read(lambda database: _of_team(database, team_id, job_ids))

    def subjects(self, team_id: str, job_ids: Sequence[str]) -> Sequence[Subject]:
        """Give the same with the requests that became them."""
        return self._database.read(lambda database: _subjects(database, _of_team(database, team_id, job_ids)))

    def runs(self, job_id: str, *, limit: int) -> Sequence[Run]:
        """Give a timer's latest runs, the newest first."""
        query = "SELECT * FROM runs WHERE job_id = ? ORDER BY started_at DESC LIMIT ?"
        rows = self._database.read(lambda database: list(database.query(query, [job_id, limit])))
        return [run_from({name: row[name] for name in RUN}) for row in rows]

    def look_soon(self, person: SlackUser, job_ids: Sequence[str], *, resume: bool = False) -> None:
        """Let these timers of a person be looked at now; with `resume` they are resumed first."""
        now = self._clock()
        # A look under way would otherwise put its own moment in the place of this wish.
        note = (
            "UPDATE timers SET look_at = NULL, version = version + 1, "
            "is_resuming = CASE WHEN ? = 1 THEN 1 ELSE is_resuming END "
            f"WHERE team_id = ? AND user_id = ? AND job_id IN ({_marks(job_ids)})"
        )
        values = [int(resume), person.team_id, person.user_id, *job_ids]

        def look(database: Connection) -> None:
            if database.execute(note, values).rowcount:
                look_now(database, person, at=now)

        self._database.write(look)

    def set_run_news(self, person: SlackUser, job_id: str, *, on: bool) -> bool:
        """Say whether every run is told of in the thread; False for a timer that is not this person's."""
        switch = (
            "UPDATE timers SET run_news = ?, version = version + 1 "
            "WHERE team_id = ? AND user_id = ? AND job_id = ?"
        )
        values = [int(on), person.team_id, person.user_id, job_id]
        return self._database.write(lambda database: database.execute(switch, values).rowcount == 1)

    def _page(self, which: str, values: dict[str, Any], limit: int, offset: int) -> Page[Subject]:
        values = values | self._since() | {"limit": limit, "offset": offset}
        some = f"{which} ORDER BY {_TROUBLE_FIRST} LIMIT :limit OFFSET :offset"

        def read(database: Connection) -> Page[Subject]:
            [count] = database.query(f"SELECT count(*) AS total FROM timers {which}", values)
            found = _subjects(database, timers_of(database, some, values))
            return Page(tuple(found), offset=offset, size=limit, total=count["total"])

        return self._database.read(read)

    def _since(self) -> dict[str, Any]:
        return {"since": as_text(self._clock() - SHOWN_AFTERWARDS)}


def _of_team(database: Connection, team_id: str, job_ids: Sequence[str]) -> list[WatchedTimer]:
    # Asked for the team too, SQLite would look through all timers of the team rather than for many IDs.
    found = timers_of(database, f"WHERE job_id IN ({_marks(job_ids)})", job_ids)
    return [timer for timer in found if timer.owner.team_id == team_id]


def _subjects(database: Connection, timers: Sequence[WatchedTimer]) -> list[Subject]:
    """Give timers with their requests, in the same order, with one more query."""
    ids = [timer.request_id for timer in timers]
    query = f"SELECT * FROM requests WHERE request_id IN ({_marks(ids)})"
    requests = {row["request_id"]: request_from(row) for row in (database.query(query, ids) if ids else ())}
    return [Subject(timer, requests[timer.request_id]) for timer in timers if timer.request_id in requests]


def _marks(values: Iterable[object]) -> str:
    return ", ".join("?" for _ in values)
