"""Editing a timer: its form opens filled in, and what is saved takes the timer's place."""

from collections.abc import Callable
from datetime import datetime

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.controlling import Controlling
from bot.presets import Presets, form_to_edit
from bot.slack.form import FormContext
from bot.slack.payloads import person_of
from bot.slack.views import OpenFormOf
from bot.slack.zones import Zones


class EditForms:
    """Opens the forms of timers."""

    def __init__(
        self,
        *,
        controlling: Controlling,
        presets: Presets,
        open_form: OpenFormOf,
        zones: Zones,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self._controlling = controlling
        self._presets = presets
        self._open_form = open_form
        self._zones = zones
        self._clock = clock
        self._new_id = new_id

    async def open(self, args: AsyncArgs, job_id: str) -> None:
        """Open the form of a timer for its owner; raises NotYours, or Problem."""
        person = person_of(args)
        timer = await self._controlling.may_edit(person, job_id)
        plan = (await self._presets.timer(person, job_id)).plan
        ran = timer.succeeded + timer.failed + len(timer.running)
        opened = FormContext(
            self._new_id(),
            plan.announce_in,
            plan.announce_thread,
            await self._zones.of(args),
            replaces=job_id,
        )
        filled = form_to_edit(plan, title=timer.title, ran=ran, now=self._clock())
        await self._open_form(args, opened, filled)
