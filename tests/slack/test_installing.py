"""Installing, while Slack or the way to it is not at its best."""

import asyncio
from datetime import UTC, datetime

import pytest

from bot.errors import ServiceUnavailable
from bot.slack.installing import SlackInstallation

NOW = datetime(2026, 11, 26, tzinfo=UTC)


async def exchange_with(answer: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        slack = SlackInstallation(
            client_id="1.2",
            client_secret="secret",
            api_url=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/api/",
            redirect_uri="",
        )
        await asyncio.to_thread(slack.exchange, "code", at=NOW)


@pytest.mark.parametrize(
    "answer",
    [
        b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"ok": true',
        b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n",
        b"banana\r\n\r\n",
        b"",
    ],
)
def test_an_answer_that_is_none_says_that_slack_is_not_there(answer: bytes) -> None:
    with pytest.raises(ServiceUnavailable):
        asyncio.run(exchange_with(answer))
