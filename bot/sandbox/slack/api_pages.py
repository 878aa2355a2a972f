"""The acts of the pretend Slack, described: as OpenAPI, and in words."""

from collections.abc import Mapping
from typing import Final

from aiohttp import web

from bot.sandbox.described import (
    ANYTHING,
    COUNT,
    DOCUMENT,
    FAULT,
    FAULTS,
    FLAG,
    OBJECT,
    PREFIX,
    TEXT,
    TEXTS,
    Described,
    Parameter,
    described,
    document,
    in_words,
)
from bot.sandbox.pages import Link, drawn
from bot.sandbox.slack.handlers import Routes
from bot.sandbox.slack.person import ACTS
from bot.sandbox.slack.slack import Slack

_VERSION: Final = "1"

PARAMETERS: Final[Mapping[str, Parameter]] = {
    **FAULTS,
    "action_id": Parameter(TEXT, "the element, by its `action_id`"),
    "after": Parameter(COUNT, "the number of the last entry that is known"),
    "archived": Parameter(FLAG, "false to bring it back"),
    "block_id": Parameter(TEXT, "the element, by its block's `block_id`"),
    "callback_id": Parameter(TEXT, "the shortcut or step, by its `callback_id`"),
    "channel_id": Parameter(TEXT, "the channel; or `dm`"),
    "clear": Parameter(FLAG, "true to close all modals"),
    "command": Parameter(TEXT, "the command with its slash"),
    "commands": Parameter(
        {"type": "array", "items": OBJECT}, "the commands that the composer completes, each an object"
    ),
    "dm": Parameter(FLAG, "true for the conversation with the bot"),
    "globus_after": Parameter(COUNT, "the number of the pretend Globus's last entry that is known"),
    "home": Parameter(FLAG, "true for the Home tab too"),
    "id": Parameter(TEXT, "the file's or the step's ID"),
    "inputs": Parameter(OBJECT, "what the step is given"),
    "joined": Parameter(FLAG, "true to invite the bot, false to remove it"),
    "message_ts": Parameter(TEXT, "the message, by its `ts`"),
    "number": Parameter(COUNT, "the delivery's number in the log"),
    "order": Parameter(TEXTS, "events in the order of their delivery"),
    "org_ready": Parameter(FLAG, "whether an enterprise may install it"),
    "quietly": Parameter(FLAG, "true for typing without Enter"),
    "reason": Parameter(TEXT, "why, such as `refresh_requested`"),
    "redirect_uris": Parameter(TEXTS, "where people may be sent back to"),
    "shortcuts": Parameter({"type": "array", "items": OBJECT}, "the shortcuts in its menus, each an object"),
    "team_id": Parameter(TEXT, "the workspace; the sandbox's own without it"),
    "text": Parameter(TEXT, "what is written"),
    "thread_ts": Parameter(TEXT, "the message that is answered, by its `ts`"),
    "token_rotation": Parameter(FLAG, "whether its tokens last twelve hours"),
    "ts": Parameter(TEXT, "the message, by its `ts`"),
    "unfurl_domains": Parameter(TEXTS, "domains whose links it hears of"),
    "url": Parameter({"type": ["string", "null"]}, "where payloads go over HTTP; null for nowhere"),
    "user_id": Parameter(TEXT, "the person who acts"),
    "value": Parameter(ANYTHING, "what is typed or chosen: a text, an option's `value`, or a list of them"),
    "view_id": Parameter(TEXT, "the view"),
}

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
