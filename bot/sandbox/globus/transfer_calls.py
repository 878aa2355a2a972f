"""What all calls of Transfer have in common: who calls, what they send, and how they are answered."""

from http import HTTPStatus

from aiohttp import web

from bot.sandbox.globus.access import Actor
from bot.sandbox.globus.errors import transfer_error
from bot.sandbox.globus.globus import Globus
from bot.sandbox.globus.grants import InvalidToken
from bot.sandbox.globus.scopes import TRANSFER_SERVER
from bot.sandbox.wire import Json, json_object


def actor_of(globus: Globus, request: web.Request) -> Actor:
    """Say who calls. Raises Refused, `AuthenticationFailed`."""
    try:
        caller = globus.grants.caller(request.headers.get("Authorization"), TRANSFER_SERVER)
    except InvalidToken as error:
        message = "Token is not active"
        raise transfer_error(HTTPStatus.UNAUTHORIZED, "AuthenticationFailed", message) from error
    return Actor(caller.identity_id, caller.client_id)


async def body_of(request: web.Request) -> Json:
    """Read what was sent. Raises Refused for anything but a JSON object."""
    try:
        return await json_object(request)
    except ValueError as error:
        message = "The body must be a JSON object"
        raise transfer_error(HTTPStatus.BAD_REQUEST, "BadRequest", message) from error


def answer(document: Json, *, status: int = HTTPStatus.OK) -> web.Response:
    """Answer with a document."""
    return web.json_response(document, status=status)
