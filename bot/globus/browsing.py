"""Collections at Globus Transfer."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

import globus_sdk

from bot.accounts import SlackUser
from bot.browsing import Bookmark, Collection
from bot.errors import SignInEnded, SignInNeeded, UnknownCollection
from bot.globus.clients import Clients
from bot.globus.errors import reading, session_demanded

MOST_FOUND: Final = 50
"""Nobody reads more; Slack takes 100."""

MOST_SHARED: Final = 100
"""The longest page of a search (https://docs.globus.org/api/transfer/endpoint_and_collection_search/)."""


_Found = TypeVar("_Found")


class GlobusCollections:
    """Looks collections up as the person, or as the bot for somebody who has to sign in first."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def search(self, person: SlackUser, text: str) -> Sequence[Collection]:
        """Give collections whose name, owner or keywords match, best first; raises Problem."""

        def search(transfer: globus_sdk.TransferClient) -> Sequence[Collection]:
            answer = transfer.endpoint_search(text, limit=MOST_FOUND)
            return [_collection(found) for found in answer["DATA"]]

        return self._ask(person, search)

    def get(self, person: SlackUser, collection_id: str) -> Collection:
        """Give one collection; raises UnknownCollection, SignInNeeded or ServiceUnavailable."""

        def get(transfer: globus_sdk.TransferClient) -> Collection:
            try:
                return _collection(transfer.get_endpoint(collection_id))
            except globus_sdk.TransferAPIError as error:
                # What may not be seen is as good as not there, and Transfer does not always say which.
                if error.http_status in {403, 404} and not session_demanded(error):
                    raise UnknownCollection(collection_id) from error
                raise

        return self._ask(person, get)

    def recently_used(self, person: SlackUser) -> Sequence[Collection]:
        """Give what the person used lately, the latest first; raises Problem."""
        return self._in_scope(person, "recently-used", limit=MOST_FOUND)

    def shared_with(self, person: SlackUser) -> Sequence[Collection]:
        """Give what others share with the person; raises Problem."""
        return self._in_scope(person, "shared-with-me", limit=MOST_SHARED)

    def bookmarks(self, person: SlackUser) -> Sequence[Bookmark]:
        """Give the person's bookmarks, pinned ones first; raises Problem.

        Shape of the answer: https://docs.globus.org/api/transfer/endpoint_bookmarks/
        """
        with self._clients.transfer(person) as transfer, reading():
            found = sorted(transfer.bookmark_list()["DATA"], key=lambda one: not one.get("pinned"))
            return [_bookmark(one) for one in found]

    def _ask(self, person: SlackUser, ask: Callable[[globus_sdk.TransferClient], _Found]) -> _Found:
        """Ask as the person; where only a sign-in would help, as the bot, if it has credentials."""
        try:
            with self._clients.transfer(person) as transfer, reading():
                return ask(transfer)
        except SignInNeeded as problem:
            if problem.session:
                raise
            needed = problem
        try:
            with self._clients.transfer_as_bot() as transfer, reading():
                return ask(transfer)
        except SignInNeeded:
            raise needed from None
        except UnknownCollection:
            if isinstance(needed, SignInEnded):
                # It may be theirs alone, and then the bot does not see it.
                raise needed from None
            raise

    def _in_scope(self, person: SlackUser, scope: str, *, limit: int) -> Sequence[Collection]:
        with self._clients.transfer(person) as transfer, reading():
            answer = transfer.endpoint_search(filter_scope=scope, limit=limit)
            return [_collection(found) for found in answer["DATA"]]


def _bookmark(answer: Mapping[str, Any]) -> Bookmark:
    path = str(answer.get("path") or "/~/").rstrip("/") + "/"
    return Bookmark(str(answer.get("name") or ""), str(uuid.UUID(answer["endpoint_id"])), path)


def _collection(answer: Mapping[str, Any] | globus_sdk.GlobusHTTPResponse) -> Collection:
    return Collection(
        collection_id=answer["id"],
        display_name=answer["display_name"] or answer["id"],
        entity_type=answer["entity_type"],
        high_assurance=answer.get("high_assurance"),
        owner=answer.get("owner_string") or "",
    )
