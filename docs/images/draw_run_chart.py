"""Draws the example in the README: `python docs/images/draw_run_chart.py`."""  # noqa: INP001 - a script

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from bot.plotting.charting import draw
from bot.timers import Run, RunState

START: Final = datetime(2026, 11, 10, 2, 30, tzinfo=UTC)
GIGABYTES: Final = (2.9, 3.1, 3.2, 3.0, 3.4, 0.7, 3.5, 3.3, 3.8, 3.9, 3.7, 4.1, 4.3, 4.2)
MINUTES: Final = (12, 13, 13, 12, 14, 3, 15, 14, 16, 16, 15, 17, 22, 18)
FAILED: Final = 5


def example() -> list[Run]:
    """Give two weeks of nightly runs, one of which failed."""
    starts = [START + timedelta(days=day) for day in range(len(GIGABYTES))]
    return [
        Run(
            start,
            state=RunState.FAILED if day == FAILED else RunState.SUCCEEDED,
            ended_at=start + timedelta(minutes=MINUTES[day]),
            bytes_transferred=int(GIGABYTES[day] * 1_000_000_000),
        )
        for day, start in enumerate(starts)
    ]


if __name__ == "__main__":
    runs = example()
    Path(__file__).with_name("run-chart.png").write_bytes(draw(runs, title=f"The last {len(runs)} runs"))
