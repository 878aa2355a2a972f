"""Steps of workflows that ask somebody to schedule a transfer.

A workflow's author may name anybody, so the bot never acts on the author's word: the person who is named
reviews the form and sends it in their own name, or declines, and then the workflow goes on.
"""

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from bot.accounts import SlackUser
from bot.entrances import read_link
from bot.errors import CannotPost, Problem, ServiceUnavailable
from bot.retrying import pause
from bot.schedule_fields import form_of_words
from bot.scheduling import RequestState, TimerRequest
from bot.wording import NotUnderstood

INPUTS: Final = (
    "person",
    "source",
    "source_path",
    "destination",
    "destination_path",
    "schedule",
    "name",
    "channel",
)
"""What a workflow gives, by the names in the manifest."""

PATIENCE: Final = timedelta(days=3)
"""How long the person who is named may take: over a weekend."""

LONGEST_DELAY: Final = timedelta(minutes=5)

GIVEN_UP: Final = timedelta(days=1)
"""A step whose end Slack could not be told by then is given up: nobody waits for it any more."""

REVIEWED: Final = frozenset({RequestState.REFUSED, RequestState.EXPIRED})
"""The ends of a request that became no timer."""


class StepState(StrEnum):
    """How far a step has come; a `told` one is kept for a while, since Slack may deliver its event again."""

    RECEIVED = "received"
    ASKED = "asked"
    ENDED = "ended"
    TOLD = "told"


OPEN: Final = frozenset({StepState.RECEIVED, StepState.ASKED})
"""The states in which it can be answered: its person may be quicker than the note that they were asked."""


@dataclass(frozen=True, slots=True)
class Ending:
    """What Slack is told of a step: what came of it, or an error in words.

    `is_declined` says that its person did not want to.
    """

    job_id: str = ""
    error: str = ""
    is_declined: bool = False

    def written(self) -> str:
        """Write it as JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, text: str) -> "Ending":
        """Read what was written."""
        return cls(**json.loads(text))


@dataclass(frozen=True, slots=True)
class Message:
    """Where a message is, in Slack's own words."""

    channel_id: str
    ts: str


@dataclass(frozen=True, slots=True)
class Step:
    """One run of the step in a workflow.

    `inputs` are the workflow's, by their names in the manifest. `request_id` is that of the request that it
    becomes when `person` sends the form. `message` is the one that asks them, once it is sent.
    """

    execution_id: str
    person: SlackUser
    request_id: str
    expires_at: datetime
    inputs: Mapping[str, str] = field(default_factory=dict)
    state: StepState = StepState.RECEIVED
    ending: Ending = Ending()
    attempts: int = 0
    due: datetime | None = None
    message: Message | None = None


class Steps(Protocol):
    """The steps under way."""

    async def accept(self, step: Step) -> None:
        """Keep a step on disk; one that is known already stays as it is."""
        ...

    async def find(self, execution_id: str) -> Step | None:
        """Give a step."""
        ...

    async def decline(self, step: Step, ending: Ending, *, at: datetime) -> bool:
        """End a step that waits for its person; False if it does not wait any more."""
        ...

    def wait(self, step: Step) -> None:
        """Let a step wait for its person: until its request is over, or it expires."""
        ...

    def save(self, step: Step) -> None:
        """Commit a step's new state."""
        ...


class StepNews(Protocol):
    """Speaks to people and to Slack."""

    def zone(self, person: SlackUser) -> str:
        """Give the IANA name of a person's time zone."""
        ...

    def ask(self, step: Step) -> Message:
        """Ask the person to review; raises CannotPost or ServiceUnavailable."""
        ...

    def end(self, step: Step) -> None:
        """Tell Slack and the person how a step ended; raises ServiceUnavailable.

        A refusal is final, and only noted.
        """
        ...


class Workflows:
    """Takes steps, asks the people whom they name, and tells Slack how they end."""

    def __init__(
        self,
        *,
        steps: Steps,
        news: StepNews,
        request: Callable[[str], TimerRequest | None],
        app_hosts: frozenset[str],
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
        wake: Callable[[], None],
    ) -> None:
        self._steps = steps
        self._news = news
        self._request = request
        self._app_hosts = app_hosts
        self._clock = clock
        self._new_id = new_id
        self._wake = wake

    async def receive(self, execution_id: str, person: SlackUser, inputs: Mapping[str, str]) -> None:
        """Keep a step that a workflow has come to; the workers see to it."""
        now = self._clock()
        step = Step(execution_id, person, self._new_id(), now + PATIENCE, inputs, due=now)
        await self._steps.accept(step)
        self._wake()

    async def review(
        self, execution_id: str, person: SlackUser, *, zone: tzinfo
    ) -> tuple[Step, dict[str, str]]:
        """Give a step that waits for this person, and the form that it fills in; raises Problem."""
        step = await self._waiting(execution_id, person)
        return step, read_inputs(step.inputs, app_hosts=self._app_hosts, now=self._clock(), zone=zone)

    async def decline(self, execution_id: str, person: SlackUser, *, name: str) -> None:
        """End a step that waits for this person; raises Problem."""
        step = await self._waiting(execution_id, person)
        await self._steps.decline(step, Ending(error=f"{name} declined.", is_declined=True), at=self._clock())
        self._wake()

    def work(self, step: Step) -> None:
        """Take a step as far as it goes now."""
        try:
            match step.state:
                case StepState.RECEIVED:
                    self._ask(step)
                case StepState.ASKED:
                    self._look(step)
                case _:
                    self._news.end(step)
                    self._steps.save(replace(step, state=StepState.TOLD, due=None))
        except ServiceUnavailable as problem:
            self._later(step, problem)

    async def _waiting(self, execution_id: str, person: SlackUser) -> Step:
        step = await self._steps.find(execution_id)
        if step is None or step.person != person or step.state not in OPEN:
            raise Problem(
                "This workflow does not wait for you any more.", "`/schedule-transfer` still works."
            )
        return step

    def _ask(self, step: Step) -> None:
        zone = ZoneInfo(self._news.zone(step.person))
        try:
            read_inputs(step.inputs, app_hosts=self._app_hosts, now=self._clock(), zone=zone)
            message = self._news.ask(step)
        except CannotPost as problem:
            self._end(step, Ending(error=f"I cannot write to the person of “person”: {problem.reason}."))
        except ServiceUnavailable:
            raise
        except Problem as problem:
            self._end(step, Ending(error=str(problem)))
        else:
            self._steps.wait(replace(step, message=message))

    def _look(self, step: Step) -> None:
        """See what became of the request, now that it is over or the step has waited long enough."""
        request = self._request(step.request_id)
        if request and request.job_id:
            self._end(step, Ending(job_id=request.job_id))
        elif request and request.state in REVIEWED:
            self._end(step, Ending(error=f"It was not scheduled. {request.reason}".strip()))
        elif self._clock() >= step.expires_at:
            self._end(step, Ending(error="Nobody scheduled it in time."))
        else:
            self._steps.wait(step)

    def _end(self, step: Step, ending: Ending) -> None:
        self._steps.save(replace(step, state=StepState.ENDED, ending=ending, attempts=0, due=self._clock()))

    def _later(self, step: Step, problem: ServiceUnavailable) -> None:
        """Try again later; what Slack could not be told for a day is given up."""
        now = self._clock()
        if now >= step.expires_at + GIVEN_UP:
            self._steps.save(replace(step, state=StepState.TOLD, due=None))
            return
        delay = pause(step.attempts, longest=LONGEST_DELAY, retry_after=problem.retry_after)
        self._steps.save(replace(step, attempts=step.attempts + 1, due=now + delay))


def read_inputs(
    inputs: Mapping[str, str], *, app_hosts: frozenset[str], now: datetime, zone: tzinfo
) -> dict[str, str]:
    """Give the form's fields that a workflow's inputs fill in; raises Problem that names the input."""
    form = _side(inputs, "source", app_hosts) | _side(inputs, "destination", app_hosts)
    try:
        fields = form_of_words(inputs.get("schedule", ""), now=now, zone=zone)
    except NotUnderstood as problem:
        raise Problem(f"I cannot read “schedule”: {problem.happened}", problem.next_step) from problem
    plain = {"name": inputs.get("name", ""), "announce_in": inputs.get("channel", "")}
    return {name: value for name, value in (form | plain | fields).items() if value}


def _side(inputs: Mapping[str, str], side: str, app_hosts: frozenset[str]) -> dict[str, str]:
    """Read one side: a collection's UUID or a link of the file manager; a path of its own counts more."""
    given = inputs.get(side, "").strip().strip("<>").partition("|")[0]
    form = read_link(given, app_hosts=app_hosts, side=side)
    try:
        form = form or {f"{side}_collection": str(uuid.UUID(given))}
    except ValueError:
        raise Problem(
            f"“{side}” is neither a collection's UUID nor a link of the Globus file manager.",
            "Correct the workflow's step.",
        ) from None
    ours = {name: value for name, value in form.items() if name.startswith(side)}
    path = inputs.get(f"{side}_path", "").strip()
    return ours | ({f"{side}_path": path} if path else {})
