"""The web face, joined: health and metrics for monitors, callbacks for Slack, and pages for browsers."""

from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import Final
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.accounts import SlackUser
from bot.binding import Binding
from bot.readiness import Connection, Readiness
from bot.slack.openid import SlackOpenId
from bot.store.database import newest_step
from bot.store.figures import FigureStore
from bot.tending import Tending
from bot.web import app as web_app
from bot.web.app import ToSlack
from bot.web.installing import InstallingPages
from bot.web.linking import SLACK_CALLBACK, Cookies, LinkingPages
from bot.web.metrics import Metrics
from bot.web.security import headers
from bot.web.shapes import Json


class Inbound:
    """Slack comes to the bot, and whether it can is known to Slack alone. `timer` gives growing seconds."""

    mode: Final = "HTTP"
    is_connected: Final = True

    def __init__(self, *, timer: Callable[[], float]) -> None:
        self._timer = timer
        self._last: float | None = None

    def noting(self, answer: ToSlack) -> ToSlack:
        """Give what answers in the same way, and notes when something comes that Slack signed."""

        async def noted(request: Request, payload: Json) -> Response:
            self._last = self._timer()
            return await answer(request, payload)

        return noted

    @property
    def seconds_since_envelope(self) -> float | None:
        """How long ago Slack last sent anything."""
        return None if self._last is None else self._timer() - self._last


def face(parts: Tending, *, connection: Connection, slack: ToSlack | None = None) -> Starlette:
    """Build the web face for browsers and monitors, and for Slack too if `slack` answers it."""
    given, build = parts.given, _build_info(parts)
    auth = urlsplit(given.globus_auth_url)
    figures = FigureStore(parts.database, clock=parts.clock)
    readiness = Readiness(
        beat=parts.database.beat,
        waits=figures.waits,
        rounds=parts.workers,
        connection=connection,
        clock=parts.clock,
        facts=build,
    )
    metrics = Metrics(
        parts.counters,
        build=build,
        figures=figures.count,
        connected=lambda: connection.is_connected,
        claiming=lambda: parts.workers.alive,
    )
    return web_app.build(
        ready=readiness.report,
        slack=slack,
        signing_secret=given.slack_signing_secret if slack else None,
        clock=lambda: parts.clock().timestamp(),
        metrics=metrics.answer,
        meter=parts.meter,
        pages=_pages(parts) if given.public_url else (),
        headers=headers(
            forms_lead_to=f"{auth.scheme}://{auth.netloc}",
            is_secure=given.public_url.startswith("https://"),
        ),
    )


def _build_info(parts: Tending) -> dict[str, str]:
    return {"version": version("transferbot"), "schema": newest_step()} | parts.database.build


def _pages(parts: Tending) -> Sequence[Route]:
    """Give what browsers find here; only where there is a public address."""
    cookies = Cookies(is_secure=parts.given.public_url.startswith("https://"))
    pages = _linking_pages(parts, cookies).routes()
    if not parts.given.slack_bot_token:
        pages += InstallingPages(installing=parts.installing, cookies=cookies).routes()
    return pages


def _linking_pages(parts: Tending, cookies: Cookies) -> LinkingPages:
    """Build the pages between Slack and Globus."""
    given = parts.given

    async def linked_as(person: SlackUser) -> str:
        account = await parts.linking.account_soon(person)
        return account.username if account else ""

    binding = Binding(
        tickets=parts.tickets,
        journeys=parts.journeys,
        sign_ins=parts.sign_ins,
        slack=SlackOpenId(
            client_id=given.slack_client_id,
            client_secret=given.slack_client_secret or "",
            api_url=given.slack_api_url,
            redirect_uri=given.public_url + SLACK_CALLBACK,
        ),
        globus_url=parts.globus_auth.authorize_url,
        linked_as=linked_as,
        seals=parts.vault,
        clock=parts.clock,
    )
    return LinkingPages(binding=binding, outcome=parts.sign_ins.find_soon, cookies=cookies)
