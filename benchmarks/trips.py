"""Round trips to Globus until a timer exists: the bot's, and those of Globus's own command line."""

import asyncio
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any, Final

from benchmarks.bench import Bench, Extent
from benchmarks.load import over_http
from benchmarks.messages import PEOPLE, submission
from benchmarks.servers import NotStarted, bot, inherited
from benchmarks.tables import Table
from bot.sandbox.globus.collections import SHARED
from bot.sandbox.globus.identities import COMMAND_LINE_CLIENT

Json = dict[str, Any]

CREATE: Final = "POST /v2/timer"
_PATIENCE: Final = 60.0
_EACH: Final = 0.3
"""How long each call takes, in seconds."""


async def trips(bench: Bench, extent: Extent) -> Sequence[Table]:
    """Make a timer each way, the second time, when tokens are at hand."""
    del extent
    bench.globus.take(_EACH)  # so that it shows which calls wait for which
    rows = [
        _row("bot, from the form to the timer", await by_bot(bench)),
        _row("globus timer create transfer", await asyncio.to_thread(by_command_line, bench)),
    ]
    bench.globus.take(0)
    columns = ("who", "calls", "one after another", "which")
    return (Table("Round trips to Globus until the timer exists", columns, rows),)


def _row(who: str, calls: Sequence[Json]) -> Sequence[str]:
    return (who, str(len(calls)), str(one_after_another(calls)), "; ".join(_counted(calls)))


def _counted(calls: Sequence[Json]) -> Iterator[str]:
    for method, count in Counter(one["method"] for one in calls).items():
        yield f"{count}x {method}" if count > 1 else method


async def by_bot(bench: Bench) -> Sequence[Json]:
    """Give the calls of the bot for a linked person with all consents, up to the timer's creation."""
    async with bot(bench.slack, bench.prepared, bench.place("trips"), over_socket=False) as server:
        ask = over_http(server.port, submission())
        found: Sequence[Json] = ()
        for number in range(2):
            before = last(bench)
            if not await ask(PEOPLE * (20_000 + number)):
                raise NotStarted("a form was not taken")
            found = await asyncio.to_thread(_until_created, bench, before)
        return found


def by_command_line(bench: Bench) -> Sequence[Json]:
    """Give the calls of the `globus` program, signed in, for the same timer."""
    found: Sequence[Json] = ()
    for number in range(2):
        before = last(bench)
        places = (f"{SHARED.id}:/data/run-001/", f"{SHARED.id}:/data/by-command-line-{number}/")
        _globus(bench, bench.folder, "timer", "create", "transfer", *places, "--stop-after-runs", "1")
        found = _until_created(bench, before)
    return found


def last(bench: Bench) -> int:
    """Give the number of the last call that Globus knows of."""
    calls = bench.globus.calls()
    return int(calls[-1]["number"]) if calls else 0


def one_after_another(calls: Sequence[Mapping[str, Any]]) -> int:
    """Count the calls of the longest chain in which each began after the one before had its answer."""
    chain, free = 0, 0.0
    for begin, end in sorted(((one["at"], one["at"] + one["took_ms"] / 1000) for one in calls), key=_second):
        if begin >= free:
            chain, free = chain + 1, end
    return chain


def _second(pair: tuple[float, float]) -> float:
    return pair[1]


def _until_created(bench: Bench, before: int) -> Sequence[Json]:
    until = perf_counter() + _PATIENCE
    while perf_counter() < until:
        calls = bench.globus.calls(before)
        for number, one in enumerate(calls):
            if one["method"] == CREATE and "took_ms" in one:
                return calls[: number + 1]
    raise NotStarted("no timer was made")


def _globus(bench: Bench, home: Path, *words: str) -> None:
    program = Path(sys.executable).with_name("globus")
    services = {name: value for name, value in bench.prepared.settings.items() if "SERVICE_URL" in name}
    environment = {
        **inherited(),
        **services,
        "HOME": str(home),
        "GLOBUS_CLI_CLIENT_ID": COMMAND_LINE_CLIENT.client_id,
        "GLOBUS_CLI_CLIENT_SECRET": COMMAND_LINE_CLIENT.secret or "",
    }
    command = [str(program), *words]
    subprocess.run(command, env=environment, check=True, capture_output=True)  # noqa: S603 - a known program
