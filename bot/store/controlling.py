"""What owners want of their timers in SQLite, until it is done. It is the queue of those who do it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from typing_extensions import override

from bot.accounts import SlackUser
from bot.controlling import Act, TimerChange
from bot.news import Post
from bot.observing import Observation
from bot.store.auditing import note_news
from bot.store.knowing import ChangedMeanwhile, record
from bot.store.port import Connection, insert
from bot.store.queue import MINE, as_moment, as_text, plainly
from bot.store.telling import put
from bot.store.timers import look_now
from bot.store.working import QueueStore
from bot.working import NotOurs

_QUESTION: Final = "ask "
"""What the `act` of a question to an owner begins with: a row that is nobody's work, to ask only once."""

_OPPOSITE: Final = """
    team_id = :team_id AND user_id = :user_id AND job_id = :job_id AND act IN ('pause', 'resume')
    AND act <> :act AND due IS NOT NULL"""
_FORGET_OPPOSITE: Final = f"DELETE FROM changes WHERE {_OPPOSITE} AND lease_owner IS NULL"
_GIVE_WAY: Final = f"UPDATE changes SET due = NULL, outcome = 'given way' WHERE {_OPPOSITE}"

_WAITING: Final = """
    SELECT 1 FROM changes WHERE team_id = :team_id AND user_id = :user_id AND job_id = :job_id
      AND act = :act AND name = :name AND due IS NOT NULL AND lease_owner IS NULL LIMIT 1"""

_EARLIER: Final = """
    SELECT 1 FROM changes WHERE job_id = :job_id AND (due IS NOT NULL OR lease_owner IS NOT NULL)
      AND (asked_at, change_id) <
        (SELECT asked_at, change_id FROM changes WHERE change_id = :change_id) LIMIT 1"""


_ANOTHERS: Final = f"SELECT 1 FROM changes WHERE change_id = :change_id AND NOT {MINE}"


class ChangeStore(QueueStore[TimerChange]):
    """Keeps changes from the click until Globus has made them."""

    table = "changes"

    @override
    def item_from(self, row: Mapping[str, Any]) -> TimerChange:
        return TimerChange(
            change_id=row["change_id"],
            person=SlackUser(row["team_id"], row["user_id"]),
            job_id=row["job_id"],
            act=Act(row["act"]),
            asked_at=datetime.fromisoformat(row["asked_at"]),
            name=row["name"],
            view_id=row["view_id"],
            attempts=row["attempts"],
            due=as_moment(row["due"]),
        )

    async def accept(self, change: TimerChange) -> bool:
        """Commit a change; False if the same person's same wish is waiting already.

        A pause or resume that is not done gives way to the new wish.
        """
        row = _row(change)

        def accept(database: Connection) -> bool:
            if list(database.query(_WAITING, row)):
                return False
            if change.act is not Act.RENAME:
                database.execute(_FORGET_OPPOSITE, row)
                database.execute(_GIVE_WAY, row)
            insert(database, "changes", row)
            return True

        return await self._database.write_soon(accept)

    def is_first(self, change: TimerChange) -> bool:
        """Say whether no earlier change of its timer is under way."""
        values = {"job_id": change.job_id, "change_id": change.change_id}
        return not self._database.read(lambda database: list(database.query(_EARLIER, values)))

    def later(self, change: TimerChange) -> None:
        """Keep when to try again, unless the change has given way to a newer wish."""
        save = "UPDATE changes SET due = ?, attempts = ? WHERE change_id = ? AND outcome = ''"
        values = [as_text(change.due or self._clock()), change.attempts, change.change_id]
        self._database.write(lambda database: database.execute(save, values))

    def finish(
        self, change: TimerChange, observed: Observation | None, posts: Sequence[Post], *, look: bool
    ) -> bool:
        """Commit how the timer is now, the news of it, and that the change is done, in one step.

        `look` makes its owner's timers due. False, and nothing changes, if the timer was changed meanwhile.
        Raises NotOurs, and nothing changes either, if somebody else makes the change by now.
        """
        at = self._clock()

        def finish(database: Connection) -> None:
            if list(database.query(_ANOTHERS, {"change_id": change.change_id, "owner": self._owner})):
                raise NotOurs
            if observed:
                record(database, observed, at=at)
                note_news(database, observed.news, team_id=change.person.team_id, at=at)
            put(database, posts, at=at)
            if look:
                due = (
                    "UPDATE timers SET look_at = NULL, version = version + 1 WHERE job_id = ? AND team_id = ?"
                )
                database.execute(due, [change.job_id, change.person.team_id])
                look_now(database, change.person, at=at)
            database.execute("DELETE FROM changes WHERE change_id = ?", [change.change_id])

        try:
            self._database.write(finish)
        except ChangedMeanwhile:
            return False
        return True

    def ask_once(self, post: Post, *, asked_since: datetime) -> bool:
        """Keep a question to an owner; False if the same was asked since then."""
        now = self._clock()
        row = {
            "change_id": f"{_QUESTION}{post.news.detail} {post.news.job_id} {post.news.by} {post.team_id}",
            "team_id": post.team_id,
            "user_id": post.news.by,
            "job_id": post.news.job_id,
            "act": _QUESTION + post.news.detail,
            "name": "",
            "asked_at": as_text(now),
            "attempts": 0,
            "outcome": "asked",
        }
        forget = "DELETE FROM changes WHERE outcome = 'asked' AND asked_at < ?"

        def ask(database: Connection) -> bool:
            database.execute(forget, [as_text(asked_since)])
            if list(database.query("SELECT 1 FROM changes WHERE change_id = ?", [row["change_id"]])):
                return False
            insert(database, "changes", row)
            put(database, [post], at=now)
            return True

        return self._database.write(ask)

    # The workers' queue

    @override
    def release(self, item: TimerChange) -> None:
        """Let go of a change; one that gave way while it was under way is forgotten."""
        super().release(item)
        forget = "DELETE FROM changes WHERE change_id = ? AND outcome = 'given way'"
        self._database.write(lambda database: database.execute(forget, [item.change_id]))

    @override
    def recover(self) -> None:
        """Let go of what is held by processes that are no more; what gave way meanwhile is forgotten."""
        super().recover()
        given_way = "FROM changes WHERE outcome = 'given way' AND lease_owner IS NULL"
        if self._database.read(lambda database: list(database.query(f"SELECT 1 {given_way} LIMIT 1"))):
            self._database.write(lambda database: database.execute(f"DELETE {given_way}"))


def _row(change: TimerChange) -> dict[str, Any]:
    return {
        "change_id": change.change_id,
        "team_id": change.person.team_id,
        "user_id": change.person.user_id,
        "job_id": change.job_id,
        "act": change.act.value,
        "name": change.name,
        "asked_at": as_text(change.asked_at),
        "view_id": change.view_id,
        "attempts": change.attempts,
        "outcome": "",
        "due": plainly(change.due),
    }
