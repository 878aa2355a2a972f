"""Several bots on one PostgreSQL server: one dies and another goes on, and each command works beside them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from bot.sandbox.globus.collections import LAPTOP, SHARED
from bot.sandbox.slack.workspace import ADA, TEAM_ID
from tests.postgresql import PASSWORD, Server
from tests.replicas import Replicas, replicas
from tests.stories.stage import Json, words


@pytest.fixture
def several(tmp_path: Path, server: Server) -> Iterator[Replicas]:
    with replicas(tmp_path, server) as stage:
        yield stage


def holder(stage: Replicas) -> str:
    """Wait until a bot has the request in hand, and give its name."""

    def look() -> str | None:
        held = stage.ask("SELECT lease_owner FROM requests WHERE lease_owner IS NOT NULL")
        return str(held[0][0]) if held else None

    name: str = stage.wait(look, "the request to be worked on")
    return name


@pytest.mark.parametrize("method", ["GET /v0.10/operation/endpoint/{id}/ls", "POST /v2/timer"])
def test_another_bot_goes_on_with_what_a_dead_one_had_in_hand(several: Replicas, method: str) -> None:
    several.start_bot(GLOBUS_SDK_HTTP_TIMEOUT="60")
    several.link_account()
    several.globus_fault("hang", method=method, seconds=60)
    several.schedule(SHARED, LAPTOP)
    dead = holder(several)
    [number] = [number for number, bot in several.bots.items() if f"-{bot.pid}-" in dead]
    several.kill(number)

    [message] = several.announced()
    [timer] = several.timers()
    assert timer["job_id"] in words(message)
    assert several.globus_calls() <= 2


def test_each_command_works_beside_the_bots_and_no_password_is_shown(several: Replicas) -> None:
    several.start_bot()
    several.link_account()
    several.schedule(SHARED, LAPTOP)
    several.announced()

    checked = several.command("check").stdout
    assert "its schema is m0" in checked
    assert "bots running on it: 3" in checked
    assert "opens all" in checked
    assert "linked" in several.command("audit").stdout
    assert "were already" in several.command("keys", "rotate").stdout
    refused = several.command("backup", "copy.db")
    assert refused.returncode == 1
    assert "pg_dump" in refused.stdout
    assert "Forgotten: " in several.command("forget", TEAM_ID, ADA, "--yes").stdout
    for number in several.bots:
        ready: Json = requests.get(several.face(number) + "/readyz", timeout=10).json()
        assert ready["details"]["postgresql"]
        assert 'postgresql="' in requests.get(several.face(number) + "/metrics", timeout=10).text
    assert PASSWORD not in several.output + checked + refused.stdout


def test_a_form_can_be_sent_again_after_the_server_was_away(several: Replicas, server: Server) -> None:
    several.start_bot()
    several.link_account()
    server.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{several.name}'")  # noqa: S608 - our own name

    several.schedule(SHARED, LAPTOP)
    several.announced()
    assert len(several.timers()) == 1
