"""Consents: what people have allowed to apps, each with everything that stands above it."""

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count
from typing import Final

from bot.sandbox.globus.scopes import TRANSFER_SERVER, Scope, paths, resource_server
from bot.sandbox.wire import Json

_FIRST_ID: Final = 142_632
_TRANSFER_CLIENT: Final = "2fbdda78-a599-4cb5-ac3d-1fbcfbc6a754"


@dataclass(frozen=True)
class Consent:
    """One consent. `path` is scope names from root to leaf, `dependency_path` the consents' IDs along it.

    Times are epoch seconds. `is_optional` consents can be revoked alone.
    """

    id: int
    identity_id: str
    client_id: str
    path: tuple[str, ...]
    dependency_path: tuple[int, ...]
    is_optional: bool
    allows_refresh: bool
    created: float
    updated: float

    def document(self) -> Json:
        """Write it as Auth does (https://docs.globus.org/api/auth/reference/#consents)."""
        return {
            "id": self.id,
            "client": self.client_id if len(self.path) == 1 else _client_behind(self.path[-2]),
            "scope": str(uuid.uuid5(uuid.NAMESPACE_URL, self.path[-1])),
            "scope_name": self.path[-1],
            "effective_identity": self.identity_id,
            "dependency_path": list(self.dependency_path),
            "status": "approved",
            "allows_refresh": self.allows_refresh,
            "atomically_revocable": self.is_optional,
            "auto_approved": False,
            "created": _written(self.created),
            "updated": _written(self.updated),
            "last_used": _written(self.updated),
        }


_Key = tuple[str, str, tuple[str, ...]]


class Consents:
    """All consents. They add up: allowing less at a later sign-in takes nothing away."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._ids = count(_FIRST_ID)
        self._held: dict[_Key, Consent] = {}

    def grant(
        self, identity_id: str, client_id: str, scopes: Iterable[Scope], *, allows_refresh: bool
    ) -> None:
        """Record that an identity allows these scopes, with all that is in their brackets, to an app."""
        for path, is_optional in paths(scopes):
            key = (identity_id, client_id, path)
            held = self._held.get(key) or self._new(key, is_optional=is_optional)
            self._held[key] = replace(
                held, updated=self._clock(), allows_refresh=held.allows_refresh or allows_refresh
            )

    def holds(self, identity_id: str, client_id: str, path: tuple[str, ...]) -> bool:
        """Say whether this identity has allowed the last scope of `path`, below the others, to the app."""
        return (identity_id, client_id, path) in self._held

    def revoke(self, identity_id: str, client_id: str | None, scope_name: str) -> int:
        """Revoke the consents to a scope, wherever it stands, with all below; gives how many are gone.

        Without `client_id`, for all apps.
        """
        gone = [
            key
            for key in self._held
            if key[0] == identity_id and client_id in {None, key[1]} and scope_name in key[2]
        ]
        for key in gone:
            del self._held[key]
        return len(gone)

    def of(self, identity_id: str, client_id: str | None = None) -> list[Consent]:
        """Give an identity's consents, oldest first; with `client_id`, those that start at this app."""
        return [
            consent
            for consent in self._held.values()
            if consent.identity_id == identity_id and client_id in {None, consent.client_id}
        ]

    def _new(self, key: _Key, *, is_optional: bool) -> Consent:
        identity_id, client_id, path = key
        number = next(self._ids)
        above = self._held[identity_id, client_id, path[:-1]].dependency_path if path[1:] else ()
        now = self._clock()
        return Consent(
            number,
            identity_id,
            client_id,
            path,
            (*above, number),
            is_optional=is_optional,
            allows_refresh=False,
            created=now,
            updated=now,
        )


def _client_behind(scope_name: str) -> str:
    """Give the client ID of the service that serves a scope: it is the one that acts on what is below."""
    server = resource_server(scope_name)
    return _TRANSFER_CLIENT if server == TRANSFER_SERVER else server


def _written(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()
