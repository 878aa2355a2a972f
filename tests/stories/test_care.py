"""What the bot keeps, cared for by whoever runs it: the audit trail, backups, and one person's data."""

import csv
import io
import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.globus.collections import LAPTOP, SHARED
from bot.sandbox.globus.identities import ADA as ADA_AT_GLOBUS
from tests.stories.stage import ADA, Stage, free_port, has, words
from tests.stories.test_delivery import start_over_http
from tests.stories.test_steering import details, press, reaches, scheduled

TEAM = "T0SANDBOX1"
DOCS = Path(__file__).parents[2] / "docs" / "running.md"


def trail(stage: Stage) -> list[dict[str, Any]]:
    said = stage.command("audit", "--format", "json").stdout
    return [json.loads(line) for line in said.splitlines()]


def mentions(stage: Stage, text: str) -> dict[str, int]:
    """Count the rows that hold a text anywhere, by table."""
    with closing(sqlite3.connect(stage.folder / "transferbot.db")) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found = {
            table: sum(
                any(text in str(value) for value in row)
                for row in database.execute(f"SELECT * FROM {table}")  # noqa: S608 - our own names
            )
            for table in tables
        }
    return {table: count for table, count in found.items() if count}


def test_the_trail_tells_who_did_what_to_which_timer(empty_stage: Stage) -> None:
    job_id = scheduled(empty_stage)
    press(empty_stage, "timer_pause")
    reaches(empty_stage, "inactive")
    press(empty_stage, "timer_resume")
    reaches(empty_stage, "active")
    details(empty_stage)
    empty_stage.ada.press("timer_rename")
    empty_stage.ada.fill("new_name", "Nightlier")
    empty_stage.ada.submit()
    empty_stage.wait(lambda: "renamed" in [one["act"] for one in trail(empty_stage)], "the new name")
    empty_stage.ada.press("timer_delete")
    empty_stage.wait(lambda: "deleted" in [one["act"] for one in trail(empty_stage)], "the timer to go")

    told = trail(empty_stage)
    assert [one["act"] for one in told] == ["linked", "created", "paused", "resumed", "renamed", "deleted"]
    assert {one["user_id"] for one in told} == {ADA}
    assert {one["team_id"] for one in told} == {TEAM}
    assert [one["subject"] for one in told] == ["", *[job_id] * 5]
    assert [one["at"] for one in told] == sorted(one["at"] for one in told)


def test_the_trail_is_exported_for_a_spreadsheet_from_a_day_on(empty_stage: Stage) -> None:
    empty_stage.start_bot()
    empty_stage.link_account()
    [row] = csv.DictReader(io.StringIO(empty_stage.command("audit", "--format", "csv").stdout))

    assert row["act"] == "linked"
    assert row["detail"] == ADA_AT_GLOBUS.id
    assert empty_stage.command("audit", "--since", "2999-01-01").stdout.strip() == ",".join(row)


def test_the_trail_in_a_backup_is_read_with_sqlite_utils(empty_stage: Stage) -> None:
    empty_stage.start_bot()
    empty_stage.link_account()
    empty_stage.run_command("backup", "copy.db")
    words_of_the_docs = ["rows", "copy.db", "audit", "--where", "act = 'linked'", "--table"]
    assert "sqlite-utils rows copy.db audit --where" in DOCS.read_text()
    said = subprocess.run(
        [sys.executable, "-m", "sqlite_utils", *words_of_the_docs],
        cwd=empty_stage.folder,
        capture_output=True,
        text=True,
        check=True,
    )

    assert ADA in said.stdout


def test_rotating_the_keys_and_disconnecting_are_told_of(empty_stage: Stage) -> None:
    empty_stage.start_bot()
    empty_stage.link_account()
    empty_stage.run_command("keys", "rotate")
    empty_stage.ada.command("disconnect", channel_id="C0LABDATA1")
    empty_stage.shown("I forget")
    empty_stage.ada.submit()
    empty_stage.told("is disconnected")

    assert [one["act"] for one in trail(empty_stage)] == ["linked", "key rotated", "unlinked"]


@pytest.mark.parametrize("is_running", [True, False])
def test_a_person_is_forgotten_beside_the_bot_or_while_it_rests(
    empty_stage: Stage, *, is_running: bool
) -> None:
    stage = empty_stage
    job_id = scheduled(stage)
    press(stage, "timer_pause")
    reaches(stage, "inactive")
    stage.wait(lambda: has(stage.announcements()[0], "timer_resume"), "the announcement to follow")
    tokens = stage.live_tokens(ADA_AT_GLOBUS.username)
    assert tokens
    if not is_running:
        stage.stop_bot()
    said = stage.command("forget", TEAM, ADA, "--yes").stdout
    if not is_running:
        stage.start_bot()
    stage.wait(lambda: not stage.live_tokens(ADA_AT_GLOBUS.username), "the tokens to be revoked")
    stage.wait(lambda: "partings" not in mentions(stage, ADA), "the parting to end")

    assert "1 accounts" in said
    assert "1 requests" in said
    assert "1 timers" in said
    assert "their sealed tokens, which the running bot revokes" in said
    assert "their timers at Globus" in said
    assert set(mentions(stage, ADA)) == {"audit"}
    assert set(mentions(stage, job_id)) == {"audit"}
    assert mentions(stage, ADA_AT_GLOBUS.username) == {}
    assert [one["act"] for one in trail(stage)][-2:] == ["unlinked", "forgotten"]
    assert [timer["job_id"] for timer in stage.timers()] == [job_id]


def test_a_person_can_be_taken_out_of_the_trail_too(empty_stage: Stage) -> None:
    scheduled(empty_stage)
    said = empty_stage.command("forget", TEAM, ADA, "--audit", "--yes").stdout
    empty_stage.wait(lambda: not mentions(empty_stage, ADA), "nothing to be left")
    told = trail(empty_stage)

    assert "under a random name" in said
    assert [one["act"] for one in told] == ["linked", "created", "unlinked", "forgotten"]
    assert len({one["user_id"] for one in told}) == 1
    assert mentions(empty_stage, ADA_AT_GLOBUS.id) == {}


def test_whoever_was_forgotten_can_begin_anew(empty_stage: Stage) -> None:
    scheduled(empty_stage)
    empty_stage.command("forget", TEAM, ADA, "--yes")
    empty_stage.wait(lambda: not empty_stage.live_tokens(ADA_AT_GLOBUS.username), "the tokens to go")
    empty_stage.schedule(SHARED, LAPTOP, name="Again")
    empty_stage.sign_in()

    empty_stage.announced(2)
    assert len(empty_stage.timers()) == 2


def test_without_a_yes_nobody_is_forgotten(empty_stage: Stage) -> None:
    empty_stage.start_bot()
    empty_stage.link_account()
    done = empty_stage.command("forget", TEAM, ADA)

    assert done.returncode == 1
    assert "accounts" in mentions(empty_stage, ADA)


def test_a_backup_is_verified_and_restored_and_the_bot_goes_on_from_it(empty_stage: Stage) -> None:
    stage = empty_stage
    job_id = scheduled(stage)
    stage.run_command("backup", "copy.db")
    verified = stage.command("restore", "copy.db", "--verify")
    assert verified.returncode == 0
    assert "1 timers" in verified.stdout
    assert "sealed values open with these keys" in verified.stdout

    stage.command("forget", TEAM, ADA, "--yes")
    refused = stage.command("restore", "copy.db")
    assert refused.returncode == 1
    assert "Stop it first." in refused.stdout

    stage.stop_bot()
    restored = stage.command("restore", "copy.db")
    assert restored.returncode == 0
    assert "What was there is transferbot.db.before-" in restored.stdout
    stage.start_bot()
    assert "timers" in mentions(stage, job_id)
    stage.ada.open_home()
    stage.wait(lambda: "Nightly" in words(stage.ada.home()), "the Home tab to show the timer again")


def test_a_bot_that_runs_is_asked_how_it_is_from_the_command_line(empty_stage: Stage) -> None:
    start_over_http(empty_stage)
    alive, ready = empty_stage.command("health", "--alive"), empty_stage.command("health")
    empty_stage.stop_bot()
    gone = empty_stage.command("health")

    assert (alive.returncode, json.loads(alive.stdout)) == (0, {"alive": True})
    assert ready.returncode == 0
    assert json.loads(ready.stdout)["database"] is True
    assert gone.returncode == 1
    assert "No transferbot answers" in gone.stdout


def test_in_socket_mode_it_tells_how_it_is_where_it_is_told_to(empty_stage: Stage) -> None:
    empty_stage.start_bot()
    silent = empty_stage.command("health")
    empty_stage.stop_bot()
    empty_stage.start_bot(HEALTH_PORT=free_port())
    empty_stage.wait(lambda: empty_stage.command("health").returncode == 0, "it to be well")

    assert silent.returncode == 1
    assert "Set HEALTH_PORT" in silent.stdout
