"""Scopes: how they are written, which exist, and who serves them.

A scope is what an app may do; one may depend on others, which then apply below it only
(https://docs.globus.org/api/auth/reference/#scopes).
"""

import re
from collections.abc import Collection as Several, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from typing_extensions import override

from bot.sandbox.globus import collections

AUTH_SERVER: Final = "auth.globus.org"
TRANSFER_SERVER: Final = "transfer.api.globus.org"
TIMERS_ID: Final = "524230d7-ea86-4a52-8312-86065a9e0417"
"""The resource server of Timers."""

TRANSFER_SCOPE: Final = "urn:globus:auth:scope:transfer.api.globus.org:all"
TIMERS_SCOPE: Final = f"https://auth.globus.org/scopes/{TIMERS_ID}/timer"
VIEW_CONSENTS_SCOPE: Final = "urn:globus:auth:scope:auth.globus.org:view_consents"
_DATA_ACCESS: Final = re.compile(r"https://auth\.globus\.org/scopes/([^/]+)/data_access")
_TOKENS: Final = re.compile(r"[\[\]*]|\s+|[^\[\]*\s]+")
_DEEPEST: Final = 8


class BadScope(ValueError):
    """A text that is not a list of scopes; says why in a sentence."""


@dataclass(frozen=True)
class Scope:
    """A scope as it is asked for: `*` before its name makes it optional, brackets hold what it depends on."""

    name: str
    is_optional: bool = False
    dependencies: tuple["Scope", ...] = ()

    @override
    def __str__(self) -> str:
        below = f"[{write(self.dependencies)}]" if self.dependencies else ""
        return f"{'*' if self.is_optional else ''}{self.name}{below}"


@dataclass(frozen=True)
class KnownScope:
    """A scope that exists: who serves it, and what it lets an app do, as a person reads it."""

    resource_server: str
    words: str


_KNOWN: Final[Mapping[str, KnownScope]] = {
    "openid": KnownScope(AUTH_SERVER, "Know who you are"),
    "profile": KnownScope(AUTH_SERVER, "See your name and organization"),
    "email": KnownScope(AUTH_SERVER, "See your e-mail address"),
    VIEW_CONSENTS_SCOPE: KnownScope(AUTH_SERVER, "See what you have allowed to all apps"),
    "urn:globus:auth:scope:auth.globus.org:view_identities": KnownScope(AUTH_SERVER, "Look identities up"),
    "urn:globus:auth:scope:auth.globus.org:view_identity_set": KnownScope(
        AUTH_SERVER, "See the identities that you have linked"
    ),
    "urn:globus:auth:scope:auth.globus.org:view_authentications": KnownScope(
        AUTH_SERVER, "See when you signed in"
    ),
    "urn:globus:auth:scope:auth.globus.org:manage_projects": KnownScope(
        AUTH_SERVER, "Manage your registered apps"
    ),
    TRANSFER_SCOPE: KnownScope(TRANSFER_SERVER, "Transfer files with Globus Transfer"),
    TIMERS_SCOPE: KnownScope(TIMERS_ID, "Manage timers that work for you while you are away"),
    "urn:globus:auth:scope:groups.api.globus.org:all": KnownScope(
        "groups.api.globus.org", "Manage your groups"
    ),
    "urn:globus:auth:scope:search.api.globus.org:all": KnownScope(
        "search.api.globus.org", "Search with Globus Search"
    ),
    "https://auth.globus.org/scopes/eec9b274-0c81-4334-bdc2-54e90e689b9a/all": KnownScope(
        "flows.globus.org", "Manage your flows"
    ),
}


def data_access_scope(collection_id: str) -> str:
    """Give the name of the scope for a mapped collection's data; not every collection has one."""
    return f"https://auth.globus.org/scopes/{collection_id}/data_access"


def collection_of(name: str) -> collections.Collection | None:
    """Give the collection whose `data_access` scope this is; None if it is none, or the collection has none.

    Guest and personal collections, high assurance collections and endpoints have none
    (https://docs.globus.org/globus-connect-server/v5/reference/collection/).
    """
    match = _DATA_ACCESS.fullmatch(name)
    found = collections.find(match.group(1)) if match else None
    return found if found and found.has_data_access and data_access_scope(found.id) == name else None


def known(name: str) -> KnownScope | None:
    """Give what is known of a scope, or None if it does not exist."""
    collection = collection_of(name)
    if collection:
        return KnownScope(collection.id, f"Access data on {collection.display_name}")
    return _KNOWN.get(name)


def resource_server(name: str) -> str:
    """Give who serves this scope; raises KeyError if it does not exist."""
    found = known(name)
    if found is None:
        raise KeyError(name)
    return found.resource_server


def parse(text: str) -> tuple[Scope, ...]:
    """Read scopes separated by spaces, like `openid a[b *c]`. Raises BadScope; nothing at all is fine."""
    reader = _Reader(text)
    scopes = reader.scopes(())
    reader.expect_end()
    return scopes


def write(scopes: Iterable[Scope]) -> str:
    """Write scopes so that `parse` reads them back."""
    return " ".join(str(scope) for scope in scopes)


def paths(scopes: Iterable[Scope], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Give the way to each scope as names from root to leaf, parents first, and whether it is optional."""
    for scope in scopes:
        path = (*above, scope.name)
        yield path, scope.is_optional
        yield from paths(scope.dependencies, path)


def unknown(scopes: Iterable[Scope]) -> list[str]:
    """Give the names that do not exist, at any depth, each once."""
    return list(dict.fromkeys(path[-1] for path, _ in paths(scopes) if known(path[-1]) is None))


def without(scopes: Iterable[Scope], declined: Several[str]) -> tuple[Scope, ...]:
    """Give the scopes without the declined names, which take what is below them along."""
    return tuple(
        replace(scope, dependencies=without(scope.dependencies, declined))
        for scope in scopes
        if scope.name not in declined
    )


class _Reader:
    """Reads one text from left to right."""

    def __init__(self, text: str) -> None:
        self._tokens: list[str] = _TOKENS.findall(text)
        self._tokens.reverse()

    @property
    def _next(self) -> str:
        return self._tokens[-1] if self._tokens else ""

    def scopes(self, above: tuple[str, ...]) -> tuple[Scope, ...]:
        found = []
        self._skip_spaces()
        while self._next not in {"", "]"}:
            found.append(self._scope(above))
            if not self._skip_spaces() and self._next not in {"", "]"}:
                raise BadScope(f"A space is missing before {self._next!r}.")
        return tuple(found)

    def expect_end(self) -> None:
        if self._next:
            raise BadScope("A bracket is closed that was not opened.")

    def _scope(self, above: tuple[str, ...]) -> Scope:
        is_optional = self._take("*")
        name = self._name()
        if name in above:
            raise BadScope(f"{name} depends on itself.")
        if len(above) == _DEEPEST:
            raise BadScope(f"Scopes are nested more than {_DEEPEST} deep.")
        return Scope(name, is_optional, self._dependencies((*above, name)))

    def _dependencies(self, above: tuple[str, ...]) -> tuple[Scope, ...]:
        if not self._take("["):
            return ()
        found = self.scopes(above)
        if not found or not self._take("]"):
            raise BadScope(f"The brackets after {above[-1]} are empty or not closed.")
        return found

    def _name(self) -> str:
        if not self._next or self._next in "[]*" or self._next.isspace():
            raise BadScope("The name of a scope is missing.")
        return self._tokens.pop()

    def _take(self, token: str) -> bool:
        return self._next == token and bool(self._tokens.pop())

    def _skip_spaces(self) -> bool:
        return self._next.isspace() and bool(self._tokens.pop())
