"""What is over is kept for a while and no longer. Nothing goes that a live timer needs."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

EVERY: Final = timedelta(days=1)

SHORT: Final = timedelta(days=1)
"""How long what was meant for minutes is kept: sign-ins, tickets, and journeys of browsers."""

BATCH: Final = 200
"""Rows a write: short enough that nobody whose write waits behind it notices."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Chore:
    """Something that is done again and again."""

    name: str


class Old(Protocol):
    """What is kept, and how it goes."""

    def note_over(self, *, at: datetime) -> None:
        """Note which timers are over since now, and which are not any more."""
        ...

    def kinds(self) -> Sequence[str]:
        """Give the kinds of what goes, in the order in which they go."""
        ...

    def drop(self, kind: str, *, before: datetime, short_before: datetime, limit: int) -> int:
        """Let up to `limit` of a kind go that are older; gives how many went."""
        ...


class Retaining:
    """Lets what is old go, once a day. Zero `days` keeps everything but what was meant for minutes."""

    def __init__(
        self,
        *,
        old: Old,
        days: int,
        clock: Callable[[], datetime],
        again: Callable[[Chore, datetime], None],
    ) -> None:
        self._old = old
        self._days = days
        self._clock = clock
        self._again = again

    def work(self, chore: Chore) -> None:
        """Let go of what is old in small writes, and come again tomorrow."""
        now = self._clock()
        before = now - timedelta(days=self._days) if self._days else datetime.min.replace(tzinfo=now.tzinfo)
        self._old.note_over(at=now)
        gone = {kind: self._drop(kind, before, now - SHORT) for kind in self._old.kinds()}
        if any(gone.values()):
            log.info("what was old went", extra={kind: count for kind, count in gone.items() if count})
        self._again(chore, now + EVERY)

    def _drop(self, kind: str, before: datetime, short_before: datetime) -> int:
        total = 0
        while True:
            dropped = self._old.drop(kind, before=before, short_before=short_before, limit=BATCH)
            total += dropped
            if dropped < BATCH:
                return total
