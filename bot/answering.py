"""Answers that somebody waits for: whatever works beside them lets them go first."""

from types import TracebackType


class Answering:
    """Counts the answers under way, each a `with` block on the event loop; any thread may look."""

    def __init__(self) -> None:
        self._count = 0

    @property
    def is_busy(self) -> bool:
        """Whether somebody waits for an answer right now."""
        return self._count > 0

    def __enter__(self) -> None:
        self._count += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._count -= 1
