"""Globus's own command line, which knows nothing of this project, works with the sandbox as with Globus."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.globus.collections import BEAMLINE, CAMPUS, LAPTOP, PATIENTS, PRIVATE, REFERENCE, SHARED
from bot.sandbox.globus.identities import COMMAND_LINE_CLIENT
from tests.sandbox.globus.on_disk import on_disk
from tests.sandbox.globus.pretend_globus import Sandbox, sandbox

Json = dict[str, Any]
PROGRAM = Path(sys.executable).with_name("globus")


@dataclass(frozen=True)
class CommandLine:
    """The real `globus` program, as an app that signs in for itself."""

    globus: Sandbox
    home: Path

    def run(self, *arguments: str, code: int = 0) -> str:
        done = subprocess.run(
            [str(PROGRAM), *arguments],
            env={
                "PATH": os.defpath,
                "HOME": str(self.home),
                "NO_PROXY": "127.0.0.1",
                "GLOBUS_CLI_CLIENT_ID": COMMAND_LINE_CLIENT.client_id,
                "GLOBUS_CLI_CLIENT_SECRET": COMMAND_LINE_CLIENT.secret or "",
                **self.globus.environ,
            },
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def json(self, *arguments: str) -> Json:
        answer: Json = json.loads(self.run(*arguments, "--format", "json"))
        return answer


@pytest.fixture
def command_line(tmp_path: Path) -> Iterator[CommandLine]:
    with sandbox() as globus:
        yield CommandLine(globus, tmp_path)


def test_it_knows_who_it_is(command_line: CommandLine) -> None:
    assert COMMAND_LINE_CLIENT.client_id in command_line.run("whoami")


def test_it_finds_and_lists_collections(command_line: CommandLine) -> None:
    found = command_line.json("endpoint", "search", "beam")["DATA"]
    listed = command_line.run("ls", f"{BEAMLINE.id}:/data/")
    filtered = command_line.run("ls", f"{BEAMLINE.id}:/data/", "--filter", "!~run-*")
    below = command_line.run("ls", "--recursive", f"{SHARED.id}:/data/run-001")
    shown = command_line.run("endpoint", "show", LAPTOP.id)
    assert [one["id"] for one in found] == [BEAMLINE.id]
    assert listed.split() == ["latest/", "run-001/", "run-002/", "run-003/"]
    assert filtered.split() == ["latest/"]
    assert "frames/frame-0001.dat" in below
    assert LAPTOP.display_name in shown


@pytest.mark.parametrize("collection", [PATIENTS, PRIVATE], ids=lambda one: one.display_name)
def test_it_says_what_it_may_not_see(command_line: CommandLine, collection: Any) -> None:  # noqa: ANN401 - a case
    said = command_line.run("ls", f"{collection.id}:/data/", code=1)
    assert "Transfer API Error" in said


def test_it_makes_folders_and_transfers_files(command_line: CommandLine) -> None:
    command_line.run("mkdir", f"{SHARED.id}:/archive/new")
    task_id = command_line.json("transfer", f"{SHARED.id}:/data/run-001/", f"{SHARED.id}:/archive/new/")[
        "task_id"
    ]
    command_line.run("task", "wait", task_id, "--polling-interval", "1", "--timeout", "30")
    assert "SUCCEEDED" in command_line.run("task", "show", task_id)
    assert "/archive/new/run.log" in command_line.run("task", "show", task_id, "--successful-transfers")
    assert task_id in command_line.run("task", "list")
    assert "STARTED" in command_line.run("task", "event-list", task_id)
    assert (on_disk(command_line.globus, SHARED) / "archive/new/run.log").exists()


@pytest.mark.parametrize(
    ("source", "destination"), [(BEAMLINE, CAMPUS), (REFERENCE, SHARED)], ids=["mapped", "guest"]
)
def test_it_makes_a_timer_that_copies(command_line: CommandLine, source: Any, destination: Any) -> None:  # noqa: ANN401 - cases
    made = command_line.run(
        *(
            "timer",
            "create",
            "transfer",
            f"{source.id}:/data/run-001/",
            f"{destination.id}:/archive/nightly/",
        ),
        *("--name", "Nightly copy", "--label", "Copy", "--interval", "1d", "--stop-after-runs", "2"),
        *("--exclude", "*.tmp", "--sync-level", "checksum", "--notify", "off"),
    )
    command_line.globus.do("advance", seconds=3 * 86_400)
    job = _only_job(command_line)
    copied = {one.name for one in (on_disk(command_line.globus, destination) / "archive/nightly").iterdir()}
    assert "running for 2 iterations" in made
    assert (job["status"], job["n_runs"], job["n_errors"]) == ("ended", 2, 0)
    assert job["results"]["data"][0]["data"]["details"]["files_skipped"] == 3
    assert copied == {"frames", "run.log"}


def test_it_makes_a_timer_that_runs_once(command_line: CommandLine) -> None:
    command_line.run(
        *("timer", "create", "transfer", f"{REFERENCE.id}:/home/notes.txt", f"{SHARED.id}:/notes.txt"),
        *("--stop-after-runs", "1"),
    )
    command_line.globus.do("advance", seconds=10)
    job = _only_job(command_line)
    assert (job["status"], job["n_runs"]) == ("ended", 1)
    assert job["name"].startswith("CLI Created Timer [")


def test_it_steers_a_timer_through_its_life(command_line: CommandLine) -> None:
    start = datetime.fromtimestamp(command_line.globus.clock() + 86_400, UTC)
    job_id = command_line.json(
        *("timer", "create", "transfer", f"{REFERENCE.id}:/data/", f"{SHARED.id}:/archive/"),
        *("--name", "Weekly", "--interval", "1w", "--start", f"{start:%Y-%m-%dT%H:%M:%S%z}"),
    )["job_id"]
    assert "Awaiting the next run" in command_line.run("timer", "show", job_id)
    assert f"Successfully paused job {job_id}." in command_line.run("timer", "pause", job_id)
    assert "Paused, awaiting user action" in command_line.run("timer", "show", job_id)
    assert f"Successfully resumed job {job_id}." in command_line.run("timer", "resume", job_id)
    assert "Weekly" in command_line.run("timer", "list")
    assert "7 days, 0:00:00" in command_line.run("timer", "delete", job_id)
    assert "NOT_FOUND" in command_line.run("timer", "show", job_id, code=1)


def test_it_is_told_which_interval_is_too_short(command_line: CommandLine) -> None:
    said = command_line.run(
        *("timer", "create", "transfer", f"{REFERENCE.id}:/data/", f"{SHARED.id}:/archive/"),
        *("--interval", "30s"),
        code=1,
    )
    assert "at least 60 seconds" in said


def test_it_says_which_consent_a_timer_lacks(command_line: CommandLine) -> None:
    command_line.run(
        *("timer", "create", "transfer", f"{BEAMLINE.id}:/data/run-001/", f"{SHARED.id}:/archive/x/"),
        *("--interval", "1h"),
    )
    command_line.globus.do(
        "revoke_consent",
        identity_id=COMMAND_LINE_CLIENT.client_id,
        scope=f"https://auth.globus.org/scopes/{BEAMLINE.id}/data_access",
    )
    command_line.globus.do("advance", seconds=2 * 3600)
    job = _only_job(command_line)
    said = command_line.run("timer", "resume", job["job_id"], code=4)
    assert (job["status"], job["inactive_reason"]["cause"]) == ("inactive", "globus_auth_requirements")
    assert "missing a necessary consent" in said
    assert f"*https://auth.globus.org/scopes/{BEAMLINE.id}/data_access" in said


def _only_job(command_line: CommandLine) -> Json:
    (job,) = json.loads(command_line.run("timer", "list", "--format", "json"))
    found: Json = job
    return found
