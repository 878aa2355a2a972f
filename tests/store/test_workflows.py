"""A step is due as soon as its request is over, by the request's own commit."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.accounts import SlackUser
from bot.store.port import Database, upsert
from bot.store.workflows import KEPT, StepStore
from bot.workflows import Ending, Message, Step, StepState

NOW = datetime(2026, 11, 25, tzinfo=UTC)
STEP = Step("Fx1", SlackUser("T1", "U1"), "r1", NOW + timedelta(days=3), {"name": "Nightly"}, due=NOW)

MESSAGE = Message("D1", "1.0")


@pytest.fixture
def steps(database: Database) -> StepStore:
    return _steps(database, NOW)


def _steps(database: Database, now: datetime) -> StepStore:
    return StepStore(database, clock=lambda: now, owner="one")


def _request(database: Database, state: str, due: str | None = "2026-11-25") -> None:
    """Keep a request as it is in this state, or change it."""
    words = ("reference", "team_id", "user_id", "plan", "received_at", "missing", "asked_for", "demanded")
    numbers = ("signed_out", "attempts", "creations", "looks")
    row: dict[str, object] = dict.fromkeys((*words, "answered", "reason"), "") | dict.fromkeys(numbers, 0)
    row |= {"request_id": "r1", "state": state, "due": due}
    database.write(lambda one: upsert(one, "requests", row, key=("request_id",)))


def _found(steps: StepStore) -> Step:
    found = asyncio.run(steps.find("Fx1"))
    assert found
    return found


def test_a_step_is_kept_as_it_is_and_only_once(steps: StepStore) -> None:
    asyncio.run(steps.accept(STEP))
    asyncio.run(steps.accept(replace(STEP, request_id="r2", inputs={})))

    assert _found(steps) == STEP
    assert steps.claim(limit=5) == [STEP]
    assert steps.claim(limit=5) == []


@pytest.mark.parametrize(
    ("state", "due", "is_over"),
    [
        ("announced", None, True),
        ("refused", None, True),
        ("expired", None, True),
        ("created", None, True),
        ("created", "2026-11-25", False),
        ("unclear", None, False),
    ],
)
def test_a_waiting_step_is_due_when_its_request_is_over(
    database: Database, steps: StepStore, state: str, due: str | None, *, is_over: bool
) -> None:
    asyncio.run(steps.accept(STEP))
    steps.wait(replace(STEP, message=MESSAGE))
    assert _found(steps).message == MESSAGE
    _request(database, "received")
    assert steps.claim(limit=5) == []

    _request(database, state, due)

    assert bool(steps.claim(limit=5)) is is_over


def test_a_request_that_was_over_before_the_step_waits_counts_too(
    database: Database, steps: StepStore
) -> None:
    asyncio.run(steps.accept(STEP))
    _request(database, "announced", None)

    steps.wait(STEP)

    assert _found(steps).due == NOW


def test_a_step_that_was_declined_does_not_wait_again(steps: StepStore) -> None:
    asyncio.run(steps.accept(STEP))
    steps.wait(STEP)
    waiting = _found(steps)

    assert asyncio.run(steps.decline(waiting, Ending(error="No."), at=NOW))
    assert not asyncio.run(steps.decline(waiting, Ending(error="No!"), at=NOW))
    steps.wait(waiting)
    assert (_found(steps).state, _found(steps).ending.error) == (StepState.ENDED, "No.")


def test_a_person_may_be_quicker_than_the_note_that_they_were_asked(steps: StepStore) -> None:
    asyncio.run(steps.accept(STEP))

    assert asyncio.run(steps.decline(STEP, Ending(error="No."), at=NOW))
    steps.wait(STEP)
    steps.save(replace(STEP, attempts=1, due=NOW + timedelta(seconds=1)))

    assert (_found(steps).state, _found(steps).ending.error) == (StepState.ENDED, "No.")


def test_what_slack_was_told_changes_no_more_and_is_forgotten_after_a_while(database: Database) -> None:
    steps = _steps(database, NOW)
    asyncio.run(steps.accept(STEP))
    steps.save(replace(STEP, state=StepState.TOLD, due=None))
    steps.save(replace(STEP, state=StepState.ENDED, due=NOW))
    assert _found(steps).state is StepState.TOLD

    later = _steps(database, STEP.expires_at + KEPT + timedelta(seconds=1))
    asyncio.run(later.accept(replace(STEP, execution_id="Fx2", request_id="r2")))
    assert asyncio.run(later.find("Fx1")) is None


def test_a_held_step_is_let_go_later_and_free_when_its_holder_is_dead(
    database: Database, dies: Callable[[str], None]
) -> None:
    dead = StepStore(database, clock=lambda: NOW, owner="another")
    asyncio.run(dead.accept(STEP))
    [held] = dead.claim(limit=1)
    dies("another")
    steps = _steps(database, NOW)
    steps.recover()
    assert steps.claim(limit=1) == [held]
    steps.postpone(held, until=NOW + timedelta(minutes=1))
    assert steps.claim(limit=1) == []
    steps.postpone(held, until=NOW)
    steps.claim(limit=1)
    steps.release(held)
    assert steps.claim(limit=1) == [held]
