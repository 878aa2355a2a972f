import asyncio
import json
import logging

import pytest
from slack_bolt.async_app import AsyncApp
from typing_extensions import override

from bot.logs import QUIET
from bot.slack.app import keeping_connections, web_client

ANSWER = json.dumps({"ok": True}).encode()


async def connections_for(calls: int, said: str = "") -> int:
    """Let a handler's client ask so often; gives how many connections that took."""
    connections = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(writer)
        while line := await reader.readline():
            if line == b"\r\n":
                head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
                writer.write(head % len(ANSWER) + ANSWER)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    client = web_client(f"http://127.0.0.1:{port}/api/")
    client.token = "xoxb-1"
    app = AsyncApp(client=client, signing_secret="s")
    async with server:
        async with keeping_connections(app):
            for _ in range(calls):
                await app.client.api_call("api.test", json={"said": said})
        assert app.client.session
        assert app.client.session.closed
    return len(connections)


class Unsaid(str):
    """A text that goes out as JSON, and that nobody may put into words on the way."""

    __slots__ = ()

    @override
    def __repr__(self) -> str:
        raise AssertionError("a call was put into words")


def test_a_call_to_slack_does_not_wait_for_a_new_connection() -> None:
    assert asyncio.run(connections_for(3)) == 1


def test_a_call_to_slack_is_not_put_into_words_for_a_log_that_nobody_keeps(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING, "slack_sdk")

    assert "slack_sdk" in QUIET
    assert asyncio.run(connections_for(1, Unsaid("hello"))) == 1
