"""Which runs a chart shows, and that the same runs are drawn and uploaded once."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from bot.charting import MOST_RUNS, Chart, Charting, chart_of
from bot.errors import ServiceUnavailable
from bot.timers import Run, RunState

START = datetime(2026, 11, 1, 2, 30, tzinfo=UTC)
JOB = "aaaaaaaa-0000-4000-8000-000000000001"


def run(number: int, state: RunState = RunState.SUCCEEDED, *, moved: int = 1000, seconds: int = 60) -> Run:
    at = START + timedelta(days=number)
    return Run(at, state=state, ended_at=at + timedelta(seconds=seconds), bytes_transferred=moved)


def chart(*runs: Run) -> Chart:
    found = chart_of(JOB, runs)
    assert found
    return found


class Shelf:
    """Keeps what is uploaded."""

    def __init__(self) -> None:
        self.kept: list[tuple[str, bytes]] = []
        self.problem: Exception | None = None

    def upload(self, team_id: str, chart: Chart, picture: bytes) -> str:  # noqa: ARG002 - as it is called
        if self.problem:
            raise self.problem
        self.kept.append((team_id, picture))
        return f"F{len(self.kept):09}"


def draw(runs: Sequence[Run], *, title: str) -> bytes:
    return f"{title}: {len(runs)}".encode()


def test_a_single_run_is_no_chart() -> None:
    assert chart_of(JOB, [run(1)]) is None


def test_runs_that_go_on_are_not_in_the_chart() -> None:
    assert chart_of(JOB, [run(1), run(2, RunState.RUNNING)]) is None
    assert chart_of(JOB, [run(1), run(2, RunState.STUCK)]) is None


def test_a_chart_has_the_latest_runs_the_oldest_first() -> None:
    shown = chart(*(run(number) for number in reversed(range(MOST_RUNS + 5))))

    assert shown.runs[0] == run(5)
    assert shown.runs[-1] == run(MOST_RUNS + 4)
    assert len(shown.runs) == MOST_RUNS


def test_who_looked_last_is_believed() -> None:
    shown = chart_of(JOB, [run(1), run(2, RunState.FAILED)], [run(2), run(0)])

    assert shown
    assert shown.runs == (run(0), run(1), run(2, RunState.FAILED))


def test_averages_are_those_of_the_runs_that_succeeded() -> None:
    shown = chart(
        run(1, moved=1000, seconds=60), run(2, moved=3000, seconds=120), run(3, RunState.FAILED, moved=0)
    )

    assert shown.average_bytes == 2000
    assert shown.average_duration == timedelta(seconds=90)
    assert shown.count(RunState.FAILED) == 1


def test_runs_that_all_failed_have_no_average() -> None:
    shown = chart(run(1, RunState.FAILED), run(2, RunState.FAILED))

    assert shown.average_bytes is None
    assert shown.average_duration is None


def test_the_same_runs_are_uploaded_once() -> None:
    shelf = Shelf()
    charting = Charting(draw=draw, uploads=shelf)

    first = charting.picture("T1", chart(run(1), run(2)))
    again = charting.picture("T1", chart(run(1), run(2)))

    assert first == again
    assert shelf.kept == [("T1", b"The last 2 runs: 2")]


def test_a_new_run_and_another_workspace_have_pictures_of_their_own() -> None:
    shelf = Shelf()
    charting = Charting(draw=draw, uploads=shelf)

    files = [
        charting.picture("T1", chart(run(1), run(2))),
        charting.picture("T1", chart(run(1), run(2), run(3))),
        charting.picture("T2", chart(run(1), run(2))),
    ]

    assert len(set(files)) == 3


def test_what_could_not_be_uploaded_is_tried_again() -> None:
    shelf = Shelf()
    charting = Charting(draw=draw, uploads=shelf)
    shelf.problem = ServiceUnavailable("Slack")
    with pytest.raises(ServiceUnavailable):
        charting.picture("T1", chart(run(1), run(2)))

    shelf.problem = None

    assert charting.picture("T1", chart(run(1), run(2))) == "F000000001"


def test_the_picture_that_was_not_asked_for_longest_is_forgotten() -> None:
    shelf = Shelf()
    charting = Charting(draw=draw, uploads=shelf, remembered=2)
    for team in ("T1", "T2", "T1", "T3", "T1"):
        charting.picture(team, chart(run(1), run(2)))

    charting.picture("T2", chart(run(1), run(2)))

    assert [team for team, _ in shelf.kept] == ["T1", "T2", "T3", "T2"]
