"""The bot next to bare Bolt, on this machine, in one run.

    python -m benchmarks [--only answers] [--seconds 2] [--rounds 3] [--message command] [--markdown]

Every process that is measured has one core to itself, the load and the pretend services have the other.
"""

import asyncio
import os
import platform
import tempfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Final

import click

from benchmarks.answering import KINDS, measured, summaries, whole
from benchmarks.bench import FULL, QUICK, Bench, Extent, bench
from benchmarks.disk import disk
from benchmarks.globus import DELAYS
from benchmarks.screens import screens
from benchmarks.starting import starting
from benchmarks.tables import Table
from benchmarks.trips import trips
from bot.store.connecting import sqlite3
from bot.storing import now


async def answers(around: Bench, extent: Extent) -> Sequence[Table]:
    """Measure how fast Slack is answered, next to bare Bolt apps."""
    found = await measured(around, extent)
    return (whole(found), *summaries(found))


BENCHMARKS: Final[Mapping[str, Callable[[Bench, Extent], Awaitable[Sequence[Table]]]]] = {
    "disk": disk,
    "starting": starting,
    "trips": trips,
    "screens": screens,
    "answers": answers,
}


def machine() -> str:
    """Describe this machine and what runs on it, in one line."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    names = ("slack-bolt", "slack-sdk", "globus-sdk", "starlette", "uvicorn", "aiohttp")
    used = ", ".join(f"{name} {version(name)}" for name in names)
    return (
        f"{now():%Y-%m-%d %H:%M} UTC, {os.cpu_count()} CPUs ({platform.machine()}), load {load:.1f} before, "
        f"{platform.system()} {platform.release()}, Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}, {used}"
    )


async def run(names: Sequence[str], extent: Extent, draw: Callable[[Table], str]) -> None:
    """Run some benchmarks, and say what each found as soon as it is known."""
    with tempfile.TemporaryDirectory(prefix="transferbot-bench-", ignore_cleanup_errors=True) as folder:
        async with bench(Path(folder)) as around:
            for name in names:
                for found in await BENCHMARKS[name](around, extent):
                    click.echo(draw(found))


@click.command(help=(__doc__ or "").partition("\n")[0])
@click.option("--only", type=click.Choice(list(BENCHMARKS)), multiple=True, help="Only these; else all.")
@click.option("--seconds", type=float, help="How long each load lasts.")
@click.option("--rounds", type=int, help="Of how many rounds the median counts.")
@click.option("--message", type=click.Choice(list(KINDS)), multiple=True, help="Only these; else all.")
@click.option("--at-once", type=int, multiple=True, help="How many messages are under way at a time.")
@click.option("--globus", type=click.Choice(list(DELAYS)), multiple=True, help="How long its calls take.")
@click.option("--timers", type=int, help="How many timers somebody has who looks at them.")
@click.option("--quick", is_flag=True, help="As little of everything as shows that it works.")
@click.option("--markdown", is_flag=True, help="Write tables as Markdown.")
def main(  # noqa: D103 - the help says it
    *,
    only: tuple[str, ...],
    seconds: float | None,
    rounds: int | None,
    message: tuple[str, ...],
    at_once: tuple[int, ...],
    globus: tuple[str, ...],
    timers: int | None,
    quick: bool,
    markdown: bool,
) -> None:
    usual = QUICK if quick else FULL
    extent = replace(
        usual,
        seconds=usual.seconds if seconds is None else seconds,
        rounds=rounds or usual.rounds,
        messages=message,
        at_once=at_once or usual.at_once,
        delays=globus or usual.delays,
        timers=timers or usual.timers,
    )
    click.echo(machine() + "\n")
    asyncio.run(run(only or list(BENCHMARKS), extent, Table.markdown if markdown else Table.plain))


if __name__ == "__main__":
    main()
