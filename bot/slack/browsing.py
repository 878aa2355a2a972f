"""What is offered while a person types into a collection's field."""

from typing import Final

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.browsing import Browsing, Choice, Collection, Group, Suggestions
from bot.slack.app import Listen
from bot.slack.blocks import Block, option, plain
from bot.slack.payloads import person_of

FIELDS: Final = ("source_collection", "destination_collection")

NOTHING: Final = "-"
"""The value of a line that is no collection; the form takes it out again if it is chosen all the same."""

HEADING: Final = 75


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
        side = str(args.body["action_id"]).removesuffix("_collection")
        found = await self._browsing.suggest(person_of(args), str(args.body.get("value", "")), side=side)
        await args.ack(**answer(found))


def answer(found: Suggestions) -> Block:
    """Draw what is offered, as the answer to Slack's question."""
    if found.groups:
        return {"option_groups": [_group(one) for one in found.groups]}
    options = [_option(one) for one in found.collections] + [_choice(one) for one in found.choices]
    if found.unseen_id:
        options.append(
            option(found.unseen_id, found.unseen_id, description="Not public: looked up once you sign in")
        )
    if found.note:
        options.append(option(found.note, NOTHING))
    return {"options": options}


def _group(group: Group) -> Block:
    options = [_option(one) for one in group.collections] + [_choice(one) for one in group.choices]
    return {"label": plain(group.heading, HEADING), "options": options}


def _option(collection: Collection) -> Block:
    about = f"{collection.kind}, {collection.owner}" if collection.owner else collection.kind
    return option(collection.display_name, collection.collection_id, description=about)


def _choice(choice: Choice) -> Block:
    return option(choice.title, choice.key, description=choice.about)
