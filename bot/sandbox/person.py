"""A person at work: their hands in the pretend Slack; their browser is in `browser`."""

import time
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeVar

import requests

from bot.sandbox.browser import Browser, ConsentPage, NotDone

__all__ = ["PATIENCE", "Browser", "ConsentPage", "NotDone", "Person"]

PATIENCE: Final = 15.0
"""How long a person waits for something to happen, in seconds."""

_Found = TypeVar("_Found")


class Person:
    """One person in the pretend Slack. Everything here goes over HTTP, as a page's clicks would.

    `team_id` is the workspace they are in, the sandbox's own if it is not given.
    """

    def __init__(self, slack_url: str, user_id: str, *, team_id: str | None = None) -> None:
        self._url = f"{slack_url}/sandbox"
        self._session = requests.Session()
        self._team = {"team_id": team_id} if team_id else {}
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

    def press(self, action_id: str, *, value: str | None = None) -> dict[str, Any]:
        """Press a button of the view on top; gives its address too, if it leads somewhere.

        `value` is what is chosen where it is a menu.
        """
        return self._post("click", view_id=self.top()["id"], action_id=action_id, value=value)

    def press_button(self, text: str) -> dict[str, Any]:
        """Press the button of the view on top that says this; raises NotDone if none does."""
        view = self.top()
        for block_id, element in _elements(view):
            if element["type"] == "button" and element["text"]["text"] == text:
                names = {"block_id": block_id, "action_id": element["action_id"]}
                return self._post("click", view_id=view["id"], **names)
        raise NotDone(f"the view has no button {text!r}")

    def press_beside(self, text: str) -> dict[str, Any]:
        """Press the button beside the text in the view on top that has this in it; raises NotDone."""
        view = self.top()
        for block in view["blocks"]:
            if block["type"] == "section" and "accessory" in block and text in block["text"]["text"]:
                names = {"block_id": block["block_id"], "action_id": block["accessory"]["action_id"]}
                return self._post("click", view_id=view["id"], **names)
        raise NotDone(f"the view has no button beside {text!r}")

    def tick(self, *texts: str) -> None:
        """Tick these boxes of the view on top, and no others in their groups; raises NotDone."""
        view = self.top()
        left = set(texts)
        for block_id, element in _elements(view):
            if element["type"] == "checkboxes":
                values = [one["value"] for one in element["options"] if one["text"]["text"] in left]
                left -= {one["text"]["text"] for one in element["options"]}
                if values:
                    self._post("input", view_id=view["id"], block_id=block_id, value=values)
        if left:
            raise NotDone(f"the view has no boxes for {sorted(left)}")

    def press_in_message(
        self, message: dict[str, Any], action_id: str, *, channel_id: str | None = None
    ) -> dict[str, Any]:
        """Press a button of a message: of a channel's, or without one of the bot's to this person."""
        where = {"channel_id": channel_id} if channel_id else {"dm": True}
        return self._post("click", message_ts=message["ts"], action_id=action_id, **where)

    def say(self, text: str, *, channel_id: str, thread_ts: str | None = None) -> dict[str, Any]:
        """Write a message in a channel or in a thread; gives where it is, as `channel_id` and `ts`."""
        return self._post("message", text=text, channel_id=channel_id, thread_ts=thread_ts)

    def write(self, text: str) -> None:
        """Write a message without sending it."""
        self._post("write", text=text)

    def shortcut(self, callback_id: str, *, message: dict[str, Any] | None = None) -> None:
        """Use a shortcut of the search bar, or of the menu of a message that `say` gave."""
        about = {"channel_id": message["channel_id"], "message_ts": message["ts"]} if message else {}
        self._post("shortcut", callback_id=callback_id, **about)

    def open_home(self) -> None:
        """Open the bot's Home tab."""
        self._post("home")

    def home(self) -> dict[str, Any]:
        """Give what is in the bot's Home tab; without blocks while there is nothing."""
        view: dict[str, Any] | None = self._get("home", user_id=self.user_id)["view"]
        return view or {"blocks": []}

    def press_at_home(self, action_id: str) -> None:
        """Press a button of the bot's Home tab."""
        self._post("click", view_id=self.home()["id"], action_id=action_id)

    def invite_bot(self, channel_id: str) -> None:
        """Invite the bot to a channel."""
        self._post("members", channel_id=channel_id, joined=True)

    def remove_bot(self, channel_id: str) -> None:
        """Remove the bot from a channel."""
        self._post("members", channel_id=channel_id, joined=False)

    def leave(self, channel_id: str) -> None:
        """Leave a channel."""
        self._post("leave", user_id=self.user_id, channel_id=channel_id)

    def archive(self, channel_id: str, *, archived: bool = True) -> None:
        """Archive a channel, or bring it back."""
        self._post("archive", channel_id=channel_id, archived=archived)

    def delete_message(self, message: dict[str, Any], *, channel_id: str | None = None) -> None:
        """Delete a message of a channel's, or without one of the bot's to this person."""
        where = {"channel_id": channel_id} if channel_id else {"dm": True}
        self._post("delete_message", ts=message["ts"], **where)

    def thread(self, channel_id: str, ts: str) -> list[dict[str, Any]]:
        """Give the answers that this person sees under a message, oldest first."""
        answers: list[dict[str, Any]] = self._get(
            "thread", user_id=self.user_id, channel_id=channel_id, ts=ts
        )["messages"]
        return answers

    def run_step(self, callback_id: str, **inputs: object) -> str:
        """Run a workflow with a step of the bot's; gives the ID of this run of the step."""
        run: str = self._post("run_function", callback_id=callback_id, inputs=inputs)["function_execution_id"]
        return run

    def step(self, execution_id: str) -> dict[str, Any]:
        """Say how a step fares: its `state`, `outputs` and `error`."""
        return self._get("function", id=execution_id)

    def file(self, file_id: str) -> dict[str, Any]:
        """Give a file that the bot uploaded, its `content` in base64."""
        found: dict[str, Any] = self._get("file", id=file_id)["file"]
        return found

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
            self._session.post(
                f"{self._url}/{path}", json={"user_id": self.user_id} | self._team | values, timeout=30
            )
        )

    def _get(self, path: str, **values: object) -> dict[str, Any]:
        return _answer(
            self._session.get(
                f"{self._url}/{path}",
                params={k: str(v) for k, v in (self._team | values).items()},
                timeout=30,
            )
        )


def _elements(view: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give every element of a view with its block's ID."""
    for block in view["blocks"]:
        for element in (block.get("accessory"), block.get("element"), *block.get("elements", ())):
            if element and "type" in element:
                yield block["block_id"], element


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
