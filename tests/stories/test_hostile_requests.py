"""Whatever is sent to whatever route: no answer says that the bot broke, and no trace is left in the log."""

import hashlib
import hmac
import http.client
import json
import random
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote, urlencode

from bot.sandbox.slack.workspace import ADA, Credentials
from tests.stories.stage import Stage, free_port

REQUESTS = 20_000
THREADS = 8
ROUTES = (
    "/slack/events",
    "/globus/start",
    "/globus/confirm",
    "/globus/callback",
    "/slack/openid",
    "/slack/install",
    "/slack/oauth_redirect",
    "/healthz",
    "/readyz",
    "/metrics",
    "/",
)
METHODS = ("GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "BREW")
JSON_VALUES: tuple[object, ...] = (
    None,
    True,
    0,
    -1,
    1e308,
    "",
    "x",
    "\x00",
    "ü",
    [],
    {},
    [[]],
    {"a": {}},
    "T0SANDBOX1",
    ADA,
)
NAMES = (
    "type",
    "payload",
    "command",
    "text",
    "team",
    "team_id",
    "user",
    "user_id",
    "view",
    "state",
    "values",
    "actions",
    "action_id",
    "block_id",
    "value",
    "callback_id",
    "private_metadata",
    "trigger_id",
    "channel",
    "channel_id",
    "event",
    "event_id",
    "hash",
    "id",
    "container",
    "message",
    "enterprise",
    "ssl_check",
    "code",
    "ticket",
    "token",
    "sign_in",
)
TYPES = (
    "block_actions",
    "view_submission",
    "view_closed",
    "block_suggestion",
    "shortcut",
    "message_action",
    "event_callback",
    "url_verification",
    "banana",
)


def thing(chance: random.Random, depth: int = 0) -> object:
    """Make JSON that looks a little like Slack's."""
    if depth > 3 or chance.random() < 0.4:
        return chance.choice(JSON_VALUES)
    if chance.random() < 0.2:
        return [thing(chance, depth + 1) for _ in range(chance.randrange(3))]
    made: dict[str, object] = {
        name: thing(chance, depth + 1) for name in chance.sample(NAMES, chance.randrange(1, 8))
    }
    if chance.random() < 0.7:
        made["type"] = chance.choice(TYPES)
    if chance.random() < 0.5:
        made |= {
            "team": {"id": "T0SANDBOX1"},
            "user": {"id": ADA, "team_id": "T0SANDBOX1"},
            "callback_id": chance.choice(["schedule_transfer", "paste_code", "disconnect", "x"]),
            "actions": [
                {"action_id": chance.choice(["repeat", "create_again", "browse_source"]), "block_id": "b"}
            ],
        }
    return made


def plausible(chance: random.Random) -> object:
    """Make what has Slack's shape where anybody looks first, and anything elsewhere."""
    view = {
        "id": "V1",
        "callback_id": chance.choice(["schedule_transfer", "paste_code", "disconnect", "progress", "x"]),
        "private_metadata": chance.choice(["", "{}", "[]", "x", "null", '{"request_id": 5}']),
        "type": chance.choice(["modal", "home", "x"]),
        "state": {
            "values": chance.choice([{}, {"code": {}}, {"a": {"a": thing(chance)}}, {"a": thing(chance)}])
        },
        "hash": thing(chance),
        "blocks": thing(chance),
    }
    actions = [
        "repeat",
        "interval",
        "create_again",
        "browse_source",
        "open_paste_code",
        "timer_duplicate",
        "x",
    ]
    return {
        **{name: thing(chance) for name in chance.sample(NAMES, 3)},
        "type": chance.choice(TYPES),
        "team": chance.choice([{"id": "T0SANDBOX1"}, None, {}, {"id": "T0OTHER001"}]),
        "user": {"id": chance.choice([ADA, "", "x"]), "team_id": chance.choice(["T0SANDBOX1", None, 5])},
        "view": chance.choice([view, view, None]),
        "actions": [{"action_id": chance.choice(actions), "type": "button", "value": thing(chance)}],
        "action_id": chance.choice(["source_collection", "x"]),
        "block_id": "b",
        "value": chance.choice(["", "x", "a" * 5000, "\x00"]),
        "callback_id": chance.choice(["schedule_transfer", "x"]),
        "trigger_id": "1.2.3",
        "message": {"ts": "1.1", "text": thing(chance)},
        "channel": {"id": chance.choice(["C1", ""])},
    }


def body_of(chance: random.Random) -> bytes:
    """Make a body: garbage, JSON, a form, or a form with JSON in it."""
    kind = chance.randrange(8)
    if kind == 0:
        return chance.randbytes(chance.randrange(300))
    if kind == 1:
        return json.dumps(thing(chance)).encode()
    if kind == 2:
        return b"[" * chance.choice([10, 100_000])
    if kind == 3:
        return b"payload=" + quote(chance.choice(["[", "5", "null", '{"type":', "{}"])).encode()
    if kind == 4:
        fields = {name: str(chance.choice(JSON_VALUES)) for name in chance.sample(NAMES, 4)}
        command = dict.fromkeys(("team_id", "user_id", "channel_id", "trigger_id"), "x")
        return urlencode(fields | command | {"command": "/schedule-transfer"}).encode(
            "utf-8", "surrogatepass"
        )
    made = plausible(chance) if kind > 5 else thing(chance)
    return urlencode({"payload": json.dumps(made)}).encode()


def headers_of(chance: random.Random, body: bytes, *, is_signed: bool) -> dict[str, str]:
    """Make headers; signed ones are such as only Slack can make."""
    at = str(int(time.time()))  # noqa: TID251 - a signature is of this moment
    types = [
        "application/x-www-form-urlencoded",
        "application/json",
        "text/plain",
        "multipart/form-data",
        "ü",
        "",
    ]
    given = {
        "Content-Type": chance.choice(types),
        "Cookie": f"transferbot={chance.choice(['', 'x', 'a' * 5000, 'ü;=;'])}; transferbot-known=%%%.==",
        "X-Slack-Retry-Num": chance.choice(["1", "-1", "ü", ""]),
    }
    signing = Credentials().signing_secret.encode()
    signature = hmac.new(signing, f"v0:{at}:".encode() + body, hashlib.sha256).hexdigest()
    if is_signed:
        return given | {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": f"v0={signature}"}
    wrong = ["", "abc", "1e9", "9" * 5000, "-1", "²", at]
    forged = ["", "v0=", f"v1={signature}", "v0=" + "ü" * 64, signature]
    return given | {
        "X-Slack-Request-Timestamp": chance.choice(wrong),
        "X-Slack-Signature": chance.choice(forged),
    }


def hostile(seed: int, count: int) -> Iterator[tuple[str, str, bytes, dict[str, str]]]:
    """Make requests that repeat with their seed."""
    chance = random.Random(seed)  # noqa: S311 - a failure has to repeat itself
    for _ in range(count):
        is_slack = chance.random() < 0.6
        route = "/slack/events" if is_slack else chance.choice(ROUTES)
        method = "POST" if is_slack and chance.random() < 0.9 else chance.choice(METHODS)
        query = urlencode({name: str(chance.choice(JSON_VALUES)) for name in chance.sample(NAMES, 3)})
        if chance.random() < 0.3:
            query += "&" + quote(chance.randbytes(20)) + "&state=" + "a" * chance.choice([43, 5000])
        body = body_of(chance)
        yield method, f"{route}?{query}", body, headers_of(chance, body, is_signed=chance.random() < 0.6)


def test_twenty_thousand_hostile_requests_break_nothing(empty_stage: Stage) -> None:
    stage, port, credentials = empty_stage, free_port(), Credentials()
    stage.start_bot(
        SLACK_APP_TOKEN="",
        PUBLIC_URL=f"http://127.0.0.1:{port}",
        PORT=port,
        SLACK_CLIENT_ID=credentials.client_id,
        SLACK_CLIENT_SECRET=credentials.client_secret,
    )

    def send(seed: int) -> Counter[int]:
        statuses: Counter[int] = Counter()
        connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=30)
        for method, target, body, headers in hostile(seed, REQUESTS // THREADS):
            encoded = {name: value.encode("utf-8") for name, value in headers.items()}
            connection.request(method, target, body=body, headers=encoded)
            answer = connection.getresponse()
            assert b"Traceback" not in answer.read()
            statuses[answer.status] += 1
        connection.close()
        return statuses

    with ThreadPoolExecutor(THREADS) as pool:
        statuses = sum(pool.map(send, range(THREADS)), Counter())

    assert statuses.total() == REQUESTS
    assert {status: count for status, count in statuses.items() if status >= 500} == {}
    assert stage.timers() == []
