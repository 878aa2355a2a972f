"""Previews under the Globus links that people post (https://docs.slack.dev/messaging/unfurling-links-in-messages)."""

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from slack_bolt.kwargs_injection.async_args import AsyncArgs
from slack_sdk.errors import SlackApiError

from bot.accounts import SlackUser
from bot.entrances import read_link
from bot.schedules import how_often
from bot.slack.app import Listen
from bot.slack.background import Background
from bot.slack.blocks import Block, actions, bold, button, code, context, moment, section, shortened
from bot.slack.payloads import announced_in, channel_of, person_of, value_of
from bot.slack.runs import MARKS, moved, problem_of
from bot.slack.views import OpenForm
from bot.timers import Timer, TimerStatus, title_of
from bot.unfurling import Choice, Place, PlacesPreview, Preview, TaskPreview, TimerPreview, Unfurling

LINK_SHARED: Final = "link_shared"
TURN_ON: Final = "previews_on"
TURN_OFF: Final = "previews_off"
SCHEDULE: Final = "unfurl_schedule"

POSTED: Final = "conversations_history"
"""The source of a link that was posted. Slack tells of one that is only being written too."""

LONGEST_NAME: Final = 200
"""Characters of a name or path that a preview shows."""

BUTTON_VALUE: Final = 2000
"""Slack's limit (https://docs.slack.dev/reference/block-kit/block-elements/button-element)."""

_NOT_THERE: Final = frozenset({"not_in_channel", "channel_not_found", "user_not_in_channel", "is_archived"})
_STATUSES: Final = {
    TimerStatus.ACTIVE: "active",
    TimerStatus.INACTIVE: "stopped until its owner sees to it",
    TimerStatus.ENDED: "ended",
    TimerStatus.GONE: "deleted",
    TimerStatus.UNKNOWN: "in a state that I do not know",
}

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Posted:
    """A message with links, as Slack named it for `chat.unfurl`."""

    unfurl_id: str
    channel_id: str
    thread_ts: str
    links: tuple[str, ...]

    @classmethod
    def told(cls, event: Mapping[str, Any]) -> "Posted":
        """Read the event (https://docs.slack.dev/reference/events/link_shared)."""
        links = tuple(str(link["url"]) for link in event["links"])
        thread_ts = str(event.get("thread_ts") or "")
        return cls(str(event["unfurl_id"]), str(event["channel"]), thread_ts, links)

    def written(self) -> str:
        """Write it as a button's value; empty if it is too long for one."""
        text = json.dumps(asdict(self))
        return text if len(text) <= BUTTON_VALUE else ""

    @classmethod
    def read(cls, text: str) -> "Posted | None":
        """Read a button's value; None for a button without one."""
        if not text:
            return None
        kept = json.loads(text)
        return cls(kept["unfurl_id"], kept["channel_id"], kept["thread_ts"], tuple(kept["links"]))


class UnfurlingHandlers:
    """What happens when somebody posts a link, and with what is shown under it."""

    def __init__(
        self,
        *,
        unfurling: Unfurling,
        open_form: OpenForm,
        app_hosts: frozenset[str],
        refresh_home: Callable[[SlackUser], None],
        background: Background,
    ) -> None:
        self._unfurling = unfurling
        self._open_form = open_form
        self._app_hosts = app_hosts
        self._refresh_home = refresh_home
        self._background = background

    def register(self, listen: Listen) -> None:
        """Say which of Slack's messages these handlers answer."""
        listen.event(LINK_SHARED, self.shared)
        listen.action(TURN_ON, self.turn_on)
        listen.action(TURN_OFF, self.turn_off)
        listen.action(SCHEDULE, self.schedule)

    async def shared(self, args: AsyncArgs) -> None:
        """Show previews, or ask whether to; Globus is asked after Slack was answered."""
        event = args.body["event"]
        if event.get("source") == POSTED and args.context.user_id:
            self._background.start(self._unfurl(args, person_of(args), Posted.told(event)))

    async def turn_on(self, args: AsyncArgs) -> None:
        """Show previews from now on, also for the message about which the person was asked."""
        person = person_of(args)
        await self._choose(args, Choice.YES, "I show a preview of the Globus links that you post.")
        posted = Posted.read(value_of(args))
        if posted:
            self._background.start(self._unfurl(args, person, posted))

    async def turn_off(self, args: AsyncArgs) -> None:
        """Show no previews."""
        await self._choose(args, Choice.NO, "I show no previews of the Globus links that you post.")

    async def schedule(self, args: AsyncArgs) -> None:
        """Open the form as a link of the file manager fills it in, for whoever pressed the button."""
        channel_id = channel_of(args).channel_id
        filled = read_link(value_of(args), app_hosts=self._app_hosts) | announced_in(channel_id)
        await self._open_form(args, filled, channel_id=channel_id)

    async def _choose(self, args: AsyncArgs, choice: Choice, said: str) -> None:
        person = person_of(args)
        await self._unfurling.choose(person, choice)
        await args.ack()
        if not args.body.get("view"):
            said += " You can change this in my Home tab."
            await args.respond(text=said, blocks=[section(said)], replace_original=True)
        self._background.start(asyncio.to_thread(self._refresh_home, person))

    async def _unfurl(self, args: AsyncArgs, person: SlackUser, posted: Posted) -> None:
        found = await self._unfurling.shared(person, posted.links)
        if found.is_to_ask:
            await self._ask(args, person, posted)
        if not found.previews:
            return
        unfurls = {link: {"blocks": preview_blocks(preview)} for link, preview in found.previews.items()}
        try:
            await args.client.chat_unfurl(unfurl_id=posted.unfurl_id, source=POSTED, unfurls=unfurls)
        except SlackApiError as error:
            # The message may be gone, or an administrator may want no previews: there is nobody to tell.
            log.info("Slack takes no preview", extra={"reason": error.response.get("error")})

    async def _ask(self, args: AsyncArgs, person: SlackUser, posted: Posted) -> None:
        """Ask where the person is; where the bot is not, by direct message."""
        text, blocks = question(posted)
        try:
            await args.client.chat_postEphemeral(
                channel=posted.channel_id,
                user=person.user_id,
                thread_ts=posted.thread_ts or None,
                text=text,
                blocks=blocks,
            )
        except SlackApiError as error:
            if error.response.get("error") not in _NOT_THERE:
                raise
            await args.client.chat_postMessage(channel=person.user_id, text=text, blocks=blocks)


def question(posted: Posted) -> tuple[str, list[Block]]:
    """Draw the question that everybody is asked once."""
    said = (
        "Show a preview of Globus links that you post? Everyone in the channel would see it: names, status "
        "and sizes, as your own Globus account sees them."
    )
    buttons = actions(
        button("Show previews", TURN_ON, value=posted.written(), primary=True),
        button("Show no previews", TURN_OFF),
    )
    return said, [section(said), buttons]


def previews_setting(choice: Choice | None) -> Block:
    """Draw the choice for the Home tab."""
    if choice is Choice.YES:
        said, change = "Globus links that you post get a preview.", button("Show no previews", TURN_OFF)
    else:
        said, change = "Globus links that you post get no preview.", button("Show previews", TURN_ON)
    return section(f":link: {said}") | {"accessory": change}


def preview_blocks(preview: Preview) -> list[Block]:
    """Draw what is shown under a link."""
    match preview:
        case TaskPreview():
            return _task(preview)
        case TimerPreview():
            return _timer(preview.timer)
        case PlacesPreview():
            return _places(preview)


def _task(preview: TaskPreview) -> list[Block]:
    run = preview.run
    said = [
        f"{MARKS[run.state]} {_name(preview.label)}",
        f"From {_name(preview.source)} to {_name(preview.destination)}",
        moved(run),
    ]
    problem = problem_of(run)
    return [
        section("\n".join([*said, problem] if problem else said)),
        context(f"Globus transfer, {run.state.value}, begun {moment(run.started_at)}"),
    ]


def _timer(timer: Timer) -> list[Block]:
    is_paused = timer.inactivity is not None and timer.inactivity.is_paused
    said = [
        _name(title_of(timer.name)),
        how_often(timer.interval, timer.stop_after_runs),
        "paused" if is_paused else _STATUSES[timer.status],
    ]
    if timer.next_run and timer.status is TimerStatus.ACTIVE:
        said.append(f"next run {moment(timer.next_run)}")
    return [section(f":alarm_clock: {', '.join(said)}"), context("Globus timer")]


def _places(preview: PlacesPreview) -> list[Block]:
    places = (("From", preview.source), ("To", preview.destination))
    lines = [f"{side} {_place(place)}" for side, place in places if place]
    blocks = [section(":open_file_folder: " + "\n".join(lines))]
    if len(preview.link) <= BUTTON_VALUE:
        blocks.append(actions(button("Schedule…", SCHEDULE, value=preview.link)))
    return blocks


def _place(place: Place) -> str:
    path = f" {code(shortened(place.path, LONGEST_NAME))}" if place.path else ""
    return f"{_name(place.name)}{path}"


def _name(text: str) -> str:
    return bold(shortened(text, LONGEST_NAME))
