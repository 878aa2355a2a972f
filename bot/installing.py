"""Where the bot is installed, by whom, and the token with which it speaks there: one workspace or many."""

import asyncio
import threading
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, Protocol

from bot.binding import STATE_LIFE, Departure, Journey, Journeys, NotThisBrowser, Purpose, hashed, new_secret
from bot.errors import Problem, ServiceUnavailable
from bot.remembering import Latest

RENEWED_BEFORE: Final = timedelta(hours=2)
"""A rotated token lives for twelve hours; two leave room for a bot that was off over lunch."""

REMEMBERED: Final = timedelta(minutes=1)
"""How long an installation is used without a look at the database, or a token without an attempt to renew."""

MOST_REMEMBERED: Final = 1000
"""So many workspaces are spoken to within a minute; the others cost one indexed read each time."""

DEAD_FOR: Final = timedelta(hours=1)
"""How long a token that Slack refused is not tried again. Slack has taken refusals back after incidents."""


class NotInstalled(Problem):
    """The bot is not, or not any more, installed in this workspace."""

    def __init__(self) -> None:
        super().__init__(
            "The bot is not installed in this workspace any more.", "Ask an administrator to install it."
        )


@dataclass(frozen=True, slots=True)
class Installation:
    """The bot in one workspace or, org-wide, in one enterprise, whose ID then stands in `team_id`.

    `refresh_token` and `expires_at` are there where Slack rotates the bot's token. `died_at` says when Slack
    last refused the token for good.
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
    died_at: datetime | None = None
    bot_name: str = "transferbot"

    def is_stale(self, now: datetime) -> bool:
        """Whether the token should be renewed."""
        return self.expires_at is not None and self.expires_at - now <= RENEWED_BEFORE

    def is_over(self, now: datetime) -> bool:
        """Whether the token has expired."""
        return self.expires_at is not None and self.expires_at <= now

    def is_dead(self, now: datetime) -> bool:
        """Whether Slack refused the token lately."""
        return self.died_at is not None and now - self.died_at < DEAD_FOR


class Installations(Protocol):
    """The installations that are kept; their tokens are sealed."""

    def find(self, team_id: str) -> Installation | None:
        """Give the installation of a workspace or enterprise."""
        ...

    def save(self, installation: Installation) -> None:
        """Keep an installation in place of an older one."""
        ...

    def renew(self, old: Installation, new: Installation) -> bool:
        """Keep a renewed token if the old one is still there; False if it was replaced or forgotten."""
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

    def is_alive(self, installation: Installation) -> bool:
        """Ask whether the token works; raises ServiceUnavailable."""
        ...


class OneInstallation:
    """The only installation, whose token stands in the settings; it is held in memory."""

    def __init__(self, installation: Installation) -> None:
        self._installation: Installation | None = installation

    def find(self, team_id: str) -> Installation | None:
        """Give it, if it is this workspace's."""
        kept = self._installation
        return kept if kept and kept.team_id == team_id else None

    def save(self, installation: Installation) -> None:
        """Hold another state of it; another workspace's installation is none of ours."""
        if self.find(installation.team_id):
            self._installation = installation

    def renew(self, old: Installation, new: Installation) -> bool:
        """A token of the settings does not rotate."""
        del old, new
        return False

    def forget(self, team_id: str) -> None:
        """Forget it, until the bot is started again."""
        if self.find(team_id):
            self._installation = None


class Installing:
    """Installs the bot, and knows its token in every workspace.

    A refresh token works once: a lock for each workspace keeps the threads of one bot apart, and a bot that
    another one was quicker than uses what that one has kept.
    """

    def __init__(
        self,
        *,
        installations: Installations,
        journeys: Journeys,
        slack: SlackInstalls,
        clock: Callable[[], datetime],
        executor: Executor,
    ) -> None:
        self._installations = installations
        self._journeys = journeys
        self._slack = slack
        self._clock = clock
        self._executor = executor
        self._memory = _Memory(clock)
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    # Installing

    async def begin(self, *, browser: str) -> Departure:
        """Send a browser to Slack to install the bot."""
        browser, state = browser or new_secret(), new_secret()
        expires_at = self._clock() + STATE_LIFE
        await self._journeys.begin(
            Journey(hashed(state), Purpose.INSTALL, "", hashed(browser), "", expires_at)
        )
        return Departure(self._slack.url(state), browser)

    async def finish(self, code: str, state: str, *, browser: str) -> Installation:
        """Keep an installation; the state is used up before the code is exchanged.

        Raises NotThisBrowser or ServiceUnavailable.
        """
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
        return await asyncio.get_running_loop().run_in_executor(self._executor, self._install, code)

    def _install(self, code: str) -> Installation:
        installation = self._slack.exchange(code, at=self._clock())
        with self._locks[installation.team_id]:
            self._installations.save(installation)
            self._memory.drop(installation.team_id)
        return installation

    # The tokens

    def find(self, team_id: str) -> Installation:
        """Give an installation whose token is good for a while; raises NotInstalled or ServiceUnavailable."""
        remembered = self._memory.recall(team_id)
        if remembered:
            return remembered
        kept = self._kept(team_id)
        return self.renewed(kept) if kept.is_stale(self._clock()) else kept

    async def find_soon(self, team_id: str) -> Installation:
        """Do the same without holding up the event loop, or anybody by a renewal that can wait.

        Raises NotInstalled or ServiceUnavailable.
        """
        remembered = self._memory.recall(team_id)
        if remembered:
            return remembered
        kept = await asyncio.to_thread(self._kept, team_id)
        if not kept.is_stale(self._clock()):
            return kept
        renewing = self._executor.submit(self.renewed, kept)
        if kept.is_over(self._clock()):
            return await asyncio.wrap_future(renewing)
        renewing.add_done_callback(_seen)
        return kept

    def renewed(self, installation: Installation) -> Installation:
        """Renew a token, or give what somebody renewed meanwhile; raises NotInstalled or ServiceUnavailable.

        A token that is good for a while yet stays in use if Slack cannot renew it now.
        """
        with self._locks[installation.team_id]:
            kept = self._kept(installation.team_id)
            if kept.bot_token != installation.bot_token:
                return kept
            if kept.refresh_token is None:
                raise NotInstalled
            try:
                renewed = self._slack.renewed(kept, at=self._clock())
            except (NotInstalled, ServiceUnavailable):
                latest = self._kept(installation.team_id)
                if latest.bot_token != kept.bot_token:
                    return latest
                if kept.is_over(self._clock()):
                    raise
                self._memory.keep(kept)
                return kept
            is_kept = self._installations.renew(kept, renewed)
            self._memory.drop(installation.team_id)
            return renewed if is_kept else self._kept(installation.team_id)

    def refused(self, installation: Installation) -> None:
        """Note that Slack refused a token for good, so that it is not tried again and again."""
        with self._locks[installation.team_id]:
            kept = self._installations.find(installation.team_id)
            if kept and kept.bot_token == installation.bot_token:
                self._installations.save(replace(kept, died_at=self._clock()))
            self._memory.drop(installation.team_id)

    def _kept(self, team_id: str) -> Installation:
        """Give what is kept, and remember it while it is good; raises NotInstalled."""
        generation = self._memory.generation
        kept = self._installations.find(team_id)
        now = self._clock()
        if kept is None or kept.is_dead(now):
            raise NotInstalled
        if not kept.is_stale(now):
            self._memory.keep(kept, generation)
        return kept

    # Leaving

    def is_in_use(self, team_id: str) -> Installation | None:
        """Give an installation if its token works, as Slack says now; raises ServiceUnavailable."""
        kept = self._installations.find(team_id)
        works = kept is not None and not kept.is_dead(self._clock()) and self._slack.is_alive(kept)
        return kept if works else None

    def forget(self, team_id: str) -> None:
        """Forget an installation; fine if there is none."""
        with self._locks[team_id]:
            self._installations.forget(team_id)
            self._memory.drop(team_id)


class _Memory:
    """The installations of the last minute. What was read before a change is not kept after it."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._known: Latest[str, tuple[Installation, datetime]] = Latest(MOST_REMEMBERED)
        self._lock = threading.Lock()
        self.generation = 0

    def recall(self, team_id: str) -> Installation | None:
        with self._lock:
            found = self._known.get(team_id)
        if not found:
            return None
        installation, kept_at = found
        now = self._clock()
        return None if now - kept_at >= REMEMBERED or installation.is_over(now) else installation

    def keep(self, installation: Installation, generation: int | None = None) -> None:
        with self._lock:
            if generation not in {None, self.generation}:
                return
            self._known[installation.team_id] = (installation, self._clock())

    def drop(self, team_id: str) -> None:
        with self._lock:
            self.generation += 1
            self._known.pop(team_id, None)


def _seen(renewing: "Future[Installation]") -> None:
    """Look at how a renewal ended for which nobody waits; the next who needs the token tries again."""
    renewing.exception()
