"""Several bots on one PostgreSQL server: behind nginx, or each with a connection of its own to Slack."""

import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest
import requests
from typing_extensions import override

from bot.settings import environment
from bot.store.vault import new_key
from tests.faults import signed
from tests.postgresql import Server, end, required, start
from tests.stories.forking import FORKS, Fork
from tests.stories.stage import IMPATIENT, Stage, _environment, free_port, staged

BOTS: Final = 3
PATIENCE: Final = 60.0
_NUMBER: Final = count()

_NGINX: Final = """
{user} daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.log; worker_processes 1;
events {{ worker_connections 1024; }}
http {{
  access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  upstream bots {{ {bots} }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://bots; proxy_set_header Host $host; proxy_connect_timeout 1s;
      # What one bot got before it died may go to the next: a form is known by its ID.
      proxy_next_upstream error timeout non_idempotent; proxy_read_timeout 10s;
    }}
  }}
}}
"""


class Replicas(Stage):
    """A stage with several bots. `kill_bot` kills any of them, `start_bot` starts whichever does not run."""

    def __init__(self, stage: Stage, url: str, chance: random.Random, bots: int) -> None:
        super().__init__(stage.folder, stage.settings | {"DATABASE_URL": url, "TRANSFERBOT_KEYS": new_key()})
        self._url = url
        self.chance = chance
        self._ports = [free_port() for _ in range(bots)]
        self.bots: dict[int, Fork] = {}
        self._balancer: subprocess.Popen[bytes] | None = None

    @override
    def start_bot(self, **settings: str) -> None:
        self.settings.update(settings)
        missing = [number for number in range(len(self._ports)) if number not in self.bots]
        for number in missing:
            self.bots[number] = self._started(number)
        for number in missing:
            self._await_one(number)

    @override
    def kill_bot(self) -> None:
        self.kill(self.chance.choice(sorted(self.bots)))

    def kill(self, number: int) -> None:
        """Kill one of the bots as a power cut would."""
        bot = self.bots.pop(number)
        bot.send_signal(signal.SIGKILL)
        bot.wait()

    @override
    def stop_bot(self) -> int | None:
        codes = []
        for bot in self.bots.values():
            bot.terminate()
        for bot in self.bots.values():
            try:
                codes.append(bot.wait(20))
            finally:
                bot.kill()
        self.bots.clear()
        return max(codes, default=None)

    @property
    def name(self) -> str:
        """The database's name."""
        return self._url.rpartition("/")[2]

    def face(self, number: int) -> str:
        """Give where a bot says how it is."""
        return f"http://127.0.0.1:{self._ports[number]}"

    def end(self) -> None:
        """Stop all bots, and what is in front of them."""
        self.stop_bot()
        if self._balancer:
            self._balancer.terminate()
            self._balancer.wait(20)

    @override
    def ask(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self._url, autocommit=True) as database:
            return database.execute(query.encode()).fetchall()

    @override
    def integrity(self) -> str:
        return "ok"  # the server's own to keep

    def over_http(self) -> str:
        """Let the pretend Slack deliver to the address that all bots are behind; gives the address."""
        self.settings["SLACK_APP_TOKEN"] = ""
        url = f"http://127.0.0.1:{self._balanced()}/slack/events"
        signed.delivers_to(self, url)
        return url

    def _balanced(self) -> str:
        """Start nginx before the bots; gives its port."""
        program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
        if program is None and environment().get("POSTGRESQL_TESTS") == "required":
            pytest.fail("There is no nginx, and POSTGRESQL_TESTS=required.")
        if program is None:
            pytest.skip("There is no nginx here: `apt-get install nginx-light`.")
        port, config = free_port(), self.folder / "nginx.conf"
        bots = " ".join(f"server 127.0.0.1:{one} max_fails=0;" for one in self._ports)
        config.write_text(
            _NGINX.format(
                user="user root;" if os.geteuid() == 0 else "", folder=self.folder, bots=bots, port=port
            )
        )
        self._balancer = subprocess.Popen([program, "-c", config, "-e", self.folder / "nginx.log"])
        return port

    def _started(self, number: int) -> Fork:
        folder = self.folder / f"bot-{number}"
        folder.mkdir(exist_ok=True)
        given = {key: value for key, value in self.settings.items() if value}
        faces = {"PORT": self._ports[number]}
        if given.get("SLACK_APP_TOKEN"):
            faces["HEALTH_PORT"] = self._ports[number]
        return FORKS.start(
            "run", folder=folder, environment=_environment() | IMPATIENT | given | faces, output=self._log
        )

    def _await_one(self, number: int) -> None:
        """Wait until one bot says that it is ready, as a load balancer would."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            assert self.bots[number].poll() is None, self.output
            try:
                if requests.get(f"http://127.0.0.1:{self._ports[number]}/readyz", timeout=1).ok:
                    return
            except requests.RequestException:
                pass
            time.sleep(0.05)
        raise AssertionError(f"bot {number} is not ready: {self.output}")


@contextmanager
def replicas(folder: Path, server: Server, *, seed: int = 1, bots: int = BOTS) -> Iterator[Replicas]:
    """Run a sandbox, and whatever bots the story starts on one database of a server."""
    name = f"replicas_{folder.name.replace('-', '_')}_{next(_NUMBER)}"
    chance = random.Random(seed)  # noqa: S311 - moments that repeat, no secrets
    with ExitStack() as closing:
        url = closing.enter_context(server.empty(name.lower()[-50:]))
        several = Replicas(closing.enter_context(staged(folder)), url, chance, bots)
        closing.callback(several.end)
        yield several


@contextmanager
def own_server() -> Iterator[Server]:
    """Run a server of one's own."""
    server = start(required())
    try:
        yield server
    finally:
        end(server)
