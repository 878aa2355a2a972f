"""How the pretend Globus draws its web pages: plain HTML and CSS, no script, nothing from elsewhere."""

from collections.abc import Iterable
from html import escape
from http import HTTPStatus
from typing import Final

from aiohttp import web

_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_STYLE: Final = """
:root { color-scheme: light dark; --line: #8886; --ink: light-dark(#2e5798, #9bbdf5); }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 38rem; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif; }
.sandbox { border: 1px solid var(--line); border-radius: .5rem; padding: .5rem .75rem; font-size: .9rem; }
h1 { font-size: 1.4rem; line-height: 1.25; }
fieldset { border: 1px solid var(--line); border-radius: .5rem; margin: 1rem 0; padding: .5rem .75rem; }
ul { list-style: none; margin: 0; padding: 0; }
li { padding: .4rem 0; }
label { display: block; }
small { display: block; opacity: .8; }
button { font: inherit; padding: .6rem 1.2rem; margin: 0 .5rem .5rem 0; border-radius: .5rem;
  border: 1px solid var(--ink); background: none; color: inherit; cursor: pointer; }
button.main { background: var(--ink); color: light-dark(#fff, #111); }
code { overflow-wrap: anywhere; }
#code { display: block; padding: .75rem; border: 1px solid var(--line); border-radius: .5rem;
  font-size: 1.2rem; user-select: all; }
table { width: 100%; border-collapse: collapse; }
th, td { text-align: left; vertical-align: top; padding: .3rem .5rem .3rem 0; }
"""


def page(title: str, body: Iterable[str], *, status: int = HTTPStatus.OK) -> web.Response:
    """Draw a page; `title` is text, `body` is HTML."""
    html = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)} (sandbox)</title><style>{_STYLE}</style></head><body>"
        '<p class="sandbox"><strong>Sandbox.</strong> This is a pretend Globus. No real account is used.</p>'
        f"<main><h1>{escape(title)}</h1>{''.join(body)}</main></body></html>"
    )
    return web.Response(text=html, content_type="text/html", status=status, headers=_HEADERS)


def paragraph(text: str) -> str:
    """Draw a text as a paragraph."""
    return f"<p>{escape(text)}</p>"


def hidden(name: str, value: str) -> str:
    """Draw a form's field that nobody sees."""
    return f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'


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
