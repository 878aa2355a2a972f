"""The Home tab: whose account is linked, the way in, and the person's latest requests."""

import asyncio
import logging
import threading
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Protocol

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.accounts import Account, SlackUser
from bot.errors import Problem
from bot.linking import Linking
from bot.scheduling import TimerRequest
from bot.slack.app import Listen, person_of
from bot.slack.background import Background
from bot.slack.blocks import Block, View, actions, bold, button, code, context, escape, modal, moment, section
from bot.slack.disconnecting import DISCONNECT
from bot.slack.linking import connect_blocks
from bot.slack.posting import Poster
from bot.slack.progress import state_in_words

OPENED: Final = "app_home_opened"
SCHEDULE: Final = "home_schedule"
CONNECT: Final = "home_connect"

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
        help_text: str,
    ) -> None:
        self._poster = poster
        self._account = account
        self._requests = requests
        self._help_text = help_text
        self._watched: OrderedDict[SlackUser, None] = OrderedDict()
        self._watching = threading.Lock()

    def open(self, person: SlackUser) -> None:
        """Publish the tab that a person has opened; raises Problem."""
        with self._watching:
            self._watched[person] = None
            self._watched.move_to_end(person)
            if len(self._watched) > MOST_WATCHED:
                self._watched.popitem(last=False)
        self._publish(person)

    def refresh(self, person: SlackUser) -> None:
        """Publish a person's tab again if they ever opened it; what goes wrong is only noted."""
        if person not in self._watched:
            return
        try:
            self._publish(person)
        except Problem:
            log.warning("a Home tab could not be refreshed", exc_info=True)

    def _publish(self, person: SlackUser) -> None:
        requests = self._requests.latest(person, limit=SHOWN)
        self._poster.publish(person, home_view(self._account(person), requests, help_text=self._help_text))


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

    async def opened(self, args: AsyncArgs) -> None:
        """Draw the tab when somebody looks at it; the same event tells of the messages tab too."""
        if args.body["event"].get("tab") == "home":
            # Slack delivers an event again that is not acknowledged soon, and a tab takes a call to Slack.
            self._background.start(asyncio.to_thread(self._home.open, person_of(args)))

    async def schedule(self, args: AsyncArgs) -> None:
        """Open the form."""
        await self._open_form(args)

    async def connect(self, args: AsyncArgs) -> None:
        """Show the way to link an account."""
        account, link = await self._linking.connect(person_of(args))
        view = modal("connect", "Connect to Globus", connect_blocks(link, account))
        await args.client.views_open(trigger_id=args.body["trigger_id"], view=view)
        await args.ack()


def home_view(account: Account | None, requests: Sequence[TimerRequest], *, help_text: str) -> View:
    """Draw the tab: whose account it is, the way in, what was asked for lately, and help."""
    blocks = [*_account(account), {"type": "divider"}, section("*Your latest transfers*")]
    for request in requests:
        blocks += _request(request)
    if not requests:
        blocks.append(section("Nothing yet. What you schedule appears here, with how it goes."))
    return {"type": "home", "blocks": [*blocks, {"type": "divider"}, section(help_text)]}


def _account(account: Account | None) -> list[Block]:
    schedule = button("Schedule a transfer", SCHEDULE, primary=True)
    if account and account.is_ended:
        said = (
            f":warning: Your sign-in to Globus has ended. Sign in again as {bold(account.username)}, "
            "and what waits for it goes on."
        )
        return [section(said), actions(schedule, button("Sign in again", CONNECT))]
    if account:
        return [
            section(f":link: Linked as {bold(account.username)}. Your transfers run with this account."),
            actions(schedule, button("Disconnect Globus…", DISCONNECT)),
        ]
    said = (
        "*You are not linked to Globus yet.* Once you are, I find your collections and folders as you type, "
        "and your transfers run with your own account. The first transfer that you schedule asks you to sign "
        "in; you can also do it now."
    )
    return [section(said), actions(schedule, button("Connect to Globus", CONNECT))]


def _request(request: TimerRequest) -> list[Block]:
    plan = request.plan
    said = f"{bold(plan.title)}, {plan.schedule.in_words()}\n{state_in_words(request)}"
    if request.reason:
        said += f": {escape(request.reason)}"
    about = [f"Asked for {moment(request.received_at)}", f"<#{plan.announce_in}>"]
    if request.job_id:
        about.append(f"Job ID {code(request.job_id)}")
    return [section(said), context(*about)]
