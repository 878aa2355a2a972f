"""How the sandbox draws its web pages: plain HTML and CSS, no script, nothing from elsewhere."""

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
:root { color-scheme: light dark; --line: #8886; --ink: light-dark(INK); }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 38rem; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif; }
.sandbox { border: 1px solid var(--line); border-radius: .5rem; padding: .5rem .75rem; font-size: .9rem; }
h1 { font-size: 1.4rem; line-height: 1.25; }
fieldset { border: 1px solid var(--line); border-radius: .5rem; margin: 1rem 0; padding: .5rem .75rem; }
ul { list-style: none; margin: 0; padding: 0; }
li, label { display: block; padding: .4rem 0; }
li label { padding: 0; }
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


def drawn(title: str, body: Iterable[str], *, service: str, ink: str, status: int) -> web.Response:
    """Draw a page of a service; `title` is text, `body` HTML, `ink` its colour by day and by night."""
    html = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)} (sandbox)</title><style>{_STYLE.replace('INK', ink)}</style></head><body>"
        f'<p class="sandbox"><strong>Sandbox.</strong> This is a pretend {service}. '
        "No real account is used.</p>"
        f"<main><h1>{escape(title)}</h1>{''.join(body)}</main></body></html>"
    )
    return web.Response(text=html, content_type="text/html", status=HTTPStatus(status), headers=_HEADERS)


def paragraph(text: str) -> str:
    """Draw a text as a paragraph."""
    return f"<p>{escape(text)}</p>"


def hidden(name: str, value: str) -> str:
    """Draw a form's field that nobody sees."""
    return f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
