"""What Timers and Transfer answer about timers, runs and tasks, in the core's words."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from globus_sdk.testing import get_response_set
from hypothesis import given, strategies as st

from bot.accounts import SlackUser, Token
from bot.errors import ServiceUnavailable, SignInNeeded
from bot.globus.clients import Clients, Patience, Registration
from bot.globus.watching import GlobusSight, task_from, timer_from
from bot.timers import Inactivity, RunState, TimerStatus
from tests.globus.scripted import JOB_ID, answer, scripted

ADA = SlackUser("T1", "U1")
COLLECTION = "543aade1-db97-4a4b-9bdf-0b58e78dfa69"
RAN = datetime(2022, 4, 1, 19, 30, 7, tzinfo=UTC)


class Accounts:
    """Tokens for every service."""

    def __init__(self, *, refresh_token: str | None = None) -> None:
        self._refresh_token = refresh_token
        self.renewed: list[str] = []

    def renew(self, person: SlackUser, token: Token) -> None:
        assert person == ADA
        self.renewed.append(token.access_token)

    def end(self, person: SlackUser, token: Token) -> None:
        raise NotImplementedError

    def tokens(self, person: SlackUser) -> Mapping[str, Token]:
        del person
        servers = ("transfer.api.globus.org", "524230d7-ea86-4a52-8312-86065a9e0417")
        return {
            server: Token(server, "all", "access", self._refresh_token, 4_000_000_000) for server in servers
        }


@pytest.fixture
def sight() -> GlobusSight:
    accounts: Any = Accounts()
    registration = Registration("c0f1de00-5a4d-4b0f-8b07-000000000001", "secret")
    return GlobusSight(Clients(registration, accounts=accounts, patience=Patience(2.0, repetitions=0)))


def published(case: str) -> dict[str, Any]:
    """Give an answer of `GET /jobs/{id}` as the SDK publishes it."""
    found: Any = get_response_set("timer.get_job").lookup(case)
    document: dict[str, Any] = found.json
    return document


def test_a_published_timer_is_read() -> None:
    timer = timer_from(published("default"))

    assert timer.status is TimerStatus.ACTIVE
    assert timer.interval == timedelta(days=10)
    assert timer.next_run == datetime(2022, 4, 11, 19, 30, tzinfo=UTC)
    assert timer.run_count == 1
    assert timer.source_id == "aa752cea-8222-5bc8-acd9-555b090c0ccb"
    [run] = timer.runs
    assert run.task_id
    assert run.state is RunState.RUNNING  # its task says how it went


def test_a_timer_that_lacks_a_consent_names_its_collection_whatever_the_scope_begins_with() -> None:
    timer = timer_from(published("inactive_gare"))

    assert timer.status is TimerStatus.INACTIVE
    assert timer.inactivity == Inactivity(is_paused=False, collections=frozenset({COLLECTION}))


def test_a_timer_that_its_owner_paused_lacks_nothing() -> None:
    assert timer_from(published("inactive_user")).inactivity == Inactivity(is_paused=True)


def test_a_timer_that_wants_a_session_says_which() -> None:
    asked = {"session_required_single_domain": ["uni.edu"], "session_required_mfa": False}
    detail = {"code": "AuthorizationRequired", "authorization_parameters": asked}
    job = published("default") | {
        "status": "inactive",
        "inactive_reason": {"cause": "globus_auth_requirements", "detail": detail},
    }

    inactivity = timer_from(job).inactivity

    assert inactivity
    assert inactivity.session.domains == ("uni.edu",)
    assert not inactivity.collections


@pytest.mark.parametrize("reason", [None, {}, {"cause": "moon phase"}, {"cause": "user", "detail": "x"}])
def test_a_reason_that_nobody_wrote_down_counts_as_a_pause(reason: object) -> None:
    job = published("default") | {"status": "inactive", "inactive_reason": reason}

    assert timer_from(job).inactivity == Inactivity(is_paused=True)


def test_a_status_that_nobody_wrote_down_is_unknown() -> None:
    assert timer_from(published("default") | {"status": "dreaming"}).status is TimerStatus.UNKNOWN


def test_a_run_that_submitted_nothing_has_failed() -> None:
    result = {"start_timestamp": RAN.isoformat(), "errors": [{"message": "No such collection"}], "data": None}

    [run] = timer_from(published("default") | {"results": {"data": [result]}}).runs

    assert run.state is RunState.FAILED
    assert run.problem == "No such collection"
    assert run.ended_at == RAN


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["data", "results"]), inner)
        ),
        max_leaves=6,
    )
)
def test_results_of_another_shape_are_an_answer_that_cannot_be_read_and_never_a_crash(
    results: object,
) -> None:
    try:
        timer_from(published("default") | {"results": results})
    except (ValueError, KeyError, TypeError, AttributeError):
        return  # `reading` turns these into ServiceUnavailable


@pytest.mark.parametrize(
    ("document", "state"),
    [
        ({"status": "ACTIVE"}, RunState.RUNNING),
        ({"status": "ACTIVE", "is_paused": True}, RunState.STUCK),
        ({"status": "INACTIVE"}, RunState.STUCK),
        ({"status": "SUCCEEDED"}, RunState.SUCCEEDED),
        ({"status": "FAILED", "fatal_error": {"description": "quota"}}, RunState.FAILED),
        ({"status": "SOMETHING"}, RunState.RUNNING),
    ],
)
def test_a_task_is_read(document: dict[str, Any], state: RunState) -> None:
    task = task_from(document | {"task_id": "t", "bytes_transferred": None, "faults": 2})

    assert task.state is state
    assert task.faults == 2
    assert task.problem == ("quota" if state is RunState.FAILED else "")


def test_a_timer_that_is_not_found_or_being_deleted_is_none(
    monkeypatch: pytest.MonkeyPatch, sight: GlobusSight
) -> None:
    deleting = json.dumps(published("default") | {"status": "delete_in_progress"}).encode()
    with scripted(answer(404, b'{"error":{"code":"NOT_FOUND"}}'), answer(200, deleting)) as server:
        monkeypatch.setenv("GLOBUS_SDK_SERVICE_URL_TIMER", server.url)
        assert sight.timer(ADA, JOB_ID) is None
        assert sight.timer(ADA, JOB_ID) is None


def test_what_globus_says_is_understood_as_a_problem(
    monkeypatch: pytest.MonkeyPatch, sight: GlobusSight
) -> None:
    faults = (
        answer(401),
        answer(429, b"{}", b"Retry-After: 60"),
        answer(503),
        answer(200, b"<html>"),
        answer(200),
    )
    with scripted(*faults) as server:
        monkeypatch.setenv("GLOBUS_SDK_SERVICE_URL_TIMER", server.url)
        with pytest.raises(SignInNeeded):
            sight.timers(ADA)
        with pytest.raises(ServiceUnavailable) as asked_to_wait:
            sight.timers(ADA)
        assert asked_to_wait.value.retry_after == 60
        for _ in range(3):
            with pytest.raises(ServiceUnavailable):
                sight.timers(ADA)


def test_a_token_that_globus_refuses_early_is_renewed_even_where_nothing_is_repeated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    accounts: Any = Accounts(refresh_token="refresh")
    registration = Registration("c0f1de00-5a4d-4b0f-8b07-000000000001", "secret")
    sight = GlobusSight(Clients(registration, accounts=accounts, patience=Patience(2.0, repetitions=0)))
    renewed = {
        "access_token": "fresh",
        "scope": "all",
        "expires_in": 172_800,
        "token_type": "Bearer",
        "resource_server": "524230d7-ea86-4a52-8312-86065a9e0417",
        "other_tokens": [],
    }
    faults = (answer(401), answer(200, json.dumps(renewed).encode()), answer(200, b'{"jobs":[]}'))
    with scripted(*faults) as server:
        for service in ("TIMER", "AUTH"):
            monkeypatch.setenv(f"GLOBUS_SDK_SERVICE_URL_{service}", server.url)
        assert sight.timers(ADA) == []

    assert server.methods == ["GET", "POST", "GET"]
    assert accounts.renewed == ["fresh"]


def test_a_hundred_tasks_are_one_call_and_one_more_is_another(
    monkeypatch: pytest.MonkeyPatch, sight: GlobusSight
) -> None:
    body = json.dumps({"DATA_TYPE": "task_list", "DATA": [{"task_id": "1", "status": "SUCCEEDED"}]}).encode()
    with scripted(answer(200, body)) as server:
        monkeypatch.setenv("GLOBUS_SDK_SERVICE_URL_TRANSFER", server.url)
        assert set(sight.tasks(ADA, [str(number) for number in range(100)])) == {"1"}
        assert len(server.methods) == 1
        sight.tasks(ADA, [str(number) for number in range(101)])
        assert len(server.methods) == 3
