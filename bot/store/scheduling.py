"""Requests in SQLite: accepted once, claimed with a lease, saved at every step."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields, replace
from datetime import datetime, timedelta
from typing import Any, Final

from typing_extensions import override

from bot.accounts import SlackUser
from bot.auditing import Deed
from bot.linking import Wanted
from bot.planning import Filter, FilterMethod, Location, Option, Plan, Source, SyncLevel
from bot.schedules import Schedule
from bot.scheduling import RequestState, TimerRequest
from bot.sessions import NO_SESSION, SessionRequirement
from bot.store.auditing import note
from bot.store.drafts import FORGET
from bot.store.port import Connection
from bot.store.queue import MINE, as_moment, as_text, plainly, recover
from bot.store.timers import look_now, restore, take_over, watch_from
from bot.store.working import QueueStore
from bot.working import NotOurs

_KEPT: Final = tuple(field.name for field in fields(TimerRequest) if field.name != "person")
_AS_JSON: Final = ("plan", "missing", "asked_for")
_PLAIN: Final = tuple(name for name in _KEPT if name not in {*_AS_JSON, "demanded", "answered", "signed_out"})
_INSERT: Final = (
    f"INSERT INTO requests (team_id, user_id, {', '.join(_KEPT)}) "
    f"VALUES (:team_id, :user_id, {', '.join(':' + name for name in _KEPT)}) "
    "ON CONFLICT (request_id) DO NOTHING"
)
_CHANGING: Final = tuple(
    name for name in _KEPT if name not in {"request_id", "reference", "received_at", "view_id"}
)
_SET: Final = ", ".join(f"{name} = :{name}" for name in _CHANGING)
_UPDATE: Final = f"UPDATE requests SET {_SET} WHERE request_id = :request_id"
_IN_HAND: Final = f"{_UPDATE} AND {MINE}"
_ABOUT_TO_SEND: Final = f"{_IN_HAND} AND creations < :creations"
"""Of two that send a request, each believing that it alone holds it, one is refused before it does."""


_HAS_TIMER: Final = "SELECT 1 FROM requests WHERE request_id = ? AND job_id IS NOT NULL"
_ONE: Final = "SELECT * FROM requests WHERE request_id = ?"
_SIGNED_OUT: Final = """
    SELECT * FROM requests WHERE team_id = :team_id AND user_id = :user_id
      AND (state = :waiting OR signed_out = 1) ORDER BY received_at DESC"""


class RequestStore(QueueStore[TimerRequest]):
    """Keeps requests. It is the inbox of the form and the queue of the workers."""

    table = "requests"

    @override
    def item_from(self, row: Mapping[str, Any]) -> TimerRequest:
        return request_from(row)

    async def accept(self, request: TimerRequest) -> bool:
        """Commit a new request, and that its person's draft is over.

        False if its ID is known already, and then the request stays as it is.
        """
        row, who = _row(request), [request.person.team_id, request.person.user_id]

        def accept(database: Connection) -> bool:
            database.execute(FORGET, who)
            return database.execute(_INSERT, row).rowcount == 1

        return await self._database.write_soon(accept)

    def save(self, request: TimerRequest) -> None:
        """Commit a request's new state, and from when it has a timer on, that the timer is watched.

        Whether its modal is still open is known to Slack alone, and kept. Raises NotOurs.
        """
        row, at = _row(request) | {"owner": self._owner}, self._clock()
        in_hand = _ABOUT_TO_SEND if request.state is RequestState.CREATING else _IN_HAND

        def save(database: Connection) -> None:
            if request.job_id and not list(database.query(_HAS_TIMER, [request.request_id])):
                _note_created(database, request, at=at)
            if not database.execute(in_hand, row).rowcount:
                raise NotOurs
            if request.job_id:
                watch_from(database, request, at=at)

        self._database.write(save)

    def take_over(self, request: TimerRequest) -> str | None:
        """Let a request's timer take the place of the one that it edits, which is gone by now.

        Gives the `ts` of the announcement that is its own now; None if it is to have a new one.
        """
        at = self._clock()
        return self._database.write(lambda database: take_over(database, request, at=at))

    def find(self, request_id: str) -> TimerRequest | None:
        """Give a request, or None if there is none with this ID."""
        rows = self._database.read(lambda database: list(database.query(_ONE, [request_id])))
        return request_from(rows[0]) if rows else None

    def latest(self, person: SlackUser, *, limit: int) -> Sequence[TimerRequest]:
        """Give the person's requests, the latest first."""
        query = "SELECT * FROM requests WHERE team_id = ? AND user_id = ? ORDER BY received_at DESC LIMIT ?"
        values = [person.team_id, person.user_id, limit]
        rows = self._database.read(lambda database: list(database.query(query, values)))
        return [request_from(row) for row in rows]

    async def find_timer(self, team_id: str, job_id: str) -> TimerRequest | None:
        """Give the request that became a timer, or None if no request of this team did."""
        query = "SELECT * FROM requests WHERE job_id = ? AND team_id = ?"
        rows = await self._database.read_soon(lambda database: list(database.query(query, [job_id, team_id])))
        return request_from(rows[0]) if rows else None

    def decide(self, request: TimerRequest, expected: RequestState) -> bool:
        """Commit a resting request's new state if it still rests in the expected one."""
        decided = f"{_UPDATE} AND state = :expected AND requests.due IS NULL"
        row = _row(request) | {"expected": expected}
        return self._database.write(lambda database: database.execute(decided, row).rowcount == 1)

    def waiting_for(self, person: SlackUser) -> Wanted:
        """Give what this person's requests wait for; of several sessions the one asked for last."""
        rows = self._database.read(lambda database: list(database.query(_SIGNED_OUT, _of(person))))
        waiting = [request_from(row) for row in rows]
        return Wanted(
            collections=frozenset(one for request in waiting for one in request.missing),
            session=next((request.demanded for request in waiting if request.demanded), NO_SESSION),
        )

    async def close_view(self, view_id: str) -> TimerRequest | None:
        """Note that a request's modal was closed; gives the request, or None if the view is another's."""

        def close(database: Connection) -> list[dict[str, Any]]:
            return list(
                database.query("UPDATE requests SET view_id = NULL WHERE view_id = ? RETURNING *", [view_id])
            )

        rows = await self._database.write_soon(close)
        return request_from(rows[0]) if rows else None

    # The workers' queue

    @override
    def recover(self) -> None:
        """Let go of what is held by processes that are no more; their creations are looked at now."""
        look = f", due = CASE WHEN state = '{RequestState.CREATING}' THEN :now ELSE due END"
        recover(self._database, self.table, owner=self._owner, also=look, now=as_text(self._clock()))


def resume(
    database: Connection,
    person: SlackUser,
    session: SessionRequirement,
    collections: frozenset[str],
    *,
    at: datetime,
) -> None:
    """Let every request of this person that waits for a sign-in go on; `session` is what it brought.

    One that was sent already goes on where it is, and is not checked: that would send it once more. Their
    timers are looked at again, and those that lacked just this are resumed.
    """
    for row in list(database.query(_SIGNED_OUT, _of(person))):
        waiting = request_from(row)
        brought = (session,) if session and session == waiting.demanded else ()
        resumed = replace(
            waiting,
            state=waiting.state if waiting.signed_out else RequestState.CHECKING,
            due=at,
            answered=(*waiting.answered, *brought),
            signed_out=False,
            reason="",
        )
        database.execute(_UPDATE, _row(resumed))
    restore(database, person, collections, session)
    look_now(database, person, at=at)


def _note_created(database: Connection, request: TimerRequest, *, at: datetime) -> None:
    note(
        database,
        Deed.EDITED if request.replaces else Deed.CREATED,
        at=at,
        team_id=request.person.team_id,
        user_id=request.person.user_id,
        subject=request.job_id or "",
        detail=f"in place of {request.replaces}" if request.replaces else "",
    )


def _of(person: SlackUser) -> dict[str, str]:
    return asdict(person) | {"waiting": RequestState.WAITING_FOR_SIGN_IN}


def _row(request: TimerRequest) -> dict[str, Any]:
    row = {name: plainly(getattr(request, name)) for name in _PLAIN}
    row |= {name: json.dumps(getattr(request, name), default=plainly) for name in _AS_JSON}
    return row | {
        "team_id": request.person.team_id,
        "user_id": request.person.user_id,
        "demanded": request.demanded.written(),
        "answered": json.dumps([one.written() for one in request.answered]),
        "signed_out": int(request.signed_out),
    }


def request_from(row: Mapping[str, Any]) -> TimerRequest:
    """Read a row of `requests`."""
    kept = {name: row[name] for name in _KEPT}
    kept |= {name: as_moment(row[name]) for name in ("received_at", "due", "unclear_since", "next_run")}
    kept |= {name: frozenset(json.loads(row[name])) for name in ("missing", "asked_for")}
    kept |= {
        "person": SlackUser(row["team_id"], row["user_id"]),
        "plan": _plan(json.loads(row["plan"])),
        "state": RequestState(row["state"]),
        "demanded": SessionRequirement.read(row["demanded"]),
        "answered": tuple(map(SessionRequirement.read, json.loads(row["answered"]))),
        "signed_out": bool(row["signed_out"]),
    }
    return TimerRequest(**kept)


def _plan(plan: dict[str, Any]) -> Plan:
    schedule = plan["schedule"]
    interval = schedule["interval"]
    return Plan(
        source=Source(**plan["source"] | {"paths": tuple(plan["source"]["paths"])}),
        destination=Location(**plan["destination"]),
        schedule=Schedule(
            start=datetime.fromisoformat(schedule["start"]),
            interval=None if interval is None else timedelta(seconds=interval),
            runs=schedule["runs"],
            until=as_moment(schedule["until"]),
        ),
        announce_in=plan["announce_in"],
        announce_thread=plan["announce_thread"],
        name=plan["name"],
        options=frozenset(map(Option, plan["options"])),
        sync_level=SyncLevel(plan["sync_level"]),
        filters=tuple(Filter(FilterMethod(one["method"]), one["pattern"]) for one in plan["filters"]),
    )
