"""Serving the web face, until the bot is told to stop."""

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn
from starlette.applications import Starlette
from typing_extensions import override

from bot.errors import SettingsProblem

ANSWER_SECONDS: Final = 2
"""How long answers under way may take when the bot is told to stop; Slack waits no longer than three."""

BACKLOG: Final = 2048
"""Connections that may wait while all others are answered; the system may allow fewer."""


async def serve_until(
    stopped: asyncio.Event, face: Starlette, *, host: str, port: int, ready: Callable[[], None]
) -> None:
    """Serve, say when the port is open, and end when told to; raises SettingsProblem if it is taken."""
    config = uvicorn.Config(
        face,
        log_config=None,
        access_log=False,  # codes and states stand in addresses
        server_header=False,
        timeout_graceful_shutdown=ANSWER_SECONDS,
    )
    server = _Server(config, ready=ready)
    serving = asyncio.create_task(server.serve([_opened(host, port)]))
    stopping = asyncio.create_task(stopped.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    server.should_exit = True
    await serving


def _opened(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        opened = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise SettingsProblem(
            f"{host}:{port} cannot be listened on: {error.strerror}.", "Set another HOST or PORT."
        ) from error
    # asyncio does this only for sockets that it made itself. Without it the body of an answer waits for the
    # acknowledgement of its head, which the other side puts off for 40 ms.
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return opened


class _Server(uvicorn.Server):
    """Leaves the signals to the bot, and says when it listens."""

    def __init__(self, config: uvicorn.Config, *, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()

    @override
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
