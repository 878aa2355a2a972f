"""A workflow's step asks its person, and ends once; whatever fails is tried again."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.accounts import SlackUser
from bot.errors import CannotPost, Problem, ServiceUnavailable
from bot.scheduling import TimerRequest
from bot.workflows import GIVEN_UP, PATIENCE, Ending, Message, Step, StepState, Workflows, read_inputs

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
ADA, GRACE = SlackUser("T1", "U1"), SlackUser("T1", "U2")
LEFT, RIGHT = "aaaaaaaa-0000-4000-8000-000000000001", "bbbbbbbb-0000-4000-8000-000000000002"
LINK = f"https://app.globus.org/file-manager?origin_id={LEFT}&origin_path=%2Fdata%2F"
HOSTS = frozenset({"app.globus.org"})
INPUTS = {"source": LEFT, "destination": RIGHT, "schedule": "daily at 02:30", "channel": "C1"}


class World:
    """One step, its person, and Slack."""

    def __init__(self) -> None:
        self.now = NOW
        self.kept: Step | None = None
        self.problem: Exception | None = None
        self.asked: list[str] = []
        self.told: list[Ending] = []
        self.workflows = Workflows(
            steps=self,
            news=self,
            request=self.request,
            app_hosts=HOSTS,
            clock=lambda: self.now,
            new_id=lambda: "r1",
            wake=lambda: None,
        )

    @property
    def step(self) -> Step:
        assert self.kept
        return self.kept

    def request(self, request_id: str) -> TimerRequest | None:
        assert request_id == "r1"
        return None

    async def accept(self, step: Step) -> None:
        self.kept = self.kept or step

    async def find(self, execution_id: str) -> Step | None:
        return self.kept if self.kept and self.kept.execution_id == execution_id else None

    async def decline(self, step: Step, ending: Ending, *, at: datetime) -> bool:
        self.kept = replace(step, state=StepState.ENDED, ending=ending, due=at)
        return True

    def wait(self, step: Step) -> None:
        self.kept = replace(step, state=StepState.ASKED, due=step.expires_at)

    def save(self, step: Step) -> None:
        self.kept = step

    def zone(self, person: SlackUser) -> str:
        del person
        return "Europe/Berlin"

    def ask(self, step: Step) -> Message:
        if self.problem:
            raise self.problem
        self.asked.append(step.person.user_id)
        return Message("D1", "1.0")

    def end(self, step: Step) -> None:
        if self.problem:
            raise self.problem
        self.told.append(step.ending)

    def receive(self, inputs: Mapping[str, str] = INPUTS) -> None:
        asyncio.run(self.workflows.receive("Fx1", ADA, inputs))

    def work(self) -> None:
        self.workflows.work(self.step)


@pytest.fixture
def world() -> World:
    return World()


def test_inputs_fill_in_the_form_in_the_persons_zone() -> None:
    inputs = INPUTS | {"source": f"<{LINK}|the data>", "destination_path": "/archive/", "name": "Nightly"}

    form = read_inputs(inputs, app_hosts=HOSTS, now=NOW, zone=BERLIN)

    assert form["source_collection"] == LEFT
    assert (form["source_path"], form["destination_path"]) == ("/data/", "/archive/")
    assert (form["destination_collection"], form["name"], form["announce_in"]) == (RIGHT, "Nightly", "C1")
    assert form["repeat"] == "daily"
    assert datetime.fromtimestamp(int(form["start"]), BERLIN).time().isoformat() == "02:30:00"


def test_a_link_for_the_destination_fills_in_the_destination_only() -> None:
    form = read_inputs(INPUTS | {"destination": LINK}, app_hosts=HOSTS, now=NOW, zone=BERLIN)

    assert (form["destination_collection"], form["destination_path"]) == (LEFT, "/data/")
    assert (form["source_collection"], form.get("source_path")) == (LEFT, None)


@pytest.mark.parametrize("name", ["source", "destination", "schedule"])
@pytest.mark.parametrize("given", ["", "nonsense", "https://evil.example/file-manager?origin_id=1"])
def test_a_bad_input_is_named(name: str, given: str) -> None:
    with pytest.raises(Problem, match=f"“{name}”"):
        read_inputs(INPUTS | {name: given}, app_hosts=HOSTS, now=NOW, zone=BERLIN)


def test_only_the_person_who_was_asked_may_review_or_decline(world: World) -> None:
    world.receive()
    world.work()
    answers: list[Callable[[], object]] = [
        lambda: asyncio.run(world.workflows.review("Fx1", GRACE, zone=BERLIN)),
        lambda: asyncio.run(world.workflows.decline("Fx1", GRACE, name="@grace")),
        lambda: asyncio.run(world.workflows.decline("Fx2", ADA, name="@ada")),
    ]

    for answer in answers:
        with pytest.raises(Problem, match="does not wait for you"):
            answer()
    step, form = asyncio.run(world.workflows.review("Fx1", ADA, zone=BERLIN))
    assert (step.request_id, form["source_collection"]) == ("r1", LEFT)


def test_a_step_that_is_over_cannot_be_answered(world: World) -> None:
    world.receive()
    world.work()
    asyncio.run(world.workflows.decline("Fx1", ADA, name="@ada"))

    with pytest.raises(Problem):
        asyncio.run(world.workflows.decline("Fx1", ADA, name="@ada"))
    world.work()
    assert world.told == [Ending(error="@ada declined.", is_declined=True)]
    assert world.step.state is StepState.TOLD


def test_nobody_is_asked_what_cannot_be_read(world: World) -> None:
    world.receive(INPUTS | {"source": "the beamline"})
    world.work()
    world.work()

    assert world.asked == []
    assert "“source”" in world.told[0].error


def test_a_person_who_cannot_be_written_to_ends_the_step(world: World) -> None:
    world.problem = CannotPost("No.", "", reason="user_not_found")
    world.receive()
    world.work()

    assert (world.step.state, "“person”" in world.step.ending.error) == (StepState.ENDED, True)


def test_slack_is_asked_again_later_and_not_for_ever(world: World) -> None:
    world.problem = ServiceUnavailable("Slack", retry_after=30)
    world.receive()
    world.work()
    assert (world.step.state, world.step.due) == (StepState.RECEIVED, NOW + timedelta(seconds=30))

    world.now = NOW + PATIENCE + GIVEN_UP
    world.work()
    assert (world.step.state, world.step.due) == (StepState.TOLD, None)


def test_a_step_that_nobody_answers_fails_after_three_days(world: World) -> None:
    world.receive()
    world.work()
    world.work()
    assert world.step.state is StepState.ASKED

    world.now = NOW + PATIENCE
    world.work()
    world.work()
    assert world.told == [Ending(error="Nobody scheduled it in time.")]
