"""The command line, and the only place where things are built and joined."""

import asyncio
import random
import secrets
import signal
import sys
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

import click
import structlog
import uvicorn
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot import logs, settings
from bot.browsing import Browsing
from bot.checking import Checking
from bot.creating import Creating
from bot.drafts import Drafts
from bot.errors import Problem, SettingsProblem
from bot.fulfilling import Fulfilling, Settling
from bot.globus.browsing import GlobusCollections
from bot.globus.checking import GlobusConsents
from bot.globus.clients import Clients, Patience, Registration
from bot.globus.creating import GlobusTimers
from bot.globus.linking import GlobusAuth
from bot.linking import Linking
from bot.scheduling import Scheduling
from bot.settings import Settings
from bot.slack import app as slack_app
from bot.slack.browsing import BrowsingHandlers
from bot.slack.entrances import EntranceHandlers
from bot.slack.fulfilling import FulfillingHandlers, RequestMessages
from bot.slack.linking import LinkingHandlers, LinkingMessages
from bot.slack.posting import Poster
from bot.slack.scheduling import SchedulingHandlers
from bot.slack.zones import Zones
from bot.store.database import Database
from bot.store.drafts import DraftStore
from bot.store.linking import AccountStore, SignInStore
from bot.store.scheduling import RequestStore
from bot.store.vault import Vault, keys_beside, new_key, read_keys
from bot.web import app as web_app
from bot.working import Line, Workers

TYPING: Final = Patience(seconds=2.0, repetitions=0)
"""For somebody who is typing: an answer that comes later is an answer to nobody."""

log = structlog.stdlib.get_logger("transferbot")


def now() -> datetime:
    """The present, in UTC: the one reading of the clock."""
    return datetime.now(UTC)  # noqa: TID251 - here time becomes an argument


def new_reference() -> str:
    """Eight characters that tell one timer from another in its name: 40 bits, unique in the database."""
    return "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz234567") for _ in range(8))


@dataclass(frozen=True, slots=True)
class Bot:
    """The bot, built and joined: what faces Slack, and what works."""

    app: AsyncApp
    workers: Workers
    database: Database


def build(given: Settings, *, bot: AuthorizeResult, closing: ExitStack) -> Bot:
    """Build everything for one workspace. Raises DatabaseProblem."""
    keys = read_keys(given.keys) if given.keys else keys_beside(given.database)
    database = Database(given.database)
    closing.callback(database.close)
    vault = Vault(keys)
    owner = f"process-{uuid.uuid4()}"

    def wake() -> None:
        workers.wake()

    requests = RequestStore(database, clock=now, owner=owner)
    accounts = AccountStore(database, vault, clock=now)
    sign_ins = SignInStore(database, vault, clock=now, owner=owner, wake=wake)

    registration = Registration(given.globus_client_id, given.globus_client_secret)
    patient = Clients(registration, accounts=accounts, patience=Patience(given.globus_timeout, repetitions=1))
    quick = Clients(registration, accounts=accounts, patience=TYPING)
    typing = closing.enter_context(ThreadPoolExecutor(8, thread_name_prefix="typing"))
    lookups = closing.enter_context(ThreadPoolExecutor(24, thread_name_prefix="lookup"))

    poster = Poster(
        token=given.slack_bot_token, api_url=given.slack_api_url, bot_name=bot.user or "transferbot"
    )
    sign_in_first = not given.globus_client_secret
    linking = Linking(
        accounts=accounts,
        sign_ins=sign_ins,
        globus=GlobusAuth(patient),
        requests=requests,
        news=LinkingMessages(poster=poster, new_id=_new_id, form_after=sign_in_first),
        clock=now,
        new_id=lambda: secrets.token_urlsafe(24),
        new_verifier=lambda: secrets.token_urlsafe(64),
    )
    fulfilling = Fulfilling(
        requests=requests,
        checking=Checking(
            collections=GlobusCollections(patient),
            consents=GlobusConsents(patient, accounts=accounts),
            lookups=lookups,
        ),
        creating=Creating(timers=GlobusTimers(patient), clock=now, looks=given.unclear_looks),
        linking=linking,
        news=RequestMessages(poster=poster, app_url=given.globus_app_url, new_id=_new_id),
        clock=now,
        chance=random.SystemRandom(),
    )
    workers = Workers(
        [Line("sign-ins", sign_ins, linking.finish), Line("requests", requests, fulfilling.work)], clock=now
    )
    requests.recover()
    sign_ins.recover()

    client = AsyncWebClient(base_url=given.slack_api_url)
    app = slack_app.build(client, signing_secret=given.slack_signing_secret, bot=bot)
    listen = slack_app.Listen(app)
    drafts = Drafts(store=DraftStore(database), clock=now)
    scheduling = Scheduling(inbox=requests, drafts=drafts, clock=now, new_reference=new_reference, wake=wake)
    form = SchedulingHandlers(scheduling=scheduling, drafts=drafts, clock=now)
    form.register(listen)
    EntranceHandlers(
        form=form,
        linking=linking,
        zones=Zones(clock=now),
        clock=now,
        new_id=_new_id,
        sign_in_first=sign_in_first,
        app_hosts=frozenset(
            {urlsplit(given.globus_app_url).netloc, urlsplit(settings.GLOBUS_APP_URL).netloc}
        ),
    ).register(listen)
    browsing = Browsing(collections=GlobusCollections(quick), accounts=accounts, executor=typing)
    BrowsingHandlers(browsing=browsing).register(listen)
    LinkingHandlers(linking=linking).register(listen)
    FulfillingHandlers(
        settling=Settling(requests=requests, clock=now, wake=wake, show=fulfilling.show_again),
        close_view=requests.close_view,
        show_again=lambda request: asyncio.to_thread(fulfilling.show_again, request),
    ).register(listen)
    return Bot(app=app, workers=workers, database=database)


def _new_id() -> str:
    return str(uuid.uuid4())


async def serve(given: Settings) -> None:
    """Run the bot until it is told to stop. Raises SettingsProblem or DatabaseProblem."""
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    with ExitStack() as closing:
        bot = build(given, bot=await _who_am_i(given), closing=closing)
        bot.workers.start()
        closing.callback(bot.workers.stop)
        if given.slack_app_token:
            await _over_socket(given, bot, stopped)
        else:
            await _over_http(given, bot, stopped)


async def _who_am_i(given: Settings) -> AuthorizeResult:
    """Ask Slack whose token this is, once: Bolt would ask at the first command, within its three seconds."""
    client = AsyncWebClient(token=given.slack_bot_token, base_url=given.slack_api_url)
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
    return AuthorizeResult.from_auth_test_response(auth_test_response=answer, bot_token=given.slack_bot_token)


async def _over_socket(given: Settings, bot: Bot, stopped: asyncio.Event) -> None:
    handler = AsyncSocketModeHandler(bot.app, given.slack_app_token)
    await handler.connect_async()  # type: ignore[no-untyped-call]
    log.info("ready", mode="Socket Mode")
    await stopped.wait()
    await handler.close_async()  # type: ignore[no-untyped-call]


async def _over_http(given: Settings, bot: Bot, stopped: asyncio.Event) -> None:
    face = web_app.build(
        ready=lambda: {"database": bot.database.alive, "workers": bot.workers.alive},
        slack=AsyncSlackRequestHandler(bot.app).handle,
        signing_secret=given.slack_signing_secret,
        clock=lambda: now().timestamp(),
    )
    server = uvicorn.Server(
        uvicorn.Config(face, host=given.host, port=given.port, log_config=None, server_header=False)
    )
    serving = asyncio.create_task(server.serve())
    log.info("ready", mode="HTTP", host=given.host, port=given.port)
    await asyncio.wait({serving, asyncio.create_task(stopped.wait())}, return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    await serving


@click.group()
def main() -> None:
    """Schedule recurring Globus transfers from Slack."""


@main.command()
def run() -> None:
    """Run the bot: over Socket Mode if SLACK_APP_TOKEN is set, otherwise over HTTP."""
    _sentence(lambda: asyncio.run(serve(_configured())))


@main.command()
@click.option(
    "--tour", is_flag=True, help="Play the whole main job as a person would, print each step, and end."
)
@click.option(
    "--port", default=0, show_default=True, help="Where the pretend Slack listens; 0 is any free port."
)
def demo(*, tour: bool, port: int) -> None:
    """Try the bot against a pretend Slack and a pretend Globus on this machine."""
    from bot.sandbox.demo import demonstrate  # noqa: PLC0415 - the bot runs without loading the sandbox

    sys.exit(demonstrate(tour=tour, port=port, say=click.echo))


@main.command("sandbox")
@click.option(
    "--port", default=0, show_default=True, help="Where the pretend Slack listens; 0 is any free port."
)
def sandbox_command(*, port: int) -> None:
    """Serve only the pretend Slack and Globus, and print the settings that point a bot at them."""
    from bot.sandbox.demo import offer  # noqa: PLC0415 - the bot runs without loading the sandbox

    offer(port=port, say=click.echo)


@main.group()
def keys() -> None:
    """The keys that seal tokens."""


@keys.command("new")
def keys_new() -> None:
    """Print a new sealing key, for the front of TRANSFERBOT_KEYS."""
    click.echo(new_key())


def _configured() -> Settings:
    environ = settings.environment()
    given = settings.read(environ)
    settings.hand_over(environ)
    logs.configure(log_format=given.log_format, level=given.log_level, secrets=given.secrets)
    return given


def _sentence(command: Callable[[], None]) -> None:
    """Run a command; what stops it is told in a sentence."""
    try:
        command()
    except Problem as problem:
        raise click.ClickException(str(problem)) from problem


if __name__ == "__main__":
    main()
