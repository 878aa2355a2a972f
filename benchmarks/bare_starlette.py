"""A bare `AsyncApp` behind uvicorn that only acknowledges: what everything else is measured against.

python -m benchmarks.bare_starlette PORT
"""

import logging

import click
import uvicorn
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from benchmarks.workspace import BOT_TOKEN, SIGNING_SECRET


def build() -> Starlette:
    """Build the app."""

    async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, bot_token=BOT_TOKEN)

    bolt = AsyncApp(
        signing_secret=SIGNING_SECRET,
        logger=logging.getLogger("slack_bolt"),
        authorize=authorize,
        process_before_response=True,
    )

    async def acknowledge(ack: AsyncAck) -> None:
        await ack()

    async def suggest(ack: AsyncAck) -> None:
        await ack(options=[])

    bolt.command("/schedule-transfer")(acknowledge)
    bolt.view("schedule_transfer")(acknowledge)
    bolt.options("source_collection")(suggest)
    handler = AsyncSlackRequestHandler(bolt)

    async def events(request: Request) -> Response:
        return await handler.handle(request)

    return Starlette(routes=[Route("/slack/events", events, methods=["POST"])])


@click.command()
@click.argument("port", type=int)
def main(port: int) -> None:
    """Serve it."""
    uvicorn.run(build(), host="127.0.0.1", port=port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
