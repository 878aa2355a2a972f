"""What the acts of the pretend Slack take, by name."""

from collections.abc import Mapping
from typing import Final

from bot.sandbox.described import (
    ANYTHING,
    COUNT,
    FAULTS,
    FLAG,
    OBJECT,
    TEXT,
    TEXTS,
    Parameter,
)

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
