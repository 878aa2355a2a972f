"""One person's token, and many calls that need it at the same time."""

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from bot.accounts import Account, SlackUser, Token
from bot.errors import ServiceUnavailable, SignInEnded
from bot.globus.browsing import GlobusCollections
from bot.globus.clients import Clients, Patience, Registration, Turns
from tests.globus.scripted import answer, scripted

ADA = SlackUser("T1", "U1")
TRANSFER = "transfer.api.globus.org"
COLLECTION = answer(200, b'{"id":"c","display_name":"C","entity_type":"GCSv5_guest_collection"}')
REFRESHED = answer(
    200,
    json.dumps(
        {
            "access_token": "fresh",
            "scope": "all",
            "expires_in": 172_800,
            "token_type": "Bearer",
            "resource_server": TRANSFER,
            "refresh_token": "refresh",
            "other_tokens": [],
        }
    ).encode(),
)


class Linked:
    """Ada is linked, with a token that has expired."""

    def __init__(self) -> None:
        self.token = Token(TRANSFER, "all", "stale", "refresh", 0)
        self.ended: list[Token] = []

    def find(self, person: SlackUser) -> Account:
        return Account(person, "identity", "ada")

    def link(self, account: Account, tokens: tuple[Token, ...]) -> None:
        raise NotImplementedError

    def tokens(self, person: SlackUser) -> Mapping[str, Token]:
        assert person == ADA
        return {TRANSFER: self.token}

    def renew(self, person: SlackUser, token: Token) -> None:
        assert person == ADA
        self.token = token

    def end(self, person: SlackUser, token: Token) -> None:
        assert person == ADA
        self.ended.append(token)


def clients(
    monkeypatch: pytest.MonkeyPatch, url: str, linked: Linked, turns: Turns, *, has_secret: bool = True
) -> Clients:
    for service in ("TRANSFER", "AUTH"):
        monkeypatch.setenv(f"GLOBUS_SDK_SERVICE_URL_{service}", url)
    registration = Registration("c0f1de00-5a4d-4b0f-8b07-000000000001", "secret" if has_secret else None)
    return Clients(registration, accounts=linked, patience=Patience(2.0, repetitions=0), turns=turns)


def test_an_expired_token_is_refreshed_once_for_all_calls_and_all_clients(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    linked, turns = Linked(), Turns()
    with scripted(REFRESHED, COLLECTION) as server, ThreadPoolExecutor(8) as threads:
        some = [GlobusCollections(clients(monkeypatch, server.url, linked, turns)) for _ in range(8)]
        looking = [threads.submit(one.get, ADA, "c") for one in some]
        found = [one.result() for one in looking]

    assert len(found) == 8
    assert sorted(server.methods) == ["GET"] * 8 + ["POST"]
    assert linked.token.access_token == "fresh"
    assert linked.ended == []


def test_a_token_that_globus_refuses_is_renewed_once_though_it_has_not_expired(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    linked = Linked()
    linked.token = replace(linked.token, expires_at=4_000_000_000)
    with scripted(answer(401), REFRESHED, COLLECTION) as server:
        GlobusCollections(clients(monkeypatch, server.url, linked, Turns())).get(ADA, "c")

    assert server.methods == ["GET", "POST", "GET"]


def test_a_refresh_token_that_globus_refuses_is_the_end_and_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    linked = Linked()
    with (
        scripted(answer(400, b'{"error":"invalid_grant"}')) as server,
        clients(monkeypatch, server.url, linked, Turns(), has_secret=False).transfer(ADA) as transfer,
        pytest.raises(Exception, match="400"),
    ):
        transfer.get_endpoint("c")
    assert linked.ended == [linked.token]

    with scripted(answer(400, b'{"error":"invalid_grant"}')) as server, pytest.raises(SignInEnded):
        GlobusCollections(clients(monkeypatch, server.url, linked, Turns(), has_secret=False)).get(ADA, "c")


@pytest.mark.parametrize("body", [b'{"error":"invalid_client"}', b"<html>no</html>"])
def test_a_refusal_of_something_else_is_no_end(monkeypatch: pytest.MonkeyPatch, body: bytes) -> None:
    linked = Linked()
    with (
        scripted(answer(401, body)) as server,
        clients(monkeypatch, server.url, linked, Turns()).transfer(ADA) as transfer,
        pytest.raises(Exception, match="401"),
    ):
        transfer.get_endpoint("c")

    assert linked.ended == []


def test_nobody_waits_for_anothers_refresh_longer_than_for_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    turns = Turns()
    with scripted(COLLECTION) as server, turns.of(ADA, TRANSFER):
        held = clients(monkeypatch, server.url, Linked(), turns)
        held._patience = Patience(0.05, repetitions=0)
        with pytest.raises(ServiceUnavailable):
            GlobusCollections(held).get(ADA, "c")

    assert server.methods == []
