"""What one call to create a timer does when the wire or the service fails: one request, a true verdict."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from bot.accounts import Account, SlackUser, Token
from bot.errors import OutcomeUnclear, Problem, Refused, ServiceUnavailable, SignInNeeded
from bot.globus.clients import Clients, Patience, Registration
from bot.globus.creating import GlobusTimers, timer_document
from bot.planning import Location, Plan, Source
from bot.schedules import Schedule
from bot.scheduling import TimerRequest
from bot.timers import Timer
from tests.globus.scripted import CREATED, JOB_ID, Fault, answer, close, hang, reset, scripted, send

ADA = SlackUser("T1", "U1")
TIMERS = "524230d7-ea86-4a52-8312-86065a9e0417"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
FAR_AHEAD = 4_000_000_000


def request(**changes: object) -> TimerRequest:
    plan: dict[str, object] = {
        "source": Source("a" * 36, ("/data/",), "Beamline"),
        "destination": Location("b" * 36, "/archive/", "Archive"),
        "schedule": Schedule(start=NOW, interval=timedelta(hours=6)),
        "announce_in": "C1",
    }
    return TimerRequest("r1", "abcdefgh", ADA, Plan(**(plan | changes)), NOW)  # type: ignore[arg-type]


class Linked:
    """Everyone is linked, with tokens that are fresh for a long time."""

    def __init__(self, expires_at: int = FAR_AHEAD) -> None:
        self._expires_at = expires_at

    def find(self, person: SlackUser) -> Account:
        return Account(person, "identity", "ada")

    def link(self, account: Account, tokens: tuple[Token, ...]) -> None:
        raise NotImplementedError

    def tokens(self, person: SlackUser) -> Mapping[str, Token]:
        assert person == ADA
        return {TIMERS: Token(TIMERS, "timer", "access", "refresh", self._expires_at)}

    def end(self, person: SlackUser, token: Token) -> None:
        assert person == ADA
        assert token.refresh_token == "refresh"

    def renew(self, person: SlackUser, token: Token) -> None:
        assert person == ADA
        assert token.access_token == "fresh"


def timers(monkeypatch: pytest.MonkeyPatch, url: str, *, expires_at: int = FAR_AHEAD) -> GlobusTimers:
    for service in ("TIMER", "AUTH"):
        monkeypatch.setenv(f"GLOBUS_SDK_SERVICE_URL_{service}", url)
    registration = Registration("11111111-0000-4000-8000-000000000001", "secret")
    return GlobusTimers(Clients(registration, accounts=Linked(expires_at), patience=Patience(0.3, 1)))


GOOD = answer(201, CREATED)


def jobs(name: str) -> Fault:
    return answer(200, json.dumps({"jobs": [{"job_id": JOB_ID, "name": name}]}).encode())


def test_a_good_answer_is_a_timer(monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted(GOOD) as server:
        made = timers(monkeypatch, server.url).create(request())

    assert made == Timer(JOB_ID, "n", datetime(2026, 11, 25, tzinfo=UTC))


UNCLEAR: dict[str, Fault] = {
    "closed without a byte": close,
    "reset": reset,
    "no answer in time": hang,
    "garbage": send(b"\x00\x01\x02 nonsense\r\n\r\n"),
    "cut-off headers": send(b"HTTP/1.1 201 Created\r\nContent-Le"),
    "truncated body": send(b"HTTP/1.1 201 Created\r\nContent-Length: 500\r\n\r\n{"),
    "broken chunk": send(b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
    "broken JSON": answer(201, b"{"),
    "a page instead of JSON": answer(200, b"<html>welcome</html>"),
    "no job ID": answer(201, b'{"timer":{}}'),
    "a job ID that is none": answer(201, b'{"timer":{"job_id":"banana"}}'),
    **{
        f"status {status}": answer(status)
        for status in (302, 307, 308, 408, 425, 500, 501, 502, 503, 504, 520)
    },
}


@pytest.mark.parametrize("fault", UNCLEAR.values(), ids=UNCLEAR.keys())
def test_what_is_not_certain_is_unclear_and_was_sent_once(
    monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    with scripted(fault, GOOD) as server, pytest.raises(OutcomeUnclear):
        timers(monkeypatch, server.url).create(request())

    assert server.methods == ["POST"]


def test_a_redirect_is_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted(GOOD) as elsewhere:
        moved = answer(307, b"", b"Location: " + elsewhere.url.encode() + b"v2/timer")
        with scripted(moved) as server, pytest.raises(OutcomeUnclear):
            timers(monkeypatch, server.url).create(request())

    assert elsewhere.methods == []


VALIDATION = b'{"detail":[{"loc":["body","start"],"msg":"field required","type":"value_error.missing"}]}'


@pytest.mark.parametrize(
    ("fault", "verdict", "said"),
    [
        (answer(422, VALIDATION), Refused, "start: field required"),
        (
            answer(400, b'{"error":{"code":"ERROR","detail":"Request failed","status":400}}'),
            Refused,
            "Request failed",
        ),
        (answer(403, b'{"detail":"Not allowed"}'), Refused, "Not allowed"),
        (answer(404), Refused, "404"),
        (answer(409), Refused, "409"),
        (answer(429), ServiceUnavailable, "Globus"),
    ],
)
def test_an_answer_that_says_no_means_that_there_is_no_timer(
    monkeypatch: pytest.MonkeyPatch, fault: Fault, verdict: type[Problem], said: str
) -> None:
    with scripted(fault, GOOD) as server, pytest.raises(verdict, match=said):
        timers(monkeypatch, server.url).create(request())

    assert server.methods == ["POST"]


def test_the_wait_that_globus_asks_for_is_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        scripted(answer(429, b"{}", b"Retry-After: 3600")) as server,
        pytest.raises(ServiceUnavailable) as later,
    ):
        timers(monkeypatch, server.url).create(request())

    assert later.value.retry_after == 3600


def test_a_server_that_cannot_be_reached_was_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted(GOOD) as server:
        url = server.url

    with pytest.raises(ServiceUnavailable):
        timers(monkeypatch, url).create(request())


REFRESHED = answer(
    200,
    b'{"access_token":"fresh","scope":"timer","expires_in":172800,"token_type":"Bearer",'
    b'"resource_server":"' + TIMERS.encode() + b'","refresh_token":"refresh","other_tokens":[]}',
)


def test_a_401_was_not_carried_out_and_is_sent_once_more_with_a_fresh_token(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with scripted(answer(401), REFRESHED, GOOD) as server:
        assert timers(monkeypatch, server.url).create(request()).job_id

    assert server.methods == ["POST", "POST", "POST"]


def test_a_second_401_is_no_reason_for_a_third_try(monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted(answer(401), REFRESHED, answer(401)) as server, pytest.raises(SignInNeeded):
        timers(monkeypatch, server.url).create(request())

    assert server.methods == ["POST", "POST", "POST"]


def test_a_revoked_sign_in_is_found_before_anything_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted(answer(400, b'{"error":"invalid_grant"}')) as server, pytest.raises(SignInNeeded):
        timers(monkeypatch, server.url, expires_at=0).create(request())

    assert server.methods == ["POST"]


@pytest.mark.parametrize("fault", [close, hang, answer(503)])
def test_a_refresh_that_fails_leaves_nothing_unclear(monkeypatch: pytest.MonkeyPatch, fault: Fault) -> None:
    with scripted(fault, GOOD) as server, pytest.raises(ServiceUnavailable):
        timers(monkeypatch, server.url, expires_at=0).create(request())

    assert server.methods == ["POST"]


def test_reading_is_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = jobs("n [abcdefgh]")
    with scripted(close, listed) as server:
        found = timers(monkeypatch, server.url).find(ADA, "abcdefgh")

    assert [timer.name for timer in found] == ["n [abcdefgh]"]
    assert server.methods == ["GET", "GET"]


def test_only_a_whole_reference_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = jobs("about abcdefgh")
    with scripted(listed) as server:
        assert timers(monkeypatch, server.url).find(ADA, "abcdefgh") == []


def test_deleting_what_is_gone_is_fine(monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted(answer(404, b'{"error":{"code":"NOT_FOUND","detail":"gone","status":404}}')) as server:
        timers(monkeypatch, server.url).delete(ADA, JOB_ID)

    assert server.methods == ["DELETE"]


def test_every_boolean_is_sent() -> None:
    body = timer_document(request())["body"]

    assert {name: value for name, value in body.items() if isinstance(value, bool)} == {
        "verify_checksum": True,
        "preserve_timestamp": False,
        "encrypt_data": False,
        "skip_source_errors": False,
        "fail_on_quota_errors": False,
        "delete_destination_extra": False,
        "notify_on_succeeded": True,
        "notify_on_failed": True,
        "notify_on_inactive": True,
    }


@pytest.mark.parametrize(
    ("schedule", "document"),
    [
        (Schedule(start=NOW), {"type": "once", "datetime": "2026-11-24T12:00:00+00:00"}),
        (
            Schedule(start=NOW, interval=timedelta(hours=6), runs=3),
            {
                "type": "recurring",
                "interval_seconds": 21600,
                "start": "2026-11-24T12:00:00+00:00",
                "end": {"condition": "iterations", "count": 3},
            },
        ),
        (
            Schedule(start=NOW, interval=timedelta(days=1), until=NOW + timedelta(days=3)),
            {
                "type": "recurring",
                "interval_seconds": 86400,
                "start": "2026-11-24T12:00:00+00:00",
                "end": {"condition": "time", "datetime": "2026-11-27T12:00:00+00:00"},
            },
        ),
    ],
)
def test_a_schedule_is_written_as_timers_takes_it(schedule: Schedule, document: dict[str, object]) -> None:
    assert timer_document(request(schedule=schedule))["schedule"] == document


def test_a_file_is_left_to_transfer_to_recognise() -> None:
    document = timer_document(request(source=Source("a" * 36, ("/data/a.dat",))))

    assert document["body"]["DATA"] == [
        {"DATA_TYPE": "transfer_item", "source_path": "/data/a.dat", "destination_path": "/archive/a.dat"}
    ]
