"""Links in messages, and what the app shows under them.

https://docs.slack.dev/messaging/unfurling-links-in-messages
"""

import re
from collections.abc import Collection, Iterable
from typing import Final
from urllib.parse import urlsplit

from bot.sandbox.slack.identifiers import Identifiers
from bot.sandbox.slack.messages import Message, named_blocks
from bot.sandbox.slack.workspace import APP_ID
from bot.sandbox.wire import Json

_LINK: Final = re.compile(r"https?://[^\s<>|]+")
_HISTORY: Final = "conversations_history"
SOURCES: Final = ("composer", _HISTORY)


class Unfurls:
    """The messages whose links the app was told of, by `unfurl_id`s like `C1.1700000000.01.ab`."""

    def __init__(self, identifiers: Identifiers) -> None:
        self._identifiers = identifiers
        self._told: dict[str, tuple[str, str]] = {}

    def tell(self, message: Message) -> str:
        """Give the `unfurl_id` of a message whose links the app hears of."""
        for unfurl_id, place in self._told.items():
            if place == (message.channel_id, message.ts):
                return unfurl_id
        unfurl_id = f"{message.channel_id}.{message.ts}.{self._identifiers.secret()}"
        self._told[unfurl_id] = (message.channel_id, message.ts)
        return unfurl_id

    def place_of(self, unfurl_id: str) -> tuple[str, str] | None:
        """Give the channel and `ts` that an `unfurl_id` means."""
        return self._told.get(unfurl_id)

    def is_told(self, message: Message) -> bool:
        """Say whether the app was told of this message's links."""
        return (message.channel_id, message.ts) in self._told.values()


def links_in(text: str, domains: Collection[str]) -> list[Json]:
    """Give the links of a text that belong to these domains or to one below them, each once.

    A domain may carry a port, as those of services on this machine do.
    """
    links: dict[str, Json] = {}
    for found in _LINK.findall(text):
        url = found.replace("&amp;", "&").rstrip(".,;:!?)")
        domain = _domain_of(url, domains)
        if domain:
            links.setdefault(url, {"domain": domain, "url": url})
    return list(links.values())


def attachments_of(
    unfurls: Iterable[tuple[str, Json]], bot_id: str, identifiers: Identifiers
) -> tuple[Json, ...]:
    """Give the attachments that a message shows for its links."""
    return tuple(
        {
            "id": number,
            "from_url": url,
            "app_unfurl_url": url,
            "is_app_unfurl": True,
            "app_id": APP_ID,
            "bot_id": bot_id,
            **given,
            **({"blocks": list(named_blocks(given["blocks"], identifiers))} if "blocks" in given else {}),
        }
        for number, (url, given) in enumerate(unfurls, 1)
    )


def _domain_of(url: str, domains: Collection[str]) -> str | None:
    try:
        there = urlsplit(url).netloc.lower()
    except ValueError:
        return None
    return next((one for one in domains if there == one or there.endswith(f".{one}")), None)
