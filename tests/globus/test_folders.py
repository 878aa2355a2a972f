"""What Transfer answers to a listing, in the core's words."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.accounts import SlackUser, Token
from bot.errors import Problem, Refused, ServiceUnavailable, SignInNeeded
from bot.folders import ConsentNeeded, Entry, EntryKind, NotListed, Obstacle
from bot.globus.clients import Clients, Patience, Registration
from bot.globus.folders import GlobusFolders
from tests.globus.scripted import answer, scripted, send

ADA = SlackUser("T1", "U1")
COLLECTION = "5a4db0c5-c011-4ec7-8b07-000000000002"


class Accounts:
    """Tokens for these resource servers."""

    def __init__(self, *servers: str) -> None:
        self._servers = servers

    def end(self, person: SlackUser, token: Token) -> None:
        raise NotImplementedError

    def tokens(self, person: SlackUser) -> Mapping[str, Token]:
        del person
        return {server: Token(server, "all", "access", None, 4_000_000_000) for server in self._servers}


def folders(*servers: str) -> GlobusFolders:
    accounts: Any = Accounts(*servers)
    registration = Registration("c0f1de00-5a4d-4b0f-8b07-000000000001", "secret")
    clients = Clients(registration, accounts=accounts, patience=Patience(2.0, repetitions=0))
    return GlobusFolders(clients, accounts=accounts)


def listed(monkeypatch: pytest.MonkeyPatch, status: int, body: object) -> Any:  # noqa: ANN401 - a folder, or what was raised
    with scripted(answer(status, json.dumps(body).encode())) as server:
        monkeypatch.setenv("GLOBUS_SDK_SERVICE_URL_TRANSFER", server.url)
        try:
            return folders("transfer.api.globus.org").list_folder(ADA, COLLECTION, "/data/", offset=0)
        except Problem as problem:
            return problem


def file(name: str, kind: str = "file", **more: object) -> dict[str, object]:
    return {"name": name, "type": kind, "size": 5, "last_modified": "2026-01-05 08:00:00+00:00"} | more


def test_a_listing_is_read_with_folders_first(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = [
        file("b"),
        file("a", "dir", size=4096),
        file("p", "pipe"),
        file(".."),
        file("n", last_modified=None),
    ]
    document = {"DATA": entries, "path": "/~/", "absolute_path": "/home/ada", "total": 90}

    folder = listed(monkeypatch, 200, document)

    written = datetime(2026, 1, 5, 8, tzinfo=UTC)
    assert (folder.path, folder.offset, folder.total) == ("/home/ada/", 0, 90)
    assert folder.entries == (
        Entry("a", EntryKind.FOLDER, None, written),
        Entry("b", EntryKind.FILE, 5, written),
        Entry("p", EntryKind.OTHER, None, written),
        Entry("n", EntryKind.FILE, 5, None),
    )


def test_a_listing_without_an_absolute_path_keeps_the_one_that_was_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = listed(monkeypatch, 200, {"DATA": [], "path": "/~/", "absolute_path": None})

    assert (folder.path, folder.total) == ("/~/", 0)


@pytest.mark.parametrize(
    ("status", "code", "obstacle"),
    [
        (404, "ClientError.NotFound", Obstacle.NOT_FOUND),
        (403, "EndpointPermissionDenied", Obstacle.DENIED),
        (403, "PermissionDenied", Obstacle.DENIED),
        (502, "ExternalError.DirListingFailed.NotDirectory", Obstacle.NOT_A_FOLDER),
        (502, "ExternalError.DirListingFailed.PermissionDenied", Obstacle.DENIED),
        (502, "ExternalError.DirListingFailed.ConnectFailed", Obstacle.DOWN),
        (502, "EndpointError", Obstacle.DOWN),
        (409, "OperationPaused", Obstacle.PAUSED),
        (504, "Timeout", Obstacle.DOWN),
    ],
)
def test_what_stands_in_the_way_is_told_apart(
    monkeypatch: pytest.MonkeyPatch, status: int, code: str, obstacle: Obstacle
) -> None:
    problem = listed(monkeypatch, status, {"code": code, "message": "m", "request_id": "r"})

    assert isinstance(problem, NotListed)
    assert problem.obstacle is obstacle


def test_a_missing_consent_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    body = {"code": "ConsentRequired", "message": "m", "request_id": "r", "required_scopes": ["s"]}

    assert isinstance(listed(monkeypatch, 403, body), ConsentNeeded)


@pytest.mark.parametrize(
    ("demand", "said"),
    [
        ({"session_required_single_domain": ["lab.example"]}, "with an account of lab.example"),
        ({"session_message": "Please reauthenticate"}, "Please reauthenticate"),
        ({"session_required_mfa": True}, "confirm with a second factor"),
    ],
)
def test_a_protected_collections_demand_is_told(
    monkeypatch: pytest.MonkeyPatch, demand: dict[str, object], said: str
) -> None:
    body = {"code": "ExternalError.DirListingFailed.LoginFailed", "authorization_parameters": demand}

    problem = listed(monkeypatch, 403, body)

    assert isinstance(problem, ConsentNeeded)
    assert said in problem.demand


@pytest.mark.parametrize(
    ("status", "expected"),
    [(401, SignInNeeded), (429, ServiceUnavailable), (503, ServiceUnavailable), (400, Refused)],
)
def test_what_every_call_can_meet_is_told_as_everywhere(
    monkeypatch: pytest.MonkeyPatch, status: int, expected: type[Problem]
) -> None:
    assert isinstance(listed(monkeypatch, status, {"code": "NotSupported", "message": "m"}), expected)


def test_half_an_answer_is_a_service_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted(send(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{")) as server:
        monkeypatch.setenv("GLOBUS_SDK_SERVICE_URL_TRANSFER", server.url)
        with pytest.raises(ServiceUnavailable):
            folders("transfer.api.globus.org").list_folder(ADA, COLLECTION, "/", offset=0)


def test_nobody_lists_with_the_bots_own_credentials() -> None:
    with pytest.raises(SignInNeeded):
        folders().list_folder(ADA, COLLECTION, "/", offset=0)
