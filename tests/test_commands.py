"""The README lists every command as the code has it, and leads to every document."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from bot.__main__ import main
from tests.documented.shown import DOCUMENTS, ROOT

README = (ROOT / "README.md").read_text()


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


def test_the_readme_lists_every_command_as_the_code_has_it() -> None:
    written = re.search(r"<!-- commands:.*?-->\n(.*?)\n?<!-- end of commands -->", README, re.DOTALL)

    assert written
    assert written.group(1) == commands_table()


def test_every_document_is_reached_from_the_readme() -> None:
    linked = set(re.findall(r"\]\((?:docs/)?([\w-]+\.md)", README))
    running = ROOT / "docs" / "running.md"
    linked |= set(re.findall(r"\]\(([\w-]+\.md)", running.read_text()))

    assert {one.name for one in DOCUMENTS} - linked == {"README.md"}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda one: one.name)
def test_every_link_within_the_documents_leads_somewhere(document: Path) -> None:
    targets = re.findall(r"(?<!!)\[[^\]]+\]\((?!https?:|#)([^)#]+)", document.read_text())

    assert [one for one in targets if not (document.parent / one).exists()] == []
