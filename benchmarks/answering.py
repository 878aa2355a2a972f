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

LIMITS: Final = {"AsyncApp + views.open": "command", "AsyncApp + one row": "submission"}
"""Bare apps that do what a bot cannot leave out, and with which kind of message they do it."""

APPS: Final = ("Bolt, Flask, gunicorn", REFERENCE)
BARE: Final = (*APPS, *LIMITS)
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
    """What came of the rounds of one case; `busy` is the server's CPU time for each answer, in seconds."""

    loads: list[Load] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Running:
    """A server, and how to send it messages of a kind."""

    server: Server
    ask: Callable[[Kind], Ask]


async def measured(bench: Bench, extent: Extent) -> Mapping[Case, Found]:
    """Measure every arrangement in turn, each started anew, and all of that in several rounds."""
    found: dict[Case, Found] = {}
    for _ in range(extent.rounds):
        for name in (CEILING, *BARE) if extent.limits else APPS:
            kinds = [LIMITS[name]] if name in LIMITS else list(KINDS)
            async with _bare_app(bench, name) as running:
                await _drive(running, found, extent, name, NO_GLOBUS, kinds)
        for delay in extent.delays:
            bench.globus.take(DELAYS[delay])
            for name in (HTTP, SOCKET):
                async with _bot(bench, name) as running:
                    await _drive(running, found, extent, name, delay, list(KINDS))
        bench.globus.take(0)
    return found


async def _drive(
    running: _Running, found: dict[Case, Found], extent: Extent, name: str, globus: str, kinds: Sequence[str]
) -> None:
    for kind in kinds:
        ask = running.ask(KINDS[kind]())
        for at_once in extent.at_once:
            before = running.server.busy()
            load = await driven(ask, at_once=at_once, seconds=extent.seconds)
            into = found.setdefault(Case(kind, globus, at_once, name), Found())
            into.loads.append(load)
            into.busy.append((running.server.busy() - before) / max(load.sent, 1))


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
        _summary(found, "Throughput as a share of the bare app's", _ratio),
        _summary(found, "The bare app's CPU time for each answer, as a share of this one's", _thrift),
    )


def _summary(
    found: Mapping[Case, Found], title: str, share: Callable[[Case, Mapping[Case, Found]], float]
) -> Table:
    cases = sorted(found, key=_order)
    delays = {case.globus: None for case in cases if case.globus != NO_GLOBUS}
    names = [(name, delay) for name in (HTTP, SOCKET) for delay in delays]
    rows = []
    for kind, at_once in {(case.kind, case.at_once): None for case in cases}:
        limits = [Case(kind, NO_GLOBUS, at_once, name) for name, does in LIMITS.items() if does == kind]
        shares = [number(share(case, found)) for case in limits if case in found]
        bots = [Case(kind, delay, at_once, name) for name, delay in names]
        late = sum(load.late for case in bots for load in found[case].loads)
        limit = shares[0] if shares else NO_GLOBUS
        rows.append((kind, str(at_once), limit, *(number(share(case, found)) for case in bots), str(late)))
    columns = ("message", "at once", "limit", *(f"{name}, {delay}" for name, delay in names), "late")
    return Table(title, columns, rows)


def _bare(case: Case, found: Mapping[Case, Found]) -> Found:
    """Give the bare app under the same load; nothing where it was not measured."""
    return found.get(Case(case.kind, NO_GLOBUS, case.at_once, REFERENCE), Found())


def _ratio(case: Case, found: Mapping[Case, Found]) -> float:
    """Give the share of the bare app's throughput in the same round."""
    pairs = zip(found[case].loads, _bare(case, found).loads, strict=False)
    return median([one.throughput / other.throughput for one, other in pairs if other.throughput])


def _thrift(case: Case, found: Mapping[Case, Found]) -> float:
    """Give what the bare app needs of the processor for each answer, as a share of what this one needs."""
    needs = median(found[case].busy)
    return median(_bare(case, found).busy) / needs if needs else 0.0


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
        number(_ratio(case, found)),
        number(_thrift(case, found)),
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
