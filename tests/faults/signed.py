"""Forms over signed HTTP, as Slack sends them, and as often as anybody likes."""

import copy
import hashlib
import hmac
import json
from typing import Final
from urllib.parse import urlencode

import requests

from bot.sandbox.slack.workspace import Credentials
from bot.storing import now
from tests.stories.stage import Json, Stage, free_port

SECONDS: Final = 3.0
"""How long Slack waits for an answer."""

KEPT: Final = "Your transfer"
"""What a view is called whose form was acknowledged as kept."""


def over_http(stage: Stage) -> str:
    """Let the pretend Slack deliver over HTTP to a bot that is started now; gives the address."""
    port = free_port()
    url = f"http://127.0.0.1:{port}/slack/events"
    delivers_to(stage, url)
    stage.start_bot(SLACK_APP_TOKEN="", PORT=port)
    return url


def delivers_to(stage: Stage, url: str | None) -> None:
    """Set the app's request URL, or none."""
    answer = requests.post(f"{stage.slack_url}/sandbox/delivery", json={"url": url}, timeout=10)
    assert answer.ok, answer.text


def last_delivery(stage: Stage) -> Json:
    """Give what Slack delivered last, whatever became of it."""
    traffic: list[Json] = requests.get(f"{stage.slack_url}/sandbox/traffic", timeout=10).json()["traffic"]
    return [one for one in traffic if one["kind"] == "delivery"][-1]


def written(payload: Json) -> bytes:
    """Write a payload as Slack sends it."""
    return urlencode({"payload": json.dumps(payload)}).encode()


def signed(body: bytes, at: int) -> dict[str, str]:
    """Give the headers with which Slack would have sent this again at a moment, in epoch seconds."""
    timestamp = str(at)
    secret = Credentials().signing_secret.encode()
    signature = hmac.new(secret, b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    return {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": f"v0={signature}",
        "X-Slack-Retry-Num": "1",
        "X-Slack-Retry-Reason": "http_timeout",
    }


def another(form: Json, name: str) -> Json:
    """Give a form like one that was sent, of another request with another name and another destination."""
    payload: Json = copy.deepcopy(form)
    view = payload["view"]
    opened = json.loads(view["private_metadata"])
    view["private_metadata"] = json.dumps(opened | {"request_id": f"request of {name}"})
    filled = {"name": name, "destination_path": f"/data/{name.replace(' ', '-')}/"}
    for block_id, values in view["state"]["values"].items():
        field = block_id.partition(":")[0]
        if field in filled:
            values[field]["value"] = filled[field]
    return payload


def is_kept(url: str, payload: Json) -> bool:
    """Send a form; gives whether it was acknowledged as kept. Raises requests.RequestException."""
    body = written(payload)
    answer = requests.post(url, data=body, headers=signed(body, int(now().timestamp())), timeout=SECONDS)
    return answer.ok and KEPT in answer.text
