"""Where the pretend services take what is new from: identifiers and secrets, by lot or from a seed."""

import random
import uuid


class Chance:
    """Gives identifiers and secrets; with a seed the same ones in the same order, in every run."""

    def __init__(self, seed: int | None = None) -> None:
        self._random = random.SystemRandom() if seed is None else random.Random(seed)  # noqa: S311 - repeatable on request, and opens only the sandbox

    def uuid(self) -> str:
        """Give a UUID of version 4 (RFC 9562)."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def hex(self, size: int) -> str:
        """Give `size` bytes as hexadecimal digits."""
        return f"{self._random.getrandbits(size * 8):0{size * 2}x}"

    def below(self, limit: int) -> int:
        """Give a whole number from 0 on, below `limit`."""
        return self._random.randrange(limit)
