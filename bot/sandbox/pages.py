"""How the sandbox draws its web pages: plain HTML, one style, nothing from elsewhere."""

import base64
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from http import HTTPStatus
from pathlib import Path
from typing import Final

from aiohttp import web

_STYLE: Final = Path(__file__).with_name("pages.css").read_text()


@dataclass(frozen=True)
class Link:
    """A link in a page's head; `is_here` for the page one is on, `leaves` for one to the other service."""

    text: str
    address: str
    is_here: bool = False
    leaves: bool = False


def drawn(
    title: str,
    body: Iterable[str],
    *,
    service: str,
    status: int = HTTPStatus.OK,
    links: Sequence[Link] = (),
    said: str = "",
    is_wide: bool = False,
    script: str = "",
) -> web.Response:
    """Draw a page of a service; `title` and `said` (behind the sandbox's own words) are text, `body` HTML.

    `script` is a program that the page works without. Style and script stand in the page, and only these two,
    known by their digests, count (https://www.w3.org/TR/CSP3/#match-element-to-source-list).
    """
    shape = "wide" if is_wide else "narrow"
    program = f'<script type="module">{script}</script>' if script else ""
    html = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        f"<title>{escape(title)} (sandbox)</title><style>{_STYLE}</style></head>"
        f'<body class="{service.lower()} {shape}"><a class="skip" href="#main">Skip to the page</a>'
        f'<header class="top"><p class="sandbox"><strong>Sandbox.</strong> This is a pretend {service}. '
        f"No real account is used.{' ' if said else ''}{escape(said)}</p>{_nav(links)}</header>"
        f'<main id="main"><h1>{escape(title)}</h1>{"".join(body)}</main>{program}</body></html>'
    )
    headers = {
        "Content-Security-Policy": _policy(script),
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return web.Response(text=html, content_type="text/html", status=HTTPStatus(status), headers=headers)


def paragraph(text: str) -> str:
    """Draw a text as a paragraph."""
    return f"<p>{escape(text)}</p>"


def hidden(name: str, value: str) -> str:
    """Draw a form's field that nobody sees."""
    return f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'


def link(text: str, address: str) -> str:
    """Draw a link."""
    return f'<a href="{escape(address)}">{escape(text)}</a>'


def mark(text: str, kind: str) -> str:
    """Draw a word in a rounded frame; `kind` is `good`, `bad`, `warn` or `plain`."""
    return f'<span class="mark {kind}">{escape(text)}</span>'


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """Draw what is known of something: each name a text, each value HTML."""
    return f"<dl>{''.join(f'<dt>{escape(name)}</dt><dd>{value}</dd>' for name, value in pairs)}</dl>"


def table(heads: Sequence[str], rows: Iterable[Iterable[str]]) -> str:
    """Draw a table: heads are texts, cells HTML. On a phone each row becomes a small list."""
    head = "".join(f'<th scope="col">{escape(one)}</th>' for one in heads)
    body = "".join(f"<tr>{_cells(heads, row)}</tr>" for row in rows)
    return f'<table class="stack"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def _cells(heads: Sequence[str], row: Iterable[str]) -> str:
    pairs = zip(heads, row, strict=True)
    return "".join(f'<td data-head="{escape(head)}"><div>{cell}</div></td>' for head, cell in pairs)


def _nav(links: Sequence[Link]) -> str:
    if not links:
        return ""
    return f'<nav aria-label="Sandbox">{"".join(_drawn(one) for one in links)}</nav>'


def _drawn(one: Link) -> str:
    here = ' aria-current="page"' if one.is_here else ""
    leaves = ' class="away"' if one.leaves else ""
    return f'<a href="{escape(one.address)}"{here}{leaves}>{escape(one.text)}</a>'


def _policy(script: str) -> str:
    programs = f" script-src {_digest(script)};" if script else ""
    return (
        f"default-src 'none'; style-src {_digest(_STYLE)};{programs} img-src data:; base-uri 'none'; "
        "frame-ancestors 'none'"
    )


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
