"""Every command that a document shows exists, takes those options, and the README lists them all."""

import importlib.util
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import requests

from bot.__main__ import main
from bot.sandbox.demo import opened

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
ELSEWHERE = {"python3", "curl", "docker", "sudo", "systemctl", "kubectl", "cp", "chmod", "mkdir", "datasette"}
"""Programs that are not ours to check."""


def commands(group: click.Group, prefix: str = "transferbot") -> Iterator[tuple[str, click.Command]]:
    """Give every command with its whole name, groups excepted, by name."""
    for name, command in sorted(group.commands.items()):
        if isinstance(command, click.Group):
            yield from commands(command, f"{prefix} {name}")
        else:
            yield f"{prefix} {name}", command


def commands_table() -> str:
    rows = [f"| `{_usage(name, one)}` | {_words(one)} |" for name, one in commands(main)]
    return "\n".join(["| command | does |", "|---|---|", *rows])


def _usage(name: str, command: click.Command) -> str:
    arguments = [one.human_readable_name for one in command.params if isinstance(one, click.Argument)]
    options = [f"[{one.opts[0]}]" for one in command.params if isinstance(one, click.Option)]
    return " ".join([name, *arguments, *options])


def _words(command: click.Command) -> str:
    return " ".join((command.help or "").split()).replace("|", "\\|")


def shown(document: Path) -> Iterator[str]:
    """Give the commands that a document shows: the lines of its blocks, and ours within its text."""
    text = document.read_text()
    for block in re.findall(r"^```sh\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
        lines = block.replace("\\\n", " ").splitlines()
        yield from (line.strip() for line in lines if line.strip() and not line.strip().startswith("#"))
    yield from re.findall(r"(?<!`)`(transferbot [^`]+)`", text)


def test_the_readme_lists_every_command_as_the_code_has_it() -> None:
    written = re.search(r"<!-- commands:.*?-->\n(.*?)\n?<!-- end of commands -->", README, re.DOTALL)

    assert written
    assert written.group(1) == commands_table()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda one: one.name)
def test_every_command_that_a_document_shows_exists_and_takes_those_options(document: Path) -> None:
    for line in shown(document):
        words = shlex.split(line.split(" >")[0].split(" | ")[0])
        program = Path(words[0]).name
        if program == "transferbot":
            check_ours(words[1:], line)
        elif program in {"python", "python3"} and words[1] == "-m":
            assert importlib.util.find_spec(words[2]), line
        else:
            beside = Path(sys.executable).with_name(program)
            assert program in ELSEWHERE or beside.exists() or (ROOT / words[0]).exists(), line


def test_what_the_sandbox_is_asked_in_its_document_it_answers() -> None:
    asked = [shlex.split(line) for line in shown(ROOT / "docs" / "sandbox.md") if line.startswith("curl ")]
    assert len(asked) > 3

    with opened() as sandbox:
        for _, _, address, *more in asked:
            there = address.replace("http://127.0.0.1:8001", sandbox.globus_url)
            answer = (
                requests.post(there, data=more[1], timeout=10) if more else requests.get(there, timeout=10)
            )
            assert answer.ok, answer.text


def test_every_document_is_reached_from_the_readme() -> None:
    linked = set(re.findall(r"\]\((?:docs/)?([\w-]+\.md)", README))
    running = ROOT / "docs" / "running.md"
    linked |= set(re.findall(r"\]\(([\w-]+\.md)", running.read_text()))

    assert {one.name for one in DOCUMENTS} - linked == {"README.md"}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda one: one.name)
def test_every_link_within_the_documents_leads_somewhere(document: Path) -> None:
    targets = re.findall(r"(?<!!)\[[^\]]+\]\((?!https?:|#)([^)#]+)", document.read_text())

    assert [one for one in targets if not (document.parent / one).exists()] == []


def check_ours(words: list[str], line: str) -> None:
    """Check that words, `FILE` and `…` in them as people write it, are a command of ours with its options."""
    command: click.Command = main
    rest = list(words)
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        assert rest[0] in command.commands, line
        command = command.commands[rest.pop(0)]
    known = {option for one in command.params for option in (*one.opts, *one.secondary_opts)} | {"--help"}
    assert {word.partition("=")[0] for word in rest if word.startswith("--")} <= known, line
