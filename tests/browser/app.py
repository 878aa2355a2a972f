"""A Slack app of the tests' own: it hears what a person does, and answers as it is told."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import requests
from typing_extensions import override

from bot.sandbox.slack.workspace import ADA, LAB_DATA, Credentials

Json = dict[str, Any]


@dataclass
class App:
    """The app, over HTTP. `heard` are the payloads; `answer` gives what one is acknowledged with."""

    slack_url: str
    heard: list[Json] = field(default_factory=list)
    answer: Callable[[Json], Json | None] = lambda _payload: None
    _news: threading.Condition = field(default_factory=threading.Condition)

    def hear(self, payload: Json) -> Json | None:
        """Take a payload, and say what to acknowledge it with."""
        with self._news:
            self.heard.append(payload)
            self._news.notify_all()
        return self.answer(payload)

    def wait(self, kind: str, seconds: float = 30) -> Json:
        """Give the latest payload of a kind, once there is one."""
        return self.wait_for(kind, 1, seconds)[-1]

    def wait_for(self, kind: str, count: int, seconds: float = 30) -> list[Json]:
        """Give all payloads of a kind, once there are so many; the page itself does not wait for that."""
        with self._news:
            self._news.wait_for(lambda: len(self.of(kind)) >= count, seconds)
            found = self.of(kind)
        assert len(found) >= count, f"the app heard only {[one.get('type') for one in self.heard]}"
        return found

    def of(self, kind: str) -> list[Json]:
        """Give all payloads of a kind that were heard."""
        return [one for one in self.heard if one.get("type") == kind]

    def call(self, method: str, **arguments: object) -> Json:
        """Call the Web API as the app; gives the answer, also one that says no."""
        headers = {"Authorization": f"Bearer {Credentials().bot_token}"}
        answer = requests.post(f"{self.slack_url}/api/{method}", json=arguments, headers=headers, timeout=10)
        told: Json = answer.json()
        return told

    def done(self, method: str, **arguments: object) -> Json:
        """Call the Web API, which has to say yes."""
        answer = self.call(method, **arguments)
        assert answer["ok"], answer
        return answer

    def act(self, name: str, **values: object) -> Json:
        """Do something as a person, Ada if nobody is named, without the page."""
        body = {"user_id": ADA} | values
        answer = requests.post(f"{self.slack_url}/sandbox/{name}", json=body, timeout=10)
        told: Json = answer.json()
        assert told["ok"], told
        return told

    def open(self, view: Json) -> Json:
        """Show a modal to Ada; gives the view."""
        self.act("shortcut", callback_id="any")
        shown: Json = self.done("views.open", trigger_id=self.wait("shortcut")["trigger_id"], view=view)[
            "view"
        ]
        self.heard.clear()
        return shown

    def post(self, *blocks: Json, text: str = "words") -> Json:
        """Post a message in #lab-data."""
        return self.done("chat.postMessage", channel=LAB_DATA, text=text, blocks=list(blocks))


@contextmanager
def listening(slack_url: str) -> Iterator[App]:
    """Let an app listen to the pretend Slack until the block ends."""
    app = App(slack_url)

    class Ear(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"])).decode()
            is_form = "form" in self.headers["Content-Type"]
            form = {name: values[0] for name, values in parse_qs(raw).items()} if is_form else {}
            payload = json.loads(form["payload"]) if "payload" in form else form or json.loads(raw)
            answer = app.hear(payload)
            body = json.dumps(answer).encode() if answer else b""
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        @override
        def log_message(self, *_arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Ear) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        app.act("delivery", url=f"http://127.0.0.1:{server.server_port}")
        try:
            yield app
        finally:
            server.shutdown()
