import asyncio
import json

from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.app import keeping_connections

ANSWER = json.dumps({"ok": True}).encode()


async def connections_for(calls: int) -> int:
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
    app = AsyncApp(
        client=AsyncWebClient(token="xoxb-1", base_url=f"http://127.0.0.1:{port}/api/"), signing_secret="s"
    )
    async with server:
        async with keeping_connections(app):
            for _ in range(calls):
                await app.client.api_call("api.test", http_verb="GET")
        assert app.client.session
        assert app.client.session.closed
    return len(connections)


def test_a_call_to_slack_does_not_wait_for_a_new_connection() -> None:
    assert asyncio.run(connections_for(3)) == 1
