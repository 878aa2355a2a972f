"""A machine within this one, with systemd, for commands that change `/etc`, `/opt` and `/var`."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from bot.settings import environment

PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""As on a machine that nobody prepared: nothing of this environment's, nor of anybody's home."""

PATIENCE: Final = 60
"""Seconds."""

_NEEDED: Final = [
    Path("/lib/systemd/systemd"),
    Path("/usr/bin/dbus-daemon"),
    Path("/usr/bin/nsenter"),
    Path("/usr/bin/python3"),
    Path("/usr/bin/setpriv"),
    Path("/usr/bin/unshare"),
]
_SCRIPT: Final = Path(__file__).with_name("machine.sh")


@contextmanager
def machine(folder: Path, *also: Path) -> Iterator[list[str]]:
    """Start one whose `/srv` is a folder of ours; gives the words that carry a command there.

    `also` are programs that it needs. Skips where the system lets nobody have a machine, and where a program
    is missing, unless it has to be there.
    """
    _required(*_NEEDED, *also)
    log = folder.with_suffix(".log")
    with (
        log.open("w") as said,
        subprocess.Popen(
            ["/usr/bin/unshare", "--mount", "bash", _SCRIPT, folder],
            stdin=subprocess.PIPE,  # it ends when this does
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
        ) as outside,
    ):
        assert outside.stdout
        first = outside.stdout.readline().strip()
        assert first, log.read_text()
        inside = ["/usr/bin/nsenter", f"--target={first}", *_NAMESPACES]
        _until_running(inside, log)
        yield inside


_NAMESPACES: Final = ("--mount", "--pid", "--cgroup", "--ipc", "--uts")


def _until_running(inside: list[str], log: Path) -> None:
    until = time.monotonic() + PATIENCE
    asked = [*inside, "/usr/bin/systemctl", "is-system-running", "--wait"]
    while subprocess.run(asked, capture_output=True, check=False).returncode:
        assert time.monotonic() < until, log.read_text()
        time.sleep(0.1)


def _required(*programs: Path) -> None:
    missing = [program.name for program in programs if not program.exists()]
    if missing and environment().get("MACHINE_TESTS") == "required":
        pytest.fail(f"There is no {missing}, and MACHINE_TESTS=required.")
    if missing:
        pytest.skip(f"There is no {missing}: CONTRIBUTING.md says what this test needs.")
    allowed = subprocess.run(
        [
            "/usr/bin/unshare",
            "--mount",
            "--pid",
            "--cgroup",
            "--fork",
            "mount",
            "-t",
            "tmpfs",
            "tmpfs",
            "/mnt",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if allowed.returncode:
        pytest.skip(f"Only root may have a machine of its own, and not in every container: {allowed.stderr}")
