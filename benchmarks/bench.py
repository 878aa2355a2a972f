"""What all benchmarks share: how much of everything, and the services that stand around a bot."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.globus import Globus, prepared, pretend_globus
from benchmarks.pretend_slack import PretendSlack, pretend_slack
from benchmarks.servers import Prepared


@dataclass(frozen=True, slots=True)
class Extent:
    """How much: seconds of each measurement, rounds of which the median counts, and how many at a time.

    `limits` says whether it is measured too what no bot and no load generator could do better; `messages`
    are the kinds that are sent, all without any.
    """

    seconds: float
    rounds: int
    at_once: tuple[int, ...]
    delays: tuple[str, ...]
    timers: int
    looks: int
    limits: bool = True
    messages: tuple[str, ...] = ()


FULL = Extent(2.0, 3, (1, 50, 200), ("instant", "300 ms", "5 s", "hanging"), timers=500, looks=200)
QUICK = Extent(0.1, 1, (2,), ("instant",), timers=1, looks=2, limits=False)


@dataclass(frozen=True, slots=True)
class Bench:
    """The services around what is measured, and a folder for what they write."""

    slack: PretendSlack
    globus: Globus
    prepared: Prepared
    folder: Path

    def place(self, name: str) -> Path:
        """Give a new folder."""
        place = self.folder / f"{len(list(self.folder.iterdir()))} {name}"
        place.mkdir()
        return place


@asynccontextmanager
async def bench(folder: Path) -> AsyncIterator[Bench]:
    """Set everything up until the block ends."""
    with pretend_globus(folder / "globus") as globus:
        ready = prepared(globus, folder / "prepared")
        async with pretend_slack() as slack:
            yield Bench(slack, globus, ready, folder)
