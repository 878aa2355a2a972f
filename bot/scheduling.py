"""A form becomes a TimerRequest: what a person filled in, checked field by field, and kept."""

import asyncio
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol, TypeVar

from bot.errors import FormProblems
from bot.linking import SlackUser
from bot.schedules import INTERVALS, LATEST_START, START_TOLERANCE, Ending, Repeat, Schedule, read_interval

_Choice = TypeVar("_Choice", bound=StrEnum)

LONGEST_NAME: Final = 64
"""Globus does not say how long a timer's name may be; this leaves room for the reference behind it."""

LONGEST_PATH: Final = 2000
"""Longer than any path a file system takes in practice, and short enough for a message."""

SETTLING: Final = timedelta(seconds=0.25)
"""Slack puts the acknowledged view in place after the answer; an update that comes first would be lost."""


class RequestState(StrEnum):
    """How far a request has come."""

    RECEIVED = "received"
    CHECKING = "checking"
    WAITING_FOR_SIGN_IN = "waiting for sign-in"
    READY = "ready"
    CREATING = "creating"
    UNCLEAR = "unclear"
    CREATED = "created"
    ANNOUNCED = "announced"
    REFUSED = "refused"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Location:
    """A path on a collection. `name` is the collection's display name, as far as it is known."""

    collection_id: str
    path: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a person filled in. `name` is empty when they left it to the bot."""

    source: Location
    destination: Location
    schedule: Schedule
    announce_in: str
    name: str = ""

    @property
    def destination_path(self) -> str:
        """The path Globus needs: a folder goes to a folder, a file to the full path of a file."""
        if self.source.path.endswith("/"):
            return self.destination.path.rstrip("/") + "/"
        if self.destination.path.endswith("/"):
            return self.destination.path + self.source.path.rsplit("/", 1)[-1]
        return self.destination.path

    @property
    def title(self) -> str:
        """What to call this transfer: the person's name for it, or from where to where."""
        if self.name:
            return self.name
        return f"{self.source.name or 'source'} to {self.destination.name or 'destination'}"[
            :LONGEST_NAME
        ].strip()


@dataclass(frozen=True, slots=True)
class TimerRequest:
    """One person's wish for one timer, on its way. Its ID was made when the form opened.

    `reference` is part of the timer's name at Globus, so that the bot can find it again. `due` is
    when a worker should look at it next; None while it waits for a person or is over. `missing` are
    the collections whose consent it waits for, `asked_for` all that it ever asked for. `looks` counts
    the searches after an unclear outcome since `unclear_since`; `creations` the times it was sent.
    """

    request_id: str
    reference: str
    person: SlackUser
    plan: Plan
    received_at: datetime
    state: RequestState = RequestState.RECEIVED
    due: datetime | None = None
    view_id: str | None = None
    missing: frozenset[str] = frozenset()
    asked_for: frozenset[str] = frozenset()
    attempts: int = 0
    creations: int = 0
    looks: int = 0
    unclear_since: datetime | None = None
    job_id: str | None = None
    next_run: datetime | None = None
    reason: str = ""
    blamed_field: str | None = None

    @property
    def timer_name(self) -> str:
        """The timer's name at Globus: the title, then the reference that makes it findable."""
        return f"{self.plan.title} [{self.reference}]"


class Inbox(Protocol):
    """Where an accepted request is kept before it is acknowledged."""

    async def accept(self, request: TimerRequest) -> bool:
        """Commit the request to disk; False if its ID is known already, and then nothing changes."""
        ...


class Scheduling:
    """Takes a filled-in form and keeps it as a request, once."""

    def __init__(
        self,
        *,
        inbox: Inbox,
        clock: Callable[[], datetime],
        new_reference: Callable[[], str],
        wake: Callable[[], None],
    ) -> None:
        self._inbox = inbox
        self._clock = clock
        self._new_reference = new_reference
        self._wake = wake

    async def submit(
        self, form: Mapping[str, str], *, person: SlackUser, request_id: str, view_id: str
    ) -> TimerRequest:
        """Read the form and commit it; raises FormProblems. Sending it again changes nothing."""
        now = self._clock()
        request = TimerRequest(
            request_id=request_id,
            reference=self._new_reference(),
            person=person,
            plan=read_plan(form, now=now),
            received_at=now,
            due=now + SETTLING,
            view_id=view_id,
        )
        await self._inbox.accept(request)
        asyncio.get_running_loop().call_later(SETTLING.total_seconds(), self._wake)
        return request


def read_plan(form: Mapping[str, str], *, now: datetime) -> Plan:
    """Read the form's fields, each a string under its name in the form; absent means not filled in.

    `start` and `end_date` are seconds since the epoch. `source_name` and `destination_name` are what
    the collections are called in the form. Raises FormProblems with a message for each bad field.
    """
    reading = _Reading(form, now)
    source = reading.location("source")
    destination = reading.location("destination")
    name = reading.name()
    announce_in = reading.required("announce_in", "Choose where your team should hear of it.")
    schedule = reading.schedule()
    if not reading.problems and _place(source) == _place(destination):
        reading.problems["destination_path"] = "This is the same place as the source. Choose another folder."
    if reading.problems or schedule is None:
        raise FormProblems(reading.problems)
    return Plan(source=source, destination=destination, schedule=schedule, announce_in=announce_in, name=name)


def _place(location: Location) -> tuple[str, str]:
    return location.collection_id, location.path.rstrip("/")


class _Reading:
    """One pass over a form, which collects every problem instead of stopping at the first."""

    def __init__(self, form: Mapping[str, str], now: datetime) -> None:
        self._form = {key: value.strip() for key, value in form.items()}
        self._now = now
        self.problems: dict[str, str] = {}

    def required(self, key: str, message: str) -> str:
        value = self._form.get(key, "")
        if not value:
            self.problems[key] = message
        return value

    def location(self, side: str) -> Location:
        collection_id = self.required(f"{side}_collection", "Search for a collection and choose it.")
        if collection_id:
            try:
                collection_id = str(uuid.UUID(collection_id))
            except ValueError:
                self.problems[f"{side}_collection"] = (
                    "Globus has no such collection. Choose one from the list."
                )
        path = self.required(f"{side}_path", "Say which file or folder, such as /data/run-001/.")
        if path and not path.startswith(("/", "~")):
            self.problems[f"{side}_path"] = "A path starts with / (or with ~ for your home folder)."
        elif re.search(r"[\x00-\x1f\x7f]", path):
            self.problems[f"{side}_path"] = "Give one path, on one line."
        elif len(path) > LONGEST_PATH:
            self.problems[f"{side}_path"] = f"A path can have at most {LONGEST_PATH:,} characters."
        return Location(collection_id, path, self._form.get(f"{side}_name", ""))

    def name(self) -> str:
        name = " ".join(self._form.get("name", "").split())
        if len(name) > LONGEST_NAME:
            self.problems["name"] = f"A name can have at most {LONGEST_NAME} characters."
        return name

    def schedule(self) -> Schedule | None:
        start = self._start()
        interval = self._interval()
        runs, until = self._end() if interval else (None, None)
        if start is None or self.problems.keys() & {"repeat", "interval", "end", "end_runs", "end_date"}:
            return None
        try:
            return Schedule(start=start, interval=interval, runs=runs, until=until)
        except FormProblems as found:
            self.problems.update(found.by_field)
            return None

    def _start(self) -> datetime | None:
        start = self._moment("start", "Choose when the first run should be.")
        if "start" in self.problems:
            return None
        if start is None:
            return self._now
        if start > self._now + LATEST_START:
            self.problems["start"] = (
                "Globus takes a first run at most one year ahead. Choose an earlier date."
            )
        elif start < self._now - START_TOLERANCE:
            self.problems["start"] = (
                "This moment has passed. Choose a later one, or leave it empty to start now."
            )
        return start

    def _interval(self) -> timedelta | None:
        repeat = self._choice("repeat", Repeat, "Choose how often it should run.")
        if repeat is None or repeat is Repeat.ONCE:
            return None
        if repeat in INTERVALS:
            return INTERVALS[repeat]
        try:
            return read_interval(self._form.get("interval", ""))
        except ValueError:
            self.problems["interval"] = "Write an interval such as 6h, 1d12h or 2w."
            return None

    def _end(self) -> tuple[int | None, datetime | None]:
        end = (
            self._choice("end", Ending, "Choose when it should end.")
            if self._form.get("end")
            else Ending.NEVER
        )
        if end is Ending.RUNS:
            return self._runs(), None
        if end is Ending.DATE:
            self.required("end_date", "Choose when it should end.")
            return None, self._moment("end_date", "Choose when it should end.")
        return None, None

    def _runs(self) -> int | None:
        text = self._form.get("end_runs", "")
        if not re.fullmatch(r"\+?\d{1,9}", text, re.ASCII) or int(text) < 1:
            self.problems["end_runs"] = "Write how many times it should run: a whole number, 1 or more."
            return None
        return int(text)

    def _moment(self, key: str, message: str) -> datetime | None:
        text = self._form.get(key, "")
        if not text:
            return None
        try:
            return datetime.fromtimestamp(int(text), UTC)
        except (ValueError, OverflowError, OSError):
            self.problems[key] = message
            return None

    def _choice(self, key: str, choices: type[_Choice], message: str) -> _Choice | None:
        try:
            return choices(self._form.get(key, ""))
        except ValueError:
            self.problems[key] = message
            return None
