"""The Web API's HTTP side: who calls, what happens to the call, and how it is answered and logged."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web

from bot.sandbox.faults import Fault
from bot.sandbox.slack import (
    chat_methods,
    file_methods,
    function_methods,
    oauth_methods,
    unfurl_methods,
    view_methods,
    workspace_methods,
)
from bot.sandbox.slack.arguments import Arguments, read_call
from bot.sandbox.slack.errors import ApiError
from bot.sandbox.slack.handlers import Methods
from bot.sandbox.slack.slack import Slack
from bot.sandbox.slack.tokens import Token
from bot.sandbox.wire import Json, json_object

METHODS: Final[Methods] = {
    **workspace_methods.METHODS,
    **chat_methods.METHODS,
    **unfurl_methods.METHODS,
    **file_methods.METHODS,
    **function_methods.METHODS,
    **view_methods.METHODS,
    **oauth_methods.METHODS,
}
_WITH_APP_TOKEN: Final = "apps.connections.open"  # noqa: S105 - the name of a method
_TOKEN_PREFIXES: Final = ("xoxb-", "xoxp-", "xoxe", "xapp-", "xwfp-")
_SECRETS: Final = frozenset({"client_secret", "code", "refresh_token"})


@dataclass(frozen=True)
class Outcome:
    """How a call ends; without `body` it is not JSON, and `is_dropped` closes the connection instead."""

    body: Json | None
    status: int = HTTPStatus.OK
    headers: Mapping[str, str] = field(default_factory=dict)
    is_dropped: bool = False
    took_ms: float = 0.0


async def answer_call(slack: Slack, request: web.Request) -> web.StreamResponse:
    """Answer one call of a Web API method."""
    method = request.match_info["method"]
    fault = slack.faults.take(method)
    try:
        token, arguments = await read_call(request)
    except ApiError as error:
        return _respond(request, Outcome(refusal(error)))
    outcome = await _timed(fault, lambda: _perform(slack, method, token, arguments))
    _record(slack, method, arguments.values, outcome, fault)
    return _respond(request, outcome)


async def answer_response_url(slack: Slack, request: web.Request) -> web.StreamResponse:
    """Answer one post to a `response_url`; for faults and traffic its method is `response_url`."""
    fault = slack.faults.take("response_url")
    try:
        body = await json_object(request)
    except ValueError:
        unread = Outcome(refusal(ApiError("invalid_payload")), HTTPStatus.BAD_REQUEST)
        return _respond(request, unread)
    outcome = await _timed(fault, lambda: _perform_response(slack, request.path, body))
    _record(slack, "response_url", body, outcome, fault)
    return _respond(request, outcome)


def refusal(error: ApiError) -> Json:
    """Give the answer that says no."""
    body: Json = {"ok": False, "error": error.code, **error.details}
    if error.messages:
        body["response_metadata"] = {"messages": list(error.messages)}
    return body


async def _timed(fault: Fault | None, perform: Callable[[], Outcome]) -> Outcome:
    began = time.perf_counter()
    outcome = await _suffer(fault, perform)
    return replace(outcome, took_ms=round((time.perf_counter() - began) * 1000, 1))


async def _suffer(fault: Fault | None, perform: Callable[[], Outcome]) -> Outcome:
    if fault is None:
        return perform()
    if fault.kind == "hang":
        await asyncio.sleep(fault.seconds)
        return perform()
    if fault.kind == "drop_after":
        return replace(perform(), is_dropped=True)
    return _instead(fault)


def _instead(fault: Fault) -> Outcome:
    if fault.kind == "ratelimited":
        headers = {"Retry-After": str(fault.retry_after)}
        return Outcome(refusal(ApiError("ratelimited")), HTTPStatus.TOO_MANY_REQUESTS, headers)
    if fault.kind == "error":
        return Outcome(refusal(ApiError(fault.error)))
    return Outcome(None, fault.status, is_dropped=fault.kind == "drop_before")


def _perform(slack: Slack, method: str, token: str | None, arguments: Arguments) -> Outcome:
    if method not in METHODS:
        return Outcome(refusal(ApiError("unknown_method", req_method=method)))
    function, scopes = METHODS[method]
    headers: dict[str, str] = {}
    try:
        if method in oauth_methods.WITHOUT_TOKEN:
            return Outcome({"ok": True, **function(slack, arguments)})
        called = _called(slack, method, token, arguments)
        provided = called.caller.scopes if called.caller else ()
        headers = {"X-OAuth-Scopes": ",".join(provided)}
        _check_scopes(scopes, provided)
        _check_kind(method, called.caller)
        return Outcome({"ok": True, **function(called, arguments)}, headers=headers)
    except ApiError as error:
        return Outcome(refusal(error), headers=headers)


def _perform_response(slack: Slack, path: str, body: Json) -> Outcome:
    try:
        slack.response_urls.post(path, body)
    except ApiError as error:
        is_gone = error.code in {"invalid_url", "expired_url", "used_url"}
        return Outcome(refusal(error), HTTPStatus.NOT_FOUND if is_gone else HTTPStatus.BAD_REQUEST)
    return Outcome({"ok": True})


def _called(slack: Slack, method: str, token: str | None, arguments: Arguments) -> Slack:
    """Look at Slack with a call's token: the app's own for a connection, a workspace's for all else."""
    if token is None:
        raise ApiError("not_authed")
    is_app = token == slack.app.credentials.app_token
    caller = None if is_app else slack.tokens.caller(token)
    if is_app != (method == _WITH_APP_TOKEN):
        raise ApiError("not_allowed_token_type")
    return slack.called_with(caller, arguments.values) if caller else slack


def _check_scopes(any_of: tuple[str, ...], provided: tuple[str, ...]) -> None:
    if any_of and not set(any_of) & set(provided):
        raise ApiError("missing_scope", needed=any_of[0], provided=",".join(provided))


def _check_kind(method: str, caller: Token | None) -> None:
    if caller and caller.kind == "user" and method not in oauth_methods.WITH_USER_TOKEN:
        raise ApiError("not_allowed_token_type")


def _respond(request: web.Request, outcome: Outcome) -> web.StreamResponse:
    if outcome.is_dropped and request.transport:
        request.transport.abort()
    if outcome.body is None:
        page = "<html><body>Slack is having trouble.</body></html>"
        return web.Response(
            status=outcome.status, headers=outcome.headers, text=page, content_type="text/html"
        )
    return web.json_response(outcome.body, status=outcome.status, headers=outcome.headers)


def _record(slack: Slack, method: str, arguments: Json, outcome: Outcome, fault: Fault | None) -> None:
    body = outcome.body or {}
    slack.traffic.record(
        "call",
        method=method,
        arguments=_masked(arguments),
        ok=bool(body.get("ok")) and not outcome.is_dropped,
        error=body.get("error"),
        messages=body.get("response_metadata", {}).get("messages", []),
        status=None if outcome.is_dropped else int(outcome.status),
        fault=fault.kind if fault else None,
        took_ms=outcome.took_ms,
    )


def _masked(value: Any) -> Any:  # noqa: ANN401 - any JSON goes in and comes out
    if isinstance(value, dict):
        return {key: "…" if key in _SECRETS else _masked(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_masked(one) for one in value]
    is_token = isinstance(value, str) and value.startswith(_TOKEN_PREFIXES)
    return f"{value[:5]}…" if is_token else value
