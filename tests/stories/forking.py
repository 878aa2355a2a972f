"""Processes that begin as copies of one that has loaded everything, so that a story need not wait for it.

What a process does from its first line on is the same as in one that was started by hand; only the loading of
libraries is shared. The commands that newcomers type are started by hand in `test_documents` and in CI.
"""

import atexit
import ctypes
import faulthandler
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Json = dict[str, Any]


class Fork:
    """A process that was begun as a copy; as `subprocess.Popen`, as far as stories need it."""

    def __init__(self, forks: "Forks", pid: int) -> None:
        self._forks = forks
        self._code: int | None = None
        self.pid = pid

    def poll(self) -> int | None:
        """Give the exit code, negative for a signal; None while it lives."""
        if self._code is None:
            self._code = self._forks.ask(act="poll", pid=self.pid)["code"]
        return self._code

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end; raises subprocess.TimeoutExpired."""
        until = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if until is not None and time.monotonic() > until:
                raise subprocess.TimeoutExpired("a copied process", timeout or 0)
            time.sleep(0.01)
        return code

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


class Forks:
    """One process that has loaded everything, and makes copies of itself. It is begun with the first copy."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._origin: subprocess.Popen[str] | None = None

    def start(self, *words: str, folder: Path, environment: Mapping[str, str], output: Path) -> Fork:
        """Run one of the bot's commands in a folder; what it says is added to a file."""
        output.touch(mode=0o600)
        given = {"words": words, "folder": str(folder), "environment": dict(environment)}
        return Fork(self, self.ask(act="start", output=str(output), **given)["pid"])

    def run(
        self, *words: str, folder: Path, environment: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end; gives how it ended, and all that it said as its `stdout`."""
        with tempfile.TemporaryDirectory() as aside:
            said = Path(aside) / "said"
            code = self.start(*words, folder=folder, environment=environment, output=said).wait(60)
            return subprocess.CompletedProcess(words, code, stdout=said.read_text())

    def ask(self, **what: object) -> Json:
        """Ask the origin for something."""
        with self._lock:
            origin = self._alive()
            assert origin.stdin
            assert origin.stdout
            origin.stdin.write(json.dumps(what) + "\n")
            origin.stdin.flush()
            answer: Json = json.loads(origin.stdout.readline())
            return answer

    def _alive(self) -> subprocess.Popen[str]:
        if self._origin is None:
            command = [sys.executable, "-m", "tests.stories.forking"]
            self._origin = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=_ROOT
            )
            atexit.register(self._end)
        return self._origin

    def _end(self) -> None:
        if self._origin and self._origin.stdin:
            self._origin.stdin.close()
            self._origin.wait()


_PR_SET_PDEATHSIG = 1  # prctl(2)
_ROOT = Path(__file__).parents[2]
FORKS = Forks()


def main() -> int:
    """Make copies until nobody asks any more. A copy returns from here to end as every process does."""
    from bot import __main__ as command_line, serving  # noqa: PLC0415 - only the origin loads all this
    from bot.sandbox import demo  # noqa: PLC0415

    del serving, demo
    faulthandler.enable()
    alive: set[int] = set()
    for line in sys.stdin:
        asked = json.loads(line)
        if asked["act"] == "poll":
            answer: Json = {"code": _code(asked["pid"], alive)}
        else:
            pid = os.fork()
            if not pid:
                _become(asked)
                command_line.main(args=asked["words"], prog_name="transferbot")
            alive.add(pid)
            answer = {"pid": pid}
        print(json.dumps(answer), flush=True)  # noqa: T201 - this is how it answers
    for pid in alive:
        os.kill(pid, signal.SIGKILL)
    return 0


def _code(pid: int, alive: set[int]) -> int | None:
    if pid not in alive:
        return 0
    ended, status = os.waitpid(pid, os.WNOHANG)
    if not ended:
        return None
    alive.discard(pid)
    return os.waitstatus_to_exitcode(status)


def _become(asked: Json) -> None:
    """Let a copy stand where a process of its own would stand, and not outlive its origin."""
    os.setsid()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    os.chdir(asked["folder"])
    os.environ.clear()  # noqa: TID251 - a copy has the environment that it is given
    os.environ.update(asked["environment"])  # noqa: TID251
    nothing = os.open(os.devnull, os.O_RDONLY)
    output = os.open(asked["output"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for number, opened in enumerate((nothing, output, output)):
        os.dup2(opened, number)


if __name__ == "__main__":
    sys.exit(main())
