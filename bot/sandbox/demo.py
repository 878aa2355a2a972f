"""The sandbox as a whole: both services on loopback, the settings that point a bot at them, and the demo."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from bot.sandbox.chance import Chance
from bot.sandbox.clock import SandboxClock
from bot.sandbox.doors import Doors
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

UNFURL_DOMAINS: Final = ("app.globus.org",)
"""Whose links the app hears of, besides those of the pretend Globus."""

Say = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Sandbox:
    """Where the pretend services are, and what a bot needs to know of them."""

    slack_url: str
    globus_url: str
    settings: dict[str, str]


@contextmanager
def opened(
    *, port: int = 0, globus_port: int = 0, seed: int | None = None, start: float | None = None
) -> Iterator[Sandbox]:
    """Serve both until the block ends; what they keep is gone with it.

    With a `seed` identifiers and tokens are the same in every run; `start`, in epoch seconds, is where the
    sandbox's time begins, otherwise at the present.
    """
    clock = SandboxClock(start=start)
    doors = Doors()
    real = SandboxClock()  # what is signed is checked by a bot that lives in real time
    workspace = Workspace()
    with (
        tempfile.TemporaryDirectory(prefix="transferbot-sandbox-") as files,
        served(
            create_globus(
                clock=clock,
                files=Path(files),
                signing_clock=real,
                redirect_uris=GLOBUS_RETURNS_TO,
                chance=Chance(seed),
                doors=doors,
            ),
            port=globus_port,
        ) as globus_url,
        served(
            create_slack(
                clock=clock,
                workspace=workspace,
                signing_clock=real,
                redirect_uris=SLACK_RETURNS_TO,
                unfurl_domains=(*UNFURL_DOMAINS, urlsplit(globus_url).netloc),
                seed=seed,
                doors=doors,
            ),
            port=port,
        ) as slack_url,
    ):
        doors.slack_url, doors.globus_url = slack_url, globus_url
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


def offer(
    *, port: int, say: Say, globus_port: int = 0, seed: int | None = None, start: float | None = None
) -> None:
    """Serve the sandbox until Ctrl-C, and print the settings; see `opened` for what else can be chosen."""
    with _politely_ended(), opened(port=port, globus_port=globus_port, seed=seed, start=start) as sandbox:
        _until_interrupted(lambda: say(_offered(sandbox)), lambda: True)


def _offered(sandbox: Sandbox) -> str:
    slack, globus = sandbox.slack_url, sandbox.globus_url
    return "\n".join(
        (
            *(f"{name}={value}" for name, value in sandbox.settings.items()),
            f"# The pretend Slack is at {slack}/, the pretend Globus at {globus}/.",
            "# Put the lines above into .env and run `transferbot run` there. Ctrl-C ends the sandbox.",
            f"# To drive it from a program: {slack}/sandbox/ and {globus}/sandbox/.",
        )
    )


def demonstrate(*, tour: bool, port: int, say: Say, hidden: Collection[str]) -> int:
    """Run the bot against the sandbox; gives the exit code: 0 only if the tour's timers exist.

    `hidden` are the settings of a real bot, which this one must not see: its database and keys are its own.
    """
    with (
        _politely_ended(),
        opened(port=port) as sandbox,
        tempfile.TemporaryDirectory(prefix="transferbot-demo-") as folder,
        bot_process(sandbox.settings, Path(folder), hidden=hidden) as bot,
    ):
        if tour:
            is_done = take(sandbox.slack_url, sandbox.globus_url, say=say)
            say(_NOW_YOU if is_done else _NOT_DONE)
            return 0 if is_done else 1
        welcome = _WELCOME.format(slack=sandbox.slack_url, globus=sandbox.globus_url)
        if _until_interrupted(lambda: say(welcome), lambda: bot.poll() is None):
            return 0
        say(f"The bot ended by itself, with exit code {bot.returncode}; what it said stands above.")
    return 1


@contextmanager
def bot_process(
    settings: dict[str, str], folder: Path, *, hidden: Collection[str]
) -> Iterator[subprocess.Popen[bytes]]:
    """Run the bot as a process of its own, in a folder of its own, until the block ends."""
    inherited = os.environ.items()  # noqa: TID251 - handed on to the bot, not read
    environ = {name: value for name, value in inherited if name not in hidden}
    command = [sys.executable, "-m", "bot", "run"]
    process = subprocess.Popen(command, cwd=folder, env=_LIVELY | environ | settings)  # noqa: S603 - our own program
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def _politely_ended() -> Iterator[None]:
    """Let a closed terminal and a polite request end this process as Ctrl-C does: tidily."""

    def end(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, end) for number in _ENDS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _until_interrupted(begin: Callable[[], object], goes_on: Callable[[], bool]) -> bool:
    """Begin, and wait for Ctrl-C or whatever else politely ends a process; False if it ends by itself."""
    never = threading.Event()
    try:
        begin()  # whoever reads what it says may end it at once
        while goes_on():
            # The system may hand a signal to another thread, and only a main thread that wakes hears of it.
            never.wait(WAKES)
    except KeyboardInterrupt:
        return True
    return False


_ENDS: Final = (signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else []))

_LIVELY: Final = {"LOG_LEVEL": "WARNING", "NO_PROXY": "127.0.0.1", "WATCH_LOOKS": "1,3,5"}
"""A quiet bot that looks at its timers every few seconds: in the sandbox an hour may pass at once."""

_WELCOME: Final = """\
The bot runs. Open the pretend Slack in your browser:

  {slack}/

1. You are Ada Lovelace, in #lab-data. Type /schedule-transfer and press Enter.
2. Search “Beamline” and “Campus”, give both a folder, and press Schedule.
3. Follow the link to Globus, allow, copy the code, and paste it in Slack.
4. “Open in Globus” in the message leads to the timer. There, run it now; under “Behind the scenes” let an
   hour pass, revoke a consent or take Globus down, and see in Slack how the bot copes.

The pretend Globus:  {globus}/activity/timers
Ctrl-C ends it and leaves nothing behind."""

_NOW_YOU: Final = """
That was the tour. Now you: run `transferbot demo`, open the address that it prints, and type
/schedule-transfer in #lab-data. “Open in Globus” then leads to your timer."""

_NOT_DONE: Final = """
The tour did not reach its end. `transferbot demo` leaves everything running, to look at it by hand."""
