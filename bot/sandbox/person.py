"""A person at work: their hands in the pretend Slack, and their browser in the pretend Globus."""

import time
from collections.abc import Callable, Collection
from html.parser import HTMLParser
from typing import Any, Final, TypeVar
from urllib.parse import urljoin

import requests
from typing_extensions import override

PATIENCE: Final = 15.0
"""How long a person waits for something to happen, in seconds."""

_Found = TypeVar("_Found")


class NotDone(Exception):
    """Something that a person tried was refused, or did not happen in time."""


class Person:
    """One person in the pretend Slack. Everything here goes over HTTP, as a page's clicks would."""

    def __init__(self, slack_url: str, user_id: str) -> None:
        self._url = f"{slack_url}/sandbox"
        self._session = requests.Session()
        self.user_id = user_id

    def command(
        self, text: str = "", *, channel_id: str, command: str = "/schedule-transfer"
    ) -> dict[str, Any]:
        """Type a slash command; gives what the bot answered at once."""
        return self._post("command", channel_id=channel_id, command=command, text=text)

    def views(self) -> list[dict[str, Any]]:
        """Give the open views, bottom to top."""
        views: list[dict[str, Any]] = self._get("views", user_id=self.user_id)["views"]
        return views

    def top(self) -> dict[str, Any]:
        """Give the view on top; raises NotDone if none is open."""
        views = self.views()
        if not views:
            raise NotDone("no view is open")
        return views[-1]

    def fill(self, block_id: str, value: object) -> None:
        """Fill one field of the view on top, whose block may carry a number behind its name."""
        view = self.top()
        self._post("input", view_id=view["id"], block_id=_block(view, block_id), value=value)

    def search(self, block_id: str, text: str) -> list[dict[str, Any]]:
        """Type into a search of the view on top; gives the options."""
        view = self.top()
        options: list[dict[str, Any]] = self._post(
            "suggest", view_id=view["id"], block_id=_block(view, block_id), value=text
        )["options"]
        return options

    def choose(self, block_id: str, text: str) -> str:
        """Search and choose the first that is found; gives its value. Raises NotDone if nothing is found."""
        options = self.search(block_id, text)
        if not options:
            raise NotDone(f"nothing is found for {text!r}")
        value: str = options[0]["value"]
        self.fill(block_id, value)
        return value

    def submit(self) -> dict[str, Any]:
        """Send the view on top; gives what the bot answered, with the errors under fields if any."""
        return self._post("submit", view_id=self.top()["id"])

    def close(self) -> None:
        """Close the view on top."""
        self._post("close", view_id=self.top()["id"])

    def press(self, action_id: str) -> dict[str, Any]:
        """Press a button of the view on top; gives its address too, if it leads somewhere."""
        return self._post("click", view_id=self.top()["id"], action_id=action_id)

    def press_in_message(
        self, message: dict[str, Any], action_id: str, *, channel_id: str | None = None
    ) -> dict[str, Any]:
        """Press a button of a message: of a channel's, or without one of the bot's to this person."""
        where = {"channel_id": channel_id} if channel_id else {"dm": True}
        return self._post("click", message_ts=message["ts"], action_id=action_id, **where)

    def invite_bot(self, channel_id: str) -> None:
        """Invite the bot to a channel."""
        self._post("members", channel_id=channel_id, joined=True)

    def messages(self, channel_id: str) -> list[dict[str, Any]]:
        """Give the messages that this person sees in a channel, oldest first."""
        messages: list[dict[str, Any]] = self._get("messages", user_id=self.user_id, channel_id=channel_id)[
            "messages"
        ]
        return messages

    def direct_messages(self) -> list[dict[str, Any]]:
        """Give the messages between this person and the bot, oldest first."""
        messages: list[dict[str, Any]] = self._get("messages", user_id=self.user_id, dm=1)["messages"]
        return messages

    def wait_for(self, look: Callable[[], _Found | None], what: str, *, seconds: float = PATIENCE) -> _Found:
        """Look again whenever something happens in Slack, until there is something; raises NotDone."""
        until = time.monotonic() + seconds
        number = self._get("wait", after=0, seconds=0)["number"]
        while True:
            found = look()
            if found:
                return found
            if time.monotonic() > until:
                raise NotDone(f"waited {seconds:.0f} s for {what}")
            number = self._get("wait", after=number, seconds=0.5)["number"]

    def _post(self, path: str, **values: object) -> dict[str, Any]:
        return _answer(
            self._session.post(f"{self._url}/{path}", json={"user_id": self.user_id} | values, timeout=30)
        )

    def _get(self, path: str, **values: object) -> dict[str, Any]:
        return _answer(
            self._session.get(
                f"{self._url}/{path}", params={k: str(v) for k, v in values.items()}, timeout=30
            )
        )


class Browser:
    """A browser in the pretend Globus: signs in, reads what is asked, and allows or declines it."""

    def __init__(self) -> None:
        self._session = requests.Session()

    def open(self, address: str) -> "ConsentPage":
        """Open a sign-in link; raises NotDone, with what the page says, if Globus shows an error."""
        answer = self._session.get(address, timeout=30)
        if not answer.ok:
            raise NotDone(_text(answer.text))
        return ConsentPage(answer.url, answer.text)

    def allow(self, page: "ConsentPage", *, identity: str, decline: Collection[str] = ()) -> str:
        """Allow what the page asks, but the collections in `decline`; gives the code that Globus shows."""
        consents = [consent for consent in page.consents if consent not in decline]
        form = [*page.hidden.items(), ("identity", identity), ("decision", "allow")]
        form += [("consent", consent) for consent in consents]
        answer = self._session.post(page.action, data=form, timeout=30)
        if not answer.ok:
            raise NotDone(_text(answer.text))
        return _Code.read(answer.text)


class ConsentPage(HTMLParser):
    """The page on which Globus asks: its optional consents, by collection ID, and what it says in words."""

    def __init__(self, address: str, page: str) -> None:
        super().__init__()
        self.hidden: dict[str, str] = {}
        self.consents: list[str] = []
        self.action = address
        self._address = address
        self.feed(page)
        self.words = _text(page)

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action = urljoin(self._address, given.get("action", ""))
        elif tag == "input" and given.get("type") == "hidden":
            self.hidden[given["name"]] = given.get("value", "")
        elif tag == "input" and given.get("name") == "consent":
            self.consents.append(given["value"])


class _Code(HTMLParser):
    """Finds the code on the page that shows it."""

    def __init__(self) -> None:
        super().__init__()
        self._inside = False
        self.code = ""

    @classmethod
    def read(cls, page: str) -> str:
        parser = cls()
        parser.feed(page)
        if not parser.code:
            raise NotDone(f"the page shows no code: {_text(page)}")
        return parser.code

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = ("id", "code") in attrs

    @override
    def handle_data(self, data: str) -> None:
        if self._inside:
            self.code += data.strip()

    @override
    def handle_endtag(self, tag: str) -> None:
        self._inside = False


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._hidden = False

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden = tag in {"style", "title"}

    @override
    def handle_endtag(self, tag: str) -> None:
        self._hidden = False

    @override
    def handle_data(self, data: str) -> None:
        if not self._hidden and data.strip():
            self.words.append(" ".join(data.split()))


def _text(page: str) -> str:
    parser = _Words()
    parser.feed(page)
    return " ".join(parser.words)


def _block(view: dict[str, Any], name: str) -> str:
    for block in view["blocks"]:
        block_id: str = block["block_id"]
        if block_id.partition(":")[0] == name:
            return block_id
    raise NotDone(f"the view {view['callback_id']!r} has no field {name!r}")


def _answer(answer: requests.Response) -> dict[str, Any]:
    body: dict[str, Any] = answer.json()
    if not body.get("ok", answer.ok):
        raise NotDone(f"{body.get('error')}: {body.get('detail')} {body.get('fields', '')}".strip())
    return body
