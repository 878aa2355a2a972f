"""Answers that somebody waits for: whatever works beside them lets them go first."""

from collections.abc import Callable
from types import TracebackType
from typing import Final

LULL: Final = 0.005
"""Seconds without an answer under way after which nobody is likely to come at once."""


class Answering:
    """Counts the answers under way, each a `with` block on the event loop; any thread may look.

    `timer` gives seconds that only ever grow.
    """

    def __init__(self, timer: Callable[[], float]) -> None:
        self._timer = timer
        self._count = 0
        self._last = float("-inf")

    @property
    def is_busy(self) -> bool:
        """Whether somebody waits for an answer right now, or did a moment ago."""
        return self._count > 0 or self._timer() - self._last < LULL

    def __enter__(self) -> None:
        self._count += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._count -= 1
        self._last = self._timer()
