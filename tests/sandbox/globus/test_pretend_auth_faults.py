from collections.abc import Callable
from typing import Any

import pytest
import requests
from globus_sdk import AuthAPIError, GlobusConnectionError, GlobusTimeoutError

from bot.sandbox.globus.identities import ADA, CODE_PAGE
from tests.sandbox.globus.pretend_globus import CALLBACK, Sandbox, refusal_of, sandbox

REFRESH = "POST /v2/oauth2/token"
CONSENTS = "GET /v2/api/identities/{id}/consents"


def _refreshing(globus: Sandbox) -> Callable[[], object]:
    client = globus.confidential()
    refresh = globus.sign_in("openid", client=client)["refresh_token"]
    client.transport.http_timeout = 0.5
    return lambda: client.oauth2_refresh_token(refresh)


def _calls(globus: Sandbox) -> list[dict[str, Any]]:
    traffic: list[dict[str, Any]] = globus.see("traffic", after=0)["traffic"]
    return [entry for entry in traffic if entry["kind"] == "call"]


@pytest.mark.parametrize(
    ("fault", "exception"),
    [
        ({"fault": "status", "status": 502}, AuthAPIError),
        ({"fault": "status_after", "status": 504}, AuthAPIError),
        ({"fault": "ratelimited", "retry_after": 7}, AuthAPIError),
        ({"fault": "error", "error": "invalid_grant", "status": 400}, AuthAPIError),
        ({"fault": "drop_before"}, GlobusConnectionError),
        ({"fault": "drop_after"}, GlobusConnectionError),
        ({"fault": "hang", "seconds": 5}, GlobusTimeoutError),
        ({"fault": "hang_after", "seconds": 5}, GlobusTimeoutError),
    ],
    ids=lambda value: value["fault"] if isinstance(value, dict) else "",
)
def test_a_fault_happens_as_often_as_ordered(fault: dict[str, Any], exception: type[Exception]) -> None:
    with sandbox() as globus:
        refresh = _refreshing(globus)
        globus.do("faults", method=REFRESH, times=2, **fault)
        for _ in range(2):
            with pytest.raises(exception):
                refresh()
        refresh()
        suffered = [entry["fault"] for entry in _calls(globus) if entry["method"] == REFRESH]
    assert suffered == [None, fault["fault"], fault["fault"], None]


@pytest.mark.parametrize(
    ("fault", "is_carried_out"),
    [
        ("status", False),
        ("ratelimited", False),
        ("error", False),
        ("drop_before", False),
        ("hang", False),
        ("status_after", True),
        ("drop_after", True),
        ("hang_after", True),
    ],
)
def test_only_some_faults_carry_the_call_out(fault: str, is_carried_out: bool) -> None:  # noqa: FBT001 - a case
    with sandbox() as globus:
        client = globus.confidential()
        token = globus.sign_in("openid")["access_token"]
        client.transport.http_timeout = 0.5
        globus.do("faults", method="*", fault=fault, seconds=5)
        with pytest.raises(Exception):  # noqa: B017, PT011 - each fault has its own kind of exception
            client.oauth2_revoke_token(token)
        assert client.oauth2_token_introspect(token)["active"] is not is_carried_out


def test_a_gateway_answers_in_html_and_the_service_in_its_own_shape() -> None:
    with sandbox() as globus:
        auth = globus.auth(globus.sign_in("openid"))
        globus.do("faults", method=CONSENTS, fault="status", status=503)
        gateway = refusal_of(lambda: auth.get_consents(ADA.id))
        globus.do("faults", method=CONSENTS, fault="error", error="FORBIDDEN", status=403)
        service = refusal_of(lambda: auth.get_consents(ADA.id))
    assert (gateway.http_status, gateway.raw_json) == (503, None)
    assert (service.http_status, service.code, service.errors[0].code) == (403, "FORBIDDEN", "FORBIDDEN")


def test_a_limited_call_says_when_to_come_back() -> None:
    with sandbox() as globus:
        refresh = _refreshing(globus)
        globus.do("faults", method=REFRESH, fault="ratelimited", retry_after=7)
        error = refusal_of(refresh)
    assert (error.http_status, error.headers["Retry-After"]) == (429, "7")


def test_the_sandbox_s_own_levers_suffer_no_faults() -> None:
    with sandbox() as globus:
        globus.do("faults", method="*", fault="drop_before", times=9)
        globus.act("DELETE", "faults")
        assert globus.sign_in("openid")["access_token"]
        assert not any("/sandbox/" in entry["path"] for entry in _calls(globus))


def test_the_log_tells_each_call_and_hides_what_is_secret() -> None:
    with sandbox() as globus:
        tokens = globus.sign_in("openid")
        globus.auth(tokens).get_consents(ADA.id)
        requests.get(f"{globus.base}/nowhere", timeout=10)
        calls = _calls(globus)
    assert [(entry["method"], entry["status"], entry["ok"]) for entry in calls] == [
        ("GET /v2/oauth2/authorize", 200, True),
        ("POST /v2/oauth2/authorize", 302, True),
        (f"GET {CODE_PAGE}", 200, True),
        (REFRESH, 200, True),
        (CONSENTS, 200, True),
        ("GET /nowhere", 404, False),
    ]
    assert calls[4]["identity_id"] == ADA.id
    assert calls[5]["error"]["errors"][0]["code"] == "NOT_FOUND"
    secrets = [calls[2]["query"]["code"], calls[3]["body"]["code"], calls[0]["query"]["state"]]
    assert secrets == ["…", "…", "…"]
    assert tokens["access_token"] not in str(calls)


def test_a_call_that_hangs_is_in_the_log_before_it_ends() -> None:
    with sandbox() as globus:
        refresh = _refreshing(globus)
        globus.do("faults", method=REFRESH, fault="hang", seconds=30)
        with pytest.raises(GlobusTimeoutError):
            refresh()
        last = _calls(globus)[-1]
    assert (last["method"], last["fault"], last["status"], last["ok"]) == (REFRESH, "hang", None, False)


def test_a_page_can_fail_too() -> None:
    with sandbox() as globus:
        client = globus.confidential()
        client.oauth2_start_flow(CALLBACK, "openid")
        globus.do("faults", method="GET /v2/oauth2/authorize", fault="status", status=502)
        answer = requests.get(client.oauth2_get_authorize_url(), timeout=10)
    assert (answer.status_code, answer.headers["Content-Type"].partition(";")[0]) == (502, "text/html")
