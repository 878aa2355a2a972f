"""What each answer to Slack costs, in counts; `python -m benchmarks` measures it in times."""

import asyncio
import cProfile
import pstats
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from benchmarks.load import over_http
from benchmarks.messages import Kind, command, submission
from benchmarks.pretend_slack import pretend_slack
from benchmarks.workspace import BOT_TOKEN, SIGNING_SECRET
from bot.facing import Inbound, face
from bot.serving import Bot, join, who_am_i
from bot.settings import Settings, read
from bot.slack.app import keeping_connections
from bot.slack.receiving import Receiver
from bot.web.serving import serve_until
from tests.counting import Threads
from tests.stories.stage import free_port

AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Counted:
    """What was called on the event loop while so many answers were given, all at once."""

    profile: cProfile.Profile
    threads: int
    calls_to_slack: int

    def calls(self, file: str, function: str) -> float:
        """Give how often a function was called for each answer, of the bot and its libraries alone."""
        found: list[int] = [
            times
            for (path, _, name), (*_, callers) in pstats.Stats(self.profile).stats.items()  # type: ignore[attr-defined]
            if path.endswith(file) and name == function
            for (caller, _, _), (_, times, *_) in callers.items()
            if "benchmarks" not in caller
        ]
        return sum(found) / AT_ONCE


def settings(api_url: str, folder: Path) -> Settings:
    return read(
        {
            "SLACK_API_URL": api_url,
            "SLACK_BOT_TOKEN": BOT_TOKEN,
            "SLACK_SIGNING_SECRET": SIGNING_SECRET,
            "GLOBUS_CLIENT_ID": "c0f1de00-5a4d-4b0f-8b07-000000000001",
            "GLOBUS_CLIENT_SECRET": "secret",
            "DATABASE_URL": f"sqlite:///{folder / 'bot.db'}",
        }
    )


async def served(bot: Bot, port: int, stopped: asyncio.Event, ready: asyncio.Event) -> None:
    connection = Inbound(timer=perf_counter)
    built = face(bot.parts, connection=connection, slack=connection.noting(Receiver(bot.app).answer))
    async with keeping_connections(bot.app):
        await serve_until(stopped, built, host="127.0.0.1", port=port, ready=ready.set)


async def answered(kind: Kind, folder: Path) -> Counted:
    """Let a bot without workers answer so many messages, after it has answered as many before."""
    threads, port = Threads(4), int(free_port())
    asyncio.get_running_loop().set_default_executor(threads)
    stopped, ready, profile = asyncio.Event(), asyncio.Event(), cProfile.Profile()
    async with pretend_slack() as slack:
        given = settings(slack.api_url, folder)
        with ExitStack() as closing:
            bot = join(given, only=await who_am_i(given, BOT_TOKEN), closing=closing)
            serving = asyncio.create_task(served(bot, port, stopped, ready))
            await ready.wait()
            ask = over_http(port, kind)
            # Of fifty people, each of whose time zones is asked for once.
            first = [await asyncio.gather(*(ask(at + one) for one in range(25))) for at in (0, 25)]
            threads.asked, before = 0, slack.calls.total()
            with profile:
                good = await asyncio.gather(*(ask(100 + one) for one in range(AT_ONCE)))
            counted = Counted(profile, threads.asked, slack.calls.total() - before)
            stopped.set()
            await serving
    assert all((*first[0], *first[1], *good))
    return counted


def test_a_command_costs_one_call_to_slack_and_nothing_twice(tmp_path: Path) -> None:
    counted = asyncio.run(answered(command(), tmp_path))

    assert counted.calls_to_slack == AT_ONCE
    assert counted.calls("/hmac.py", "new") == 1
    # The form, and what travels with it.
    assert counted.calls("json/__init__.py", "dumps") == 2
    # Slack's answer.
    assert counted.calls("json/__init__.py", "loads") == 1
    # Whether there is a draft; those who ask in the same turn share a thread.
    assert counted.threads <= AT_ONCE


def test_a_submission_asks_no_thread_and_reads_its_body_once(tmp_path: Path) -> None:
    counted = asyncio.run(answered(submission(), tmp_path))

    assert counted.calls_to_slack == counted.threads == 0
    assert counted.calls("/hmac.py", "new") == 1
    assert counted.calls("bot/web/shapes.py", "_unquoted") == 1
    # The body, and twice what travels with the form: for the log, and for the request.
    assert counted.calls("json/__init__.py", "loads") == 3
    # The answer, and five columns of the row.
    assert counted.calls("json/__init__.py", "dumps") == 6
