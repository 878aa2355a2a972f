"""SDK clients, made anew for each unit of work: with a person's tokens, or with the bot's own."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from weakref import WeakValueDictionary

import globus_sdk
from globus_sdk.authorizers import (
    AccessTokenAuthorizer,
    ClientCredentialsAuthorizer,
    GlobusAuthorizer,
    RefreshTokenAuthorizer,
)
from globus_sdk.scopes import AuthScopes, TimersScopes, TransferScopes
from globus_sdk.transport import RetryConfig
from typing_extensions import override

from bot.accounts import Account, Accounts, SlackUser, Token
from bot.errors import ServiceUnavailable, SignInNeeded
from bot.globus import scopes
from bot.globus.errors import GLOBUS, is_ended, reading
from bot.globus.transport import OnceOnlyTransport
from bot.measuring import UNMEASURED, Meter

APP_NAME: Final = "transferbot"

Login = globus_sdk.ConfidentialAppAuthClient | globus_sdk.NativeAppAuthClient
"""A client that speaks as the app itself."""


@dataclass(frozen=True, slots=True)
class Registration:
    """The Globus app that this bot is. Without a secret it is a native app."""

    client_id: str
    client_secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one HTTP call may take, in seconds, and how often a reading call is repeated."""

    seconds: float
    repetitions: int


class Turns:
    """Whose turn it is to refresh a token: one thread's at a time for each person and resource server.

    Shared by all clients, since a token that one of them refreshes is fresh for the others too.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._locks: WeakValueDictionary[tuple[SlackUser, str], threading.Lock] = WeakValueDictionary()

    def of(self, person: SlackUser, resource_server: str) -> threading.Lock:
        """Give the lock of a token; it is gone when nobody has it any more."""
        with self._guard:
            return self._locks.setdefault((person, resource_server), threading.Lock())


class NoAccounts:
    """Nobody is linked, and nothing is kept: clients with these ask as the app itself."""

    def find(self, person: SlackUser) -> None:
        """Give no account."""

    def link(self, account: Account, tokens: tuple[Token, ...]) -> None:
        """Keep nothing."""

    def tokens(self, person: SlackUser) -> Mapping[str, Token]:
        """Give no tokens."""
        del person
        return {}

    def renew(self, person: SlackUser, token: Token) -> None:
        """Keep nothing."""

    def end(self, person: SlackUser, token: Token) -> None:
        """Note nothing."""


class Clients:
    """Makes clients. Their transports are closed when the block in which they are used ends.

    Those that share their `turns` refresh a token once, however many need it at the same time.
    """

    def __init__(
        self,
        registration: Registration,
        *,
        accounts: Accounts,
        patience: Patience,
        turns: Turns | None = None,
        meter: Meter = UNMEASURED,
    ) -> None:
        self.registration = registration
        self._meter = meter
        self._turns = turns or Turns()
        self._accounts = accounts
        self._patience = patience
        self._own = _OwnToken()

    @contextmanager
    def login(self) -> Iterator[Login]:
        """Give a client for Globus Auth that speaks as the app itself."""
        with self._transport() as kept:
            yield self._login(kept)

    @contextmanager
    def auth(self, person: SlackUser) -> Iterator[globus_sdk.AuthClient]:
        """Give a client for Globus Auth that speaks as a person; raises SignInNeeded."""
        with self._transport() as kept:
            authorizer = self._as_person(person, AuthScopes.resource_server, kept)
            yield globus_sdk.AuthClient(authorizer=authorizer, **kept)

    @contextmanager
    def transfer(self, person: SlackUser) -> Iterator[globus_sdk.TransferClient]:
        """Give a client for Transfer that speaks as a person; raises SignInNeeded."""
        with self._transport() as kept:
            authorizer = self._as_person(person, TransferScopes.resource_server, kept)
            yield globus_sdk.TransferClient(authorizer=authorizer, **kept)

    @contextmanager
    def transfer_as_bot(self) -> Iterator[globus_sdk.TransferClient]:
        """Give a client for Transfer that speaks as the bot itself, which sees what everybody may see.

        Raises SignInNeeded if the bot has no credentials of its own.
        """
        with self._transport() as kept:
            login = self._login(kept)
            if not isinstance(login, globus_sdk.ConfidentialAppAuthClient):
                raise SignInNeeded
            yield globus_sdk.TransferClient(authorizer=self._own.authorizer(login), **kept)

    @contextmanager
    def timers(self, person: SlackUser) -> Iterator[globus_sdk.TimersClient]:
        """Give a client for Timers that speaks as a person, with a token that is fresh; raises SignInNeeded.

        The token is refreshed here, so that an error of the refresh is not taken for one of the call.
        """
        with self._transport() as kept:
            authorizer = self._as_person(person, TimersScopes.resource_server, kept)
            with reading():
                authorizer.get_authorization_header()
            yield globus_sdk.TimersClient(authorizer=authorizer, **kept)

    @contextmanager
    def _transport(self) -> Iterator[dict[str, Any]]:
        # A connection of its own: one kept alive may be closed by the server just as a call goes out.
        transport = OnceOnlyTransport(http_timeout=self._patience.seconds, meter=self._meter)
        retry_config = RetryConfig(max_retries=self._patience.repetitions, max_sleep=1)
        try:
            yield {"transport": transport, "retry_config": retry_config, "app_name": APP_NAME}
        finally:
            transport.close()

    def _login(self, kept: dict[str, Any]) -> Login:
        client_id, secret = self.registration.client_id, self.registration.client_secret
        if secret:
            return globus_sdk.ConfidentialAppAuthClient(client_id, secret, **kept)
        return globus_sdk.NativeAppAuthClient(client_id, **kept)

    def _as_person(self, person: SlackUser, resource_server: str, kept: dict[str, Any]) -> GlobusAuthorizer:
        token = self._accounts.tokens(person).get(resource_server)
        if token is None:
            raise SignInNeeded
        if token.refresh_token is None:
            return AccessTokenAuthorizer(token.access_token)
        return _SharedToken(
            token,
            token.refresh_token,
            self._login(kept),
            turn=self._turns.of(person, resource_server),
            seconds=self._patience.seconds,
            held=lambda: self._accounts.tokens(person).get(resource_server),
            keep=lambda renewed: self._accounts.renew(person, renewed),
            end=lambda: self._accounts.end(person, token),
            meter=self._meter,
        )


class _SharedToken(RefreshTokenAuthorizer):
    """A person's token, which many calls use side by side and one of them refreshes when it is due."""

    def __init__(
        self,
        token: Token,
        refresh_token: str,
        login: Login,
        *,
        turn: threading.Lock,
        seconds: float,
        held: Callable[[], Token | None],
        keep: Callable[[Token], None],
        end: Callable[[], None],
        meter: Meter,
    ) -> None:
        super().__init__(
            refresh_token,
            login,
            access_token=token.access_token,
            expires_at=token.expires_at,
            on_refresh=lambda answer: keep(token_from(answer.by_resource_server[token.resource_server])),
        )
        self._turn = turn
        self._seconds = seconds
        self._held = held
        self._end = end
        self._meter = meter

    @override
    def ensure_valid_token(self) -> None:
        """Use the token that is held if it is newer, and refresh it if it is due.

        Raises ServiceUnavailable where somebody else's refresh takes longer than this call may.
        """
        if not self._turn.acquire(timeout=self._seconds):
            raise ServiceUnavailable(GLOBUS)
        try:
            self._take_newer()
            super().ensure_valid_token()
        except globus_sdk.AuthAPIError as error:
            self._meter.refresh_failed()
            if is_ended(error):
                self._end()
            raise
        finally:
            self._turn.release()

    def _take_newer(self) -> None:
        held = self._held()
        if held is None or held.access_token == self.access_token or held.refresh_token is None:
            return
        # After a 401 there is no moment to compare with, and whatever else is held is newer.
        if held.expires_at > (self.expires_at or 0):
            self.access_token, self.expires_at = held.access_token, held.expires_at
            self.refresh_token = held.refresh_token


class _OwnToken:
    """The bot's own token, kept in memory only and shared by all threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._token: Token | None = None

    def authorizer(self, login: globus_sdk.ConfidentialAppAuthClient) -> ClientCredentialsAuthorizer:
        with self._lock:
            token = self._token
            with reading():
                return ClientCredentialsAuthorizer(
                    login,
                    scopes.BROWSING,
                    access_token=token.access_token if token else None,
                    expires_at=token.expires_at if token else None,
                    on_refresh=self._keep,
                )

    def _keep(self, answer: globus_sdk.OAuthTokenResponse) -> None:
        self._token = token_from(answer.by_resource_server[TransferScopes.resource_server])


def token_from(answer: dict[str, Any]) -> Token:
    """Read one resource server's part of a token answer."""
    return Token(
        resource_server=answer["resource_server"],
        scope=answer["scope"],
        access_token=answer["access_token"],
        refresh_token=answer.get("refresh_token"),
        expires_at=answer["expires_at_seconds"],
    )
