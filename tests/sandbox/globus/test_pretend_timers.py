from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from globus_sdk import TimersAPIError, TimersClient, TransferClient

from bot.sandbox.globus.collections import LAPTOP, SHARED
from bot.sandbox.globus.identities import GRACE
from bot.sandbox.globus.scopes import TIMERS_SCOPE
from tests.sandbox.globus.pretend_globus import Sandbox, everything, refusal_of, sandbox

Json = dict[str, Any]
DAY = 86_400


def _client(globus: Sandbox) -> TimersClient:
    return globus.timers(globus.sign_in(everything()))


def _in(globus: Sandbox, seconds: float) -> str:
    return datetime.fromtimestamp(globus.clock() + seconds, UTC).isoformat()


def _document(name: str = "Nightly", *, schedule: Json | None = None, **body: Any) -> Json:  # noqa: ANN401 - any JSON
    return {
        "timer_type": "transfer",
        "name": name,
        "schedule": schedule or {"type": "recurring", "interval_seconds": DAY},
        "body": {
            "source_endpoint": LAPTOP.id,
            "destination_endpoint": SHARED.id,
            "DATA": [{"source_path": "/data/", "destination_path": "/archive/"}],
            **body,
        },
    }


def _create(client: TimersClient, document: Json) -> Json:
    timer: Json = client.create_timer(document)["timer"]
    return timer


def _problems(client: TimersClient, document: Json) -> dict[str, str]:
    """Give what is wrong with a document, by its place."""
    refused = refusal_of(lambda: client.create_timer(document))
    assert isinstance(refused, TimersAPIError)
    assert refused.http_status == 422
    assert refused.raw_json
    return {".".join(map(str, one["loc"])): one["msg"] for one in refused.raw_json["detail"]}


def test_a_new_timer_is_told_in_one_spelling_and_ever_after_in_another() -> None:
    with sandbox() as globus:
        client = _client(globus)
        answer = client.create_timer(
            _document(schedule={"type": "recurring", "interval_seconds": DAY, "start": _in(globus, 3600)})
        )
        timer = answer["timer"]
        job = client.get_job(timer["job_id"])
    assert answer.http_status == 201
    assert (timer["status"], timer["number_of_runs"], timer["number_of_errors"]) == ("new", 0, 0)
    assert timer["activity"] == {"code": "awaiting_next_run", "next_run": timer["next_run"]}
    assert timer["body"]["verify_checksum"] is False
    assert (job["status"], job["n_runs"], job["n_errors"], job["interval"]) == ("active", 0, 0, float(DAY))
    assert job["callback_body"] == {"body": timer["body"]}
    assert job["start"] == job["next_run"] == timer["next_run"] == timer["schedule"]["start"]
    assert (job["stop_after"], job["results"]) == (None, {"data": [], "page_next": None})


@pytest.mark.parametrize(
    ("end", "written", "stop_after"),
    [
        ({"condition": "iterations", "count": 3}, {"count": 3}, {"date": None, "n_runs": 3}),
        (
            {"condition": "time", "datetime": "2199-01-01T02:00:00.75+02:00"},
            {"datetime": "2199-01-01T00:00:00+00:00"},
            {"date": "2199-01-01T00:00:00+00:00", "n_runs": None},
        ),
    ],
)
def test_an_end_is_answered_without_its_condition(end: Json, written: Json, stop_after: Json) -> None:
    with sandbox() as globus:
        client = _client(globus)
        timer = _create(
            client, _document(schedule={"type": "recurring", "interval_seconds": DAY, "end": end})
        )
        job = client.get_job(timer["job_id"])
    assert timer["schedule"]["end"] == job["schedule"]["end"] == written
    assert job["stop_after"] == stop_after


@pytest.mark.parametrize("offset", ["Z", "+00:00", ".999999+00:00"])
def test_moments_are_kept_in_whole_seconds(offset: str) -> None:
    with sandbox() as globus:
        start = datetime.fromtimestamp(globus.clock(), UTC) + timedelta(hours=1)
        text = f"{start:%Y-%m-%dT%H:%M:%S}"
        timer = _create(_client(globus), _document(schedule={"type": "once", "datetime": f"{text}{offset}"}))
    assert timer["schedule"] == {"type": "once", "datetime": f"{text}+00:00"}


@pytest.mark.parametrize(
    ("place", "change", "says"),
    [
        ("timer_type", {"timer_type": "flow"}, "'transfer' only"),
        ("colour", {"colour": "red"}, "extra fields"),
        ("name", {"name": 7}, "str type"),
        ("schedule", {"schedule": None}, "required"),
        ("schedule.type", {"schedule": {"type": "cron"}}, "'once' or 'recurring'"),
        ("schedule.interval_seconds", {"schedule": {"type": "once", "interval_seconds": 60}}, "extra fields"),
        ("schedule.interval_seconds", {"schedule": {"type": "recurring"}}, "required"),
        ("body", {"body": None}, "required"),
    ],
)
def test_a_document_of_the_wrong_shape_is_refused_with_its_place(place: str, change: Json, says: str) -> None:
    with sandbox() as globus:
        problems = _problems(_client(globus), _document() | change)
    assert list(problems) == [f"body.timer.{place}"]
    assert says in problems[f"body.timer.{place}"]


@pytest.mark.parametrize(
    ("place", "change", "says"),
    [
        ("interval_seconds", {"interval_seconds": 59}, "60 seconds"),
        ("interval_seconds", {"interval_seconds": 366 * DAY}, "365 days"),
        ("interval_seconds", {"interval_seconds": 90.5}, "whole"),
        ("interval_seconds", {"interval_seconds": True}, "whole"),
        ("start", {"start": "2031-01-01T00:00:00"}, "offset"),
        ("start", {"start": "tomorrow"}, "datetime"),
        ("start", {"start": "2199-01-01T00:00:00Z"}, "within one year"),
        ("start", {"start": "2001-01-01T00:00:00Z"}, "close to now"),
        ("end.condition", {"end": {"count": 3}}, "'iterations' or 'time'"),
        ("end.count", {"end": {"condition": "iterations", "count": 0}}, "1 or more"),
        ("end.datetime", {"end": {"condition": "time"}}, "required"),
        (
            "end.datetime",
            {"end": {"condition": "time", "datetime": "2001-01-01T00:00:00Z"}},
            "before the start",
        ),
    ],
)
def test_a_schedule_has_limits_that_its_refusal_names(place: str, change: Json, says: str) -> None:
    schedule = {"type": "recurring", "interval_seconds": DAY, **change}
    with sandbox() as globus:
        problems = _problems(_client(globus), _document(schedule=schedule))
    assert list(problems) == [f"body.timer.schedule.{place}"]
    assert says in problems[f"body.timer.schedule.{place}"]


def test_what_starts_now_by_a_bots_clock_starts_now_where_hours_were_let_pass() -> None:
    with sandbox() as globus:
        client, now_for_the_bot = _client(globus), _in(globus, 0)
        schedule = {"type": "recurring", "interval_seconds": DAY, "start": now_for_the_bot}
        globus.clock.advance(3 * 3600)
        timer = _create(client, _document(schedule=schedule))

    start = datetime.fromisoformat(timer["schedule"]["start"])
    assert timer["next_run"] == timer["schedule"]["start"]
    assert timedelta(hours=3) - timedelta(seconds=1) <= start - datetime.fromisoformat(now_for_the_bot)


def test_the_end_that_documentation_of_the_sdk_shows_is_refused() -> None:
    schedule = {
        "type": "recurring",
        "interval_seconds": DAY,
        "end": {"condition": "iterations", "iterations": 3},
    }
    with sandbox() as globus:
        problems = _problems(_client(globus), _document(schedule=schedule))
    assert problems == {
        "body.timer.schedule.end.iterations": "extra fields not permitted",
        "body.timer.schedule.end.count": "field required",
    }


@pytest.mark.parametrize(
    ("place", "change"),
    [
        ("submission_id", {"submission_id": "1"}),
        ("recursive_symlinks", {"recursive_symlinks": "ignore"}),
        ("source_endpoint", {"source_endpoint": None}),
        ("verify_checksum", {"verify_checksum": "yes"}),
        ("sync_level", {"sync_level": 4}),
        ("sync_level", {"sync_level": "exists"}),
        ("label", {"label": "l" * 129}),
        ("label", {"label": " l"}),
        ("label", {"label": 5}),
        ("DATA", {"DATA": []}),
        ("DATA.0", {"DATA": ["/data/"]}),
        ("DATA.0.destination_path", {"DATA": [{"source_path": "/a"}]}),
        ("DATA.0.mode", {"DATA": [{"source_path": "/a", "destination_path": "/b", "mode": 1}]}),
        (
            "DATA.0.recursive",
            {"DATA": [{"source_path": "/a", "destination_path": "/b", "recursive": "auto"}]},
        ),
        ("filter_rules", {"filter_rules": "*.tmp"}),
        ("filter_rules.0", {"filter_rules": ["*.tmp"]}),
        ("filter_rules.0.name", {"filter_rules": [{"method": "exclude"}]}),
        ("filter_rules.0.method", {"filter_rules": [{"name": "*", "method": "admire"}]}),
        ("filter_rules.0.type", {"filter_rules": [{"name": "*", "type": "folder"}]}),
        ("filter_rules.0.size", {"filter_rules": [{"name": "*", "size": 1}]}),
    ],
)
def test_a_body_holds_only_what_timers_take(place: str, change: Json) -> None:
    with sandbox() as globus:
        assert list(_problems(_client(globus), _document(**change))) == [f"body.timer.body.{place}"]


@pytest.mark.parametrize("text", ["[]", "not JSON", '{"timer": 7}', "{}"])
def test_what_is_no_document_at_all_is_refused(text: str) -> None:
    with sandbox() as globus:
        client = _client(globus)
        refused = refusal_of(
            lambda: client.request("POST", "/v2/timer", data=text, encoding="text")  # sent as it is
        )
    assert refused.http_status == 422


def test_a_token_without_transfer_below_it_makes_no_timer() -> None:
    with sandbox() as globus:
        client = globus.timers(globus.sign_in(f"openid {TIMERS_SCOPE}"))
        refused = refusal_of(lambda: client.create_timer(_document()))
        assert list(client.list_jobs()["jobs"]) == []
    assert (refused.http_status, refused.code) == (403, "FORBIDDEN")


@pytest.mark.parametrize("client", [TimersClient, TransferClient])
def test_a_token_for_another_service_is_no_good(client: Any) -> None:  # noqa: ANN401 - a class of the SDK
    with sandbox() as globus:
        tokens = globus.sign_in("openid")
        refused = refusal_of(
            lambda: client(base_url=globus.base, authorizer=globus.auth(tokens).authorizer).get(
                "/jobs/" if client is TimersClient else "/v0.10/task_list"
            )
        )
    assert refused.http_status == 401


def test_timers_of_one_person_run_at_most_once_a_minute_together() -> None:
    def every(seconds: int) -> Json:
        return _document(schedule={"type": "recurring", "interval_seconds": seconds})

    with sandbox() as globus:
        client = _client(globus)
        first = _create(client, every(120))
        _create(client, every(120))
        refused = refusal_of(lambda: client.create_timer(every(DAY)))
        _create(globus.timers(globus.sign_in(everything(), GRACE)), every(60))
        _create(client, _document(schedule={"type": "once"}))
        client.delete_job(first["job_id"])
        _create(client, every(120))
    assert (refused.http_status, refused.code) == (403, "QUOTA_EXCEEDED")


def test_timers_are_listed_by_name_status_time_and_order() -> None:
    with sandbox() as globus:
        client = _client(globus)
        one = _create(client, _document("Nightly RUN [a1]"))
        globus.do("advance", seconds=5)
        two = _create(client, _document("weekly"))
        client.pause_job(two["job_id"])

        def found(**query: str) -> list[str]:
            return [job["name"] for job in client.list_jobs(query_params=query)["jobs"]]

        assert found() == found(order="submitted_at asc") == ["Nightly RUN [a1]", "weekly"]
        assert found(order="submitted_at desc") == found(order="name desc") == ["weekly", "Nightly RUN [a1]"]
        assert found(filter_name="run [A1]") == found(filter_status="active") == ["Nightly RUN [a1]"]
        assert found(filter_status="inactive,ended") == ["weekly"]
        assert found(submitted_after=two["submitted_at"]) == ["weekly"]
        assert found(submitted_before=one["submitted_at"]) == ["Nightly RUN [a1]"]
        assert found(filter_name="a1", submitted_after=two["submitted_at"]) == []


@pytest.mark.parametrize(
    "query",
    [
        {"filter_status": "asleep"},
        {"order": "beauty asc"},
        {"submitted_after": "soon"},
        {"result_count": "few"},
    ],
)
def test_a_list_refuses_what_it_cannot_do(query: dict[str, str]) -> None:
    with sandbox() as globus:
        refused = refusal_of(lambda: _client(globus).list_jobs(query_params=query))
    assert refused.http_status == 422
    assert refused.raw_json
    assert refused.raw_json["detail"][0]["loc"] == ["query", next(iter(query))]


def test_only_the_name_of_a_timer_can_change() -> None:
    with sandbox() as globus:
        client = _client(globus)
        job_id = _create(client, _document())["job_id"]
        renamed = client.update_job(job_id, {"name": "Daily"})
        refused = [
            refusal_of(partial(client.update_job, job_id, change)).http_status
            for change in ({"interval": 60}, {"name": None})
        ]
        assert client.get_job(job_id)["name"] == renamed["name"] == "Daily"
    assert refused == [422, 422]


def test_a_deleted_timer_shows_itself_once_more_and_is_gone() -> None:
    with sandbox() as globus:
        client = _client(globus)
        job_id = _create(client, _document())["job_id"]
        last = client.delete_job(job_id)
        errors = [refusal_of(partial(call, job_id)) for call in (client.get_job, client.delete_job)]
        assert list(client.list_jobs()["jobs"]) == []
    assert last["status"] == "delete_in_progress"
    assert {(one.http_status, one.code) for one in errors} == {(404, "NOT_FOUND")}


def test_timers_belong_to_a_person() -> None:
    with sandbox() as globus:
        job_id = _create(_client(globus), _document())["job_id"]
        grace = globus.timers(globus.sign_in(everything(), GRACE))
        calls = (grace.get_job, grace.pause_job, grace.delete_job)
        errors = [refusal_of(partial(call, job_id)).http_status for call in calls]
        theirs = list(grace.list_jobs()["jobs"])
        everybody = globus.see("timers")["timers"]
    assert (errors, theirs) == ([404, 404, 404], [])
    assert [(one["job_id"], one["identity_id"] == GRACE.id) for one in everybody] == [(job_id, False)]
