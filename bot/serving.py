"""The bot at work: its handlers registered, connected to Slack, until it is told to stop."""

import asyncio
import gc
import sys
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from importlib.metadata import version
from time import perf_counter
from typing import Final

import structlog
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import SettingsProblem
from bot.facing import Inbound, face
from bot.handling import Handlers
from bot.installing import Installation
from bot.reporting.errors import report_to
from bot.settings import Settings
from bot.slack import app as slack_app
from bot.slack.receiving import Receiver
from bot.slack.socket import Socket
from bot.stopping import end, own_threads, told_to_stop, unless
from bot.storing import now
from bot.tending import Tending
from bot.tracing import current
from bot.web.serving import serve_until

WORK_SECONDS: Final = 4.0
CLOSING_SECONDS: Final = 1.0
"""How long work in hand, and a connection that is closed, may take when the bot is told to stop.

With the answers under way, and the threads that end last, this is less than the ten seconds after which
Docker kills; whatever works is on disk anyway.
"""

SWITCH_SECONDS: Final = 0.001
"""How long a worker may keep Python to itself while the event loop has somebody to answer.

By default it is five times as long for each worker that is busy
(https://docs.python.org/3/library/sys.html#sys.setswitchinterval).
"""

NEW_OBJECTS: Final = 50_000
"""How many new objects there are before Python looks for garbage among them.

By default it looks after 700, which is several times in each answer
(https://docs.python.org/3/library/gc.html#gc.set_threshold).
"""

log = structlog.stdlib.get_logger("transferbot")


@dataclass(frozen=True, slots=True)
class Bot:
    """The bot, joined: what faces Slack, what it listens to, and its parts."""

    app: AsyncApp
    listens: slack_app.Listen
    parts: Tending


def join(given: Settings, *, only: Installation | None, closing: ExitStack) -> Bot:
    """Build the bot and register everything that it listens to. Raises DatabaseProblem.

    `only` is the one workspace that it works for; without it, it works for all that install it.
    """
    parts = Tending(given, only=only, closing=closing)
    client = slack_app.web_client(given.slack_api_url)
    app = slack_app.build(client, signing_secret=given.slack_signing_secret, workspaces=parts.installing)
    listens = slack_app.Listen(app, slack_app.Boundary(parts.installing, parts.answering))
    Handlers(parts).register(listens)
    return Bot(app=app, listens=listens, parts=parts)


async def serve(given: Settings) -> None:
    """Run the bot until it is told to stop. Raises SettingsProblem or DatabaseProblem."""
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.set_threshold(NEW_OBJECTS)
    stopped, threads = told_to_stop(), own_threads()
    with ExitStack() as closing:
        if given.sentry_dsn:
            closing.callback(report_to(given.sentry_dsn, release=version("transferbot"), about=current))
        token = given.slack_bot_token
        bot = join(given, only=await who_am_i(given, token) if token else None, closing=closing)
        gc.freeze()  # what was loaded until now stays, and need not be looked through again and again
        bot.parts.workers.start()
        try:
            async with slack_app.keeping_connections(bot.app):
                await (_over_socket if given.slack_app_token else _over_http)(given, bot, stopped)
        finally:
            log.info("stopping")
            is_done = await asyncio.to_thread(bot.parts.workers.stop, seconds=WORK_SECONDS)
    end(threads, is_done=is_done)


async def who_am_i(given: Settings, token: str) -> Installation:
    """Ask Slack whose token this is, once: Bolt would ask at the first command, within its three seconds.

    Raises SettingsProblem.
    """
    client = AsyncWebClient(token=token, base_url=given.slack_api_url)
    try:
        answer = await client.auth_test()
    except SlackApiError as error:
        raise SettingsProblem(
            f"Slack does not take the bot's token: {error.response['error']}.",
            "Copy it again from the app's settings (Install App).",
        ) from error
    except Exception as error:
        raise SettingsProblem(
            f"Slack cannot be reached at {given.slack_api_url}.", "Check the network and SLACK_API_URL."
        ) from error
    is_org_wide = bool(answer.get("is_enterprise_install"))
    return Installation(
        team_id=str(answer["enterprise_id" if is_org_wide else "team_id"]),
        team_name=str(answer.get("team", "")),
        bot_token=token,
        bot_user_id=str(answer["user_id"]),
        bot_name=str(answer.get("user") or "transferbot"),
        installed_by="",
        installed_at=now(),
        is_org_wide=is_org_wide,
    )


async def _over_socket(given: Settings, bot: Bot, stopped: asyncio.Event) -> None:
    connection = Socket(bot.app, given.slack_app_token or "", meter=bot.parts.meter, timer=perf_counter)
    try:
        if not await unless(stopped, connection.connect()):
            return
        served = face(bot.parts, connection=connection)
        port = given.port if given.public_url else given.health_port
        ready = _ready(given, connection.mode, port)
        if port:
            await serve_until(stopped, served, host=given.host, port=port, ready=ready)
        else:
            ready()
            await stopped.wait()
    finally:
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSING_SECONDS):
                await connection.close()


async def _over_http(given: Settings, bot: Bot, stopped: asyncio.Event) -> None:
    connection = Inbound(timer=perf_counter)
    slack = connection.noting(Receiver(bot.app).answer)
    served = face(bot.parts, connection=connection, slack=slack)
    ready = _ready(given, connection.mode, given.port)
    await serve_until(stopped, served, host=given.host, port=given.port, ready=ready)


def _ready(given: Settings, mode: str, port: int) -> Callable[[], None]:
    """Give what says that the bot is ready, for when it is."""
    where = {"host": given.host, "port": port} if port else {}
    workspaces = "one" if given.slack_bot_token else "many"
    return lambda: log.info("ready", mode=mode, workspaces=workspaces, **where)
