"""How long a start takes, and how much memory a bot holds, idle and under load."""

from collections.abc import Sequence

from benchmarks.answering import APPS, KINDS
from benchmarks.bench import Bench, Extent
from benchmarks.load import driven, median, over_http
from benchmarks.servers import Server, bare, bot
from benchmarks.tables import Table, number

_STARTS = 3


async def starting(bench: Bench, extent: Extent) -> Sequence[Table]:
    """Start everything a few times; the bot counts as started when it says that it is ready."""
    rows = [await _row(bench, extent, name) for name in (*APPS, "bot, HTTP", "bot, Socket Mode")]
    columns = ("process", "start s", "idle MB", "after load MB")
    return (Table("Start and memory", columns, rows),)


async def _row(bench: Bench, extent: Extent, name: str) -> Sequence[str]:
    starts, idle, loaded = [], 0.0, 0.0
    for number_of_start in range(min(_STARTS, extent.rounds)):
        place = bench.place("start")
        is_bot = name.startswith("bot")
        running = (
            bot(bench.slack, bench.prepared, place, over_socket="Socket" in name)
            if is_bot
            else bare(name, bench.slack, place)
        )
        async with running as server:
            starts.append(server.starting)
            if number_of_start == 0:
                idle = server.memory()
                await _load(bench, extent, server, name)
                loaded = server.memory()
    return (name, number(median(starts)), number(idle), number(loaded))


async def _load(bench: Bench, extent: Extent, server: Server, name: str) -> None:
    for kind in KINDS.values():
        ask = (
            bench.slack.over_socket(kind())
            if "Socket" in name
            else over_http(server.port, kind(), answers=name.startswith("bot"))
        )
        await driven(ask, at_once=max(extent.at_once), seconds=extent.seconds)
