"""The bot at work: its handlers registered, connected to Slack, until it is told to stop."""

import asyncio
import signal
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.metadata import version
from typing import Final
from urllib.parse import urlsplit

import structlog
import uvicorn
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.routing import Route

from bot.accounts import SlackUser
from bot.binding import Binding
from bot.building import Parts, new_id
from bot.errors import SettingsProblem
from bot.installing import Installation
from bot.settings import Settings
from bot.slack import app as slack_app
from bot.slack.background import Background
from bot.slack.browsing import BrowsingHandlers
from bot.slack.disconnecting import DisconnectingHandlers
from bot.slack.entrances import EntranceHandlers
from bot.slack.folders import FolderHandlers
from bot.slack.fulfilling import FulfillingHandlers
from bot.slack.home import HomeHandlers
from bot.slack.leaving import LeavingHandlers
from bot.slack.linking import LinkingHandlers
from bot.slack.openid import SlackOpenId
from bot.slack.presets import PresetHandlers
from bot.slack.scheduling import SchedulingHandlers
from bot.store.figures import FigureStore
from bot.storing import now
from bot.web import app as web_app
from bot.web.installing import InstallingPages
from bot.web.linking import SLACK_CALLBACK, Cookies, LinkingPages
from bot.web.metrics import Metrics
from bot.web.security import headers

STOP_SECONDS: Final = 10
"""How long requests under way may take when the bot is told to stop; whatever works is on disk anyway."""

log = structlog.stdlib.get_logger("transferbot")


@dataclass(frozen=True, slots=True)
class Bot:
    """The bot, joined: what faces Slack, what it listens to, and its parts."""

    app: AsyncApp
    listens: slack_app.Listen
    parts: Parts


def join(given: Settings, *, only: Installation | None, closing: ExitStack) -> Bot:
    """Build the bot and register everything that it listens to. Raises DatabaseProblem.

    `only` is the one workspace that it works for; without it, it works for all that install it.
    """
    parts = Parts(given, only=only, closing=closing)
    client = AsyncWebClient(base_url=given.slack_api_url)
    app = slack_app.build(client, signing_secret=given.slack_signing_secret, workspaces=parts.installing)
    listens = slack_app.Listen(app, slack_app.Boundary(parts.installing))
    _register(parts, listens)
    return Bot(app=app, listens=listens, parts=parts)


def _register(parts: Parts, listen: slack_app.Listen) -> None:
    background = Background()
    form = SchedulingHandlers(
        scheduling=parts.scheduling,
        drafts=parts.drafts,
        browsing=parts.browsing,
        places=parts.places,
        background=background,
        clock=now,
    )
    disconnecting = DisconnectingHandlers(
        disconnecting=parts.disconnecting, linking=parts.linking, background=background
    )
    entrances = EntranceHandlers(
        form=form,
        linking=parts.linking,
        zones=parts.zones,
        clock=now,
        new_id=new_id,
        sign_in_first=parts.sign_in_first,
        app_hosts=parts.app_hosts,
        presets=parts.presets,
        disconnect=disconnecting.open,
    )
    fulfilling = parts.fulfilling
    handlers = (
        form,
        entrances,
        disconnecting,
        BrowsingHandlers(browsing=parts.browsing),
        FolderHandlers(
            visits=parts.visits,
            drafts=parts.drafts,
            refill=form.refill,
            background=background,
            new_id=new_id,
        ),
        FulfillingHandlers(
            settling=parts.settling,
            close_view=parts.requests.close_view,
            show_again=lambda request: asyncio.to_thread(fulfilling.show_again, request),
            form_of=parts.request_messages.form_of,
            zones=parts.zones,
        ),
        HomeHandlers(
            home=parts.home,
            linking=parts.linking,
            open_form=lambda args: entrances.open_filled(args, {}),
            background=background,
        ),
        LinkingHandlers(linking=parts.linking),
        PresetHandlers(presets=parts.presets, open_form=entrances.open_filled),
        LeavingHandlers(leaving=parts.leaving, disconnecting=parts.disconnecting),
    )
    for each in handlers:
        each.register(listen)


async def serve(given: Settings) -> None:
    """Run the bot until it is told to stop. Raises SettingsProblem or DatabaseProblem."""
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    with ExitStack() as closing:
        token = given.slack_bot_token
        bot = join(given, only=await who_am_i(given, token) if token else None, closing=closing)
        bot.parts.workers.start()
        closing.callback(bot.parts.workers.stop)
        if given.slack_app_token:
            await _over_socket(given, bot, stopped)
        else:
            await _over_http(given, bot, stopped)


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
    handler = AsyncSocketModeHandler(bot.app, given.slack_app_token)
    await handler.connect_async()  # type: ignore[no-untyped-call]
    log.info("ready", mode="Socket Mode", workspaces=_workspaces(given))
    if given.public_url:
        await _serve_face(given, face(given, bot, slack=False), stopped)
    else:
        await stopped.wait()
    await handler.close_async()  # type: ignore[no-untyped-call]


async def _over_http(given: Settings, bot: Bot, stopped: asyncio.Event) -> None:
    log.info("ready", mode="HTTP", workspaces=_workspaces(given), host=given.host, port=given.port)
    await _serve_face(given, face(given, bot, slack=True), stopped)


def _workspaces(given: Settings) -> str:
    return "one" if given.slack_bot_token else "many"


def face(given: Settings, bot: Bot, *, slack: bool) -> Starlette:
    """Build the web face: for Slack where it comes over HTTP, and for browsers where they can reach it."""
    parts = bot.parts
    auth = urlsplit(given.globus_auth_url)
    return web_app.build(
        ready=lambda: {"database": parts.database.alive, "workers": parts.workers.alive},
        slack=AsyncSlackRequestHandler(bot.app).handle if slack else None,
        signing_secret=given.slack_signing_secret,
        clock=lambda: now().timestamp(),
        metrics=Metrics(
            version=version("transferbot"), figures=FigureStore(parts.database, clock=now).count
        ).answer,
        pages=_pages(parts) if given.public_url else (),
        headers=headers(
            forms_lead_to=f"{auth.scheme}://{auth.netloc}", is_secure=given.public_url.startswith("https://")
        ),
    )


def _pages(parts: Parts) -> list[Route]:
    """Give what browsers find here; only where there is a public address."""
    cookies = Cookies(is_secure=parts.given.public_url.startswith("https://"))
    pages = _linking_pages(parts, cookies).routes()
    if not parts.given.slack_bot_token:
        pages += InstallingPages(installing=parts.installing, cookies=cookies).routes()
    return pages


def _linking_pages(parts: Parts, cookies: Cookies) -> LinkingPages:
    """Build the pages between Slack and Globus."""
    given = parts.given

    async def linked_as(person: SlackUser) -> str:
        account = await parts.linking.account_soon(person)
        return account.username if account else ""

    binding = Binding(
        tickets=parts.tickets,
        journeys=parts.journeys,
        sign_ins=parts.sign_ins,
        slack=SlackOpenId(
            client_id=given.slack_client_id,
            client_secret=given.slack_client_secret or "",
            api_url=given.slack_api_url,
            redirect_uri=given.public_url + SLACK_CALLBACK,
        ),
        globus_url=parts.globus_auth.authorize_url,
        linked_as=linked_as,
        seals=parts.vault,
        clock=now,
    )
    return LinkingPages(binding=binding, outcome=parts.sign_ins.find_soon, cookies=cookies)


async def _serve_face(given: Settings, face: Starlette, stopped: asyncio.Event) -> None:
    server = uvicorn.Server(
        uvicorn.Config(
            face,
            host=given.host,
            port=given.port,
            log_config=None,
            access_log=False,  # codes and states stand in addresses
            server_header=False,
            timeout_graceful_shutdown=STOP_SECONDS,
        )
    )
    serving = asyncio.create_task(server.serve())
    await asyncio.wait({serving, asyncio.create_task(stopped.wait())}, return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    await serving
