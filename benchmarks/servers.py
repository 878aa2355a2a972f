"""The processes that are measured: started one at a time on a core of their own, and ended."""

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Final

import aiohttp

from benchmarks.pretend_slack import PretendSlack
from benchmarks.workspace import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET
from bot.sandbox.demo import STOP_SECONDS
from tests.stories.stage import free_port

ROOT: Final = Path(__file__).parents[1]
STARTING_SECONDS: Final = 60.0
_LOOKING: Final = 0.01

_CORES: Final = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


class NotStarted(Exception):
    """A process ended, or did not answer in time; says what it wrote."""


@dataclass(frozen=True, slots=True)
class Server:
    """A process that answers on a port; how many seconds that took from its start."""

    process: subprocess.Popen[bytes]
    port: int
    starting: float

    def memory(self) -> float:
        """Give what it and its children hold in memory now, in MB; 0 where the system does not say."""
        return sum(_resident(pid) for pid in self._pids()) / 1024

    def busy(self) -> float:
        """Give the seconds of a core that it and its children have used; 0 where the system does not say."""
        return sum(_busy(pid) for pid in self._pids()) / os.sysconf("SC_CLK_TCK")

    def _pids(self) -> Sequence[int]:
        return (self.process.pid, *_children(self.process.pid))


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a bot needs: a database with people in it, and settings that lead to a pretend Globus."""

    database: Path
    settings: Mapping[str, str]

    def copied(self, folder: Path) -> Path:
        """Copy the database and its keys into a folder."""
        for file in self.database.parent.glob("transferbot.db*"):
            shutil.copy2(file, folder / file.name)
        return folder / self.database.name


def command_of(name: str, port: int, slack: PretendSlack, folder: Path) -> Sequence[str]:
    """Give the command that starts a bare app."""
    python = sys.executable
    least = (python, "-m", "benchmarks.least_starlette", str(port), slack.api_url, str(folder / "kept.db"))
    gunicorn = (python, "-m", "gunicorn", "--worker-class", "gthread", "--threads", "16")
    return {
        "Bolt, Flask, gunicorn": (*gunicorn, "--bind", f"127.0.0.1:{port}", "benchmarks.bare_flask:app"),
        "AsyncApp, uvicorn": (python, "-m", "benchmarks.bare_starlette", str(port)),
        "AsyncApp, the least": least,
        "no app at all": (python, "-m", "benchmarks.trivial", str(port)),
    }[name]


@asynccontextmanager
async def bare(name: str, slack: PretendSlack, folder: Path) -> AsyncIterator[Server]:
    """Run a bare app until the block ends."""
    port = int(free_port())
    command = command_of(name, port, slack, folder)
    async with _running(command, {}, folder=ROOT, log=folder / "bare.log", port=port, path="") as server:
        yield server


@asynccontextmanager
async def bot(
    slack: PretendSlack, prepared: Prepared, folder: Path, *, over_socket: bool
) -> AsyncIterator[Server]:
    """Run the bot, on a copy of what is prepared, until the block ends."""
    port = int(free_port())
    environment = {
        **prepared.settings,
        "SLACK_API_URL": slack.api_url,
        "SLACK_BOT_TOKEN": BOT_TOKEN,
        **_way(port, over_socket=over_socket),
        "DATABASE_URL": f"sqlite:///{prepared.copied(folder)}",
    }
    command = (sys.executable, "-m", "bot", "run")
    log = folder / "bot.log"
    async with _running(command, environment, folder=folder, log=log, port=port, path="/readyz") as server:
        yield server


def _way(port: int, *, over_socket: bool) -> dict[str, str]:
    if over_socket:
        return {"SLACK_APP_TOKEN": APP_TOKEN, "HEALTH_PORT": str(port)}
    return {"SLACK_SIGNING_SECRET": SIGNING_SECRET, "PORT": str(port)}


def inherited() -> dict[str, str]:
    """Give this process's environment without anything that would point a bot elsewhere."""
    kept = os.environ.items()  # noqa: TID251 - handed on, not read
    foreign = ("SLACK_", "GLOBUS_", "TRANSFERBOT_")
    mine = {name: value for name, value in kept if not name.startswith(foreign)}
    return mine | {"NO_PROXY": "127.0.0.1", "PYTHONPATH": str(ROOT)}


def stay_on(core: int) -> None:
    """Keep this thread, and the processes that it starts from now on, on one core of two."""
    if len(_CORES) > 1:
        os.sched_setaffinity(0, {_CORES[core]})


@asynccontextmanager
async def _running(
    command: Sequence[str], environment: Mapping[str, str], *, folder: Path, log: Path, port: int, path: str
) -> AsyncIterator[Server]:
    begun = perf_counter()
    process = _begun(command, environment, folder, log)
    try:
        while not await _answers(port, path):
            if process.poll() is not None or perf_counter() - begun > STARTING_SECONDS:
                raise NotStarted(said(log))
            await asyncio.sleep(_LOOKING)
        yield Server(process, port, perf_counter() - begun)
    finally:
        process.terminate()
        try:
            await asyncio.to_thread(process.wait, 2 * STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def said(log: Path) -> str:
    """Give what a process wrote."""
    return log.read_text()


def _begun(
    command: Sequence[str], environment: Mapping[str, str], folder: Path, log: Path
) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        stay_on(0)
        try:
            return subprocess.Popen(  # noqa: S603 - our own programs
                command, cwd=folder, env={**inherited(), **environment}, stdout=output, stderr=output
            )
        finally:
            stay_on(1)


async def _answers(port: int, path: str) -> bool:
    """Say whether somebody listens there and, where a path is given, says that all is well."""
    try:
        if not path:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return True
        async with aiohttp.request("GET", f"http://127.0.0.1:{port}{path}") as answer:
            return answer.ok
    except (OSError, aiohttp.ClientError):
        return False


def _resident(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmRSS:")), 0)


def _busy(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12])  # utime and stime, see proc(5)


def _children(pid: int) -> list[int]:
    try:
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
