"""What the documents say is what the code does."""

import ast
import json
import re
import tomllib
from pathlib import Path

import click
import jsonschema
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.version import Version
from slack_sdk import WebClient

from bot.__main__ import main
from bot.settings import SETTINGS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
MANIFEST = yaml.safe_load((ROOT / "manifest.yml").read_text())
SLACK_CODE = "\n".join(file.read_text() for file in (ROOT / "bot" / "slack").glob("*.py"))

SCOPES = {
    "chat_postMessage": {"chat:write"},
    "users_info": {"users:read"},
    "views_open": set(),
    "views_push": set(),
    "views_update": set(),
}
"""What each method of the Web API needs, for those that the bot calls (https://docs.slack.dev/reference/methods)."""


def settings_table() -> str:
    rows = [f"| `{one.name}` | {one.meaning} | {one.default} |" for one in SETTINGS]
    return "\n".join(["| name | meaning | default |", "|---|---|---|", *rows])


def test_the_readme_lists_every_setting_as_the_code_has_it() -> None:
    written = re.search(r"<!-- settings:.*?-->\n(.*?)\n<!-- end of settings -->", README, re.DOTALL)

    assert written
    assert written.group(1) == settings_table()


def test_every_command_that_the_readme_names_exists() -> None:
    named = set(
        re.findall(r"transferbot ((?:demo|run|sandbox|keys|check|backup|restore)\b(?: new| rotate)?)", README)
    )

    assert {name.split()[0] for name in named} <= set(main.commands)


@pytest.mark.parametrize("command", sorted(main.commands))
def test_every_command_says_what_it_does(command: str) -> None:
    assert (main.commands[command].help or "").strip()
    assert isinstance(main.commands[command], click.Command)


def test_the_manifest_is_valid_for_slack() -> None:
    version = MANIFEST["_metadata"]["major_version"]
    schema = json.loads((ROOT / "tests" / "slack" / f"manifest.schema.{version}.json").read_text())

    jsonschema.validate(MANIFEST, schema)


def test_the_manifest_has_the_commands_that_the_code_answers() -> None:
    registered = re.findall(r'^COMMAND: Final = "(.+)"$', SLACK_CODE, re.MULTILINE)

    assert [command["command"] for command in MANIFEST["features"]["slash_commands"]] == registered


def test_the_manifest_has_the_shortcuts_and_events_that_the_code_answers() -> None:
    answered = re.findall(r"\bapp\.(?:shortcut|global_shortcut|message_shortcut|event)\(", SLACK_CODE)

    assert answered == []
    assert "shortcuts" not in MANIFEST["features"]
    assert "event_subscriptions" not in MANIFEST["settings"]


def test_the_manifest_asks_for_exactly_the_scopes_of_what_the_code_calls() -> None:
    attributes = {node.attr for node in ast.walk(ast.parse(SLACK_CODE)) if isinstance(node, ast.Attribute)}
    called = {name for name in attributes if "_" in name[1:] and callable(getattr(WebClient, name, None))}
    needed = {"commands"}.union(*(SCOPES[method] for method in called))

    assert set(MANIFEST["oauth_config"]["scopes"]["bot"]) == needed


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_the_lock_holds_every_dependency_in_a_version_that_is_allowed(name: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = project["dependencies"] + (project["optional-dependencies"]["dev"] if "dev" in name else [])
    locked = dict(re.findall(r"^([a-z0-9._-]+)==([^ ]+)", (ROOT / name).read_text(), re.MULTILINE))

    for requirement in map(Requirement, wanted):
        assert Version(locked[requirement.name]) in requirement.specifier


def test_no_source_file_has_grown_out_of_hand() -> None:
    long = {
        str(file.relative_to(ROOT)): lines
        for file in (ROOT / "bot").rglob("*.py")
        if (lines := len(file.read_text().splitlines())) > 340
    }

    assert long == {}
