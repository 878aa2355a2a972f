"""The pretend Slack as one web application."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Final

from aiohttp import web

from bot.sandbox.doors import Doors
from bot.sandbox.slack import api_pages, client, file_methods, oauth_pages, openid_documents
from bot.sandbox.slack.files import UPLOAD_PATH
from bot.sandbox.slack.handlers import Handler
from bot.sandbox.slack.pages import PageError
from bot.sandbox.slack.person import answer_act
from bot.sandbox.slack.registration import Registration
from bot.sandbox.slack.slack import Slack
from bot.sandbox.slack.web_api import answer_call, answer_response_url
from bot.sandbox.slack.workspace import Workspace


def create_slack(
    *,
    clock: Callable[[], float],
    workspace: Workspace | None = None,
    signing_clock: Callable[[], float] | None = None,
    redirect_uris: Iterable[str] = (),
    token_rotation: bool = False,
    org_ready: bool = True,
    unfurl_domains: Iterable[str] = (),
    seed: int | None = None,
    doors: Doors | None = None,
) -> web.Application:
    """Build the application.

    `clock` gives the sandbox's time in epoch seconds. `signing_clock` gives the timestamps of signed
    requests and ID tokens, for an app that does not share the sandbox's time; otherwise `clock` does.
    `workspace` is the one in which the app is installed from the start; the others come with the sandbox.
    With a `seed` identifiers and secrets repeat from run to run; `doors` leads to the pretend Globus.
    The rest is how the app is registered, see `Registration`.
    """
    home = workspace or Workspace()
    app = Registration(
        home.credentials,
        home.scopes,
        redirect_uris=tuple(redirect_uris),
        token_rotation=token_rotation,
        org_ready=org_ready,
        unfurl_domains=tuple(unfurl_domains),
    )
    slack = Slack.build(clock, home, signing_clock or clock, app, seed=seed, doors=doors)

    def serve(answer: Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            slack.origin = str(request.url.origin())
            try:
                return await answer(slack, request)
            except PageError as problem:
                return problem.page()

        return handle

    async def hold_socket(slack: Slack, request: web.Request) -> web.StreamResponse:
        return await slack.sockets.serve(request)

    async def leave(_application: web.Application) -> None:
        slack.delivery.give_up()
        await slack.sockets.disconnect(None)

    application = web.Application(client_max_size=4 * 1024**2)
    application.on_shutdown.append(leave)
    application.router.add_route("*", "/api/{method}", serve(answer_call))
    application.router.add_get("/link/", serve(hold_socket))
    application.router.add_post(f"{UPLOAD_PATH}{{secret}}", serve(file_methods.receive))
    for kind in ("commands", "actions", "app"):
        application.router.add_post(f"/{kind}/{{team}}/{{number}}/{{secret}}", serve(answer_response_url))
    for (verb, path), answer in api_pages.ROUTES.items():
        application.router.add_route(verb, path, serve(answer))
    application.router.add_route("*", "/sandbox/{act}", serve(answer_act))
    for (verb, path), answer in _PAGES:
        application.router.add_route(verb, path, serve(answer))
    return application


_PAGES: Final = (*oauth_pages.ROUTES.items(), *openid_documents.ROUTES.items(), *client.ROUTES.items())
