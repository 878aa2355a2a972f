"""The pretend Globus as one web application: Auth, Transfer and Timers, whose paths do not collide."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Final, TypeAlias

from aiohttp import web

from bot.sandbox.chance import Chance
from bot.sandbox.doors import Doors
from bot.sandbox.globus import (
    about_pages,
    api_pages,
    auth_api,
    auth_pages,
    control,
    file_pages,
    lever_pages,
    task_pages,
    timer_pages,
    timers_api,
    token_api,
    transfer_api,
)
from bot.sandbox.globus.calls import Handler, Refusal, answer_call, perform
from bot.sandbox.globus.errors import Refused, auth_error, oauth_error, timers_error, transfer_error
from bot.sandbox.globus.globus import Globus
from bot.sandbox.globus.pages import page
from bot.sandbox.pages import paragraph

_ANYWHERE: Final = "/{path}"
_ANYWHERE_PATTERN: Final = "/{path:.*}"
_RUNNING_EVERY: Final = 0.1
"""How often is looked for timers that are due, in seconds."""


_Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Service:
    """Some routes that say no in the same shape."""

    routes: Mapping[tuple[str, str], Handler]
    refusal: Refusal


def create_globus(
    *,
    clock: Callable[[], float],
    files: Path,
    signing_clock: Callable[[], float] | None = None,
    redirect_uris: Collection[str] = (),
    chance: Chance | None = None,
    doors: Doors | None = None,
) -> web.Application:
    """Build the application.

    `clock` gives the sandbox's time in epoch seconds; `files` is the folder in which each collection gets
    its own. `signing_clock` gives the times in ID tokens, for an app that does not share the sandbox's time;
    otherwise `clock` does. `redirect_uris` are registered for every app; one on loopback matches at any port.
    `chance` gives identifiers and tokens, otherwise nobody can guess them;
    `doors` leads to the pretend Slack.
    """
    globus = Globus.build(
        clock, files, signing_clock=signing_clock, redirect_uris=redirect_uris, chance=chance, doors=doors
    )

    async def working(_application: web.Application) -> AsyncIterator[None]:
        task = asyncio.create_task(_run_timers(globus))
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    application = web.Application(client_max_size=16 * 1024**2)
    application.cleanup_ctx.append(working)
    for service in _SERVICES:
        for (verb, path), handler in service.routes.items():
            application.router.add_route(verb, path, _called(globus, handler, service.refusal))
    for routes in _UNTROUBLED:
        for (verb, path), handler in routes.items():
            application.router.add_route(verb, path, _steered(globus, handler))
    application.router.add_route("*", _ANYWHERE_PATTERN, _called(globus, _not_found, auth_error))
    return application


def _called(globus: Globus, handler: Handler, refusal: Refusal) -> _Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        globus.origin = str(request.url.origin())
        return await answer_call(globus, request, _method(request), handler, refusal)

    return handle


def _steered(globus: Globus, handler: Handler) -> _Handler:
    """Serve what is the sandbox's own: no fault happens to it, and it is not in the log."""

    async def handle(request: web.Request) -> web.StreamResponse:
        globus.origin = str(request.url.origin())
        return await perform(globus, request, handler)

    return handle


def _method(request: web.Request) -> str:
    """Name a call by its verb and the path's template; one that goes nowhere by the path itself."""
    resource = request.match_info.route.resource
    is_known = resource is not None and resource.canonical != _ANYWHERE
    return f"{request.method} {resource.canonical if resource and is_known else request.path}"


async def _not_found(_globus: Globus, request: web.Request) -> web.StreamResponse:
    if "text/html" in request.headers.get("Accept", ""):
        return page("Not found", [paragraph("The sandbox has no such page.")], status=HTTPStatus.NOT_FOUND)
    raise auth_error(HTTPStatus.NOT_FOUND, "NOT_FOUND", f"Nothing is at {request.path}.")


async def _run_timers(globus: Globus) -> None:
    while True:
        await globus.timers.run_due()
        await asyncio.sleep(_RUNNING_EVERY)


def _oauth_refusal(status: int, code: str, detail: str) -> Refused:
    return oauth_error(code, detail, status=status)


_SERVICES: Final = (
    Service(auth_pages.ROUTES, auth_error),
    Service(token_api.ROUTES, _oauth_refusal),
    Service(auth_api.ROUTES, auth_error),
    Service(transfer_api.ROUTES, transfer_error),
    Service(timers_api.ROUTES, timers_error),
)
_UNTROUBLED: Final = (
    control.ROUTES,
    api_pages.ROUTES,
    about_pages.ROUTES,
    timer_pages.ROUTES,
    task_pages.ROUTES,
    file_pages.ROUTES,
    lever_pages.ROUTES,
)
