"""What a monitor is told over real wires: whether the bot is of use, and how its work stands."""

import re
import socket
import sqlite3
import time
from collections.abc import Callable
from typing import Any

import requests

from bot.sandbox.globus.collections import BEAMLINE, CAMPUS, LAPTOP, SHARED
from tests.stories.stage import Stage, free_port
from tests.stories.test_delivery import start_over_http


def start_with_health(stage: Stage, **settings: str) -> str:
    port = free_port()
    stage.start_bot(HEALTH_PORT=port, **settings)
    base = f"http://127.0.0.1:{port}"
    until(lambda: answers(base))
    return base


def until(look: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever was looked for
    for _ in range(400):
        found = look()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("it did not come about")


def answers(base: str) -> bool:
    try:
        return requests.get(f"{base}/healthz", timeout=5).ok
    except requests.ConnectionError:
        return False


def readiness(base: str) -> tuple[int, dict[str, Any]]:
    said = requests.get(f"{base}/readyz", timeout=10)
    return said.status_code, said.json()


def figures(base: str) -> dict[str, float]:
    """Give every figure of `/metrics` by its name with its labels."""
    text = requests.get(f"{base}/metrics", timeout=10).text
    rows = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in rows}


def test_in_socket_mode_a_monitor_is_told_of_the_connection(empty_stage: Stage) -> None:
    base = start_with_health(empty_stage)
    status, before = readiness(base)
    empty_stage.open_form()
    _, after = readiness(base)

    assert status == 200
    assert {name: before[name] for name in ("database", "workers", "slack")} == {
        "database": True,
        "workers": True,
        "slack": True,
    }
    assert before["details"]["mode"] == "Socket Mode"
    assert before["details"]["connected"] is True
    assert before["details"]["last_envelope_age_seconds"] is None
    assert after["details"]["last_envelope_age_seconds"] < 10
    assert after["details"]["last_round_age_seconds"] < 10
    assert after["details"]["oldest_unclear_age_seconds"] == 0
    assert set(after["details"]["oldest_overdue_age_seconds"]) >= {"requests", "watches", "mailboxes"}


def test_a_lost_connection_makes_it_unready_until_it_is_back(empty_stage: Stage) -> None:
    base = start_with_health(empty_stage)
    empty_stage.slack_fault("status", method="apps.connections.open", status=500, times=2)
    requests.post(f"{empty_stage.slack_url}/sandbox/disconnect", json={}, timeout=10).raise_for_status()

    lost = until(lambda: (found := readiness(base))[0] == 503 and found[1])
    assert lost["slack"] is False
    assert lost["database"] is True
    assert until(lambda: readiness(base)[0] == 200)


def test_health_asks_nobody(empty_stage: Stage) -> None:
    base = start_with_health(empty_stage)
    before = len(empty_stage.globus_traffic())
    calls = requests.get(f"{empty_stage.slack_url}/sandbox/traffic", timeout=10).json()["traffic"]

    for _ in range(5):
        readiness(base)
        figures(base)

    assert len(empty_stage.globus_traffic()) == before
    assert requests.get(f"{empty_stage.slack_url}/sandbox/traffic", timeout=10).json()["traffic"] == calls


def test_a_database_that_somebody_else_holds_makes_it_unready(empty_stage: Stage) -> None:
    base = start_with_health(empty_stage)
    holder = sqlite3.connect(empty_stage.folder / "transferbot.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")

    held = until(lambda: (found := readiness(base))[0] == 503 and found[1])
    holder.execute("ROLLBACK")
    holder.close()

    assert held["database"] is False
    assert requests.get(f"{base}/healthz", timeout=5).status_code == 200
    assert until(lambda: readiness(base)[0] == 200)


def test_what_waits_too_long_shows_its_age(empty_stage: Stage) -> None:
    base = start_with_health(empty_stage, UNCLEAR_LOOKS="300,600")
    empty_stage.link_account()
    empty_stage.globus_fault("drop_after")
    empty_stage.schedule(SHARED, LAPTOP)

    until(lambda: readiness(base)[1]["details"]["oldest_unclear_age_seconds"] > 0)
    assert figures(base)["transferbot_oldest_unclear_age_seconds"] > 0


def test_a_bot_over_http_is_ready_only_when_its_port_is_open(empty_stage: Stage) -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", int(port))):
        empty_stage.settings |= {"SLACK_APP_TOKEN": "", "PORT": port}
        taken = empty_stage.command("run")

    assert taken.returncode == 1
    assert not re.search(r"\] ready ", taken.stdout)
    assert f"127.0.0.1:{port} cannot be listened on: Address already in use" in taken.stdout
    assert "Traceback" not in taken.stdout


def test_a_monitor_counts_what_happens(empty_stage: Stage) -> None:
    base = start_over_http(empty_stage)
    empty_stage.schedule(BEAMLINE, CAMPUS)
    empty_stage.sign_in()
    empty_stage.announced()
    empty_stage.slack_fault("ratelimited", method="views.publish", retry_after=1)
    empty_stage.ada.open_home()
    requests.post(f"{base}/slack/events", data="payload=5", timeout=5)
    counted = figures(base)

    assert counted['transferbot_upstream_requests_total{class="2xx",service="globus timers"}'] >= 1
    assert counted['transferbot_upstream_requests_total{class="2xx",service="globus transfer"}'] >= 2
    assert counted['transferbot_upstream_requests_total{class="2xx",service="globus auth"}'] >= 1
    assert counted['transferbot_upstream_requests_total{class="2xx",service="slack"}'] >= 1
    assert counted["transferbot_slack_signature_failures_total"] == 1
    assert counted["transferbot_ack_seconds_count"] >= 3
    assert counted['transferbot_ack_seconds_bucket{le="3.0"}'] == counted["transferbot_ack_seconds_count"]
    assert counted['transferbot_sign_ins{state="done"}'] == 1
    assert counted['transferbot_timers{state="active"}'] == 1
    assert counted["transferbot_socket_connected"] == 1
    assert counted["transferbot_workers_claiming"] == 1
    assert counted["transferbot_news_waiting"] == 0
    assert counted["transferbot_db_bytes"] > 0
    [build] = [name for name in counted if name.startswith("transferbot_build_info")]
    assert re.search(r'schema="m\d+_\w+",sqlite="3\.\d+\.\d+",version="\d', build)


def test_a_service_that_asks_for_patience_is_seen(empty_stage: Stage) -> None:
    base = start_over_http(empty_stage)
    empty_stage.link_account()
    empty_stage.globus_fault("ratelimited", retry_after=2)
    empty_stage.schedule(SHARED, LAPTOP)
    empty_stage.announced()
    counted = figures(base)

    assert counted['transferbot_upstream_requests_total{class="429",service="globus timers"}'] == 1
    assert counted['transferbot_upstream_retry_after_seconds{service="globus timers"}'] == 2


def test_no_label_names_a_person_a_channel_or_a_timer(empty_stage: Stage) -> None:
    base = start_over_http(empty_stage)
    empty_stage.schedule(BEAMLINE, CAMPUS)
    empty_stage.sign_in()
    empty_stage.announced()
    [timer] = empty_stage.timers()
    labels = {name for figure in figures(base) for name in re.findall(r'(\w+)="', figure)}

    assert labels == {"class", "le", "queue", "schema", "service", "sqlite", "state", "version"}
    text = requests.get(f"{base}/metrics", timeout=10).text
    assert not any(name in text for name in ("U0ADA00001", "ada@", "C0LABDATA1", timer["job_id"]))
