"""The sandbox's Timers beside the answers that the SDK publishes: the same status, keys and JSON types.

Those for single timers are from 2022; what came since is described by https://timer.automate.globus.org/openapi.json.
"""

import pkgutil
from typing import Any

import pytest
from globus_sdk import GlobusHTTPResponse
from globus_sdk.testing import get_response_set
from globus_sdk.testing.data import timer as published

from bot.sandbox.globus.collections import BEAMLINE, LAPTOP, SHARED
from bot.sandbox.globus.identities import ADA
from bot.sandbox.globus.scopes import data_access_scope
from tests.sandbox.globus.pretend_globus import Sandbox, everything
from tests.sandbox.globus.published import Call, Case, found_differences

Json = dict[str, Any]

NEWER = "came after 2022, and is in the service's own description"
_JOB = {f"{name} is extra": NEWER for name in ("schedule", "timer_type", "activity")} | {
    f"callback_body.body.{name} is {how}": "the body is a transfer document now, not an action's input"
    for how, names in {
        "missing": ("source_endpoint_id", "destination_endpoint_id", "transfer_items"),
        "extra": (
            "DATA",
            "DATA_TYPE",
            "source_endpoint",
            "destination_endpoint",
            "delete_destination_extra",
            "encrypt_data",
            "fail_on_quota_errors",
            "notify_on_failed",
            "notify_on_inactive",
            "notify_on_succeeded",
            "preserve_timestamp",
            "store_base_path_info",
        ),
    }.items()
    for name in names
}
_RESULT = {
    f"results.data[].{name} is extra": NEWER
    for name in (
        "run_status",
        "start_timestamp",
        "end_timestamp",
        "last_check_timestamp",
        "next_check_timestamp",
        "resource_id",
        "http_status_submission",
        "http_status_polled",
    )
}
_UNFINISHED = {"results.data[].data.completion_time is null, not string": "an action at work has no end"}


_ENDED_TASK = {
    f"results.data[].data.details.{name} is null, not {kind}": "a task that is done has none"
    for name, kind in {
        "is_ok": "boolean",
        "nice_status": "string",
        "nice_status_expires_in": "number",
        "nice_status_short_description": "string",
    }.items()
}


def _document(**body: Any) -> Json:  # noqa: ANN401 - any JSON
    return {
        "timer_type": "transfer",
        "name": "Very Cool Timer",
        "schedule": {
            "type": "recurring",
            "interval_seconds": 604_800,
            "end": {"condition": "iterations", "count": 2},
        },
        "body": {
            "source_endpoint": LAPTOP.id,
            "destination_endpoint": SHARED.id,
            "DATA": [
                {"DATA_TYPE": "transfer_item", "source_path": "/home/notes.txt", "destination_path": "/a.txt"}
            ],
            **body,
        },
    }


def _with_run(act: str, **more: Any) -> Call:  # noqa: ANN401 - passed on
    """Do something with a timer whose first run is under way."""

    def call(globus: Sandbox) -> GlobusHTTPResponse:
        client = globus.timers(globus.sign_in(everything()))
        body = {
            "label": "example timer",
            "skip_source_errors": True,
            "sync_level": 3,
            "verify_checksum": True,
        }
        globus.do("hold")
        job_id = client.create_timer(_document(**body))["timer"]["job_id"]
        while not client.get_job(job_id)["n_runs"]:
            globus.do("advance", seconds=0)
        answer = getattr(client, act)(*([] if act == "list_jobs" else [job_id]), **more)
        assert isinstance(answer, GlobusHTTPResponse)
        return answer

    return call


def _created(globus: Sandbox) -> GlobusHTTPResponse:
    return globus.timers(globus.sign_in(everything())).create_timer(_document())


def _paused(globus: Sandbox) -> GlobusHTTPResponse:
    client = globus.timers(globus.sign_in(everything()))
    globus.do("hold")
    job_id = client.create_timer(_document(label="l", sync_level=3))["timer"]["job_id"]
    globus.do("advance", seconds=1)
    client.pause_job(job_id)
    return client.get_job(job_id)


def _without_consent(globus: Sandbox) -> GlobusHTTPResponse:
    client = globus.timers(globus.sign_in(everything(BEAMLINE.id)))
    document = _document(source_endpoint=BEAMLINE.id, label="l", sync_level=3)
    job_id = client.create_timer(document)["timer"]["job_id"]
    globus.do("advance", seconds=1)
    globus.do("revoke_consent", username=ADA.username, scope=data_access_scope(BEAMLINE.id))
    globus.do("advance", seconds=604_800)
    return globus.timers(globus.sign_in(everything())).get_job(job_id)


def _in_trouble(globus: Sandbox) -> GlobusHTTPResponse:
    client = globus.timers(globus.sign_in(everything()))
    globus.do("faults", method="GET /jobs/{id}", fault="error", status=500, error="ERROR")
    return client.get_job("7")


_JOB_WITH_RUN = _JOB | _RESULT | _UNFINISHED
CASES = (
    Case(
        "create_timer",
        _created,
        {"timer.activity is extra": "came in 2025, and is in the service's own description"},
    ),
    Case("get_job", _with_run("get_job"), _JOB_WITH_RUN),
    Case("get_job", _paused, _JOB_WITH_RUN, "inactive_user"),
    Case("get_job", _without_consent, _JOB | _RESULT | _ENDED_TASK, "inactive_gare"),
    Case("get_job", _in_trouble, {}, "simple_500_error"),
    Case(
        "list_jobs",
        _with_run("list_jobs"),
        {f"jobs[].{place}": reason for place, reason in _JOB_WITH_RUN.items()},
    ),
    Case("update_job", _with_run("update_job", data={"name": "updated name"}), _JOB_WITH_RUN),
    Case("pause_job", _with_run("pause_job")),
    Case("resume_job", _with_run("resume_job")),
    Case("delete_job", _with_run("delete_job"), _JOB_WITH_RUN),
)
LEFT_OUT = {
    "create_job": "the old way to make a timer; no transfer timers are made with it any more",
    "create_timer-flow_timer_success": "the bot makes transfer timers only",
}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_an_answer_has_the_published_shape(case: Case) -> None:
    assert found_differences("timer", case) == sorted(case.differing)


def test_each_published_answer_is_compared_or_left_out_for_a_reason() -> None:
    names = {module.name for module in pkgutil.iter_modules(published.__path__)} - {"_common"}
    there = {
        f"{name}-{case}"
        for name in names - LEFT_OUT.keys()
        for case in get_response_set(f"timer.{name}").cases()
    }
    assert {str(case) for case in CASES} == there - LEFT_OUT.keys()
