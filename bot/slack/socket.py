"""Socket Mode: the connection over which Slack reaches the bot, and how it is.

https://docs.slack.dev/apis/events-api/using-socket-mode
"""

from collections.abc import Callable
from typing import Final

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from typing_extensions import override

from bot.measuring import Meter

MODE: Final = "Socket Mode"

PING_SECONDS: Final = 3.0
"""How late a broken connection is noticed; four pings without an answer make a silent one broken."""


class Socket:
    """Connects, and connects again by itself. `timer` gives seconds that only ever grow."""

    mode = MODE

    def __init__(self, app: AsyncApp, app_token: str, *, meter: Meter, timer: Callable[[], float]) -> None:
        self._handler = _Handler(app, app_token, meter=meter, timer=timer)
        self._timer = timer

    async def connect(self) -> None:
        """Connect, however long it takes."""
        await self._handler.connect_async()  # type: ignore[no-untyped-call]

    async def close(self) -> None:
        """Take nothing more, and disconnect."""
        await self._handler.close_async()  # type: ignore[no-untyped-call]

    @property
    def is_connected(self) -> bool:
        """Whether the connection is there; one that is silent counts as lost after some missed pings."""
        client = self._handler.client
        session = client.current_session
        return not client.closed and not client.stale and session is not None and not session.closed

    @property
    def seconds_since_envelope(self) -> float | None:
        """How long ago the last envelope came."""
        last = self._handler.last_envelope
        return None if last is None else self._timer() - last


class _Handler(AsyncSocketModeHandler):
    def __init__(self, app: AsyncApp, app_token: str, *, meter: Meter, timer: Callable[[], float]) -> None:
        super().__init__(app, app_token, ping_interval=PING_SECONDS)
        self.last_envelope: float | None = None
        self._meter = meter
        self._timer = timer

    @override
    async def handle(self, client: SocketModeClient, req: SocketModeRequest) -> None:  # type: ignore[override]
        begun = self.last_envelope = self._timer()
        await super().handle(client, req)
        self._meter.acknowledged(self._timer() - begun)
