"""The ways in: the command with its words, and whatever else opens the form."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from difflib import get_close_matches
from typing import Final
from zoneinfo import ZoneInfo

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.entrances import Beginning, links_in, read_text
from bot.linking import Linking
from bot.presets import Presets
from bot.slack import linking as linking_views
from bot.slack.app import Handler, Listen
from bot.slack.blocks import code, escape
from bot.slack.form import FORM, FormContext, Opening
from bot.slack.payloads import announced_in, channel_of, person_of
from bot.slack.presets import preset_list
from bot.slack.scheduling import SchedulingHandlers
from bot.slack.views import open_or_replace
from bot.slack.zones import Zones

COMMAND: Final = "/schedule-transfer"
SHORTCUT: Final = FORM
"""The shortcuts are called like the form that they open."""

HELP: Final = (
    "*Schedule a recurring Globus transfer*\n"
    "I check the consents that Globus needs, create the timer with your own Globus account, and post its "
    "job ID in the channel that you choose.\n"
    f"• `{COMMAND}` opens the form: from where, to where, how often.\n"
    f"• `{COMMAND} every 6h for 3 days` opens it with the schedule filled in; so do "
    "`daily at 02:30 until 2027-01-31`, `every 2 weeks starting next monday, 10 times` and "
    "`once tomorrow 9am`.\n"
    f"• `{COMMAND} <link>` takes source and destination from a link of the Globus file manager.\n"
    f"• `{COMMAND} presets` shows what this channel schedules again and again; the name of a preset fills it "
    "in. *Save as preset…* stands under each announcement.\n"
    f"• `{COMMAND} list` shows this channel's timers, everyone's.\n"
    f"• `{COMMAND} status` shows your own, wherever they were made.\n"
    f"• `{COMMAND} mute` and `{COMMAND} unmute` say whether I post news of runs here.\n"
    f"• `{COMMAND} connect` links your Globus account, or gives you the sign-in link again.\n"
    f"• `{COMMAND} disconnect` unlinks it.\n"
    f"• `{COMMAND} help` shows this."
)


class EntranceHandlers:
    """Open the form, or answer the command in another way."""

    def __init__(
        self,
        *,
        form: SchedulingHandlers,
        linking: Linking,
        zones: Zones,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
        sign_in_first: bool,
        app_hosts: frozenset[str],
        presets: Presets,
        words: Mapping[str, Handler],
    ) -> None:
        self._form = form
        self._words = words
        self._presets = presets
        self._linking = linking
        self._zones = zones
        self._clock = clock
        self._new_id = new_id
        self._sign_in_first = sign_in_first
        self._app_hosts = app_hosts

    def register(self, listen: Listen) -> None:
        """Say which of Slack's messages these handlers answer."""
        listen.command(COMMAND, self.command)
        listen.shortcut(SHORTCUT, self.shortcut)

    async def command(self, args: AsyncArgs) -> None:
        """Answer `/schedule-transfer` and its words."""
        text = str(args.body.get("text", "")).strip()
        match text.lower():
            case "help":
                await args.ack(text=HELP)
            case "connect":
                await self._connect(args)
            case "presets":
                await self._list_presets(args)
            case word if word in self._words:
                await self._words[word](args)
            case _:
                await self._open_preset_or_read(args, text)

    async def shortcut(self, args: AsyncArgs) -> None:
        """Open the form; from a message's menu with its links, and to be announced in its thread."""
        message = args.body.get("message")
        if not message:
            await self.open_filled(args, {})
            return
        channel_id = str(args.body["channel"]["id"])
        links = links_in(str(message.get("text", "")), app_hosts=self._app_hosts)
        thread_ts = str(message.get("thread_ts") or message["ts"])
        filled = links | announced_in(channel_id)
        await self.open_filled(args, filled, channel_id=channel_id, thread_ts=thread_ts)

    async def open_filled(
        self,
        args: AsyncArgs,
        filled: Mapping[str, str],
        *,
        channel_id: str = "",
        thread_ts: str = "",
    ) -> None:
        """Open the form as a new request of the person who acted, filled in as given."""
        zone = await self._zones.of(args)
        await self.open(args, FormContext(self._new_id(), channel_id, thread_ts, zone), filled)

    async def _list_presets(self, args: AsyncArgs) -> None:
        text, blocks = preset_list(await self._presets.all_of(channel_of(args)), person_of(args))
        await args.ack(text=text, blocks=blocks)

    async def _open_preset_or_read(self, args: AsyncArgs, text: str) -> None:
        channel = channel_of(args)
        preset = await self._presets.find(channel, text)
        if preset:
            await self.open_filled(args, self._presets.filled(preset), channel_id=channel.channel_id)
        else:
            await self._read(args, text)

    async def _read(self, args: AsyncArgs, text: str) -> None:
        zone = await self._zones.of(args)
        beginning = read_text(text, app_hosts=self._app_hosts, now=self._clock(), zone=ZoneInfo(zone))
        opened = FormContext(self._new_id(), str(args.body["channel_id"]), zone=zone)
        known = ("connect", "help", "presets", *self._words)
        await self.open(args, opened, beginning.form, note=_not_understood(beginning, known))

    async def open(
        self, args: AsyncArgs, opened: FormContext, filled: Mapping[str, str], *, note: str = ""
    ) -> None:
        """Open the form; where the bot cannot look at collections alone, the sign-in comes before it."""
        person = person_of(args)
        if self._sign_in_first and not await self._linking.account_soon(person):
            await self._sign_in_before(args, Opening(opened, filled, note))
            return
        view = await self._form.view(args, opened, filled, note=note)
        shown = await open_or_replace(args, view)
        self._form.name_soon(args, shown, filled, note=note)
        await args.ack()

    async def _sign_in_before(self, args: AsyncArgs, opening: Opening) -> None:
        link = await self._linking.begin_before_form(person_of(args), opening.written())
        shown = await open_or_replace(args, linking_views.connect_view(link))
        await self._linking.show_form_in(link, str(shown["id"]))
        await args.ack()

    async def _connect(self, args: AsyncArgs) -> None:
        person = person_of(args)
        account, link = await self._linking.connect(person)
        blocks = linking_views.connect_blocks(link, account)
        await args.ack(text="Sign in to Globus", blocks=blocks)


def _not_understood(beginning: Beginning, known: Sequence[str]) -> str:
    """Say what was not understood, and which of the `known` words may have been meant."""
    if not beginning.not_understood:
        return ""
    meant = get_close_matches(beginning.not_understood.lower(), known, n=1)
    why = f" {escape(beginning.reason)}" if beginning.reason else ""
    why = f" Did you mean {code(f'{COMMAND} {meant[0]}')}?" if meant else why
    return (
        f":information_source: I could not read {code(beginning.not_understood)}.{why} "
        f"Fill in the form, and I take it from there. {code(f'{COMMAND} help')} shows what I understand."
    )
