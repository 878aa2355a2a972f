"""Collections at Globus Transfer."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import globus_sdk

from bot.browsing import Collection
from bot.errors import UnknownCollection
from bot.globus.clients import Clients
from bot.globus.errors import reading
from bot.linking import SlackUser

MOST_FOUND: Final = 50
"""Nobody reads more; Slack takes 100."""


class GlobusCollections:
    """Looks collections up as the person, or as the bot for somebody who is not linked yet."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def search(self, person: SlackUser, text: str) -> Sequence[Collection]:
        """Give collections whose name, owner or keywords match, best first; raises Problem."""
        with self._clients.transfer(person) as transfer, reading():
            answer = transfer.endpoint_search(text, limit=MOST_FOUND)
            return [_collection(found) for found in answer["DATA"]]

    def get(self, person: SlackUser, collection_id: str) -> Collection:
        """Give one collection; raises UnknownCollection, SignInNeeded or ServiceUnavailable."""
        with self._clients.transfer(person) as transfer, reading():
            try:
                return _collection(transfer.get_endpoint(collection_id))
            except globus_sdk.TransferAPIError as error:
                # What may not be seen is as good as not there, and Transfer does not always say which.
                if error.http_status in {403, 404}:
                    raise UnknownCollection(collection_id) from error
                raise


def _collection(answer: Mapping[str, Any] | globus_sdk.GlobusHTTPResponse) -> Collection:
    return Collection(
        collection_id=answer["id"],
        display_name=answer["display_name"] or answer["id"],
        entity_type=answer["entity_type"],
        high_assurance=answer.get("high_assurance"),
        owner=answer.get("owner_string") or "",
    )
