"""Whatever a request holds, what is drawn of it stays within what Slack takes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings, strategies as st

from bot.accounts import Account, SlackUser
from bot.planning import (
    LONGEST_NAME,
    LONGEST_PATH,
    MOST_FILTERS,
    Filter,
    FilterMethod,
    Location,
    Option,
    Plan,
    Source,
    SyncLevel,
)
from bot.presets import LONGEST_PRESET_NAME, Channel, Preset, form_again
from bot.sandbox.slack.limits.surfaces import message_problems, view_is_too_large, view_problems
from bot.sandbox.slack.posting import UPDATE_TEXT
from bot.schedules import LATEST_START, MOST_RUNS, Schedule
from bot.scheduling import RequestState, TimerRequest
from bot.sign_ins import SignInLink
from bot.slack.announcing import announcement
from bot.slack.form import FormContext, form_view
from bot.slack.home import SHOWN
from bot.slack.home_view import home_view
from bot.slack.presets import name_view, preset_list, replace_view, saved_view
from bot.slack.preview import preview_of
from bot.slack.progress import progress_blocks, progress_view, summary
from bot.slack.scheduling import confirm_view

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ADA = SlackUser("T0000000001", "U0000000001")
ID = "aaaaaaaa-0000-4000-8000-000000000001"
LINK = SignInLink("s" * 32, "https://auth.globus.org/v2/oauth2/authorize?" + "x" * 2900)
APP_URL = "https://app.globus.org"
MANY = 50

# What Slack writes longer than it is (`&`, `<`, `>`), what ends its marks, and what is more than one byte.
awkward = st.sampled_from([*"&<>*`_~|@#ü界 🔬", "e\N{COMBINING ACUTE ACCENT}"])
characters = st.characters(exclude_categories=["C", "Zl", "Zp"])


def texts(most: int) -> st.SearchStrategy[str]:
    """Texts of up to `most` characters, many of them full to the brim with one."""
    full = awkward.map(lambda one: (one * most)[:most])
    return full | st.text(characters, max_size=most)


paths = texts(LONGEST_PATH - 1).map(lambda text: "/" + text)
items = st.lists(paths, min_size=1, max_size=5) | awkward.map(
    lambda one: [f"/{n}{one * LONGEST_PATH}"[:LONGEST_PATH] for n in range(MANY)]
)
names = texts(128)
filters = st.lists(
    st.builds(Filter, st.sampled_from(list(FilterMethod)), texts(1000).filter(bool)), max_size=3
) | awkward.map(lambda one: [Filter(FilterMethod.EXCLUDE, one * 140)] * MOST_FILTERS)


@st.composite
def schedules(draw: st.DrawFn) -> Schedule:
    interval = draw(st.none() | st.integers(60, 365 * 86400).map(lambda s: timedelta(seconds=s)))
    start = NOW + draw(st.integers(0, int(LATEST_START.total_seconds()))) * timedelta(seconds=1)
    ending = draw(st.sampled_from(["never", "runs", "date"])) if interval else "never"
    return Schedule(
        start=start,
        interval=interval,
        runs=draw(st.integers(1, MOST_RUNS)) if ending == "runs" else None,
        until=start + draw(st.integers(1, 10**8)) * timedelta(seconds=1) if ending == "date" else None,
    )


plans = st.builds(
    Plan,
    source=st.builds(Source, st.just(ID), items.map(tuple), names),
    destination=st.builds(Location, st.just(ID), paths, names),
    schedule=schedules(),
    announce_in=st.just("C0000000001"),
    name=texts(LONGEST_NAME),
    options=st.frozensets(st.sampled_from(list(Option))),
    sync_level=st.sampled_from(list(SyncLevel)),
    filters=filters.map(tuple),
    announce_thread=st.sampled_from(["", "1700000000.000001"]),
)
times = st.none() | st.just(NOW)
requests = st.builds(
    TimerRequest,
    request_id=st.just(ID),
    reference=st.just("abcdefgh"),
    person=st.just(ADA),
    plan=plans,
    received_at=st.just(NOW),
    state=st.sampled_from(list(RequestState)),
    due=times,
    job_id=st.none() | st.just(ID),
    next_run=times,
    reason=texts(5000),
    blamed_field=st.none() | st.sampled_from(["source_path", "destination_path", "repeat", "interval"]),
)


def check_view(view: dict[str, Any]) -> None:
    assert view_problems(view) == []
    assert not view_is_too_large(view)


@given(requests, st.none() | st.just(LINK))
def test_what_the_person_sees_of_a_request(request: TimerRequest, link: SignInLink | None) -> None:
    check_view(progress_view(request, link=link, app_url=APP_URL))
    assert message_problems(progress_blocks(request, link=link, app_url=APP_URL)) == []
    assert "…" not in summary(request.plan)[-1:]


@given(requests, names)
def test_what_the_team_sees_of_a_timer(request: TimerRequest, username: str) -> None:
    text, blocks = announcement(request, Account(ADA, ID, username), app_url=APP_URL)

    assert message_problems(blocks) == []
    assert 0 < len(text) <= UPDATE_TEXT


@given(plans, texts(3000), st.sampled_from(["UTC", "America/Chicago", "Pacific/Chatham"]))
def test_the_form_of_any_request(plan: Plan, problem: str, zone: str) -> None:
    filled = form_again(plan, now=NOW)
    opened = FormContext(ID, plan.announce_in, plan.announce_thread, zone).renewing(list(filled))
    preview = preview_of(filled, now=NOW, zone=ZoneInfo(zone).key)
    blamed = ("source_path", problem) if problem else None

    check_view(form_view(opened, filled=filled, preview=preview, problem=blamed, draft=True))


@given(plans)
def test_the_question_before_files_are_deleted(plan: Plan) -> None:
    check_view(confirm_view(plan, FormContext(ID)))


@given(st.lists(requests, max_size=SHOWN), st.none() | names.map(lambda name: Account(ADA, ID, name)))
@settings(max_examples=30)
def test_the_home_tab(latest: list[TimerRequest], account: Account | None) -> None:
    check_view(home_view(account, latest, help_text="help"))


@given(st.lists(plans, max_size=3), st.integers(0, 60), texts(LONGEST_PRESET_NAME).filter(str.strip))
@settings(max_examples=30)
def test_presets(some: list[Plan], count: int, name: str) -> None:
    presets = [
        Preset(Channel(ADA.team_id, "C0000000001"), name, form_again(plan, now=NOW), ADA, NOW)
        for plan in some
    ]
    listed = [replace(preset, name=name) for preset in presets for _ in range(count)]

    assert message_problems(preset_list(listed, ADA)[1]) == []
    check_view(name_view(ID, channel_id="C0000000001", suggested=name * 3))
    check_view(replace_view(ID, name, name))
    for preset in presets:
        check_view(saved_view(preset))


@pytest.mark.parametrize("mark", ["&", "<", "🔬"])
def test_a_summary_that_is_too_long_is_shortened_where_it_is_shown_and_not_cut_off(mark: str) -> None:
    plan = Plan(
        source=Source(ID, tuple(f"/{n}{mark * 998}" for n in range(MANY)), mark * 128),
        destination=Location(ID, "/" + mark * 999, mark * 128),
        schedule=Schedule(NOW, timedelta(days=1)),
        announce_in="C1",
        filters=(Filter(FilterMethod.EXCLUDE, mark * 140),) * MOST_FILTERS,
    )

    said = summary(plan)
    assert len(said) <= 3000
    assert said.count("`") % 2 == 0
    assert said.endswith("and 15 more")


def test_a_last_run_beyond_the_calendar_is_left_out_of_the_preview() -> None:
    said = preview_of({"repeat": "weekly", "end": "runs", "end_runs": "1000000"}, now=NOW, zone="UTC")

    assert "1,000,000 runs in all." in said
