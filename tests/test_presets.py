"""A form filled in again: what it keeps, and what time has taken from it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from bot.forms import form_of, read_plan
from bot.planning import Location, Plan, Source
from bot.presets import RESERVED, PresetNameRefused, _name, folded, form_again
from bot.schedules import Schedule
from tests.test_forms import plans

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
A, B = "aaaaaaaa-0000-4000-8000-000000000001", "bbbbbbbb-0000-4000-8000-000000000002"


def plan(schedule: Schedule) -> Plan:
    return Plan(Source(A, ("/data/",)), Location(B, "/archive/"), schedule, "C1", announce_thread="1.2")


def test_a_start_that_has_passed_becomes_now() -> None:
    form = form_again(plan(Schedule(NOW - timedelta(hours=1), timedelta(days=1))), now=NOW)

    assert "start" not in form
    assert read_plan(form, now=NOW).schedule == Schedule(NOW, timedelta(days=1))


def test_an_end_that_has_passed_has_to_be_said_again() -> None:
    long_ago = Schedule(NOW - timedelta(days=9), timedelta(days=1), until=NOW - timedelta(days=2))
    form = form_again(plan(long_ago), now=NOW)

    assert form["end"] == "date"
    assert "end_date" not in form


def test_the_thread_of_the_first_announcement_is_not_the_next_ones() -> None:
    assert "announce_thread" not in form_again(plan(Schedule(NOW)), now=NOW)


@given(plans())
def test_nothing_else_is_lost(given_plan: Plan) -> None:
    now = given_plan.schedule.start - timedelta(seconds=1)
    kept = {key: value for key, value in form_of(given_plan).items() if key != "announce_thread"}

    assert form_again(given_plan, now=now) == kept


@pytest.mark.parametrize("name", ["", "  ", "x" * 41, *RESERVED, "HELP"])
def test_a_name_that_cannot_be_typed_behind_the_command_is_refused(name: str) -> None:
    with pytest.raises(PresetNameRefused):
        _name(name)


@given(st.text(max_size=60))
def test_a_name_that_is_kept_is_found_however_it_is_typed(text: str) -> None:
    try:
        name = _name(text)
    except PresetNameRefused:
        return
    assert folded(f"  {name} ") == folded(text) == folded(name)
