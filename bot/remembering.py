"""What is remembered in memory, which must not grow without an end."""

from collections import OrderedDict
from typing import TypeVar

from typing_extensions import override

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class Latest(OrderedDict[_Key, _Value]):
    """The latest of many: it holds `most` entries, and what was put in longest ago makes room."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    @override
    def __setitem__(self, key: _Key, value: _Value) -> None:
        super().__setitem__(key, value)
        self.move_to_end(key)
        if len(self) > self._most:
            self.popitem(last=False)
