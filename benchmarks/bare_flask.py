"""A bare Bolt app that only acknowledges: sync, with its defaults, for Flask and gunicorn."""

import logging

from flask import Flask, Response, request
from slack_bolt import Ack, App
from slack_bolt.adapter.flask import SlackRequestHandler
from slack_bolt.authorization import AuthorizeResult

from benchmarks.workspace import BOT_TOKEN, SIGNING_SECRET

_bolt = App(
    signing_secret=SIGNING_SECRET,
    logger=logging.getLogger("slack_bolt"),
    authorize=lambda enterprise_id, team_id: AuthorizeResult(
        enterprise_id=enterprise_id, team_id=team_id, bot_token=BOT_TOKEN
    ),
)


def _acknowledge(ack: Ack) -> None:
    ack()


_bolt.command("/schedule-transfer")(_acknowledge)
_bolt.view("schedule_transfer")(_acknowledge)
_bolt.options("source_collection")(lambda ack: ack(options=[]))
_handler = SlackRequestHandler(_bolt)

app = Flask(__name__)


@app.post("/slack/events")
def events() -> Response:
    """Hand a request to Bolt."""
    return _handler.handle(request)
