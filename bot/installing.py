"""One bot for many workspaces: who installed it where, and the token with which it speaks there."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol

from bot.binding import STATE_LIFE, Departure, Journey, Journeys, NotThisBrowser, Purpose, hashed, new_secret
from bot.errors import Problem

RENEWED_BEFORE: Final = timedelta(hours=2)
"""A rotated token lives for twelve hours; two leave room for a bot that was off over lunch."""


class NotInstalled(Problem):
    """The bot is not, or not any more, installed in this workspace."""

    def __init__(self) -> None:
        super().__init__("The bot is not installed in this workspace.", "Ask an administrator to install it.")


@dataclass(frozen=True, slots=True)
class Installation:
    """The bot in one workspace or, org-wide, in one enterprise, whose ID then stands in `team_id`.

    `refresh_token` and `expires_at` are there where Slack rotates the bot's token.
    """

    team_id: str
    team_name: str
    bot_token: str = field(repr=False)
    bot_user_id: str
    installed_by: str
    installed_at: datetime
    scopes: tuple[str, ...] = ()
    is_org_wide: bool = False
    refresh_token: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None

    def is_stale(self, now: datetime) -> bool:
        """Whether the token should be renewed."""
        return self.expires_at is not None and self.expires_at - now <= RENEWED_BEFORE


class Installations(Protocol):
    """The installations that are kept; their tokens are sealed."""

    def find(self, team_id: str) -> Installation | None:
        """Give the installation of a workspace or enterprise."""
        ...

    def save(self, installation: Installation) -> None:
        """Keep an installation in place of an older one."""
        ...

    def renew(self, old: Installation, new: Installation) -> bool:
        """Keep a renewed token if the old one is still there; False if somebody else was faster."""
        ...

    def forget(self, team_id: str) -> None:
        """Forget an installation; fine if there is none."""
        ...


class SlackInstalls(Protocol):
    """Slack's side of installing (https://docs.slack.dev/authentication/installing-with-oauth/)."""

    def url(self, state: str) -> str:
        """Give the address where somebody installs the bot."""
        ...

    def exchange(self, code: str, *, at: datetime) -> Installation:
        """Exchange the code, once; raises NotThisBrowser or ServiceUnavailable."""
        ...

    def renewed(self, installation: Installation, *, at: datetime) -> Installation:
        """Give the installation with a new token; raises NotInstalled or ServiceUnavailable."""
        ...


class Installing:
    """Installs the bot, and knows its token in every workspace."""

    def __init__(
        self,
        *,
        installations: Installations,
        journeys: Journeys,
        slack: SlackInstalls,
        leave: Callable[[str], None],
        clock: Callable[[], datetime],
    ) -> None:
        self._installations = installations
        self._journeys = journeys
        self._slack = slack
        self._leave = leave
        self._clock = clock

    async def begin(self, *, browser: str) -> Departure:
        """Send a browser to Slack to install the bot."""
        browser, state = browser or new_secret(), new_secret()
        expires_at = self._clock() + STATE_LIFE
        await self._journeys.begin(
            Journey(hashed(state), Purpose.INSTALL, "", hashed(browser), "", expires_at)
        )
        return Departure(self._slack.url(state), browser)

    async def finish(self, code: str, state: str, *, browser: str) -> Installation:
        """Keep an installation; the state is used up before the code is exchanged. Raises NotThisBrowser."""
        journey = None
        if state and browser:
            journey = await self._journeys.end(
                hashed(state), Purpose.INSTALL, hashed(browser), now=self._clock()
            )
        if journey is None:
            raise NotThisBrowser(
                "This installation was begun in another browser, or too long ago.",
                "Begin again at /slack/install.",
            )
        installation = await asyncio.to_thread(self._slack.exchange, code, at=self._clock())
        await asyncio.to_thread(self._installations.save, installation)
        return installation

    def find(self, team_id: str) -> Installation:
        """Give an installation whose token is good for a while; raises NotInstalled or ServiceUnavailable.

        A rotated refresh token works once: of several who renew at the same time, the slower take what the
        faster one kept.
        """
        installation = self._installations.find(team_id)
        if installation is None:
            raise NotInstalled
        if not installation.is_stale(self._clock()):
            return installation
        renewed = self._slack.renewed(installation, at=self._clock())
        if self._installations.renew(installation, renewed):
            return renewed
        return self._installations.find(team_id) or renewed

    def uninstalled(self, team_id: str) -> None:
        """Forget a workspace that removed the bot, and part its people from their Globus accounts."""
        self._installations.forget(team_id)
        self._leave(team_id)
