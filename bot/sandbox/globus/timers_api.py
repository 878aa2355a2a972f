"""Timers over HTTP (https://docs.globus.org/api/timers/)."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from aiohttp import web

from bot.sandbox.globus import timer_answers
from bot.sandbox.globus.calls import Handler
from bot.sandbox.globus.errors import Refused, invalid_document, timers_error
from bot.sandbox.globus.globus import Globus
from bot.sandbox.globus.grants import Caller, InvalidToken
from bot.sandbox.globus.moments import parsed
from bot.sandbox.globus.scopes import TIMERS_ID
from bot.sandbox.globus.timer import Timer
from bot.sandbox.wire import Json, json_object

_STATUSES: Final = ("active", "inactive", "ended")
_ORDERS: Final = frozenset({"submitted_at", "name", "status", "next_run", "last_ran_at", "start", "interval"})


async def create(globus: Globus, request: web.Request) -> web.StreamResponse:
    """Make a timer. There is no key that would make this call happen once only."""
    caller, document = _caller(globus, request), await _body(request)
    timer = globus.timers.create(owner_id=caller.identity_id, client_id=caller.client_id, document=document)
    return web.json_response({"timer": timer_answers.created(timer)}, status=HTTPStatus.CREATED)


async def list_jobs(globus: Globus, request: web.Request) -> web.StreamResponse:
    """Give the caller's timers, those that have ended too; there are no pages."""
    caller, query = _caller(globus, request), request.query
    most = _number(query, "result_count")
    found = [_job(globus, timer, most=most) for timer in globus.timers.of(caller.identity_id)]
    return web.json_response({"jobs": _ordered(_wanted(found, query), query)})


async def get_job(globus: Globus, request: web.Request) -> web.StreamResponse:
    """Give a timer with its runs, `page_size` of them from `results_pt` on."""
    timer, query = _timer(globus, request), request.query
    first = _number(query, "results_pt") or 0
    return web.json_response(_job(globus, timer, first=first, most=_number(query, "page_size")))


async def update_job(globus: Globus, request: web.Request) -> web.StreamResponse:
    """Rename a timer: nothing but the name can be changed."""
    timer, changes = _timer(globus, request), await _body(request)
    extra = [((name,), "extra fields not permitted") for name in sorted(changes.keys() - {"name"})]
    if extra:
        raise invalid_document(*extra)
    name = changes.get("name", timer.name)
    if not isinstance(name, str):
        raise invalid_document((("name",), "str type expected"))
    return web.json_response(_job(globus, globus.timers.rename(timer, name)))


async def pause(globus: Globus, request: web.Request) -> web.StreamResponse:
    """Pause a timer."""
    timer = globus.timers.pause(_timer(globus, request))
    return web.json_response({"message": f"Successfully paused job {timer.job_id}."})


async def resume(globus: Globus, request: web.Request) -> web.StreamResponse:
    """Resume a timer; it may be inactive again at once.

    `update_credentials` is read from the query, where the service's description has it, and from the body,
    where the SDK puts it. Without it the reason for the pause decides.
    """
    caller, timer = _caller(globus, request), _timer(globus, request)
    given = request.query.get("update_credentials", (await _body(request)).get("update_credentials"))
    lacks_consent = (timer.inactive_reason or {}).get("cause") == "globus_auth_requirements"
    is_updating = lacks_consent if given is None else str(given).lower() in {"true", "1"}
    globus.timers.resume(timer, client_id=caller.client_id if is_updating else None)
    return web.json_response({"message": f"Successfully resumed job {timer.job_id}."})


async def delete(globus: Globus, request: web.Request) -> web.StreamResponse:
    """Delete a timer, and show it for the last time."""
    timer = _timer(globus, request)
    last = _job(globus, timer)
    globus.timers.delete(timer)
    return web.json_response({**last, "status": "delete_in_progress"})


def _caller(globus: Globus, request: web.Request) -> Caller:
    try:
        return globus.grants.caller(request.headers.get("Authorization"), TIMERS_ID)
    except InvalidToken as error:
        raise timers_error(HTTPStatus.UNAUTHORIZED, "UNAUTHORIZED", "Not authenticated") from error


def _timer(globus: Globus, request: web.Request) -> Timer:
    return globus.timers.find(_caller(globus, request).identity_id, request.match_info["id"])


async def _body(request: web.Request) -> Json:
    try:
        return await json_object(request)
    except ValueError as error:
        raise invalid_document(((), "the body must be a JSON object")) from error


def _job(globus: Globus, timer: Timer, *, first: int = 0, most: int | None = None) -> Json:
    return timer_answers.job(timer, globus.tasks, globus.clock(), first=first, most=most)


def _wanted(jobs: list[Json], query: Mapping[str, str]) -> list[Json]:
    name = query.get("filter_name", "").lower()
    statuses = query.get("filter_status", ",".join(_STATUSES)).split(",")
    if set(statuses) - set(_STATUSES):
        raise _bad_query("filter_status", f"must be of {', '.join(_STATUSES)}")
    after, before = _moment(query, "submitted_after"), _moment(query, "submitted_before")
    return [
        job
        for job in jobs
        if name in job["name"].lower()
        and job["status"] in statuses
        and (after is None or parsed(job["submitted_at"]) >= after)
        and (before is None or parsed(job["submitted_at"]) <= before)
    ]


def _ordered(jobs: list[Json], query: Mapping[str, str]) -> list[Json]:
    name, _, direction = query.get("order", "submitted_at asc").partition(" ")
    if name not in _ORDERS or direction not in {"", "asc", "desc"}:
        raise _bad_query("order", "must be FIELD [asc|desc]")
    return sorted(jobs, key=lambda job: (job[name] is not None, job[name]), reverse=direction == "desc")


def _moment(query: Mapping[str, str], name: str) -> int | None:
    try:
        return parsed(query[name]) if name in query else None
    except ValueError as error:
        raise _bad_query(name, str(error)) from error


def _number(query: Mapping[str, str], name: str) -> int | None:
    text = query.get(name)
    if text is not None and not text.isdecimal():
        raise _bad_query(name, "must be a whole number")
    return None if text is None else int(text)


def _bad_query(name: str, problem: str) -> Refused:
    detail = [{"loc": ["query", name], "msg": problem, "type": "value_error"}]
    return Refused(HTTPStatus.UNPROCESSABLE_ENTITY, {"detail": detail})


ROUTES: Final[Mapping[tuple[str, str], Handler]] = {
    ("POST", "/v2/timer"): create,
    ("GET", "/jobs/"): list_jobs,
    ("GET", "/jobs/{id}"): get_job,
    ("PATCH", "/jobs/{id}"): update_job,
    ("DELETE", "/jobs/{id}"): delete,
    ("POST", "/jobs/{id}/pause"): pause,
    ("POST", "/jobs/{id}/resume"): resume,
}
