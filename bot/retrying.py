"""When to try again what a service did not take: after ever longer pauses, and as late as it asks for."""

import random
from datetime import timedelta
from typing import Final

MOST_ASKED: Final = timedelta(days=1)
"""A service that asks for a longer pause is taken for mistaken."""

MOST_DOUBLINGS: Final = 12
"""More than an hour: nothing here waits longer between two tries by itself."""


def pause(
    attempts: int,
    *,
    longest: timedelta,
    retry_after: float | None,
    chance: random.Random | None = None,
) -> timedelta:
    """Give the pause after so many failed attempts: one second at first, then twice as long each time.

    `retry_after` is in seconds, as the service gave it. With `chance`, those who failed together do not all
    come again together.
    """
    growing = min(timedelta(seconds=2 ** min(attempts, MOST_DOUBLINGS)), longest)
    spread = growing * chance.uniform(0.75, 1.25) if chance else growing
    return max(spread, timedelta(seconds=min(retry_after or 0, MOST_ASKED.total_seconds())))
