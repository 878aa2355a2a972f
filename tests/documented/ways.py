"""The ways in which a command of the documents is tried."""

import shlex
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Final

import click

from bot.__main__ import main
from tests.documented.shown import ROOT


class Scene(Enum):
    """Where a command is run."""

    BESIDE_A_BOT = auto()
    """A bot runs here, over Socket Mode, and Ada's account is linked."""
    AT_REST = auto()
    """The same place, after the bot was stopped."""
    SANDBOX = auto()
    """A sandbox listens at the ports that the page names."""
    MACHINE = auto()
    """A machine of its own, with systemd and without anything of ours but the repository."""
    CONTAINERS = auto()
    """Such a machine with a `docker`, Podman's, and the image that the Dockerfile begins with, Debian's."""
    COMMAND_LINE = auto()
    """Globus's own command line, where Ada is signed in who made a timer with the bot."""
    CHECKOUT = auto()
    """The repository."""
    ON_A_SERVER = auto()
    """The place of a bot that was stopped, and a PostgreSQL server with two empty databases."""


@dataclass(frozen=True, slots=True)
class Here:
    """It is run, must end with 0, and must say something.

    `instead` is run in its place, with `{}` for the command itself; `typed` is what the reader types; and
    with `patient` it is run again until it says so.
    """

    scene: Scene
    says: str = ""
    patient: bool = False
    instead: str = ""
    typed: str = ""


@dataclass(frozen=True, slots=True)
class Served:
    """It is started, awaited until it says that it is ready, and told to end, which leaves nothing behind."""

    scene: Scene
    says: str


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A test, or `.ci/run`, does the very same: `path::name`, or `path: what stands in it`."""

    where: str


@dataclass(frozen=True, slots=True)
class Long:
    """It is long on purpose: its options are read as it would read them, and `where` does it in small."""

    command: click.Command
    where: str


Way = Here | Served | Elsewhere | Long


def assert_done_elsewhere(where: str) -> None:
    """See that there is such a test, or such words in such a file."""
    path, colons, name = where.partition("::")
    if not colons:
        path, _, name = where.partition(": ")
    text = (ROOT / path).read_text()
    assert (f"def {name}(" if colons else name) in text, where


def assert_ours(command: str) -> None:
    """See that a command, or the one within a command of another program, is ours with its options."""
    words = shlex.split(command)
    start = len(words) - [word.rpartition("/")[2] for word in words][::-1].index("transferbot")
    found: click.Command = main
    rest = words[start:]
    while isinstance(found, click.Group):
        assert rest, command
        assert rest[0] in found.commands, command
        found = found.commands[rest.pop(0)]
    assert_read(found, rest)


def assert_read(command: click.Command, arguments: list[str]) -> None:
    """See that a command takes these arguments; nothing is done."""
    command.make_context(command.name, list(arguments))


SIGNING_IN: Final = f"python {Path(__file__).with_name('signing_in.py')} {{}}"
"""Instead of a command that asks for a sign-in: it, and what a person does then."""

PLACEHOLDERS: Final = {"FILE": "lab.db", "TEAM USER": "T0SANDBOX1 U0ADA00001"}
"""What the documents let the reader fill in."""
