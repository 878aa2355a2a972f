"""A Globus in memory whose timers run by an injected clock, and which counts who asks it for what."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from math import exp
from statistics import NormalDist
from struct import unpack

from bot.accounts import SlackUser
from bot.errors import ServiceUnavailable
from bot.timers import Run, RunState, Task, Timer

LATEST = 5
"""Runs of each timer that a list brings along."""

LATELY = 20_000
"""So many answers are kept to be given again, so that what is measured is the bot and not its Globus."""

TIMES = NormalDist(0, 0.25)
"""How the logarithm of the times of a timer's runs is spread about the usual one."""

FAILING = 0.01
"""The share of runs that fail."""


@dataclass(frozen=True, slots=True, eq=False)
class SimulatedTimer:
    """A timer that runs every `interval` from `first` on, each time for another while."""

    job_id: str
    first: datetime
    interval: timedelta = timedelta(hours=1)

    def runs(self, until: datetime) -> int:
        """Count the runs that have begun."""
        return (until - self.first) // self.interval + 1 if until >= self.first else 0

    def run(self, number: int) -> tuple[datetime, datetime, bool]:
        """Give when a run begins and ends, and whether it fails; always the same for the same run."""
        drawn = blake2b(f"{self.job_id}/{number}".encode(), digest_size=16).digest()
        fast, bad = (half / 2**64 for half in unpack("2Q", drawn))
        # The same data takes about as long every time, and some timers move much more than others.
        usual = 30 * 2 ** (int(self.job_id[:4], 16) % 6)
        seconds = min(usual * exp(TIMES.inv_cdf(max(fast, 1e-9))), self.interval.total_seconds() * 0.9)
        begins = self.first + number * self.interval
        return begins, begins + timedelta(seconds=seconds), bad < FAILING

    def task_id(self, number: int) -> str:
        """Name a run's task."""
        return f"{self.job_id}/{number}"

    def shown(self, count: int, before: Timer | None) -> Timer:
        """Give the timer as a list shows it after so many runs; those that it showed before are the same."""
        known, runs = (before.run_count, before.runs) if before else (max(count - LATEST, 0), ())
        new = [
            Run(self.first + number * self.interval, task_id=self.task_id(number))
            for number in range(count - 1, known - 1, -1)
        ]
        return Timer(
            job_id=self.job_id,
            name=self.job_id,
            next_run=self.first + count * self.interval,
            interval=self.interval,
            last_run=self.first + (count - 1) * self.interval if count else None,
            run_count=count,
            runs=(*new, *runs)[:LATEST],
        )


class SimulatedGlobus:
    """Answers as Globus would at the clock's time. `is_down` refuses everything."""

    def __init__(
        self, timers: Mapping[SlackUser, Sequence[SimulatedTimer]], clock: Callable[[], datetime]
    ) -> None:
        self._timers = timers
        self._by_id = {timer.job_id: timer for some in timers.values() for timer in some}
        self._clock = clock
        self._latest: dict[str, Timer] = {}
        self.calls: Counter[str] = Counter()
        self.is_down = False

    def timers(self, person: SlackUser) -> Sequence[Timer]:
        """Give all of a person's timers with their latest runs."""
        self._count("list timers")
        now = self._clock()
        return [self._shown(timer, now) for timer in self._timers[person]]

    def timer(self, person: SlackUser, job_id: str) -> Timer | None:
        """Give one timer."""
        del person
        self._count("get timer")
        return self._shown(self._by_id[job_id], self._clock())

    def tasks(self, person: SlackUser, task_ids: Collection[str]) -> Mapping[str, Task]:
        """Give tasks by their IDs."""
        del person
        self._count("list tasks")
        now = self._clock()
        done = map(self._done, task_ids)
        return {
            one.task_id: one if _is_over(one, now) else Task(one.task_id, RunState.RUNNING) for one in done
        }

    def resume(self, person: SlackUser, job_id: str) -> None:
        """Nothing here is ever paused."""
        raise NotImplementedError

    def runs_between(self, since: datetime, until: datetime) -> int:
        """Count the runs that ended in a time."""
        return sum(
            since < timer.run(number)[1] <= until
            for timer in self._by_id.values()
            for number in range(timer.runs(until))
        )

    def _count(self, call: str) -> None:
        self.calls[call] += 1
        if self.is_down:
            raise ServiceUnavailable("Globus")

    def _shown(self, timer: SimulatedTimer, now: datetime) -> Timer:
        latest = self._latest.get(timer.job_id)
        if latest is None or latest.next_run is None or latest.next_run <= now:
            latest = self._latest[timer.job_id] = timer.shown(timer.runs(now), latest)
        return latest

    @lru_cache(maxsize=LATELY)  # noqa: B019 - there is one, which lives as long as the process
    def _done(self, task_id: str) -> Task:
        """Give a task as it will be in the end."""
        job_id, _, number = task_id.rpartition("/")
        _begins, ends, fails = self._by_id[job_id].run(int(number))
        state = RunState.FAILED if fails else RunState.SUCCEEDED
        return Task(task_id, state, ended_at=ends, files=12, bytes_transferred=3_400_000_000)


def _is_over(task: Task, now: datetime) -> bool:
    return task.ended_at is not None and task.ended_at <= now
