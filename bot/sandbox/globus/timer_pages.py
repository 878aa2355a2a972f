"""Timers in the pretend web app: the list, one with its runs, and what its owner does there."""

from collections.abc import Iterator, Mapping
from html import escape
from http import HTTPStatus
from typing import Final

from aiohttp import web

from bot.sandbox.globus import owner_levers, time_levers
from bot.sandbox.globus.calls import Handler
from bot.sandbox.globus.directory import client_with_id, identity_with_id
from bot.sandbox.globus.errors import PageError, Refused
from bot.sandbox.globus.globus import Globus
from bot.sandbox.globus.identities import Identity
from bot.sandbox.globus.pages import TIMERS, in_words, place
from bot.sandbox.globus.schedules import Schedule
from bot.sandbox.globus.scopes import collection_of
from bot.sandbox.globus.task_pages import run_row, task_heads, there
from bot.sandbox.globus.timer import Timer
from bot.sandbox.globus.visitors import check_origin, switch, visitor
from bot.sandbox.pages import facts, hidden, link, mark, paragraph, table

_MARKS: Final = {"new": "good", "active": "good", "inactive": "warn", "ended": "plain"}
_LENGTHS: Final = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


async def listed(globus: Globus, request: web.Request) -> web.StreamResponse:
    """List a person's timers, the latest first."""
    person = visitor(request)
    timers = globus.timers.of(person.id)[::-1]
    body = [*switch(person, TIMERS)]
    if timers:
        heads = ("Name", "Status", "Repeats", "Last run", "Next run", "Runs")
        body.append(table(heads, (_row(timer) for timer in timers)))
    else:
        body.append(paragraph(f"{person.name} has no timers. Schedule a transfer in Slack, and it is here."))
    return place(globus, "Timers", body, here=TIMERS)


async def overview(globus: Globus, request: web.Request) -> web.StreamResponse:
    """Show one timer to its owner, with its runs; to others that it is not theirs."""
    person, timer = visitor(request), globus.timers.get(request.match_info["id"])
    if timer is None:
        body = [paragraph("It was deleted, or it never was.")]
        return place(globus, "There is no such timer", body, here="", status=HTTPStatus.NOT_FOUND)
    if timer.owner_id != person.id:
        body = [paragraph("Only its owner sees a timer."), *switch(person, request.path)]
        return place(globus, "This timer is somebody else's", body, here="", status=HTTPStatus.NOT_FOUND)
    return place(globus, timer.name, _overview(globus, timer, person), here="")


async def act(globus: Globus, request: web.Request) -> web.StreamResponse:
    """Do what a timer's owner asks, and go back to it. Raises PageError if that cannot be."""
    check_origin(request)
    form = {name: str(value) for name, value in (await request.post()).items()}
    timer = globus.timers.get(request.match_info["id"])
    if timer is None or timer.owner_id != visitor(request).id:
        raise PageError("Not yours", "Only its owner may change a timer.")
    asked = {"job_id": timer.job_id, **form}
    lever = time_levers.run_now if form.get("act") == "run_now" else owner_levers.web_app
    try:
        await lever(globus, asked)
    except (Refused, ValueError) as problem:
        said = problem.body["detail"] if isinstance(problem, Refused) else "A timer needs a name."
        raise PageError("Not possible", str(said)) from problem
    is_gone = form.get("act") == "delete"
    target = TIMERS if is_gone else _address(timer)
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": target})


def _row(timer: Timer) -> Iterator[str]:
    yield link(timer.name, _address(timer))
    yield mark("active" if timer.is_active else timer.status, _MARKS[timer.status])
    yield escape(repeats(timer.schedule))
    yield in_words(timer.last_ran_at)
    yield in_words(timer.next_run if timer.is_active else None)
    yield str(timer.run_count)


def _overview(globus: Globus, timer: Timer, person: Identity) -> Iterator[str]:
    yield from switch(person, _address(timer))
    yield from _reason(timer)
    yield f'<div class="card">{facts(_facts(timer))}{"".join(_buttons(globus, timer))}</div>'
    yield "<h2>Runs</h2>"
    if timer.runs:
        yield table(task_heads(), (run_row(globus, run) for run in timer.runs[::-1]))
    else:
        yield paragraph("None yet.")
    yield "<h2>Rename it</h2>"
    yield (
        f'<form class="buttons" method="post" action="{_target(timer)}">{hidden("act", "rename")}'
        '<label for="name" class="soft">Name</label>'
        f'<input type="text" name="name" id="name" value="{escape(timer.name)}" required maxlength="255">'
        "<button>Rename</button></form>"
    )


def _facts(timer: Timer) -> Iterator[tuple[str, str]]:
    yield "Status", mark("active" if timer.is_active else timer.status, _MARKS[timer.status])
    yield "Repeats", escape(repeats(timer.schedule))
    yield "Next run", in_words(timer.next_run if timer.is_active else None)
    yield "Last run", in_words(timer.last_ran_at)
    errors = f", and {timer.error_count} that could not start" if timer.error_count else ""
    yield "Runs", f"{timer.run_count}{errors}"
    items = [one for one in timer.body.get("DATA", ()) if isinstance(one, dict)]
    for name, end, side in (
        ("From", "source_endpoint", "source"),
        ("To", "destination_endpoint", "destination"),
    ):
        paths = [str(one.get(f"{side}_path", "/")) for one in items]
        yield name, "<br>".join(there(str(timer.body[end]), path) for path in paths)
    client, owner = client_with_id(timer.client_id), identity_with_id(timer.owner_id)
    yield (
        "Made by",
        escape(f"{client.name if client else timer.client_id} for {owner.name if owner else '?'}"),
    )
    yield "Job ID", f"<code>{timer.job_id}</code>"


def _buttons(globus: Globus, timer: Timer) -> Iterator[str]:
    offered = []
    if timer.is_active and not timer.running(globus.tasks):
        offered.append(("run_now", "Run now", "main"))
    if timer.is_active:
        offered.append(("pause", "Pause", ""))
    elif timer.status == "inactive":
        offered.append(("resume", "Resume", "main"))
    offered.append(("delete", "Delete", "danger"))
    buttons = (
        f'<button name="act" value="{value}" class="{kind}">{text}</button>' for value, text, kind in offered
    )
    yield f'<form class="buttons" method="post" action="{_target(timer)}">{"".join(buttons)}</form>'


def _reason(timer: Timer) -> Iterator[str]:
    """Say why a timer rests, if it does."""
    if not timer.inactive_reason:
        return
    if timer.inactive_reason["cause"] == "user":
        yield '<p class="note">Its owner paused it.</p>'
        return
    asked = timer.inactive_reason["detail"].get("authorization_parameters", {})
    names = [scope for text in asked.get("required_scopes", ()) for scope in _leaves(text)]
    missing = ", ".join(_wanted(name) for name in names) or str(asked.get("session_message", "a sign-in"))
    yield f'<p class="note">It stopped: Globus needs its owner once more, for {escape(missing)}.</p>'


def _leaves(text: str) -> list[str]:
    return [
        name
        for name in text.replace("[", " ").replace("]", " ").replace("*", "").split()
        if collection_of(name)
    ]


def _wanted(scope: str) -> str:
    collection = collection_of(scope)
    return f"access to {collection.display_name}" if collection else scope


def repeats(schedule: Schedule) -> str:
    """Say in words how often a timer runs."""
    if schedule.interval is None:
        return f"once, on {in_words(schedule.start)}"
    size, unit = next((size, unit) for size, unit in _LENGTHS if schedule.interval % size == 0)
    count = schedule.interval // size
    every = f"every {unit}" if count == 1 else f"every {count} {unit}s"
    if schedule.count is not None:
        return f"{every}, {schedule.count} times"
    return f"{every}, until {in_words(schedule.until)}" if schedule.until is not None else every


def _address(timer: Timer) -> str:
    return f"{TIMERS}/{timer.job_id}/overview"


def _target(timer: Timer) -> str:
    return f"{TIMERS}/{timer.job_id}"


ROUTES: Final[Mapping[tuple[str, str], Handler]] = {
    ("GET", TIMERS): listed,
    ("GET", f"{TIMERS}/{{id}}/overview"): overview,
    ("GET", f"{TIMERS}/{{id}}"): overview,
    ("POST", f"{TIMERS}/{{id}}"): act,
}
"""Pages that no fault happens to, and that are not in the log."""
