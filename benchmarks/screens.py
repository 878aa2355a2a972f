"""How fast somebody with many timers sees them: the list of a channel, their own, and the Home tab."""

import asyncio
import itertools
from collections.abc import Sequence
from time import perf_counter

from benchmarks.bench import Bench, Extent
from benchmarks.load import Load, over_http
from benchmarks.messages import PEOPLE, command, home, submission
from benchmarks.servers import NotStarted, bot
from benchmarks.tables import Table, number

_NUMBERS = (PEOPLE * one for one in itertools.count(10_000))
"""Messages of one and the same person."""

_PATIENCE = 600.0
_LONGEST = 30.0
_LOOKING = 0.05


async def screens(bench: Bench, extent: Extent) -> Sequence[Table]:
    """Let one person make many timers, and look at them again and again."""
    async with bot(bench.slack, bench.prepared, bench.place("screens"), over_socket=False) as server:
        made = await _make(bench, server.port, extent.timers)
        listed = await _answered(bench, server.port, "list", extent.looks)
        own = await _answered(bench, server.port, "status", extent.looks)
        first, live = await _home(bench, server.port, extent.looks)
    rows = [
        _row("a request, from the form to the announcement, many at once", made),
        _row("`list`, from the command to the answer", listed),
        _row("`status`, from the command to what is known", own),
        _row("the Home tab, from the event to what is known at Slack", first),
        _row("the Home tab, from the event to what Globus says at Slack", live),
    ]
    return (Table(f"With {extent.timers} timers", ("what", "count", "p50 ms", "p99 ms", "max ms"), rows),)


def _row(name: str, load: Load) -> Sequence[str]:
    shares = (load.quantile(0.5), load.quantile(0.99), load.quantile(1))
    return (name, f"{len(load.took):,}", *(number(1000 * share) for share in shares))


async def _make(bench: Bench, port: int, count: int) -> Load:
    ask, begun, before = over_http(port, submission(later=True)), [], bench.slack.calls["chat.postMessage"]
    ended: list[float] = []
    bench.slack.heard = lambda method, at: ended.append(at) if method == "chat.postMessage" else None
    for _ in range(count):
        begun.append(perf_counter())
        if not await ask(next(_NUMBERS)):
            raise NotStarted("a form was not taken")
    until = perf_counter() + _PATIENCE
    while bench.slack.calls["chat.postMessage"] - before < count:
        if perf_counter() > until:
            raise NotStarted("not all timers were announced")
        await asyncio.sleep(_LOOKING)
    bench.slack.heard = lambda _method, _at: None
    took = [end - start for start, end in zip(begun, ended, strict=False)]
    return Load(took, 0, ended[-1] - begun[0])


async def _answered(bench: Bench, port: int, word: str, looks: int) -> Load:
    url = bench.slack.api_url + "respond"
    ask = over_http(port, command(word, response_url=url, is_good=lambda answer: b"Nightly" in answer))
    took, bad, begun = [], 0, perf_counter()
    for _ in range(looks):
        sent = perf_counter()
        bad += not await ask(next(_NUMBERS))
        took.append(perf_counter() - sent)
    if bad:
        raise NotStarted(f"{bad} answers to {word} show no timers")
    return Load(took, bad, perf_counter() - begun)


async def _home(bench: Bench, port: int, looks: int) -> tuple[Load, Load]:
    ask, seen = over_http(port, home()), asyncio.Queue[float]()
    bench.slack.heard = lambda method, at: seen.put_nowait(at) if method == "views.publish" else None
    known, live, begun = [], [], perf_counter()
    for _ in range(looks):
        sent = perf_counter()
        if not await ask(next(_NUMBERS)):
            raise NotStarted("the event was not taken")
        async with asyncio.timeout(_LONGEST):
            known.append(await seen.get() - sent)
            live.append(await seen.get() - sent)
    bench.slack.heard = lambda _method, _at: None
    return Load(known, 0, perf_counter() - begun), Load(live, 0, perf_counter() - begun)
