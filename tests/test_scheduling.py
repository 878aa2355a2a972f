from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from bot.errors import FormProblems
from bot.schedules import Schedule
from bot.scheduling import Location, Plan, read_plan
from bot.slack.form import filled_from

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
A = "aaaaaaaa-0000-4000-8000-000000000001"
B = "bbbbbbbb-0000-4000-8000-000000000002"
GOOD = {
    "source_collection": A,
    "source_path": "/data/",
    "destination_collection": B,
    "destination_path": "/archive/",
    "repeat": "daily",
    "end": "never",
    "announce_in": "C1",
}


def problems(**changes: str) -> dict[str, str]:
    with pytest.raises(FormProblems) as refused:
        read_plan(GOOD | changes, now=NOW)
    return refused.value.by_field


def seconds(moment: datetime) -> str:
    return str(int(moment.timestamp()))


def test_a_good_form_becomes_a_plan() -> None:
    plan = read_plan(GOOD, now=NOW)

    assert plan == Plan(
        source=Location(A, "/data/"),
        destination=Location(B, "/archive/"),
        schedule=Schedule(start=NOW, interval=timedelta(days=1)),
        announce_in="C1",
    )


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"source_collection": "banana"}, "source_collection"),
        ({"destination_collection": ""}, "destination_collection"),
        ({"source_path": ""}, "source_path"),
        ({"source_path": "  "}, "source_path"),
        ({"source_path": "data"}, "source_path"),
        ({"source_path": "/a\n/b"}, "source_path"),
        ({"destination_path": "/" + "a" * 2000}, "destination_path"),
        ({"destination_collection": A, "destination_path": "/data"}, "destination_path"),
        ({"name": "x" * 65}, "name"),
        ({"repeat": ""}, "repeat"),
        ({"repeat": "custom", "interval": "banana"}, "interval"),
        ({"repeat": "custom", "interval": "30s"}, "interval"),
        ({"repeat": "custom", "interval": "366d"}, "interval"),
        ({"repeat": "custom"}, "interval"),
        ({"start": seconds(NOW + timedelta(days=730))}, "start"),
        ({"start": seconds(NOW - timedelta(hours=1))}, "start"),
        ({"start": "soon"}, "start"),
        ({"end": "runs", "end_runs": "0"}, "end_runs"),
        ({"end": "runs", "end_runs": "-1"}, "end_runs"),
        ({"end": "runs", "end_runs": "1.5"}, "end_runs"),
        ({"end": "runs"}, "end_runs"),
        ({"end": "runs", "end_runs": "99999999"}, "end_runs"),
        ({"end": "date"}, "end_date"),
        ({"end": "date", "end_date": seconds(NOW - timedelta(days=1))}, "end_date"),
        ({"announce_in": ""}, "announce_in"),
    ],
)
def test_a_bad_field_gets_its_own_message(changes: dict[str, str], field: str) -> None:
    assert set(problems(**changes)) == {field}


def test_every_bad_field_is_named_at_once() -> None:
    found = problems(source_path="", destination_path="", repeat="custom", interval="30s", announce_in="")

    assert set(found) == {"source_path", "destination_path", "interval", "announce_in"}


def test_a_transfer_that_happens_once_ignores_an_end_that_was_chosen_before() -> None:
    plan = read_plan(GOOD | {"repeat": "once", "end": "runs", "end_runs": "0"}, now=NOW)

    assert plan.schedule == Schedule(start=NOW)


def test_only_the_interval_of_a_custom_schedule_counts() -> None:
    assert read_plan(GOOD | {"interval": "banana"}, now=NOW).schedule.interval == timedelta(days=1)


@pytest.mark.parametrize(
    ("source", "destination", "expected"),
    [
        ("/data/", "/archive/", "/archive/"),
        ("/data/", "/archive", "/archive/"),
        ("/data/a.dat", "/archive/", "/archive/a.dat"),
        ("/data/a.dat", "/archive/b.dat", "/archive/b.dat"),
    ],
)
def test_a_folder_goes_to_a_folder_and_a_file_to_a_file(source: str, destination: str, expected: str) -> None:
    plan = read_plan(GOOD | {"source_path": source, "destination_path": destination}, now=NOW)

    assert plan.destination_path == expected


def test_a_plan_without_a_name_is_called_after_its_collections() -> None:
    plan = read_plan(GOOD | {"source_name": "Beamline", "destination_name": "Archive"}, now=NOW)

    assert plan.title == "Beamline to Archive"


def test_a_title_stays_within_its_limit_whatever_the_collections_are_called() -> None:
    plan = read_plan(GOOD | {"source_name": "x" * 200, "destination_name": "y" * 200}, now=NOW)

    assert len(plan.title) <= 64


moments = st.integers(min_value=61, max_value=364 * 86400).map(lambda s: NOW + timedelta(seconds=s))
paths = st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=20).map(
    lambda text: "/" + text
)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    interval = draw(st.none() | st.integers(60, 365 * 86400).map(lambda s: timedelta(seconds=s)))
    start = draw(moments)
    ending = draw(st.sampled_from(["never", "runs", "date"])) if interval else "never"
    return Plan(
        source=Location(A, draw(paths), "Beamline"),
        destination=Location(B, draw(paths), "Archive"),
        schedule=Schedule(
            start=start,
            interval=interval,
            runs=draw(st.integers(1, 1_000_000)) if ending == "runs" else None,
            until=start + draw(st.integers(1, 10**8)) * timedelta(seconds=1) if ending == "date" else None,
        ),
        announce_in="C1",
        name=draw(st.sampled_from(["", "Nightly"])),
    )


@given(plans())
def test_a_plan_put_back_into_the_form_and_read_again_is_the_same(plan: Plan) -> None:
    assert read_plan(filled_from(plan), now=NOW) == plan


@given(
    st.dictionaries(st.sampled_from([*GOOD, "interval", "start", "end_runs", "end_date", "name"]), st.text())
)
def test_whatever_is_filled_in_becomes_a_plan_or_messages(form: dict[str, str]) -> None:
    try:
        read_plan(GOOD | form, now=NOW)
    except FormProblems as refused:
        assert refused.by_field  # noqa: PT017 - either outcome is fine, no third is
