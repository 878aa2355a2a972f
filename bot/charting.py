"""The run chart: which runs it shows, what it says, and one picture for the same runs."""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol, TypeAlias

from bot.remembering import Latest
from bot.timers import Run, RunState

FEWEST_RUNS: Final = 2
"""One run is said faster than it is drawn."""

MOST_RUNS: Final = 50
"""More bars than this are a blur on a phone."""

PICTURES_REMEMBERED: Final = 500

_Key: TypeAlias = tuple[str, str, datetime, int]


@dataclass(frozen=True, slots=True)
class Chart:
    """The runs of a timer that are worth a picture: over, oldest first, two to fifty of them."""

    job_id: str
    runs: tuple[Run, ...]

    @property
    def title(self) -> str:
        """What stands above it; no words of anybody's, for which there may be no letters."""
        return f"The last {len(self.runs)} runs"

    @property
    def average_bytes(self) -> float | None:
        """How much the runs that succeeded moved on average; None if none did."""
        moved = [run.bytes_transferred for run in self._succeeded]
        return sum(moved) / len(moved) if moved else None

    @property
    def average_duration(self) -> timedelta | None:
        """How long the runs that succeeded took on average; None if that cannot be said."""
        took = [run.duration for run in self._succeeded if run.duration is not None]
        return sum(took, timedelta()) / len(took) if took else None

    def count(self, state: RunState) -> int:
        """Count the runs that ended so."""
        return sum(run.state is state for run in self.runs)

    @property
    def _succeeded(self) -> list[Run]:
        return [run for run in self.runs if run.state is RunState.SUCCEEDED]


def chart_of(job_id: str, *told: Iterable[Run]) -> Chart | None:
    """Choose the runs for a timer's chart; None if they are too few.

    Where several tell of the same run, the one that comes first is believed.
    """
    known: dict[datetime, Run] = {}
    for runs in told:
        for run in runs:
            known.setdefault(run.started_at, run)
    over = sorted((run for run in known.values() if run.is_over), key=lambda run: run.started_at)
    return Chart(job_id, tuple(over[-MOST_RUNS:])) if len(over) >= FEWEST_RUNS else None


class Draw(Protocol):
    """Draws runs."""

    def __call__(self, runs: Sequence[Run], *, title: str) -> bytes:
        """Give the picture of runs that are over, oldest first, as a PNG."""
        ...


class Uploads(Protocol):
    """Where pictures are kept so that a workspace can see them."""

    def upload(self, team_id: str, chart: Chart, picture: bytes) -> str:
        """Keep a picture, and give its file's ID; raises Problem."""
        ...


class Charting:
    """Gives the pictures of charts. Each is drawn and uploaded once, and remembered while the bot runs.

    One at a time: drawing takes a tenth of a second of a processor, and nobody waits for it.
    """

    def __init__(self, *, draw: Draw, uploads: Uploads, remembered: int = PICTURES_REMEMBERED) -> None:
        self._draw = draw
        self._uploads = uploads
        self._files: Latest[_Key, str] = Latest(remembered)
        self._turn = threading.Lock()

    def kept(self, team_id: str, chart: Chart) -> str | None:
        """Give the ID of the file if the picture is there already, which takes no call; None if it is not."""
        return self._files.get(_key(team_id, chart))

    def picture(self, team_id: str, chart: Chart) -> str:
        """Give the ID of the file with a chart's picture; raises Problem. Not for the event loop."""
        key = _key(team_id, chart)
        with self._turn:
            file_id = self._files.get(key)
            if file_id is None:
                drawn = self._draw(chart.runs, title=chart.title)
                file_id = self._uploads.upload(team_id, chart, drawn)
            self._files[key] = file_id
            return file_id


def _key(team_id: str, chart: Chart) -> _Key:
    return (team_id, chart.job_id, chart.runs[-1].started_at, len(chart.runs))
