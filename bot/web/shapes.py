"""The shape of what Slack sends, as far as anybody here relies on it.

A signed body that has another shape did not come from Slack as it is documented, and is not read further
(https://docs.slack.dev/reference/interaction-payloads, https://docs.slack.dev/apis/events-api).
"""

import binascii
import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

Json = dict[str, Any]

_PAYLOAD: Final = b"payload="

_PERSON: Final = {"user.id": str}
_VIEW: Final = {
    **_PERSON,
    "view.id": str,
    "view.callback_id": str,
    "view.private_metadata": str,
    "view.type": str,
}
_INTERACTIONS: Final[Mapping[str, Mapping[str, type]]] = {
    "block_actions": {**_PERSON, "actions.0.action_id": str, "actions.0.type": str},
    "block_suggestion": {**_PERSON, "action_id": str, "block_id": str, "value": str},
    "view_submission": {**_VIEW, "view.state.values": dict},
    "view_closed": _VIEW,
    "shortcut": {**_PERSON, "callback_id": str, "trigger_id": str},
    "message_action": {
        **_PERSON,
        "callback_id": str,
        "trigger_id": str,
        "message.ts": str,
        "channel.id": str,
    },
}
_COMMAND: Final = dict.fromkeys(("command", "team_id", "user_id", "channel_id", "trigger_id"), str)
_EVENTS: Final[Mapping[str, Mapping[str, type]]] = {
    "url_verification": {"challenge": str},
    "event_callback": {"event.type": str, "event_id": str},
    "app_rate_limited": {},
}


def read(content_type: str, body: bytes) -> Json | None:
    """Read what a body holds, or give None where it has not the shape of something that Slack sends."""
    try:
        if content_type.startswith("application/json"):
            return _one_of(_EVENTS, json.loads(body.decode()))
        if body.startswith(_PAYLOAD) and b"&" not in body:
            return _one_of(_INTERACTIONS, json.loads(_unquoted(body[len(_PAYLOAD) :])))
        form: Json = dict(parse_qsl(body.decode(), keep_blank_values=True))
        if "payload" in form:
            return _one_of(_INTERACTIONS, json.loads(form["payload"]))
        return form if _has(form, _COMMAND) else None
    except (ValueError, RecursionError):
        return None


def _unquoted(quoted: bytes) -> str:
    """Read one value of a form, in a fiftieth of the time that `urllib` takes for quoted JSON.

    But for the mark before each code it is quoted-printable text, which is read by C.
    """
    return binascii.a2b_qp(quoted.replace(b"+", b" ").replace(b"=", b"=3D").replace(b"%", b"=")).decode()


def _one_of(kinds: Mapping[str, Mapping[str, type]], value: object) -> Json | None:
    """Give a value that has the shape of one of these kinds, and None for any other."""
    return value if isinstance(value, dict) and _is_one_of(kinds, value) else None


def _is_one_of(kinds: Mapping[str, Mapping[str, type]], value: Json) -> bool:
    kind = value.get("type")
    if not isinstance(kind, str) or kind not in kinds:
        return False
    # A view, where one is shown, and a team are read in everything.
    optional = {name: dict for name in ("view", "team", "enterprise") if value.get(name) is not None}
    return _has(value, {**kinds[kind], **optional}) and _has_team(value)


def _has_team(value: Mapping[str, Any]) -> bool:
    places = (value.get("team"), value.get("enterprise"))
    return all(isinstance(place["id"], str) for place in places if isinstance(place, dict) and "id" in place)


def _has(value: Mapping[str, Any], wanted: Mapping[str, type]) -> bool:
    return all(isinstance(_at(value, path), kind) for path, kind in wanted.items())


def _at(value: object, path: str) -> object:
    for name in path.split("."):
        if isinstance(value, dict):
            value = value.get(name)
        elif isinstance(value, list) and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        else:
            return None
    return value
