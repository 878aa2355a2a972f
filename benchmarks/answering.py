"""How fast the bot answers Slack, next to bare Bolt apps under the same load."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from benchmarks.bench import Bench, Extent
from benchmarks.globus import DELAYS
from benchmarks.load import Ask, Load, driven, median, over_http
from benchmarks.messages import Kind, command, options, submission
from benchmarks.servers import Server, bare, bot
from benchmarks.tables import Table, number

KINDS: Final[Mapping[str, Callable[[], Kind]]] = {
    "command": command,
    "submission": submission,
    "options": options,
}
REFERENCE: Final = "AsyncApp, uvicorn"
"""What the ratios are to."""

LIMIT: Final = "AsyncApp, the least"
"""The bare app that does what a bot cannot leave out, with commands and with submissions."""

APPS: Final = (REFERENCE, "Bolt, Flask, gunicorn")
BARE: Final = (*APPS, LIMIT)
CEILING: Final = "no app at all"
HTTP: Final = "bot, HTTP"
SOCKET: Final = "bot, Socket Mode"
NO_GLOBUS: Final = "-"


@dataclass(frozen=True, slots=True)
class Case:
    """What was measured: an arrangement under a load, while Globus takes its time."""

    kind: str
    globus: str
    at_once: int
    arrangement: str


@dataclass(slots=True)
class Found:
    """What came of the rounds of one case; `busy` is the server's CPU time for each answer, in seconds.

    `shares` are those of the bare app's throughput, and `thrift` those of its CPU time, each time as it was
    measured shortly before.
    """

    loads: list[Load] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)
    thrift: list[float] = field(default_factory=list)

    def add(self, load: Load, busy: float, bare: "Found") -> None:
        """Add a round, measured shortly after the bare app's last one."""
        self.loads.append(load)
        self.busy.append(busy)
        if bare.loads and bare.loads[-1].throughput and busy:
            self.shares.append(load.throughput / bare.loads[-1].throughput)
            self.thrift.append(bare.busy[-1] / busy)


@dataclass(frozen=True, slots=True)
class _Running:
    """A server, and how to send it messages of a kind."""

    server: Server
    ask: Callable[[Kind], Ask]


async def measured(bench: Bench, extent: Extent) -> Mapping[Case, Found]:
    """Measure every arrangement in turn, each started anew, in rounds; the bare app before each pair."""
    found: dict[Case, Found] = {}
    others = (*APPS[1:], CEILING, LIMIT) if extent.limits else APPS[1:]
    for _ in range(extent.rounds):
        for number_of_block, delay in enumerate(extent.delays):
            for name in (REFERENCE, *others) if number_of_block == 0 else (REFERENCE,):
                async with _bare_app(bench, name) as running:
                    await _drive(running, found, extent, name, NO_GLOBUS)
            bench.globus.take(DELAYS[delay])
            for name in (HTTP, SOCKET):
                async with _bot(bench, name) as running:
                    await _drive(running, found, extent, name, delay)
            bench.globus.take(0)
    return found


async def _drive(running: _Running, found: dict[Case, Found], extent: Extent, name: str, globus: str) -> None:
    for kind in extent.messages or KINDS:
        if name == LIMIT and kind == "options":
            continue
        ask = running.ask(KINDS[kind]())
        for at_once in extent.at_once:
            before = running.server.busy()
            load = await driven(ask, at_once=at_once, seconds=extent.seconds)
            busy = (running.server.busy() - before) / max(load.sent, 1)
            into = found.setdefault(Case(kind, globus, at_once, name), Found())
            into.add(load, busy, found[Case(kind, NO_GLOBUS, at_once, REFERENCE)])


@asynccontextmanager
async def _bare_app(bench: Bench, name: str) -> AsyncIterator[_Running]:
    async with bare(name, bench.slack, bench.place("bare")) as server:
        yield _Running(server, lambda kind: over_http(server.port, kind, answers=False))


@asynccontextmanager
async def _bot(bench: Bench, name: str) -> AsyncIterator[_Running]:
    over_socket = name == SOCKET
    running: AbstractAsyncContextManager[Server]
    running = bot(bench.slack, bench.prepared, bench.place("bot"), over_socket=over_socket)
    async with running as server:
        if over_socket:
            yield _Running(server, bench.slack.over_socket)
        else:
            yield _Running(server, lambda kind: over_http(server.port, kind))


def whole(found: Mapping[Case, Found]) -> Table:
    """Draw it: medians over the rounds, but of the longest the longest, and of what went wrong all."""
    rows = [_row(case, found) for case in sorted(found, key=_order)]
    columns = ("message", "Globus", "at once", "arrangement", "answers/s", "p50 ms", "p99 ms", "max ms")
    more = ("late", "bad", "CPU ms", "÷ bare", "by CPU")
    return Table("Answers to Slack", (*columns, *more), rows)


def summaries(found: Mapping[Case, Found]) -> Sequence[Table]:
    """Draw shares of the bare app's speed: of its throughput, and by the processor's time for each answer.

    With many at once both say the same, and the second is steadier where others use the machine.
    """
    return (
        _summary(found, "Throughput as a share of the bare app's", lambda one: one.shares),
        _summary(found, "Its CPU time for each answer as a share of this one's", lambda one: one.thrift),
    )


def _summary(found: Mapping[Case, Found], title: str, shares_of: Callable[[Found], Sequence[float]]) -> Table:
    cases = sorted(found, key=_order)
    delays = {case.globus: None for case in cases if case.globus != NO_GLOBUS}
    names = [(name, delay) for name in (HTTP, SOCKET) for delay in delays]
    rows = []
    for kind, at_once in {(case.kind, case.at_once): None for case in cases}:
        least = found.get(Case(kind, NO_GLOBUS, at_once, LIMIT))
        bots = [Case(kind, delay, at_once, name) for name, delay in names]
        late = sum(load.late for case in bots for load in found[case].loads)
        limit = number(median(shares_of(least))) if least else NO_GLOBUS
        rows.append(
            (kind, str(at_once), limit, *(number(median(shares_of(found[case]))) for case in bots), str(late))
        )
    columns = ("message", "at once", "limit", *(f"{name}, {delay}" for name, delay in names), "late")
    return Table(title, columns, rows)


def _row(case: Case, found: Mapping[Case, Found]) -> Sequence[str]:
    here, loads = found[case], found[case].loads
    return (
        case.kind,
        case.globus,
        str(case.at_once),
        case.arrangement,
        number(median([load.throughput for load in loads])),
        number(1000 * median([load.quantile(0.5) for load in loads])),
        number(1000 * median([load.quantile(0.99) for load in loads])),
        number(1000 * max(load.quantile(1) for load in loads)),
        str(sum(load.late for load in loads)),
        str(sum(load.bad for load in loads)),
        number(1000 * median(here.busy)),
        number(median(here.shares)),
        number(median(here.thrift)),
    )


def _order(case: Case) -> tuple[int, int, int, int]:
    arrangements = (CEILING, *BARE, HTTP, SOCKET)
    globus = (NO_GLOBUS, *DELAYS)
    return (
        list(KINDS).index(case.kind),
        case.at_once,
        globus.index(case.globus),
        arrangements.index(case.arrangement),
    )
