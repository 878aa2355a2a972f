"""A bounded load: so many messages under way at a time, each answered before the next of its lane is sent."""

import asyncio
import itertools
import statistics
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Final

from typing_extensions import override

from benchmarks.messages import Kind, filled_in, request

SLACKS_PATIENCE: Final = 3.0
"""Seconds after which Slack shows the person an error (https://docs.slack.dev/interactivity/handling-user-interaction)."""

WARMING: Final = 0.3
"""Seconds at the beginning that do not count."""

LONGEST: Final = 30.0
"""Seconds after which an answer does not come any more."""

_NUMBERS: Final = itertools.count(1)

Ask = Callable[[int], Awaitable[bool]]
"""Sends one message with this number; whether its answer was a good one."""


@dataclass(frozen=True, slots=True)
class Load:
    """What came of it: how long each answer took, in seconds, how many were bad, and how long all took.

    `sent` counts all messages, those of the warming up too.
    """

    took: Sequence[float]
    bad: int
    seconds: float
    sent: int = 0

    @property
    def throughput(self) -> float:
        """Answers in a second."""
        return len(self.took) / self.seconds

    @property
    def late(self) -> int:
        """Answers that came when Slack had given up."""
        return sum(one > SLACKS_PATIENCE for one in self.took)

    def quantile(self, share: float) -> float:
        """Give the time, in seconds, within which this share of the answers came."""
        ordered = sorted(self.took)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0.0


def median(values: Sequence[float]) -> float:
    """Give the middle one; 0 of nothing."""
    return statistics.median(values) if values else 0.0


class Connection(asyncio.Protocol):
    """One kept-alive HTTP/1.1 connection with one request under way."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._received = b""
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - a TCP connection has no other
        self._transport = transport

    @override
    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        if found and len(body) >= _length(head):
            self._received = b""
            if self._answer and not self._answer.done():
                self._answer.set_result((int(head[9:12]), body))

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._answer and not self._answer.done():
            self._answer.set_exception(ConnectionError("the server closed the connection"))

    @property
    def is_open(self) -> bool:
        """Whether something can be sent."""
        return self._transport is not None

    async def ask(self, sent: bytes) -> tuple[int, bytes]:
        """Send a request; gives the answer's status and body. Raises ConnectionError or TimeoutError."""
        if self._transport is None:
            raise ConnectionError("the connection is closed")
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(sent)
        async with asyncio.timeout(LONGEST):
            return await self._answer

    def close(self) -> None:
        """Close it."""
        if self._transport:
            self._transport.close()


def _length(head: bytes) -> int:
    _, found, after = head.lower().partition(b"\r\ncontent-length:")
    return int(after.partition(b"\r\n")[0]) if found else 0


def over_http(port: int, kind: Kind, *, answers: bool = True) -> Ask:
    """Give what sends messages of a kind, each lane over a connection of its own.

    Where nobody `answers` like the bot, any 200 is good.
    """
    text = kind.written()
    free: list[Connection] = []

    async def ask(number: int) -> bool:
        connection = free.pop() if free else None
        if connection is None or not connection.is_open:
            loop = asyncio.get_running_loop()
            _, connection = await loop.create_connection(Connection, "127.0.0.1", port)
        try:
            status, body = await connection.ask(request(filled_in(text, number)))
        except (OSError, TimeoutError):
            connection.close()
            return False
        free.append(connection)
        return status == 200 and (not answers or kind.is_good(body))  # noqa: PLR2004 - HTTP's own number

    return ask


async def driven(ask: Ask, *, at_once: int, seconds: float) -> Load:
    """Keep so many messages under way for so long, after a short warming up."""
    took: list[float] = []
    bad = count = 0
    begun = perf_counter() + min(WARMING, seconds)
    until = begun + seconds

    async def lane() -> None:
        nonlocal bad, count
        while (sent := perf_counter()) < until:
            count += 1
            is_good = await ask(next(_NUMBERS))
            if (answered := perf_counter()) >= begun:
                took.append(answered - sent)
                bad += not is_good

    await asyncio.gather(*(lane() for _ in range(at_once)))
    return Load(took, bad, max(perf_counter() - begun, seconds), count)
