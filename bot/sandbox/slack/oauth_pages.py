"""The pages on which a person chooses who they are, and allows or declines what the app asks."""

from collections.abc import Iterator, Mapping
from html import escape
from http import HTTPStatus
from itertools import groupby
from typing import Final
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from bot.sandbox.pages import hidden, paragraph
from bot.sandbox.slack.authorizing import Candidate, Question, candidates
from bot.sandbox.slack.codes import Purpose
from bot.sandbox.slack.handlers import Routes
from bot.sandbox.slack.pages import PageError, choice, page
from bot.sandbox.slack.registration import APP_NAME
from bot.sandbox.slack.slack import Slack

INSTALL: Final = "/oauth/v2/authorize"
SIGN_IN: Final = "/openid/connect/authorize"
_PURPOSES: Final[Mapping[str, Purpose]] = {INSTALL: "install", SIGN_IN: "openid"}
_ANSWERS: Final = {"who", "decision"}


async def ask(slack: Slack, request: web.Request) -> web.StreamResponse:
    """Show what the app asks. Nothing is remembered: whoever is chosen is signed in for this once."""
    question = Question.read(_PURPOSES[request.path], request.query, slack.app)
    form = _form(request.path, question, request.query, candidates(slack, question))
    return page(_title(question), form)


async def decide(slack: Slack, request: web.Request) -> web.StreamResponse:
    """Take a person's decision, and send them back with a code or a refusal."""
    values = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    question = Question.read(_PURPOSES[request.path], values, slack.app)
    if values.get("decision") != "allow":
        return _sent_back(slack, question, error="access_denied")
    chosen = [one for one in candidates(slack, question) if one.value == values.get("who")]
    if not chosen:
        raise PageError("Nobody signed in", "Go back and choose who you are.")
    return _sent_back(slack, question, code=slack.codes.issue(question.answered(chosen[0])))


def _title(question: Question) -> str:
    return f"Sign in to {APP_NAME} with Slack" if question.purpose == "openid" else f"Install {APP_NAME}"


def _form(path: str, question: Question, values: Mapping[str, str], people: list[Candidate]) -> Iterator[str]:
    yield paragraph(f"{APP_NAME} asks for: {', '.join((*question.scopes, *question.user_scopes))}.")
    yield f'<form method="post" action="{path}">'
    yield from (hidden(name, value) for name, value in values.items() if name not in _ANSWERS)
    for place, group in groupby(people, key=lambda one: one.place):
        yield f"<fieldset><legend>{escape(place)}</legend>"
        yield from (choice("who", one.value, one.name, ticked=one == people[0]) for one in group)
        yield "</fieldset>"
    yield '<div class="answers"><button class="main" name="decision" value="allow">Allow</button>'
    yield '<button name="decision" value="deny">Cancel</button></div></form>'


def _sent_back(slack: Slack, question: Question, **answer: str) -> web.StreamResponse:
    there = urlsplit(question.redirect_uri or slack.app.redirect_uris[0])
    query = "&".join(filter(None, (there.query, urlencode(answer | {"state": question.state}))))
    return web.Response(status=HTTPStatus.FOUND, headers={"Location": there._replace(query=query).geturl()})


ROUTES: Final[Routes] = {
    (verb, path): handler for path in _PURPOSES for verb, handler in (("GET", ask), ("POST", decide))
}
