import hashlib
import hmac
import json
from collections.abc import Mapping
from urllib.parse import urlencode

import pytest
from hypothesis import given, strategies as st
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.testclient import TestClient

from bot.readiness import Report
from bot.web.app import build

SECRET = "signing-secret"
NOW = 1_800_000_000
FIELDS = ("command", "text", "team_id", "user_id", "channel_id", "trigger_id")
COMMAND = urlencode({name: f"some {name}" for name in FIELDS}).encode()
FORM = "application/x-www-form-urlencoded"


async def slack(request: Request, _payload: object = None) -> Response:
    return PlainTextResponse(str(len(await request.body())))


def client() -> TestClient:
    return TestClient(
        build(
            ready=lambda: Report({"database": True}),
            slack=slack,
            signing_secret=SECRET,
            clock=lambda: NOW,
            metrics=slack,
        ),
        raise_server_exceptions=False,
    )


def signed(body: bytes, *, at: int = NOW, secret: str = SECRET) -> dict[str, str]:
    signature = hmac.new(secret.encode(), f"v0:{at}:".encode() + body, hashlib.sha256).hexdigest()
    return {"x-slack-request-timestamp": str(at), "x-slack-signature": f"v0={signature}"}


def status(body: bytes, headers: Mapping[str, str], content_type: str = FORM) -> int:
    answer = client().post(
        "/slack/events", content=body, headers={"content-type": content_type} | dict(headers)
    )
    return answer.status_code


def test_a_signed_request_reaches_its_handler_whole() -> None:
    answer = client().post("/slack/events", content=COMMAND, headers={"content-type": FORM} | signed(COMMAND))

    assert answer.text == str(len(COMMAND))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        signed(COMMAND, secret="another"),
        signed(b"another body"),
        signed(COMMAND, at=NOW - 301),
        signed(COMMAND, at=NOW + 301),
        signed(COMMAND) | {"x-slack-request-timestamp": "abc"},
        signed(COMMAND) | {"x-slack-request-timestamp": ""},
        signed(COMMAND) | {"x-slack-request-timestamp": "1e9"},
        signed(COMMAND) | {"x-slack-request-timestamp": "9" * 5000},
        signed(COMMAND) | {"x-slack-signature": ""},
        signed(COMMAND) | {"x-slack-signature": "v0="},
    ],
)
def test_what_is_not_signed_by_slack_just_now_is_refused(headers: dict[str, str]) -> None:
    assert status(COMMAND, headers) == 401


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"\xff\xfe", FORM),
        (b"payload=5", FORM),
        (b"payload=%5B", FORM),
        (b"payload=" + b"[" * 100_000, FORM),
        (b"[]", "application/json"),
        (b"null", "application/json"),
        (b"{", "application/json"),
        (b"[" * 100_000, "application/json"),
    ],
)
def test_what_is_signed_but_no_message_of_slacks_is_refused(body: bytes, content_type: str) -> None:
    assert status(body, signed(body), content_type) == 401


def test_a_body_that_is_too_large_is_refused_by_its_announced_length_alone() -> None:
    assert status(b"x", signed(b"x") | {"content-length": str(2 * 1024 * 1024)}) == 401


documents = st.recursive(st.none() | st.text(), st.lists)


@given(
    body=st.binary(max_size=200)
    | st.recursive(st.none() | st.text(), st.lists).map(lambda v: json.dumps(v).encode()),
    headers=st.dictionaries(
        st.sampled_from(["x-slack-request-timestamp", "x-slack-signature"]),
        st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=20),
    ),
    content_type=st.sampled_from([FORM, "application/json", "text/plain", ""]),
)
def test_nothing_unsigned_is_ever_an_error_of_ours(
    body: bytes, headers: dict[str, str], content_type: str
) -> None:
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    raw.append((b"content-type", content_type.encode()))
    answer = client().post("/slack/events", content=body, headers=raw)

    assert answer.status_code == 401


def test_health_is_told_to_anyone_and_readiness_says_what_fails() -> None:
    holds = {"workers": False}
    ready = TestClient(
        build(ready=lambda: Report(holds), slack=None, signing_secret=None, clock=lambda: NOW, metrics=slack)
    )

    assert ready.get("/healthz").status_code == 200
    assert ready.get("/readyz").status_code == 503
    assert ready.get("/readyz").json() == holds


def test_without_a_signing_secret_there_is_no_way_in() -> None:
    closed = TestClient(
        build(ready=lambda: Report({}), slack=slack, signing_secret=None, clock=lambda: NOW, metrics=slack)
    )

    assert closed.post("/slack/events", content=COMMAND).status_code == 404


def test_a_request_that_is_sent_again_is_refused() -> None:
    face = client()
    headers = {"content-type": FORM} | signed(COMMAND)

    assert face.post("/slack/events", content=COMMAND, headers=headers).status_code == 200
    assert face.post("/slack/events", content=COMMAND, headers=headers).status_code == 401
    later = {"content-type": FORM} | signed(COMMAND, at=NOW + 1)
    assert face.post("/slack/events", content=COMMAND, headers=later).status_code == 200
