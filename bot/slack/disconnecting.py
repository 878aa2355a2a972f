"""Disconnecting, as a person sees it: what lives on, what to do with it, and that it is done."""

import logging
from collections.abc import Callable
from typing import Final

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.accounts import Account, SlackUser
from bot.disconnecting import Disconnecting, Farewell, Parting
from bot.errors import Problem
from bot.linking import Linking
from bot.places import Places
from bot.slack.app import Listen
from bot.slack.background import Background
from bot.slack.blocks import Block, View, bold, context, escape, field, modal, moment, option, section
from bot.slack.payloads import person_of
from bot.slack.posting import Poster
from bot.timers import Timer, title_of

DISCONNECT: Final = "disconnect"
TIMERS: Final = "timers"
KEEP: Final = "keep"
DELETE: Final = "delete"

SHOWN: Final = 20
"""More timers than this are counted, not named; the choice is about all of them."""

log = logging.getLogger(__name__)


class DisconnectingHandlers:
    """What `/schedule-transfer disconnect` and the Home tab's button do."""

    def __init__(
        self, *, disconnecting: Disconnecting, linking: Linking, places: Places, background: Background
    ) -> None:
        self._disconnecting = disconnecting
        self._linking = linking
        self._places = places
        self._background = background

    def register(self, listen: Listen) -> None:
        """Say which of Slack's messages these handlers answer."""
        listen.action(DISCONNECT, self.open)
        listen.view(DISCONNECT, self.disconnect)

    async def open(self, args: AsyncArgs) -> None:
        """Ask what becomes of the timers; Globus is asked for them once the view is there."""
        person = person_of(args)
        account = await self._linking.account_soon(person)
        if account is None:
            raise Problem(
                "Your Slack user is not linked to a Globus account.", "There is nothing to disconnect."
            )
        opened = await args.client.views_open(trigger_id=args.body["trigger_id"], view=looking_view(account))
        await args.ack()
        self._background.start(self._fill(args, str(opened["view"]["id"]), account))

    async def _fill(self, args: AsyncArgs, view_id: str, account: Account) -> None:
        farewell = await self._disconnecting.farewell_soon(account.person)
        shown = {"job_ids": [timer.job_id for timer in farewell.timers]}
        await self._places.keep_soon(account.person, _key(view_id), shown)
        await args.client.views_update(view_id=view_id, view=farewell_view(account, farewell))

    async def disconnect(self, args: AsyncArgs) -> None:
        """Disconnect; what was promised is on disk before it is acknowledged."""
        person, view = person_of(args), args.body["view"]
        chosen = view["state"]["values"].get(TIMERS, {}).get(TIMERS, {}).get("selected_option") or {}
        delete = []
        if chosen.get("value") == DELETE:
            shown = await self._places.find_soon(person, _key(view["id"]))
            if shown is None:
                raise Problem("This view is too old.", "Close it, and begin again.")
            delete = shown["job_ids"]
        if not await self._disconnecting.begin_soon(person, delete=delete):
            raise Problem("You are disconnected already.")
        said = "You are disconnected. I revoke your tokens at Globus and tell you when that is done."
        await args.ack(response_action="update", view=modal("disconnected", "Disconnected", [section(said)]))


class DisconnectingMessages:
    """Tells a person that they are disconnected."""

    def __init__(self, *, poster: Poster, refresh_home: Callable[[SlackUser], None]) -> None:
        self._poster = poster
        self._refresh_home = refresh_home

    def parted(self, parting: Parting) -> None:
        """Say that it is done."""
        said = "Your Globus account is disconnected: its tokens are revoked and forgotten."
        if parting.deleted:
            said += f" {_timers(parting.deleted)} deleted."
        if parting.undeleted:
            said += f" {_timers(parting.undeleted)} could not be deleted: use the Globus web app."
        try:
            self._poster.tell(parting.person, text=said, blocks=[section(f":broken_chain: {said}")])
        except Problem:
            log.warning("a person could not be told that they are disconnected", exc_info=True)
        self._refresh_home(parting.person)


def looking_view(account: Account) -> View:
    """Draw the view until Globus has answered."""
    said = f":hourglass_flowing_sand: Looking for the timers of {bold(account.username)}…"
    return modal("looking", "Disconnect Globus", [section(said)])


def farewell_view(account: Account, farewell: Farewell) -> View:
    """Draw what will be, and ask about the timers if there are any."""
    blocks = [
        section(
            f"I forget {bold(account.username)} and revoke my access to it. "
            "Requests that wait are given up; what your team was told stays."
        )
    ]
    if farewell.timers:
        blocks += _ask(farewell.timers)
    if farewell.is_ended:
        said = "Your sign-in to Globus has ended, so I can delete no timers."
        blocks.append(context(f":warning: {said} Sign in again first if any should go."))
    elif not farewell.is_certain:
        blocks.append(context(":warning: Globus does not answer; these are the timers that I know of."))
    return modal(DISCONNECT, "Disconnect Globus", blocks, submit="Disconnect", close="Cancel")


def _key(view_id: str) -> str:
    """Give the key of what a view shows: more timers than its private metadata has room for."""
    return f"farewell:{view_id}"


def _ask(timers: tuple[Timer, ...]) -> list[Block]:
    count = len(timers)
    lines = [f"*Your live timers ({count})*"]
    lines += [f"• {escape(title_of(timer.name) or timer.name)}" + _next(timer) for timer in timers[:SHOWN]]
    if count > SHOWN:
        lines.append(f"and {count - SHOWN} more")
    choices = [
        option("Keep them", KEEP, description="They go on without the bot; see them in the Globus web app"),
        option("Delete them", DELETE, description="Nothing is copied any more"),
    ]
    radio: Block = {"type": "radio_buttons", "options": choices, "initial_option": choices[0]}
    return [section("\n".join(lines)), field(TIMERS, "What becomes of them?", radio)]


def _next(timer: Timer) -> str:
    return f", next run {moment(timer.next_run)}" if timer.next_run else ""


def _timers(count: int) -> str:
    return f"{count} timer{'' if count == 1 else 's'}"
