"""Accounts, their sealed tokens, and the sign-ins under way, in SQLite."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from typing_extensions import override

from bot.accounts import Account, SlackUser, Token
from bot.auditing import Deed
from bot.sessions import SessionRequirement
from bot.sign_ins import SignIn, SignInState
from bot.store.auditing import note
from bot.store.port import Connection, Database, insert, upsert
from bot.store.queue import as_text
from bot.store.scheduling import resume
from bot.store.vault import Vault
from bot.store.working import QueueStore

_ONE: Final = "SELECT * FROM sign_ins WHERE sign_in_id = ?"

KEPT_AFTERWARDS: Final = timedelta(days=1)
"""How long a sign-in that is over is remembered, to tell its person so when they paste an old code."""

_TOLD: Final = "UPDATE sign_ins SET due = NULL WHERE sign_in_id = ? AND state = ?"

_UPSERT: Final = """
    INSERT INTO tokens (team_id, user_id, resource_server, scope, expires_at, access_token, refresh_token)
    VALUES (:team_id, :user_id, :resource_server, :scope, :expires_at, :access_token, :refresh_token)
    ON CONFLICT (team_id, user_id, resource_server) DO UPDATE SET
      scope = excluded.scope, expires_at = excluded.expires_at, access_token = excluded.access_token,
      -- A refresh answer may come without a refresh token; the one that is held stays good.
      refresh_token = coalesce(excluded.refresh_token, tokens.refresh_token)"""


_RECEIVE: Final = """
    UPDATE sign_ins SET state = :received, code = :code, due = :due,
      view_id = :view_id, form_view_id = coalesce(:form_view_id, form_view_id)
    WHERE sign_in_id = :sign_in_id AND team_id = :team_id AND user_id = :user_id AND state = :open"""


class AccountStore:
    """Keeps who is linked to whom, and their tokens, sealed."""

    def __init__(self, database: Database, vault: Vault, *, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock

    def find(self, person: SlackUser) -> Account | None:
        """Give the person's account, or None if they are not linked."""
        rows = self._rows("SELECT * FROM accounts WHERE team_id = ? AND user_id = ?", person)
        if not rows:
            return None
        row = rows[0]
        return Account(person, row["identity_id"], row["username"], is_ended=row["ended_at"] is not None)

    def link(
        self,
        account: Account,
        tokens: tuple[Token, ...],
        *,
        also: Callable[[Connection], None] = lambda _: None,
    ) -> None:
        """Keep the account and its tokens in place of those kept before; `also` is part of the same step."""
        person = account.person
        row = {
            "team_id": person.team_id,
            "user_id": person.user_id,
            "identity_id": account.identity_id,
            "username": account.username,
            "linked_at": as_text(self._clock()),
            "ended_at": None,
        }
        sealed = [self._sealed(person, token) for token in tokens]
        who = [person.team_id, person.user_id]
        before = "SELECT identity_id FROM accounts WHERE team_id = ? AND user_id = ?"

        def keep(database: Connection) -> None:
            is_known = any(one["identity_id"] == account.identity_id for one in database.query(before, who))
            note(
                database,
                Deed.SIGNED_IN if is_known else Deed.LINKED,
                at=self._clock(),
                team_id=person.team_id,
                user_id=person.user_id,
                detail=account.identity_id,
            )
            upsert(database, "accounts", row, key=("team_id", "user_id"))
            for each in sealed:
                database.execute(_UPSERT, each)
            also(database)

        self._database.write(keep)

    def tokens(self, person: SlackUser) -> Mapping[str, Token]:
        """Give the person's tokens by resource server; raises DatabaseProblem if one cannot be opened."""
        rows = self._rows("SELECT * FROM tokens WHERE team_id = ? AND user_id = ?", person)
        return {row["resource_server"]: self._opened(person, row) for row in rows}

    def end(self, person: SlackUser, token: Token) -> None:
        """Note that Globus refuses this refresh token; nothing changes if another is held by now."""
        who = [person.team_id, person.user_id]
        query = "SELECT * FROM tokens WHERE team_id = ? AND user_id = ? AND resource_server = ?"
        note_end = "UPDATE accounts SET ended_at = coalesce(ended_at, ?) WHERE team_id = ? AND user_id = ?"
        now = as_text(self._clock())

        def end(database: Connection) -> None:
            held = [self._opened(person, row) for row in database.query(query, [*who, token.resource_server])]
            if any(one.refresh_token == token.refresh_token for one in held):
                database.execute(note_end, [now, *who])

        self._database.write(end)

    def renew(self, person: SlackUser, token: Token) -> None:
        """Keep a refreshed token; the refresh token stays if the new one brings none."""
        sealed = self._sealed(person, token)
        self._database.write(lambda database: database.execute(_UPSERT, sealed))

    def _rows(self, query: str, person: SlackUser) -> list[dict[str, Any]]:
        return self._database.read(
            lambda database: list(database.query(query, [person.team_id, person.user_id]))
        )

    def _sealed(self, person: SlackUser, token: Token) -> dict[str, Any]:
        def seal(column: str, secret: str | None) -> bytes | None:
            return (
                self._vault.seal(secret, *_token_place(column, person, token.resource_server))
                if secret
                else None
            )

        return {
            "team_id": person.team_id,
            "user_id": person.user_id,
            "resource_server": token.resource_server,
            "scope": token.scope,
            "expires_at": token.expires_at,
            "access_token": seal("access_token", token.access_token),
            "refresh_token": seal("refresh_token", token.refresh_token),
        }

    def _opened(self, person: SlackUser, row: Mapping[str, Any]) -> Token:
        server = row["resource_server"]
        refresh_token = row["refresh_token"]
        return Token(
            resource_server=server,
            scope=row["scope"],
            access_token=self._vault.open(row["access_token"], *_token_place("access_token", person, server)),
            refresh_token=refresh_token
            and self._vault.open(refresh_token, *_token_place("refresh_token", person, server)),
            expires_at=row["expires_at"],
        )


class SignInStore(QueueStore[SignIn]):
    """Keeps sign-ins until a day after they are over.

    It is also the queue of pasted codes: a sign-in is due from its code on, until its person knows what came
    of it.
    """

    table = "sign_ins"

    def __init__(
        self,
        database: Database,
        vault: Vault,
        accounts: AccountStore,
        *,
        clock: Callable[[], datetime],
        owner: str,
        wake: Callable[[], None],
    ) -> None:
        super().__init__(database, clock=clock, owner=owner)
        self._vault = vault
        self._accounts = accounts
        self._wake = wake

    def open(self, sign_in: SignIn) -> None:
        """Keep a new sign-in, and forget those that ended more than a day ago."""
        row = self._row(sign_in) | {"due": None}
        long_ago = as_text(self._clock() - KEPT_AFTERWARDS)

        def keep(database: Connection) -> None:
            database.execute("DELETE FROM sign_ins WHERE expires_at < ?", [long_ago])
            insert(database, "sign_ins", row)

        self._database.write(keep)

    def find(self, sign_in_id: str) -> SignIn | None:
        """Give a sign-in, or None if there never was one or it is long gone."""
        rows = self._database.read(lambda database: list(database.query(_ONE, [sign_in_id])))
        return self.item_from(rows[0]) if rows else None

    async def find_soon(self, sign_in_id: str) -> SignIn | None:
        """Give a sign-in without holding up the event loop."""
        rows = await self._database.read_soon(lambda database: list(database.query(_ONE, [sign_in_id])))
        return self.item_from(rows[0]) if rows else None

    def save(self, sign_in: SignIn) -> None:
        """Keep a sign-in's new state, of which its person is to be told."""
        self.later(sign_in, due=self._clock())

    def later(self, sign_in: SignIn, *, due: datetime) -> None:
        """Keep a sign-in whose person is to be told then."""
        row = self._row(sign_in) | {"due": as_text(due)}
        self._database.write(lambda database: upsert(database, "sign_ins", row, key=("sign_in_id",)))

    def finish(self, sign_in: SignIn, account: Account, tokens: tuple[Token, ...]) -> SignIn:
        """End a sign-in well, all in one step: keep what it brought, and let go on what waited for it."""
        done = replace(sign_in, state=SignInState.DONE, code=None)
        row = self._row(done)

        def finish(database: Connection) -> None:
            upsert(database, "sign_ins", row, key=("sign_in_id",))
            resume(database, sign_in.person, sign_in.session, sign_in.collections, at=self._clock())

        self._accounts.link(account, tokens, also=finish)
        return done

    def told(self, sign_in: SignIn) -> None:
        """Note that its person knows how a sign-in is now, unless they have pasted another code since."""
        values = [sign_in.sign_in_id, sign_in.state]
        self._database.write(lambda database: database.execute(_TOLD, values), lasting=False)

    async def receive(
        self, sign_in_id: str, person: SlackUser, *, code: str, view_id: str | None, form_view_id: str | None
    ) -> bool:
        """Keep a code for the workers; False if no open sign-in of this person has this ID."""
        values = {
            "sign_in_id": sign_in_id,
            "team_id": person.team_id,
            "user_id": person.user_id,
            "open": SignInState.OPEN,
            "received": SignInState.CODE_RECEIVED,
            "code": self._vault.seal(code, *_place("code", sign_in_id)),
            "view_id": view_id,
            "form_view_id": form_view_id,
            "due": as_text(self._clock()),
        }

        received = await self._database.write_soon(
            lambda database: database.execute(_RECEIVE, values).rowcount == 1
        )
        self._wake()
        return received

    async def show_in(self, sign_in_id: str, form_view_id: str) -> None:
        """Keep which view becomes the form."""
        query = "UPDATE sign_ins SET form_view_id = ? WHERE sign_in_id = ?"
        await self._database.write_soon(lambda database: database.execute(query, [form_view_id, sign_in_id]))

    def _row(self, sign_in: SignIn) -> dict[str, Any]:
        key = sign_in.sign_in_id
        return {
            "sign_in_id": key,
            "team_id": sign_in.person.team_id,
            "user_id": sign_in.person.user_id,
            "state": sign_in.state,
            "collections": json.dumps(sorted(sign_in.collections)),
            "session": sign_in.session.written(),
            "request_id": sign_in.request_id,
            "opening": sign_in.opening,
            "expires_at": as_text(sign_in.expires_at),
            "tries": sign_in.tries,
            "view_id": sign_in.view_id,
            "form_view_id": sign_in.form_view_id,
            "browsing": sign_in.browsing,
            "reason": sign_in.reason,
            "verifier": self._vault.seal(sign_in.verifier, *_place("verifier", key)),
            "code": self._vault.seal(sign_in.code, *_place("code", key)) if sign_in.code else None,
            "due": as_text(self._clock()),
        }

    @override
    def item_from(self, row: Mapping[str, Any]) -> SignIn:
        key, code = row["sign_in_id"], row["code"]
        return SignIn(
            sign_in_id=key,
            person=SlackUser(row["team_id"], row["user_id"]),
            verifier=self._vault.open(row["verifier"], *_place("verifier", key)),
            expires_at=datetime.fromisoformat(row["expires_at"]),
            collections=frozenset(json.loads(row["collections"])),
            session=SessionRequirement.read(row["session"]),
            request_id=row["request_id"],
            opening=row["opening"],
            state=SignInState(row["state"]),
            tries=row["tries"],
            code=code and self._vault.open(code, *_place("code", key)),
            view_id=row["view_id"],
            form_view_id=row["form_view_id"],
            browsing=row["browsing"],
            reason=row["reason"],
        )


def _place(column: str, sign_in_id: str) -> tuple[str, ...]:
    return ("sign_ins", column, sign_in_id)


def _token_place(column: str, person: SlackUser, resource_server: str) -> tuple[str, ...]:
    return ("tokens", column, person.team_id, person.user_id, resource_server)
