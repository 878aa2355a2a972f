"""Who looks at the pretend web app: whoever signed in last in this browser, or was chosen on a page."""

from collections.abc import Iterator
from html import escape
from typing import Final

from aiohttp import web

from bot.sandbox.globus.directory import person_with_username
from bot.sandbox.globus.errors import PageError
from bot.sandbox.globus.identities import PEOPLE, Identity
from bot.sandbox.pages import hidden

CHOOSE: Final = "/who"
_COOKIE: Final = "pretend_globus_person"
_FROM_HERE: Final = frozenset({"same-origin", "none"})


def visitor(request: web.Request) -> Identity:
    """Give who looks; the first of all people where nobody was chosen yet."""
    return person_with_username(request.cookies.get(_COOKIE, "")) or PEOPLE[0]


def remember(answer: web.StreamResponse, person: Identity) -> None:
    """Let the browser come back as this person."""
    answer.set_cookie(_COOKIE, person.username, httponly=True, samesite="Lax", path="/")


def check_origin(request: web.Request) -> None:
    """Refuse what another site's page sends in a visitor's name; raises PageError.

    https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header
    """
    if request.headers.get("Sec-Fetch-Site", "none") not in _FROM_HERE:
        raise PageError("Not from here", "Another page asked for this. Open the page here and try again.")


def back_to(path: str) -> str:
    """Give a path of this site to go back to; anything else leads to the front page."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) else "/"


def switch(person: Identity, path: str) -> Iterator[str]:
    """Draw the choice of who one looks as; afterwards one is at `path` again."""
    yield f'<form class="buttons" method="post" action="{CHOOSE}">{hidden("back", path)}'
    yield '<label for="identity" class="soft">You look as</label><select name="identity" id="identity">'
    for one in PEOPLE:
        chosen = " selected" if one == person else ""
        yield f'<option value="{escape(one.username)}"{chosen}>{escape(one.name)}</option>'
    yield "</select><button>Change</button></form>"
