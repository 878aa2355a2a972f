"""The demo: it says where to go, plays the whole job, and leaves nothing behind."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests


@contextmanager
def demo(folder: Path, *options: str, **settings: str) -> Iterator[subprocess.Popen[str]]:
    """Run the demo in a group of its own, its temporary files in `folder`, until the block ends."""
    foreign = ("SLACK_", "GLOBUS_", "TRANSFERBOT_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}  # noqa: TID251 - handed on, not read
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "bot", *options],
        cwd=folder,
        env=kept | {"TMPDIR": str(folder), "NO_PROXY": "127.0.0.1"} | settings,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stdout
        process.stdout.close()


def said(process: subprocess.Popen[str], last: str) -> str:
    """Read what the process prints, up to the line that has `last`."""
    assert process.stdout
    lines = []
    for line in iter(process.stdout.readline, ""):
        lines.append(line)
        if last in line:
            return "".join(lines)
    raise AssertionError(f"it never said {last}: {lines}")


def is_alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_demo_says_where_to_go_and_leaves_nothing_behind(tmp_path: Path, number: int) -> None:
    with demo(tmp_path, "demo") as process:
        text = said(process, "Ctrl-C")
        addresses = re.findall(r"http://127\.0\.0\.1:\d+/\S*", text)
        shown = [requests.get(address, timeout=10).status_code for address in addresses]
        kept = list(tmp_path.iterdir())
        # A terminal's Ctrl-C goes to the bot too; the others go to the demo alone.
        (os.killpg if number == signal.SIGINT else os.kill)(process.pid, number)
        code = process.wait(20)

        assert len(addresses) == 2
        assert shown == [200, 200]
        assert kept
        assert code == 0
        assert list(tmp_path.iterdir()) == []
        assert not is_alive(process.pid)


def test_the_demo_touches_nothing_of_a_real_bot(tmp_path: Path) -> None:
    real, own = tmp_path / "real", tmp_path / "own"
    real.mkdir()
    own.mkdir()
    settings = {"DATABASE_URL": f"sqlite:///{real / 'bot.db'}", "TRANSFERBOT_KEYS": "none", "PORT": "none"}
    with demo(own, "demo", "--tour", **settings) as process:
        said(process, "leads to your timer")
        code = process.wait(20)

    assert code == 0
    assert list(real.iterdir()) == []


def test_the_tour_shows_each_step_and_ends_by_saying_where_to_go_next(tmp_path: Path) -> None:
    with demo(tmp_path, "demo", "--tour") as process:
        text = said(process, "leads to your timer")
        code = process.wait(20)

    assert code == 0
    assert text.count("Job ID") == 2
    assert text.count("Globus has timer") == 2
    assert "transferbot demo" in text
    assert list(tmp_path.iterdir()) == []


def test_the_sandbox_alone_prints_settings_first_and_takes_a_seed_and_a_clock(tmp_path: Path) -> None:
    options = ("--seed", "7", "--clock", "2026-01-05T08:00:00Z")
    with demo(tmp_path, "sandbox", *options) as process:
        text = said(process, "To drive it")
        slack = dict(re.findall(r"^(\w+)=(.*)$", text, re.MULTILINE))["SLACK_API_URL"].removesuffix("/api/")
        now = requests.get(f"{slack}/sandbox/state", timeout=10).json()["now"]

    assert 0 <= now - 1_767_600_000 < 60
