"""A Web API call's arguments, however they came: query, form or JSON.

https://docs.slack.dev/apis/web-api#making-requests
"""

import base64
import json
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from bot.sandbox.slack.errors import ApiError
from bot.sandbox.wire import Json, json_object

# In forms and queries these travel as JSON in a string.
_STRUCTURED: Final = ("view", "blocks", "attachments", "metadata", "unfurls", "files", "outputs")


@dataclass(frozen=True)
class Arguments:
    """What a method was called with."""

    values: Json

    def text(self, name: str) -> str:
        """Give a required string. Raises ApiError `invalid_arguments`."""
        value = self.optional_text(name)
        if value is None:
            raise ApiError("invalid_arguments", [f"[ERROR] missing required field: {name}"])
        return value

    def optional_text(self, name: str) -> str | None:
        """Give a string, or None where it is absent or empty. Raises ApiError `invalid_arguments`."""
        value = self.values.get(name)
        if value is not None and not isinstance(value, str):
            raise ApiError("invalid_arguments", [f"[ERROR] must be a string [json-pointer:/{name}]"])
        return value or None

    def structure(self, name: str) -> Any:  # noqa: ANN401 - checked by whoever asks for it
        """Give a required JSON value. Raises ApiError `invalid_arguments`."""
        if self.values.get(name) is None:
            raise ApiError("invalid_arguments", [f"[ERROR] missing required field: {name}"])
        return self.values[name]


async def read_call(request: web.Request) -> tuple[str | None, Arguments]:
    """Read token and arguments of a call.

    Raises ApiError `invalid_json`, `json_not_object` or `invalid_client_id`.
    """
    values: Json = dict(request.query)
    if request.content_type == "application/json":
        values |= await _json_body(request)
    else:
        values |= {key: value for key, value in (await request.post()).items() if isinstance(value, str)}
    kind, _, credentials = request.headers.get("Authorization", "").partition(" ")
    token = credentials if kind == "Bearer" else values.get("token")
    values.pop("token", None)
    if kind == "Basic":
        values |= _client(credentials)
    return token or None, Arguments({key: _decoded(key, value) for key, value in values.items()})


async def _json_body(request: web.Request) -> Json:
    try:
        return await json_object(request)
    except json.JSONDecodeError as error:
        raise ApiError("invalid_json") from error
    except ValueError as error:
        raise ApiError("json_not_object") from error


def _client(credentials: str) -> Json:
    """Read an app's credentials from HTTP Basic authentication (RFC 7617)."""
    try:
        client_id, _, client_secret = base64.b64decode(credentials, validate=True).decode().partition(":")
    except ValueError as error:
        raise ApiError("invalid_client_id") from error
    return {"client_id": client_id, "client_secret": client_secret}


def _decoded(name: str, value: Any) -> Any:  # noqa: ANN401 - any JSON goes in and comes out
    if name not in _STRUCTURED or not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value
