"""The pretend Globus of the sandbox, as a process of its own, whose calls take as long as one likes."""

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import requests

from benchmarks.servers import NotStarted, Prepared, inherited, stay_on

Json = dict[str, Any]

HANGING: Final = 3600.0
DELAYS: Final[Mapping[str, float]] = {"instant": 0.0, "300 ms": 0.3, "5 s": 5.0, "hanging": HANGING}
"""How long each call to Globus takes, in seconds."""

_SECONDS: Final = 60.0


class Globus:
    """Its levers. Requires a sandbox that listens at `url`."""

    def __init__(self, url: str, settings: Mapping[str, str]) -> None:
        self.url = url
        self.settings = settings

    def take(self, seconds: float) -> None:
        """Let each call take so long from now on."""
        requests.delete(f"{self.url}/sandbox/faults", timeout=_SECONDS).raise_for_status()
        if seconds:
            self._post("faults", method="*", fault="hang", times=10**9, seconds=seconds)

    def calls(self, after: int = 0) -> list[Json]:
        """Give the calls after a number of its log, oldest first."""
        asked = requests.get(f"{self.url}/sandbox/traffic", params={"after": after}, timeout=_SECONDS)
        return [one for one in asked.json()["traffic"] if one["kind"] == "call"]

    def timers(self) -> list[Json]:
        """Give all timers."""
        found: list[Json] = requests.get(f"{self.url}/sandbox/timers", timeout=_SECONDS).json()["timers"]
        return found

    def _post(self, lever: str, **body: object) -> None:
        requests.post(f"{self.url}/sandbox/{lever}", json=body, timeout=_SECONDS).raise_for_status()


@contextmanager
def pretend_globus(folder: Path) -> Iterator[Globus]:
    """Run the sandbox until the block ends."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "sandbox.log"
    stay_on(1)
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "bot", "sandbox"],
            cwd=folder,
            env=inherited(),
            stdout=output,
            stderr=output,
        )
    try:
        settings = _said(process, log)
        yield Globus(settings["GLOBUS_SDK_SERVICE_URL_AUTH"].rstrip("/"), settings)
    finally:
        process.terminate()
        process.wait()


def prepared(globus: Globus, folder: Path) -> Prepared:
    """Make a database in which everybody is linked."""
    folder.mkdir(parents=True, exist_ok=True)
    database = folder / "transferbot.db"
    settings = {name: value for name, value in globus.settings.items() if name.startswith("GLOBUS_")}
    environment = {
        **settings,
        "DATABASE_URL": f"sqlite:///{database}",
        "SLACK_BOT_TOKEN": "xoxb-unused",
        "SLACK_SIGNING_SECRET": "unused",
    }
    subprocess.run(
        [sys.executable, "-m", "benchmarks.seeding"], cwd=folder, env=inherited() | environment, check=True
    )
    return Prepared(database, settings)


def _said(process: subprocess.Popen[bytes], log: Path) -> dict[str, str]:
    """Read the settings that the sandbox prints, up to its first comment."""
    until = time.monotonic() + _SECONDS
    while time.monotonic() < until and process.poll() is None:
        lines = log.read_text().splitlines()
        settings = dict(line.partition("=")[::2] for line in lines if not line.startswith("#"))
        if len(settings) < len(lines):
            return settings
        time.sleep(0.01)
    raise NotStarted(log.read_text())
