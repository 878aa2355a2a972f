"""The run chart: how much a timer's runs moved and how long they took, as a picture.

Two panels above each other, because two scales in one are read wrongly; each run has the same room in them,
so that none hides another. Only matplotlib's object-oriented interface is used: pyplot keeps its figures in
a global place, and worker threads draw
(https://matplotlib.org/stable/gallery/user_interfaces/web_application_server_sgskip.html).
"""

import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import ScaledTranslation
from PIL import Image

from bot.timers import Run, RunState

WIDTH: Final = 8.0
HEIGHT: Final = 4.0
"""In inches; with the dots per inch it comes to 1200 by 600 pixels, which is sharp on a phone."""

DOTS_PER_INCH: Final = 150

PALETTE: Final = 64
"""Colours, shades of the edges included: the eye misses none, and the file is a third as large."""

LONGEST_TITLE: Final = 50
"""More does not fit above the picture."""

MARK: Final = 66
"""A mark's area, in square points."""

ABOVE: Final = 0.11
"""How far above its bar a mark floats, in inches."""

CROWD: Final = 25
"""With more runs than this, marks touch each other unless they are smaller."""

MOST_DATES: Final = 6
MOST_LINES: Final = 3
DAILY: Final = timedelta(hours=20)
"""Runs that are further apart than this are told apart by their day."""

_CARD: Final = "#ffffff"
_INK: Final = "#1d1c1d"
_PALE_INK: Final = "#55545a"
_LINES: Final = "#e3e3e8"
_DEEP: Final = "#25427a"

_COLOURS: Final = {
    RunState.SUCCEEDED: "#4a7fc4",
    RunState.FAILED: "#c8381a",
    RunState.LOST: "#85858c",
}
_MARKERS: Final = {RunState.SUCCEEDED: "o", RunState.FAILED: "X", RunState.LOST: "D"}
_NAMES: Final = {RunState.FAILED: "failed", RunState.LOST: "cannot be seen any more"}
_HATCHES: Final = {RunState.FAILED: "////", RunState.LOST: "...."}

_BYTES: Final = ((10**18, "EB"), (10**15, "PB"), (10**12, "TB"), (10**9, "GB"), (10**6, "MB"), (10**3, "kB"))
_TIMES: Final = ((86_400, "days"), (3600, "hours"), (60, "minutes"))

# Whoever runs the bot may have a style of their own for other work; here it would spoil the picture.
mpl.rcdefaults()
mpl.rcParams.update({"font.family": ["DejaVu Sans"], "hatch.linewidth": 1.4, "text.parse_math": False})


def draw(runs: Sequence[Run], *, title: str) -> bytes:
    """Draw runs that are over, oldest first, as a PNG of at most 60 kB, twice as wide as it is high.

    The same runs give the same bytes. Raises ValueError without a run.
    """
    figure = laid_out(runs, title=title)
    dots, written = io.BytesIO(), io.BytesIO()
    figure.savefig(dots, format="rgba")
    size = int(WIDTH * DOTS_PER_INCH), int(HEIGHT * DOTS_PER_INCH)
    drawn = Image.frombytes("RGBA", size, dots.getvalue()).convert("RGB")
    drawn.quantize(PALETTE).save(written, "png", optimize=True)
    return written.getvalue()


def laid_out(runs: Sequence[Run], *, title: str) -> Figure:
    """Lay the chart out; raises ValueError without a run."""
    if not runs:
        raise ValueError("a chart needs a run")
    figure = Figure(figsize=(WIDTH, HEIGHT), dpi=DOTS_PER_INCH, facecolor=_CARD)
    figure.text(0.085, 0.925, _shortened(title), fontsize=15, fontweight="bold", color=_INK)
    moved, took = figure.subplots(
        2,
        1,
        sharex=True,
        height_ratios=(3, 2),
        gridspec_kw={"left": 0.085, "right": 0.955, "top": 0.8, "bottom": 0.185, "hspace": 0.42},
    )
    _draw_bytes(figure, moved, runs)
    _draw_durations(took, runs)
    _date(took, [run.started_at.astimezone(UTC) for run in runs])
    return figure


def _draw_bytes(figure: Figure, axes: Axes, runs: Sequence[Run]) -> None:
    most = max(run.bytes_transferred for run in runs)
    divisor, unit = _unit(most, _BYTES, "bytes")
    heights = [run.bytes_transferred / divisor for run in runs]
    bars = axes.bar(range(len(runs)), heights, width=min(0.74, 0.13 * len(runs)), zorder=2)
    for bar, run in zip(bars, runs, strict=True):
        has_succeeded = run.state is RunState.SUCCEEDED
        bar.set(
            facecolor=_COLOURS[run.state] if has_succeeded else _CARD,
            edgecolor=_COLOURS[run.state],
            linewidth=1 if run.bytes_transferred else 0,
            hatch=_HATCHES.get(run.state),
        )
    _prepare(axes, f"Moved, in {unit}", highest=most / divisor)
    for state, name in _NAMES.items():
        marks = _mark(axes, runs, state, dict(enumerate(heights)))
        if marks:
            marks.set_offset_transform(axes.transData + ScaledTranslation(0, ABOVE, figure.dpi_scale_trans))
            marks.set_label(name)
    if axes.get_legend_handles_labels()[0]:
        _explain_marks(axes)


def _draw_durations(axes: Axes, runs: Sequence[Run]) -> None:
    """Join the runs that succeeded: how long a failure took says nothing about the others."""
    seconds = {place: run.duration.total_seconds() for place, run in enumerate(runs) if run.duration}
    longest = max(seconds.values(), default=0)
    divisor, unit = _unit(longest, _TIMES, "seconds")
    heights = {place: one / divisor for place, one in seconds.items()}
    joined = [place for place in _places(runs, RunState.SUCCEEDED) if place in heights]
    axes.plot(joined, [heights[place] for place in joined], color=_DEEP, linewidth=1.5, alpha=0.5, zorder=2)
    for state in _MARKERS:
        _mark(axes, runs, state, heights)
    _prepare(axes, f"Took, in {unit}", highest=longest / divisor)


def _mark(
    axes: Axes, runs: Sequence[Run], state: RunState, heights: Mapping[int, float]
) -> PathCollection | None:
    """Mark the runs in a state, if there are any: smaller where there are many, larger where it matters."""
    places = [place for place in _places(runs, state) if place in heights]
    if not places:
        return None
    area = MARK if len(runs) <= CROWD else MARK / 2
    return axes.scatter(
        places,
        [heights[place] for place in places],
        marker=_MARKERS[state],
        s=area if state is RunState.SUCCEEDED else area * 1.8,
        color=_DEEP if state is RunState.SUCCEEDED else _COLOURS[state],
        edgecolors=_CARD,
        linewidths=0.9,
        zorder=3,
        clip_on=False,
    )


def _explain_marks(axes: Axes) -> None:
    """Say what the marks of runs that did not succeed mean, above the panel on the right."""
    axes.legend(
        loc="lower right",
        bbox_to_anchor=(1.01, 1.0),
        ncols=len(_NAMES),
        frameon=False,
        fontsize=12,
        labelcolor=_PALE_INK,
        handletextpad=0.1,
        borderaxespad=0.1,
        columnspacing=1.2,
    )


def _prepare(axes: Axes, label: str, *, highest: float) -> None:
    """Leave of a panel only what helps to read it; `label` stands above it, where there is room for words."""
    axes.set_title(label, loc="left", fontsize=12.5, color=_PALE_INK, pad=7)
    axes.set_ylim(0, highest * 1.08 or 1)
    if highest:
        axes.yaxis.set_major_locator(
            MaxNLocator(MOST_LINES, steps=[1, 2, 5, 10], integer=highest >= MOST_LINES)
        )
    else:
        axes.set_yticks([0])
    axes.grid(axis="y", color=_LINES, linewidth=1, zorder=1)
    axes.tick_params(length=0, labelsize=12.5, labelcolor=_PALE_INK)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color("#b9b9c1")


def _date(axes: Axes, starts: Sequence[datetime]) -> None:
    """Say below the panel when some of the runs began; all of them would not fit."""
    gaps = [after - before for before, after in pairwise(starts)]
    form = "%d %b" if all(gap >= DAILY for gap in gaps) else "%d %b\n%H:%M"
    step = -(-len(starts) // MOST_DATES)
    places = range((len(starts) - 1) % step, len(starts), step)
    axes.set_xticks(places, [starts[place].strftime(form).lstrip("0") for place in places])
    axes.set_xlim(-0.6, len(starts) - 0.4)
    first, last = starts[0].year, starts[-1].year
    years = f"{first}" if first == last else f"{first} to {last}"
    axes.set_xlabel(f"Start of each run, in UTC, {years}", fontsize=12, color=_PALE_INK, labelpad=6)


def _places(runs: Sequence[Run], state: RunState) -> list[int]:
    return [place for place, run in enumerate(runs) if run.state is state]


def _unit(most: float, units: Iterable[tuple[int, str]], smallest: str) -> tuple[float, str]:
    """Give the unit in which the largest value is at least one."""
    return next(((size, name) for size, name in units if most >= size), (1, smallest))


def _shortened(title: str) -> str:
    said = " ".join(title.split())
    return said if len(said) <= LONGEST_TITLE else said[: LONGEST_TITLE - 1] + "…"
