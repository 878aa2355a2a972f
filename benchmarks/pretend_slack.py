"""A Slack that only answers, as fast as it can: the sandbox's own checks every block, and would be the limit.

It takes the Web API calls of a bot, says `ok` and notes them, and delivers over Socket Mode.
"""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from time import perf_counter
from typing import Final

from aiohttp import WSMsgType, web
from typing_extensions import override

from benchmarks.load import LONGEST, Ask
from benchmarks.messages import Kind, filled_in
from benchmarks.workspace import CHANNEL, TEAM

_USER: Final = {"id": "U0BENCH000", "team_id": TEAM, "tz": "Europe/Berlin", "name": "ada"}
_VIEW: Final = {
    "id": "V0SHOWN",
    "callback_id": "schedule_transfer",
    "hash": "2.bench",
    "private_metadata": "",
    "blocks": [],
}
_ANSWERS: Final[Mapping[str, object]] = {
    "auth.test": {
        "team_id": TEAM,
        "team": "Bench",
        "user_id": "U0BENCHBOT",
        "user": "transferbot",
        "bot_id": "B0BENCH001",
        "is_enterprise_install": False,
    },
    "users.info": {"user": _USER},
    "chat.postMessage": {"ts": "1764000000.000100", "channel": CHANNEL},
}


class PretendSlack:
    """What it was asked, and since when; and the bot's Socket Mode connection, once it is there."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.api_url = ""
        self.socket_url = ""
        self.heard: Callable[[str, float], None] = lambda _method, _at: None
        self._socket: web.WebSocketResponse | None = None
        self._waiting: dict[str, asyncio.Future[bytes]] = {}

    @property
    def is_connected(self) -> bool:
        """Whether a bot has opened a Socket Mode connection."""
        return self._socket is not None and not self._socket.closed

    def answer(self, path: bytes) -> bytes:
        """Note a call, and give its answer."""
        method = path.partition(b"?")[0].rpartition(b"/")[2].decode()
        self.calls[method] += 1
        self.heard(method, perf_counter())
        said = _ANSWERS.get(method, {"view": _VIEW})
        if method == "apps.connections.open":
            said = {"url": self.socket_url}
        body = json.dumps({"ok": True, **said}).encode()  # type: ignore[dict-item]
        return (
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
            + str(len(body)).encode()
            + b"\r\n\r\n"
            + body
        )

    def over_socket(self, kind: Kind) -> Ask:
        """Give what sends messages of a kind over Socket Mode (https://docs.slack.dev/apis/events-api/using-socket-mode)."""
        envelope = {
            "type": kind.envelope,
            "envelope_id": "000NUMBER000",
            "payload": kind.payload,
            "accepts_response_payload": kind.envelope != "events_api",
        }
        text = json.dumps(envelope).encode()

        async def ask(number: int) -> bool:
            if self._socket is None:
                return False
            sent = filled_in(text, number).decode()
            name = f"{number:012}"
            self._waiting[name] = asyncio.get_running_loop().create_future()
            await self._socket.send_str(sent)
            try:
                async with asyncio.timeout(LONGEST):
                    answer = await self._waiting[name]
            except TimeoutError:
                return False
            finally:
                del self._waiting[name]
            return kind.is_good(answer)

        return ask

    async def connected(self, request: web.Request) -> web.WebSocketResponse:
        """Take a bot's Socket Mode connection."""
        socket = web.WebSocketResponse(max_msg_size=0)
        await socket.prepare(request)
        await socket.send_json({"type": "hello", "num_connections": 1, "debug_info": {}})
        self._socket = socket
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                said = json.loads(message.data)
                waiting = self._waiting.get(said["envelope_id"])
                if waiting and not waiting.done():
                    payload = said.get("payload")
                    waiting.set_result(json.dumps(payload).encode() if payload else b"")
        return socket


class _Call(asyncio.Protocol):
    def __init__(self, slack: PretendSlack) -> None:
        self._slack = slack
        self._received = b""
        self._transport: asyncio.Transport | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - a TCP connection has no other
        self._transport = transport

    @override
    def data_received(self, data: bytes) -> None:
        self._received += data
        while self._transport:
            head, found, rest = self._received.partition(b"\r\n\r\n")
            if not found:
                return
            lines = head.split(b"\r\n")
            lengths = [line[15:] for line in lines if line[:15].lower() == b"content-length:"]
            length = int(lengths[0]) if lengths else 0
            if len(rest) < length:
                return
            self._received = rest[length:]
            self._transport.write(self._slack.answer(lines[0].split(b" ")[1]))


@asynccontextmanager
async def pretend_slack() -> AsyncIterator[PretendSlack]:
    """Serve one on this event loop until the block ends."""
    slack = PretendSlack()
    server = await asyncio.get_running_loop().create_server(lambda: _Call(slack), "127.0.0.1", 0)
    application = web.Application()
    application.router.add_get("/", slack.connected)
    runner = web.AppRunner(application, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    slack.api_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/api/"
    slack.socket_url = f"ws://127.0.0.1:{runner.addresses[0][1]}/"
    try:
        yield slack
    finally:
        server.close()
        await runner.cleanup()
