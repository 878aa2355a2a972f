"""The pretend Globus's levers, described: as OpenAPI, and in words."""

from collections.abc import Mapping
from typing import Final

from aiohttp import web

from bot.sandbox.described import (
    COUNT,
    DOCUMENT,
    FAULT,
    FAULTS,
    FLAG,
    NUMBER,
    PREFIX,
    TEXT,
    Described,
    Parameter,
    described,
    document,
    in_words,
)
from bot.sandbox.globus.calls import Handler
from bot.sandbox.globus.control import ACTS
from bot.sandbox.globus.globus import Globus
from bot.sandbox.globus.pages import place

_VERSION: Final = "1"

PARAMETERS: Final[Mapping[str, Parameter]] = {
    **FAULTS,
    "act": Parameter({"enum": ["pause", "resume", "rename", "delete"]}, "what the owner does"),
    "after": Parameter(COUNT, "the number of the last entry that is known"),
    "bytes": Parameter(COUNT, "bytes that it says it moved"),
    "client_id": Parameter(TEXT, "the app; without it all apps"),
    "code": Parameter(TEXT, "the problem, in Transfer's words, like `FILE_NOT_FOUND`"),
    "collection_id": Parameter(TEXT, "the collection"),
    "details": Parameter(TEXT, "the problem, in a sentence"),
    "faults": Parameter(COUNT, "faults that it says it met"),
    "held": Parameter(FLAG, "false to let tasks go on"),
    "identity_id": Parameter(TEXT, "the identity, a person's or an app's; or `username`"),
    "job_id": Parameter(TEXT, "the timer"),
    "name": Parameter(TEXT, "the new name, for `rename`"),
    "path": Parameter(TEXT, "the path, as Globus writes it"),
    "reason": Parameter(TEXT, "what becomes its `nice_status`"),
    "scope": Parameter(TEXT, "the scope, by its full name"),
    "stalled": Parameter(FLAG, "false to let it go on"),
    "task_id": Parameter(TEXT, "the task"),
    "text": Parameter(TEXT, "what the file holds"),
    "username": Parameter(TEXT, "the person, like `ada@sandbox-lab.example`"),
    "seconds": Parameter(NUMBER, "seconds"),
}

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
