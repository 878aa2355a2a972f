"""A bare `AsyncApp` behind uvicorn: what everything else is measured against.

    python -m benchmarks.bare_starlette PORT SLACK_API_URL [--opens] [--keeps FILE]

It only acknowledges. With `--opens` a command first opens a view over one kept connection, and with `--keeps`
a submission first keeps one row on disk, in groups: as little as any bot could do that makes these promises.
"""

import json
import logging
from pathlib import Path

import aiohttp
import click
import uvicorn
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from benchmarks.messages import BOT_TOKEN, SIGNING_SECRET, submission
from bot.store.database import SqliteDatabase

TABLE = "CREATE TABLE IF NOT EXISTS kept (request_id TEXT PRIMARY KEY, form TEXT) STRICT"
KEEP = "INSERT INTO kept (request_id, form) VALUES (?, ?) ON CONFLICT DO NOTHING"


def build(api_url: str, *, opens: bool, keeps: Path | None) -> Starlette:
    """Build the app."""
    client = AsyncWebClient(base_url=api_url)
    view = submission().payload["view"]
    drawn = {name: view[name] for name in ("type", "callback_id", "title", "submit", "blocks")}
    database = SqliteDatabase(keeps) if keeps else None
    if database:
        database.write(lambda writer: writer.execute(TABLE))

    async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, bot_token=BOT_TOKEN)

    bolt = AsyncApp(
        client=client,
        signing_secret=SIGNING_SECRET,
        logger=logging.getLogger("slack_bolt"),
        authorize=authorize,
        process_before_response=True,
    )

    async def command(ack: AsyncAck, client: AsyncWebClient, body: dict[str, str]) -> None:
        if opens:
            await client.views_open(trigger_id=body["trigger_id"], view=drawn)
        await ack()

    async def submitted(ack: AsyncAck, view: dict[str, object]) -> None:
        if database:
            row = (view["private_metadata"], json.dumps(view["state"]))
            await database.write_soon(lambda writer: writer.execute(KEEP, row).rowcount)
        await ack()

    async def suggest(ack: AsyncAck) -> None:
        await ack(options=[])

    bolt.command("/schedule-transfer")(command)
    bolt.view("schedule_transfer")(submitted)
    bolt.options("source_collection")(suggest)
    handler = AsyncSlackRequestHandler(bolt)

    async def events(request: Request) -> Response:
        if client.session is None and opens:
            client.session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30))
        return await handler.handle(request)

    return Starlette(routes=[Route("/slack/events", events, methods=["POST"])])


@click.command()
@click.argument("port", type=int)
@click.argument("api_url")
@click.option("--opens", is_flag=True)
@click.option("--keeps", type=click.Path(path_type=Path))
def main(port: int, api_url: str, *, opens: bool, keeps: Path | None) -> None:
    """Serve it."""
    app = build(api_url, opens=opens, keeps=keeps)
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
