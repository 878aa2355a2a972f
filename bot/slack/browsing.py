"""What is offered while a person types into a collection's field."""

from typing import Final

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.browsing import Browsing, Collection
from bot.slack.app import Listen, person_of
from bot.slack.blocks import Block, option

FIELDS: Final = ("source_collection", "destination_collection")

NOTHING: Final = "-"
"""The value of a line that is no collection; the form says so if it is chosen all the same."""


class BrowsingHandlers:
    """Answers the searches of the form."""

    def __init__(self, *, browsing: Browsing) -> None:
        self._browsing = browsing

    def register(self, listen: Listen) -> None:
        """Say which of Slack's messages these handlers answer."""
        for name in FIELDS:
            listen.options(name, self.suggest)

    async def suggest(self, args: AsyncArgs) -> None:
        """Offer collections; without any, one line says why, since an empty list says nothing."""
        found = await self._browsing.suggest(person_of(args), str(args.body.get("value", "")))
        options = [_option(one) for one in found.collections]
        if found.unseen_id:
            options.append(
                option(found.unseen_id, found.unseen_id, description="Not public: looked up once you sign in")
            )
        if found.note:
            options.append(option(found.note, NOTHING))
        await args.ack(options=options)


def _option(collection: Collection) -> Block:
    about = f"{collection.kind}, {collection.owner}" if collection.owner else collection.kind
    return option(collection.display_name, collection.collection_id, description=about)
