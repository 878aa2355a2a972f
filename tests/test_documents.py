"""What the documents say is what the code does."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click
import jsonschema
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.version import Version
from slack_sdk import WebClient

from bot.__main__ import main
from bot.installing import Installation
from bot.serving import join
from bot.setting_list import SETTINGS
from bot.settings import read
from bot.slack.app import Listen
from bot.slack.examining import USES
from bot.slack.form import FormContext, form_view
from bot.slack.installing import SCOPES as INSTALLED_SCOPES
from bot.slack.workflows import SCHEDULE_STEP, outputs_of
from bot.workflows import INPUTS
from tests.documented.shown import DOCUMENTS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
MANIFEST = yaml.safe_load((ROOT / "manifest.yml").read_text())
SLACK_CODE = "\n".join(file.read_text() for file in (ROOT / "bot" / "slack").glob("*.py"))

SCOPES: dict[str, set[str]] = {
    "apps_connections_open": set(),
    "auth_test": set(),
    "chat_postEphemeral": {"chat:write"},
    "chat_postMessage": {"chat:write"},
    "files_upload_v2": {"files:write"},
    "chat_unfurl": {"links:write"},
    "chat_update": {"chat:write"},
    "functions_completeError": set(),
    "functions_completeSuccess": set(),
    "oauth_v2_access": set(),
    "openid_connect_token": set(),
    "openid_connect_userInfo": set(),
    "users_info": {"users:read"},
    "views_open": set(),
    "views_publish": set(),
    "views_push": set(),
    "views_update": set(),
}
"""What each method of the Web API needs, for those that the bot calls (https://docs.slack.dev/reference/methods)."""


SCOPES_OF_EVENTS: dict[str, set[str]] = {
    "link_shared": {"links:read"},
    "member_left_channel": {"channels:read", "groups:read"},
    "user_change": {"users:read"},
}
"""What each event needs, for those that need anything (https://docs.slack.dev/reference/events)."""


def settings_table() -> str:
    rows = [f"| `{one.name}` | {one.meaning} | {one.default} |" for one in SETTINGS]
    return "\n".join(["| name | meaning | default |", "|---|---|---|", *rows])


def test_the_readme_lists_every_setting_as_the_code_has_it() -> None:
    written = re.search(r"<!-- settings:.*?-->\n(.*?)\n<!-- end of settings -->", README, re.DOTALL)

    assert written
    assert written.group(1) == settings_table()


OTHERS_NAMES: Final = {"OTEL_EXPORTER_OTLP_HEADERS", "RLIMIT_FSIZE", "TCP_NODELAY"}
"""OpenTelemetry's own setting, and words of the system. `docs/form.md` has the command line's arguments."""

OTHERS_SCOPES: Final = {"connections:write", "files:read"}
"""The app-level token's scope, and one that a decision did without."""


@pytest.mark.parametrize(
    "document", [one for one in DOCUMENTS if one.name != "form.md"], ids=lambda one: one.name
)
def test_every_setting_and_every_scope_that_a_document_names_is_there(document: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", document.read_text(), flags=re.DOTALL | re.MULTILINE)
    settings = set(re.findall(r"`([A-Z][A-Z0-9]*_[A-Z0-9_]+)(?:=[^`]*)?`", text))
    scopes = set(re.findall(r"`([a-z]+(?:\.[a-z]+)*:[a-z_.]+)`", text))

    assert settings <= {one.name for one in SETTINGS} | OTHERS_NAMES
    assert scopes <= set(MANIFEST["oauth_config"]["scopes"]["bot"]) | OTHERS_SCOPES


@pytest.mark.parametrize("command", sorted(main.commands))
def test_every_command_says_what_it_does(command: str) -> None:
    assert (main.commands[command].help or "").strip()
    assert isinstance(main.commands[command], click.Command)


def test_the_manifest_is_valid_for_slack() -> None:
    version = MANIFEST["_metadata"]["major_version"]
    schema = json.loads((ROOT / "tests" / "slack" / f"manifest.schema.{version}.json").read_text())

    jsonschema.validate(MANIFEST, schema)


@pytest.fixture
def listens(tmp_path: Path) -> Iterator[Listen]:
    """What a bot that is built, and not started, listens to."""
    settings = read(
        {
            "SLACK_BOT_TOKEN": "xoxb-1",
            "SLACK_APP_TOKEN": "xapp-1",
            "GLOBUS_CLIENT_ID": "c0f1de00-5a4d-4b0f-8b07-000000000001",
            "DATABASE_URL": f"sqlite:///{tmp_path}/bot.db",
        }
    )
    with ExitStack() as closing:
        only = Installation("T1", "Lab", "xoxb-1", "U1", "", datetime(2026, 11, 25, tzinfo=UTC))
        yield join(settings, only=only, closing=closing).listens


def test_the_manifest_has_the_commands_that_the_code_answers(listens: Listen) -> None:
    assert [command["command"] for command in MANIFEST["features"]["slash_commands"]] == listens.commands


def test_the_manifest_has_the_shortcuts_that_the_code_answers(listens: Listen) -> None:
    declared = MANIFEST["features"]["shortcuts"]

    assert {one["callback_id"] for one in declared} == set(listens.shortcuts)
    assert {one["type"] for one in declared} == {"global", "message"}


def test_the_manifest_has_the_events_that_the_code_answers(listens: Listen) -> None:
    assert MANIFEST["settings"]["event_subscriptions"]["bot_events"] == listens.events


def test_the_manifest_has_the_step_that_the_code_answers_and_the_inputs_that_it_reads() -> None:
    step = MANIFEST["functions"][SCHEDULE_STEP]

    assert list(MANIFEST["functions"]) == [SCHEDULE_STEP]
    assert set(step["input_parameters"]) == set(INPUTS)
    assert set(step["output_parameters"]) == set(outputs_of("j1", app_url=""))


def test_nothing_is_registered_but_through_what_keeps_the_list() -> None:
    past = re.findall(r"\bapp\.(?:command|shortcut|global_shortcut|message_shortcut|event)\(", SLACK_CODE)

    assert past == []


def test_the_manifest_asks_for_exactly_the_scopes_of_what_the_code_calls() -> None:
    attributes = {node.attr for node in ast.walk(ast.parse(SLACK_CODE)) if isinstance(node, ast.Attribute)}
    methods = {name for name in attributes if not name.startswith("_") and "_" in name}
    called = {name for name in methods if callable(getattr(WebClient, name, None))}
    heard = MANIFEST["settings"]["event_subscriptions"]["bot_events"]
    events = (SCOPES_OF_EVENTS.get(event, set()) for event in heard)
    needed = {"commands"}.union(*(SCOPES[method] for method in called), *events)

    assert set(MANIFEST["oauth_config"]["scopes"]["bot"]) == needed
    assert set(INSTALLED_SCOPES) == needed


def test_what_becomes_of_the_bot_without_a_scope_is_said_of_each() -> None:
    assert set(USES) == set(MANIFEST["oauth_config"]["scopes"]["bot"]) == set(INSTALLED_SCOPES)


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-charts.lock", "requirements-dev.lock"])
def test_the_lock_holds_every_dependency_in_a_version_that_is_allowed(name: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extra = name.removeprefix("requirements").removesuffix(".lock").strip("-")
    wanted = project["dependencies"] + project["optional-dependencies"].get(extra, [])
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


def test_every_option_of_the_command_line_is_in_the_form() -> None:
    globus = Path(sys.executable).with_name("globus")
    said = subprocess.run(
        [globus, "timer", "create", "transfer", "--help"], capture_output=True, text=True, check=True
    )
    of_every_command = {
        "--verbose",
        "--quiet",
        "--help",
        "--format",
        "--jmespath",
        "--jq",
        "--map-http-status",
    }
    options = set(re.findall(r"^  (?:-\w, )?(--[a-z-]+)", said.stdout, re.MULTILINE)) - of_every_command
    written = (ROOT / "docs" / "form.md").read_text()

    assert len(options) > 15
    assert {option for option in options if f"`{option}`" not in written} == set()


def test_the_table_of_the_form_names_its_fields_and_no_others() -> None:
    written = (ROOT / "docs" / "form.md").read_text()
    rows = [
        row.split("|") for row in written.splitlines() if row.count("|") == 5 and "`" in row.split("|")[3]
    ]
    named = {field for row in rows for field in re.findall(r"`(\w+)`", row[3])}
    filled = {"repeat": "custom", "end": "runs"}, {"end": "date"}
    views = [form_view(FormContext("r1"), filled=one) for one in filled]
    drawn = {block["block_id"] for view in views for block in view["blocks"] if block["type"] == "input"}

    assert named == drawn - {"announce_in"}
