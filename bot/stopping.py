"""Coming to an end: told by a signal, without waiting for whoever hangs in a call."""

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from typing import Any, Final

import structlog

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)

LAST_SECONDS: Final = 1.0
"""How long a thread may take that has nothing more to do."""

log = structlog.stdlib.get_logger("transferbot")


def told_to_stop() -> asyncio.Event:
    """Give what is set when the process is told to stop; a second signal ends it at once."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()

    def stop() -> None:
        stopped.set()
        for number in SIGNALS:
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_DFL)

    for number in SIGNALS:
        loop.add_signal_handler(number, stop)
    return stopped


async def unless(stopped: asyncio.Event, work: Coroutine[Any, Any, None]) -> bool:
    """Carry out what may take any time, unless the bot is told to stop before; says whether it is done."""
    working = asyncio.create_task(work)
    stopping = asyncio.create_task(stopped.wait())
    await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not working.done():
        working.cancel()
        return False
    await working
    return True


def own_threads() -> ThreadPoolExecutor:
    """Give the loop threads that can be left behind; its own can only be waited for."""
    threads = ThreadPoolExecutor(min(32, (os.cpu_count() or 1) + 4), thread_name_prefix="loop")
    asyncio.get_running_loop().set_default_executor(threads)
    return threads


def end(threads: ThreadPoolExecutor, *, is_done: bool) -> None:
    """Wait a little for threads that are about to end, and leave those behind that are not.

    The database is closed by now, so that they can change nothing any more; Python would wait for them.
    """
    threads.shutdown(wait=False, cancel_futures=True)
    # Threads of a pool count whether they are daemons or not: Python waits for them in either case.
    others = [thread for thread in threading.enumerate() if thread is not threading.main_thread()]
    until = perf_counter() + LAST_SECONDS
    for thread in others:
        thread.join(max(until - perf_counter(), 0))
    left = [thread.name for thread in others if thread.is_alive()]
    log.info("stopped", all_done=is_done and not left)
    if left:
        logging.shutdown()
        os._exit(0)
