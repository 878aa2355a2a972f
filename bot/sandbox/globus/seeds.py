"""What lies in a collection before anybody has put anything there."""

import os
from pathlib import Path
from typing import Final

_RUNS: Final = 3
_FRAMES: Final = 2
_KILOBYTE: Final = 1024
_FIRST_RUN: Final = 1_767_600_000
"""When the first run was written: 2026-01-05T08:00:00Z; each of the others a day after the one before."""
_DAY: Final = 86_400


def plant(folder: Path, name: str) -> None:
    """Fill a collection's folder with `/data/`, `/archive/` and `/home/`; the same for the same name."""
    for number in range(1, _RUNS + 1):
        _plant_run(folder / "data" / f"run-{number:03d}", name, number)
    (folder / "data" / "latest").symlink_to(f"run-{_RUNS:03d}", target_is_directory=True)
    (folder / "archive").mkdir()
    _write(folder / "home" / "notes.txt", f"Notes on {name}.\n".encode(), _FIRST_RUN)
    _write(folder / "home" / ".profile", b"umask 022\n", _FIRST_RUN)
    (folder / "home" / "results").mkdir()


def _plant_run(run: Path, name: str, number: int) -> None:
    moment = _FIRST_RUN + (number - 1) * _DAY
    for frame in range(1, _FRAMES + 1):
        content = f"{name} {number} {frame}\n".encode()
        size = _KILOBYTE * (number + frame)
        _write(run / "frames" / f"frame-{frame:04d}.dat", (content * size)[:size], moment)
    _write(run / "run.log", f"{name}, run {number}: beam on, beam off.\n".encode(), moment)
    _write(run / "scratch.tmp", b"left over\n", moment)
    for folder in (run / "frames", run):
        os.utime(folder, (moment, moment))


def _write(file: Path, content: bytes, moment: float) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    os.utime(file, (moment, moment))
