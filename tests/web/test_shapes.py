import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus, urlencode

import pytest
from hypothesis import given, strategies as st

from bot.web.shapes import read

FORM = "application/x-www-form-urlencoded"
TEXTS = st.text() | st.text(alphabet='%"2{}\\/+:,[]& 5Cc')


def pressed(text: str) -> dict[str, Any]:
    action = {"action_id": text, "type": "button"}
    return {"type": "block_actions", "user": {"id": text}, "team": {"id": "T1"}, "actions": [action]}


@given(TEXTS, st.sampled_from((quote, quote_plus)))
def test_a_payload_is_read_as_the_standard_library_reads_it(text: str, quoted: Callable[[str], str]) -> None:
    payload = pressed(text)
    for written in (json.dumps(payload), json.dumps(payload, ensure_ascii=False)):
        body = f"payload={quoted(written)}"
        assert read(FORM, body.encode()) == payload == json.loads(dict(parse_qsl(body))["payload"])


@given(TEXTS)
def test_a_command_is_read_as_the_standard_library_reads_it(text: str) -> None:
    form = dict.fromkeys(("command", "team_id", "user_id", "channel_id", "trigger_id", "text"), text)

    assert read(FORM, urlencode(form).encode()) == form


@pytest.mark.parametrize(
    "body", [b"payload=", b"payload=%FF", b"payload=%22", b"payload=%7B%7D", b"", b"x=1"]
)
def test_what_has_another_shape_is_not_read(body: bytes) -> None:
    assert read(FORM, body) is None
