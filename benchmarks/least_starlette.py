"""The least that a bot can do which makes this one's promises, with this one's libraries: its limit.

    python -m benchmarks.least_starlette PORT SLACK_API_URL FILE

It is a bare `AsyncApp` behind uvicorn that reads and checks each request once, opens the same form for each
command over a kept connection, commits one row for each form in groups, and answers with the same view. It
draws, reads and decides nothing.
"""

import gc
import json
import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import uvicorn
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from benchmarks.messages import submission
from benchmarks.workspace import BOT_TOKEN, CHANNEL, SIGNING_SECRET, TEAM
from bot.accounts import SlackUser
from bot.forms import read_plan
from bot.logs import configure
from bot.scheduling import TimerRequest
from bot.serving import NEW_OBJECTS, SWITCH_SECONDS
from bot.slack.app import keeping_connections, web_client
from bot.slack.blocks import View
from bot.slack.form import FormContext, form_view, read_state
from bot.slack.preview import preview_of
from bot.slack.progress import progress_view
from bot.slack.receiving import Receiver
from bot.store.database import SqliteDatabase
from bot.storing import new_id, now
from bot.web.signing import TrustedBody, refused

ZONE = "Europe/Berlin"
TABLE = "CREATE TABLE IF NOT EXISTS kept (request_id TEXT PRIMARY KEY, form TEXT) STRICT"
KEEP = "INSERT INTO kept (request_id, form) VALUES (?, ?) ON CONFLICT DO NOTHING"


def build(api_url: str, file: Path) -> Starlette:
    """Build the app."""
    form, progress = opened(), shown()
    database = SqliteDatabase(file)
    database.write(lambda writer: writer.execute(TABLE))

    async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, bot_token=BOT_TOKEN)

    bolt = AsyncApp(
        client=web_client(api_url),
        signing_secret=SIGNING_SECRET,
        logger=logging.getLogger("slack_bolt"),
        authorize=authorize,
        process_before_response=True,
    )

    async def command(ack: AsyncAck, client: AsyncWebClient, body: dict[str, str]) -> None:
        await client.views_open(trigger_id=body["trigger_id"], view=form)
        await ack()

    async def submitted(ack: AsyncAck, view: dict[str, object]) -> None:
        row = (view["private_metadata"], json.dumps(view["state"]))
        await database.write_soon(lambda writer: writer.execute(KEEP, row).rowcount)
        await ack(response_action="update", view=progress)

    bolt.command("/schedule-transfer")(command)
    bolt.view("schedule_transfer")(submitted)
    body, receiver = TrustedBody(SIGNING_SECRET, clock=lambda: now().timestamp()), Receiver(bolt)

    async def events(request: Request) -> Response:
        payload = await body.trusted(request)
        return refused() if payload is None else await receiver.answer(request, payload)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with keeping_connections(bolt):
            yield

    return Starlette(routes=[Route("/slack/events", events, methods=["POST"])], lifespan=lifespan)


def opened() -> View:
    """Draw the form that the bot opens for a command without words."""
    context = FormContext(new_id(), CHANNEL, zone=ZONE)
    return form_view(context, filled={}, preview=preview_of({}, now=now(), zone=ZONE))


def shown() -> View:
    """Draw the view that the bot answers a good form with."""
    form = read_state(submission().payload["view"]["state"]["values"])
    plan = read_plan(form, now=now(), zone=ZoneInfo(ZONE))
    person = SlackUser(TEAM, "U0BENCH001")
    return progress_view(TimerRequest(new_id(), "abcd2345", person, plan, received_at=now()))


@click.command()
@click.argument("port", type=int)
@click.argument("api_url")
@click.argument("file", type=click.Path(path_type=Path))
def main(port: int, api_url: str, file: Path) -> None:
    """Serve it, with Python and its logs set like the bot's."""
    configure(log_format="console", level="INFO")
    app = build(api_url, file)
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.set_threshold(NEW_OBJECTS)
    gc.freeze()
    uvicorn.run(app, host="127.0.0.1", port=port, log_config=None, access_log=False)


if __name__ == "__main__":
    main()
