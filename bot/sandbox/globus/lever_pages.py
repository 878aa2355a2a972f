"""Behind the scenes: pass time, take consents back, and put the pretend Globus into trouble."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from html import escape
from http import HTTPStatus
from typing import Final, TypeAlias

from aiohttp import web

from bot.sandbox.faults import Fault, Faults
from bot.sandbox.globus import time_levers
from bot.sandbox.globus.calls import Handler
from bot.sandbox.globus.consents import Consent
from bot.sandbox.globus.directory import client_with_id
from bot.sandbox.globus.errors import PageError
from bot.sandbox.globus.globus import Globus
from bot.sandbox.globus.identities import Identity
from bot.sandbox.globus.pages import LEVERS, place
from bot.sandbox.globus.scopes import collection_of, known
from bot.sandbox.globus.visitors import check_origin, switch, visitor
from bot.sandbox.pages import hidden, paragraph, table

_HOUR: Final = 3_600
_FOREVER: Final = 1_000_000_000
_SLOW: Final = Fault("*", "hang", times=_FOREVER, seconds=4)
_DOWN: Final = Fault("*", "status", times=_FOREVER, status=503)

_Act: TypeAlias = Callable[[Globus, Identity, Mapping[str, str]], Awaitable[None]]


async def show(globus: Globus, request: web.Request) -> web.StreamResponse:
    """Show what can be done to the pretend Globus, and how it is now."""
    return place(globus, "Behind the scenes", _body(globus, visitor(request)), here=LEVERS)


async def act(globus: Globus, request: web.Request) -> web.StreamResponse:
    """Do one of them, and go back. Raises PageError for anything else."""
    check_origin(request)
    form = {name: str(value) for name, value in (await request.post()).items()}
    wanted = _ACTS.get(form.get("act", ""))
    if wanted is None:
        raise PageError("Not possible", "There is no such button here.")
    await wanted(globus, visitor(request), form)
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": LEVERS})


def _body(globus: Globus, person: Identity) -> Iterator[str]:
    yield paragraph("See how the bot copes: press a button here, then look at Slack.")
    yield f'<p class="note" role="status">{escape(health(globus.faults))}</p>'
    yield "<h2>Trouble</h2>"
    yield _buttons(("slow", "Be slow"), ("down", "Be down"), ("recover", "Recover"))
    yield "<h2>Time</h2>"
    yield paragraph("Timers that are due on the way run on the way, one after the other.")
    yield _buttons(("hour", "Fast-forward an hour"), ("day", "Fast-forward a day"))
    yield "<h2>Consents</h2>"
    yield from switch(person, LEVERS)
    held = globus.consents.of(person.id)
    if not held:
        yield paragraph(f"{person.name} has allowed nothing to any app yet.")
        return
    yield paragraph("A timer whose consent is gone stops at its next run. The bot says so, and mends it.")
    yield table(("What it allows", "To", "Take it back"), (_row(one) for one in _distinct(held)))


def _distinct(held: list[Consent]) -> list[Consent]:
    """Give each scope of each app once: revoking takes it wherever it stands. Access to data comes first."""
    once = {(one.client_id, one.path[-1]): one for one in held}
    return sorted(once.values(), key=lambda one: not collection_of(one.path[-1]))


def _row(consent: Consent) -> Iterator[str]:
    name = consent.path[-1]
    scope, client = known(name), client_with_id(consent.client_id)
    words = escape(scope.words if scope else name)
    yield words
    yield escape(client.name if client else consent.client_id)
    yield (
        f'<form method="post" action="{LEVERS}">{hidden("act", "revoke")}{hidden("scope", name)}'
        f"{hidden('client_id', consent.client_id)}"
        f'<button aria-label="Revoke this consent: {words}">Revoke this consent</button></form>'
    )


def _buttons(*buttons: tuple[str, str]) -> str:
    drawn = "".join(f'<button name="act" value="{value}">{text}</button>' for value, text in buttons)
    return f'<form class="buttons" method="post" action="{LEVERS}">{drawn}</form>'


def health(faults: Faults) -> str:
    """Say in words how the pretend Globus is."""
    if any(one.kind == _DOWN.kind and one.method == "*" for one in faults.ordered):
        return "It is down: every call is answered with 503."
    if any(one.kind == _SLOW.kind and one.method == "*" for one in faults.ordered):
        return f"It is slow: every call takes {_SLOW.seconds:.0f} seconds more."
    count = len(faults.ordered)
    return f"Globus is well, but {count} faults wait for their calls." if count else "Globus is well."


async def _slow(globus: Globus, _person: Identity, _form: Mapping[str, str]) -> None:
    globus.faults.clear()
    globus.faults.order(_SLOW)


async def _down(globus: Globus, _person: Identity, _form: Mapping[str, str]) -> None:
    globus.faults.clear()
    globus.faults.order(_DOWN)


async def _recover(globus: Globus, _person: Identity, _form: Mapping[str, str]) -> None:
    globus.faults.clear()


async def _hour(globus: Globus, _person: Identity, _form: Mapping[str, str]) -> None:
    await time_levers.advance(globus, {"seconds": _HOUR})


async def _day(globus: Globus, _person: Identity, _form: Mapping[str, str]) -> None:
    await time_levers.advance(globus, {"seconds": 24 * _HOUR})


async def _revoke(globus: Globus, person: Identity, form: Mapping[str, str]) -> None:
    globus.consents.revoke(person.id, form.get("client_id"), form.get("scope", ""))
    globus.traffic.touch()


_ACTS: Final[Mapping[str, _Act]] = {
    "slow": _slow,
    "down": _down,
    "recover": _recover,
    "hour": _hour,
    "day": _day,
    "revoke": _revoke,
}
ROUTES: Final[Mapping[tuple[str, str], Handler]] = {("GET", LEVERS): show, ("POST", LEVERS): act}
"""Pages that no fault happens to, and that are not in the log."""
