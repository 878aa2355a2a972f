"""Timers, their runs and the watches over them in SQLite. Watches are the queue of those who look."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from typing_extensions import override

from bot.accounts import SlackUser
from bot.news import Follower, WatchedTimer, Wish
from bot.store.knowing import ChangedMeanwhile, Memory, record
from bot.store.port import Connection, Database
from bot.store.queue import MINE, as_moment, as_text
from bot.store.telling import put
from bot.store.working import QueueStore
from bot.watching import Audience, Look, Watch
from bot.working import NotOurs

_OF_A_PERSON: Final = """
    JOIN accounts USING (team_id, user_id, identity_id)
    WHERE team_id = ? AND user_id = ? AND (status NOT IN ('ended', 'gone') OR running <> '[]')"""


class WatchStore(QueueStore[Watch]):
    """Keeps what is known of timers, and when to look at whose."""

    table = "watches"

    def __init__(self, database: Database, *, clock: Callable[[], datetime], owner: str) -> None:
        super().__init__(database, clock=clock, owner=owner)
        self._memory = Memory()

    @override
    def item_from(self, row: Mapping[str, Any]) -> Watch:
        return Watch(
            watch_id=row["watch_id"],
            person=SlackUser(row["team_id"], row["user_id"]),
            due=as_moment(row["due"]),
            attempts=row["attempts"],
            silent_since=as_moment(row["silent_since"]),
            is_told=bool(row["is_told"]),
        )

    def timers(self, person: SlackUser) -> Sequence[WatchedTimer]:
        """Give the timers of a person that may still do something, made with the account linked now."""
        values = [person.team_id, person.user_id]
        return self._database.read(
            lambda database: self._memory.timers_of(database, _OF_A_PERSON, values), brief=True
        )

    def audience(self, team_id: str, job_ids: Collection[str]) -> Audience:
        """Give who follows these timers, and which channels of the team are muted."""
        places = ", ".join("?" for _ in job_ids)
        following = f"SELECT * FROM followers WHERE team_id = ? AND job_id IN ({places})"
        muted = "SELECT channel_id FROM muted_channels WHERE team_id = ?"

        def read(database: Connection) -> Audience:
            return Audience(
                followers=[
                    Follower(SlackUser(team_id, row["user_id"]), row["job_id"], Wish(row["wish"]))
                    for row in database.query(following, [team_id, *job_ids])
                ],
                muted=frozenset(row["channel_id"] for row in database.query(muted, [team_id])),
            )

        return self._database.read(read, brief=True)

    def keep(self, looks: Sequence[Look]) -> bool:
        """Commit looks in one step; False, and nothing changes, if a timer was changed meanwhile.

        Whoever asked for another look meanwhile gets it. Looks without news need not last: what a power cut
        takes back is seen again. Raises NotOurs, and nothing changes either, if somebody else looks by now.
        """
        at = self._clock()

        def keep(database: Connection) -> None:
            for look in looks:
                for one in look.observed:
                    record(database, one, at=at)
                put(database, look.posts, at=at)
                _save(database, look.watch, look.after, owner=self._owner)

        try:
            self._database.write(keep, lasting=any(look.posts for look in looks))
        except ChangedMeanwhile:
            return False
        self._memory.keep(one.timer for look in looks for one in look.observed)
        return True


def _text(moment: datetime | None) -> str | None:
    return as_text(moment) if moment else None


def _save(database: Connection, before: Watch, watch: Watch, *, owner: str) -> None:
    row = {
        "watch_id": watch.watch_id,
        "was_due": _text(before.due),
        "due": _text(watch.due),
        "attempts": watch.attempts,
        "silent_since": _text(watch.silent_since),
        "is_told": int(watch.is_told),
        "owner": owner,
    }
    saved = database.execute(
        "UPDATE watches SET due = CASE WHEN due IS NOT DISTINCT FROM :was_due THEN :due ELSE due END, "
        "attempts = :attempts, silent_since = :silent_since, is_told = :is_told, "
        f"lease_owner = NULL, lease_until = NULL WHERE watch_id = :watch_id AND {MINE}",
        row,
    )
    if not saved.rowcount:
        raise NotOurs
