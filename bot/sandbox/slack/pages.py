"""The web pages of the pretend Slack."""

from collections.abc import Iterable
from html import escape
from http import HTTPStatus

from aiohttp import web

from bot.sandbox.pages import drawn, paragraph


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
    return drawn(title, body, service="Slack", status=status)


def choice(name: str, value: str, text: str, *, ticked: bool) -> str:
    """Draw one of several values of which a person chooses one."""
    mark = " checked" if ticked else ""
    return (
        f'<label><input type="radio" name="{escape(name)}" value="{escape(value)}"{mark}> '
        f"{escape(text)}</label>"
    )
