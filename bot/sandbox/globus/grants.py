"""Tokens: given out, asked about, renewed and revoked (https://docs.globus.org/api/auth/reference/)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final, Literal

from bot.sandbox.chance import Chance
from bot.sandbox.globus.consents import Consents
from bot.sandbox.globus.scopes import AUTH_SERVER, resource_server

ACCESS_SECONDS: Final = 172_800
"""How long an access token lives."""

REFRESH_SECONDS: Final = 183 * 86_400
"""How long a refresh token lives that nobody uses: six months."""

_BEARER: Final = "bearer "


class InvalidToken(Exception):
    """A token that is missing, unknown, expired, revoked, or meant for another service."""


@dataclass(frozen=True)
class Caller:
    """Who calls a service: an identity through an app. An app that calls for itself is its own identity."""

    identity_id: str
    client_id: str
    scopes: frozenset[str]


@dataclass(frozen=True)
class Token:
    """A token. `scopes` are root scopes only; all that one sign-in gave share a `grant_id`. Epoch seconds."""

    text: str
    kind: Literal["access", "refresh"]
    identity_id: str
    client_id: str
    resource_server: str
    scopes: tuple[str, ...]
    grant_id: str
    issued_at: float
    expires_at: float


@dataclass(frozen=True)
class Issued:
    """What an app gets for one resource server."""

    access: Token
    refresh: Token | None


class Grants:
    """All tokens that were given out and still count."""

    def __init__(self, clock: Callable[[], float], consents: Consents, chance: Chance) -> None:
        self._clock = clock
        self._consents = consents
        self._chance = chance
        self._tokens: dict[str, Token] = {}

    def issue(
        self, *, identity_id: str, client_id: str, scopes: Iterable[str], grant_id: str, with_refresh: bool
    ) -> list[Issued]:
        """Give tokens for these root scopes, one per resource server; Auth's own come first."""
        by_server: dict[str, list[str]] = {}
        for name in dict.fromkeys(scopes):
            by_server.setdefault(resource_server(name), []).append(name)
        issued = []
        for server in sorted(by_server, key=lambda server: server != AUTH_SERVER):
            access = Token(
                self._text(),
                "access",
                identity_id,
                client_id,
                server,
                tuple(by_server[server]),
                grant_id,
                issued_at=self._clock(),
                expires_at=self._clock() + ACCESS_SECONDS,
            )
            issued.append(Issued(self._keep(access), self._renewing(access) if with_refresh else None))
        return issued

    def renew(self, text: str, client_id: str) -> Issued:
        """Give a new access token for a refresh token, which stays good. Raises InvalidToken."""
        refresh = self.find(text)
        if refresh is None or refresh.kind != "refresh" or refresh.client_id != client_id:
            raise InvalidToken("the refresh token is unknown, revoked, expired, or another app's")
        now = self._clock()
        self._keep(replace(refresh, expires_at=now + REFRESH_SECONDS))
        access = replace(
            refresh, text=self._text(), kind="access", issued_at=now, expires_at=now + ACCESS_SECONDS
        )
        return Issued(self._keep(access), refresh)

    def find(self, text: str) -> Token | None:
        """Give the token if it still counts: an app's tokens go when what they stand for is revoked."""
        token = self._tokens.get(text)
        if token is None or token.expires_at <= self._clock():
            return None
        consented = (
            self._consents.holds(token.identity_id, token.client_id, (name,)) for name in token.scopes
        )
        return token if all(consented) else None

    def caller(self, authorization_header: str | None, resource_server: str) -> Caller:
        """Say who calls a resource server, by the `Authorization` header. Raises InvalidToken."""
        token = self.find(bearer(authorization_header))
        if token is None or token.kind != "access" or token.resource_server != resource_server:
            raise InvalidToken("the token is missing, unknown, expired, revoked, or for another service")
        return Caller(token.identity_id, token.client_id, frozenset(token.scopes))

    def revoke(self, text: str) -> None:
        """Forget a token; a refresh token takes its access tokens along (RFC 7009, section 2.1)."""
        token = self._tokens.pop(text, None)
        if token and token.kind == "refresh":
            self._forget(
                lambda one: (one.grant_id, one.resource_server) == (token.grant_id, token.resource_server)
            )

    def revoke_grant(self, grant_id: str) -> None:
        """Forget all tokens that one sign-in gave."""
        self._forget(lambda token: token.grant_id == grant_id)

    def revoke_all(self, identity_id: str) -> int:
        """Forget all tokens of an identity, in all apps; gives how many there were."""
        return self._forget(lambda token: token.identity_id == identity_id)

    def texts(self, identity_id: str | None = None) -> list[str]:
        """Give the tokens themselves, all or an identity's, for whoever checks what became of them."""
        return [text for text, one in self._tokens.items() if identity_id in {None, one.identity_id}]

    def _renewing(self, access: Token) -> Token:
        expires_at = access.issued_at + REFRESH_SECONDS
        return self._keep(replace(access, text=self._text(), kind="refresh", expires_at=expires_at))

    def _text(self) -> str:
        return f"Ag{self._chance.hex(24)}"

    def _keep(self, token: Token) -> Token:
        self._tokens[token.text] = token
        return token

    def _forget(self, is_meant: Callable[[Token], bool]) -> int:
        gone = [text for text, token in self._tokens.items() if is_meant(token)]
        for text in gone:
            del self._tokens[text]
        return len(gone)


def bearer(authorization_header: str | None) -> str:
    """Give the token in an `Authorization` header; empty if there is none."""
    header = authorization_header or ""
    return header[len(_BEARER) :].strip() if header.lower().startswith(_BEARER) else ""
