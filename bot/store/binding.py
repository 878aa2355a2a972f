"""Tickets and journeys in SQLite: hashes only, and each journey ended in one statement."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, Final

from bot.binding import Journey, Purpose
from bot.sign_ins import SignIn
from bot.store.port import Connection, Database, insert
from bot.store.queue import as_text

_FORGET: Final = "DELETE FROM {table} WHERE expires_at <= ?"


class TicketStore:
    """Keeps the tickets that stand in links."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Callable[[], datetime],
        sign_in: Callable[[str], Awaitable[SignIn | None]],
    ) -> None:
        self._database = database
        self._clock = clock
        self._sign_in = sign_in

    def keep(self, ticket_hash: str, sign_in_id: str, *, expires_at: datetime) -> None:
        """Keep a ticket, and forget those that are over."""
        row = {"ticket_hash": ticket_hash, "sign_in_id": sign_in_id, "expires_at": as_text(expires_at)}
        now = as_text(self._clock())

        def keep(database: Connection) -> None:
            database.execute(_FORGET.format(table="tickets"), [now])
            insert(database, "tickets", row)

        self._database.write(keep)

    async def find(self, ticket_hash: str, *, now: datetime) -> SignIn | None:
        """Give the sign-in of a ticket that still counts; looking does not use it up."""
        query = "SELECT sign_in_id FROM tickets WHERE ticket_hash = ? AND expires_at > ?"
        rows = await self._database.read_soon(
            lambda database: list(database.query(query, [ticket_hash, as_text(now)]))
        )
        return await self._sign_in(rows[0]["sign_in_id"]) if rows else None


class JourneyStore:
    """Keeps the browsers that were sent elsewhere."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, journey: Journey) -> None:
        """Keep a journey."""
        row = {
            "state_hash": journey.state_hash,
            "purpose": journey.purpose,
            "sign_in_id": journey.sign_in_id,
            "browser_hash": journey.browser_hash,
            "nonce": journey.nonce,
            "expires_at": as_text(journey.expires_at),
        }
        await self._database.write_soon(lambda database: insert(database, "journeys", row))

    async def end(
        self, state_hash: str, purpose: Purpose, browser_hash: str, *, now: datetime
    ) -> Journey | None:
        """Give and forget a journey in one statement, so that of many at once one gets it."""
        take = (
            "DELETE FROM journeys "
            "WHERE state_hash = ? AND purpose = ? AND browser_hash = ? AND expires_at > ? RETURNING *"
        )
        values = [state_hash, purpose, browser_hash, as_text(now)]

        def end(database: Connection) -> list[dict[str, Any]]:
            taken = list(database.query(take, values))
            database.execute(_FORGET.format(table="journeys"), [as_text(now)])
            return taken

        rows = await self._database.write_soon(end)
        return _journey(rows[0]) if rows else None


def _journey(row: Mapping[str, Any]) -> Journey:
    return Journey(
        state_hash=row["state_hash"],
        purpose=Purpose(row["purpose"]),
        sign_in_id=row["sign_in_id"],
        browser_hash=row["browser_hash"],
        nonce=row["nonce"],
        expires_at=datetime.fromisoformat(row["expires_at"]),
    )
