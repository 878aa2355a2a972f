"""When a timer is due: `start + n * interval`, until its end.

https://docs.globus.org/api/timers/timer-schedules/
"""

from dataclasses import dataclass

from bot.sandbox.globus.moments import written
from bot.sandbox.wire import Json


@dataclass(frozen=True)
class Schedule:
    """A timer's schedule, in whole epoch seconds; without `interval` it is due once.

    `count` is how many runs there are at most; nothing is due after `until`.
    """

    start: int
    interval: int | None = None
    count: int | None = None
    until: int | None = None

    def first(self) -> int | None:
        """Give the first tick, or None if the schedule ends before it starts."""
        return self._unless_over(self.start, runs=0)

    def next(self, after: float, *, runs: int) -> int | None:
        """Give the first tick later than `after`, or None when it is over; `runs` were made already."""
        if self.interval is None:
            return self._unless_over(self.start, runs=runs) if after < self.start else None
        missed = max(0, int(after - self.start) // self.interval + 1) if after >= self.start else 0
        return self._unless_over(self.start + missed * self.interval, runs=runs)

    def is_over(self, moment: float, *, runs: int) -> bool:
        """Say whether nothing may run any more at this moment, not even late."""
        return (self.until is not None and moment > self.until) or runs >= self.runs

    @property
    def runs(self) -> float:
        """How many runs there are at most."""
        if self.interval is None:
            return 1
        return float("inf") if self.count is None else self.count

    def document(self) -> Json:
        """Write it as Timers answers it: an `end` without its `condition`."""
        if self.interval is None:
            return {"type": "once", "datetime": written(self.start)}
        document: Json = {
            "type": "recurring",
            "interval_seconds": self.interval,
            "start": written(self.start),
        }
        if self.count is not None:
            document["end"] = {"count": self.count}
        elif self.until is not None:
            document["end"] = {"datetime": written(self.until)}
        return document

    def stop_after(self) -> Json | None:
        """Write its end as the older answers do; None without one."""
        count = 1 if self.interval is None else self.count
        if count is None and self.until is None:
            return None
        return {"date": None if self.until is None else written(self.until), "n_runs": count}

    def _unless_over(self, tick: int, *, runs: int) -> int | None:
        return None if self.is_over(tick, runs=runs) else tick
