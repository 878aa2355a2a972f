"""One person's data: what goes at once, what goes when something is over, and what stays."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.accounts import SlackUser
from bot.auditing import Deed
from bot.disconnecting import Parting
from bot.scheduling import RequestState
from bot.store.auditing import note, replace_name
from bot.store.beside import OneConnection
from bot.store.disconnecting import PartingStore
from bot.store.linking import AccountStore
from bot.store.port import Connection, Database
from bot.store.vault import Vault

_UNDER_WAY: Final = (
    RequestState.READY,
    RequestState.CREATING,
    RequestState.UNCLEAR,
    RequestState.CREATED,
)
"""A request in one of these may have a timer by the next moment, which somebody has to know of.

So may one that a worker holds, whatever its state: it would go on without its row.
"""

_PERSON: Final = "team_id = :team_id AND user_id = :user_id"
_STATES: Final = ", ".join(f"'{state}'" for state in _UNDER_WAY)
_GOES: Final = f"{_PERSON} AND lease_owner IS NULL AND NOT (due IS NOT NULL AND state IN ({_STATES}))"
_TIMERS: Final = (
    f"SELECT job_id FROM timers WHERE {_PERSON} AND job_id NOT IN "
    f"(SELECT job_id FROM requests WHERE {_PERSON} AND job_id IS NOT NULL AND NOT ({_GOES}))"
)

_ROWS: Final[Mapping[str, str]] = {
    "tickets": f"sign_in_id IN (SELECT sign_in_id FROM sign_ins WHERE {_PERSON})",
    "journeys": f"sign_in_id IN (SELECT sign_in_id FROM sign_ins WHERE {_PERSON})",
    "accounts": _PERSON,
    "tokens": _PERSON,
    "sign_ins": _PERSON,
    "drafts": _PERSON,
    "places": _PERSON,
    "watches": _PERSON,
    "followers": f"({_PERSON}) OR job_id IN ({_TIMERS})",
    "digests": _PERSON,
    "changes": _PERSON,
    "preferences": _PERSON,
    "workflow_steps": _PERSON,
    "mailboxes": "team_id = :team_id AND place = :user_id",
    "runs": f"job_id IN ({_TIMERS})",
    "timers": f"job_id IN ({_TIMERS})",
    "requests": _GOES,
}
"""The rows that go, in this order: each may look at those below it. Posts go with their mailbox."""

_NAMES: Final[Mapping[str, str]] = {
    "presets": "saved_by",
    "muted_channels": "muted_by",
    "installations": "installed_by",
}
"""What belongs to a channel or a workspace, and loses only the name of who did it."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many rows went from each table, how many lost a name, and what remains.

    `is_parting` says that tokens are still to be revoked at Globus, `under_way` how many requests are not
    over, `trail` how many rows of the audit trail are about the person, under another name if `is_renamed`.
    """

    rows: Mapping[str, int]
    names: int
    is_parting: bool
    under_way: int
    trail: int
    is_renamed: bool


def forget(
    database: Database,
    vault: Vault,
    person: SlackUser,
    *,
    clock: Callable[[], datetime],
    new_id: Callable[[], str],
    with_trail: bool,
) -> Forgotten:
    """Forget a person in one step, beside the bot that may be running; it revokes their tokens at Globus."""

    def let_go(opened: Connection) -> Forgotten:
        within = OneConnection(opened, database.dialect)
        return _forget(opened, within, vault, person, clock=clock, new_id=new_id, with_trail=with_trail)

    return database.write(let_go)


def _forget(
    opened: Connection,
    within: Database,
    vault: Vault,
    person: SlackUser,
    *,
    clock: Callable[[], datetime],
    new_id: Callable[[], str],
    with_trail: bool,
) -> Forgotten:
    at = clock()
    partings = PartingStore(
        within, vault, AccountStore(within, vault, clock=clock), clock=clock, owner="forget"
    )
    who = {"team_id": person.team_id, "user_id": person.user_id}

    def count(table: str, where: str) -> int:
        [row] = opened.query(f"SELECT count(*) AS count FROM {table} WHERE {where}", who)
        return int(row["count"])

    rows = {table: count(table, where) for table, where in _ROWS.items()}
    partings.begin(Parting(new_id(), person, begun_at=at, due=at, is_told=False))
    for table, where in _ROWS.items():
        opened.execute(f"DELETE FROM {table} WHERE {where}", who)
    names = sum(
        opened.execute(
            f"UPDATE {table} SET {column} = '' WHERE team_id = :team_id AND {column} = :user_id", who
        ).rowcount
        for table, column in _NAMES.items()
    )
    note(opened, Deed.FORGOTTEN, at=at, team_id=person.team_id, user_id=person.user_id)
    trail = replace_name(opened, person) if with_trail else count("audit", _PERSON)
    return Forgotten(
        rows={table: gone for table, gone in rows.items() if gone},
        names=names,
        is_parting=bool(count("partings", _PERSON)),
        under_way=count("requests", _PERSON),
        trail=trail,
        is_renamed=with_trail,
    )
