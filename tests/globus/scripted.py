"""A server that does to each request what it is told, and counts those that reached it whole."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

JOB_ID: Final = "e304f241-b77a-4e75-89f6-c431ddafe497"
CREATED: Final = (
    b'{"timer":{"job_id":"%b","name":"n","next_run":"2026-11-25T00:00:00+00:00"}}' % JOB_ID.encode()
)


@dataclass
class Scripted:
    """Where the server is, and the methods of the requests it read."""

    url: str
    methods: list[str] = field(default_factory=list)


Fault = Callable[[socket.socket], None]


def answer(status: int, body: bytes = b"{}", *headers: bytes) -> Fault:
    """Answer properly."""

    def act(connection: socket.socket) -> None:
        lines = [
            b"HTTP/1.1 %d Status" % status,
            b"Content-Type: application/json",
            b"Content-Length: %d" % len(body),
            b"Connection: close",
            *headers,
        ]
        connection.sendall(b"\r\n".join(lines) + b"\r\n\r\n" + body)

    return act


def send(raw: bytes) -> Fault:
    """Send these bytes, whatever they are, and close."""
    return lambda connection: connection.sendall(raw)


def close(connection: socket.socket) -> None:
    """Close without a byte."""
    connection.shutdown(socket.SHUT_RDWR)


def reset(connection: socket.socket) -> None:
    """Break the connection off."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def hang(connection: socket.socket) -> None:
    """Say nothing until the client gives up."""
    connection.settimeout(10)
    connection.recv(1)


@contextmanager
def scripted(*faults: Fault) -> Iterator[Scripted]:
    """Serve until the block ends: the first request meets the first fault, and so on; the last one stays."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.05)
        server = Scripted(f"http://127.0.0.1:{listening.getsockname()[1]}/")
        ended = threading.Event()
        thread = threading.Thread(target=_serve, args=(listening, server, faults, ended))
        thread.start()
        try:
            yield server
        finally:
            ended.set()
            thread.join()


def _serve(
    listening: socket.socket, server: Scripted, faults: tuple[Fault, ...], ended: threading.Event
) -> None:
    while not ended.is_set():
        try:
            connection, _ = listening.accept()
        except TimeoutError:
            continue
        with connection:
            connection.settimeout(5)
            method = _read(connection)
            server.methods.append(method)
            fault = faults[min(len(server.methods), len(faults)) - 1]
            try:
                fault(connection)
            except OSError:
                continue


def _read(connection: socket.socket) -> str:
    request = b""
    while b"\r\n\r\n" not in request:
        request += connection.recv(65536)
    head, _, body = request.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    while len(body) < length:
        body += connection.recv(65536)
    return head.split(b" ", 1)[0].decode()
