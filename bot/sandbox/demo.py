"""The sandbox as a whole: both services on loopback, the settings that point a bot at them, and the demo."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.sandbox.clock import SandboxClock
from bot.sandbox.globus.app import create_globus
from bot.sandbox.globus.identities import CONFIDENTIAL_CLIENT
from bot.sandbox.serving import served
from bot.sandbox.slack.app import create_slack
from bot.sandbox.slack.workspace import Workspace
from bot.sandbox.tour import take

STOP_SECONDS: Final = 10
WAKES: Final = 0.2
"""Seconds."""


GLOBUS_RETURNS_TO: Final = ("http://127.0.0.1/globus/callback",)
SLACK_RETURNS_TO: Final = ("http://127.0.0.1/slack/openid", "http://127.0.0.1/slack/oauth_redirect")
"""Where a bot on this machine may send people back to, at whatever port it listens."""

Say = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Sandbox:
    """Where the pretend services are, and what a bot needs to know of them."""

    slack_url: str
    globus_url: str
    settings: dict[str, str]


@contextmanager
def opened(*, port: int = 0) -> Iterator[Sandbox]:
    """Serve both until the block ends; what they keep is gone with it."""
    clock = SandboxClock()
    real = SandboxClock()  # what is signed is checked by a bot that lives in real time
    workspace = Workspace()
    with (
        tempfile.TemporaryDirectory(prefix="transferbot-sandbox-") as files,
        served(
            create_globus(clock=clock, files=Path(files), signing_clock=real, redirect_uris=GLOBUS_RETURNS_TO)
        ) as globus_url,
        served(
            create_slack(
                clock=clock, workspace=workspace, signing_clock=real, redirect_uris=SLACK_RETURNS_TO
            ),
            port=port,
        ) as slack_url,
    ):
        yield Sandbox(slack_url, globus_url, _settings(workspace, slack_url, globus_url))


def _settings(workspace: Workspace, slack_url: str, globus_url: str) -> dict[str, str]:
    return {
        "SLACK_API_URL": f"{slack_url}/api/",
        "SLACK_BOT_TOKEN": workspace.credentials.bot_token,
        "SLACK_APP_TOKEN": workspace.credentials.app_token,
        "SLACK_SIGNING_SECRET": workspace.credentials.signing_secret,
        "GLOBUS_CLIENT_ID": CONFIDENTIAL_CLIENT.client_id,
        "GLOBUS_CLIENT_SECRET": CONFIDENTIAL_CLIENT.secret or "",
        **{
            f"GLOBUS_SDK_SERVICE_URL_{service}": globus_url + "/"
            for service in ("AUTH", "TRANSFER", "TIMER", "APP")
        },
    }


def offer(*, port: int, say: Say) -> None:
    """Serve the sandbox until Ctrl-C, and print the settings."""
    with opened(port=port) as sandbox:
        for name, value in sandbox.settings.items():
            say(f"{name}={value}")
        say(f"# The pretend Slack is at {sandbox.slack_url}, the pretend Globus at {sandbox.globus_url}.")
        say("# Put the lines above into .env and run `transferbot run` there. Ctrl-C ends the sandbox.")
        _until_interrupted()


def demonstrate(*, tour: bool, port: int, say: Say) -> int:
    """Run the bot against the sandbox; gives the exit code: 0 only if the tour's timers exist."""
    with (
        opened(port=port) as sandbox,
        tempfile.TemporaryDirectory(prefix="transferbot-demo-") as folder,
        bot_process(sandbox.settings, Path(folder)),
    ):
        if tour:
            return 0 if take(sandbox.slack_url, sandbox.globus_url, say=say) else 1
        say(f"The pretend Slack is at {sandbox.slack_url}, the pretend Globus at {sandbox.globus_url}.")
        say("Ctrl-C ends it and leaves nothing behind.")
        _until_interrupted()
    return 0


@contextmanager
def bot_process(settings: dict[str, str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run the bot as a process of its own, in a folder of its own, until the block ends."""
    inherited = os.environ.items()  # noqa: TID251 - handed on to the bot, not read
    environ = {name: value for name, value in inherited if not name.startswith(("SLACK_", "GLOBUS_"))}
    command = [sys.executable, "-m", "bot", "run"]
    quiet = {"LOG_LEVEL": "WARNING", "NO_PROXY": "127.0.0.1"}
    process = subprocess.Popen(command, cwd=folder, env=quiet | environ | settings)  # noqa: S603 - our own program
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _until_interrupted() -> None:
    """Wait for Ctrl-C, or for whatever else politely ends a process."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: ended.set())
    while not ended.wait(WAKES):
        # The system may hand a signal to another thread, and only a main thread that wakes hears of it.
        pass
