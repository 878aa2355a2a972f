"""Socket Mode's connections: one-time tickets, envelopes, and their acknowledgements.

https://docs.slack.dev/apis/events-api/using-socket-mode
"""

import asyncio
import json
from typing import Any, Final

from aiohttp import WSMsgType, web

from bot.sandbox.slack.errors import Refused
from bot.sandbox.slack.identifiers import Identifiers
from bot.sandbox.slack.workspace import APP_ID
from bot.sandbox.traffic import Traffic
from bot.sandbox.wire import Json, compact

MAXIMUM_CONNECTIONS: Final = 10
_WITH_PAYLOAD: Final = frozenset({"view_submission", "block_suggestion"})


class Sockets:
    """The app's open connections; envelopes go to each in turn."""

    def __init__(self, identifiers: Identifiers, traffic: Traffic) -> None:
        self._identifiers = identifiers
        self._traffic = traffic
        self._tickets: set[str] = set()
        self._open: list[web.WebSocketResponse] = []
        self._awaited: dict[tuple[web.WebSocketResponse, str], asyncio.Future[Json | None]] = {}

    @property
    def count(self) -> int:
        """How many connections are open."""
        return len(self._open)

    def ticket(self) -> str:
        """Give a ticket that opens one connection."""
        ticket = self._identifiers.secret()
        self._tickets.add(ticket)
        return ticket

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """Hold one connection until it ends. Raises HTTPForbidden for a ticket that is unknown or used."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            raise web.HTTPForbidden(text="invalid ticket")
        self._tickets.remove(ticket)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        if self.count >= MAXIMUM_CONNECTIONS:
            await _send_goodbye(socket, "too_many_websockets")
            return socket
        await self._hold(socket)
        return socket

    async def deliver(self, kind: str, payload: Json, seconds: float) -> Json | None:
        """Send an envelope; give the acknowledgement's payload. Raises TimeoutError after `seconds`."""
        socket = self._open.pop(0)
        self._open.append(socket)
        envelope_id = self._identifiers.envelope()
        envelope = self._envelope(envelope_id, kind, payload)
        awaited: asyncio.Future[Json | None] = asyncio.get_running_loop().create_future()
        self._awaited[socket, envelope_id] = awaited
        try:
            await socket.send_str(compact(envelope))
            return await asyncio.wait_for(awaited, seconds)
        except ConnectionError as lost:
            raise Refused("dispatch_failed", "The app's connection broke.") from lost
        finally:
            del self._awaited[socket, envelope_id]

    async def disconnect(self, reason: str | None) -> int:
        """Close every connection, with Slack's `disconnect` message if there is a reason; give how many."""
        leaving, self._open = self._open, []
        for socket in leaving:
            await (_send_goodbye(socket, reason) if reason else socket.close())
        return len(leaving)

    async def _hold(self, socket: web.WebSocketResponse) -> None:
        self._open.append(socket)
        try:
            await socket.send_str(compact(self._hello()))
            self._traffic.record("socket", event="connected", connections=self.count)
            async for message in socket:
                if message.type == WSMsgType.TEXT:
                    self._acknowledge(socket, json.loads(message.data))
        finally:
            if socket in self._open:
                self._open.remove(socket)
            self._traffic.record("socket", event="disconnected", connections=self.count)

    def _acknowledge(self, socket: web.WebSocketResponse, answer: dict[str, Any]) -> None:
        awaited = self._awaited.get((socket, answer.get("envelope_id", "")))
        if awaited and not awaited.done():
            awaited.set_result(answer.get("payload"))

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": self.count,
            "debug_info": {"host": "sandbox", "build_number": 1, "approximate_connection_time": 18060},
            "connection_info": {"app_id": APP_ID},
        }

    @staticmethod
    def _envelope(envelope_id: str, kind: str, payload: Json) -> Json:
        envelope: Json = {"envelope_id": envelope_id, "type": kind, "payload": payload}
        if kind == "events_api":
            envelope |= {"retry_attempt": 0, "retry_reason": ""}
        takes_payload = kind == "slash_commands" or payload.get("type") in _WITH_PAYLOAD
        return {**envelope, "accepts_response_payload": takes_payload}


async def _send_goodbye(socket: web.WebSocketResponse, reason: str) -> None:
    await socket.send_str(
        compact({"type": "disconnect", "reason": reason, "debug_info": {"host": "sandbox"}})
    )
    await socket.close()
