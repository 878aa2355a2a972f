"""What the transport sends again, and what never."""

from contextlib import suppress

import globus_sdk
import pytest
from globus_sdk.authorizers import AccessTokenAuthorizer, GlobusAuthorizer
from globus_sdk.transport import RequestCallerInfo, RetryConfig
from globus_sdk.transport.default_retry_checks import DEFAULT_RETRY_CHECKS
from typing_extensions import override

from bot.globus.transport import READING, OnceOnlyTransport, _only_after_401, service_of
from bot.measuring import Unmeasured
from tests.globus.scripted import Fault, answer, close, scripted, send


class Renewing(AccessTokenAuthorizer):
    """An authorizer that has another token after a refusal."""

    def __init__(self, *, renews: bool = True) -> None:
        super().__init__("first")
        self.refusals = 0
        self._renews = renews

    @override
    def handle_missing_authorization(self) -> bool:
        self.refusals += 1
        self._set_authorization("second")
        return self._renews

    def _set_authorization(self, token: str) -> None:
        self.access_token = token


def sent(
    method: str, *faults: Fault, authorizer: GlobusAuthorizer | None = None
) -> tuple[list[str], int | None]:
    """Send one call; gives the methods that reached the server, and the status, or None without an answer."""
    config = RetryConfig(max_retries=2, backoff=lambda _context: 0)
    config.checks.register_many_checks(DEFAULT_RETRY_CHECKS)
    caller = RequestCallerInfo(retry_config=config, authorizer=authorizer, resource_server="timers")
    transport = OnceOnlyTransport(http_timeout=5)
    with scripted(*faults) as server:
        try:
            status = transport.request(method, server.url, caller_info=caller, data="{}").status_code
        except globus_sdk.NetworkError:
            status = None
        finally:
            transport.close()
    return server.methods, status


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "post"])
@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (answer(500), 500),
        (answer(503, b"{}", b"Retry-After: 0"), 503),
        (answer(429, b"{}", b"Retry-After: 0"), 429),
        (close, None),
        (send(b"garbage"), None),
        (send(b"HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{"), None),
    ],
    ids=["500", "503", "429", "closed", "garbage", "truncated"],
)
def test_what_changes_something_is_sent_once(method: str, fault: Fault, status: int | None) -> None:
    assert sent(method, fault) == ([method.upper()], status)


@pytest.mark.parametrize("method", sorted({*READING, "get"}))
def test_what_only_reads_is_sent_again(method: str) -> None:
    assert sent(method, answer(500), answer(500), answer(200)) == ([method.upper()] * 3, 200)


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_what_changes_something_follows_no_redirect_and_what_reads_does(code: int) -> None:
    moved = answer(code, b"{}", b"Location: /")

    assert sent("POST", moved, answer(200)) == (["POST"], code)
    assert sent("GET", moved, answer(200)) == (["GET", "GET"], 200)


def test_a_refused_token_is_renewed_once_and_the_call_repeated() -> None:
    authorizer = Renewing()

    assert sent("POST", answer(401), answer(201), authorizer=authorizer) == (["POST", "POST"], 201)
    assert authorizer.refusals == 1


def test_a_token_that_is_refused_again_is_not_renewed_again() -> None:
    authorizer = Renewing()

    assert sent("POST", answer(401), answer(401), answer(201), authorizer=authorizer) == (["POST"] * 2, 401)
    assert authorizer.refusals == 1


def test_a_token_that_cannot_be_renewed_is_not_tried_again() -> None:
    authorizer = Renewing(renews=False)

    assert sent("POST", answer(401), answer(201), authorizer=authorizer) == (["POST"], 401)


def test_the_repetition_after_a_refused_token_does_not_wait() -> None:
    config = _only_after_401()

    assert (config.max_retries, config.backoff(None)) == (1, 0)  # type: ignore[arg-type]
    assert config is not _only_after_401()


class Counting(Unmeasured):
    """A meter that remembers what it was told."""

    def __init__(self) -> None:
        self.asked_for: list[tuple[str, str, float | None]] = []

    @override
    def asked(self, service: str, outcome: str, *, retry_after: float | None = None) -> None:
        self.asked_for.append((service, outcome, retry_after))


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (answer(201), ("globus timers", "2xx", None)),
        (answer(429, b"{}", b"Retry-After: 7"), ("globus timers", "429", 7.0)),
        (close, ("globus timers", "unreachable", None)),
    ],
)
def test_every_attempt_is_counted(fault: Fault, outcome: tuple[str, str, float | None]) -> None:
    meter = Counting()
    caller = RequestCallerInfo(retry_config=RetryConfig(max_retries=0))
    transport = OnceOnlyTransport(http_timeout=5, meter=meter)
    with scripted(fault) as server, suppress(globus_sdk.NetworkError):
        transport.request("POST", server.url + "v2/timer", caller_info=caller, data="{}")
    transport.close()

    assert meter.asked_for == [outcome]


def test_a_transport_waits_as_long_as_it_is_told_and_counts_over_both_schemes() -> None:
    transport = OnceOnlyTransport(http_timeout=5)

    assert transport.http_timeout == 5
    adapters = {type(transport.session.get_adapter(f"{scheme}://globus")) for scheme in ("http", "https")}
    assert [adapter.__name__ for adapter in adapters] == ["_Counted"]
    transport.close()


@pytest.mark.parametrize(
    ("url", "service"),
    [
        ("https://transfer.example/v0.10/endpoint/1", "globus transfer"),
        ("http://127.0.0.1:5000/v2/timer", "globus timers"),
        ("http://127.0.0.1:5000/jobs/", "globus timers"),
        ("http://127.0.0.1:5000/v2/oauth2/token", "globus auth"),
        ("http://v2.timer/v2/api/identities", "globus auth"),
        ("", "globus auth"),
    ],
)
def test_a_call_is_counted_for_the_service_that_its_path_names(url: str, service: str) -> None:
    assert service_of(url) == service


def test_a_reading_call_without_repetitions_is_still_repeated_after_a_refused_token() -> None:
    authorizer = Renewing()
    caller = RequestCallerInfo(retry_config=RetryConfig(max_retries=0), authorizer=authorizer)
    transport = OnceOnlyTransport(http_timeout=5)
    with scripted(answer(401), answer(500), answer(200)) as server:
        status = transport.request("GET", server.url, caller_info=caller).status_code
    transport.close()

    assert (server.methods, status) == (["GET", "GET"], 500)
