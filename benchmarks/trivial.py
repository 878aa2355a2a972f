"""A server that answers everything with an empty 200: what the load generator itself can do."""

import asyncio
import sys

from typing_extensions import override


class _Trivial(asyncio.Protocol):
    _transport: asyncio.Transport
    _left = 0

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - a TCP connection has no other
        self._transport = transport

    @override
    def data_received(self, data: bytes) -> None:
        if not self._left:
            head, _, data = data.partition(b"\r\n\r\n")
            self._left = int(head.rpartition(b"Content-Length: ")[2])
        self._left -= len(data)
        if self._left <= 0:
            self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


async def main(port: int) -> None:
    """Serve it."""
    server = await asyncio.get_running_loop().create_server(_Trivial, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
