import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from globus_sdk import GlobusAPIError, TimersClient, TransferClient

from bot.sandbox.globus.collections import LAPTOP, SHARED
from bot.sandbox.globus.identities import ADA, GRACE
from bot.sandbox.globus.scopes import TIMERS_ID
from bot.sandbox.person import Browser
from tests.sandbox.globus.pretend_globus import Sandbox, everything, refusal_of, sandbox

Json = dict[str, Any]


def _timer(globus: Sandbox, client: TimersClient) -> str:
    start = datetime.fromtimestamp(globus.clock() + 60, UTC).isoformat()
    document = {
        "timer_type": "transfer",
        "name": "Hourly",
        "schedule": {"type": "recurring", "interval_seconds": 3600, "start": start},
        "body": {
            "source_endpoint": LAPTOP.id,
            "destination_endpoint": SHARED.id,
            "DATA": [{"source_path": "/data/run-001/", "destination_path": "/archive/copy/"}],
        },
    }
    return str(client.create_timer(document)["timer"]["job_id"])


def _run(globus: Sandbox, job_id: str) -> str:
    """Run a timer at once; gives the task, which is held."""
    globus.do("hold")
    globus.do("run_now", job_id=job_id)
    return str(globus.see("tasks")["tasks"][-1]["task_id"])


def _error(refused: GlobusAPIError) -> object:
    return (refused.raw_json or {}).get("error")


def _until(look: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not look():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_an_owner_steers_a_timer_in_the_web_app() -> None:
    with sandbox() as globus:
        client = globus.timers(globus.sign_in(everything()))
        job_id = _timer(globus, client)
        globus.do("web_app", job_id=job_id, act="pause")
        paused = client.get_job(job_id)
        globus.do("web_app", job_id=job_id, act="resume")
        globus.do("web_app", job_id=job_id, act="rename", name="Nightly")
        renamed = client.get_job(job_id)
        globus.do("web_app", job_id=job_id, act="delete")
        gone = refusal_of(lambda: client.get_job(job_id))
    assert (paused["status"], paused["inactive_reason"]["cause"]) == ("inactive", "user")
    assert (renamed["status"], renamed["name"]) == ("active", "Nightly")
    assert gone.http_status == 404


@pytest.mark.parametrize(
    ("job_id", "act", "error"),
    [
        ("", "sing", "invalid_arguments"),
        ("5a4dbe0f-0000-4000-8000-000000000000", "pause", "not_found"),
    ],
)
def test_an_owner_cannot_do_what_the_web_app_does_not_offer(job_id: str, act: str, error: str) -> None:
    with sandbox() as globus:
        known = _timer(globus, globus.timers(globus.sign_in(everything())))
        assert globus.refused("web_app", job_id=job_id or known, act=act)["error"] == error


def test_a_run_fails_when_its_source_was_removed() -> None:
    with sandbox() as globus:
        tokens = globus.sign_in(everything())
        job_id = _timer(globus, globus.timers(tokens))
        globus.do("remove_file", collection_id=LAPTOP.id, path="/data/run-001/")
        globus.do("advance", seconds=120)
        [task] = globus.transfer(tokens).task_list()
        run = globus.timers(tokens).get_job(job_id)["results"]["data"][0]
        again = globus.refused("remove_file", collection_id=LAPTOP.id, path="/data/run-001/")
    assert (task["status"], task["fatal_error"]["code"]) == ("FAILED", "FILE_NOT_FOUND")
    assert run["run_status"] == "FAILED"
    assert again["error"] == "not_found"


def test_a_task_can_be_made_to_fail() -> None:
    with sandbox() as globus:
        tokens = globus.sign_in(everything())
        task_id = _run(globus, _timer(globus, globus.timers(tokens)))
        globus.do("fail_task", task_id=task_id, code="QUOTA_EXCEEDED", details="The disk is full.")
        task = globus.transfer(tokens).get_task(task_id)
        again = globus.refused("fail_task", task_id=task_id)
    assert task["fatal_error"] == {"code": "QUOTA_EXCEEDED", "description": "The disk is full."}
    assert again["error"] == "not_possible"


@pytest.mark.parametrize(
    ("reason", "status", "is_paused"),
    [("EXPIRED_CREDS", "INACTIVE", False), ("PAUSED_BY_ADMIN", "ACTIVE", True)],
)
def test_a_task_stalls_until_it_is_let_go_on(reason: str, status: str, *, is_paused: bool) -> None:
    with sandbox() as globus:
        tokens = globus.sign_in(everything())
        client = globus.transfer(tokens)
        task_id = _run(globus, _timer(globus, globus.timers(tokens)))
        globus.do("stall_task", task_id=task_id, reason=reason)
        globus.do("hold", held=False)
        globus.do("advance", seconds=30)
        stalled = client.get_task(task_id)
        globus.do("stall_task", task_id=task_id, stalled=False)
        _until(lambda: _status(client, task_id) == "SUCCEEDED")
    assert (stalled["status"], stalled["is_paused"], stalled["nice_status"]) == (status, is_paused, reason)
    assert stalled["is_ok"] is False


def _status(client: TransferClient, task_id: str) -> str:
    return str(client.get_task(task_id)["status"])


def test_the_next_task_tells_what_it_is_made_to_tell() -> None:
    with sandbox() as globus:
        tokens = globus.sign_in(everything())
        _timer(globus, globus.timers(tokens))
        client = globus.transfer(tokens)
        globus.do("shape_task", bytes=6_000_000, faults=3, seconds=600)
        globus.do("advance", seconds=300)
        [before] = client.task_list()
        globus.do("advance", seconds=600)
        [after] = client.task_list()
    assert (before["status"], before["bytes_transferred"]) == ("ACTIVE", 0)
    assert (after["status"], after["bytes_transferred"], after["faults"]) == ("SUCCEEDED", 6_000_000, 3)
    assert after["effective_bytes_per_second"] == pytest.approx(10_000, rel=0.02)


def test_a_task_at_work_can_be_shaped_too() -> None:
    with sandbox() as globus:
        tokens = globus.sign_in(everything())
        task_id = _run(globus, _timer(globus, globus.timers(tokens)))
        globus.do("shape_task", task_id=task_id, bytes=5)
        globus.do("hold", held=False)
        globus.do("advance", seconds=1)
        task = globus.transfer(tokens).get_task(task_id)
    assert (task["status"], task["bytes_transferred"], task["faults"]) == ("SUCCEEDED", 5, 0)


def test_a_closed_account_has_no_tokens_and_cannot_sign_in() -> None:
    with sandbox() as globus:
        tokens = globus.sign_in(everything())
        theirs = globus.timers(globus.sign_in(everything(), GRACE))
        unused = globus.confidential()
        code = globus.code(unused)
        globus.do("close_identity", username=ADA.username)
        refused = refusal_of(globus.timers(tokens).list_jobs)
        refresh = tokens.by_resource_server[TIMERS_ID]["refresh_token"]
        renewed = refusal_of(lambda: globus.confidential().oauth2_refresh_token(refresh))
        exchanged = refusal_of(lambda: unused.oauth2_exchange_code_for_tokens(code))
        client = globus.confidential()
        client.oauth2_start_flow(
            requested_scopes="openid", redirect_uri="https://bot.example/globus/callback"
        )
        page = Browser().open(client.oauth2_get_authorize_url())
        form = page.hidden | {"identity": ADA.username, "decision": "allow"}
        turned_away = requests.post(page.action, data=form, timeout=10, allow_redirects=False)
        assert theirs.list_jobs()["jobs"] == []
    assert refused.http_status == 401
    assert _error(renewed) == _error(exchanged) == "invalid_grant"
    assert (turned_away.status_code, "closed" in turned_away.text) == (400, True)
