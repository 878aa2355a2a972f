"""Steps of workflows in SQLite. They are the queue of the workers that carry them out."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from typing_extensions import override

from bot.accounts import SlackUser
from bot.store.port import Connection
from bot.store.queue import as_moment, as_text, plainly
from bot.store.working import QueueStore
from bot.workflows import Ending, Message, Step, StepState

KEPT: Final = timedelta(days=7)
"""How long a step that is over is remembered after it would have expired."""

_ACCEPT: Final = (
    "INSERT INTO workflow_steps (execution_id, team_id, user_id, request_id, inputs, state, ending, "
    "expires_at, attempts, due, channel_id, message_ts) VALUES (:execution_id, :team_id, :user_id, "
    ":request_id, :inputs, :state, :ending, :expires_at, :attempts, :due, :channel_id, :message_ts) "
    "ON CONFLICT DO NOTHING"
)
_FORGET: Final = "DELETE FROM workflow_steps WHERE state = :told AND expires_at < :long_ago"
_DECLINE: Final = (
    "UPDATE workflow_steps SET state = :ended, ending = :ending, due = :due "
    "WHERE execution_id = :execution_id AND state IN (:received, :asked)"
)
_WAIT: Final = (
    "UPDATE workflow_steps SET state = :asked, channel_id = :channel_id, message_ts = :message_ts, "
    "attempts = 0, due = CASE WHEN EXISTS ("
    "SELECT 1 FROM requests WHERE requests.request_id = workflow_steps.request_id "
    "AND (requests.state IN ('announced', 'refused', 'expired') "
    "OR (requests.state = 'created' AND requests.due IS NULL))) THEN :now ELSE expires_at END "
    "WHERE execution_id = :execution_id AND state = :state"
)
"""The request may be over already; what counts as over is what m016's trigger watches for."""

_SAVE: Final = (
    "UPDATE workflow_steps SET state = :state, ending = :ending, attempts = :attempts, due = :due "
    "WHERE execution_id = :execution_id AND state != :told AND (state != :ended OR :state IN (:ended, :told))"
)
"""What has ended does not begin again: its person may have declined while a worker was busy with it."""


class StepStore(QueueStore[Step]):
    """Keeps the steps of workflows until Slack was told how they ended, and a while longer."""

    table = "workflow_steps"

    @override
    def item_from(self, row: Mapping[str, Any]) -> Step:
        return Step(
            execution_id=row["execution_id"],
            person=SlackUser(row["team_id"], row["user_id"]),
            request_id=row["request_id"],
            expires_at=datetime.fromisoformat(row["expires_at"]),
            inputs=json.loads(row["inputs"]),
            state=StepState(row["state"]),
            ending=Ending.read(row["ending"]),
            attempts=row["attempts"],
            due=as_moment(row["due"]),
            message=Message(row["channel_id"], row["message_ts"]) if row["message_ts"] else None,
        )

    async def accept(self, step: Step) -> None:
        """Keep a step on disk; one that is known already stays as it is. Old ones are forgotten."""
        row = _row(step)
        old = {"told": StepState.TOLD, "long_ago": as_text(self._clock() - KEPT)}

        def accept(database: Connection) -> None:
            database.execute(_FORGET, old)
            database.execute(_ACCEPT, row)

        await self._database.write_soon(accept)

    async def find(self, execution_id: str) -> Step | None:
        """Give a step."""
        query = "SELECT * FROM workflow_steps WHERE execution_id = ?"
        rows = await self._database.read_soon(lambda database: list(database.query(query, [execution_id])))
        return self.item_from(rows[0]) if rows else None

    async def decline(self, step: Step, ending: Ending, *, at: datetime) -> bool:
        """End a step that waits for its person; False if it does not wait any more."""
        row = {
            "execution_id": step.execution_id,
            "ended": StepState.ENDED,
            "received": StepState.RECEIVED,
            "asked": StepState.ASKED,
            "ending": ending.written(),
            "due": as_text(at),
        }
        return await self._database.write_soon(
            lambda database: bool(database.execute(_DECLINE, row).rowcount)
        )

    def wait(self, step: Step) -> None:
        """Let a step wait for its person: until its request is over, or it expires."""
        row = {
            "execution_id": step.execution_id,
            "state": step.state,
            "asked": StepState.ASKED,
            "now": as_text(self._clock()),
            **_place(step),
        }
        self._database.write(lambda database: database.execute(_WAIT, row))

    def save(self, step: Step) -> None:
        """Commit a step's new state; one that has ended stays so, and nothing changes once Slack was told."""
        row = _row(step)
        kept = {name: row[name] for name in ("execution_id", "state", "ending", "attempts", "due")}
        kept |= {"ended": StepState.ENDED, "told": StepState.TOLD}
        self._database.write(lambda database: database.execute(_SAVE, kept))


def _row(step: Step) -> dict[str, Any]:
    return {
        "execution_id": step.execution_id,
        "team_id": step.person.team_id,
        "user_id": step.person.user_id,
        "request_id": step.request_id,
        "inputs": json.dumps(dict(step.inputs)),
        "state": step.state,
        "ending": step.ending.written(),
        "expires_at": as_text(step.expires_at),
        "attempts": step.attempts,
        "due": plainly(step.due),
        **_place(step),
    }


def _place(step: Step) -> dict[str, str]:
    message = step.message or Message("", "")
    return {"channel_id": message.channel_id, "message_ts": message.ts}
