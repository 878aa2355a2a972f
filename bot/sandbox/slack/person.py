"""The person's hands over HTTP: everything under `/sandbox/`. Each act takes an optional `team_id`.

Every answer is 200 with `"ok": true`, or 400 with `{"ok": false, "error": <code>, "detail": <sentence>}`.
"""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Final, TypeAlias

from aiohttp import web

from bot.sandbox.described import check
from bot.sandbox.slack import (
    click_acts,
    control_acts,
    conversation_acts,
    file_methods,
    form_acts,
    function_methods,
    inspecting,
    reading,
    removal_acts,
    screen,
)
from bot.sandbox.slack.errors import Refused
from bot.sandbox.slack.parameters import PARAMETERS
from bot.sandbox.slack.slack import Slack
from bot.sandbox.wire import Json, json_object

Act: TypeAlias = Callable[[Slack, Json], Awaitable[Json]]

ACTS: Final[Mapping[tuple[str, str], Act]] = {
    ("GET", "state"): reading.state,
    ("GET", "views"): reading.views,
    ("GET", "view"): reading.view,
    ("GET", "home"): reading.home,
    ("GET", "messages"): reading.messages,
    ("GET", "traffic"): reading.traffic,
    ("GET", "wait"): reading.wait,
    ("GET", "screen"): screen.screen,
    ("POST", "read"): screen.read,
    ("GET", "inspect"): inspecting.inspect,
    ("POST", "command"): conversation_acts.command,
    ("POST", "shortcut"): conversation_acts.shortcut,
    ("POST", "message"): conversation_acts.say,
    ("POST", "home"): conversation_acts.open_home,
    ("GET", "thread"): reading.thread,
    ("GET", "file"): file_methods.look,
    ("POST", "file_processing"): file_methods.let_process,
    ("POST", "run_function"): function_methods.run,
    ("GET", "function"): function_methods.look,
    ("POST", "write"): conversation_acts.write,
    ("POST", "delete_message"): conversation_acts.delete_message,
    ("POST", "members"): conversation_acts.change_membership,
    ("POST", "leave"): conversation_acts.leave,
    ("POST", "archive"): conversation_acts.archive,
    ("POST", "input"): form_acts.fill,
    ("POST", "suggest"): form_acts.suggest,
    ("POST", "submit"): form_acts.submit,
    ("POST", "close"): form_acts.close,
    ("POST", "click"): click_acts.click,
    ("POST", "faults"): control_acts.order_fault,
    ("DELETE", "faults"): control_acts.clear_faults,
    ("POST", "delivery"): control_acts.set_delivery_url,
    ("POST", "redeliver"): control_acts.redeliver,
    ("POST", "disconnect"): control_acts.disconnect,
    ("POST", "uninstall"): removal_acts.uninstall,
    ("POST", "revoke_bot_token"): removal_acts.revoke_bot_token,
    ("POST", "deactivate"): removal_acts.deactivate,
    ("POST", "registration"): removal_acts.register,
}


async def answer_act(slack: Slack, request: web.Request) -> web.StreamResponse:
    """Do one act. Raises HTTPNotFound for one that does not exist."""
    act = ACTS.get((request.method, request.match_info["act"]))
    if act is None:
        raise web.HTTPNotFound
    try:
        body = dict(request.query) if request.method == "GET" else await json_object(request)
        check(PARAMETERS, body)
        team = slack.in_team(body.pop("team_id", None))
        return web.json_response({"ok": True, **await act(team, body)})
    except Refused as refused:
        told = {"ok": False, "error": refused.error, "detail": refused.detail, **refused.more}
    except ValueError as error:
        told = {"ok": False, "error": "invalid_arguments", "detail": str(error)}
    return web.json_response(told, status=HTTPStatus.BAD_REQUEST)
