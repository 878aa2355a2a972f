"""What Slack would send: signed requests of their own number each, made fast enough not to be the bottleneck.

Shapes: https://docs.slack.dev/interactivity/implementing-slash-commands and
https://docs.slack.dev/reference/interaction-payloads.
"""

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlencode

from benchmarks.workspace import CHANNEL, SIGNING_SECRET, TEAM
from bot.sandbox.globus.collections import SHARED
from bot.slack.form import FormContext, form_view
from bot.storing import now

Json = dict[str, Any]

PEOPLE: Final = 50
"""Those who are linked, and do something in turn."""

_NUMBER: Final = "000NUMBER000"
_PERSON: Final = "U0PERSON01"
_PAD: Final = len(_NUMBER)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of message. `is_good` says whether an answer is the one that the bot gives when all is well.

    `payload` is the message as Socket Mode carries it, with marks for the number and the person; over HTTP
    it goes as a form, in which everything but a command is one field.
    """

    name: str
    envelope: str
    payload: Json
    is_good: Callable[[bytes], bool]

    def written(self) -> bytes:
        """Write the body that goes over HTTP, with its marks: events as JSON, everything else as a form."""
        if self.envelope == "events_api":
            return json.dumps(self.payload).encode()
        form = self.payload if self.envelope == "slash_commands" else {"payload": json.dumps(self.payload)}
        return urlencode(form).encode()


def person(number: int) -> str:
    """Give the user ID of one of those who are linked."""
    return f"U0BENCH{number % PEOPLE:03}"


def filled_in(text: bytes, number: int) -> bytes:
    """Put a message's number, and who sends it, in the place of the marks."""
    numbered = text.replace(_NUMBER.encode(), f"{number:0{_PAD}}".encode())
    return numbered.replace(_PERSON.encode(), person(number).encode())


def request(body: bytes) -> bytes:
    """Write a whole signed HTTP request (https://docs.slack.dev/authentication/verifying-requests-from-slack)."""
    at = str(int(now().timestamp())).encode()
    signature = hmac.new(SIGNING_SECRET.encode(), b"v0:" + at + b":" + body, hashlib.sha256).hexdigest()
    content_type = b"application/json" if body.startswith(b"{") else b"application/x-www-form-urlencoded"
    return (
        b"POST /slack/events HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: Slackbot 1.0\r\n"
        b"Content-Type: " + content_type + b"\r\nX-Slack-Request-Timestamp: " + at + b"\r\n"
        b"X-Slack-Signature: v0=" + signature.encode() + b"\r\n"
        b"Content-Length: " + str(len(body)).encode() + b"\r\n\r\n" + body
    )


def command(
    text: str = "",
    *,
    response_url: str = "http://127.0.0.1/",
    is_good: Callable[[bytes], bool] = lambda answer: not answer,
) -> Kind:
    """`/schedule-transfer`, with words behind it or none."""
    payload = {
        "token": "unused",
        "team_id": TEAM,
        "team_domain": "bench",
        "channel_id": CHANNEL,
        "channel_name": "bench",
        "user_id": _PERSON,
        "user_name": "ada",
        "command": "/schedule-transfer",
        "text": text,
        "api_app_id": "A0BENCH001",
        "is_enterprise_install": "false",
        "response_url": response_url,
        "trigger_id": f"{_NUMBER}.1.bench",
    }
    return Kind("command", "slash_commands", payload, is_good)


def submission(*, later: bool = False) -> Kind:
    """A form that is filled in well, of a request of its own each time; it runs at once, or tomorrow."""
    state = _state()
    if later:
        state["start"]["start"]["selected_date_time"] = int((now() + timedelta(days=1)).timestamp())
    view = _view() | {"state": {"values": state}}
    payload = {"type": "view_submission", **_common(), "view": view, "response_urls": []}
    return Kind("submission", "interactive", payload, lambda answer: b"Your transfer" in answer)


def options() -> Kind:
    """A name typed into the form's search, another one each time, so that nobody can have kept the answer."""
    payload = {
        "type": "block_suggestion",
        **_common(),
        "action_id": "source_collection",
        "block_id": "source_collection",
        "value": "beam",
        "view": _view(),
    }
    return Kind("options", "interactive", payload, lambda answer: answer.startswith(b'{"option'))


def home() -> Kind:
    """Somebody opens the Home tab."""
    event = {"type": "app_home_opened", "user": _PERSON, "channel": "D0BENCH001", "tab": "home"}
    payload = {
        "type": "event_callback",
        "team_id": TEAM,
        "api_app_id": "A0BENCH001",
        "event_id": f"Ev{_NUMBER}",
        "event": event,
        "authorizations": [{"team_id": TEAM, "user_id": "U0BENCHBOT", "is_bot": True}],
    }
    return Kind("home", "events_api", payload, lambda _answer: True)


def _common() -> Json:
    return {
        "team": {"id": TEAM, "domain": "bench"},
        "user": {"id": _PERSON, "username": "ada", "name": "ada", "team_id": TEAM},
        "api_app_id": "A0BENCH001",
        "token": "unused",
        "trigger_id": f"{_NUMBER}.1.bench",
        "enterprise": None,
        "is_enterprise_install": False,
    }


def _view() -> Json:
    opened = FormContext(f"request-{_NUMBER}", CHANNEL, zone="Europe/Berlin")
    drawn = form_view(opened, filled={"repeat": "once"})
    more = {"team_id": TEAM, "hash": "1.bench", "previous_view_id": None, "bot_id": "B0BENCH001"}
    return {"id": f"V{_NUMBER}", "root_view_id": f"V{_NUMBER}", **drawn, **more}


def _state() -> Json:
    def chosen(value: str, text: str) -> Json:
        return {"selected_option": {"value": value, "text": {"type": "plain_text", "text": text}}}

    fields: Json = {
        "source_collection": chosen(SHARED.id, SHARED.display_name),
        "source_path": {"value": "/data/run-001/"},
        "destination_collection": chosen(SHARED.id, SHARED.display_name),
        "destination_path": {"value": f"/data/{_NUMBER}/"},
        "name": {"value": f"Nightly {_NUMBER}"},
        # Once, so that no number of them comes near what Globus allows a person together.
        "repeat": chosen("once", "Once"),
        "start": {"selected_date_time": None},
        "sync_level": chosen("checksum", "If its checksum differs"),
        "options": {"selected_options": []},
        "filters": {"value": "exclude *.tmp"},
        "announce_in": {"selected_conversation": CHANNEL},
    }
    return {name: {name: {"type": "any", **value}} for name, value in fields.items()}
