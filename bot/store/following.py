"""What people and channels want to hear, in SQLite; the digests are the queue of those who tell them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from typing_extensions import override

from bot.accounts import SlackUser
from bot.following import Digest, Muted, Tally
from bot.news import Post, Wish
from bot.store.port import Connection, Values
from bot.store.queue import MINE, as_moment, as_text, plainly
from bot.store.telling import put
from bot.store.working import QueueStore
from bot.working import NotOurs

_KEEP: Final = """
    INSERT INTO followers (team_id, user_id, job_id, wish) VALUES (:team_id, :user_id, :job_id, :wish)
    ON CONFLICT (job_id, team_id, user_id) DO UPDATE SET wish = excluded.wish"""

_FORGET: Final = """
    DELETE FROM followers WHERE team_id = :team_id AND user_id = :user_id AND job_id IN (
      SELECT job_id FROM timers
      WHERE team_id = :team_id AND channel_id = :channel_id AND user_id <> :user_id)"""

_BEGIN: Final = """
    INSERT INTO digests (team_id, user_id, told_until, due) VALUES (:team_id, :user_id, :now, :due)
    ON CONFLICT (team_id, user_id) DO UPDATE SET
      told_until = CASE WHEN digests.due IS NULL THEN excluded.told_until ELSE digests.told_until END,
      due = coalesce(digests.due, excluded.due)"""

_TALLIES: Final = """
    SELECT timers.job_id, title, count(runs.job_id) AS runs,
      count(CASE WHEN runs.state = 'failed' THEN 1 END) AS failed,
      CAST(coalesce(sum(runs.bytes_transferred), 0) AS BIGINT) AS bytes_transferred
    FROM followers JOIN timers USING (job_id, team_id)
    LEFT JOIN runs ON runs.job_id = timers.job_id AND runs.noted_at > :since AND runs.noted_at <= :until
      AND runs.state IN ('succeeded', 'failed')
    WHERE followers.team_id = :team_id AND followers.user_id = :user_id AND wish = 'digest'
    GROUP BY timers.job_id ORDER BY title, timers.job_id"""


class FollowerStore(QueueStore[Digest]):
    """Keeps wishes, muted channels and digests."""

    table = "digests"

    @override
    def item_from(self, row: Mapping[str, Any]) -> Digest:
        return Digest(
            digest_id=row["digest_id"],
            person=SlackUser(row["team_id"], row["user_id"]),
            told_until=datetime.fromisoformat(row["told_until"]),
            due=as_moment(row["due"]),
        )

    def of(self, person: SlackUser, job_id: str) -> Wish | None:
        """Give what a person said they want to hear of a timer; None if they said nothing."""
        query = "SELECT wish FROM followers WHERE job_id = ? AND team_id = ? AND user_id = ?"
        rows = self._rows(query, [job_id, person.team_id, person.user_id])
        return Wish(rows[0]["wish"]) if rows else None

    def keep(self, person: SlackUser, job_id: str, wish: Wish, *, digest_due: datetime) -> None:
        """Keep what a person wants to hear; a first digest is due then."""
        row = {
            "team_id": person.team_id,
            "user_id": person.user_id,
            "job_id": job_id,
            "wish": wish.value,
            "now": as_text(self._clock()),
            "due": as_text(digest_due),
        }

        def keep(database: Connection) -> None:
            database.execute(_KEEP, row)
            if wish is Wish.DIGEST:
                database.execute(_BEGIN, row)

        self._database.write(keep)

    def forget(self, person: SlackUser, channel_id: str) -> None:
        """Forget what a person wants to hear of others' timers that a channel was told of."""
        values = {"team_id": person.team_id, "user_id": person.user_id, "channel_id": channel_id}
        self._database.write(lambda database: database.execute(_FORGET, values))

    def muted(self, team_id: str, channel_id: str) -> Muted | None:
        """Say who muted a channel; None if nobody did."""
        query = "SELECT muted_by, muted_at FROM muted_channels WHERE team_id = ? AND channel_id = ?"
        rows = self._rows(query, [team_id, channel_id])
        return Muted(rows[0]["muted_by"], datetime.fromisoformat(rows[0]["muted_at"])) if rows else None

    def mute(self, team_id: str, channel_id: str, muted: Muted | None) -> None:
        """Mute a channel, or with None let it hear again; who muted it first is remembered."""
        where = {"team_id": team_id, "channel_id": channel_id}
        if muted is None:
            forget = "DELETE FROM muted_channels WHERE team_id = :team_id AND channel_id = :channel_id"
            self._database.write(lambda database: database.execute(forget, where))
            return
        mute = (
            "INSERT INTO muted_channels (team_id, channel_id, muted_by, muted_at) "
            "VALUES (:team_id, :channel_id, :by, :at) ON CONFLICT DO NOTHING"
        )
        row = where | {"by": muted.by, "at": as_text(muted.at)}
        self._database.write(lambda database: database.execute(mute, row))

    # The digests

    def tallies(self, digest: Digest, until: datetime) -> Sequence[Tally] | None:
        """Give what the timers did that a person wants digests of; None if there are no such timers."""
        values = {
            "team_id": digest.person.team_id,
            "user_id": digest.person.user_id,
            "since": as_text(digest.told_until),
            "until": as_text(until),
        }
        rows = self._rows(_TALLIES, values)
        return [Tally(**row) for row in rows] if rows else None

    def told(self, digest: Digest, posts: Sequence[Post]) -> None:
        """Keep the news on their way and when the next digest is due, in one step. Raises NotOurs."""
        at = self._clock()
        save = f"UPDATE digests SET told_until = :until, due = :due WHERE digest_id = :digest_id AND {MINE}"
        values = {
            "until": as_text(digest.told_until),
            "due": plainly(digest.due),
            "digest_id": digest.digest_id,
            "owner": self._owner,
        }

        def told(database: Connection) -> None:
            if not database.execute(save, values).rowcount:
                raise NotOurs
            put(database, posts, at=at)

        self._database.write(told)

    def _rows(self, query: str, values: Values) -> list[dict[str, Any]]:
        return self._database.read(lambda database: list(database.query(query, values)))
