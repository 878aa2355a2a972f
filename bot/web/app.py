"""The routes, and what answers them."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from time import perf_counter

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.measuring import UNMEASURED, Meter
from bot.readiness import Report
from bot.web.security import Shield
from bot.web.shapes import Json
from bot.web.signing import TrustedBody, refused

log = logging.getLogger(__name__)

Answer = Callable[[Request], Awaitable[Response]]
ToSlack = Callable[[Request, Json], Awaitable[Response]]
"""Answers Slack, given what the request's body holds."""


def build(
    *,
    ready: Callable[[], Report],
    slack: ToSlack | None,
    signing_secret: str | None,
    clock: Callable[[], float],
    metrics: Answer,
    meter: Meter = UNMEASURED,
    timer: Callable[[], float] = perf_counter,
    pages: Sequence[Route] = (),
    headers: Sequence[tuple[bytes, bytes]] = (),
) -> Starlette:
    """Build the web face. `ready` says in a thread what holds, without asking anybody; `slack` answers Slack.

    Without a signing secret (Socket Mode) Slack has no way in here. `pages` are for browsers; `headers`
    stand on every answer.
    """

    async def readyz(_request: Request) -> Response:
        report = await asyncio.to_thread(ready)
        return JSONResponse(report.document(), status_code=200 if report.is_ready else 503)

    routes = [
        Route("/healthz", _healthz),
        Route("/readyz", readyz),
        Route("/metrics", metrics),
        *pages,
    ]
    if slack and signing_secret:
        events = _events(slack, TrustedBody(signing_secret, clock=clock), meter, timer)
        routes.append(Route("/slack/events", events, methods=["POST"]))
    return Starlette(routes=routes, middleware=[Middleware(Shield, headers=list(headers))])


async def _healthz(_request: Request) -> Response:
    return JSONResponse({"alive": True})


def _events(slack: ToSlack, body: TrustedBody, meter: Meter, timer: Callable[[], float]) -> Answer:
    """Give what answers Slack, and nobody else."""

    async def events(request: Request) -> Response:
        begun = timer()
        payload = await body.trusted(request)
        if payload is None:
            meter.signature_refused()
            return refused()
        try:
            answer = await slack(request, payload)
        except Exception:
            log.exception("Slack's library cannot read what was signed")
            return Response(status_code=400)
        meter.acknowledged(timer() - begun)
        return answer

    return events
