"""Whether the bot is of use now, as a monitor asks: from what it knows itself, without asking anybody."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol

REMEMBERED: Final = timedelta(seconds=5)
"""How long a write that succeeded stands for the next ones: a monitor must not wear out the disk."""

BEAT_SECONDS: Final = 2.0
"""A disk that takes longer for the smallest write keeps nobody's three seconds."""

LONGEST_ROUND: Final = timedelta(seconds=30)
"""A round over the queues takes milliseconds, and at most as long as a write may wait for its turn."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Waits:
    """How long the oldest work waits: what is unclear, and what is overdue in each queue; in seconds."""

    unclear: float
    overdue: Mapping[str, float]


class Rounds(Protocol):
    """Those who claim work."""

    @property
    def alive(self) -> bool:
        """Whether somebody claims at all."""
        ...

    @property
    def last_round(self) -> datetime | None:
        """When they last looked into all queues."""
        ...


class Connection(Protocol):
    """How Slack reaches the bot."""

    @property
    def mode(self) -> str:
        """Socket Mode or HTTP."""
        ...

    @property
    def is_connected(self) -> bool:
        """Whether Slack can reach the bot, as far as can be known here."""
        ...

    @property
    def seconds_since_envelope(self) -> float | None:
        """How long ago Slack last sent anything; None if it has not yet."""
        ...


@dataclass(frozen=True, slots=True)
class Report:
    """What a monitor is told. Where one of `holds` does not, the bot is of no use."""

    holds: Mapping[str, bool]
    details: Mapping[str, object] = field(default_factory=dict)

    @property
    def is_ready(self) -> bool:
        """Whether all that must hold does."""
        return all(self.holds.values())

    def document(self) -> dict[str, object]:
        """Give it as JSON."""
        return {**self.holds, "details": dict(self.details)} if self.details else dict(self.holds)


class Readiness:
    """Looks at the bot from within. Blocks for `BEAT_SECONDS` at most; not for the event loop."""

    def __init__(
        self,
        *,
        beat: Callable[[float], None],
        waits: Callable[[], Waits],
        rounds: Rounds,
        connection: Connection,
        clock: Callable[[], datetime],
        facts: Mapping[str, str],
    ) -> None:
        self._beat = beat
        self._waits = waits
        self._rounds = rounds
        self._connection = connection
        self._clock = clock
        self._facts = facts
        self._written_at: datetime | None = None

    def report(self) -> Report:
        """Say what holds, with the ages that a monitor should watch."""
        now = self._clock()
        last = self._rounds.last_round
        age = now - last if last else None
        details: dict[str, object] = {
            **self._facts,
            "mode": self._connection.mode,
            "connected": self._connection.is_connected,
            "last_envelope_age_seconds": _rounded(self._connection.seconds_since_envelope),
            "last_round_age_seconds": _rounded(None if age is None else age.total_seconds()),
        }
        writable = self._can_write(now)
        try:
            waits = self._waits()
        except Exception:
            log.exception("the database cannot be read")
            writable = False
        else:
            details["oldest_unclear_age_seconds"] = _rounded(waits.unclear)
            details["oldest_overdue_age_seconds"] = {
                name: _rounded(seconds) for name, seconds in waits.overdue.items()
            }
        holds = {
            "database": writable,
            "workers": self._rounds.alive and age is not None and age <= LONGEST_ROUND,
            "slack": self._connection.is_connected,
        }
        return Report(holds, details)

    def _can_write(self, now: datetime) -> bool:
        written = self._written_at
        if written and timedelta() <= now - written < REMEMBERED:
            return True
        try:
            self._beat(BEAT_SECONDS)
        except Exception:
            log.exception("the database cannot be written")
            return False
        self._written_at = now
        return True


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)
