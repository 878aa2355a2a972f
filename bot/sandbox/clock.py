"""The sandbox's own time, which can be moved forward."""

import threading
import time
from collections.abc import Callable


class SandboxClock:
    """Seconds since the epoch, as a call; `advance` moves it forward for everything that asks it.

    It begins at `start`, or at the present without one, and goes on from there.
    """

    def __init__(
        self,
        now: Callable[[], float] = time.time,  # noqa: TID251 - the sandbox's one reading of the system clock
        *,
        start: float | None = None,
    ) -> None:
        self._now = now
        self._ahead = 0.0 if start is None else start - now()
        self._lock = threading.Lock()

    def __call__(self) -> float:
        """Give the sandbox's present, in seconds since the epoch."""
        with self._lock:
            return self._now() + self._ahead

    def advance(self, seconds: float) -> None:
        """Move the sandbox's present forward; raises ValueError for a step back."""
        if seconds < 0:
            raise ValueError("the sandbox's clock only moves forward")
        with self._lock:
            self._ahead += seconds
