"""Two workers at once: with one token, with one queue; and one of them dies with work in its hands."""

import random
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Final

import pytest

from bot.scheduling import RequestState, TimerRequest
from bot.store.queue import LEASE
from bot.store.scheduling import RequestStore
from bot.working import Line, Workers
from tests.faults.bench import ADA, Bench, bench
from tests.faults.table import Place, Row

AT_ONCE: Final = 8
REFRESH: Final = "POST /v2/oauth2/token"
OFTEN: Final = 5
"""How often each item of a queue becomes due again before it rests."""

PATIENCE: Final = 60.0


def one_token(place: Place) -> Row:
    """Let many threads need the same token at the moment it is due."""
    rounds = place.times(20, 500)
    with pytest.MonkeyPatch.context() as patched, bench(place.folder, patched, seconds=20) as one:
        refreshes = [_refreshed_by_many(one) for _ in range(rounds)]
    return Row(
        "eight workers need the same token at the moment it is due",
        f"{rounds} times",
        {"refreshes": sum(refreshes)},
        {"refreshes beyond the one": [count for count in refreshes if count != 1]},
    )


def _refreshed_by_many(one: Bench) -> int:
    one.age_tokens()
    before = one.calls()[REFRESH]
    together = threading.Barrier(AT_ONCE)

    def need() -> None:
        together.wait()
        with one.clients.timers(ADA) as timers:
            timers.list_jobs()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for done in [pool.submit(need) for _ in range(AT_ONCE)]:
            done.result()
    return one.calls()[REFRESH] - before


def one_queue(place: Place) -> Row:
    """Let two owners work off one queue, and a third die with work in its hands."""
    items = place.times(40, 1000)
    with pytest.MonkeyPatch.context() as patched, bench(place.folder, patched) as one:
        for number in range(items):
            one.ask(number)
        taken, overlaps = _worked_by_two(one, items)
        early, late, stolen = _left_by_the_dead(one, items)
    short = [number for number, times in taken.items() if times != OFTEN]
    return Row(
        "two owners share one queue; a third dies with ten items in its hands",
        f"{items} items, {OFTEN} times each",
        {"pieces of work": taken.total()},
        {
            "worked twice at the same time": overlaps,
            "not worked as often as due": [*short, *range(items - len(taken))],
            "taken before the holder was dead": early,
            "left behind by the dead": late,
            "let go by the dead": stolen,
        },
    )


def _worked_by_two(one: Bench, items: int) -> tuple[Counter[str], list[str]]:
    """Give how often each item was worked, and which were worked by two at once."""
    one.ahead = timedelta()
    lock, busy, overlaps, taken = threading.Lock(), set[str](), list[str](), Counter[str]()
    chance = random.Random(1)  # noqa: S311 - pauses

    def line(store: RequestStore) -> Line[TimerRequest]:
        def work(request: TimerRequest) -> None:
            key = request.request_id
            with lock:
                if key in busy:
                    overlaps.append(key)
                busy.add(key)
                taken[key] += 1
                is_last = taken[key] == OFTEN
            time.sleep(chance.uniform(0, 0.004))
            store.save(replace(request, due=None if is_last else one.clock()))
            with lock:
                busy.discard(key)

        return Line("requests", store, work)

    stores = [RequestStore(one.database, clock=one.clock, owner=name) for name in ("first", "second")]
    pair = [Workers([line(store)], clock=one.clock, threads=4) for store in stores]
    for workers in pair:
        workers.start()
    until = time.monotonic() + PATIENCE
    while taken.total() < items * OFTEN and time.monotonic() < until:
        time.sleep(0.05)
    for workers in pair:
        workers.stop(seconds=10)
    one.now, one.ahead = one.clock(), None
    return taken, overlaps


def _left_by_the_dead(one: Bench, items: int) -> tuple[list[str], list[str], list[str]]:
    """Give what was taken too early, what never came back, and what the dead one let go in the end."""
    for number in range(10):
        one.requests.save(replace(one.find(items - 1 - number), due=one.clock(), state=RequestState.RECEIVED))
    dead = RequestStore(one.database, clock=one.clock, owner="dead")
    alive = RequestStore(one.database, clock=one.clock, owner="alive")
    held = dead.claim(limit=10)
    one.now += 2 * LEASE
    early = [request.request_id for request in alive.claim(limit=10)]
    alive.recover()
    taken = {request.request_id for request in alive.claim(limit=10)}
    for request in held:
        dead.release(request)
    stolen = RequestStore(one.database, clock=one.clock, owner="another").claim(limit=10)
    late = [request.request_id for request in held if request.request_id not in taken]
    return early, late, [request.request_id for request in stolen]
