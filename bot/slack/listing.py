"""Lists of timers in a channel: `/schedule-transfer list` and `/schedule-transfer status`."""

from collections.abc import Iterator
from typing import Final

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.following import Following, Muted
from bot.linking import Linking
from bot.listing import Entry, Listing, Mine, Page
from bot.slack.announcing import DETAILS, PAUSE, RESUME
from bot.slack.app import Listen
from bot.slack.background import Background
from bot.slack.blocks import Block, actions, bold, button, code, context, moment, section, shortened
from bot.slack.linking import link_blocks
from bot.slack.payloads import channel_of, person_of, value_of
from bot.timers import TimerStatus

LIST_PAGE: Final = "list_page"
STATUS_PAGE: Final = "status_page"
PREVIOUS: Final = "_previous"
"""What the action of the way back has behind its name: within a message each is told from each."""

MUTE: Final = "channel_mute"
UNMUTE: Final = "channel_unmute"

_TITLE: Final = 150


class ListingHandlers:
    """What the words `list`, `status`, `mute` and `unmute` do, and the buttons of the lists."""

    def __init__(
        self, *, listing: Listing, following: Following, linking: Linking, background: Background
    ) -> None:
        self._listing = listing
        self._following = following
        self._linking = linking
        self._background = background

    def register(self, listen: Listen) -> None:
        """Say which of Slack's messages these handlers answer."""
        for action_id in (LIST_PAGE, LIST_PAGE + PREVIOUS):
            listen.action(action_id, self.turn_list)
        for action_id in (STATUS_PAGE, STATUS_PAGE + PREVIOUS):
            listen.action(action_id, self.turn_status)
        listen.action(MUTE, self.mute_here)
        listen.action(UNMUTE, self.unmute_here)

    # This channel's

    async def show_list(self, args: AsyncArgs) -> None:
        """Answer the word `list` with the timers that were announced in this channel."""
        text, blocks = await self._list(args, 1)
        await args.ack(text=text, blocks=blocks)

    async def turn_list(self, args: AsyncArgs) -> None:
        """Show another page in the list's place, or the same one as it is now."""
        text, blocks = await self._list(args, int(value_of(args)))
        await _put_in_place(args, text, blocks)

    async def mute(self, args: AsyncArgs) -> None:
        """Answer the word `mute`."""
        channel = channel_of(args)
        await self._following.mute(person_of(args), channel.channel_id)
        said = "Muted: I post no news of timers here. `/schedule-transfer unmute` lets me again."
        await args.ack(text=said, blocks=[section(f":mute: {said}")])

    async def unmute(self, args: AsyncArgs) -> None:
        """Answer the word `unmute`."""
        channel = channel_of(args)
        await self._following.unmute(channel.team_id, channel.channel_id)
        said = "I post news of timers here again."
        await args.ack(text=said, blocks=[section(f":loud_sound: {said}")])

    async def mute_here(self, args: AsyncArgs) -> None:
        """Mute the channel of the list, and show that."""
        await self._following.mute(person_of(args), channel_of(args).channel_id)
        await self.turn_list(args)

    async def unmute_here(self, args: AsyncArgs) -> None:
        """Let the channel of the list hear again, and show that."""
        channel = channel_of(args)
        await self._following.unmute(channel.team_id, channel.channel_id)
        await self.turn_list(args)

    async def _list(self, args: AsyncArgs, number: int) -> tuple[str, list[Block]]:
        channel = channel_of(args)
        page = await self._listing.of_channel(channel.team_id, channel.channel_id, number=number)
        muted = await self._following.muted(channel.team_id, channel.channel_id)
        return channel_list(page, muted)

    # A person's own

    async def show_status(self, args: AsyncArgs) -> None:
        """Answer the word `status` with what is known, and then with what Globus says."""
        person = person_of(args)
        text, blocks = my_list(await self._listing.mine(person), is_asking=True)
        await args.ack(text=text, blocks=blocks)
        self._background.start(self._show_live(args, 1))

    async def turn_status(self, args: AsyncArgs) -> None:
        """Show another page in the list's place, as Globus says."""
        await args.ack()
        self._background.start(self._show_live(args, int(value_of(args))))

    async def _show_live(self, args: AsyncArgs, number: int) -> None:
        person = person_of(args)
        mine = await self._listing.mine_live(person, number=number)
        text, blocks = my_list(mine)
        if mine.needs_sign_in:
            _account, link = await self._linking.connect(person)
            blocks += link_blocks(link)
        await args.respond(text=text, blocks=blocks, replace_original=True, response_type="ephemeral")


def channel_list(page: Page[Entry], muted: Muted | None) -> tuple[str, list[Block]]:
    """Draw a channel's timers for whoever asks."""
    blocks = [section("*Timers of this channel*")]
    if not page.total:
        said = "This channel has no timers. `/schedule-transfer` makes one."
        blocks = [section(said)]
    for entry in page.items:
        blocks.append(_line(entry, with_owner=True))
    blocks += pages(page, LIST_PAGE)
    number = str(page.number)
    if muted:
        blocks.append(context(f":mute: Muted by <@{muted.by}> {moment(muted.at)}: no news of timers here."))
        blocks.append(actions(button("Unmute this channel", UNMUTE, value=number)))
    elif page.total:
        blocks.append(actions(button("Mute this channel", MUTE, value=number)))
    return "Timers of this channel", blocks


def my_list(mine: Mine, *, is_asking: bool = False) -> tuple[str, list[Block]]:
    """Draw somebody's own timers; `is_asking` while Globus has not answered yet."""
    page = mine.page
    blocks = [section("*Your timers*")]
    if mine.problem:
        blocks.append(section(f":warning: {mine.problem}"))
    if not page.total and not is_asking and not mine.problem:
        blocks = [section("You have no timers. `/schedule-transfer` makes one.")]
    for entry in page.items:
        blocks.append(_line(entry, with_owner=False))
    if is_asking:
        blocks.append(context(":hourglass_flowing_sand: Asking Globus…"))
    else:
        blocks += pages(page, STATUS_PAGE)
    return "Your timers", blocks


def entry_in_words(entry: Entry, *, with_owner: bool = False, with_id: bool = False) -> str:
    """Say how a timer of a list stands, on two lines."""
    owner = f" · <@{entry.owner.user_id}>" if with_owner else ""
    often = f" · {entry.schedule}" if entry.schedule else ""
    first = f"{mark(entry)} {bold(shortened(entry.title, _TITLE))}{owner}{often}"
    job_id = [f"Job ID {code(entry.job_id)}"] if with_id else []
    return f"{first}\n{' · '.join([*_moments(entry), *job_id])}"


def mark(entry: Entry) -> str:
    """Give the picture that says how a timer stands."""
    if entry.status is TimerStatus.INACTIVE:
        return ":warning:" if entry.is_stopped else ":double_vertical_bar:"
    if not entry.is_live:
        return ":checkered_flag:"
    return ":x:" if entry.is_failing else ":large_green_circle:"


def steer_button(entry: Entry) -> Block | None:
    """Draw the button that pauses or resumes a timer; None where there is nothing to do."""
    if not entry.is_live:
        return None
    if entry.status is TimerStatus.INACTIVE:
        return button("Resume", RESUME, value=entry.job_id)
    return button("Pause", PAUSE, value=entry.job_id)


def _moments(entry: Entry) -> Iterator[str]:
    if entry.is_stopped:
        yield "stopped: Globus needs something first"
    elif entry.status is TimerStatus.INACTIVE:
        yield "paused"
    elif not entry.is_live:
        yield "ended"
    elif entry.next_run:
        yield f"next run {moment(entry.next_run)}"
    if entry.last_run:
        how = ", failed" if entry.is_failing else ""
        yield f"last run {moment(entry.last_run)}{how}"


def _line(entry: Entry, *, with_owner: bool) -> Block:
    drawn = section(entry_in_words(entry, with_owner=with_owner))
    return drawn | {"accessory": button("Details", DETAILS, value=entry.job_id)}


def pages(page: Page[Entry], action_id: str) -> list[Block]:
    """Draw the ways to the other pages; none where there is only one."""
    if page.count == 1:
        return []
    first, last = page.offset + 1, page.offset + len(page.items)
    ways = []
    if page.number > 1:
        ways.append(button("Previous", action_id + PREVIOUS, value=str(page.number - 1)))
    if page.number < page.count:
        ways.append(button("Next", action_id, value=str(page.number + 1)))
    return [context(f"{first} to {last} of {page.total:,}"), actions(*ways)]


async def _put_in_place(args: AsyncArgs, text: str, blocks: list[Block]) -> None:
    await args.ack()
    await args.respond(text=text, blocks=blocks, replace_original=True, response_type="ephemeral")
