"""The Bolt app: what it listens to, and the one boundary around every handler."""

import logging
import secrets
from collections.abc import Awaitable, Callable

from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.kwargs_injection.async_args import AsyncArgs
from slack_sdk.web.async_client import AsyncWebClient

from bot.accounts import SlackUser
from bot.errors import Problem
from bot.slack.blocks import modal, section

Handler = Callable[[AsyncArgs], Awaitable[None]]

log = logging.getLogger(__name__)


class Listen:
    """Registers handlers, each inside the boundary that turns its errors into sentences."""

    def __init__(self, app: AsyncApp) -> None:
        self._app = app
        self.commands: list[str] = []
        self.actions: list[str] = []
        self.views: list[str] = []
        self.shortcuts: list[str] = []
        self.events: list[str] = []

    def command(self, name: str, handler: Handler) -> None:
        """Answer a slash command."""
        self.commands.append(name)
        self._app.command(name)(bounded(handler))

    def action(self, action_id: str, handler: Handler) -> None:
        """Answer a button, or a choice that the bot is told of."""
        self.actions.append(action_id)
        self._app.action(action_id)(bounded(handler))

    def options(self, action_id: str, handler: Handler) -> None:
        """Answer what is typed into a search."""
        self.actions.append(action_id)
        self._app.options(action_id)(bounded(handler))

    def view(self, callback_id: str, handler: Handler) -> None:
        """Answer a form that was sent."""
        self.views.append(callback_id)
        self._app.view(callback_id)(bounded(handler))

    def shortcut(self, callback_id: str, handler: Handler) -> None:
        """Answer a shortcut of the search bar, and one of a message's menu that has the same name."""
        self.shortcuts.append(callback_id)
        self._app.shortcut(callback_id)(bounded(handler))

    def event(self, event_type: str, handler: Handler) -> None:
        """Hear of something that happened; Bolt acknowledges it."""
        self.events.append(event_type)
        self._app.event(event_type)(bounded(handler))

    def view_closed(self, callback_id: str, handler: Handler) -> None:
        """Answer a view that was closed."""
        self._app.view_closed(callback_id)(bounded(handler))


def build(client: AsyncWebClient, *, signing_secret: str | None, bot: AuthorizeResult) -> AsyncApp:
    """Build the app for one workspace. `bot` is who the token belongs to, asked for once at the start.

    Handlers only validate, commit and answer, so they run before the response (and there is no polling
    for it); Bolt's own check of signatures stays as a second lock behind the web face's.
    """

    async def authorize() -> AuthorizeResult:
        return bot

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


def person_of(args: AsyncArgs) -> SlackUser:
    """Give the person who did this. In an org-wide install the enterprise stands for the team."""
    context = args.context
    team_id = context.enterprise_id if context.is_enterprise_install else context.team_id
    if not team_id or not context.user_id:
        raise ValueError("Slack did not say who this is")
    return SlackUser(team_id, context.user_id)


def bounded(handler: Handler) -> Handler:
    """Put a handler inside the boundary: whatever it raises becomes an acknowledged sentence.

    Bolt loses the acknowledgement of a handler that raises after it, so nothing may be raised from here.
    """

    async def inside(args: AsyncArgs) -> None:
        try:
            await handler(args)
        except Problem as problem:
            await _say(args, str(problem))
        except Exception:
            reference = secrets.token_hex(4)
            log.exception("a handler failed", extra={"reference": reference})
            await _say(
                args, f"Something broke, and it is not your fault. Try again; if it stays, quote {reference}."
            )

    return inside


async def _say(args: AsyncArgs, sentence: str) -> None:
    """Acknowledge, and tell the person in whatever way this kind of message allows."""
    body = args.body
    try:
        if body.get("command"):
            await args.ack(text=sentence)
        elif body.get("type") == "view_submission":
            await args.ack(response_action="update", view=modal("problem", "Not done", [section(sentence)]))
        elif body.get("type") == "block_suggestion":
            await args.ack(options=[])
        else:
            await args.ack()
            if body.get("response_url"):
                await args.respond(text=sentence, response_type="ephemeral", replace_original=False)
            elif body.get("user"):
                await args.client.chat_postMessage(channel=body["user"]["id"], text=sentence)
    except Exception:
        log.exception("a person could not be told of a problem")


async def _last_net(error: Exception) -> None:
    log.error("an error outside every handler", exc_info=error)
