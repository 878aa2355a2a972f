"""Every call that a request makes at Globus meets every fault, once and for as long as it is tried."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, Final

import pytest

from bot.scheduling import RequestState
from tests.faults.bench import Bench, bench
from tests.faults.table import Place, Row


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment in the life of a request, and the call of it that something happens to.

    With `is_stale` the person's tokens are due by then; with `is_unclear` the creation's answer was lost.
    """

    call: str
    is_stale: bool = False
    is_unclear: bool = False


CREATION: Final = "POST /v2/timer"

MOMENTS: Final[dict[str, Moment]] = {
    "checking: collections": Moment("GET /v0.10/endpoint/{id}"),
    "checking: consents": Moment("GET /v2/api/identities/{id}/consents"),
    "checking: paths": Moment("GET /v0.10/operation/endpoint/{id}/ls"),
    "checking: rhythms": Moment("GET /jobs/"),
    "checking: a token is renewed": Moment("POST /v2/oauth2/token", is_stale=True),
    "creating": Moment(CREATION),
    "unclear": Moment("GET /jobs/", is_unclear=True),
}

FAULTS: Final[dict[str, dict[str, Any]]] = {
    "500": {"fault": "status", "status": 500},
    "502": {"fault": "status", "status": 502},
    "503": {"fault": "status", "status": 503},
    "504": {"fault": "status", "status": 504},
    "503 after": {"fault": "status_after", "status": 503},
    "429 with Retry-After": {"fault": "ratelimited", "retry_after": 7},
    "429 without": {"fault": "error", "status": 429},
    "FIN before": {"fault": "drop_before"},
    "FIN after": {"fault": "drop_after"},
    "RST before": {"fault": "reset_before"},
    "RST after": {"fault": "reset_after"},
    "time-out before": {"fault": "hang", "seconds": 1.5},
    "time-out after": {"fault": "hang_after", "seconds": 1.5},
    "time-out in the answer": {"fault": "stalled", "seconds": 1.5},
    "truncated": {"fault": "truncated"},
    "garbage": {"fault": "garbage"},
    "redirect": {"fault": "redirect"},
}
OFTEN: Final = 4
"""Times in a row that a lasting fault happens: more often than a request tries without a pause."""

RESTING: Final = frozenset(
    {
        RequestState.ANNOUNCED,
        RequestState.REFUSED,
        RequestState.EXPIRED,
        RequestState.UNCHECKED,
        RequestState.WAITING_FOR_SIGN_IN,
    }
)
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Cell:
    """What became of one request: how often its timer was asked for, how many there are, and its end."""

    moment: str
    fault: str
    times: int
    asked: int
    intents: int
    timers: int
    state: RequestState
    is_shown: bool

    @property
    def is_once(self) -> bool:
        """At most one call for each intent, and at most one timer."""
        return self.asked <= self.intents and self.timers <= 1

    @property
    def is_settled(self) -> bool:
        """It came to an end that its owner can see, and the end says the truth."""
        is_made = self.timers == (self.state is RequestState.ANNOUNCED)
        ends = self.state in RESTING or (self.state is RequestState.UNCLEAR and self.timers == 0)
        return is_made and ends and self.is_shown


def every_fault(place: Place) -> Row:
    """Let every call of a request meet every fault."""
    often = (1, OFTEN) if place.is_full else (1,)
    with pytest.MonkeyPatch.context() as patched, bench(place.folder, patched) as one:
        cells = list(_cells(one, often))
    return Row(
        "each call of a request to Globus goes wrong in each way",
        f"{len(FAULTS)} faults at {len(MOMENTS)} moments, {' and '.join(map(str, often))} in a row",
        {"requests": len(cells)} | _ends(cells),
        {
            "with a second call or timer": [cell for cell in cells if not cell.is_once],
            "with an end that nobody sees": [cell for cell in cells if not cell.is_settled],
        },
    )


def _ends(cells: Sequence[Cell]) -> dict[str, int]:
    return {str(state): times for state, times in Counter(cell.state for cell in cells).most_common()}


def _cells(one: Bench, often: Sequence[int]) -> Iterator[Cell]:
    for moment in MOMENTS:
        for fault in FAULTS:
            # Two lost answers in a row are what an owner is asked about: always tried.
            for times in {*often, OFTEN} if moment == "creating" else often:
                yield meet(one, moment, fault, times)


def meet(one: Bench, name: str, fault: str, times: int) -> Cell:
    """Let a new request meet a fault so many times, and work it until it rests."""
    moment, number = MOMENTS[name], next(_numbers)
    before = one.calls()[CREATION]
    one.news.shown.clear()
    if moment.is_stale:
        one.age_tokens()
    if moment.is_unclear:
        one.fault(CREATION, fault="drop_after")
    reference = one.ask(number)
    if moment.is_unclear:
        one.work(until=RequestState.UNCLEAR)
    one.fault(moment.call, times=times, **FAULTS[fault])
    one.work()
    one.clear()
    request = one.find(number)
    return Cell(
        name,
        fault,
        times,
        asked=one.calls()[CREATION] - before,
        intents=request.creations,
        timers=len(one.timers(reference)),
        state=request.state,
        is_shown=any(state is request.state for state, _ in one.news.shown),
    )
