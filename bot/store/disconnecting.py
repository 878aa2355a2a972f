"""Partings in SQLite. They are the queue of the workers that carry them out."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from typing_extensions import override

from bot.accounts import SlackUser, Token
from bot.auditing import Deed
from bot.disconnecting import Parting
from bot.scheduling import RequestState
from bot.store.auditing import note, replace_names
from bot.store.linking import AccountStore
from bot.store.port import Connection, Database, insert
from bot.store.queue import as_moment, as_text, plainly
from bot.store.timers import leave_unwatched, mark_gone
from bot.store.vault import Vault
from bot.store.working import QueueStore
from bot.timers import Timer

_WAITING: Final = (RequestState.WAITING_FOR_SIGN_IN, RequestState.CHECKING, RequestState.RECEIVED)
_OF_A_PERSON: Final = (
    "accounts",
    "sign_ins",
    "drafts",
    "places",
    "watches",
    "followers",
    "digests",
    "changes",
    "preferences",
)
"""The tables that hold nothing but what somebody keeps with the bot; tokens go with their account."""

_OF_A_WORKSPACE: Final = (
    "sign_ins",
    "drafts",
    "places",
    "presets",
    "requests",
    "timers",
    "watches",
    "followers",
    "digests",
    "changes",
    "muted_channels",
    "mailboxes",
    "preferences",
    "workflow_steps",
)
"""The tables that a workspace leaves behind; its accounts become partings, which end with their tokens."""

_GIVE_UP: Final = (
    "UPDATE requests SET state = ?, due = NULL, reason = ? WHERE team_id = ? AND user_id = ? "
    f"AND state IN ({', '.join('?' for _ in _WAITING)})"
)


class PartingStore(QueueStore[Parting]):
    """Keeps partings with their tokens, sealed, until they are done."""

    table = "partings"

    def __init__(
        self,
        database: Database,
        vault: Vault,
        accounts: AccountStore,
        *,
        clock: Callable[[], datetime],
        owner: str,
    ) -> None:
        super().__init__(database, clock=clock, owner=owner)
        self._vault = vault
        self._accounts = accounts

    def begin(self, parting: Parting) -> bool:
        """Keep a parting with the person's tokens and forget the person, in one step; False if not linked."""
        person = parting.person
        tokens = self._accounts.tokens(person)
        row = self._row(parting, tokens)
        who = [person.team_id, person.user_id]

        def begin(database: Connection) -> bool:
            of_person = "WHERE team_id = ? AND user_id = ?"
            if not list(database.query(f"SELECT 1 FROM accounts {of_person}", who)):
                return False
            insert(database, "partings", row)
            note(
                database,
                Deed.UNLINKED,
                at=parting.begun_at,
                team_id=person.team_id,
                user_id=person.user_id,
            )
            for table in _OF_A_PERSON:
                database.execute(f"DELETE FROM {table} {of_person}", who)
            leave_unwatched(database, person, at=parting.begun_at)
            reason = "You disconnected your Globus account."
            database.execute(_GIVE_UP, [RequestState.EXPIRED, reason, *who, *_WAITING])
            return True

        return self._database.write(begin)

    def save(self, parting: Parting) -> None:
        """Commit a parting's new state."""
        row = self._row(parting, parting.tokens)
        changed = ", ".join(f"{name} = :{name}" for name in row)
        save = f"UPDATE partings SET {changed} WHERE parting_id = :parting_id"
        self._database.write(lambda database: database.execute(save, row))

    def end(self, parting: Parting) -> None:
        """Forget a parting that is done."""
        end = "DELETE FROM partings WHERE parting_id = ?"
        self._database.write(lambda database: database.execute(end, [parting.parting_id]))

    def people(self, team_id: str) -> Sequence[SlackUser]:
        """Give everybody of a workspace who is linked."""
        rows = self._database.read(
            lambda database: list(database.query("SELECT user_id FROM accounts WHERE team_id = ?", [team_id]))
        )
        return [SlackUser(team_id, row["user_id"]) for row in rows]

    def forget(self, person: SlackUser) -> None:
        """Forget what somebody keeps with the bot who need not be linked, and give up what waits for them."""
        who = [person.team_id, person.user_id]

        def forget(database: Connection) -> None:
            for table in _OF_A_PERSON:
                if table != "accounts":
                    database.execute(f"DELETE FROM {table} WHERE team_id = ? AND user_id = ?", who)
            reason = "Your Slack account was deactivated."
            database.execute(_GIVE_UP, [RequestState.EXPIRED, reason, *who, *_WAITING])

        self._database.write(forget)

    def forget_workspace(self, team_id: str) -> None:
        """Forget everything of a workspace but its partings and whoever is still linked."""

        def forget(database: Connection) -> None:
            for table in ("tickets", "journeys"):
                database.execute(
                    f"DELETE FROM {table} WHERE sign_in_id IN "
                    "(SELECT sign_in_id FROM sign_ins WHERE team_id = ?)",
                    [team_id],
                )
            database.execute(
                "DELETE FROM runs WHERE job_id IN (SELECT job_id FROM timers WHERE team_id = ?)", [team_id]
            )
            for table in _OF_A_WORKSPACE:
                database.execute(f"DELETE FROM {table} WHERE team_id = ?", [team_id])
            replace_names(database, team_id)

        self._database.write(forget)

    def deleted(self, person: SlackUser, job_id: str) -> None:
        """Note that a parting has deleted a timer, so that its announcement says so."""
        at = self._clock()

        def delete(database: Connection) -> None:
            mark_gone(database, person, job_id, at=at)
            note(
                database,
                Deed.DELETED,
                at=at,
                team_id=person.team_id,
                user_id=person.user_id,
                subject=job_id,
                detail="on leaving",
            )

        self._database.write(delete)

    def made_for(self, person: SlackUser) -> Sequence[Timer]:
        """Give the timers that the bot made for a person and that are not over, as far as it knows."""
        query = (
            "SELECT job_id, plan, reference, next_run FROM requests "
            "WHERE team_id = ? AND user_id = ? AND job_id IS NOT NULL AND NOT EXISTS ("
            "SELECT 1 FROM timers WHERE timers.job_id = requests.job_id AND status IN ('ended', 'gone')) "
            "ORDER BY received_at"
        )
        rows = self._database.read(
            lambda database: list(database.query(query, [person.team_id, person.user_id]))
        )
        return [
            Timer(
                row["job_id"], json.loads(row["plan"])["name"] or row["reference"], as_moment(row["next_run"])
            )
            for row in rows
        ]

    def _row(self, parting: Parting, tokens: Mapping[str, Token]) -> dict[str, Any]:
        written = json.dumps([asdict(token) for token in tokens.values()])
        return {
            "parting_id": parting.parting_id,
            "team_id": parting.person.team_id,
            "user_id": parting.person.user_id,
            "begun_at": as_text(parting.begun_at),
            "job_ids": json.dumps(parting.delete),
            "tokens": self._vault.seal(written, "partings", "tokens", parting.parting_id),
            "deleted": parting.deleted,
            "undeleted": parting.undeleted,
            "attempts": parting.attempts,
            "due": plainly(parting.due),
            "is_told": int(parting.is_told),
        }

    @override
    def item_from(self, row: Mapping[str, Any]) -> Parting:
        opened = json.loads(self._vault.open(row["tokens"], "partings", "tokens", row["parting_id"]))
        return Parting(
            parting_id=row["parting_id"],
            person=SlackUser(row["team_id"], row["user_id"]),
            begun_at=datetime.fromisoformat(row["begun_at"]),
            delete=tuple(json.loads(row["job_ids"])),
            tokens={token["resource_server"]: Token(**token) for token in opened},
            deleted=row["deleted"],
            undeleted=row["undeleted"],
            attempts=row["attempts"],
            due=as_moment(row["due"]),
            is_told=bool(row["is_told"]),
        )
