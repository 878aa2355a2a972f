"""The sandbox's own levers: everything under `/sandbox/`, for tests and for whoever looks on.

Every answer is 200 with `"ok": true`, or 400 with `{"ok": false, "error": <code>, "detail": <sentence>}`.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final, TypeAlias

from aiohttp import web

from bot.sandbox.described import check
from bot.sandbox.faults import Fault
from bot.sandbox.globus import (
    collection_levers,
    owner_levers,
    task_documents,
    task_levers,
    time_levers,
    timer_answers,
)
from bot.sandbox.globus.calls import Handler
from bot.sandbox.globus.directory import identity_with_id, person_with_username
from bot.sandbox.globus.globus import Globus
from bot.sandbox.globus.levers import number_of, refused, text_of
from bot.sandbox.globus.parameters import PARAMETERS
from bot.sandbox.wire import Json, json_object

Act: TypeAlias = Callable[[Globus, Json], Awaitable[Json]]


async def timers(globus: Globus, _body: Json) -> Json:
    """Give all timers of all people, oldest first, each with its owner's `identity_id`."""
    found = globus.timers.everyone()
    now = globus.clock()
    return {
        "timers": [
            {**timer_answers.job(one, globus.tasks, now), "identity_id": one.owner_id} for one in found
        ]
    }


async def tasks(globus: Globus, _body: Json) -> Json:
    """Give all tasks of all people, oldest first."""
    return {"tasks": [task_documents.described(one) for one in globus.tasks.everyone()]}


async def traffic(globus: Globus, body: Json) -> Json:
    """Give the log's entries after a number."""
    after = number_of(body, "after", 0)
    return {"traffic": globus.traffic.after(int(after)), "number": globus.traffic.number}


async def wait(globus: Globus, body: Json) -> Json:
    """Wait until something newer than `after` happened, `seconds` at most."""
    after, seconds = number_of(body, "after", 0), number_of(body, "seconds", 10)
    return {"number": await globus.traffic.wait(int(after), seconds)}


async def order_fault(globus: Globus, body: Json) -> Json:
    """Let coming calls fail."""
    globus.faults.order(Fault.parse(body))
    return {}


async def clear_faults(globus: Globus, _body: Json) -> Json:
    """Forget all faults."""
    globus.faults.clear()
    return {}


async def consents(globus: Globus, body: Json) -> Json:
    """Give what a person, or an app for itself, has allowed to all apps."""
    return {"consents": [one.document() for one in globus.consents.of(_identity_id(body))]}


async def revoke_consent(globus: Globus, body: Json) -> Json:
    """Take a consent back with all below it, from one app with `client_id`, otherwise from all."""
    client_id = text_of(body, "client_id") if "client_id" in body else None
    gone = globus.consents.revoke(_identity_id(body), client_id, text_of(body, "scope"))
    globus.traffic.touch()
    return {"revoked": gone}


async def revoke_tokens(globus: Globus, body: Json) -> Json:
    """Let all tokens of a person die; the consents stay."""
    gone = globus.grants.revoke_all(_identity_id(body))
    globus.traffic.touch()
    return {"revoked": gone}


async def age_sessions(globus: Globus, body: Json) -> Json:
    """Let a person's sessions be older than any protected collection allows; tokens and consents stay."""
    aged = globus.sessions.age(_identity_id(body))
    globus.traffic.touch()
    return {"aged": aged}


async def secrets(globus: Globus, body: Json) -> Json:
    """Give every token that counts, or a person's, for tests that look for them where they must not be."""
    return {"secrets": globus.grants.texts(_identity_id(body) if "username" in body else None)}


def _identity_id(body: Json) -> str:
    if "username" in body:
        found = person_with_username(text_of(body, "username"))
    else:
        found = identity_with_id(text_of(body, "identity_id"))
    if found is None:
        raise refused("not_found", "Nobody at the pretend Globus is called this.")
    return found.id


def _handler(act: Act) -> Handler:
    async def handle(globus: Globus, request: web.Request) -> web.StreamResponse:
        try:
            body = dict(request.query) if request.method == "GET" else await json_object(request)
            check(PARAMETERS, body)
            return web.json_response({"ok": True, **await act(globus, body)})
        except ValueError as error:
            raise refused("invalid_arguments", str(error)) from error

    return handle


ACTS: Final[Mapping[tuple[str, str], Act]] = {
    ("GET", "timers"): timers,
    ("GET", "tasks"): tasks,
    ("GET", "traffic"): traffic,
    ("GET", "wait"): wait,
    ("POST", "faults"): order_fault,
    ("DELETE", "faults"): clear_faults,
    ("GET", "consents"): consents,
    ("POST", "revoke_consent"): revoke_consent,
    ("POST", "revoke_tokens"): revoke_tokens,
    ("POST", "age_sessions"): age_sessions,
    ("GET", "secrets"): secrets,
    ("POST", "advance"): time_levers.advance,
    ("POST", "run_now"): time_levers.run_now,
    ("POST", "hold"): time_levers.hold,
    ("GET", "files"): collection_levers.files,
    ("POST", "write_file"): collection_levers.write_file,
    ("POST", "remove_file"): collection_levers.remove_file,
    ("POST", "web_app"): owner_levers.web_app,
    ("POST", "close_identity"): owner_levers.close_identity,
    ("POST", "fail_task"): task_levers.fail_task,
    ("POST", "stall_task"): task_levers.stall_task,
    ("POST", "shape_task"): task_levers.shape_task,
}
ROUTES: Final[Mapping[tuple[str, str], Handler]] = {
    (verb, f"/sandbox/{name}"): _handler(act) for (verb, name), act in ACTS.items()
}
