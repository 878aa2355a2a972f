"""The numbered log of what passed between an app and a pretend service, and waiting for what is next."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Final

from bot.sandbox.wire import Json

_KEPT: Final = 20_000


class _Entry(dict[str, Any]):
    """An entry of the log, which remembers when it began, by a clock of its own."""

    begun = 0.0


class Traffic:
    """Numbers everything that happens; keeps the latest 20,000 entries. Times are epoch seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.number = 0
        self._clock = clock
        self._entries: deque[Json] = deque(maxlen=_KEPT)
        self._changed = asyncio.Event()

    def record(self, kind: str, **details: object) -> Json:
        """Add an entry of this kind and give it; it may be completed later by `complete`."""
        self.touch()
        entry = _Entry(number=self.number, at=self._clock(), kind=kind, **details)
        entry.begun = time.perf_counter()
        self._entries.append(entry)
        return entry

    def complete(self, entry: Json, **details: object) -> None:
        """Say how what was recorded ended; `took_ms` is how long it took, whatever the sandbox's time did."""
        entry.update(details)
        if isinstance(entry, _Entry):
            entry["took_ms"] = round((time.perf_counter() - entry.begun) * 1000, 1)
        self.touch()

    def touch(self) -> None:
        """Tell those who wait that something changed."""
        self.number += 1
        self._changed.set()
        self._changed = asyncio.Event()

    def after(self, number: int) -> list[Json]:
        """Give the entries that came after this number, oldest first."""
        return [entry for entry in self._entries if entry["number"] > number]

    def entry(self, number: int) -> Json | None:
        """Give the entry with exactly this number, if it is still kept."""
        return next((entry for entry in self._entries if entry["number"] == number), None)

    async def wait(self, number: int, seconds: float) -> int:
        """Wait until something newer than `number` happened, `seconds` at most; give the latest number."""
        try:
            async with asyncio.timeout(seconds):
                while self.number <= number:
                    await self._changed.wait()
        except TimeoutError:
            pass
        return self.number
