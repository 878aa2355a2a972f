"""The picture of runs."""

import io
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from PIL import Image

from bot.plotting.charting import draw, laid_out
from bot.timers import Run, RunState

START = datetime(2026, 11, 1, 2, 30, tzinfo=UTC)
TITLE = "The last runs"


def runs(count: int, *, every: timedelta = timedelta(days=1), failed: tuple[int, ...] = ()) -> list[Run]:
    return [
        Run(
            START + every * number,
            state=RunState.FAILED if number in failed else RunState.SUCCEEDED,
            ended_at=START + every * number + timedelta(seconds=90 + number),
            bytes_transferred=3_000_000_000 + number * 100_000_000,
        )
        for number in range(count)
    ]


def panels(shown: list[Run]) -> list[Axes]:
    return laid_out(shown, title=TITLE).axes


def bars(axes: Axes) -> list[Rectangle]:
    return [patch for patch in axes.patches if isinstance(patch, Rectangle)]


def dates(axes: Axes) -> list[str]:
    return [label.get_text() for label in axes.get_xticklabels()]


@pytest.mark.parametrize("count", [1, 2, 12, 50])
def test_a_chart_is_a_small_picture_twice_as_wide_as_high(count: int) -> None:
    drawn = draw(runs(count, failed=(1,)), title=TITLE)

    assert drawn.startswith(b"\x89PNG\r\n\x1a\n")
    assert len(drawn) < 60_000
    assert Image.open(io.BytesIO(drawn)).size == (1200, 600)


def test_the_same_runs_give_the_same_picture() -> None:
    assert draw(runs(5), title=TITLE) == draw(runs(5), title=TITLE)


def test_a_picture_says_nothing_but_what_it_shows() -> None:
    assert Image.open(io.BytesIO(draw(runs(2), title=TITLE))).info == {}


def test_each_run_has_a_bar_as_high_as_what_it_moved() -> None:
    moved, _ = panels(runs(12))

    assert [round(bar.get_height(), 1) for bar in bars(moved)] == [3 + n / 10 for n in range(12)]
    assert moved.get_title(loc="left") == "Moved, in GB"


def test_each_run_has_a_point_for_its_duration() -> None:
    _, took = panels(runs(12))

    [points] = took.collections
    assert len(np.asarray(points.get_offsets())) == 12
    assert took.get_title(loc="left") == "Took, in minutes"


def test_failed_runs_differ_by_colour_and_by_shape() -> None:
    moved, took = panels(runs(4, failed=(2,)))

    good, failed = took.collections
    assert len(np.asarray(good.get_paths()[0].vertices)) != len(np.asarray(failed.get_paths()[0].vertices))
    assert np.asarray(good.get_facecolor()).tolist() != np.asarray(failed.get_facecolor()).tolist()
    assert [bar.get_hatch() is not None for bar in bars(moved)] == [False, False, True, False]
    assert moved.get_legend_handles_labels()[1] == ["failed"]
    assert moved.get_legend()


def test_runs_that_all_succeeded_need_no_explanation() -> None:
    assert panels(runs(4))[0].get_legend() is None


def test_daily_runs_are_told_apart_by_their_day_in_utc() -> None:
    _, took = panels(runs(3))

    assert dates(took) == ["1 Nov", "2 Nov", "3 Nov"]
    assert took.get_xlabel() == "Start of each run, in UTC, 2026"


def test_hourly_runs_are_told_apart_by_their_hour_and_minute() -> None:
    _, took = panels(runs(2, every=timedelta(hours=1)))

    assert dates(took) == ["1 Nov\n02:30", "1 Nov\n03:30"]


def test_the_newest_of_many_runs_has_its_date_below() -> None:
    _, took = panels(runs(50))

    assert dates(took)[-1] == "20 Dec"
    assert len(dates(took)) <= 6


def test_runs_that_moved_nothing_are_drawn_on_the_ground() -> None:
    moved, _ = panels(
        [Run(START, state=RunState.FAILED), Run(START + timedelta(days=1), state=RunState.LOST)]
    )

    assert [bar.get_height() for bar in bars(moved)] == [0, 0]


def test_a_chart_without_a_run_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a run"):
        draw([], title=TITLE)


any_run = st.builds(
    Run,
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - the zone is added
    state=st.sampled_from([RunState.SUCCEEDED, RunState.FAILED, RunState.LOST]),
    bytes_transferred=st.integers(0, 2**63),
)


@settings(max_examples=20)
@given(
    st.lists(st.tuples(any_run, st.none() | st.integers(0, 10**7)), min_size=1, max_size=50),
    st.text(st.characters(max_codepoint=0x17F, exclude_categories=["C"])),
)
def test_whatever_ran_can_be_drawn(ran: list[tuple[Run, int | None]], title: str) -> None:
    shown = [
        Run(
            run.started_at,
            state=run.state,
            bytes_transferred=run.bytes_transferred,
            ended_at=None if seconds is None else run.started_at + timedelta(seconds=seconds),
        )
        for run, seconds in sorted(ran, key=lambda one: one[0].started_at)
    ]

    assert len(draw(shown, title=title)) < 60_000
