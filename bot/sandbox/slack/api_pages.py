"""The acts of the pretend Slack, described: as OpenAPI, and in words."""

from collections.abc import Mapping
from typing import Final

from aiohttp import web

from bot.sandbox.described import (
    DOCUMENT,
    FAULT,
    PREFIX,
    Described,
    described,
    document,
    in_words,
)
from bot.sandbox.pages import Link, drawn
from bot.sandbox.slack.handlers import Routes
from bot.sandbox.slack.parameters import PARAMETERS
from bot.sandbox.slack.person import ACTS
from bot.sandbox.slack.slack import Slack

_VERSION: Final = "1"

TAKES: Final[Mapping[tuple[str, str], str]] = {
    ("GET", "state"): "",
    ("GET", "views"): "user_id",
    ("GET", "view"): "view_id",
    ("GET", "home"): "user_id",
    ("GET", "messages"): "user_id channel_id? dm?",
    ("GET", "traffic"): "after?",
    ("GET", "wait"): "after? seconds?",
    ("GET", "screen"): "user_id channel_id? dm? home? after?",
    ("POST", "read"): "user_id channel_id? dm? ts",
    ("GET", "inspect"): "after? globus_after?",
    ("POST", "command"): "user_id channel_id? dm? command text?",
    ("POST", "shortcut"): "user_id callback_id channel_id? dm? message_ts?",
    ("POST", "message"): "user_id channel_id? dm? text thread_ts?",
    ("POST", "home"): "user_id",
    ("GET", "thread"): "user_id channel_id? dm? ts",
    ("GET", "file"): "id",
    ("POST", "file_processing"): "seconds?",
    ("POST", "run_function"): "user_id callback_id inputs?",
    ("GET", "function"): "id",
    ("POST", "write"): "user_id text",
    ("POST", "delete_message"): "user_id channel_id? dm? ts",
    ("POST", "members"): "channel_id joined?",
    ("POST", "leave"): "user_id channel_id? dm?",
    ("POST", "archive"): "channel_id archived?",
    ("POST", "input"): "user_id view_id block_id? action_id? value? quietly?",
    ("POST", "suggest"): "user_id view_id block_id? action_id? value",
    ("POST", "submit"): "user_id view_id",
    ("POST", "close"): "user_id view_id clear?",
    ("POST", "click"): "user_id view_id? message_ts? channel_id? dm? block_id? action_id? value?",
    ("POST", "faults"): FAULT,
    ("DELETE", "faults"): "",
    ("POST", "delivery"): "url?",
    ("POST", "redeliver"): "number",
    ("POST", "disconnect"): "reason?",
    ("POST", "uninstall"): "order?",
    ("POST", "revoke_bot_token"): "",
    ("POST", "deactivate"): "user_id",
    (
        "POST",
        "registration",
    ): "redirect_uris? token_rotation? org_ready? unfurl_domains? commands? shortcuts?",
}
"""Each takes `team_id` too."""


def acts() -> tuple[Described, ...]:
    """Give every act, described."""
    takes = {act: f"{TAKES[act]} team_id?" for act in ACTS}
    return described(ACTS, takes, PARAMETERS)


async def openapi(slack: Slack, _request: web.Request) -> web.StreamResponse:
    """Give the OpenAPI document."""
    return web.json_response(document("The sandbox's pretend Slack", slack.origin, acts(), version=_VERSION))


async def words(slack: Slack, _request: web.Request) -> web.StreamResponse:
    """Show the acts in words."""
    links = [Link("Back to Slack", "/")]
    if slack.doors.globus_url:
        links.append(Link("The pretend Globus", f"{slack.doors.globus_url}/", leaves=True))
    body = in_words(acts())
    return drawn("Driving the pretend Slack", body, service="Slack", links=links, is_wide=True)


ROUTES: Final[Routes] = {
    ("GET", PREFIX): words,
    ("GET", f"{PREFIX}{DOCUMENT}"): openapi,
}
