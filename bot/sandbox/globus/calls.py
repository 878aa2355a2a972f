"""What happens to a call before and after it is carried out: faults, refusals, and the log."""

import asyncio
import json
import socket
import struct
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qsl

from aiohttp import web

from bot.sandbox.faults import Fault
from bot.sandbox.globus.errors import PageError, Refused
from bot.sandbox.globus.globus import Globus
from bot.sandbox.globus.grants import bearer
from bot.sandbox.globus.pages import gateway_page, page
from bot.sandbox.pages import paragraph
from bot.sandbox.wire import Json

Handler: TypeAlias = Callable[[Globus, web.Request], Awaitable[web.StreamResponse]]
Refusal: TypeAlias = Callable[[int, str, str], Refused]

_SECRETS: Final = frozenset(
    {"access_token", "refresh_token", "token", "code", "code_verifier", "client_secret", "state"}
)
_DROPPED: Final = frozenset({"drop_before", "drop_after", "reset_before", "reset_after"})
_TROUBLE: Final = "The sandbox was told to answer like this."


async def answer_call(
    globus: Globus, request: web.Request, method: str, handler: Handler, refusal: Refusal
) -> web.StreamResponse:
    """Answer one call of a service.

    `method` names it for faults and traffic, like `GET /v0.10/endpoint/{id}`; `refusal` gives the service's
    own error for a status, a code and a sentence.
    """
    fault = globus.faults.take(method)
    entry = globus.traffic.record("call", **await _described(globus, request, method, fault))
    if fault and fault.kind == "hang":
        await asyncio.sleep(fault.seconds)
    answer = _instead(request, fault, refusal)
    if fault and fault.kind == "late":
        # Whoever hangs up ends this, and must not end that.
        answer = await asyncio.shield(_perform_late(globus, request, handler, fault.seconds))
    if answer is None:
        answer = await perform(globus, request, handler)
    if fault and fault.kind == "status_after":
        answer = gateway_page(fault.status)
    is_dropped = fault is not None and fault.kind in _DROPPED
    globus.traffic.complete(entry, **_ended(answer, is_dropped=is_dropped))
    if fault and fault.kind == "hang_after":
        await asyncio.sleep(fault.seconds)
    if fault and fault.kind in {"truncated", "garbage", "stalled"}:
        return await _spoiled(request, answer, fault)
    if fault and is_dropped and request.transport:
        if fault.kind in {"reset_before", "reset_after"}:
            # Without lingering a close is a reset (https://man7.org/linux/man-pages/man7/socket.7.html).
            connection = request.transport.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        request.transport.abort()
    return answer


async def perform(globus: Globus, request: web.Request, handler: Handler) -> web.StreamResponse:
    """Carry a call out; what refuses it becomes its answer."""
    try:
        return await handler(globus, request)
    except Refused as refused:
        return web.json_response(refused.body, status=refused.status)
    except PageError as problem:
        body = [paragraph("Sorry, this did not work."), paragraph(problem.detail)]
        return page(problem.title, body, status=HTTPStatus.BAD_REQUEST)


async def _perform_late(
    globus: Globus, request: web.Request, handler: Handler, seconds: float
) -> web.StreamResponse:
    await asyncio.sleep(seconds)
    return await perform(globus, request, handler)


async def _spoiled(request: web.Request, answer: web.StreamResponse, fault: Fault) -> web.StreamResponse:
    """Send half of an answer, or something that is none, and break the connection off."""
    spoiled = web.StreamResponse(status=answer.status, headers={"Content-Type": "application/json"})
    text = answer.text or "" if isinstance(answer, web.Response) else ""
    spoiled.content_length = len(text) + 100
    if fault.kind == "garbage" and request.transport:
        request.transport.write(b"\x00\xff not HTTP at all\r\n\r\n")
    else:
        await spoiled.prepare(request)
        await spoiled.write(text[: len(text) // 2].encode())
    if fault.kind == "stalled":
        await asyncio.sleep(fault.seconds)
    if request.transport:
        request.transport.close()
    return spoiled


_CARRIED_OUT: Final = frozenset(
    {
        "hang",
        "hang_after",
        "status_after",
        "drop_after",
        "reset_after",
        "truncated",
        "garbage",
        "stalled",
        "late",
    }
)


def _instead(request: web.Request, fault: Fault | None, refusal: Refusal) -> web.StreamResponse | None:
    """Give the answer of a fault that keeps the call from being carried out, else None."""
    if fault is None or fault.kind in _CARRIED_OUT:
        return None
    if fault.kind == "redirect":
        return web.Response(status=HTTPStatus.TEMPORARY_REDIRECT, headers={"Location": str(request.rel_url)})
    if fault.kind == "ratelimited":
        refused = refusal(HTTPStatus.TOO_MANY_REQUESTS, "RATE_LIMITED", "Too many requests.")
        headers = {"Retry-After": str(fault.retry_after)}
        return web.json_response(refused.body, status=refused.status, headers=headers)
    if fault.kind == "error":
        refused = refusal(fault.status, fault.error, _TROUBLE)
        return web.json_response(_demanding(refused.body, fault), status=refused.status)
    return gateway_page(fault.status)


def _demanding(body: Json, fault: Fault) -> Json:
    """Put what a fault asks of a sign-in where a service does: Timers into its error, the others on top."""
    if not fault.authorization_parameters:
        return body
    demand = {"authorization_parameters": fault.authorization_parameters}
    inner = body.get("error")
    return body | ({"error": inner | demand} if isinstance(inner, dict) else demand)


async def _described(globus: Globus, request: web.Request, method: str, fault: Fault | None) -> Json:
    token = globus.grants.find(bearer(request.headers.get("Authorization")))
    return {
        "method": method,
        "path": request.path,
        "query": _masked(dict(request.query)),
        "body": _masked(await _body(request)),
        "identity_id": token.identity_id if token else None,
        "fault": fault.kind if fault else None,
        "ok": False,
        "status": None,
        "error": None,
    }


def _ended(answer: web.StreamResponse, *, is_dropped: bool) -> Json:
    if is_dropped:
        return {}
    is_refused = answer.status >= HTTPStatus.BAD_REQUEST
    return {"ok": not is_refused, "status": answer.status, "error": _told(answer) if is_refused else None}


def _told(answer: web.StreamResponse) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(answer, web.Response) and answer.content_type == "application/json":
        return json.loads(answer.text or "null")
    return None


async def _body(request: web.Request) -> Any:  # noqa: ANN401 - any JSON
    raw = await request.read()
    try:
        if request.content_type == "application/x-www-form-urlencoded":
            return dict(parse_qsl(raw.decode()))
        return json.loads(raw) if raw else None
    except ValueError:
        return None


def _masked(value: Any) -> Any:  # noqa: ANN401 - any JSON goes in and comes out
    if isinstance(value, dict):
        return {key: "…" if key in _SECRETS else _masked(one) for key, one in value.items()}
    return [_masked(one) for one in value] if isinstance(value, list) else value
