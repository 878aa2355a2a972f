"""Who may reach which collection: visibility, consents, and the sessions of protected ones."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from bot.sandbox.globus.collections import Collection, find
from bot.sandbox.globus.consents import Consents
from bot.sandbox.globus.directory import identity_with_id
from bot.sandbox.globus.errors import Refused, transfer_error
from bot.sandbox.globus.scopes import TRANSFER_SCOPE, Scope, data_access_scope
from bot.sandbox.globus.sessions import Sessions, is_of

CONSENT_REQUIRED: Final = "ConsentRequired"


@dataclass(frozen=True)
class Actor:
    """On whose behalf, through which app, and by which chain of scopes Transfer is asked for something.

    An app that acts for itself is its own identity.
    """

    identity_id: str
    client_id: str
    chain: tuple[str, ...] = (TRANSFER_SCOPE,)

    @property
    def is_app(self) -> bool:
        """Whether no person stands behind it."""
        return self.identity_id == self.client_id


def visible(identity_id: str, collection_id: str) -> Collection:
    """Give a collection that this identity can see. Raises Refused, `EndpointNotFound`."""
    collection = find(collection_id)
    if collection is None or not collection.is_visible_to(identity_id):
        raise transfer_error(HTTPStatus.NOT_FOUND, "EndpointNotFound", f"No such endpoint '{collection_id}'")
    return collection


def opened(consents: Consents, sessions: Sessions, actor: Actor, collection_id: str) -> Collection:
    """Give a collection whose files the actor may reach.

    Raises Refused: `EndpointNotFound`, `NotSupported` for an endpoint, `ConsentRequired` without
    `data_access`, or what a protected collection asks for.
    """
    collection = visible(actor.identity_id, collection_id)
    if not collection.holds_files:
        raise transfer_error(
            HTTPStatus.BAD_REQUEST, "NotSupported", "An endpoint has no files; use one of its collections"
        )
    if collection.high_assurance:
        _require_session(sessions, actor, collection)
    missing = missing_consents(consents, actor, collection)
    if missing:
        raise transfer_error(
            HTTPStatus.FORBIDDEN,
            CONSENT_REQUIRED,
            "Missing required data_access consent",
            required_scopes=[nested((TRANSFER_SCOPE,), missing)],
        )
    return collection


def missing_consents(consents: Consents, actor: Actor, *collections: Collection) -> list[str]:
    """Give the `data_access` scopes that these collections need and the actor does not have, each once."""
    needed = [data_access_scope(one.id) for one in collections if one.has_data_access]
    return [
        scope
        for scope in dict.fromkeys(needed)
        if not consents.holds(actor.identity_id, actor.client_id, (*actor.chain, scope))
    ]


def nested(chain: tuple[str, ...], leaves: list[str]) -> str:
    """Write a chain of scopes with optional leaves, as `a[b[*c *d]]`."""
    below = tuple(Scope(leaf, is_optional=True) for leaf in leaves)
    for name in reversed(chain):
        below = (Scope(name, dependencies=below),)
    return str(below[0])


def _require_session(sessions: Sessions, actor: Actor, collection: Collection) -> None:
    """Let in people who signed in with the right domain, and lately.

    https://docs.globus.org/guides/overviews/gares/
    """
    if actor.is_app:
        raise transfer_error(
            HTTPStatus.FORBIDDEN, "EndpointPermissionDenied", "A high assurance collection is for people only"
        )
    person = identity_with_id(actor.identity_id)
    is_right = not collection.domain or (person is not None and is_of(person, {collection.domain}))
    minutes = collection.session_minutes
    if not is_right or not sessions.is_younger(actor.identity_id, actor.client_id, minutes=minutes):
        raise _session_error(collection)


def _session_error(collection: Collection) -> Refused:
    return transfer_error(
        HTTPStatus.FORBIDDEN,
        "ExternalError.DirListingFailed.LoginFailed",
        "Session reauthentication required",
        authorization_parameters={
            "session_message": "Session reauthentication required (Globus Transfer)",
            "session_required_identities": [],
            "session_required_mfa": False,
            "session_required_single_domain": [collection.domain],
        },
    )
