"""A schedule in words: `every 6h for 3 days`, `daily at 02:30 until 2027-01-31`, `once tomorrow 9am`.

Words are read in a person's time zone.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

import dateparser

from bot.errors import FormProblems, Problem
from bot.schedules import Schedule, read_interval

_KEYWORDS: Final = re.compile(
    r"(?<![\w:./-])(every|each|hourly|daily|nightly|weekly|fortnightly|monthly|yearly|once|for|until|till|ending|"
    r"starting|beginning|from|at|(?:\d+|twice)\s*(?:times|time|runs|run|x)|twice)(?![\w:./-])"
)
_SAME: Final = {
    "each": "every",
    "till": "until",
    "ending": "until",
    "beginning": "starting",
    "from": "starting",
}
_OFTEN: Final = {"hourly": "1h", "daily": "1d", "nightly": "1d", "weekly": "1w", "fortnightly": "2w"}
_DATED: Final = frozenset({"once", "until", "starting"})
_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NUMBERS: Final = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_UNITS: Final = {
    r"weeks?|wks?": "w",
    r"days?": "d",
    r"hours?|hrs?": "h",
    r"minutes?|mins?": "m",
    r"seconds?|secs?": "s",
}
_TIME: Final = re.compile(
    r"(?:^|\s)(?:(?:at\s+)?(?:(?P<clock>\d{1,2}:\d{2}(?::\d{2})?|(?<=[a-z] )(?<!on )\d{1,2}\.\d{2})"
    r"|(?P<named>noon|midnight)|(?P<bare>\d{1,2})(?=\s*[ap]m))|at\s+(?P<hour>\d{1,2}))\s*(?P<half>am|pm)?$"
)
_BY_THE_CLOCK: Final = re.compile(r"\b(now|hours?|minutes?|mins?|\d+\s*[hm])\b")
_NOON: Final = 12
_A_WEEK: Final = timedelta(weeks=1)
_END_OF_DAY: Final = time(23, 59)


class NotUnderstood(Problem):
    """Words that are no schedule; `happened` quotes what was not understood."""

    def __init__(self, happened: str) -> None:
        super().__init__(happened, "Write it like: every 6h for 3 days, or daily at 02:30 until 2027-01-31.")


def read_schedule(text: str, *, now: datetime, zone: tzinfo) -> Schedule:
    """Read a schedule; raises NotUnderstood. Without a start it starts `now`, which is an aware datetime."""
    return _Reading(now.astimezone(zone).replace(microsecond=0), zone).schedule(_normalised(text))


def _normalised(text: str) -> str:
    return " ".join(re.sub(r"[,;]|\band\b", " ", text.lower()).split())


@dataclass
class _Clauses:
    """What was said, each thing once, as it was written."""

    said: dict[str, str] = field(default_factory=dict)

    def say(self, what: str, rest: str) -> None:
        if what in self.said:
            raise NotUnderstood(f"“{what}” is there twice.")
        self.said[what] = rest


class _Reading:
    """One pass over one phrase, at one moment in one zone."""

    def __init__(self, now: datetime, zone: tzinfo) -> None:
        self._now = now
        self._zone = zone

    def schedule(self, text: str) -> Schedule:
        said = _clauses(text)
        if "every" not in said:
            return self._once(said)
        interval, weekday = _frequency(said["every"])
        start = self._start(said, weekday)
        runs = int(said["times"]) if "times" in said else None
        try:
            return Schedule(start=start, interval=interval, runs=runs, until=self._until(said, start))
        except FormProblems as found:
            raise NotUnderstood(next(iter(found.by_field.values()))) from found

    def _once(self, said: dict[str, str]) -> Schedule:
        if said.keys() - {"once", "at", "starting"}:
            raise NotUnderstood("It does not say how often.")
        words = said.get("once") or said.get("starting", "")
        if "at" in said:
            words = f"{words} at {said['at']}"
        return Schedule(start=self._moment(words, time(0)) if words else self._now)

    def _start(self, said: dict[str, str], weekday: str) -> datetime:
        words = said.get("starting") or weekday
        if "at" in said:
            words = f"{words} at {said['at']}".strip()
        if not words:
            return self._now
        start = self._moment(words, time(0))
        if "starting" not in said and start - _A_WEEK > self._now:
            return start - _A_WEEK  # it is that weekday today, and not yet that time
        # "Starting today" means from now on, not from a midnight that has passed.
        is_today = start.date() == self._now.date() and start.time() == time(0)
        return self._now if is_today and not _TIME.search(words) else start

    def _until(self, said: dict[str, str], start: datetime) -> datetime | None:
        if "until" in said and "for" in said:
            raise NotUnderstood("It says both “for” and “until”.")
        if ("until" in said or "for" in said) and "times" in said:
            raise NotUnderstood("It says both how many times and until when.")
        if "for" in said:
            # In UTC: by the second, as Globus counts, and not by the calendar.
            return start.astimezone(UTC) + _interval(said["for"])
        return self._moment(said["until"], _END_OF_DAY) if "until" in said else None

    def _moment(self, words: str, default: time) -> datetime:
        zone = self._zone
        if words.endswith(" utc"):
            words, zone = words.removesuffix(" utc"), UTC
        found = _TIME.search(words)
        day = (words[: found.start()] if found else words).removeprefix("on ").strip()
        at = _time(found) if found else default
        if not day and found:
            return self._next(at, zone)
        if not found and _BY_THE_CLOCK.search(day):
            return self._parsed(day)
        return datetime.combine(self._day(day), at, zone)

    def _next(self, at: time, zone: tzinfo) -> datetime:
        today = datetime.combine(self._now.astimezone(zone).date(), at, zone)
        return today if today > self._now else datetime.combine(today.date() + timedelta(days=1), at, zone)

    def _day(self, words: str) -> date:
        try:
            return date.fromisoformat(words)
        except ValueError:
            pass
        if words in {"today", "tonight"}:
            return self._now.date()
        parsed = self._parsed(words)
        if parsed.time() not in {time(0), self._now.time()}:
            raise NotUnderstood(f"“{words}” may be a date or a time; a time is written like 12:30.")
        return parsed.date()

    def _parsed(self, words: str) -> datetime:
        found = None
        if re.search(r"[a-z]", words) or re.search(r"\d\D\d", words):
            found = dateparser.parse(
                words,
                languages=["en"],
                settings={"RELATIVE_BASE": self._now.replace(tzinfo=None), "PREFER_DATES_FROM": "future"},
            )
        if found is None:
            raise NotUnderstood(f"“{words}” is no date that I can read.")
        return found.replace(tzinfo=self._zone)


def _clauses(text: str) -> dict[str, str]:
    before, *rest = _KEYWORDS.split(text)
    clauses = _Clauses()
    last = ""
    if before.strip():
        last = "every" if _is_interval(before.strip()) else "once"
        clauses.say(last, before.strip())
    for keyword, after in zip(rest[::2], map(str.strip, rest[1::2]), strict=True):
        if keyword in _OFTEN and last == "times":
            raise _not_in_steps()  # "twice daily" is not every day, two times in all
        what, words = _clause(keyword, after)
        if what == "at" and last in _DATED:
            clauses.said[last] = f"{clauses.said[last]} at {words}".strip()
        elif (what, words) != ("for", ""):  # "for 10 times" says what "10 times" says
            clauses.say(what, words)
            last = what
    if not clauses.said:
        raise NotUnderstood("It does not say how often.")
    return clauses.said


def _clause(keyword: str, words: str) -> tuple[str, str]:
    if keyword in {"monthly", "yearly"}:
        raise NotUnderstood(
            f"Globus repeats in fixed steps, so there is no “{keyword}”; every 30 days would do."
        )
    if keyword in _OFTEN:
        return ("every", _OFTEN[keyword] + _nothing_more(words))
    counted = re.fullmatch(r"(\d{1,9}|twice)\s*(?:times|time|runs|run|x)?", keyword)
    if counted:
        return ("times", ("2" if counted[1] == "twice" else counted[1]) + _nothing_more(words))
    return (_SAME.get(keyword, keyword), words)


def _nothing_more(words: str) -> str:
    if words:
        raise NotUnderstood(f"I could not read “{words}”.")
    return ""


def _frequency(words: str) -> tuple[timedelta, str]:
    """Give the interval, and the weekday on which it starts if one is named."""
    for weekday in _WEEKDAYS:
        if words in {weekday, weekday[:3], f"{weekday}s"}:
            return _A_WEEK, weekday
    if "weekday" in words or "month" in words or "year" in words:
        raise _not_in_steps()
    return _interval(words), ""


def _not_in_steps() -> NotUnderstood:
    return NotUnderstood("Globus repeats in fixed steps: in weeks, days, hours or minutes.")


def _is_interval(words: str) -> bool:
    try:
        _interval(words)
    except NotUnderstood:
        return False
    return True


def _interval(words: str) -> timedelta:
    written = re.sub(r"\bhalf (?:an )?hour\b", "30m", re.sub(r"\bother\b", "2", words))
    for number, name in enumerate(_NUMBERS, start=1):
        written = re.sub(rf"\b{name}\b", str(number), written)
    written = re.sub(r"\ban?\b", "1", written)
    for unit, letter in _UNITS.items():
        written = re.sub(rf"(?<![a-z])(?:{unit})(?![a-z])", letter, written)
    if re.fullmatch(r"[wdhms]", written):
        written = f"1{written}"
    try:
        return read_interval(written)
    except ValueError as error:
        raise NotUnderstood(f"“{words}” is no interval.") from error


def _time(found: re.Match[str]) -> time:
    if found["named"]:
        return time(_NOON) if found["named"] == "noon" else time(0)
    digits = found["clock"] or found["hour"] or found["bare"]
    hour, minute, second = (*map(int, re.split("[:.]", digits)), 0, 0)[:3]
    if found["half"]:
        if not 1 <= hour <= _NOON:
            raise NotUnderstood(f"“{found[0].strip()}” is no time of day.")
        hour = hour % _NOON + (_NOON if found["half"] == "pm" else 0)
    try:
        return time(hour, minute, second)
    except ValueError as error:
        raise NotUnderstood(f"“{found[0].strip()}” is no time of day.") from error
