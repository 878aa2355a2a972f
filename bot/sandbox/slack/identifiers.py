"""New identifiers in Slack's forms; repeatable, save for those that are secrets."""

import random
import string
import uuid
from collections.abc import Callable
from typing import Final

from bot.sandbox.chance import Chance

_ALPHABET: Final = string.ascii_uppercase + string.digits
_MICROSECONDS: Final = 1_000_000


class Identifiers:
    """Makes identifiers from `source`, secrets by `chance`, and timestamps from `clock` (epoch seconds)."""

    def __init__(self, clock: Callable[[], float], source: random.Random, chance: Chance) -> None:
        self._clock = clock
        self._chance = chance
        self._source = source
        self._last_timestamp = 0

    def new(self, prefix: str, length: int = 9) -> str:
        """Give `prefix`, a zero and `length` capital letters and digits, like `V0AB12CD34E`."""
        return f"{prefix}0{''.join(self._source.choices(_ALPHABET, k=length))}"

    def short(self) -> str:
        """Give the five characters with which Slack names a block or element that came without a name."""
        return "".join(self._source.choices(string.ascii_letters + string.digits, k=5))

    def digits(self, length: int) -> str:
        """Give `length` digits, the first of them not zero."""
        return str(self._source.randrange(10 ** (length - 1), 10**length))

    def envelope(self) -> str:
        """Give a UUID."""
        return str(uuid.UUID(int=self._source.getrandbits(128), version=4))

    def timestamp(self) -> str:
        """Give the present as Slack's `ts` (`seconds.microseconds`), later than every one given before."""
        self._last_timestamp = max(self._last_timestamp + 1, int(self._clock() * _MICROSECONDS))
        seconds, fraction = divmod(self._last_timestamp, _MICROSECONDS)
        return f"{seconds}.{fraction:06d}"

    def secret(self) -> str:
        """Give 32 hexadecimal digits, which nobody can guess unless a seed was asked for."""
        return self._chance.hex(16)
