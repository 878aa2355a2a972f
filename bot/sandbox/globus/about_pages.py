"""The front page of the pretend Globus, and choosing who looks."""

from collections.abc import Mapping
from html import escape
from http import HTTPStatus
from typing import Final

from aiohttp import web

from bot.sandbox.globus.calls import Handler
from bot.sandbox.globus.collections import COLLECTIONS, Collection
from bot.sandbox.globus.directory import person_with_username
from bot.sandbox.globus.errors import PageError
from bot.sandbox.globus.globus import Globus
from bot.sandbox.globus.identities import CLIENTS, PEOPLE
from bot.sandbox.globus.pages import FILES, place
from bot.sandbox.globus.visitors import CHOOSE, back_to, check_origin, remember
from bot.sandbox.pages import link, paragraph, table


async def front(globus: Globus, _request: web.Request) -> web.StreamResponse:
    """Say what is here: who can sign in, which apps are registered, which collections there are."""
    body = [
        paragraph(
            f"Auth, Transfer and Timers are served at {globus.origin}, as the real ones are described. "
            "Transfers really copy files, between folders of this machine that are gone when it ends."
        ),
        f"<p>Bots and tests steer it over HTTP: {link('every act, in words', '/sandbox/')}.</p>",
        "<h2>People</h2>",
        table(
            ("Name", "Username"),
            ((escape(one.name), f"<code>{escape(one.username)}</code>") for one in PEOPLE),
        ),
        "<h2>Apps</h2>",
        table(
            ("Name", "Client ID", "Kind"),
            (
                (
                    escape(one.name),
                    f"<code>{one.client_id}</code>",
                    "confidential" if one.secret else "native",
                )
                for one in CLIENTS
            ),
        ),
        "<h2>Collections</h2>",
        table(
            ("Name", "ID", "Kind"),
            ((_named(one), f"<code>{one.id}</code>", escape(one.entity_type)) for one in COLLECTIONS),
        ),
    ]
    return place(globus, "The pretend Globus", body, here="/")


async def choose(_globus: Globus, request: web.Request) -> web.StreamResponse:
    """Look as somebody else. Raises PageError for a person who does not exist."""
    check_origin(request)
    form = await request.post()
    person = person_with_username(str(form.get("identity", "")))
    if person is None:
        raise PageError("Nobody chosen", "Go back and choose who you are.")
    answer = web.Response(
        status=HTTPStatus.SEE_OTHER, headers={"Location": back_to(str(form.get("back", "")))}
    )
    remember(answer, person)
    return answer


def _named(collection: Collection) -> str:
    if not collection.holds_files:
        return escape(collection.display_name)
    return link(collection.display_name, f"{FILES}?origin_id={collection.id}")


ROUTES: Final[Mapping[tuple[str, str], Handler]] = {
    ("GET", "/"): front,
    ("POST", CHOOSE): choose,
}
"""Pages that no fault happens to, and that are not in the log."""
