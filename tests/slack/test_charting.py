"""The chart in words, and a picture that Slack does not show at once."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies as st
from slack_sdk.errors import SlackApiError

from bot.accounts import SlackUser
from bot.charting import Chart, Charting, chart_of
from bot.errors import CannotPost, Problem, ServiceUnavailable
from bot.sandbox.slack.limits.surfaces import view_problems
from bot.slack.blocks import Block, modal
from bot.slack.charting import ALT_TEXT, Charts, chart_block, in_words
from bot.timers import Run, RunState

ADA = SlackUser("T0000000001", "U0000000001")
JOB = "aaaaaaaa-0000-4000-8000-000000000001"
START = datetime(2026, 11, 1, 2, 30, tzinfo=UTC)


def run(number: int, state: RunState = RunState.SUCCEEDED, *, moved: int = 3_400_000_000) -> Run:
    at = START + timedelta(days=number)
    return Run(at, state=state, ended_at=at + timedelta(minutes=2), bytes_transferred=moved)


RUNS = [run(3), run(2, RunState.FAILED, moved=0), run(1)]


class Shelf:
    """Takes what is uploaded, or does not."""

    def __init__(self, problem: Problem | None = None) -> None:
        self.problem = problem

    def upload(self, team_id: str, chart: Chart, picture: bytes) -> str:  # noqa: ARG002 - as it is called
        if self.problem:
            raise self.problem
        return "F0000000001"


class Wall:
    """A view that shows a picture at the try that is given, and refuses it before."""

    def __init__(self, *, shows_at: int, refusal: str = "invalid_blocks") -> None:
        self.tries: list[Block] = []
        self._shows_at = shows_at
        self._refusal = refusal

    async def show(self, block: Block) -> None:
        self.tries.append(block)
        if len(self.tries) < self._shows_at:
            raise SlackApiError("no", {"ok": False, "error": self._refusal})  # type: ignore[no-untyped-call]


def added(wall: Wall, *, runs: Sequence[Run] = RUNS, problem: Problem | None = None, times: int = 1) -> None:
    async def add() -> None:
        for _ in range(times):
            await charts.add(ADA, JOB, runs, wall.show)

    with ThreadPoolExecutor(1) as executor:
        charting = Charting(draw=lambda runs, *, title: b"a picture", uploads=Shelf(problem))  # noqa: ARG005 - as it is called
        charts = Charts(
            charting=charting, stored=lambda _job, _most: [], executor=executor, waits=(0.0, 0.0, 0.0)
        )
        asyncio.run(add())


def test_a_chart_says_its_numbers_in_words() -> None:
    chart = chart_of(JOB, RUNS)

    assert chart
    assert in_words(chart) == (
        "A chart of 3 runs from 2026-11-02 02:30 UTC to 2026-11-04 02:30 UTC: "
        "3.4 GB in 2 minutes on average, 1 failed; the last moved 3.4 GB in 2 minutes."
    )


def test_a_chart_of_failures_says_so() -> None:
    chart = chart_of(JOB, [run(2, RunState.FAILED, moved=0), run(1, RunState.LOST, moved=0)])

    assert chart
    assert in_words(chart) == (
        "A chart of 2 runs from 2026-11-02 02:30 UTC to 2026-11-03 02:30 UTC: "
        "1 failed, 1 cannot be seen any more; the last failed, having moved 0 bytes in 2 minutes."
    )


ended_runs = st.builds(
    Run,
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - the zone is added
    state=st.sampled_from([RunState.SUCCEEDED, RunState.FAILED, RunState.LOST]),
    ended_at=st.none() | st.datetimes(datetime(2030, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - the zone is added
    bytes_transferred=st.integers(0, 2**63),
)


@given(st.lists(ended_runs, min_size=2, max_size=80, unique_by=lambda one: one.started_at))
def test_whatever_ran_the_picture_and_its_words_are_within_what_slack_takes(runs: list[Run]) -> None:
    chart = chart_of(JOB, runs)

    assert chart
    assert 0 < len(in_words(chart)) <= ALT_TEXT
    assert in_words(chart).isascii()
    assert view_problems(modal("details", "Timer", [chart_block(chart, "F0000000001")])) == []


def test_a_picture_is_shown_with_its_words() -> None:
    wall = Wall(shows_at=1)

    added(wall)

    [shown] = wall.tries
    assert shown["slack_file"] == {"id": "F0000000001"}
    assert shown["title"]["text"] == "The last 3 runs: 3.4 GB in 2 minutes on average, 1 failed"
    assert "3.4 GB in 2 minutes on average" in shown["alt_text"]
    assert shown["alt_text"].endswith(
        "One by one: 3.4 GB in 2 minutes; 0 bytes in 2 minutes, failed; 3.4 GB in 2 minutes."
    )


@pytest.mark.parametrize("refusal", ["invalid_blocks", "invalid_arguments"])
def test_a_picture_that_slack_looks_over_is_tried_again(refusal: str) -> None:
    wall = Wall(shows_at=3, refusal=refusal)

    added(wall)

    assert len(wall.tries) == 3


def test_a_picture_that_slack_never_shows_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")

    added(Wall(shows_at=100))

    assert "left out" in caplog.text


@pytest.mark.parametrize("runs", [[], [run(1)], [run(2, RunState.RUNNING), run(1)]])
def test_there_is_no_picture_of_less_than_two_runs(runs: list[Run]) -> None:
    wall = Wall(shows_at=1)

    added(wall, runs=runs)

    assert wall.tries == []


def test_a_missing_scope_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    wall = Wall(shows_at=1)

    added(wall, problem=CannotPost("No.", "", reason="missing_scope"), times=3)

    assert wall.tries == []
    assert caplog.text.count("files:write") == 1


def test_a_slack_that_does_not_answer_is_no_matter(caplog: pytest.LogCaptureFixture) -> None:
    wall = Wall(shows_at=1)

    added(wall, problem=ServiceUnavailable("Slack"))

    assert wall.tries == []
    assert not [record for record in caplog.records if record.levelname in {"WARNING", "ERROR"}]
