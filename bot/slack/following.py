"""Choosing what to hear of a timer, and the digest of what was followed."""

from collections.abc import Sequence
from typing import Final

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.following import Following, Tally
from bot.news import Wish
from bot.showing import Details, Showing
from bot.slack.announcing import FOLLOW
from bot.slack.app import Listen
from bot.slack.blocks import (
    SECTION_TEXT,
    Block,
    View,
    bold,
    context,
    field,
    modal,
    option,
    section,
    shortened,
)
from bot.slack.controlling import opened_from
from bot.slack.details import WISH, WISHES, Context, plain_view
from bot.slack.payloads import person_of
from bot.slack.runs import size
from bot.slack.views import open_on_top
from bot.slack.zones import Zones

LEFT: Final = "member_left_channel"
"""https://docs.slack.dev/reference/events/member_left_channel"""

PUBLIC: Final = "C"
"""The event's word for a channel into which everybody can look, whether they are in it or not."""

CHOICE: Final = "wish"
_TITLE: Final = 100


class FollowingHandlers:
    """What somebody wants to hear of a timer."""

    def __init__(self, *, following: Following, showing: Showing, zones: Zones) -> None:
        self._following = following
        self._showing = showing
        self._zones = zones

    def register(self, listen: Listen) -> None:
        """Say which of Slack's messages these handlers answer."""
        listen.action(FOLLOW, self.ask)
        listen.view(FOLLOW, self.choose)
        listen.action(WISH, self.choose_in_details)
        listen.event(LEFT, self.left)

    async def ask(self, args: AsyncArgs) -> None:
        """Ask somebody who may see the timer what they want to hear of it."""
        opened = opened_from(args)
        shown = await self._showing.known(person_of(args), opened.job_id, opened.viewpoint)
        await open_on_top(args, follow_view(shown, opened))
        await args.ack()

    async def choose(self, args: AsyncArgs) -> None:
        """Keep what they want to hear, and say what that means."""
        view, person = args.body["view"], person_of(args)
        opened = Context.read(view["private_metadata"])
        wish = Wish(view["state"]["values"][CHOICE][CHOICE]["selected_option"]["value"])
        zone = await self._zones.of(args)
        await self._following.choose(person, opened.job_id, wish, zone=zone)
        await args.ack(response_action="update", view=plain_view("Follow", _KEPT[wish]))

    async def choose_in_details(self, args: AsyncArgs) -> None:
        """Keep what they want to hear; the menu itself shows it."""
        opened = Context.read(args.body["view"]["private_metadata"])
        wish = Wish(args.body["actions"][0]["selected_option"]["value"])
        zone = await self._zones.of(args)
        await self._following.choose(person_of(args), opened.job_id, wish, zone=zone)
        await args.ack()

    async def left(self, args: AsyncArgs) -> None:
        """Tell no more of a private channel's timers to whoever left it, or was removed."""
        event = args.body["event"]
        if event.get("channel_type") != PUBLIC:
            await self._following.left(person_of(args), str(event["channel"]))


_KEPT: Final = {
    Wish.ALL: ":bell: I tell you of every run of it.",
    Wish.FAILURES: ":bell: I tell you when it fails, and when it works again.",
    Wish.DIGEST: ":newspaper: I tell you once a day what it did, if it did anything.",
    Wish.NOTHING: ":no_bell: I tell you nothing of its runs.",
}


def follow_view(shown: Details, opened: Context) -> View:
    """Ask what somebody wants to hear of a timer by direct message."""
    if shown.timer is None:
        return plain_view("Follow", "I did not make this timer, so I have no news of it.")
    options = {wish: option(text, wish.value) for wish, text in WISHES.items()}
    chosen: Block = {
        "type": "radio_buttons",
        "options": list(options.values()),
        "initial_option": options[shown.wish],
    }
    blocks = [
        section(f"What do you want to hear of {bold(shortened(shown.timer.title, _TITLE))}?"),
        field(CHOICE, "By direct message", chosen),
    ]
    if shown.is_owner:
        blocks.append(context("What only you can mend I tell you in any case: you scheduled it."))
    return modal(FOLLOW, "Follow", blocks, metadata=opened.written(), submit="Save", close="Cancel")


def digest_in_words(tallies: Sequence[Tally]) -> str:
    """Say what timers did since the last digest, within what one block holds."""
    lines = [":newspaper: *Your timers since the last digest*"]
    for number, tally in enumerate(tallies):
        runs = f"{tally.runs:,} {'run' if tally.runs == 1 else 'runs'}"
        failed = f", :x: {tally.failed:,} failed" if tally.failed else ""
        line = f"{bold(shortened(tally.title, _TITLE))}: {runs}{failed}, {size(tally.bytes_transferred)}"
        left = len(tallies) - number
        more = f"and {left:,} more"
        if sum(map(len, lines)) + len(lines) + len(line) + len(more) + 1 > SECTION_TEXT:
            return "\n".join([*lines, more])
        lines.append(line)
    return "\n".join(lines)
