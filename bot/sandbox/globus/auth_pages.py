"""Auth's pages: signing in, being asked, and the code to copy."""

from collections.abc import Iterable, Iterator, Mapping
from html import escape
from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from bot.sandbox.globus.authorizing import AuthorizeRequest, Row
from bot.sandbox.globus.calls import Handler
from bot.sandbox.globus.directory import person_with_username
from bot.sandbox.globus.errors import PageError
from bot.sandbox.globus.globus import Globus
from bot.sandbox.globus.identities import CODE_PAGE, PEOPLE
from bot.sandbox.globus.pages import page
from bot.sandbox.globus.visitors import remember
from bot.sandbox.pages import hidden, paragraph

AUTHORIZE: Final = "/v2/oauth2/authorize"
_COPY: Final = Path(__file__).with_name("copy_code.js").read_text()
_ANSWERS: Final = {"identity", "consent", "decision", "second_factor"}


async def ask(globus: Globus, request: web.Request) -> web.StreamResponse:
    """Show who asks for what, and let a person sign in and decide. Raises PageError."""
    asked = AuthorizeRequest.read(request.query, globus.redirect_uris)
    return page(f"{asked.client.name} would like to", _form(asked, request.query, globus))


async def decide(globus: Globus, request: web.Request) -> web.StreamResponse:
    """Take a person's decision, and send them on with a code or a refusal. Raises PageError."""
    form = await request.post()
    values = {name: value for name, value in form.items() if isinstance(value, str)}
    asked = AuthorizeRequest.read(values, globus.redirect_uris)
    allowed = asked.allowed([str(value) for value in form.getall("consent", [])])
    if values.get("decision") != "allow" or not allowed:
        return _declined(asked)
    person = person_with_username(values.get("identity", ""))
    if person is None:
        raise PageError("Nobody signed in", "Go back and choose who you are.")
    if person.id in globus.closed:
        raise PageError("Account closed", f"The account {person.username} was closed.")
    asked.session.check(person, second_factor="second_factor" in values)
    globus.sessions.sign_in(person.id, asked.client.client_id, is_new=asked.session.is_new)
    globus.consents.grant(person.id, asked.client.client_id, allowed, allows_refresh=asked.with_refresh)
    code = globus.codes.issue(
        identity_id=person.id,
        client_id=asked.client.client_id,
        redirect_uri=asked.redirect_uri,
        state=asked.state,
        scopes=tuple(scope.name for scope in allowed),
        with_refresh=asked.with_refresh,
        challenge=asked.challenge,
    )
    answer = _sent_back(asked, code=code)
    remember(answer, person)
    return answer


async def show_code(_globus: Globus, request: web.Request) -> web.StreamResponse:
    """Show the code that the person takes to the app."""
    code = request.query.get("code")
    if not code:
        raise PageError("No code", "There is nothing to show here.")
    body = (
        paragraph("You are signed in. Copy this code, go back to where you came from, and paste it there."),
        f'<code id="code">{escape(code)}</code><div class="answers"></div><p role="status"></p>',
        "<p><small>It is good once, for ten minutes. Keep it to yourself.</small></p>",
    )
    return page("Your authorization code", body, script=_COPY)


async def sign_out(_globus: Globus, _request: web.Request) -> web.StreamResponse:
    """Say that nobody is signed in, which is always so here."""
    return page("You are signed out", [])


def _form(asked: AuthorizeRequest, values: Mapping[str, str], globus: Globus) -> Iterator[str]:
    if asked.message:
        yield f'<p class="note">{escape(asked.message)}</p>'
    yield f'<form method="post" action="{AUTHORIZE}">'
    yield from (hidden(name, value) for name, value in values.items() if name not in _ANSWERS)
    rows = asked.rows(globus.consents)
    yield "<fieldset><legend>Asked of you</legend><ul>"
    yield from (_drawn(row) for row in rows)
    yield "</ul></fieldset>"
    if any(row.is_optional for row in rows):
        yield "<p><small>What is optional you may untick. The app can ask for it again later.</small></p>"
    yield "<fieldset><legend>Sign in as</legend>"
    yield from _people(values.get("session_required_identities", "").split(","))
    if asked.session.mfa:
        yield (
            '<label><input type="checkbox" name="second_factor"> <span>I confirm with my second factor'
            "</span></label>"
        )
    yield '</fieldset><div class="answers"><button class="main" name="decision" value="allow">Allow</button>'
    yield '<button name="decision" value="deny">Deny</button></div></form>'
    yield "<p><small>You can take back what you allow, under “Behind the scenes”.</small></p>"


def _drawn(row: Row) -> str:
    before = f"<small>Allowed before by {escape(' and '.join(row.held_by))}</small>" if row.held_by else ""
    if not row.is_optional:
        return f"<li><span>{escape(row.words)}{before}</span></li>"
    box = f'<input type="checkbox" name="consent" value="{escape(row.value)}" checked>'
    return f"<li><label>{box} <span>{escape(row.words)} (optional){before}</span></label></li>"


def _people(preferred: Iterable[str]) -> Iterator[str]:
    named = set(preferred)
    chosen = next((one for one in PEOPLE if named & {one.id, one.username}), PEOPLE[0])
    for person in PEOPLE:
        ticked = " checked" if person == chosen else ""
        yield (
            f'<label><input type="radio" name="identity" value="{escape(person.username)}"{ticked}> '
            f"<span>{escape(person.name)} <small>{escape(person.username)}</small></span></label>"
        )


def _declined(asked: AuthorizeRequest) -> web.StreamResponse:
    if asked.shows_code:
        return page("You declined", [paragraph(f"{asked.client.name} got nothing. You can close this page.")])
    return _sent_back(asked, error="access_denied", error_description="The resource owner denied the request")


def _sent_back(asked: AuthorizeRequest, **answer: str) -> web.StreamResponse:
    there = urlsplit(CODE_PAGE if asked.shows_code else asked.redirect_uri)
    state = {"state": asked.state} if asked.state else {}
    query = "&".join(filter(None, (there.query, urlencode(answer | state))))
    return web.Response(status=HTTPStatus.FOUND, headers={"Location": there._replace(query=query).geturl()})


ROUTES: Final[Mapping[tuple[str, str], Handler]] = {
    ("GET", AUTHORIZE): ask,
    ("POST", AUTHORIZE): decide,
    ("GET", CODE_PAGE): show_code,
    ("GET", "/v2/web/logout"): sign_out,
}
