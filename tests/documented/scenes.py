"""Places in which the documents' commands are run, by a shell, as a reader would."""

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.documented.shown import ROOT
from tests.documented.ways import PLACEHOLDERS, Here, Served
from tests.postgresql import required
from tests.stories.stage import Stage, _environment, free_port

PATIENCE: Final = 60
"""Seconds."""
BINARIES: Final = Path(sys.executable).parent


@dataclass
class Place:
    """A folder, its environment, and what stands here for words of the documents."""

    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    programs: Path = BINARIES

    def run(self, text: str, way: Here) -> None:
        """Run a command to its end, and see that all is well."""
        command = (way.instead or "{}").replace("{}", text)
        done = subprocess.run(
            [_SHELL, "-euo", "pipefail", "-c", self._here(command)],
            cwd=self.folder,
            env=self._everything(),
            input=way.typed,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{text}: {done.stdout[-3000:]}"
        assert way.says in done.stdout, f"{text}: {done.stdout[-3000:]}"

    @contextmanager
    def serving(self, text: str, way: Served) -> Iterator[None]:
        """Start a command, wait until it is ready, end it with Ctrl-C, and see that nothing is left."""
        left, said = self.folder / "tmp", self.folder / "said"
        left.mkdir(exist_ok=True)
        with said.open("w") as output:
            process = subprocess.Popen(
                [_SHELL, "-c", f"exec {self._here(text)}"],
                cwd=self.folder,
                env=self._everything() | {"TMPDIR": str(left)},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            until = time.monotonic() + PATIENCE
            while way.says not in said.read_text():
                assert process.poll() is None, f"{text}: {said.read_text()}"
                assert time.monotonic() < until, f"{text}: {said.read_text()}"
                time.sleep(0.02)
            yield
            process.send_signal(signal.SIGINT)
            assert process.wait(PATIENCE) == 0, f"{text}: {said.read_text()}"
        finally:
            process.kill()
            process.wait()
        assert [one.name for one in left.iterdir()] == [], text
        assert "Traceback" not in said.read_text()

    def _here(self, command: str) -> str:
        for word, meant in self.words.items():
            command = command.replace(word, meant)
        return command

    def _everything(self) -> dict[str, str]:
        inherited = _environment()
        return (
            inherited | {"PATH": f"{self.programs}:{BINARIES}:{inherited['PATH']}"} | dict(self.environment)
        )


def beside(stage: Stage) -> Place:
    """Give the folder of a bot that runs over Socket Mode, with somebody's account."""
    stage.start_bot(HEALTH_PORT=free_port())
    stage.link_account()
    settings = {name: value for name, value in stage.settings.items() if value}
    (stage.folder / ".env").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    return Place(stage.folder, words=PLACEHOLDERS)


def on_a_server(stage: Stage, new: str, another: str) -> Place:
    """Give the folder of a bot that was stopped, beside a server."""
    given = {name: value for name, value in stage.settings.items() if value}
    return Place(stage.folder, environment=given | {"NEW": new, "ANOTHER": another}, programs=required())


def checkout(folder: Path) -> Place:
    """Give a folder that looks like the repository after its commands for installing."""
    for one in ROOT.iterdir():
        if one.name not in {".git", ".venv", ".env"}:
            (folder / one.name).symlink_to(one)
    return Place(folder)


def sandbox(folder: Path) -> Place:
    """Give a folder in which the ports that the page names are free ones."""
    return Place(folder, words={"8000": free_port(), "8001": free_port()})


def machine(stage: Stage, folder: Path) -> Place:
    """Give a copy of what is installed, on a machine whose `sudo` and `systemd-run` are ours."""
    for name in ("pyproject.toml", "README.md", "LICENSE", "manifest.yml", "requirements.lock"):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / "bot", folder / "bot", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / ".env").write_text("".join(f"{name}={value}\n" for name, value in stage.settings.items()))
    (folder / "var/lib/transferbot").mkdir(parents=True)
    programs = folder / "programs"
    programs.mkdir()
    for name, script in (("sudo", _SUDO), ("systemd-run", _SYSTEMD_RUN)):
        (programs / name).write_text(script)
        (programs / name).chmod(0o755)
    # The database's address has one slash more than its path.
    words = {" /": f" {folder}/", "=/": f"={folder}/", ":////": f":///{folder}/"}
    return Place(folder, words=words, programs=programs)


_SHELL: Final = shutil.which("bash") or "bash"
_SUDO: Final = '#!/bin/sh\nexec "$@"\n'
_SYSTEMD_RUN: Final = """#!/bin/bash
set -eu
while [ "${1#-}" != "$1" ]; do
  if [ "$1" = -p ]; then
    value="${2#*=}"
    case "${2%%=*}" in
      WorkingDirectory) cd "$value" ;;
      EnvironmentFile) set -a; . "$value"; set +a ;;
      Environment) export "$value" ;;
      DynamicUser | User | StateDirectory) ;;
      *) echo "what is $2?" >&2; exit 1 ;;
    esac
    shift
  fi
  shift
done
exec "$@"
"""
