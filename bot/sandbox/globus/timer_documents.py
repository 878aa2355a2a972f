"""The document that makes a timer, checked as Timers does it.

https://docs.globus.org/api/timers/ and the service's own description, https://timer.automate.globus.org/openapi.json
"""

from dataclasses import dataclass, field
from typing import Final

from bot.sandbox.globus.errors import invalid_document
from bot.sandbox.globus.moments import parsed
from bot.sandbox.globus.schedules import Schedule
from bot.sandbox.globus.transfer_bodies import Place, Problem, body_problems
from bot.sandbox.wire import Json

SHORTEST_INTERVAL: Final = 60
LONGEST_INTERVAL: Final = 365 * 86_400
FURTHEST_START: Final = 365 * 86_400
LATEST_START: Final = 600
"""How far in the past a start may lie; the service says only "close to now"."""

_TIMER_FIELDS: Final = frozenset({"timer_type", "name", "schedule", "body", "resource_server"})
_SCHEDULE_FIELDS: Final = {
    "once": frozenset({"type", "datetime"}),
    "recurring": frozenset({"type", "interval_seconds", "start", "end"}),
}
_END_FIELDS: Final = {
    "iterations": frozenset({"condition", "count"}),
    "time": frozenset({"condition", "datetime"}),
}
_SCHEDULE: Final[Place] = ("timer", "schedule")


@dataclass(frozen=True)
class TimerDocument:
    """What a new timer is to be."""

    name: str
    schedule: Schedule
    body: Json

    @classmethod
    def parse(cls, document: Json, now: float, *, sent_at: float) -> "TimerDocument":
        """Read `{"timer": {…}}`. Raises Refused (422), which names every problem and its place.

        `sent_at` is the present of whoever sends it, for whom the sandbox's may be far ahead: what is to
        start now by their clock starts now by the sandbox's.
        """
        timer = document.get("timer")
        if not isinstance(timer, dict):
            raise invalid_document((("timer",), "field required"))
        checked = _Checked(now, sent_at)
        name = checked.timer(timer)
        schedule = checked.schedule(timer.get("schedule"))
        body = timer.get("body")
        checked.problems += body_problems(("timer", "body"), body)
        if checked.problems or schedule is None or not isinstance(body, dict):
            raise invalid_document(*checked.problems)
        return cls(name, schedule, body)


@dataclass
class _Checked:
    """Reads the parts of a document at `now`, and collects what is wrong with them."""

    now: float
    sent_at: float
    problems: list[Problem] = field(default_factory=list)

    def timer(self, timer: Json) -> str:
        if timer.get("timer_type") != "transfer":
            self._say(("timer", "timer_type"), "the sandbox knows the timer type 'transfer' only")
        self._refuse_others(("timer",), timer, _TIMER_FIELDS)
        name = timer.get("name", "")
        if not isinstance(name, str | None):
            self._say(("timer", "name"), "str type expected")
        return str(name or "")

    def schedule(self, schedule: object) -> Schedule | None:
        if not isinstance(schedule, dict):
            self._say(_SCHEDULE, "field required")
            return None
        kind = schedule.get("type")
        if kind not in _SCHEDULE_FIELDS:
            self._say((*_SCHEDULE, "type"), "must be 'once' or 'recurring'")
            return None
        self._refuse_others(_SCHEDULE, schedule, _SCHEDULE_FIELDS[kind])
        if kind == "once":
            return Schedule(self._start(schedule, "datetime"))
        start, interval = self._start(schedule, "start"), self._interval(schedule)
        return self._with_end(schedule.get("end"), start, interval)

    def _start(self, schedule: Json, name: str) -> int:
        place = (*_SCHEDULE, name)
        start = self._moment(place, schedule.get(name))
        if start is None:
            return int(self.now)
        if start > self.now + FURTHEST_START:
            self._say(place, "must be within one year of now")
        if start >= self.now - LATEST_START:
            return start
        if start < self.sent_at - LATEST_START:
            self._say(place, "must be in the future or close to now")
        return int(self.now)

    def _interval(self, schedule: Json) -> int:
        place, interval = (*_SCHEDULE, "interval_seconds"), schedule.get("interval_seconds")
        if interval is None:
            self._say(place, "field required")
        elif isinstance(interval, bool) or not isinstance(interval, int | float) or interval % 1:
            self._say(place, "must be a whole number of seconds")
        elif interval < SHORTEST_INTERVAL:
            self._say(place, f"must be at least {SHORTEST_INTERVAL} seconds")
        elif interval > LONGEST_INTERVAL:
            self._say(place, f"must be at most 365 days ({LONGEST_INTERVAL} seconds)")
        else:
            return int(interval)
        return SHORTEST_INTERVAL

    def _with_end(self, end: object, start: int, interval: int) -> Schedule | None:
        place = (*_SCHEDULE, "end")
        if end is None:
            return Schedule(start, interval)
        if not isinstance(end, dict) or end.get("condition") not in _END_FIELDS:
            self._say((*place, "condition"), "must be 'iterations' or 'time'")
            return None
        self._refuse_others(place, end, _END_FIELDS[end["condition"]])
        if end["condition"] == "iterations":
            return Schedule(start, interval, count=self._count((*place, "count"), end.get("count")))
        until = self._moment((*place, "datetime"), end.get("datetime"))
        if until is None:
            self._say((*place, "datetime"), "field required")
            return None
        if until < start:
            self._say((*place, "datetime"), "must not be before the start")
        return Schedule(start, interval, until=until)

    def _count(self, place: Place, count: object) -> int | None:
        if count is None:
            self._say(place, "field required")
            return None
        if isinstance(count, bool) or not isinstance(count, int) or count < 1:
            self._say(place, "must be a whole number, 1 or more")
            return None
        return count

    def _moment(self, place: Place, text: object) -> int | None:
        if text is None:
            return None
        try:
            return parsed(str(text))
        except ValueError as error:
            self._say(place, str(error))
            return None

    def _refuse_others(self, place: Place, document: Json, known: frozenset[str]) -> None:
        for name in sorted(document.keys() - known):
            self._say((*place, name), "extra fields not permitted")

    def _say(self, place: Place, problem: str) -> None:
        self.problems.append((place, problem))
