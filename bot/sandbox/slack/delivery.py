"""Bringing commands, interactions and events to the app: over an open socket, otherwise as signed HTTP.

https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final, Literal, TypeAlias
from urllib.parse import urlencode

from aiohttp import ClientError, ClientSession, ClientTimeout

from bot.sandbox.slack.errors import Refused
from bot.sandbox.slack.sockets import Sockets
from bot.sandbox.slack.workspace import Credentials
from bot.sandbox.traffic import Traffic
from bot.sandbox.wire import Json, compact

Kind: TypeAlias = Literal["slash_commands", "interactive", "events_api"]

ACKNOWLEDGE_SECONDS: Final = 3.0
_FORM: Final = "application/x-www-form-urlencoded"


@dataclass
class Delivery:
    """Delivers to the app and waits for its answer, three real seconds at most.

    `signing_clock` gives the timestamps of signatures, in epoch seconds.
    """

    sockets: Sockets
    traffic: Traffic
    credentials: Credentials
    signing_clock: Callable[[], float]
    url: str | None = None
    _under_way: set[asyncio.Task[str]] = field(default_factory=set)

    async def deliver(self, kind: Kind, payload: Json) -> Json | None:
        """Deliver and give what the acknowledgement said; None if it was empty.

        Raises Refused `dispatch_failed` if nobody listens or the answer is not 200, `operation_timeout` if it
        comes late.
        """
        via = "socket" if self.sockets.count else "http"
        entry = self.traffic.record("delivery", type=kind, payload=payload, via=via, outcome="sent")
        try:
            answer = await self._send(kind, payload)
        except TimeoutError:
            self.traffic.complete(entry, outcome="operation_timeout")
            raise Refused(
                "operation_timeout", f"The app did not answer within {ACKNOWLEDGE_SECONDS:g} seconds."
            ) from None
        except Refused as refused:
            self.traffic.complete(entry, outcome=refused.error)
            raise
        self.traffic.complete(entry, outcome="acknowledged", answer=answer)
        return answer

    async def notify(self, kind: Kind, payload: Json) -> str:
        """Deliver what a person does not wait for; give `acknowledged` or the name of what went wrong."""
        try:
            await self.deliver(kind, payload)
        except Refused as refused:
            return refused.error
        return "acknowledged"

    def soon(self, kind: Kind, payload: Json) -> None:
        """Deliver after whatever happens now, without waiting for it."""
        task = asyncio.create_task(self.notify(kind, payload))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    def give_up(self) -> None:
        """End deliveries that nobody waits for."""
        for task in self._under_way:
            task.cancel()

    async def _send(self, kind: Kind, payload: Json) -> Json | None:
        if self.sockets.count:
            return await self.sockets.deliver(kind, payload, ACKNOWLEDGE_SECONDS)
        if self.url is None:
            raise Refused("dispatch_failed", "The app is not connected and has no request URL.")
        return await self._post(self.url, kind, payload)

    async def _post(self, url: str, kind: Kind, payload: Json) -> Json | None:
        content_type, body = _encoded(kind, payload)
        headers = {"Content-Type": content_type, **self._signature(body)}
        timeout = ClientTimeout(total=ACKNOWLEDGE_SECONDS)
        try:
            async with (
                ClientSession(timeout=timeout) as session,
                session.post(url, data=body, headers=headers, allow_redirects=False) as response,
            ):
                text = await response.text()
                status = response.status
        except ClientError as error:
            raise Refused("dispatch_failed", f"The app could not be reached: {error}") from error
        if status != HTTPStatus.OK:
            raise Refused("dispatch_failed", f"The app answered with HTTP status {status}.")
        return _decoded(text)

    def _signature(self, body: bytes) -> dict[str, str]:
        timestamp = str(int(self.signing_clock()))
        secret = self.credentials.signing_secret.encode()
        signed = hmac.new(secret, b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256).hexdigest()
        return {
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": f"v0={signed}",
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        }


def _encoded(kind: Kind, payload: Json) -> tuple[str, bytes]:
    if kind == "slash_commands":
        return _FORM, urlencode(payload).encode()
    if kind == "interactive":
        return _FORM, urlencode({"payload": compact(payload)}).encode()
    return "application/json", compact(payload).encode()


def _decoded(text: str) -> Json | None:
    if not text:
        return None
    try:
        answer = json.loads(text)
    except ValueError:
        return {"text": text}
    return answer if isinstance(answer, dict) else {"text": text}
