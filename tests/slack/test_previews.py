"""Whatever Globus or a workflow says, what is drawn of it stays within what Slack takes."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from bot.accounts import SlackUser
from bot.sandbox.slack.limits.surfaces import message_problems, view_problems
from bot.slack.unfurling import BUTTON_VALUE, Posted, preview_blocks, previews_setting, question
from bot.slack.workflows import asking
from bot.timers import Inactivity, Run, RunState, Timer, TimerStatus
from bot.unfurling import Choice, Place, PlacesPreview, Preview, TaskPreview, TimerPreview
from bot.workflows import INPUTS, Step

NOW = datetime(2026, 11, 25, tzinfo=UTC)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=300) | st.sampled_from("&<*`ü🔬").map(
    lambda one: one * 5000
)
runs = st.builds(
    Run,
    st.just(NOW),
    state=st.sampled_from(RunState),
    ended_at=st.none() | st.just(NOW + timedelta(days=3)),
    files=st.integers(0, 10**12),
    bytes_transferred=st.integers(0, 10**20),
    faults=st.integers(0, 10**9),
    problem=texts,
)
timers = st.builds(
    Timer,
    st.just("j1"),
    texts,
    st.none() | st.just(NOW),
    st.sampled_from(TimerStatus),
    st.none() | st.builds(Inactivity, st.booleans()),
    interval=st.none() | st.integers(60, 10**7).map(lambda seconds: timedelta(seconds=seconds)),
)
places = st.none() | st.builds(Place, texts, texts)
previews: st.SearchStrategy[Preview] = (
    st.builds(TaskPreview, texts, runs, texts, texts)
    | st.builds(TimerPreview, timers)
    | st.builds(PlacesPreview, st.just("https://app.globus.org/?" + "x" * BUTTON_VALUE), places, places)
    | st.builds(PlacesPreview, st.just("https://app.globus.org/file-manager"), places, places)
)


@given(previews)
def test_every_preview_fits(preview: Preview) -> None:
    assert message_problems(preview_blocks(preview)) == []


@given(st.lists(texts, max_size=5))
def test_the_question_fits_and_its_button_knows_the_message_or_nothing(links: list[str]) -> None:
    posted = Posted("C1.1.2", "C1", "", tuple(links))
    _, blocks = question(posted)

    assert message_problems(blocks) == []
    assert Posted.read(posted.written()) in {posted, None}


@pytest.mark.parametrize("choice", [None, *Choice])
def test_the_setting_fits_the_home_tab(choice: Choice | None) -> None:
    assert view_problems({"type": "home", "blocks": [previews_setting(choice)]}) == []


@given(st.dictionaries(st.sampled_from(INPUTS), texts))
def test_the_message_of_a_workflow_fits(inputs: dict[str, str]) -> None:
    text, blocks = asking(Step("Fx1", SlackUser("T1", "U1"), "r1", NOW, inputs))

    assert message_problems(blocks) == []
    assert len(text) < 4000


def test_a_workflow_cannot_write_links_or_mentions() -> None:
    hostile = "<!channel> <https://evil.example|click>"
    _, blocks = asking(Step("Fx1", SlackUser("T1", "U1"), "r1", NOW, dict.fromkeys(INPUTS, hostile)))

    assert "<!channel>" not in str(blocks)
    assert "<https://evil" not in str(blocks)
