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

    def heard(self, answer: ToSlack) -> ToSlack:
        """Note when something comes that Slack signed."""

        async def hear(request: Request, payload: Json) -> Response:
            self._last = self._timer()
            return await answer(request, payload)

        return hear

    @property
    def seconds_since_envelope(self) -> float | None:
        """How long ago Slack last sent anything."""
        return None if self._last is None else self._timer() - self._last


class Face:
    """Builds the web face of one bot."""

    def __init__(self, parts: Tending, *, connection: Connection) -> None:
        self._parts = parts
        self._connection = connection

    def for_slack(self, answer: ToSlack) -> Starlette:
        """Build it for Slack too."""
        return self._build(answer)

    def for_browsers(self) -> Starlette:
        """Build it for browsers and monitors only."""
        return self._build(None)

    def _build(self, slack: ToSlack | None) -> Starlette:
        parts, given = self._parts, self._parts.given
        auth = urlsplit(given.globus_auth_url)
        figures = FigureStore(parts.database, clock=parts.clock)
        readiness = Readiness(
            beat=parts.database.beat,
            waits=figures.waits,
            rounds=parts.workers,
            connection=self._connection,
            clock=parts.clock,
            facts=self._build_info(),
        )
        metrics = Metrics(
            parts.counters,
            build=self._build_info(),
            figures=figures.count,
            connected=lambda: self._connection.is_connected,
            claiming=lambda: parts.workers.alive,
        )
        return web_app.build(
            ready=readiness.report,
            slack=slack,
            signing_secret=given.slack_signing_secret if slack else None,
            clock=lambda: parts.clock().timestamp(),
            metrics=metrics.answer,
            meter=parts.meter,
            pages=self._pages() if given.public_url else (),
            headers=headers(
                forms_lead_to=f"{auth.scheme}://{auth.netloc}",
                is_secure=given.public_url.startswith("https://"),
            ),
        )

    def _build_info(self) -> dict[str, str]:
        return {"version": version("transferbot"), "schema": newest_step()} | self._parts.database.build

    def _pages(self) -> Sequence[Route]:
        """Give what browsers find here; only where there is a public address."""
        parts = self._parts
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
