"""The web pages of the pretend Globus."""

from collections.abc import Iterable
from html import escape
from http import HTTPStatus
from typing import Final

from aiohttp import web

from bot.sandbox.pages import drawn

_INK: Final = "#2e5798, #9bbdf5"


def page(title: str, body: Iterable[str], *, status: int = HTTPStatus.OK) -> web.Response:
    """Draw a page; `title` is text, `body` is HTML."""
    return drawn(title, body, service="Globus", ink=_INK, status=status)


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Draw a table of texts."""
    head = "".join(f"<th>{escape(one)}</th>" for one in heads)
    lines = ("".join(f"<td>{escape(cell)}</td>" for cell in row) for row in rows)
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def gateway_page(status: int) -> web.Response:
    """Draw what a gateway says when the service behind it is in trouble: HTML, not JSON."""
    text = f"<html><head><title>{status}</title></head><body><h1>{status}</h1><hr>gateway</body></html>"
    return web.Response(text=text, content_type="text/html", status=status)
