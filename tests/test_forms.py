from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from bot.errors import FormProblems
from bot.forms import form_of, read_filters, read_plan
from bot.planning import (
    DEFAULT_OPTIONS,
    Filter,
    FilterMethod,
    Item,
    Location,
    Option,
    Plan,
    Source,
    SyncLevel,
)
from bot.schedule_fields import SCHEDULE_FIELDS
from bot.schedules import Schedule

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
        source=Source(A, ("/data/",)),
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
        ({"source_path": "/data/a\x00b"}, "source_path"),
        ({"source_path": "/data/\n/old/data/"}, "source_path"),
        ({"source_path": "/data/../secret/"}, "source_path"),
        ({"destination_collection": A, "destination_path": "/data/copy/"}, "destination_path"),
        ({"destination_collection": A, "destination_path": "/", "source_path": "/a.dat"}, "destination_path"),
        ({"source_path": "\n".join(f"/{n}{'a' * 990}/" for n in range(4))}, "source_path"),
        ({"filters": "\n".join(f"{n:02}{'a' * 140}" for n in range(20))}, "filters"),
        ({"filters": "exclude a/b"}, "filters"),
        ({"filters": "\n".join(["*.tmp"] * 21)}, "filters"),
        ({"filters": "*.tmp", "source_path": "/data/a.dat"}, "filters"),
        ({"options": "banana"}, "options"),
        ({"options": "delete_destination_extra", "source_path": "/data/a.dat"}, "options"),
        ({"sync_level": "banana"}, "sync_level"),
        ({"repeat": "custom", "interval": "every 6h until yesterday"}, "interval"),
        ({"repeat": "custom", "interval": "every 6h 3 times", "end": "runs", "end_runs": "4"}, "interval"),
        ({"destination_path": "/" + "a" * 1001}, "destination_path"),
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


def test_words_that_say_once_have_no_end_whatever_its_fields_hold() -> None:
    once = {"repeat": "custom", "interval": "once tomorrow 9am", "end": "runs", "end_runs": "5"}

    assert read_plan(GOOD | once, now=NOW).schedule == Schedule(start=datetime(2026, 11, 25, 9, tzinfo=UTC))


def test_only_the_interval_of_a_custom_schedule_counts() -> None:
    assert read_plan(GOOD | {"interval": "banana"}, now=NOW).schedule.interval == timedelta(days=1)


@pytest.mark.parametrize(
    ("source", "destination", "items"),
    [
        ("/data/", "/archive/", [("/data/", "/archive/")]),
        ("/data/", "/archive", [("/data/", "/archive/")]),
        ("/data/a.dat", "/archive/", [("/data/a.dat", "/archive/a.dat")]),
        ("/data/a.dat", "/archive/b.dat", [("/data/a.dat", "/archive/b.dat")]),
        (
            "/data/a.dat\n /data/run/ ",
            "/archive",
            [("/data/a.dat", "/archive/a.dat"), ("/data/run/", "/archive/run/")],
        ),
    ],
)
def test_a_folder_goes_to_a_folder_and_a_file_to_a_file(
    source: str, destination: str, items: list[tuple[str, str]]
) -> None:
    plan = read_plan(GOOD | {"source_path": source, "destination_path": destination}, now=NOW)

    assert list(plan.items) == [Item(*item) for item in items]


def test_as_many_paths_are_read_as_a_field_of_slack_holds() -> None:
    paths = [f"/data/{number:03d}" for number in range(300)]
    assert read_plan(GOOD | {"source_path": "\n".join(paths)}, now=NOW).source.paths == tuple(paths)

    assert "at most 3,000 characters" in problems(source_path="\n".join([*paths, "/data/300"]))["source_path"]


def test_what_is_not_said_is_as_the_command_line_has_it() -> None:
    plan = read_plan(GOOD, now=NOW)

    assert (plan.options, plan.sync_level, plan.filters) == (DEFAULT_OPTIONS, SyncLevel.ALWAYS, ())
    assert read_plan(GOOD | {"options": "none"}, now=NOW).options == frozenset()


def test_filters_are_read_a_line_each() -> None:
    assert read_filters("*.tmp\n+ *.dat\n\nINCLUDE  my file \n- cache/") == (
        Filter(FilterMethod.EXCLUDE, "*.tmp"),
        Filter(FilterMethod.INCLUDE, "*.dat"),
        Filter(FilterMethod.INCLUDE, "my file"),
        Filter(FilterMethod.EXCLUDE, "cache/"),
    )


def test_words_may_say_the_whole_schedule() -> None:
    words = {"repeat": "custom", "interval": "every 6h starting tomorrow at 9, 3 times"}
    plan = read_plan(GOOD | words, now=NOW)

    assert plan.schedule == Schedule(datetime(2026, 11, 25, 9, tzinfo=UTC), timedelta(hours=6), runs=3)


def test_a_plan_without_a_name_is_called_after_its_collections() -> None:
    plan = read_plan(GOOD | {"source_name": "Beamline", "destination_name": "Archive"}, now=NOW)

    assert plan.title == "Beamline to Archive"


def test_a_title_stays_within_its_limit_whatever_the_collections_are_called() -> None:
    plan = read_plan(GOOD | {"source_name": "x" * 200, "destination_name": "y" * 200}, now=NOW)

    assert len(plan.title) <= 64


moments = st.integers(min_value=61, max_value=364 * 86400).map(lambda s: NOW + timedelta(seconds=s))
names = st.text(st.characters(categories=["L", "N", "P"], exclude_characters="/"), min_size=1, max_size=20)
paths = names.filter(lambda name: name != "..").map(lambda name: "/" + name)
filters = st.builds(
    Filter,
    st.sampled_from(list(FilterMethod)),
    st.sampled_from(["*.tmp", "cache/", "my file", "include", "include x", "+x", "[ab]*"]),
)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    interval = draw(st.none() | st.integers(60, 365 * 86400).map(lambda s: timedelta(seconds=s)))
    start = draw(moments)
    ending = draw(st.sampled_from(["never", "runs", "date"])) if interval else "never"
    folder = draw(paths) + "/"
    more = draw(st.lists(paths, max_size=4, unique=True).filter(lambda some: folder[:-1] not in some))
    return Plan(
        source=Source(A, (folder, *more), "Beamline"),
        destination=Location(B, draw(paths), "Archive"),
        schedule=Schedule(
            start=start,
            interval=interval,
            runs=draw(st.integers(1, 1_000_000)) if ending == "runs" else None,
            until=start + draw(st.integers(1, 10**8)) * timedelta(seconds=1) if ending == "date" else None,
        ),
        announce_in="C1",
        name=draw(st.sampled_from(["", "Nightly"])),
        options=draw(st.frozensets(st.sampled_from(list(Option)))),
        sync_level=draw(st.sampled_from(list(SyncLevel))),
        filters=tuple(draw(st.lists(filters, max_size=20))),
        announce_thread=draw(st.sampled_from(["", "1700000000.000001"])),
    )


@given(plans())
def test_a_plan_put_back_into_the_form_and_read_again_is_the_same(plan: Plan) -> None:
    assert read_plan(form_of(plan), now=NOW) == plan


@given(
    st.dictionaries(
        st.sampled_from([*GOOD, *SCHEDULE_FIELDS, "name", "options", "sync_level", "filters"]), st.text()
    )
)
def test_whatever_is_filled_in_becomes_a_plan_or_messages(form: dict[str, str]) -> None:
    try:
        read_plan(GOOD | form, now=NOW)
    except FormProblems as refused:
        assert refused.by_field  # noqa: PT017 - either outcome is fine, no third is
