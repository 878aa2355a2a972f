"""The commands that the documents show: the lines of their blocks, and those within their text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
DOCUMENTS: Final = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]

SHELL: Final = {"sh", "bash", "shell", "console"}
OTHER: Final = {"", "ini", "json", "mermaid", "nginx", "python", "sql", "toml", "yaml"}
"""What else a block may be. A block of any other language has to be given a place here."""

PROGRAMS: Final = {
    ".ci/run",
    "chmod",
    "coverage",
    "cp",
    "curl",
    "datasette",
    "docker",
    "globus",
    "helm",
    "journalctl",
    "kubectl",
    "lint-imports",
    "ls",
    "mkdir",
    "mutmut",
    "mypy",
    "nginx",
    "pg_dump",
    "pg_restore",
    "pip",
    "psql",
    "pytest",
    "python",
    "python3",
    "ruff",
    "sqlite-utils",
    "sudo",
    "systemctl",
    "transferbot",
}
"""What makes words in a text a command. One word alone is a name, but for these."""
COMMANDS_OF_ONE_WORD: Final = {".ci/run", "lint-imports"}


@dataclass(frozen=True, slots=True)
class Shown:
    """A command as a document has it, on one line."""

    text: str
    document: str
    in_block: bool


def shown() -> list[Shown]:
    """Give all commands of all documents, page by page, from top to bottom."""
    return [one for document in DOCUMENTS for one in shown_in(document.read_text(), document.name)]


def shown_in(page: str, document: str) -> Iterator[Shown]:
    """Give the commands of a page; raises AssertionError for a block whose language is not known."""
    for language, block in re.findall(r"^```(\S*)\n(.*?)^```$", page, re.DOTALL | re.MULTILINE):
        assert language in SHELL | OTHER, f"{document}: what is a block of {language!r}?"
        if language in SHELL:
            for line in block.replace("\\\n", " ").splitlines():
                command = _plain(line)
                if command:
                    yield Shown(command, document, in_block=True)
    for words in re.findall(r"(?<!`)`([^`]+)`", _text_of(page)):
        command = _plain(words)
        if command in COMMANDS_OF_ONE_WORD or (" " in command and command.split()[0] in PROGRAMS):
            yield Shown(command, document, in_block=False)


def _text_of(page: str) -> str:
    """Give a page without its blocks, and without the list of commands that is made from the code."""
    page = re.sub(r"^```.*?^```$", "", page, flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"<!-- commands:.*?<!-- end of commands -->", "", page, flags=re.DOTALL)


def _plain(line: str) -> str:
    """Give a command on one line, without a prompt, the environment's folder, and what is said about it."""
    command = re.sub(r"(^|\s)#.*", "", line).removeprefix("$ ").removeprefix(".venv/bin/")
    return " ".join(command.split())
