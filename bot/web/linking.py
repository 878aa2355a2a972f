"""The way from a link in Slack over Globus and back, as a browser takes it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Protocol
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.binding import KNOWN_LIFE, Binding, Departure, NotThisBrowser, Question
from bot.errors import Problem
from bot.sign_ins import SignIn, SignInState
from bot.web.pages import page, question
from bot.web.signing import read_body

START: Final = "/globus/start"
ASK: Final = "/globus/confirm"
CALLBACK: Final = "/globus/callback"
SLACK_CALLBACK: Final = "/slack/openid"

LOOKS: Final = 40
"""Looks for the outcome before the page is shown without one."""

BETWEEN_LOOKS: Final = 0.1
"""Seconds; four in all, which is longer than Globus takes and shorter than people wait."""

LONGEST: Final = 512
"""Characters of a ticket, code, state or token that is looked at; none of ours or Globus's comes near it."""

LARGEST_FORM: Final = 4096
"""Bytes of the page's own form, which has two short fields."""

_OVER: Final = frozenset({SignInState.DONE, SignInState.FAILED, SignInState.OPEN})


class Outcomes(Protocol):
    """How a sign-in went."""

    async def __call__(self, sign_in_id: str) -> SignIn | None:
        """Give the sign-in as it is now."""
        ...


@dataclass(frozen=True, slots=True)
class Cookies:
    """What is kept in the browser: host-only, unseen by scripts, not sent along from other sites.

    `is_secure` is false only for an address on loopback, where browsers have no certificate to check.
    """

    is_secure: bool

    @property
    def browser(self) -> str:
        """The cookie with the browser's own secret."""
        return "__Host-transferbot" if self.is_secure else "transferbot"

    @property
    def known(self) -> str:
        """The cookie that says, signed, whose browser this is."""
        return f"{self.browser}-known"

    def set(self, response: Response, name: str, value: str) -> None:
        """Keep a value in the browser."""
        response.set_cookie(
            name,
            value,
            max_age=int(KNOWN_LIFE.total_seconds()),
            path="/",
            secure=self.is_secure,
            httponly=True,
            samesite="lax",
        )


class LinkingPages:
    """Answers the browser; every step is decided by `Binding`."""

    def __init__(self, *, binding: Binding, outcome: Outcomes, cookies: Cookies) -> None:
        self._binding = binding
        self._outcome = outcome
        self._cookies = cookies

    def routes(self) -> list[Route]:
        """Give the routes of the way."""
        return [
            Route(START, guarded(self.start), methods=["GET"]),
            Route(SLACK_CALLBACK, guarded(self.came_from_slack), methods=["GET"]),
            Route(ASK, guarded(self.go_on), methods=["POST"]),
            Route(CALLBACK, guarded(self.came_from_globus), methods=["GET"]),
        ]

    async def start(self, request: Request) -> Response:
        """Take a link; it is not used up by looking at it."""
        step = await self._binding.start(
            query(request, "ticket"),
            browser=kept(request, self._cookies.browser),
            known=kept(request, self._cookies.known, longest=4 * LONGEST),
        )
        if isinstance(step, Question):
            return self._ask(step)
        return self._send(step)

    async def came_from_slack(self, request: Request) -> Response:
        """Take what Slack says of the person."""
        if "error" in request.query_params:
            raise NotThisBrowser(
                "You did not sign in with Slack.", "Open the link again if you want to go on."
            )
        step = await self._binding.came_from_slack(
            query(request, "code"),
            query(request, "state"),
            browser=kept(request, self._cookies.browser),
        )
        return self._ask(step)

    async def go_on(self, request: Request) -> Response:
        """Send the browser on to Globus."""
        body = await read_body(request, LARGEST_FORM) or b""
        form = dict(parse_qsl(body.decode("utf-8", "replace")))
        step = await self._binding.go_on(
            form.get("sign_in", ""),
            form.get("token", ""),
            browser=kept(request, self._cookies.browser),
        )
        return self._send(step, status=303)

    async def came_from_globus(self, request: Request) -> Response:
        """Take the code, and say how it went."""
        if "error" in request.query_params:
            return page(
                "You did not allow it",
                "Nothing was linked.",
                "Open the link in Slack again if you change your mind.",
            )
        sign_in = await self._binding.came_from_globus(
            query(request, "code"),
            query(request, "state"),
            browser=kept(request, self._cookies.browser),
        )
        for _ in range(LOOKS):
            found = await self._outcome(sign_in.sign_in_id)
            if found and found.state in _OVER:
                return _outcome_page(found)
            await asyncio.sleep(BETWEEN_LOOKS)
        return page("Almost there", "Globus is slow at the moment. The bot tells you in Slack how it went.")

    def _ask(self, step: Question) -> Response:
        answer = question(
            action=ASK,
            name=step.name,
            team_name=step.team_name,
            linked_as=step.linked_as,
            hidden={"sign_in": step.sign_in_id, "token": step.token},
        )
        self._cookies.set(answer, self._cookies.browser, step.browser)
        self._cookies.set(answer, self._cookies.known, step.known)
        return answer

    def _send(self, step: Departure, *, status: int = 302) -> Response:
        answer = RedirectResponse(step.url, status_code=status)
        self._cookies.set(answer, self._cookies.browser, step.browser)
        return answer


def kept(request: Request, name: str, *, longest: int = LONGEST) -> str:
    """Give what a cookie holds; nothing if it is longer than anything that was put there."""
    value = request.cookies.get(name, "")
    return value if len(value) <= longest else ""


def query(request: Request, name: str) -> str:
    """Give a part of the address; nothing if it is longer than anything that belongs there."""
    value = request.query_params.get(name, "")
    return value if len(value) <= LONGEST else ""


def _outcome_page(sign_in: SignIn) -> Response:
    if sign_in.state is SignInState.DONE:
        after = "Your request goes on by itself." if sign_in.request_id else "You can use the bot now."
        return page("Linked", f"{after} Go back to Slack; you can close this page.")
    return page(
        "Not linked", sign_in.reason or "Globus did not take it.", "Slack has a new link for you.", status=400
    )


def guarded(answer: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """Turn a Problem into a page that says what to do."""

    async def guarded(request: Request) -> Response:
        try:
            return await answer(request)
        except NotThisBrowser as problem:
            return page("This link does not work here", problem.happened, problem.next_step, status=400)
        except Problem as problem:
            return page("Not now", problem.happened, problem.next_step, status=503)

    return guarded
