"""How the pretend Slack draws its web pages: plain HTML and CSS, no script, nothing from elsewhere."""

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
:root { color-scheme: light dark; --line: #8886; --ink: light-dark(#4a154b, #d9a9dc); }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 36rem; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif; }
.sandbox { border: 1px solid var(--line); border-radius: .5rem; padding: .5rem .75rem; font-size: .9rem; }
h1 { font-size: 1.4rem; line-height: 1.25; }
fieldset { border: 1px solid var(--line); border-radius: .5rem; margin: 1rem 0; padding: .5rem .75rem; }
label { display: block; padding: .4rem 0; }
button { font: inherit; padding: .6rem 1.2rem; margin: 0 .5rem .5rem 0; border-radius: .5rem;
  border: 1px solid var(--ink); background: none; color: inherit; cursor: pointer; }
button.main { background: var(--ink); color: light-dark(#fff, #111); }
"""


class PageError(Exception):
    """A person's page cannot be shown; says so in a title and a sentence."""

    def __init__(self, title: str, detail: str) -> None:
        super().__init__(f"{title}: {detail}")
        self.title = title
        self.detail = detail

    def page(self) -> web.Response:
        """Draw the page that says so."""
        return page(self.title, [paragraph(self.detail)], status=HTTPStatus.BAD_REQUEST)


def page(title: str, body: Iterable[str], *, status: int = HTTPStatus.OK) -> web.Response:
    """Draw a page; `title` is text, `body` is HTML."""
    html = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)} (sandbox)</title><style>{_STYLE}</style></head><body>"
        '<p class="sandbox"><strong>Sandbox.</strong> This is a pretend Slack. No real account is used.</p>'
        f"<main><h1>{escape(title)}</h1>{''.join(body)}</main></body></html>"
    )
    return web.Response(text=html, content_type="text/html", status=status, headers=_HEADERS)


def paragraph(text: str) -> str:
    """Draw a text as a paragraph."""
    return f"<p>{escape(text)}</p>"


def hidden(name: str, value: str) -> str:
    """Draw a form's field that nobody sees."""
    return f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'


def choice(name: str, value: str, text: str, *, ticked: bool) -> str:
    """Draw one of several values of which a person chooses one."""
    mark = " checked" if ticked else ""
    return (
        f'<label><input type="radio" name="{escape(name)}" value="{escape(value)}"{mark}> '
        f"{escape(text)}</label>"
    )
