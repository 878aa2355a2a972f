"""What an app asks of a person at Auth, and whether it may (https://docs.globus.org/api/auth/reference/)."""

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from bot.sandbox.globus import scopes
from bot.sandbox.globus.consents import Consents
from bot.sandbox.globus.directory import client_with_id
from bot.sandbox.globus.errors import PageError
from bot.sandbox.globus.identities import CODE_PAGE, PEOPLE, Client
from bot.sandbox.globus.scopes import BadScope, Scope
from bot.sandbox.globus.sessions import SessionDemand

_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
_REAL_CODE_PAGE: Final = f"https://auth.globus.org{CODE_PAGE}"


@dataclass(frozen=True)
class AuthorizeRequest:
    """A request of an app that may ask; `challenge` is empty where it did not use PKCE (RFC 7636)."""

    client: Client
    redirect_uri: str
    scopes: tuple[Scope, ...]
    state: str
    with_refresh: bool
    challenge: str
    message: str
    session: SessionDemand

    @classmethod
    def read(cls, values: Mapping[str, str], registered: Collection[str]) -> "AuthorizeRequest":
        """Read a request from its parameters. Raises PageError.

        `registered` are redirect URIs that every app may use on top of its own.
        """
        client = _client(values.get("client_id", ""))
        redirect_uri = _redirect_uri(values.get("redirect_uri", ""), client, registered)
        if values.get("response_type") != "code":
            raise PageError("Unsupported response type", "Only response_type=code works here.")
        return cls(
            client=client,
            redirect_uri=redirect_uri,
            scopes=_scopes(values.get("scope", ""), client),
            state=values.get("state", ""),
            with_refresh=values.get("access_type") == "offline",
            challenge=_challenge(values, client),
            message=values.get("session_message", ""),
            session=SessionDemand.read(values),
        )

    @property
    def shows_code(self) -> bool:
        """Whether the person copies the code from Auth's own page."""
        return is_code_page(self.redirect_uri)

    def allowed(self, ticked: Collection[str]) -> tuple[Scope, ...]:
        """Give what a person allows who ticked these optional consents: all else that is asked, too."""
        declined = {name for name in self._optional() if choice(name) not in ticked}
        return scopes.without(self.scopes, declined)

    def rows(self, consents: Consents) -> list["Row"]:
        """Give what the page lists: each scope once, wherever it stands."""
        optional = self._optional()
        return [self._row(name, consents, is_optional=name in optional) for name in self._names()]

    def _names(self) -> list[str]:
        return list(dict.fromkeys(path[-1] for path, _ in scopes.paths(self.scopes)))

    def _optional(self) -> set[str]:
        """Give the names that are optional wherever they stand: required once is required."""
        required = {path[-1] for path, is_optional in scopes.paths(self.scopes) if not is_optional}
        return set(self._names()) - required

    def _row(self, name: str, consents: Consents, *, is_optional: bool) -> "Row":
        known = scopes.known(name)
        wanted = [path for path, _ in scopes.paths(self.scopes) if path[-1] == name]
        held_by = tuple(
            person.name
            for person in PEOPLE
            if all(consents.holds(person.id, self.client.client_id, path) for path in wanted)
        )
        return Row(choice(name), known.words if known else name, is_optional=is_optional, held_by=held_by)


@dataclass(frozen=True)
class Row:
    """One thing that is asked. `value` names it in the form; `held_by` are people who allowed it before."""

    value: str
    words: str
    is_optional: bool
    held_by: tuple[str, ...]


def choice(name: str) -> str:
    """Give how the form names an optional scope: by its collection, where it has one."""
    collection = scopes.collection_of(name)
    return collection.id if collection else name


def is_code_page(redirect_uri: str) -> bool:
    """Say whether this is Auth's own page that shows a code, at whatever address Auth is reached."""
    there = urlsplit(redirect_uri)
    return redirect_uri == _REAL_CODE_PAGE or (there.hostname in _LOOPBACK and there.path == CODE_PAGE)


def unknown_scopes(client_id: str, names: list[str]) -> str:
    """Give the sentence with which Auth names scopes that it does not know."""
    return f"client_id={client_id} requested unknown scopes: {names}"


def _client(client_id: str) -> Client:
    client = client_with_id(client_id)
    if client is None:
        raise PageError("Unknown client", f"No app is registered with client_id={client_id}.")
    return client


def _redirect_uri(redirect_uri: str, client: Client, registered: Collection[str]) -> str:
    known = {_portless(one) for one in (*client.redirect_uris, *registered)}
    with suppress(ValueError):  # what is no address at all matches nothing
        if is_code_page(redirect_uri) or _portless(redirect_uri) in known:
            return redirect_uri
    raise PageError(
        "Mismatching redirect URI", f"{redirect_uri or 'No address'} is not registered for {client.name}."
    )


def _portless(redirect_uri: str) -> str:
    """Drop a loopback address's port, which an app may choose each time (RFC 8252, section 7.3)."""
    there = urlsplit(redirect_uri)
    if there.scheme != "http" or there.hostname not in _LOOPBACK:
        return redirect_uri
    return there._replace(netloc=there.hostname).geturl()


def _scopes(text: str, client: Client) -> tuple[Scope, ...]:
    try:
        asked = scopes.parse(text)
    except BadScope as problem:
        raise PageError("Invalid scope", str(problem)) from problem
    if not asked:
        raise PageError("Missing required parameter", "The app asks for no scope.")
    names = scopes.unknown(asked)
    if names:
        raise PageError("Unknown scope(s)", unknown_scopes(client.client_id, names))
    return asked


def _challenge(values: Mapping[str, str], client: Client) -> str:
    challenge = values.get("code_challenge", "")
    if challenge and values.get("code_challenge_method") != "S256":
        raise PageError("Unsupported code challenge", "Only code_challenge_method=S256 works here.")
    if not challenge and client.secret is None:
        raise PageError("Missing code challenge", f"{client.name} is a native app, which has to use PKCE.")
    return challenge
