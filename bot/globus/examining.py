"""What Globus says of the bot's app: where it is asked, its secret, its redirect URI, and the search."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import globus_sdk
import requests
from globus_sdk import config
from globus_sdk.exc import NetworkError

from bot.accounts import SlackUser
from bot.examining import SECONDS, Finding, ok, problem, skew, warning
from bot.globus import scopes
from bot.globus.clients import Clients, NoAccounts, Patience, Registration
from bot.globus.linking import GlobusAuth
from bot.sign_ins import SignIn

SERVICES: Final = ("auth", "transfer", "timer")
"""As the SDK calls them; the last one is easily taken for `timers`."""

MISSPELT: Final = "GLOBUS_SDK_SERVICE_URL_TIMERS"
"""The name that one would expect, and that the SDK does not read: timers would be made in production."""

NOBODY: Final = SlackUser("", "")


def addresses(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Say where the SDK will send what is asked of Globus; `environ` is what the bot was given."""
    if environ.get(MISSPELT):
        right = MISSPELT.removesuffix("S")
        yield problem(
            f"Globus: {MISSPELT} is not read by the SDK, so timers are made at {_address('timer')}",
            f"Rename it to {right}.",
        )
    found = {service: _address(service) for service in SERVICES}
    told = ", ".join(f"{service} {url}" for service, url in found.items())
    of_globus = {service for service, url in found.items() if _is_globus(url)}
    if of_globus and of_globus != set(SERVICES):
        yield warning(
            f"Globus: some services are Globus's own and some are not: {told}",
            "Set GLOBUS_SDK_SERVICE_URL_AUTH, _TRANSFER and _TIMER all three, or none of them.",
        )
    else:
        yield ok(f"Globus: {told}")
    if config.get_ssl_verify() is False:
        yield problem(
            "Globus: certificates are not checked, so anybody on the way can read tokens",
            "Remove GLOBUS_SDK_VERIFY_SSL.",
        )


class GlobusExamination:
    """Asks Globus as the app itself, for no longer than an examination may take."""

    def __init__(
        self, registration: Registration, *, redirect_uri: str, clock: Callable[[], datetime]
    ) -> None:
        patience = Patience(seconds=SECONDS - 1, repetitions=0)
        self._clients = Clients(registration, accounts=NoAccounts(), patience=patience)
        self._auth = GlobusAuth(self._clients, redirect_uri=redirect_uri)
        self._clock = clock

    def app(self) -> Iterator[Finding]:
        """Say whether Globus takes the app's ID and secret, and whether the search answers."""
        with self._clients.login() as login:
            if not isinstance(login, globus_sdk.ConfidentialAppAuthClient):
                yield ok(
                    "Globus app: without a secret, a native app; only a person's sign-in shows more",
                    "Set GLOBUS_CLIENT_SECRET so that people need not sign in before the form.",
                )
                return
            try:
                answer = login.oauth2_client_credentials_tokens(scopes.BROWSING)
            except globus_sdk.GlobusAPIError as error:
                yield _refused(error)
                return
            except NetworkError:
                yield problem(
                    f"Globus: not reached at {login.base_url}",
                    "Check the network and GLOBUS_SDK_SERVICE_URL_AUTH.",
                )
                return
        yield ok("Globus app: its ID and secret are right")
        yield from self._skew(answer.headers)
        yield self._search()

    def redirect(self) -> Iterator[Finding]:
        """Ask for a sign-in page, as a browser would, and look no further than its first answer.

        Globus shows its own page for whatever it does not like, and documents no status for it: what cannot
        be told from outside is said to be so.
        """
        sign_in = SignIn(
            sign_in_id="check",
            person=NOBODY,
            verifier="v" * 64,
            expires_at=self._clock(),
            collections=frozenset(),
        )
        address = self._auth.authorize_url(sign_in, "check")
        [uri] = parse_qs(urlsplit(address).query)["redirect_uri"]
        try:
            answer = requests.get(address, allow_redirects=False, timeout=SECONDS - 1)
        except requests.RequestException:
            yield warning(f"Globus redirect URL: {uri} could not be asked about", "Check the network.")
            return
        leads_to = answer.headers.get("Location", "")
        if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            yield warning(
                f"Globus redirect URL: Globus answers with {answer.status_code}", "Try again later."
            )
        elif answer.status_code >= HTTPStatus.BAD_REQUEST or "error=" in urlsplit(leads_to).query:
            yield problem(
                f"Globus redirect URL: Globus shows no sign-in page for {uri}",
                "Check GLOBUS_CLIENT_ID, and register this very URL: app.globus.org/settings/developers.",
            )
        else:
            yield ok(f"Globus redirect URL: a sign-in page opens for {uri}; only a sign-in proves it")

    def _search(self) -> Finding:
        try:
            with self._clients.transfer_as_bot() as transfer:
                transfer.endpoint_search("tutorial", limit=1)
        except globus_sdk.GlobusAPIError as error:
            return problem(
                f"Globus search: refused with {error.http_status}",
                "Check GLOBUS_SDK_SERVICE_URL_TRANSFER, and that the app is not blocked.",
            )
        except NetworkError:
            return problem(
                f"Globus search: not reached at {_address('transfer')}",
                "Check the network and GLOBUS_SDK_SERVICE_URL_TRANSFER.",
            )
        return ok("Globus search: collections are found")

    def _skew(self, headers: Mapping[str, Any]) -> Iterator[Finding]:
        said = headers.get("Date")
        if said:
            yield skew("Globus", self._clock() - parsedate_to_datetime(said))


def _refused(error: globus_sdk.GlobusAPIError) -> Finding:
    if (
        error.http_status >= HTTPStatus.INTERNAL_SERVER_ERROR
        or error.http_status == HTTPStatus.TOO_MANY_REQUESTS
    ):
        return warning(f"Globus app: Globus answers with {error.http_status}", "Try again later.")
    return problem(
        f"Globus app: its ID or secret is refused with {error.http_status}",
        "Copy GLOBUS_CLIENT_ID and GLOBUS_CLIENT_SECRET again: app.globus.org/settings/developers.",
    )


def _address(service: str) -> str:
    return config.get_service_url(service)


def _is_globus(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host == "globus.org" or host.endswith(".globus.org")
