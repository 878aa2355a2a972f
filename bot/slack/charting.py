"""The run chart in Slack: a picture that the bot uploads, and adds to a view that is open already."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Executor
from datetime import timedelta
from typing import Final

from slack_sdk.errors import SlackApiError

from bot.accounts import SlackUser
from bot.charting import MOST_RUNS, Chart, Charting, chart_of
from bot.errors import CannotPost, Problem
from bot.slack.blocks import Block, in_utc, plain, shortened
from bot.slack.posting import Poster
from bot.slack.runs import duration, size
from bot.timers import Run, RunState

WAITS: Final = (0.0, 1.0, 2.0, 4.0, 8.0)
"""Seconds before each try to show a picture: Slack looks a new file over first, a second or so."""

NOT_YET: Final = frozenset({"invalid_blocks", "invalid_arguments"})
"""What Slack says of a block with a file that it has not looked over (invalid slack file)."""

TITLE: Final = 2000
ALT_TEXT: Final = 1000
"""Of a file (`alt_txt` of https://docs.slack.dev/reference/methods/files.getUploadURLExternal)."""

NUMBERS: Final = 2000
"""Of an image block (https://docs.slack.dev/reference/block-kit/blocks/image-block)."""

_OTHERWISE: Final = {RunState.FAILED: "failed", RunState.LOST: "cannot be seen any more"}

log = logging.getLogger(__name__)


class ChartUploads:
    """Keeps pictures with Slack, shared with nobody: only who sees a view with one sees it.

    https://docs.slack.dev/reference/block-kit/composition-objects/slack-file-object
    """

    def __init__(self, *, poster: Poster) -> None:
        self._poster = poster

    def upload(self, team_id: str, chart: Chart, picture: bytes) -> str:
        """Keep a picture, and give its file's ID; raises Problem."""
        return self._poster.upload(
            team_id, picture, name="runs.png", title=chart.title, alt_text=in_words(chart)
        )


class Charts:
    """Adds the run chart to views. Whatever goes wrong, the view stays as it is.

    `stored` gives the latest runs that the bot knows of a timer, the newest first.
    """

    def __init__(
        self,
        *,
        charting: Charting,
        stored: Callable[[str, int], Sequence[Run]],
        executor: Executor,
        waits: Sequence[float] = WAITS,
    ) -> None:
        self._charting = charting
        self._stored = stored
        self._executor = executor
        self._waits = waits
        self._without_scope: set[str] = set()

    async def add(
        self,
        person: SlackUser,
        job_id: str,
        runs: Sequence[Run],
        show: Callable[[Block], Awaitable[object]],
    ) -> None:
        """Draw what is known of a timer's runs, and let it be shown; `runs` are those just looked at."""
        loop = asyncio.get_running_loop()
        block = await loop.run_in_executor(self._executor, self._block, person.team_id, job_id, runs)
        if block:
            await self._show(block, show)

    def kept(self, person: SlackUser, job_id: str, runs: Sequence[Run]) -> Block | None:
        """Give the chart as it was shown before; None if there is none yet. Not for the event loop."""
        chart = chart_of(job_id, runs, self._stored(job_id, MOST_RUNS))
        file_id = self._charting.kept(person.team_id, chart) if chart else None
        return chart_block(chart, file_id) if chart and file_id else None

    async def _show(self, block: Block, show: Callable[[Block], Awaitable[object]]) -> None:
        for wait in self._waits:
            await asyncio.sleep(wait)
            try:
                await show(block)
            except SlackApiError as error:
                if error.response.get("error") not in NOT_YET:
                    raise
            else:
                return
        log.info("Slack does not show a chart yet, so it is left out")

    def _block(self, team_id: str, job_id: str, runs: Sequence[Run]) -> Block | None:
        """Give the block with the picture; None if there is none."""
        chart = chart_of(job_id, runs, self._stored(job_id, MOST_RUNS))
        if chart is None:
            return None
        try:
            file_id = self._charting.picture(team_id, chart)
        except CannotPost as problem:
            self._explain(team_id, problem.reason)
            return None
        except Problem as problem:
            log.info("a chart could not be uploaded", extra={"reason": str(problem)})
            return None
        return chart_block(chart, file_id)

    def _explain(self, team_id: str, reason: str) -> None:
        """Log, once for a workspace, that it was set up before the bot made pictures."""
        if reason != "missing_scope":
            log.warning("Slack takes no charts", extra={"team": team_id, "reason": reason})
        elif team_id not in self._without_scope:
            self._without_scope.add(team_id)
            log.warning("no run charts: install the app again to grant files:write", extra={"team": team_id})


def chart_block(chart: Chart, file_id: str) -> Block:
    """Draw the picture with its numbers in words, above it and for those who cannot see it."""
    return {
        "type": "image",
        "slack_file": {"id": file_id},
        "title": plain(f"{chart.title}: {_on_average(chart)}", TITLE),
        "alt_text": shortened(f"{in_words(chart)} One by one: {_numbers(chart)}.", NUMBERS),
    }


def in_words(chart: Chart) -> str:
    """Say what a chart shows, in plain text of at most a thousand characters."""
    first, last = chart.runs[0], chart.runs[-1]
    said = (
        f"A chart of {len(chart.runs)} runs from {in_utc(first.started_at)} to {in_utc(last.started_at)}: "
        f"{_on_average(chart)}; {_last(last)}."
    )
    return shortened(said, ALT_TEXT)


def _numbers(chart: Chart) -> str:
    """Say what is drawn of each run."""
    return "; ".join(
        f"{size(run.bytes_transferred)}{_in(run.duration)}"
        + (f", {_OTHERWISE[run.state]}" if run.state in _OTHERWISE else "")
        for run in chart.runs
    )


def _on_average(chart: Chart) -> str:
    parts = []
    if chart.average_bytes is not None:
        parts.append(f"{size(chart.average_bytes)}{_in(chart.average_duration)} on average")
    for state, words in _OTHERWISE.items():
        count = chart.count(state)
        if count:
            parts.append(f"{count} {words}")
    return ", ".join(parts)


def _in(length: timedelta | None) -> str:
    return f" in {duration(length)}" if length is not None else ""


def _last(run: Run) -> str:
    moved = size(run.bytes_transferred) + _in(run.duration)
    match run.state:
        case RunState.SUCCEEDED:
            return f"the last moved {moved}"
        case RunState.FAILED:
            return f"the last failed, having moved {moved}"
    return "the last cannot be seen any more"
