"""Tasks in the pretend web app: what ran, what it moved, and what stopped it."""

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from bot.sandbox.globus import task_documents
from bot.sandbox.globus.calls import Handler
from bot.sandbox.globus.collections import find
from bot.sandbox.globus.errors import PageError
from bot.sandbox.globus.globus import Globus
from bot.sandbox.globus.identities import Identity
from bot.sandbox.globus.pages import ACTIVITY, FILES, NOTHING, in_words, length, place, weight
from bot.sandbox.globus.tasks import Task
from bot.sandbox.globus.timer import Run
from bot.sandbox.globus.visitors import check_origin, switch, visitor
from bot.sandbox.pages import facts, link, mark, paragraph, table

_MARKS: Final = {"ACTIVE": "good", "INACTIVE": "warn", "SUCCEEDED": "good", "FAILED": "bad"}
_MOST: Final = 200


async def listed(globus: Globus, request: web.Request) -> web.StreamResponse:
    """List a person's latest tasks."""
    person = visitor(request)
    tasks = globus.tasks.of(person.id)[::-1][:_MOST]
    body = [*switch(person, ACTIVITY)]
    if tasks:
        body.append(table(("Task", *task_heads()[1:-1], "Asked for"), (_row(task) for task in tasks)))
    else:
        body.append(paragraph(f"{person.name} has no tasks. A timer makes one with each of its runs."))
    return place(globus, "Activity", body, here=ACTIVITY)


async def overview(globus: Globus, request: web.Request) -> web.StreamResponse:
    """Show one task to its owner."""
    person, task = visitor(request), _task(globus, request)
    if task is None:
        return place(
            globus,
            "There is no such task",
            [paragraph("It never was.")],
            here="",
            status=HTTPStatus.NOT_FOUND,
        )
    if task.owner_id != person.id:
        body = [paragraph("Only its owner sees a task."), *switch(person, request.path)]
        return place(globus, "This task is somebody else's", body, here="", status=HTTPStatus.NOT_FOUND)
    return place(globus, task.submission.label or "A transfer", _overview(task, person), here="")


async def cancel(globus: Globus, request: web.Request) -> web.StreamResponse:
    """Cancel a task, and go back to it. Raises PageError for somebody else's."""
    check_origin(request)
    task = _task(globus, request)
    if task is None or task.owner_id != visitor(request).id:
        raise PageError("Not yours", "Only its owner may cancel a task.")
    globus.tasks.cancel(task)
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": _address(task)})


def task_heads() -> tuple[str, ...]:
    """Give the heads above the rows of runs."""
    return ("Started", "Status", "Moved", "Took", "Task")


def run_row(globus: Globus, run: Run) -> tuple[str, ...]:
    """Draw a timer's run: its task, or why it made none."""
    if run.task_id is None:
        said = (run.error or {}).get("message", "It could not start.")
        return (in_words(run.started_at), mark("FAILED", "bad"), escape(str(said)), NOTHING, NOTHING)
    task = globus.tasks.get(run.task_id)
    return (in_words(run.started_at), *_fared(task), link("Open", _address(task)))


def there(collection_id: str, path: str) -> str:
    """Draw a link to a place in a collection."""
    collection = find(collection_id)
    if collection is None:
        return f"<code>{escape(path)}</code>"
    # The file manager opens folders; a file's own is the one above it.
    folder = path if path.endswith("/") else posixpath.dirname(path) or "/"
    query = urlencode({"origin_id": collection.id, "origin_path": folder})
    return f"{link(collection.display_name, f'{FILES}?{query}')} <code>{escape(path)}</code>"


def _row(task: Task) -> tuple[str, ...]:
    name = link(task.submission.label or "A transfer", _address(task))
    return (name, *_fared(task), in_words(task.requested_at))


def _fared(task: Task) -> Iterator[str]:
    """Draw how a task fared, as the heads have it: its status, what it moved, and how long it took."""
    problem = f"<small>{escape(task.problem.code)}</small>" if task.problem else ""
    yield mark(task.status, _MARKS[task.status]) + problem
    told = task_documents.described(task)
    files = told["files_transferred"]
    yield f"{files} {'file' if files == 1 else 'files'}, {weight(told['bytes_transferred'])}"
    yield NOTHING if task.completed_at is None else length(task.completed_at - task.requested_at)


def _overview(task: Task, person: Identity) -> Iterable[str]:
    yield from switch(person, _address(task))
    if task.problem:
        yield (
            f'<p class="note"><strong>{escape(task.problem.code)}</strong> {escape(task.problem.details)}</p>'
        )
    elif task.stalled:
        yield f'<p class="note">It gets no further: <code>{escape(task.stalled)}</code></p>'
    yield f'<div class="card">{facts(_facts(task))}{"".join(_buttons(task))}</div>'
    yield "<h2>What happened</h2>"
    events = (
        (
            in_words(one.moment),
            mark(one.code, "bad" if one.is_error else "plain"),
            escape(one.details) or NOTHING,
        )
        for one in task.events[::-1]
    )
    yield table(("When", "Event", "Details"), events)
    if task.outcome.transferred:
        yield "<h2>What it copied</h2>"
        pairs = task.outcome.transferred[:_MOST]
        yield table(
            ("From", "To"),
            ((f"<code>{escape(one)}</code>", f"<code>{escape(other)}</code>") for one, other in pairs),
        )


def _facts(task: Task) -> Iterator[tuple[str, str]]:
    status, moved, took = _fared(task)
    yield "Status", status
    yield "Moved", moved
    yield "Took", took
    yield "Asked for", in_words(task.requested_at)
    for item in task.submission.items:
        yield "From", there(task.source.id, item.source)
        yield "To", there(task.destination.id, item.destination)
    yield "Task ID", f"<code>{task.task_id}</code>"


def _buttons(task: Task) -> Iterator[str]:
    if task.is_active:
        yield (
            f'<form class="buttons" method="post" action="{_address(task)}">'
            '<button class="danger">Cancel it</button></form>'
        )


def _task(globus: Globus, request: web.Request) -> Task | None:
    try:
        return globus.tasks.get(request.match_info["id"])
    except KeyError:
        return None


def _address(task: Task) -> str:
    return f"{ACTIVITY}/{task.task_id}"


ROUTES: Final[Mapping[tuple[str, str], Handler]] = {
    ("GET", ACTIVITY): listed,
    ("GET", f"{ACTIVITY}/{{id}}"): overview,
    ("GET", f"{ACTIVITY}/{{id}}/overview"): overview,
    ("POST", f"{ACTIVITY}/{{id}}"): cancel,
}
"""Pages that no fault happens to, and that are not in the log."""
