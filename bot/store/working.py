"""A store that is a queue: workers claim its rows when they are due, and let them go again."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar

from bot.store.port import Database
from bot.store.queue import QUEUES, claim, recover, release

_Item = TypeVar("_Item")


class QueueStore(ABC, Generic[_Item]):
    """Keeps items in the rows of one of the `QUEUES`; what a row is known by is a field of its item too.

    `owner` is the name under which this process claims work.
    """

    table: ClassVar[str]

    def __init__(self, database: Database, *, clock: Callable[[], datetime], owner: str) -> None:
        self._database = database
        self._clock = clock
        self._owner = owner

    @abstractmethod
    def item_from(self, row: Mapping[str, Any]) -> _Item:
        """Read a row."""

    def _key(self, item: _Item) -> str | int:
        key: str | int = getattr(item, QUEUES[self.table])
        return key

    def claim(self, *, limit: int) -> Sequence[_Item]:
        """Hold up to `limit` items that are due and free, and give them."""
        rows = claim(self._database, self.table, now=self._clock(), owner=self._owner, limit=limit)
        return [self.item_from(row) for row in rows]

    def release(self, item: _Item) -> None:
        """Let go of an item."""
        release(self._database, self.table, self._key(item), owner=self._owner)

    def postpone(self, item: _Item, *, until: datetime) -> None:
        """Let go of an item, and make it due later."""
        release(self._database, self.table, self._key(item), owner=self._owner, due=until)

    def recover(self) -> None:
        """Let go of what is held by processes that are no more."""
        recover(self._database, self.table, owner=self._owner)
