"""A wire between the bot and the pretend Slack that can be cut, or go dead without a word."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from tests.stories.stage import free_port

CHUNK: Final = 65_536
RESET: Final = struct.pack("ii", 1, 0)
"""Without lingering a close is a reset (https://man7.org/linux/man-pages/man7/socket.7.html)."""


@dataclass(slots=True)
class _Line:
    """One connection and its continuation."""

    near: socket.socket
    far: socket.socket
    is_silent: bool = False


class Wire:
    """Carries bytes to a port of this machine, and its addresses in them to this end of the wire."""

    def __init__(self, target: str) -> None:
        self._target = int(target)
        self.port = free_port()
        # Of the same length, so that no length in the bytes changes.
        self._there = f"127.0.0.1:{target}".encode()
        self._here = f"127.0.0.1:{self.port}".encode()
        self._listening = socket.create_server(("127.0.0.1", int(self.port)))
        self._lines: list[_Line] = []
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> int:
        """Reset every connection; gives how many."""
        with self._lock:
            lines, self._lines = self._lines, []
        for line in lines:
            for end in (line.near, line.far):
                with suppress(OSError):
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                    end.shutdown(socket.SHUT_RD)
                end.close()
        return len(lines)

    def silence(self) -> None:
        """Let nothing more pass over the connections that are open; none of their ends hears of it."""
        with self._lock:
            for line in self._lines:
                line.is_silent = True

    def close(self) -> None:
        """Take the wire away."""
        self._listening.close()
        self.cut()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                try:
                    far = socket.create_connection(("127.0.0.1", self._target))
                except OSError:
                    near.close()
                    continue
                line = _Line(near, far)
                with self._lock:
                    self._lines.append(line)
                for ends in ((near, far), (far, near)):
                    threading.Thread(target=self._carry, args=(line, *ends), daemon=True).start()

    def _carry(self, line: _Line, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while carried := source.recv(CHUNK):
                if not line.is_silent:
                    target.sendall(carried.replace(self._there, self._here))
        # Whoever hangs up on a silent line is heard in the end: Slack drops whom it does not hear either.
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@contextmanager
def wired(url: str) -> Iterator[tuple[Wire, str]]:
    """Lay a wire to the port of an address; gives it with the address at this end of it."""
    port = str(urlsplit(url).port)
    wire = Wire(port)
    try:
        yield wire, url.replace(f":{port}", f":{wire.port}")
    finally:
        wire.close()
