"""What the tests of the pretend Slack share: serving it, a person's hands, and real clients of the vendor."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import aiohttp
import pytest
import requests
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_sdk.errors import SlackApiError
from slack_sdk.oauth.installation_store import FileInstallationStore
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.clock import SandboxClock
from bot.sandbox.person import ConsentPage
from bot.sandbox.serving import served
from bot.sandbox.slack.app import create_slack
from bot.sandbox.slack.workspace import ADA, LAB_DATA, Credentials, Workspace

Json = dict[str, Any]
CREDENTIALS = Credentials()

vendor_client = pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")
"""For tests in which slack_sdk sends client credentials, which it does in a way that aiohttp will drop."""


@dataclass(frozen=True)
class Sandbox:
    """A served pretend Slack."""

    base: str
    clock: SandboxClock

    def client(self, token: str = CREDENTIALS.bot_token) -> AsyncWebClient:
        return AsyncWebClient(token=token, base_url=f"{self.base}/api/")

    def app(self) -> AsyncApp:
        return AsyncApp(
            client=self.client(),
            signing_secret=CREDENTIALS.signing_secret,
            process_before_response=True,
        )

    def app_of_many(self, store: FileInstallationStore) -> AsyncApp:
        return AsyncApp(
            client=AsyncWebClient(base_url=f"{self.base}/api/"),
            signing_secret=CREDENTIALS.signing_secret,
            process_before_response=True,
            oauth_settings=AsyncOAuthSettings(
                client_id=CREDENTIALS.client_id,
                client_secret=CREDENTIALS.client_secret,
                installation_store=store,
            ),
        )

    async def act(self, verb: str, act: str, body: Json) -> tuple[int, Json]:
        query = {key: str(value) for key, value in body.items()} if verb == "GET" else None
        async with (
            aiohttp.ClientSession() as session,
            session.request(
                verb, f"{self.base}/sandbox/{act}", params=query, json=None if query is not None else body
            ) as response,
        ):
            return response.status, await response.json()

    async def do(self, act: str, **body: Any) -> Json:  # noqa: ANN401 - any JSON
        status, answer = await self.act("POST", act, body)
        assert (status, answer["ok"]) == (200, True), answer
        return answer

    async def refused(self, act: str, **body: Any) -> Json:  # noqa: ANN401 - any JSON
        status, answer = await self.act("POST", act, body)
        assert (status, answer["ok"]) == (400, False), answer
        assert answer["detail"]
        return answer

    async def see(self, act: str, **query: Any) -> Json:  # noqa: ANN401 - any JSON
        status, answer = await self.act("GET", act, query)
        assert status == 200, answer
        return answer

    async def top_view(self, user_id: str = ADA) -> Json:
        view: Json = (await self.see("views", user_id=user_id))["views"][-1]
        return view

    async def messages(self, user_id: str = ADA, channel_id: str = LAB_DATA) -> list[Json]:
        seen: list[Json] = (await self.see("messages", user_id=user_id, channel_id=channel_id))["messages"]
        return seen

    async def connections(self) -> int:
        return int((await self.see("state"))["connections"])


CALLBACK = "http://127.0.0.1:9/callback"
"""A redirect URI at which nobody listens: what is sent there is read from the redirect."""


@contextmanager
def sandbox(
    workspace: Workspace | None = None,
    *,
    redirect_uris: Iterable[str] = (CALLBACK,),
    token_rotation: bool = False,
    org_ready: bool = True,
    unfurl_domains: Iterable[str] = (),
) -> Iterator[Sandbox]:
    clock = SandboxClock()
    slack = create_slack(
        clock=clock,
        workspace=workspace,
        signing_clock=SandboxClock(),
        redirect_uris=redirect_uris,
        token_rotation=token_rotation,
        org_ready=org_ready,
        unfurl_domains=unfurl_domains,
    )
    with served(slack) as base:
        yield Sandbox(base, clock)


def free_port() -> int:
    """Give a port that nobody uses, for an app that has to know its address before it is served."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def page_at(address: str) -> ConsentPage:
    """Open a page on which Slack asks."""
    answer = requests.get(address, timeout=10)
    assert answer.status_code == 200, answer.text
    return ConsentPage(answer.url, answer.text)


def answer_page(page: ConsentPage, who: str, *, decision: str = "allow") -> dict[str, str]:
    """Choose who one is on a page and decide; gives the query with which Slack sends the browser back."""
    form = page.hidden | {"who": who, "decision": decision}
    answer = requests.post(page.action, data=form, timeout=10, allow_redirects=False)
    assert answer.status_code == 302, answer.text
    there = urlsplit(answer.headers["Location"])
    assert there._replace(query="").geturl() == CALLBACK
    return dict(parse_qsl(there.query, keep_blank_values=True))


def install_address(slack: Sandbox, **more: str) -> str:
    query = {
        "client_id": CREDENTIALS.client_id,
        "scope": "commands,chat:write,users:read",
        "state": "s-1",
        "redirect_uri": CALLBACK,
    }
    return f"{slack.base}/oauth/v2/authorize?{urlencode(query | more)}"


async def install(slack: Sandbox, who: str, **more: str) -> Json:
    """Install the app as an administrator and the app's server do; `who` is `TEAM_OR_ENTERPRISE/USER`."""
    code = answer_page(page_at(install_address(slack, **more)), who)["code"]
    answer = await AsyncWebClient(base_url=f"{slack.base}/api/").oauth_v2_access(
        client_id=CREDENTIALS.client_id,
        client_secret=CREDENTIALS.client_secret,
        code=code,
        redirect_uri=CALLBACK,
    )
    assert isinstance(answer.data, dict)
    return answer.data


@asynccontextmanager
async def socket_mode(slack: Sandbox, app: AsyncApp) -> AsyncIterator[None]:
    """Run a Bolt app over Socket Mode, as its own handler does."""
    before = await slack.connections()
    handler = AsyncSocketModeHandler(app, CREDENTIALS.app_token)
    await handler.connect_async()  # type: ignore[no-untyped-call]
    await until(slack, slack.connections, before + 1)
    try:
        yield
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call]


async def until(slack: Sandbox, ask: Callable[[], Awaitable[object]], expected: object) -> None:
    """Wait, by the sandbox's own log, until something is as expected."""
    async with asyncio.timeout(10):
        while await ask() != expected:
            number = (await slack.see("state"))["number"]
            if await ask() != expected:
                await slack.see("wait", after=number, seconds=0.2)


@dataclass
class Listener:
    """The SDK's own Socket Mode client; keeps every request and answers as it is told."""

    client: SocketModeClient
    requests: list[SocketModeRequest]
    answer: Json | None = None

    @property
    def trigger_id(self) -> str:
        return str(self.requests[-1].payload["trigger_id"])


@asynccontextmanager
async def listening(slack: Sandbox, answer: Json | None = None) -> AsyncIterator[Listener]:
    client = SocketModeClient(app_token=CREDENTIALS.app_token, web_client=slack.client())
    listener = Listener(client, [], answer)

    async def acknowledge(client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        listener.requests.append(request)
        await client.send_socket_mode_response(SocketModeResponse(request.envelope_id, listener.answer))

    client.socket_mode_request_listeners.append(acknowledge)
    before = await slack.connections()
    await client.connect_to_new_endpoint(force=True)
    await until(slack, slack.connections, before + 1)
    try:
        yield listener
    finally:
        await client.close()  # type: ignore[no-untyped-call]


async def fresh_trigger(slack: Sandbox, listener: Listener) -> str:
    await slack.do("shortcut", user_id=ADA, callback_id="schedule_transfer")
    return listener.trigger_id


async def error_of(call: Awaitable[object]) -> str:
    """Give the name of the error with which a Web API call ends."""
    try:
        await call
    except SlackApiError as error:
        return str(error.response["error"])
    return "ok"


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def formatted(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def option(value: str) -> Json:
    return {"text": plain(value.title()), "value": value}


def text_input(name: str, **more: Any) -> Json:  # noqa: ANN401 - any JSON
    return {
        "type": "input",
        "block_id": name,
        "label": plain(name),
        "element": {"type": "plain_text_input", "action_id": name},
        **more,
    }


def input_of(name: str, element: Json, **more: Any) -> Json:  # noqa: ANN401 - any JSON
    return text_input(name, element={"action_id": name, **element}, **more)


def button(name: str, **more: Any) -> Json:  # noqa: ANN401 - any JSON
    return {"type": "button", "action_id": name, "text": plain(name), "value": "7", **more}


def section(text: str = "words", **more: Any) -> Json:  # noqa: ANN401 - any JSON
    return {"type": "section", "text": formatted(text), **more}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "block_id": "buttons", "elements": list(elements)}


def modal(*blocks: Json, **more: Any) -> Json:  # noqa: ANN401 - any JSON
    return {
        "type": "modal",
        "callback_id": "form",
        "title": plain("Form"),
        "submit": plain("Go"),
        "blocks": list(blocks) or [text_input("name")],
        **more,
    }


def home(*blocks: Json) -> Json:
    return {"type": "home", "blocks": list(blocks) or [section()]}
