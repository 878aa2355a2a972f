"""The image and the documents that say how to run it: what they promise holds, as far as can be seen here."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.setting_list import SETTINGS

ROOT = Path(__file__).parents[1]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
DEPLOYING = (ROOT / "docs" / "deploying.md").read_text()


def instructions() -> list[tuple[str, str]]:
    """Give the Dockerfile's instructions, lines joined and comments left out."""
    lines = [line for line in DOCKERFILE.splitlines() if not line.lstrip().startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [(word, rest) for line in joined.splitlines() if line for word, _, rest in [line.partition(" ")]]


def stages() -> list[list[tuple[str, str]]]:
    found: list[list[tuple[str, str]]] = []
    for word, rest in instructions():
        if word == "FROM":
            found.append([])
        if found:
            found[-1].append((word, rest))
    return found


def block(language: str) -> str:
    """Give the only block of a language in the document."""
    [found] = re.findall(rf"```{language}\n(.*?)```", DEPLOYING, re.DOTALL)
    return str(found)


def test_the_image_is_built_from_what_is_pinned() -> None:
    installs = re.findall(r"pip (?:--python \S+ )?install [^&\n]+", DOCKERFILE.replace("\\\n", " "))

    assert len(installs) == 3
    assert all("--require-hashes" in one or "--no-index" in one for one in installs)
    assert all(
        re.fullmatch(r"python:3\.\d+-slim( AS build)?", rest)
        for word, rest in instructions()
        if word == "FROM"
    )
    assert not any(word == "ADD" or "apt-get" in rest or "curl" in rest for word, rest in instructions())


def test_every_file_that_the_image_is_built_from_is_there_and_reaches_the_builder() -> None:
    ignored = (ROOT / ".dockerignore").read_text().split()
    copied = [
        name
        for word, rest in instructions()
        if word == "COPY" and "--from" not in rest
        for name in rest.split()[:-1]
    ]
    locks = [f"requirements{kind}.lock" for kind in ("", "-charts", "-observability", "-postgresql")]

    for name in [*locks, *(one for one in copied if one != "${LOCK}")]:
        assert (ROOT / name).exists()
        assert name not in ignored


def test_the_image_runs_as_nobody_in_particular_and_says_how_it_is() -> None:
    final = stages()[-1]
    last = {word: rest for word, rest in final if word in {"USER", "CMD", "STOPSIGNAL", "VOLUME", "WORKDIR"}}
    [health] = [rest for word, rest in final if word == "HEALTHCHECK"]

    assert last["USER"] == "10001:10001"
    assert json.loads(last["CMD"]) == ["transferbot", "run"]
    assert json.loads(health.partition("CMD ")[2]) == ["transferbot", "health", "--alive"]
    assert last["STOPSIGNAL"] == "SIGTERM"
    assert last["VOLUME"] == last["WORKDIR"] == "/data"
    assert not re.search(r"(TOKEN|SECRET|KEYS)=", DOCKERFILE)
    assert "pip uninstall --yes pip" in DOCKERFILE


def test_what_the_image_sets_are_settings() -> None:
    [environment] = [rest for word, rest in stages()[-1] if word == "ENV"]
    given = dict(one.split("=", 1) for one in shlex.split(environment))
    of_python = {"PATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "MPLCONFIGDIR"}

    assert set(given) - of_python <= {setting.name for setting in SETTINGS}
    assert given["DATABASE_URL"] == "sqlite:////data/transferbot.db"


def test_the_compose_file_gives_nothing_away() -> None:
    compose: dict[str, Any] = yaml.safe_load(block("yaml"))
    service = compose["services"]["transferbot"]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["tmpfs"] == ["/tmp"]  # noqa: S108 - the container's
    assert service["volumes"] == ["data:/data"]
    assert set(compose["volumes"]) == {"data"}
    assert "privileged" not in service
    assert "ports" not in service
    assert service["stop_grace_period"] == "15s"


def test_the_unit_is_one_that_systemd_understands(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("there is no systemd here")
    unit = tmp_path / "transferbot.service"
    unit.write_text(block("ini").replace("/opt/transferbot/bin/transferbot", sys.executable))
    done = subprocess.run([analyze, "verify", unit], capture_output=True, text=True, check=False)

    about_it = [line for line in done.stderr.splitlines() if "transferbot.service" in line]
    assert about_it == []


def test_the_unit_is_hardened_and_its_settings_are_settings() -> None:
    lines = [line.split("=", 1) for line in block("ini").splitlines() if "=" in line]
    unit = {name: value for name, value in lines if name != "SystemCallFilter"}
    given = dict(one.split("=", 1) for one in unit["Environment"].split())

    assert set(given) <= {setting.name for setting in SETTINGS}
    assert unit["DynamicUser"] == unit["NoNewPrivileges"] == unit["PrivateTmp"] == "yes"
    assert unit["ProtectSystem"] == "strict"
    assert unit["CapabilityBoundingSet"] == ""
    assert unit["StateDirectory"] in given["DATABASE_URL"]
    assert int(unit["TimeoutStopSec"]) > 10
    assert not re.search(r"(TOKEN|SECRET|KEYS)=", block("ini"))
