from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from globus_sdk import TimersClient
from globus_sdk.gare import to_gare

from bot.sandbox.globus.collections import BEAMLINE, CAMPUS, LAPTOP, PATIENTS, REFERENCE, SHARED, Collection
from bot.sandbox.globus.identities import ADA, CONFIDENTIAL_CLIENT
from bot.sandbox.globus.scopes import TIMERS_SCOPE, TRANSFER_SCOPE, data_access_scope
from tests.sandbox.globus.on_disk import on_disk
from tests.sandbox.globus.pretend_globus import Sandbox, everything, refusal_of, sandbox

Json = dict[str, Any]
HOUR = 3600


def _client(globus: Sandbox, *collections: str, **more: Any) -> TimersClient:  # noqa: ANN401 - passed on
    return globus.timers(globus.sign_in(everything(*collections), **more))


def _in(globus: Sandbox, seconds: float) -> str:
    return datetime.fromtimestamp(globus.clock() + seconds, UTC).isoformat()


def _hourly(globus: Sandbox, **more: Any) -> Json:  # noqa: ANN401 - any JSON
    return {"type": "recurring", "interval_seconds": HOUR, "start": _in(globus, 60), **more}


def _create(
    client: TimersClient,
    schedule: Json,
    *,
    source: Collection = LAPTOP,
    destination: Collection = SHARED,
    **body: Any,  # noqa: ANN401 - any JSON
) -> str:
    document = {
        "timer_type": "transfer",
        "name": "Hourly",
        "schedule": schedule,
        "body": {
            "source_endpoint": source.id,
            "destination_endpoint": destination.id,
            "DATA": [{"source_path": "/data/run-001/", "destination_path": "/archive/copy/"}],
            **body,
        },
    }
    return str(client.create_timer(document)["timer"]["job_id"])


def _job(client: TimersClient, job_id: str) -> Json:
    job: Json = client.get_job(job_id).data
    return job


def test_a_timer_runs_at_each_of_its_ticks_and_really_copies() -> None:
    with sandbox() as globus:
        client = _client(globus)
        job_id = _create(client, _hourly(globus))
        globus.do("advance", seconds=60 + 2 * HOUR)
        job = _job(client, job_id)
        tasks = [one["task_id"] for one in globus.see("tasks")["tasks"]]
        assert (on_disk(globus, SHARED) / "archive/copy/run.log").exists()
    results = job["results"]["data"]
    ticks = [datetime.fromisoformat(one["ran_at"]) for one in reversed(results)]
    assert (job["n_runs"], job["n_errors"], job["status"]) == (3, 0, "active")
    assert [(tick - ticks[0]).total_seconds() for tick in ticks] == [0, HOUR, 2 * HOUR]
    assert [one["resource_id"] for one in reversed(results)] == tasks
    assert [one["data"]["details"]["task_id"] for one in reversed(results)] == tasks
    assert results[0]["data"]["details"]["label"] == "Hourly, run 3"
    assert {one["run_status"] for one in results} == {"SUCCEEDED"}
    assert job["activity"] == {"code": "awaiting_next_run", "next_run": job["next_run"]}


def test_runs_come_in_pages() -> None:
    with sandbox() as globus:
        client = _client(globus)
        job_id = _create(client, _hourly(globus, end={"condition": "iterations", "count": 3}), label="Copy")
        globus.do("advance", seconds=9 * HOUR)
        first = client.get_job(job_id, query_params={"page_size": 2})["results"]
        rest = client.get_job(job_id, query_params={"page_size": 2, "results_pt": first["page_next"]})[
            "results"
        ]
        listed = client.list_jobs(query_params={"result_count": 1})["jobs"][0]["results"]["data"]
    labels = [one["data"]["details"]["label"] for one in (*first["data"], *rest["data"])]
    assert labels == ["Copy, run 3", "Copy, run 2", "Copy, run 1"]
    assert rest["page_next"] is None
    assert len(listed) == 1


@pytest.mark.parametrize(
    ("end", "runs"),
    [({"condition": "iterations", "count": 3}, 3), ({"condition": "time"}, 2), (None, 6)],
    ids=["count", "time", "never"],
)
def test_a_timer_ends_as_it_was_told(end: Json | None, runs: int) -> None:
    with sandbox() as globus:
        schedule = _hourly(globus)
        if end:
            last = datetime.fromisoformat(schedule["start"]) + timedelta(hours=1)
            schedule["end"] = end | ({"datetime": last.isoformat()} if end["condition"] == "time" else {})
        client = _client(globus)
        job_id = _create(client, schedule)
        globus.do("advance", seconds=60 + 5 * HOUR)
        job = _job(client, job_id)
        ended = client.list_jobs(query_params={"filter_status": "ended"})["jobs"]
    assert job["n_runs"] == runs
    if end:
        assert (job["status"], job["next_run"], job["activity"]) == ("ended", None, None)
        assert [one["job_id"] for one in ended] == [job_id]
    else:
        assert (job["status"], ended) == ("active", [])


@pytest.mark.parametrize("in_seconds", [None, 90])
def test_a_timer_that_is_due_once_runs_once(in_seconds: int | None) -> None:
    with sandbox() as globus:
        client = _client(globus)
        when = {} if in_seconds is None else {"datetime": _in(globus, in_seconds)}
        job_id = _create(client, {"type": "once", **when})
        globus.do("advance", seconds=HOUR)
        job = _job(client, job_id)
    assert (job["status"], job["n_runs"], job["interval"]) == ("ended", 1, None)
    assert job["stop_after"] == {"date": None, "n_runs": 1}


def test_an_ended_timer_can_neither_rest_nor_go_on() -> None:
    with sandbox() as globus:
        client = _client(globus)
        job_id = _create(client, {"type": "once"})
        globus.do("advance", seconds=1)
        errors = [
            refusal_of(lambda: client.pause_job(job_id)).http_status,
            refusal_of(lambda: client.resume_job(job_id)).http_status,
        ]
    assert errors == [409, 409]


def test_a_run_can_be_seen_at_work_and_ticks_meanwhile_do_not_count() -> None:
    with sandbox() as globus:
        client = _client(globus)
        job_id = _create(client, _hourly(globus, end={"condition": "iterations", "count": 3}))
        globus.do("hold")
        globus.do("advance", seconds=60 + 2 * HOUR)
        working = _job(client, job_id)
        globus.do("hold", held=False)
        globus.do("advance", seconds=2 * HOUR)
        done = _job(client, job_id)
    assert (working["n_runs"], working["status"]) == (1, "active")
    assert working["activity"]["code"] == "run_in_progress"
    assert working["activity"]["duration_seconds"] >= 2 * HOUR
    assert working["results"]["data"][0]["end_timestamp"] is None
    assert (done["n_runs"], done["status"]) == (3, "ended")


def test_a_timer_needs_data_access_below_transfer_below_timers_when_it_runs() -> None:
    scopes = f"openid {TRANSFER_SCOPE}[*{data_access_scope(BEAMLINE.id)}] {TIMERS_SCOPE}[{TRANSFER_SCOPE}]"
    with sandbox() as globus:
        client = globus.timers(globus.sign_in(scopes))
        job_id = _create(client, _hourly(globus), source=BEAMLINE, destination=CAMPUS)
        globus.do("advance", seconds=60)
        job = _job(client, job_id)
        assert globus.see("tasks")["tasks"] == []
    assert (job["status"], job["n_runs"], job["n_errors"]) == ("inactive", 0, 1)
    assert job["activity"] == {"code": "paused", "reason": "globus_auth_requirements"}
    assert job["inactive_reason"]["cause"] == "globus_auth_requirements"
    asked = to_gare(job["inactive_reason"]["detail"])
    assert asked
    assert asked.authorization_parameters.required_scopes == [
        f"{TIMERS_SCOPE}[{TRANSFER_SCOPE}[*{data_access_scope(BEAMLINE.id)} *{data_access_scope(CAMPUS.id)}]]"
    ]


@pytest.mark.parametrize("update", [None, True, False])
def test_a_timer_goes_on_once_its_consent_is_there(update: bool | None) -> None:  # noqa: FBT001 - a case
    with sandbox() as globus:
        client = _client(globus, BEAMLINE.id, decline=[BEAMLINE.id])
        job_id = _create(client, _hourly(globus), source=BEAMLINE)
        globus.do("advance", seconds=60)
        client.resume_job(job_id, update_credentials=update)
        still = _job(client, job_id)
        _client(globus, BEAMLINE.id)
        client.resume_job(job_id, update_credentials=update)
        globus.do("advance", seconds=1)
        job = _job(client, job_id)
    assert (still["status"], still["n_runs"]) == ("inactive", 0)
    assert (job["status"], job["n_runs"], job["inactive_reason"]) == ("active", 1, None)
    due = datetime.fromisoformat(job["next_run"]) - datetime.fromisoformat(job["start"])
    assert due.total_seconds() == HOUR


def test_a_revoked_consent_stops_a_timer() -> None:
    with sandbox() as globus:
        client = _client(globus, BEAMLINE.id)
        job_id = _create(client, _hourly(globus), source=BEAMLINE)
        globus.do("advance", seconds=60)
        gone = globus.do("revoke_consent", username=ADA.username, scope=data_access_scope(BEAMLINE.id))
        left = globus.see("consents", username=ADA.username)["consents"]
        globus.do("advance", seconds=HOUR)
        job = _job(client, job_id)
    assert gone["revoked"] == 2
    assert {one["scope_name"] for one in left} >= {TIMERS_SCOPE, TRANSFER_SCOPE}
    assert not [one for one in left if "data_access" in one["scope_name"]]
    assert (job["status"], job["n_runs"], job["n_errors"]) == ("inactive", 1, 1)


def test_a_consent_is_revoked_from_the_app_that_is_named() -> None:
    with sandbox() as globus:
        globus.sign_in(everything(BEAMLINE.id))
        consent = {"identity_id": ADA.id, "scope": data_access_scope(BEAMLINE.id)}
        other = globus.do("revoke_consent", client_id="c11c11c0-5a4d-4b0f-8b07-000000000003", **consent)
        own = globus.do("revoke_consent", client_id=CONFIDENTIAL_CLIENT.client_id, **consent)
        globus.refused("revoke_consent", username="nobody@sandbox-lab.example", scope=TIMERS_SCOPE)
    assert (other["revoked"], own["revoked"]) == (0, 2)


def test_a_paused_timer_rests_and_makes_up_for_one_run_when_it_goes_on() -> None:
    with sandbox() as globus:
        client = _client(globus)
        job_id = _create(client, _hourly(globus))
        message = client.pause_job(job_id)["message"]
        client.pause_job(job_id)
        globus.do("advance", seconds=60 + 4 * HOUR)
        paused = _job(client, job_id)
        client.resume_job(job_id)
        globus.do("advance", seconds=1)
        resumed = _job(client, job_id)
    assert message == f"Successfully paused job {job_id}."
    assert (paused["status"], paused["n_runs"]) == ("inactive", 0)
    assert paused["inactive_reason"] == {"cause": "user", "detail": None}
    assert paused["activity"] == {"code": "paused", "reason": "user"}
    assert (resumed["status"], resumed["n_runs"], resumed["inactive_reason"]) == ("active", 1, None)
    due = datetime.fromisoformat(resumed["next_run"]) - datetime.fromisoformat(resumed["start"])
    assert due.total_seconds() == 5 * HOUR


def test_a_timer_that_missed_nothing_waits_for_its_next_tick() -> None:
    with sandbox() as globus:
        client = _client(globus)
        job_id = _create(client, _hourly(globus))
        client.pause_job(job_id)
        client.resume_job(job_id)
        globus.do("advance", seconds=30)
        assert _job(client, job_id)["n_runs"] == 0
        globus.do("advance", seconds=30)
        assert _job(client, job_id)["n_runs"] == 1


def test_nothing_is_made_up_for_after_the_end() -> None:
    with sandbox() as globus:
        client = _client(globus)
        end = {"condition": "time", "datetime": _in(globus, 2 * HOUR)}
        job_id = _create(client, _hourly(globus, end=end))
        client.pause_job(job_id)
        globus.do("advance", seconds=3 * HOUR)
        client.resume_job(job_id)
        globus.do("advance", seconds=1)
        job = _job(client, job_id)
    assert (job["status"], job["n_runs"]) == ("ended", 0)


def test_credentials_may_be_renewed_by_body_or_by_query() -> None:
    def story(client: TimersClient, job_id: str, **call: Any) -> str:  # noqa: ANN401 - passed on
        client.pause_job(job_id)
        client.post(f"/jobs/{job_id}/resume", **call)
        return str(_job(client, job_id)["status"])

    with sandbox() as globus:
        first = _client(globus, BEAMLINE.id)
        other = globus.timers(globus.sign_in(everything(), client=globus.native()))
        job_id = _create(first, _hourly(globus), source=BEAMLINE)
        assert story(other, job_id, data={"update_credentials": False}) == "active"
        assert story(other, job_id, data={"update_credentials": True}) == "inactive"
        assert story(first, job_id, data={"update_credentials": True}) == "active"
        assert story(other, job_id, query_params={"update_credentials": "true"}) == "inactive"


def test_a_run_that_fails_to_copy_is_no_error_of_the_timer() -> None:
    with sandbox() as globus:
        client = _client(globus)
        job_id = _create(client, _hourly(globus), destination=REFERENCE)
        globus.do("advance", seconds=60)
        job = _job(client, job_id)
    result = job["results"]["data"][0]
    assert (job["status"], job["n_runs"], job["n_errors"]) == ("active", 1, 0)
    assert (result["run_status"], result["data"]["details"]["fatal_error"]["code"]) == (
        "FAILED",
        "PERMISSION_DENIED",
    )


def test_a_run_that_transfer_refuses_is_an_error_of_the_timer() -> None:
    with sandbox() as globus:
        tokens = globus.confidential().oauth2_client_credentials_tokens(f"{TIMERS_SCOPE}[{TRANSFER_SCOPE}]")
        client = globus.timers(tokens)
        job_id = _create(client, _hourly(globus), source=PATIENTS)
        globus.do("advance", seconds=60 + HOUR)
        job = _job(client, job_id)
    assert (job["status"], job["n_runs"], job["n_errors"]) == ("active", 0, 2)
    assert job["results"]["data"][0]["errors"][0]["code"] == "EndpointPermissionDenied"
    assert job["results"]["data"][0]["data"] is None


def test_a_deleted_timer_runs_no_more() -> None:
    with sandbox() as globus:
        client = _client(globus)
        client.delete_job(_create(client, _hourly(globus)))
        globus.do("advance", seconds=2 * HOUR)
        assert globus.see("tasks")["tasks"] == []


def test_a_timer_can_be_run_at_once() -> None:
    with sandbox() as globus:
        client = _client(globus)
        job_id = _create(client, _hourly(globus))
        running = globus.do("run_now", job_id=job_id)["timer"]
        globus.do("advance", seconds=1)
        job = _job(client, job_id)
        client.pause_job(job_id)
        paused = globus.refused("run_now", job_id=job_id)
        missing = globus.refused("run_now", job_id="7")
    assert (running["activity"]["code"], running["n_runs"]) == ("run_in_progress", 1)
    assert (job["activity"]["code"], job["n_runs"]) == ("awaiting_next_run", 1)
    assert (paused["error"], missing["error"]) == ("not_possible", "not_found")


def test_timers_run_by_themselves_while_time_goes_by() -> None:
    with sandbox() as globus:
        client = _client(globus)
        job_id = _create(client, {"type": "once"})
        number = 0
        while _job(client, job_id)["status"] != "ended":
            number = globus.see("wait", after=number, seconds=5)["number"]
        assert (on_disk(globus, SHARED) / "archive/copy/run.log").exists()


def test_time_does_not_run_backwards() -> None:
    with sandbox() as globus:
        before = globus.clock()
        globus.refused("advance", seconds=-1)
        globus.refused("advance", seconds="soon")
        after = globus.do("advance", seconds=HOUR)["now"]
    assert after >= before + HOUR


def test_all_tokens_of_a_person_can_die() -> None:
    with sandbox() as globus:
        tokens = globus.sign_in(everything())
        gone = globus.do("revoke_tokens", username=ADA.username)
        refused = refusal_of(lambda: globus.timers(tokens).list_jobs())
    assert (gone["revoked"] >= 6, refused.http_status) == (True, 401)


def test_faults_happen_to_calls_and_the_log_tells_of_them() -> None:
    with sandbox() as globus:
        client = _client(globus)
        globus.do("faults", method="POST /v2/timer", fault="status_after", status=504)
        globus.do("faults", method="GET /jobs/{id}", fault="error", status=500, error="ERROR")
        lost = refusal_of(lambda: _create(client, _hourly(globus)))
        job_id = client.list_jobs()["jobs"][0]["job_id"]
        error = refusal_of(lambda: client.get_job(job_id))
        client.get_job(job_id)
        globus.do("faults", method="*", fault="status", times=9)
        globus.act("DELETE", "faults")
        client.list_jobs()
        log = [(one["method"], one["status"]) for one in globus.see("traffic", after=0)["traffic"]]
    assert (lost.http_status, lost.raw_json) == (504, None)
    assert (error.http_status, error.code) == (500, "ERROR")
    assert log[-5:] == [
        ("POST /v2/timer", 504),
        ("GET /jobs/", 200),
        ("GET /jobs/{id}", 500),
        ("GET /jobs/{id}", 200),
        ("GET /jobs/", 200),
    ]


@pytest.mark.parametrize(
    ("lever", "body"),
    [
        ("revoke_consent", {"username": ADA.username}),
        ("revoke_tokens", {"identity_id": "7"}),
        ("advance", {}),
        ("faults", {"fault": "earthquake"}),
        ("write_file", {"collection_id": LAPTOP.id}),
        ("write_file", {"collection_id": "7", "path": "/a"}),
    ],
)
def test_a_lever_says_what_is_wrong(lever: str, body: Json) -> None:
    with sandbox() as globus:
        assert globus.refused(lever, **body)["error"] in {"invalid_arguments", "not_found"}
