"""The pretend Globus's levers, described: as OpenAPI, and in words."""

from collections.abc import Mapping
from typing import Final

from aiohttp import web

from bot.sandbox.described import (
    DOCUMENT,
    FAULT,
    PREFIX,
    Described,
    described,
    document,
    in_words,
)
from bot.sandbox.globus.calls import Handler
from bot.sandbox.globus.control import ACTS
from bot.sandbox.globus.globus import Globus
from bot.sandbox.globus.pages import place
from bot.sandbox.globus.parameters import PARAMETERS

_VERSION: Final = "1"

TAKES: Final[Mapping[tuple[str, str], str]] = {
    ("GET", "timers"): "",
    ("GET", "tasks"): "",
    ("GET", "traffic"): "after?",
    ("GET", "wait"): "after? seconds?",
    ("POST", "faults"): FAULT,
    ("DELETE", "faults"): "",
    ("GET", "consents"): "username? identity_id?",
    ("POST", "revoke_consent"): "username? identity_id? scope client_id?",
    ("POST", "revoke_tokens"): "username? identity_id?",
    ("POST", "age_sessions"): "username? identity_id?",
    ("GET", "secrets"): "username?",
    ("POST", "advance"): "seconds",
    ("POST", "run_now"): "job_id",
    ("POST", "hold"): "held?",
    ("GET", "files"): "collection_id path?",
    ("POST", "write_file"): "collection_id path text?",
    ("POST", "remove_file"): "collection_id path",
    ("POST", "web_app"): "job_id act name?",
    ("POST", "close_identity"): "username",
    ("POST", "fail_task"): "task_id code? details?",
    ("POST", "stall_task"): "task_id reason? stalled?",
    ("POST", "shape_task"): "task_id? bytes? faults? seconds?",
}


def acts() -> tuple[Described, ...]:
    """Give every act, described."""
    return described(ACTS, TAKES, PARAMETERS)


async def openapi(globus: Globus, _request: web.Request) -> web.StreamResponse:
    """Give the OpenAPI document."""
    return web.json_response(
        document("The sandbox's pretend Globus", globus.origin, acts(), version=_VERSION)
    )


async def words(globus: Globus, _request: web.Request) -> web.StreamResponse:
    """Show the acts in words."""
    return place(globus, "Driving the pretend Globus", in_words(acts()), here="")


ROUTES: Final[Mapping[tuple[str, str], Handler]] = {
    ("GET", PREFIX): words,
    ("GET", f"{PREFIX}{DOCUMENT}"): openapi,
}
