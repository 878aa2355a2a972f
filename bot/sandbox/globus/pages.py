"""The web pages of the pretend Globus."""

from collections.abc import Iterable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final

import humanize
from aiohttp import web

from bot.sandbox.globus.globus import Globus
from bot.sandbox.pages import Link, drawn

TIMERS: Final = "/activity/timers"
ACTIVITY: Final = "/activity"
FILES: Final = "/file-manager"
LEVERS: Final = "/behind-the-scenes"
NOTHING: Final = "—"

_PLACES: Final = (
    ("Timers", TIMERS),
    ("Activity", ACTIVITY),
    ("Files", FILES),
    ("Behind the scenes", LEVERS),
    ("About", "/"),
)


def page(title: str, body: Iterable[str], *, status: int = HTTPStatus.OK, script: str = "") -> web.Response:
    """Draw a page that asks or tells one thing; `title` is text, `body` is HTML."""
    return drawn(title, body, service="Globus", status=status, script=script)


def place(
    globus: Globus, title: str, body: Iterable[str], *, here: str, status: int = HTTPStatus.OK
) -> web.Response:
    """Draw one of the places to look around in, `here` its address in the head."""
    links = [Link(text, address, is_here=address == here) for text, address in _PLACES]
    if globus.doors.slack_url:
        links.append(Link("Back to Slack", f"{globus.doors.slack_url}/", leaves=True))
    said = f"Its clock says {in_words(globus.clock())}."
    return drawn(title, body, service="Globus", status=status, links=links, said=said, is_wide=True)


def in_words(moment: float | None) -> str:
    """Write epoch seconds for people, like `26 Nov 2026, 01:40 UTC`; a dash for None."""
    return NOTHING if moment is None else f"{datetime.fromtimestamp(moment, UTC):%-d %b %Y, %H:%M} UTC"


def weight(count: float) -> str:
    """Write a number of bytes for people, like `5.2 kB`."""
    return humanize.naturalsize(count).replace("Byte", "byte")


def length(seconds: float) -> str:
    """Write how long something took for people, like `18 minutes and 20 seconds`."""
    return humanize.precisedelta(round(seconds), format="%d")


def gateway_page(status: int) -> web.Response:
    """Draw what a gateway says when the service behind it is in trouble: HTML, not JSON."""
    text = f"<html><head><title>{status}</title></head><body><h1>{status}</h1><hr>gateway</body></html>"
    return web.Response(text=text, content_type="text/html", status=status)
