"""A small file manager: two panes with the files that are really there."""

import posixpath
from collections.abc import Iterator, Mapping
from html import escape
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from bot.sandbox.globus.calls import Handler
from bot.sandbox.globus.collections import COLLECTIONS, Collection, find
from bot.sandbox.globus.files import NotDirectory, NotFound, PermissionDenied
from bot.sandbox.globus.globus import Globus
from bot.sandbox.globus.identities import Identity
from bot.sandbox.globus.pages import FILES, place, weight
from bot.sandbox.globus.visitors import switch, visitor
from bot.sandbox.pages import hidden, link, paragraph
from bot.sandbox.wire import Json

_SIDES: Final = (("origin", "Left"), ("destination", "Right"))
_SIGNS: Final = {"dir": "▸"}


async def manager(globus: Globus, request: web.Request) -> web.StreamResponse:
    """Show two folders side by side, as `origin_id`, `origin_path`, and the same of `destination` say.

    They are the parameters of the real one's links (https://docs.globus.org/guides/recipes/link-to-files/).
    """
    person, query = visitor(request), dict(request.query)
    panes = (_pane(globus, person, query, side, title) for side, title in _SIDES)
    body = [*switch(person, str(request.rel_url)), f'<div class="panes">{"".join(panes)}</div>']
    return place(globus, "Files", body, here=FILES)


def _pane(globus: Globus, person: Identity, query: Mapping[str, str], side: str, title: str) -> str:
    collection = find(query.get(f"{side}_id", ""))
    if collection and not (collection.is_visible_to(person.id) and collection.holds_files):
        collection = None
    body = list(_choice(person, query, side, title, collection))
    if collection:
        path = query.get(f"{side}_path") or collection.default_path
        body += _folder(globus, collection, path, query, side)
    return f'<section class="card" aria-label="{title}">{"".join(body)}</section>'


def _choice(
    person: Identity, query: Mapping[str, str], side: str, title: str, chosen: Collection | None
) -> Iterator[str]:
    """Draw which collection a pane shows, and the choice of another; the other pane stays as it is."""
    yield f'<form class="buttons" method="get" action="{FILES}">'
    yield from (hidden(name, value) for name, value in query.items() if not name.startswith(f"{side}_"))
    yield f'<label for="{side}" class="soft">{title}</label><select name="{side}_id" id="{side}">'
    if not chosen:
        yield '<option value="">Choose a collection…</option>'
    for one in COLLECTIONS:
        if one.holds_files and one.is_visible_to(person.id):
            ticked = " selected" if one == chosen else ""
            yield f'<option value="{one.id}"{ticked}>{escape(one.display_name)}</option>'
    yield "</select><button>Show</button></form>"


def _folder(
    globus: Globus, collection: Collection, path: str, query: Mapping[str, str], side: str
) -> Iterator[str]:
    try:
        found, entries = globus.files.listing(collection, path)
    except (NotFound, NotDirectory, PermissionDenied):
        yield paragraph(f"There is no folder {path} here.")
        yield link("Go to the top", _address(query, side, "/"))
        return
    yield f'<p class="crumbs">{"".join(_crumbs(found.path, query, side))}</p>'
    if not entries:
        yield paragraph("This folder is empty.")
        return
    yield '<ul class="entries">'
    yield from (_entry(one, posixpath.join(found.path, one["name"]), query, side) for one in entries)
    yield "</ul>"


def _crumbs(path: str, query: Mapping[str, str], side: str) -> Iterator[str]:
    yield link("Top", _address(query, side, "/"))
    above = "/"
    for name in [one for one in path.split("/") if one]:
        above = posixpath.join(above, name)
        yield f" / {link(name, _address(query, side, above))}"


def _entry(entry: Json, path: str, query: Mapping[str, str], side: str) -> str:
    name, is_folder = str(entry["name"]), entry["type"] == "dir"
    drawn = link(f"{name}/", _address(query, side, path)) if is_folder else escape(name)
    size = "" if is_folder else weight(entry["size"])
    kind = "dir" if is_folder else "soft"
    sign = _SIGNS.get(str(entry["type"]), "·")
    mark = f'<span class="{kind}" aria-hidden="true">{sign}</span>'
    return f'<li>{mark}<span>{drawn}</span><span class="soft">{size}</span></li>'


def _address(query: Mapping[str, str], side: str, path: str) -> str:
    folder = path if path.endswith("/") else f"{path}/"
    return f"{FILES}?{urlencode({**query, f'{side}_path': folder})}"


ROUTES: Final[Mapping[tuple[str, str], Handler]] = {("GET", FILES): manager}
"""Pages that no fault happens to, and that are not in the log."""
