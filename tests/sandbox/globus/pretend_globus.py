"""What the tests of the pretend Globus share: serving it, signing in, and the vendor's own clients."""

import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from globus_sdk import (
    AccessTokenAuthorizer,
    AuthClient,
    ConfidentialAppAuthClient,
    GlobusAPIError,
    NativeAppAuthClient,
    OAuthTokenResponse,
    TimersClient,
    TransferClient,
)
from globus_sdk.scopes import Scope
from globus_sdk.transport import RetryConfig

from bot.sandbox.clock import SandboxClock
from bot.sandbox.globus.app import create_globus
from bot.sandbox.globus.identities import ADA, CODE_PAGE, CONFIDENTIAL_CLIENT, NATIVE_CLIENT, Identity
from bot.sandbox.globus.scopes import (
    AUTH_SERVER,
    TIMERS_ID,
    TIMERS_SCOPE,
    TRANSFER_SCOPE,
    TRANSFER_SERVER,
    data_access_scope,
)
from bot.sandbox.person import Browser
from bot.sandbox.serving import served

Json = dict[str, Any]
CALLBACK = "https://bot.example/globus/callback"
"""A redirect URI that is registered in these tests, where nobody listens."""


@dataclass(frozen=True)
class Sandbox:
    """A served pretend Globus. Its clients are the vendor's own; they try each call once."""

    base: str
    clock: SandboxClock
    files: Path
    _open: ExitStack = field(default_factory=ExitStack)

    @property
    def environ(self) -> dict[str, str]:
        """What points clients here that are told by the environment."""
        services = ("AUTH", "TRANSFER", "TIMER", "APP")
        return {f"GLOBUS_SDK_SERVICE_URL_{service}": f"{self.base}/" for service in services}

    def confidential(self, *, secret: str = CONFIDENTIAL_CLIENT.secret or "") -> ConfidentialAppAuthClient:
        return self._open.enter_context(
            ConfidentialAppAuthClient(
                CONFIDENTIAL_CLIENT.client_id, secret, base_url=self.base, retry_config=_once()
            )
        )

    def native(self) -> NativeAppAuthClient:
        return self._open.enter_context(
            NativeAppAuthClient(NATIVE_CLIENT.client_id, base_url=self.base, retry_config=_once())
        )

    def sign_in(
        self,
        scopes: str | Iterable[str | Scope],
        person: Identity = ADA,
        *,
        decline: Collection[str] = (),
        client: ConfidentialAppAuthClient | NativeAppAuthClient | None = None,
        refresh: bool = True,
    ) -> OAuthTokenResponse:
        """Sign a person in as they would in a browser; `decline` are collection IDs."""
        client = client or self.confidential()
        code = self.code(client, scopes, person, decline=decline, refresh=refresh)
        return client.oauth2_exchange_code_for_tokens(code)

    def code(
        self,
        client: ConfidentialAppAuthClient | NativeAppAuthClient,
        scopes: str | Iterable[str | Scope] = "openid",
        person: Identity = ADA,
        *,
        decline: Collection[str] = (),
        refresh: bool = True,
    ) -> str:
        """Let a person allow what a client asks; gives the code that Globus shows."""
        client.oauth2_start_flow(
            requested_scopes=scopes, redirect_uri=f"{self.base}{CODE_PAGE}", refresh_tokens=refresh
        )
        browser = Browser()
        page = browser.open(client.oauth2_get_authorize_url())
        return browser.allow(page, identity=person.username, decline=decline)

    def auth(self, tokens: OAuthTokenResponse) -> AuthClient:
        return self._open.enter_context(
            AuthClient(authorizer=_bearer(tokens, AUTH_SERVER), base_url=self.base, retry_config=_once())
        )

    def transfer(self, tokens: OAuthTokenResponse) -> TransferClient:
        return self._open.enter_context(
            TransferClient(
                authorizer=_bearer(tokens, TRANSFER_SERVER), base_url=self.base, retry_config=_once()
            )
        )

    def timers(self, tokens: OAuthTokenResponse) -> TimersClient:
        return self._open.enter_context(
            TimersClient(authorizer=_bearer(tokens, TIMERS_ID), base_url=self.base, retry_config=_once())
        )

    def do(self, act: str, /, **body: Any) -> Json:  # noqa: ANN401 - any JSON
        """Pull one of the sandbox's own levers."""
        return self.act("POST", act, json=body)

    def see(self, act: str, **query: object) -> Json:
        return self.act("GET", act, params={key: str(value) for key, value in query.items()})

    def act(self, verb: str, act: str, **more: Any) -> Json:  # noqa: ANN401 - what requests takes
        answer = requests.request(verb, f"{self.base}/sandbox/{act}", timeout=10, **more)
        body: Json = answer.json()
        assert (answer.status_code, body["ok"]) == (200, True), body
        return body

    def refused(self, act: str, /, **body: Any) -> Json:  # noqa: ANN401 - any JSON
        answer = requests.post(f"{self.base}/sandbox/{act}", json=body, timeout=10)
        told: Json = answer.json()
        assert (answer.status_code, told["ok"]) == (400, False), told
        assert told["detail"]
        return told


@contextmanager
def sandbox() -> Iterator[Sandbox]:
    clock = SandboxClock()
    with (
        tempfile.TemporaryDirectory() as folder,
        served(
            create_globus(
                clock=clock, files=Path(folder), signing_clock=SandboxClock(), redirect_uris=[CALLBACK]
            )
        ) as base,
        ExitStack() as clients,
    ):
        yield Sandbox(base, clock, Path(folder), clients)


def everything(*collections: str) -> str:
    """Give the scopes of a whole sign-in, with `data_access` to these collections, as the bot asks."""
    moving = TRANSFER_SCOPE
    if collections:
        moving += f"[{' '.join(f'*{data_access_scope(one)}' for one in collections)}]"
    return f"openid profile email {moving} {TIMERS_SCOPE}[{moving}]"


def refusal_of(call: Callable[[], object]) -> GlobusAPIError:
    """Give the error with which a call ends."""
    try:
        call()
    except GlobusAPIError as error:
        return error
    raise AssertionError("the call was not refused")


def _once() -> RetryConfig:
    return RetryConfig(max_retries=0)


def _bearer(tokens: OAuthTokenResponse, resource_server: str) -> AccessTokenAuthorizer:
    return AccessTokenAuthorizer(tokens.by_resource_server[resource_server]["access_token"])
