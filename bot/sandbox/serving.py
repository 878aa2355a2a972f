"""Serve an aiohttp application on loopback, in a thread of its own."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from aiohttp import web

HOST: Final = "127.0.0.1"


@contextmanager
def served(application: web.Application, *, port: int = 0) -> Iterator[str]:
    """Serve `application` until the block ends; gives its base URL without a trailing slash.

    Port 0 takes any free port. Raises OSError when the port is taken.
    """
    loop = asyncio.new_event_loop()
    # A dropped connection must not be answered politely: handlers that hang are cancelled at the end.
    runner = web.AppRunner(application, shutdown_timeout=0.5, handler_cancellation=True)
    thread = threading.Thread(target=_run, args=(loop,), name="sandbox-server", daemon=True)
    thread.start()
    try:
        address = asyncio.run_coroutine_threadsafe(_start(runner, port), loop).result()
        yield f"http://{HOST}:{address}"
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def _run(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    loop.run_forever()


async def _start(runner: web.AppRunner, port: int) -> int:
    await runner.setup()
    await web.TCPSite(runner, HOST, port).start()
    bound: int = runner.addresses[0][1]
    return bound
