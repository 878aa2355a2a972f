"""How often one person's timers may run, all together."""

import math
from collections.abc import Sequence
from datetime import timedelta
from fractions import Fraction
from typing import Final, Protocol

from bot.accounts import SlackUser
from bot.errors import Refused
from bot.schedules import INTERVALS, LONGEST_INTERVAL, interval_in_words

SHORTEST_TOGETHER: Final = timedelta(minutes=1)
"""One person's timers together run at most once a minute (https://docs.globus.org/api/timers/)."""


class Intervals(Protocol):
    """The rhythms of the timers that a person has already."""

    def of(self, person: SlackUser) -> Sequence[timedelta]:
        """Give the intervals of the person's active recurring timers.

        Raises SignInNeeded for a person who is not linked, and ServiceUnavailable.
        """
        ...


def refuse_too_often(interval: timedelta, others: Sequence[timedelta]) -> None:
    """Refuse an interval with which this person's timers would run more often than Globus allows.

    Raises Refused, which names the field of the form that says how often.
    """
    taken = sum((_rate(other) for other in others), Fraction(0))
    if taken + _rate(interval) <= 1:
        return
    field = "repeat" if interval in INTERVALS.values() else "interval"
    free = 1 - taken
    shortest = timedelta(seconds=math.ceil(SHORTEST_TOGETHER.total_seconds() / free)) if free > 0 else None
    if shortest is None or shortest > LONGEST_INTERVAL:
        raise Refused(
            "Your other timers use up the one run a minute that Globus allows each person.",
            "Pause or delete one of them first.",
            field=field,
        )
    raise Refused(
        "With this one, your timers would run more than once a minute, which is all that Globus allows.",
        f"Choose {interval_in_words(shortest)} or longer, or pause another timer.",
        field=field,
    )


def _rate(interval: timedelta) -> Fraction:
    """Give how many runs a minute an interval makes."""
    return Fraction(SHORTEST_TOGETHER // timedelta(microseconds=1), interval // timedelta(microseconds=1))
