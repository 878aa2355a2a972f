"""Installing the bot, as a browser does it."""

from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.binding import NotThisBrowser
from bot.installing import Installing
from bot.web.linking import Cookies, guarded, kept, query
from bot.web.pages import page

INSTALL: Final = "/slack/install"
INSTALLED: Final = "/slack/oauth_redirect"


class InstallingPages:
    """Answers the browser of whoever installs the bot."""

    def __init__(self, *, installing: Installing, cookies: Cookies) -> None:
        self._installing = installing
        self._cookies = cookies

    def routes(self) -> list[Route]:
        """Give the routes of the way."""
        return [
            Route(INSTALL, guarded(self.install), methods=["GET"]),
            Route(INSTALLED, guarded(self.installed), methods=["GET"]),
        ]

    async def install(self, request: Request) -> Response:
        """Send the browser to Slack."""
        step = await self._installing.begin(browser=kept(request, self._cookies.browser))
        answer = RedirectResponse(step.url, status_code=302)
        self._cookies.set(answer, self._cookies.browser, step.browser)
        return answer

    async def installed(self, request: Request) -> Response:
        """Keep the installation, and say what comes next."""
        if "error" in request.query_params:
            raise NotThisBrowser("The bot was not installed.", "Begin again if you change your mind.")
        installation = await self._installing.finish(
            query(request, "code"), query(request, "state"), browser=kept(request, self._cookies.browser)
        )
        return page(
            "Installed",
            f"The bot is in {installation.team_name} now.",
            "In Slack, invite it to a channel and type /schedule-transfer.",
        )
