"""Transfer over HTTP (https://docs.globus.org/api/transfer/): collections, tasks, and submitting them.

What touches files directly is in `file_operations`.
"""

import uuid
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from aiohttp import web

from bot.sandbox.globus import endpoint_documents, file_operations, task_documents
from bot.sandbox.globus.access import visible
from bot.sandbox.globus.calls import Handler
from bot.sandbox.globus.endpoint_search import search
from bot.sandbox.globus.errors import Refused, transfer_error
from bot.sandbox.globus.globus import Globus
from bot.sandbox.globus.listing import MOST, filtered, ordered, page, window
from bot.sandbox.globus.submissions import Submission
from bot.sandbox.globus.tasks import Task
from bot.sandbox.globus.transfer_calls import actor_of, answer, body_of

_MOST_FOUND: Final = 100
_TASK_FILTERS: Final = frozenset(
    {"status", "task_id", "type", "label", "request_time", "completion_time", "is_paused"}
)


async def endpoint(globus: Globus, request: web.Request) -> web.StreamResponse:
    """Describe a collection or an endpoint; one that the caller cannot see is not there."""
    actor = actor_of(globus, request)
    collection = visible(actor.identity_id, request.match_info["id"])
    return answer(endpoint_documents.described(collection, actor.identity_id))


async def endpoint_search(globus: Globus, request: web.Request) -> web.StreamResponse:
    """Give one page of what is found."""
    actor, query = actor_of(globus, request), request.query
    found = search(
        actor.identity_id,
        globus.tasks.of(actor.identity_id),
        scope=query.get("filter_scope", "all"),
        words=query.get("filter_fulltext", ""),
        entity_types=frozenset(filter(None, query.get("filter_entity_type", "").split(","))),
    )
    owner_id = query.get("filter_owner_id")
    wanted = [one for one in found if owner_id in {None, one.owner.id}]
    size, offset = window(query, limit=_MOST_FOUND, most=_MOST_FOUND)
    shown = wanted[offset : offset + size]
    return answer(
        {
            "DATA_TYPE": "endpoint_list",
            "DATA": [endpoint_documents.described(one, actor.identity_id) for one in shown],
            "offset": offset,
            "limit": size,
            "has_next_page": len(wanted) > offset + size,
        }
    )


async def bookmark_list(globus: Globus, request: web.Request) -> web.StreamResponse:
    """Give the caller's bookmarks."""
    actor = actor_of(globus, request)
    return answer({"DATA_TYPE": "bookmark_list", "DATA": endpoint_documents.bookmarks(actor.identity_id)})


async def submission_id(globus: Globus, request: web.Request) -> web.StreamResponse:
    """Give an ID with which one transfer can be submitted once."""
    actor_of(globus, request)
    return answer({"value": str(uuid.uuid4())})


async def submit(globus: Globus, request: web.Request) -> web.StreamResponse:
    """Start a task; the same `submission_id` again gives the first one's answer."""
    actor, document = actor_of(globus, request), await body_of(request)
    once = document.get("submission_id")
    if not isinstance(once, str) or not once:
        raise transfer_error(HTTPStatus.BAD_REQUEST, "BadRequest", "submission_id is required")
    task, is_new = globus.tasks.submit(actor, Submission.parse(document), submission_id=once)
    result = {
        "DATA_TYPE": "transfer_result",
        "code": "Accepted" if is_new else "Duplicate",
        "message": "The transfer has been accepted and a task has been created and queued for execution",
        "request_id": "sandbox",
        "resource": request.path,
        "submission_id": once,
        "task_id": task.task_id,
        "task_link": {
            "DATA_TYPE": "link",
            "href": f"/v0.10/task/{task.task_id}?format=json",
            "rel": "related",
            "resource": "task",
            "title": "related task",
        },
    }
    return answer(result, status=HTTPStatus.ACCEPTED if is_new else HTTPStatus.OK)


async def task(globus: Globus, request: web.Request) -> web.StreamResponse:
    """Describe one of the caller's tasks."""
    return answer(task_documents.described(_task(globus, request)))


async def task_list(globus: Globus, request: web.Request) -> web.StreamResponse:
    """Give the caller's tasks, the newest first unless asked otherwise."""
    actor = actor_of(globus, request)
    newest_first = [task_documents.described(one) for one in reversed(globus.tasks.of(actor.identity_id))]
    found = filtered(newest_first, request.query.get("filter", ""), _TASK_FILTERS)
    in_order = ordered(found, request.query.get("orderby", ""))
    return answer(page("task_list", in_order, request.query, limit=10, most=MOST))


async def event_list(globus: Globus, request: web.Request) -> web.StreamResponse:
    """Give what happened to a task, the latest first; with `filter=is_error:1` errors only."""
    found = reversed(_task(globus, request).events)
    is_wanted = request.query.get("filter") in {"is_error:1", "is_error:true"}
    events = [task_documents.event(one) for one in found if one.is_error or not is_wanted]
    return answer(page("event_list", events, request.query, limit=10, most=MOST))


async def cancel(globus: Globus, request: web.Request) -> web.StreamResponse:
    """End a task; one that is done already stays as it is."""
    found = _task(globus, request)
    globus.tasks.cancel(found)
    code, message = (
        ("Canceled", "The task has been cancelled successfully.")
        if found.is_active
        else ("TaskComplete", "The task completed before the cancel request was processed.")
    )
    return answer(
        {
            "DATA_TYPE": "result",
            "code": code,
            "message": message,
            "request_id": "sandbox",
            "resource": request.path.removeprefix("/v0.10"),
        }
    )


async def successful_transfers(globus: Globus, request: web.Request) -> web.StreamResponse:
    """Give what a task copied, in pages by `marker`."""
    found = _task(globus, request)
    entries = task_documents.successful_transfers(found)
    if found.is_active:
        raise transfer_error(HTTPStatus.BAD_REQUEST, "BadRequest", "The task is still active")
    marker = int(request.query.get("marker") or 0) if (request.query.get("marker") or "0").isdecimal() else 0
    after = marker + _MOST_FOUND
    return answer(
        {
            "DATA_TYPE": "successful_transfers",
            "DATA": entries[marker:after],
            "marker": marker,
            "next_marker": after if after < len(entries) else None,
        }
    )


async def skipped_errors(globus: Globus, request: web.Request) -> web.StreamResponse:
    """Give what a task could not copy and skipped."""
    entries = task_documents.skipped_errors(_task(globus, request))
    return answer({"DATA_TYPE": "skipped_errors", "DATA": entries, "marker": 0, "next_marker": None})


def _task(globus: Globus, request: web.Request) -> Task:
    return globus.tasks.find(actor_of(globus, request).identity_id, request.match_info["id"])


def _placed(handler: Handler) -> Handler:
    """Let errors say at which `resource` they happened."""

    async def handle(globus: Globus, request: web.Request) -> web.StreamResponse:
        try:
            return await handler(globus, request)
        except Refused as refused:
            raise Refused(refused.status, {**refused.body, "resource": request.path}) from refused

    return handle


_CALLS: Final[Mapping[tuple[str, str], Handler]] = {
    ("GET", "/v0.10/endpoint/{id}"): endpoint,
    ("GET", "/v0.10/endpoint_search"): endpoint_search,
    ("GET", "/v0.10/bookmark_list"): bookmark_list,
    ("GET", "/v0.10/submission_id"): submission_id,
    ("POST", "/v0.10/transfer"): submit,
    ("GET", "/v0.10/task_list"): task_list,
    ("GET", "/v0.10/task/{id}"): task,
    ("GET", "/v0.10/task/{id}/event_list"): event_list,
    ("POST", "/v0.10/task/{id}/cancel"): cancel,
    ("GET", "/v0.10/task/{id}/successful_transfers"): successful_transfers,
    ("GET", "/v0.10/task/{id}/skipped_errors"): skipped_errors,
    **file_operations.ROUTES,
}
ROUTES: Final[Mapping[tuple[str, str], Handler]] = {key: _placed(handler) for key, handler in _CALLS.items()}
