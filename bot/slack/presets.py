"""A timer filled in again: its duplicate, and the presets of a channel."""

import json
from collections.abc import Sequence
from typing import Final

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.accounts import SlackUser
from bot.errors import Problem
from bot.presets import LONGEST_PRESET_NAME, NameTaken, Preset, PresetNameRefused, Presets
from bot.slack.announcing import DUPLICATE
from bot.slack.app import Listen
from bot.slack.blocks import (
    Block,
    View,
    actions,
    bold,
    button,
    code,
    confirmation,
    context,
    field,
    modal,
    plain,
    section,
)
from bot.slack.payloads import announced_in, channel_of, person_of, value_of
from bot.slack.progress import SAVE_PRESET
from bot.slack.views import OpenForm, open_on_top

NAME: Final = "preset_name"
REPLACE: Final = "preset_replace"
USE: Final = "preset_use"
DELETE: Final = "preset_delete"

LISTED: Final = 20
"""Two blocks each, of the fifty that a message has; the others are named below."""


class PresetHandlers:
    """What the buttons of announcements and of the list of presets do."""

    def __init__(self, *, presets: Presets, open_form: OpenForm) -> None:
        self._presets = presets
        self._open_form = open_form

    def register(self, listen: Listen) -> None:
        """Say which of Slack's messages these handlers answer."""
        listen.action(DUPLICATE, self.duplicate)
        listen.action(SAVE_PRESET, self.ask_name)
        listen.view(NAME, self.save)
        listen.view(REPLACE, self.replace)
        listen.action(USE, self.use)
        listen.action(DELETE, self.delete)

    async def duplicate(self, args: AsyncArgs) -> None:
        """Open the form as a timer was made, for whoever pressed the button."""
        filled = await self._presets.duplicate(person_of(args), value_of(args))
        channel_id = channel_of(args).channel_id
        # In a direct message the button stands far from the channel that the timer was announced in.
        await self._open_form(args, filled | announced_in(channel_id), channel_id=channel_id)

    async def ask_name(self, args: AsyncArgs) -> None:
        """Ask what a preset shall be called, on top of the view that the button stands in, if it is one."""
        request = await self._presets.timer(person_of(args), value_of(args))
        view = name_view(value_of(args), channel_id=request.plan.announce_in, suggested=request.plan.name)
        await open_on_top(args, view)
        await args.ack()

    async def save(self, args: AsyncArgs) -> None:
        """Save a preset, or ask before it takes another's place."""
        view = args.body["view"]
        [element] = view["state"]["values"][NAME].values()
        job_id, name = str(view["private_metadata"]), element.get("value") or ""
        try:
            preset = await self._presets.save(person_of(args), job_id, name)
        except PresetNameRefused as problem:
            await args.ack(response_action="errors", errors={NAME: str(problem)})
        except NameTaken as taken:
            await args.ack(response_action="update", view=replace_view(job_id, taken.preset.name, name))
        else:
            await args.ack(response_action="update", view=saved_view(preset))

    async def replace(self, args: AsyncArgs) -> None:
        """Put a preset in another's place, as its person has agreed."""
        asked = json.loads(args.body["view"]["private_metadata"])
        preset = await self._presets.save(person_of(args), asked["job_id"], asked["name"], replacing=True)
        await args.ack(response_action="update", view=saved_view(preset))

    async def use(self, args: AsyncArgs) -> None:
        """Open the form as a preset has it."""
        channel = channel_of(args)
        preset = await self._presets.find(channel, value_of(args))
        if preset is None:
            raise Problem(
                "This preset is gone.", "Use `/schedule-transfer presets` to see those that are left."
            )
        await self._open_form(args, self._presets.filled(preset), channel_id=channel.channel_id)

    async def delete(self, args: AsyncArgs) -> None:
        """Delete a preset, and show those that are left."""
        person, channel = person_of(args), channel_of(args)
        await self._presets.delete(person, channel, value_of(args))
        text, blocks = preset_list(await self._presets.all_of(channel), person)
        await args.ack()
        await args.respond(text=text, blocks=blocks, replace_original=True, response_type="ephemeral")


def preset_list(presets: Sequence[Preset], person: SlackUser) -> tuple[str, list[Block]]:
    """Draw a channel's presets for one person, who may delete those that they saved."""
    if not presets:
        said = "This channel has no presets yet. *Save as preset…* under an announcement makes one."
        return said, [section(said)]
    blocks = [section("*This channel's presets*")]
    for preset in presets[:LISTED]:
        blocks += _listed(preset, person)
    more = [code(preset.name) for preset in presets[LISTED:]]
    if more:
        blocks.append(context(f"And, by name: {', '.join(more)}"))
    return "This channel's presets", blocks


def _listed(preset: Preset, person: SlackUser) -> list[Block]:
    places = " to ".join(
        bold(preset.form.get(f"{side}_name") or preset.form[f"{side}_collection"])
        for side in ("source", "destination")
    )
    buttons = [button("Use", USE, value=preset.folded)]
    if preset.saved_by == person:
        said = f"“{preset.name}” goes for everyone in this channel. Timers stay as they are."
        delete = button("Delete", DELETE, value=preset.folded, danger=True)
        buttons.append(delete | confirmation("Delete this preset?", said))
    said = f"{code(preset.name)} {places}, saved by <@{preset.saved_by.user_id}>"
    return [section(said), actions(*buttons)]


def name_view(job_id: str, *, channel_id: str, suggested: str) -> View:
    """Draw the question for a preset's name."""
    name: Block = {
        "type": "plain_text_input",
        "max_length": LONGEST_PRESET_NAME,
        "placeholder": plain("Nightly backup", 150),
    }
    if suggested:
        name["initial_value"] = suggested[:LONGEST_PRESET_NAME].strip()
    said = (
        f"A preset is for everyone in <#{channel_id}>. It holds where from, where to, how often and the "
        "options, and nothing of your account."
    )
    blocks = [
        section(said),
        field(NAME, "Name", name, hint="Typed behind /schedule-transfer, it fills in the form."),
    ]
    return modal(NAME, "Save as preset", blocks, metadata=job_id, submit="Save", close="Cancel")


def replace_view(job_id: str, there: str, name: str) -> View:
    """Ask whether a preset may take the place of the one that has its name."""
    said = f"There is a preset called {code(there)} already. What it holds is lost when you replace it."
    metadata = json.dumps({"job_id": job_id, "name": name})
    return modal(
        REPLACE, "Replace it?", [section(said)], metadata=metadata, submit="Replace", close="Keep it"
    )


def saved_view(preset: Preset) -> View:
    """Say how a preset is used that was just saved."""
    said = (
        f":white_check_mark: Saved. In <#{preset.channel.channel_id}>, "
        f"{code('/schedule-transfer ' + preset.name)} fills in the form."
    )
    return modal("preset_saved", "Saved", [section(said)])
