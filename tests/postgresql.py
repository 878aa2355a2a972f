"""A PostgreSQL server for tests, from the machine's own binaries, gone when the last of its users is."""

import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import psycopg
import pytest
from filelock import FileLock

from bot.settings import environment
from bot.store.postgresql.connecting import connected
from bot.store.postgresql.migrations import migrate

PASSWORD: Final = "planted-password"
"""The server asks for none; what is in an address must not be seen in any output all the same."""

NOBODY_ELSE: Final = "postgres"
"""The user that Debian runs PostgreSQL as: the server refuses to run as root."""

FAST: Final = Path("/dev/shm")  # noqa: S108 - a folder of its own is made there
"""In memory, where there is such a place: nothing of a test has to outlive it."""

PATIENCE: Final = 60.0


_STARTED: Final[dict[int, subprocess.Popen[bytes]]] = {}
"""The servers that this process started, by their IDs."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: its port, its folder, and the process to end."""

    port: int
    folder: str
    pid: int

    def url(self, name: str) -> str:
        """Give the address of a database, for a user that owns it and is nothing special."""
        return f"postgresql://transferbot:{PASSWORD}@127.0.0.1:{self.port}/{name}"

    def run(self, statement: str, *, name: str = "postgres") -> None:
        """Carry out a statement as whoever may do everything."""
        address = f"postgresql://postgres@127.0.0.1:{self.port}/{name}"
        with psycopg.connect(address, autocommit=True) as opened:
            opened.execute(statement.encode())

    def empty(self, name: str) -> AbstractContextManager[str]:
        """Make a database without anything; gives its address."""
        return self.database(name, template="template1")

    @contextmanager
    def database(self, name: str, *, template: str = "template_bot") -> Iterator[str]:
        """Make a database with the bot's schema; gives its address."""
        self.run(f"CREATE DATABASE {name} OWNER transferbot TEMPLATE {template}")
        try:
            yield self.url(name)
        finally:
            self.run(f"DROP DATABASE {name} WITH (FORCE)")


def binaries() -> Path | None:
    """Give where the server's programs are: those of the newest version, or None."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


def required() -> Path:
    """Give where the programs are; skips where there are none, unless they have to be there."""
    programs = binaries()
    if programs is None and environment().get("POSTGRESQL_TESTS") == "required":
        pytest.fail("There is no PostgreSQL, and POSTGRESQL_TESTS=required.")
    if programs is None:
        pytest.skip("There is no PostgreSQL here: `apt-get install postgresql`.")
    return programs


@contextmanager
def shared(folder: Path) -> Iterator[Server]:
    """Give the server of a test session to one of its workers: the first starts it, the last ends it."""
    lock, users = FileLock(folder / "postgresql.lock"), folder / "postgresql.json"
    with lock:
        known = json.loads(users.read_text()) if users.exists() else None
        server = Server(**known["server"]) if known else start(required())
        counted = {"server": _written(server), "users": known["users"] + 1 if known else 1}
        users.write_text(json.dumps(counted))
    try:
        yield server
    finally:
        with lock:
            left = json.loads(users.read_text())
            left["users"] -= 1
            if left["users"]:
                users.write_text(json.dumps(left))
            else:
                users.unlink()
                end(server)


def start(programs: Path) -> Server:
    """Start a server on a free port, with a database `template_bot` that has the bot's schema."""
    folder = Path(tempfile.mkdtemp(prefix="transferbot-postgresql-", dir=FAST if FAST.is_dir() else None))
    user = NOBODY_ELSE if os.geteuid() == 0 else None
    if user:
        shutil.chown(folder, user, user)
    data, port = folder / "data", _free_port()
    making: list[str | Path] = [programs / "initdb", "-D", data, "-A", "trust", "-U", "postgres"]
    subprocess.run(
        [*making, "-E", "UTF8", "--no-sync"],
        check=True,
        capture_output=True,
        cwd=folder,
        user=user,
        group=user,
    )
    settings = ("fsync=off", "full_page_writes=off", "listen_addresses=127.0.0.1", "max_connections=200")
    serving: list[str | Path] = [programs / "postgres", "-D", data, "-p", str(port), "-k", folder]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*serving, *(word for one in settings for word in ("-c", one))],
            stdout=log,
            stderr=log,
            cwd=folder,
            user=user,
            group=user,
            start_new_session=True,
        )
    _STARTED[process.pid] = process
    server = Server(port, str(folder), process.pid)
    _until(lambda: server.run("SELECT 1"), folder / "log")
    server.run("CREATE USER transferbot")
    server.run("CREATE DATABASE template_bot OWNER transferbot")
    with connected(server.url("template_bot")) as opened:
        migrate(opened, at=datetime(2026, 1, 1, tzinfo=UTC))
    return server


def end(server: Server) -> None:
    """End a server at once, and take away what it kept."""
    with suppress(ProcessLookupError):
        os.kill(server.pid, signal.SIGQUIT)  # without a checkpoint
    if server.pid in _STARTED:
        _STARTED.pop(server.pid).wait(PATIENCE)
    until = time.monotonic() + PATIENCE
    while Path(server.folder, "data", "postmaster.pid").exists() and time.monotonic() < until:
        time.sleep(0.02)
    shutil.rmtree(server.folder, ignore_errors=True)


def _written(server: Server) -> dict[str, object]:
    return {"port": server.port, "folder": server.folder, "pid": server.pid}


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _until(works: Callable[[], None], log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            works()
        except psycopg.OperationalError:
            if time.monotonic() > until:
                raise RuntimeError(log.read_text()) from None
            time.sleep(0.05)
        else:
            return
