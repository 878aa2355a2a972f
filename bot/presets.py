"""What was filled in once is filled in again: a timer's duplicate, and the presets of a channel.

Both are forms. Neither holds anything of the account that scheduled the timer.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from bot.accounts import SlackUser
from bot.errors import Problem
from bot.forms import form_of
from bot.planning import LONGEST_NAME, Plan
from bot.scheduling import TimerRequest

LONGEST_PRESET_NAME: Final = 40
"""Short enough to be typed behind the command."""

RESERVED: Final = frozenset({"connect", "disconnect", "help", "list", "mute", "presets", "status", "unmute"})
"""Words behind the command that mean something else."""

_OF_ITS_TIMER: Final = ("start", "announce_in", "announce_thread")


@dataclass(frozen=True, slots=True)
class Channel:
    """A conversation in Slack; names of presets are one of a kind in it."""

    team_id: str
    channel_id: str


@dataclass(frozen=True, slots=True)
class Preset:
    """A form under a name, without a start and without the place where it is announced."""

    channel: Channel
    name: str
    form: Mapping[str, str]
    saved_by: SlackUser
    saved_at: datetime

    @property
    def folded(self) -> str:
        """The name without its case."""
        return folded(self.name)


class NameTaken(Problem):
    """There is a preset with this name already, and its person may put another in its place."""

    def __init__(self, preset: Preset) -> None:
        super().__init__(f"There is a preset called “{preset.name}”.", "Replace it, or choose another name.")
        self.preset = preset


class PresetNameRefused(Problem):
    """A preset cannot have this name."""


class PresetStore(Protocol):
    """The presets that are kept."""

    async def add(self, preset: Preset) -> Preset | None:
        """Keep a preset, unless one of that name is there: then give that one, and change nothing."""
        ...

    async def replace(self, preset: Preset) -> bool:
        """Keep a preset in place of the same person's of that name; False if it is somebody else's."""
        ...

    async def find(self, channel: Channel, folded_name: str) -> Preset | None:
        """Give the preset of this name, whatever its case."""
        ...

    async def all_of(self, channel: Channel) -> Sequence[Preset]:
        """Give a channel's presets by name."""
        ...

    async def delete(self, channel: Channel, folded_name: str, saved_by: SlackUser) -> bool:
        """Delete a preset; False if there is none that this person saved."""
        ...


class ScheduledTimers(Protocol):
    """The requests that became timers."""

    async def find_timer(self, team_id: str, job_id: str) -> TimerRequest | None:
        """Give the request that became a timer, or None if no request of this team did."""
        ...


class Presets:
    """Saves what a timer was made from, and fills it in again."""

    def __init__(self, *, store: PresetStore, timers: ScheduledTimers, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._timers = timers
        self._clock = clock

    async def duplicate(self, person: SlackUser, job_id: str) -> dict[str, str]:
        """Give the form that a timer was made from; raises Problem for a timer that is not known here."""
        return form_again((await self.timer(person, job_id)).plan, now=self._clock())

    async def timer(self, person: SlackUser, job_id: str) -> TimerRequest:
        """Give what became a timer of this person's team; raises Problem if nothing did."""
        request = await self._timers.find_timer(person.team_id, job_id)
        if request is None:
            raise Problem("I know nothing of this timer any more.", "Use `/schedule-transfer` for a new one.")
        return request

    async def save(self, person: SlackUser, job_id: str, name: str, *, replacing: bool = False) -> Preset:
        """Save what a timer was made from, for the channel where it was announced.

        Raises PresetNameRefused, or NameTaken unless it was agreed to by `replacing`.
        """
        plan = (await self.timer(person, job_id)).plan
        preset = Preset(
            channel=Channel(person.team_id, plan.announce_in),
            name=_name(name),
            form={key: value for key, value in form_of(plan).items() if key not in _OF_ITS_TIMER},
            saved_by=person,
            saved_at=self._clock(),
        )
        if replacing:
            if not await self._store.replace(preset):
                raise _somebody_elses(preset.name)
            return preset
        there = await self._store.add(preset)
        if there is None:
            return preset
        raise NameTaken(there) if there.saved_by == person else _somebody_elses(there.name)

    async def find(self, channel: Channel, name: str) -> Preset | None:
        """Give the preset whose name this is, whatever its case; None if it is no preset's name."""
        return await self._store.find(channel, folded(name)) if name.strip() else None

    async def all_of(self, channel: Channel) -> Sequence[Preset]:
        """Give a channel's presets by name."""
        return await self._store.all_of(channel)

    async def delete(self, person: SlackUser, channel: Channel, name: str) -> None:
        """Delete a preset; raises Problem unless this person saved it."""
        if not await self._store.delete(channel, folded(name), person):
            raise Problem("This preset is gone already, or somebody else saved it.")

    def filled(self, preset: Preset) -> dict[str, str]:
        """Give the fields that a preset fills in now."""
        return _without_the_past(preset.form, self._clock())


def form_again(plan: Plan, *, now: datetime) -> dict[str, str]:
    """Give the form that a plan came from, for a new request: what has passed by now is left out.

    An end that has passed leaves its field empty, so that nothing becomes endless unsaid.
    """
    form = {key: value for key, value in form_of(plan).items() if key != "announce_thread"}
    return _without_the_past(form, now)


def form_to_edit(plan: Plan, *, title: str, ran: int, now: datetime) -> dict[str, str]:
    """Give the form that a plan came from as it is to go on now: at its next run, with the runs left to it.

    `title` is what its timer is called by now, `ran` counts the runs that it has had.
    """
    schedule, form = plan.schedule, form_of(plan)
    if title != plan.title:
        form["name"] = title[:LONGEST_NAME].strip()
    if schedule.interval and schedule.start <= now:
        passed = (now - schedule.start) // schedule.interval + 1
        form["start"] = str(int((schedule.start + passed * schedule.interval).timestamp()))
    if schedule.runs:
        form["end_runs"] = str(max(1, schedule.runs - ran))
    return _without_the_past(form, now)


def folded(name: str) -> str:
    """Give a name without its case, and without spaces that say nothing."""
    return " ".join(name.split()).casefold()


def _without_the_past(form: Mapping[str, str], now: datetime) -> dict[str, str]:
    seconds = int(now.timestamp())
    past = {name for name in ("start", "end_date") if name in form and int(form[name]) <= seconds}
    return {name: value for name, value in form.items() if name not in past}


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not name:
        raise PresetNameRefused("Write a name.")
    if len(name) > LONGEST_PRESET_NAME:
        raise PresetNameRefused(f"A name can have at most {LONGEST_PRESET_NAME} characters.")
    if folded(name) in RESERVED:
        raise PresetNameRefused(f"“{name}” means something else behind the command.", "Choose another name.")
    return name


def _somebody_elses(name: str) -> PresetNameRefused:
    return PresetNameRefused(
        f"Somebody else saved a preset called “{name}” in this channel.", "Choose another name."
    )
