"""The steps around the one call that must not happen twice, without any wire."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.accounts import SlackUser
from bot.creating import LOOKING, MOST_CREATIONS, Creating
from bot.errors import OutcomeUnclear, Refused
from bot.planning import Location, Plan, Source
from bot.schedules import Schedule
from bot.scheduling import RequestState, TimerRequest
from bot.timers import Timer

ADA = SlackUser("T1", "U1")
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
TOMORROW = NOW + timedelta(days=1)
LOOKS = (timedelta(seconds=5), timedelta(seconds=30), timedelta(seconds=120))
REQUEST = TimerRequest(
    "r1",
    "abcdefgh",
    ADA,
    Plan(
        Source("a" * 36, ("/data/",), "Beamline"),
        Location("b" * 36, "/archive/", "Archive"),
        Schedule(NOW),
        announce_in="C1",
    ),
    NOW,
    state=RequestState.READY,
    due=NOW,
)


def timer(job_id: str = "job") -> Timer:
    return Timer(job_id, "name [abcdefgh]", next_run=TOMORROW)


@dataclass
class Globus:
    """What Globus has, and what it was asked."""

    timers: list[Timer] = field(default_factory=list)
    problem: Exception | None = None
    asked: list[str] = field(default_factory=list)

    def create(self, request: TimerRequest) -> Timer:
        assert request.state is RequestState.CREATING
        self.asked.append("create")
        if self.problem:
            raise self.problem
        return timer()

    def find(self, person: SlackUser, reference: str) -> list[Timer]:
        assert (person, reference) == (ADA, "abcdefgh")
        self.asked.append("find")
        return self.timers

    def delete(self, person: SlackUser, job_id: str) -> None:
        assert person == ADA
        self.asked.append(f"delete {job_id}")


class Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def globus() -> Globus:
    return Globus()


@pytest.fixture
def creating(globus: Globus, clock: Clock) -> Creating:
    return Creating(timers=globus, clock=clock, looks=LOOKS)


def test_the_intention_is_kept_before_the_call(creating: Creating) -> None:
    intended = creating.intend(REQUEST)

    assert intended == replace(
        REQUEST, state=RequestState.CREATING, due=NOW + timedelta(seconds=5), creations=1
    )
    assert creating.intend(intended).creations == 2


def test_a_made_timer_is_what_is_announced_next(creating: Creating, globus: Globus) -> None:
    intended = replace(creating.intend(REQUEST), reason="Creating it again.", attempts=3)

    created = creating.create(intended)

    assert (created.state, created.job_id, created.next_run) == (RequestState.CREATED, "job", TOMORROW)
    assert (created.due, created.reason, created.creations) == (NOW, "", 1)
    assert created.attempts == 0
    assert globus.asked == ["create"]


def test_an_unclear_outcome_is_a_state_and_no_second_call(
    creating: Creating, globus: Globus, clock: Clock
) -> None:
    globus.problem = OutcomeUnclear("Globus")
    intended = replace(creating.intend(REQUEST), looks=2)
    clock.now += timedelta(seconds=20)

    unclear = creating.create(intended)

    assert (unclear.state, unclear.reason, unclear.looks) == (RequestState.UNCLEAR, LOOKING, 0)
    assert (unclear.unclear_since, unclear.due) == (clock.now, clock.now + timedelta(seconds=5))
    assert globus.asked == ["create"]


def test_what_was_certainly_not_made_is_not_unclear(creating: Creating, globus: Globus) -> None:
    globus.problem = Refused("No.")

    with pytest.raises(Refused):
        creating.create(creating.intend(REQUEST))


def test_looks_come_at_their_moments_after_the_outcome_was_lost(creating: Creating, clock: Clock) -> None:
    unclear = replace(creating.unclear(creating.intend(REQUEST)), attempts=4)
    clock.now += timedelta(seconds=7)

    second = creating.look(unclear)
    assert (second.state, second.looks, second.due) == (RequestState.UNCLEAR, 1, NOW + timedelta(seconds=30))
    assert second.attempts == 0
    third = creating.look(second)
    assert (third.state, third.looks, third.due) == (RequestState.UNCLEAR, 2, NOW + timedelta(seconds=120))
    assert third.unclear_since == NOW


def test_a_clock_that_was_set_back_begins_the_grace_period_anew(creating: Creating, clock: Clock) -> None:
    unclear = creating.unclear(creating.intend(REQUEST))
    clock.now -= timedelta(hours=1)

    looked = creating.look(unclear)

    assert (looked.unclear_since, looked.due) == (clock.now, clock.now + timedelta(seconds=30))
    assert creating.look(replace(unclear, unclear_since=None)).due == clock.now + timedelta(seconds=30)


def test_only_after_the_last_look_is_it_made_once_more(creating: Creating, clock: Clock) -> None:
    unclear = replace(creating.unclear(creating.intend(REQUEST)), looks=2, attempts=4)
    clock.now += timedelta(seconds=121)

    ready = creating.look(unclear)

    assert (ready.state, ready.due, ready.looks, ready.creations) == (RequestState.READY, clock.now, 3, 1)
    assert ready.attempts == 0


def test_after_the_second_time_the_owner_decides(creating: Creating) -> None:
    unclear = replace(creating.unclear(REQUEST), looks=2, creations=MOST_CREATIONS)

    resting = creating.look(unclear)

    assert (resting.state, resting.due, resting.looks) == (RequestState.UNCLEAR, None, 3)
    assert resting.reason == (
        "Globus did not say whether the timer was made, and it is not among your timers. You can create it "
        "again without harm: should the first turn up as well, I delete one of them."
    )


def test_a_timer_that_is_there_is_adopted_and_those_that_are_too_many_go(
    creating: Creating, globus: Globus
) -> None:
    globus.timers = [timer("first"), timer("second"), timer("third")]

    created = creating.look(creating.unclear(creating.intend(REQUEST)))

    assert (created.state, created.job_id) == (RequestState.CREATED, "first")
    assert globus.asked == ["find", "delete second", "delete third"]


def test_a_replaced_timer_is_deleted_for_its_owner(creating: Creating, globus: Globus) -> None:
    creating.delete(ADA, "old")

    assert globus.asked == ["delete old"]


def test_a_request_that_was_sent_twice_is_swept_up_after(
    creating: Creating, globus: Globus, clock: Clock
) -> None:
    globus.timers = [timer("late"), timer("own"), timer("later")]
    announced = replace(REQUEST, state=RequestState.ANNOUNCED, job_id="own", creations=2)

    assert creating.sweep_at(announced) == clock.now + timedelta(minutes=10)
    assert creating.sweep_at(replace(announced, creations=1)) is None
    creating.sweep(announced)

    assert globus.asked == ["find", "delete late", "delete later"]


MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("schedule", "waited", "start"),
    [
        (Schedule(NOW), 5 * MINUTE, NOW),
        (Schedule(NOW), 6 * MINUTE, NOW + 6 * MINUTE),
        (Schedule(NOW, DAY), 3 * HOUR, NOW + 3 * HOUR),
        (Schedule(NOW + 5 * MINUTE, DAY), 3 * HOUR, NOW + 3 * HOUR),
        (Schedule(NOW + HOUR, DAY), 3 * HOUR, NOW + HOUR + DAY),
        (Schedule(NOW + HOUR, DAY, runs=3), 50 * HOUR, NOW + HOUR + 3 * DAY),
        (Schedule(NOW + HOUR, DAY), HOUR + DAY, NOW + HOUR + DAY),
        (Schedule(NOW + HOUR), 3 * HOUR, NOW + 3 * HOUR),
        (Schedule(NOW + DAY, DAY), 3 * HOUR, NOW + DAY),
        (Schedule(NOW + HOUR, HOUR, until=NOW + 3 * HOUR), 2 * HOUR + MINUTE, NOW + HOUR),
    ],
)
def test_a_request_that_waited_past_its_start_is_sent_with_one_that_globus_takes(
    creating: Creating, clock: Clock, schedule: Schedule, waited: timedelta, start: datetime
) -> None:
    clock.now += waited

    intended = creating.intend(replace(REQUEST, plan=replace(REQUEST.plan, schedule=schedule)))

    assert intended.plan.schedule == replace(schedule, start=start)


def test_the_start_stays_where_the_end_has_passed_too(creating: Creating, clock: Clock) -> None:
    schedule = Schedule(NOW, HOUR, until=NOW + 3 * HOUR)
    clock.now += 3 * HOUR

    intended = creating.intend(replace(REQUEST, plan=replace(REQUEST.plan, schedule=schedule)))

    assert intended.plan.schedule == schedule
