"""Places in which the documents' commands are run, by a shell, as a reader would."""

import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import yaml

from bot.sandbox.globus.collections import BEAMLINE, SHARED
from bot.sandbox.globus.identities import COMMAND_LINE_CLIENT
from tests.documented.machine import PATH, machine
from tests.documented.shown import ROOT
from tests.documented.ways import PLACEHOLDERS, SIGNING_IN, Here, Scene, Served
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
    inside: Sequence[str] = ()

    def run(self, text: str, way: Here) -> None:
        """Run a command to its end, and see that all is well; with patience, until it says what it should."""
        until = time.monotonic() + PATIENCE
        done = self._done(text, way)
        while way.patient and way.says not in done.stdout and time.monotonic() < until:
            time.sleep(0.1)
            done = self._done(text, way)
        assert done.returncode == 0, f"{text}: {done.stdout[-3000:]}"
        assert way.says in done.stdout, f"{text}: {done.stdout[-3000:]}"

    def _done(self, text: str, way: Here) -> subprocess.CompletedProcess[str]:
        command = (way.instead or "{}").replace("{}", text)
        return subprocess.run(
            [*self.inside, _SHELL, "-euo", "pipefail", "-c", self._here(command)],
            cwd=self.folder,
            env=self._everything(),
            input=way.typed,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

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


def command_line(stage: Stage, folder: Path) -> Place:
    """Give the home of somebody whom Globus's own command line knows as Ada."""
    environment = {name: value for name, value in stage.settings.items() if name.startswith("GLOBUS_SDK_")}
    collections = {"BEAMLINE": BEAMLINE.id, "SHARED": SHARED.id}
    # A terminal that came over SSH: there is no browser beside it, so it shows a link and asks for a code.
    place = Place(
        folder,
        environment={**environment, **collections, "HOME": str(folder), "SSH_TTY": "a terminal"},
        words={"globus session consent …": f"globus session consent {_CONSENT}"},
    )
    # At its first sign-in it registers itself; the sandbox knows it already.
    place.run(f"python -c '{_REGISTERED}'", Here(Scene.COMMAND_LINE))
    place.run("globus login", Here(Scene.COMMAND_LINE, "logged in", instead=SIGNING_IN))
    return place


_CONSENT: Final = '--timer-data-access "$BEAMLINE"'
_REGISTERED: Final = (
    "from globus_cli.login_manager.storage import CLIStorage; "
    'CLIStorage().store_well_known_config("auth_client_data", '
    f'{{"client_id": "{COMMAND_LINE_CLIENT.client_id}", "client_secret": "{COMMAND_LINE_CLIENT.secret}"}})'
)


def on_a_server(stage: Stage, new: str, another: str) -> Place:
    """Give the folder of a bot that was stopped, beside a server."""
    given = {name: value for name, value in stage.settings.items() if value}
    return Place(stage.folder, environment=given | {"NEW": new, "ANOTHER": another}, programs=required())


def checkout(folder: Path) -> Place:
    """Give a folder that looks like the repository after its commands for installing."""
    folder.mkdir()
    for one in ROOT.iterdir():
        if one.name not in {".git", ".venv", ".env"}:
            (folder / one.name).symlink_to(one)
    return Place(folder, words={"/tmp/mutated": str(folder.with_name("mutated"))})  # noqa: S108 - the page's


def sandbox(folder: Path) -> Place:
    """Give a folder in which the ports that the page names are free ones."""
    return Place(folder, words={"8000": free_port(), "8001": free_port()})


@contextmanager
def nothing_yet(stage: Stage, folder: Path) -> Iterator[Place]:
    """Give a copy of the repository on a machine of its own, with the page's unit where it says."""
    _copy_to(folder, stage)
    with machine(folder) as inside:
        place = Place(folder, environment={"PATH": PATH}, inside=[*inside, "--wdns=/srv"])
        for name, unit in re.findall(r"`(/etc/systemd/[^`]+)`:\n\n```ini\n(.*?)```", _DEPLOYING, re.DOTALL):
            place.run(f"cat > {name}", Here(Scene.MACHINE, typed=unit))
        yield place


@contextmanager
def containers(stage: Stage, folder: Path) -> Iterator[Place]:
    """Give the same with a `docker`, and with the page's Compose file beside the Dockerfile."""
    _copy_to(folder, stage)
    [compose] = re.findall(r"```yaml\n(services:.*?)```", _DEPLOYING, re.DOTALL)
    (folder / "compose.yml").write_text(compose)
    # The pretend Slack and Globus are on this machine's loopback interface.
    override = {"services": {"transferbot": {"network_mode": "host"}}}
    (folder / "compose.override.yml").write_text(yaml.safe_dump(override))
    composing = BINARIES / "podman-compose"
    with machine(folder, Path("/usr/bin/podman"), Path("/usr/bin/mmdebstrap"), composing) as inside:
        # Building needs no container's rights and keeps nothing for the next time, and only Docker's own
        # format has a health check.
        building = {
            "BUILDAH_ISOLATION": "chroot",
            "BUILDAH_LAYERS": "false",
            "BUILDAH_FORMAT": "docker",
        }
        place = Place(folder, environment={"PATH": PATH} | building, inside=[*inside, "--wdns=/srv"])
        [image] = set(re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE))
        place.run(f"bash {_ENGINE} {image} {composing}", Here(Scene.CONTAINERS))
        # The official image's Python is the one that Debian has.
        version = image.removeprefix("python:").removesuffix("-slim")
        place.run(f"docker run --rm {image} python --version", Here(Scene.CONTAINERS, f"Python {version}."))
        yield place


def _copy_to(folder: Path, stage: Stage) -> None:
    """Copy what is installed and what an image is made from, and write the settings beside it."""
    for name in ("pyproject.toml", "README.md", "LICENSE", "manifest.yml", "Dockerfile", ".dockerignore"):
        shutil.copy(ROOT / name, folder)
    for lock in ROOT.glob("requirements*.lock"):
        shutil.copy(lock, folder)
    shutil.copytree(ROOT / "bot", folder / "bot", ignore=shutil.ignore_patterns("__pycache__"))
    # What the environment's file says goes before what the unit or the image says: the database stays where
    # they have it, and the port for health is one that nobody else of this machine listens at.
    settings = {name: value for name, value in stage.settings.items() if value and name != "DATABASE_URL"}
    settings["HEALTH_PORT"] = free_port()
    (folder / ".env").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))


_SHELL: Final = shutil.which("bash") or "bash"
_ENGINE: Final = Path(__file__).with_name("engine.sh")
_DEPLOYING: Final = (ROOT / "docs" / "deploying.md").read_text()
