"""The one place where a scope is composed (https://docs.globus.org/api/auth/reference/#scopes)."""

import re
from collections.abc import Iterable
from typing import Final

from globus_sdk.scopes import AuthScopes, GCSCollectionScopes, Scope, TimersScopes, TransferScopes

IDENTITY: Final = (AuthScopes.openid, AuthScopes.profile, AuthScopes.email)
"""Who signed in. The same at every sign-in: a narrower one would replace the wider token that is held."""

BROWSING: Final = TransferScopes.all
"""What the bot's own credentials ask for, to look collections up."""


def transfer(collections: Iterable[str] = ()) -> Scope:
    """Give the scope for moving and listing files, with `data_access` to each collection.

    It is optional for the person (`*`), so that declining one consent is not declining to sign in.
    """
    return TransferScopes.all.with_dependencies(
        GCSCollectionScopes(collection).data_access.with_optional(True)  # noqa: FBT003 - the SDK's signature
        for collection in sorted(collections)
    )


def timer(collections: Iterable[str] = ()) -> Scope:
    """Give the scope for timers that move files: a timer needs its consents below its own scope."""
    return TimersScopes.timer.with_dependency(transfer(collections))


def for_sign_in(collections: Iterable[str]) -> list[Scope]:
    """Give everything that one sign-in asks for: who it is, browsing, timers, and each collection's data."""
    collections = sorted(collections)
    return [*IDENTITY, transfer(collections), timer(collections)]


_DATA_ACCESS: Final = re.compile(r"/scopes/([0-9a-fA-F-]{36})/data_access")


def collections_in(scopes: Iterable[str]) -> frozenset[str]:
    """Give the collections whose `data_access` stands in these scope strings, at whatever depth.

    Only their IDs are taken: what is asked for is composed here, and not copied from an answer.
    """
    return frozenset(found.lower() for scope in scopes for found in _DATA_ACCESS.findall(scope))
