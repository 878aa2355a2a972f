"""The Home tab: published when it is opened, and again whenever something in it changes."""

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Protocol

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.accounts import Account, SlackUser
from bot.errors import Problem
from bot.linking import Linking
from bot.listing import AtHome, Listing
from bot.remembering import Latest
from bot.scheduling import TimerRequest
from bot.slack.app import Listen
from bot.slack.background import Background
from bot.slack.blocks import Block, modal
from bot.slack.home_view import CONNECT, SCHEDULE, TURN, home_view
from bot.slack.linking import connect_blocks
from bot.slack.listing import PREVIOUS
from bot.slack.news import SIGN_IN
from bot.slack.payloads import person_of, value_of
from bot.slack.posting import Poster
from bot.slack.views import open_on_top

OPENED: Final = "app_home_opened"

SHOWN: Final = 5
"""The latest few, which somebody may be waiting for."""

MOST_WATCHED: Final = 10_000
"""So many people's open tabs are kept fresh; whoever comes later finds theirs fresh at the next opening."""

log = logging.getLogger(__name__)


class LatestRequests(Protocol):
    """The kept requests."""

    def latest(self, person: SlackUser, *, limit: int) -> Sequence[TimerRequest]:
        """Give the person's requests, the latest first."""
        ...


class Home:
    """Draws and publishes Home tabs. Only those that were opened since the start are kept fresh.

    Slack tells of each opening, so what nobody looks at costs no call.
    """

    def __init__(
        self,
        *,
        poster: Poster,
        account: Callable[[SlackUser], Account | None],
        requests: LatestRequests,
        listing: Listing,
        help_text: str,
        settings: Callable[[SlackUser], Sequence[Block]] = lambda _person: (),
    ) -> None:
        self._poster = poster
        self._account = account
        self._requests = requests
        self._listing = listing
        self._help_text = help_text
        self._settings = settings
        self._watched: Latest[SlackUser, int] = Latest(MOST_WATCHED)
        self._watching = threading.Lock()

    def open(self, person: SlackUser, *, number: int = 1) -> None:
        """Publish a page of the tab that a person has opened, as it is known and as Globus says it is.

        Raises Problem.
        """
        with self._watching:
            self._watched[person] = number
        known = self._listing.at_home(person, number=number)
        self._publish(person, known)
        account = self._account(person)
        if account and not account.is_ended:
            live = self._listing.at_home_live(person, known)
            if self._watched.get(person) == number:
                self._publish(person, live)

    def refresh(self, person: SlackUser) -> None:
        """Publish a person's tab again if they ever opened it; what goes wrong is only noted."""
        number = self._watched.get(person)
        if number is None:
            return
        try:
            self._publish(person, self._listing.at_home(person, number=number))
        except Problem:
            log.warning("a Home tab could not be refreshed", exc_info=True)

    def _publish(self, person: SlackUser, timers: AtHome) -> None:
        view = home_view(
            self._account(person),
            self._requests.latest(person, limit=SHOWN),
            help_text=self._help_text,
            timers=timers,
            settings=self._settings(person),
        )
        self._poster.publish(person, view)


class HomeHandlers:
    """What happens in the Home tab."""

    def __init__(
        self,
        *,
        home: Home,
        linking: Linking,
        open_form: Callable[[AsyncArgs], Awaitable[None]],
        background: Background,
    ) -> None:
        self._background = background
        self._home = home
        self._linking = linking
        self._open_form = open_form

    def register(self, listen: Listen) -> None:
        """Say which of Slack's messages these handlers answer."""
        listen.event(OPENED, self.opened)
        listen.action(SCHEDULE, self.schedule)
        listen.action(CONNECT, self.connect)
        listen.action(SIGN_IN, self.connect)
        listen.action(TURN, self.turn)
        listen.action(TURN + PREVIOUS, self.turn)

    async def opened(self, args: AsyncArgs) -> None:
        """Draw the tab when somebody looks at it; the same event tells of the messages tab too."""
        if args.body["event"].get("tab") == "home":
            # Slack delivers an event again that is not acknowledged soon, and a tab takes a call to Slack.
            self._background.start(asyncio.to_thread(self._home.open, person_of(args)))

    async def turn(self, args: AsyncArgs) -> None:
        """Show another page of the timers."""
        number = int(value_of(args))
        await args.ack()
        self._background.start(asyncio.to_thread(self._home.open, person_of(args), number=number))

    async def schedule(self, args: AsyncArgs) -> None:
        """Open the form."""
        await self._open_form(args)

    async def connect(self, args: AsyncArgs) -> None:
        """Show the way to link an account."""
        account, link = await self._linking.connect(person_of(args))
        view = modal("connect", "Connect to Globus", connect_blocks(link, account))
        await open_on_top(args, view)
        await args.ack()
