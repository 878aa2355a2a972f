"""The Bolt app: what it listens to, and the one boundary around every handler."""

import asyncio
import json
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any, Final

from aiohttp import ClientSession, ClientTimeout, DummyCookieJar
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.kwargs_injection.async_args import AsyncArgs
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.answering import Answering
from bot.errors import Problem, unforeseen
from bot.installing import NotInstalled
from bot.slack.blocks import View, modal, section
from bot.slack.installing import DEAD, EXPIRED
from bot.slack.members import Members, workspace_of
from bot.slack.payloads import modal_of
from bot.slack.posting import SDK_LOG, SECONDS, Workspaces
from bot.tracing import about

Handler = Callable[[AsyncArgs], Awaitable[None]]

_INSTALLATION: Final = "transferbot.installation"
_NOT_HERE: Final = "transferbot.not_here"
"""Where Bolt's context holds what was found out about the workspace."""

LONGEST_ID: Final = 64
"""Ours have 36 characters; whatever else stands there is none of ours, and does not reach the log."""

log = logging.getLogger(__name__)


class Listen:
    """Registers handlers, each inside the boundary."""

    def __init__(self, app: AsyncApp, boundary: "Boundary") -> None:
        self._app = app
        self._boundary = boundary
        self.commands: list[str] = []
        self.actions: list[str] = []
        self.views: list[str] = []
        self.shortcuts: list[str] = []
        self.events: list[str] = []

    def command(self, name: str, handler: Handler) -> None:
        """Answer a slash command."""
        self.commands.append(name)
        self._app.command(name)(self._boundary.around(handler))

    def action(self, action_id: str, handler: Handler) -> None:
        """Answer a button, or a choice that the bot is told of."""
        self.actions.append(action_id)
        self._app.action(action_id)(self._boundary.around(handler))

    def options(self, action_id: str, handler: Handler) -> None:
        """Answer what is typed into a search."""
        self.actions.append(action_id)
        self._app.options(action_id)(self._boundary.around(handler))

    def view(self, callback_id: str, handler: Handler) -> None:
        """Answer a form that was sent."""
        self.views.append(callback_id)
        self._app.view(callback_id)(self._boundary.around(handler))

    def shortcut(self, callback_id: str, handler: Handler) -> None:
        """Answer a shortcut of the search bar, and one of a message's menu that has the same name."""
        self.shortcuts.append(callback_id)
        self._app.shortcut(callback_id)(self._boundary.around(handler))

    def event(self, event_type: str, handler: Handler) -> None:
        """Hear of something that happened; Bolt acknowledges it."""
        self.events.append(event_type)
        self._app.event(event_type)(self._boundary.around(handler))

    def view_closed(self, callback_id: str, handler: Handler) -> None:
        """Answer a view that was closed."""
        self._app.view_closed(callback_id)(self._boundary.around(handler))


def web_client(api_url: str) -> AsyncWebClient:
    """Build what handlers call Slack with."""
    return AsyncWebClient(base_url=api_url, timeout=SECONDS, logger=SDK_LOG)


def build(client: AsyncWebClient, *, signing_secret: str | None, workspaces: Workspaces) -> AsyncApp:
    """Build the app. Which workspace's token it uses is looked up for each request, without asking Slack.

    Handlers only validate, commit and answer, so they run before the response (and there is no polling
    for it). Bolt checks the signatures of what nobody has read and checked before.
    """

    async def authorize(context: AsyncBoltContext) -> AuthorizeResult:
        place = workspace_of(context)
        try:
            installation = await workspaces.find_soon(place)
        except Problem as problem:
            context[_NOT_HERE] = problem  # the boundary tells the person, in whatever way they can be told
            return AuthorizeResult(enterprise_id=context.enterprise_id, team_id=context.team_id)
        context[_INSTALLATION] = installation
        return AuthorizeResult(
            enterprise_id=context.enterprise_id,
            team_id=context.team_id,
            bot_user_id=installation.bot_user_id,
            bot_token=installation.bot_token,
        )

    app = AsyncApp(
        client=client,
        # Bolt gives its loggers the root's level otherwise, and writes whole bodies at INFO.
        logger=logging.getLogger("slack_bolt"),
        signing_secret=signing_secret,
        authorize=authorize,
        process_before_response=True,
        request_verification_enabled=signing_secret is not None,
        ssl_check_enabled=False,
    )
    app.error(_last_net)
    return app


@asynccontextmanager
async def keeping_connections(app: AsyncApp) -> AsyncIterator[None]:
    """Let the calls of all handlers share connections to Slack that stay open, until the block ends.

    Each call has a connection of its own otherwise, whose making a person waits for. One that died without a
    word is found out, and closed, by a call that ends at the client's time limit: a long one would be felt.
    """
    client = app.client
    # With only this limit a call ends as it does without: others would let slack_sdk send a message twice.
    limit = ClientTimeout(total=client.timeout)
    cookies = DummyCookieJar()  # none of one workspace goes along with a call for another
    async with ClientSession(
        timeout=limit, trust_env=client.trust_env_in_session, cookie_jar=cookies
    ) as session:
        client.session = session
        yield


class Boundary:
    """What is around every handler: strangers stay out, and whatever is raised becomes a sentence.

    `answering` is told that somebody waits.
    """

    def __init__(self, workspaces: Workspaces, answering: Answering) -> None:
        self._workspaces = workspaces
        self._answering = answering
        self._members = Members()

    def around(self, handler: Handler) -> Handler:
        """Put a handler inside. Whatever it raises is acknowledged with a sentence.

        Bolt loses the acknowledgement of a handler that raises after it, so nothing may be raised from here.
        """

        async def inside(args: AsyncArgs) -> None:
            with self._answering, about(delivery=secrets.token_hex(4), request_id=_request_in(args.body)):
                await handled(args)

        async def handled(args: AsyncArgs) -> None:
            try:
                await self._admit(args)
                await handler(args)
            except Problem as problem:
                await _say(args, str(problem))
            except Exception as error:  # noqa: BLE001 - it is logged where it becomes a sentence
                await _say(args, await self._sentence_for(args, error))

        return inside

    async def _admit(self, args: AsyncArgs) -> None:
        """Let only members of a workspace in where the bot is installed; raises Problem."""
        problem = args.context.get(_NOT_HERE)
        if problem:
            raise problem
        await self._members.check(args)

    async def _sentence_for(self, args: AsyncArgs, error: Exception) -> str:
        """Give what the person is told of an error; a token that Slack does not take any more is seen to."""
        installation = args.context.get(_INSTALLATION)
        code = error.response.get("error") if isinstance(error, SlackApiError) else None
        try:
            if installation and code == EXPIRED:
                await asyncio.to_thread(self._workspaces.renewed, installation)
                return "That took too long. Try again."
            if installation and code in DEAD:
                await asyncio.to_thread(self._workspaces.refused, installation)
                return str(NotInstalled())
        except Problem as problem:
            return str(problem)
        except Exception:
            log.exception("a token could not be seen to")
        reference = secrets.token_hex(4)
        log.error("a handler failed", exc_info=error, extra={"reference": reference})
        return unforeseen(reference)


def _request_in(body: Mapping[str, Any]) -> str | None:
    """Give the ID of the request that a view is about, if it is about one."""
    try:
        kept = json.loads(body["view"]["private_metadata"])["request_id"]
    except (KeyError, TypeError, ValueError):
        return None
    return kept if isinstance(kept, str) and len(kept) <= LONGEST_ID else None


async def _say(args: AsyncArgs, sentence: str) -> None:
    """Acknowledge, and tell the person in whatever way this kind of message allows."""
    body = args.body
    try:
        if body.get("command"):
            await args.ack(text=sentence)
        elif body.get("type") == "view_submission":
            await args.ack(response_action="update", view=_problem_view(sentence))
        elif body.get("type") == "block_suggestion":
            await args.ack(options=[])
        else:
            await args.ack()
            if body.get("response_url"):
                await args.respond(text=sentence, response_type="ephemeral", replace_original=False)
            elif body.get("user") and args.client.token and not await _is_pushed(args, sentence):
                await args.client.chat_postMessage(channel=body["user"]["id"], text=sentence)
    except Exception:
        log.exception("a person could not be told of a problem")


async def _is_pushed(args: AsyncArgs, sentence: str) -> bool:
    """Tell a person on top of the modal in which they pressed something; False if that is not possible."""
    trigger_id = args.body.get("trigger_id")
    if not modal_of(args) or not trigger_id:
        return False
    try:
        await args.client.views_push(trigger_id=trigger_id, view=_problem_view(sentence))
    except SlackApiError:
        # There are three views already, or the press is older than three seconds.
        return False
    return True


def _problem_view(sentence: str) -> View:
    return modal("problem", "Not done", [section(sentence)])


async def _last_net(error: Exception) -> BoltResponse:
    """Answer what was raised before any handler: signed, but nothing that Bolt can read."""
    log.error("an error outside every handler", exc_info=error)
    return BoltResponse(status=HTTPStatus.BAD_REQUEST)
