import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.accounts import Account, SlackUser, Token
from bot.errors import DatabaseProblem
from bot.planning import Location, Plan, Source
from bot.schedules import Schedule
from bot.scheduling import RequestState, TimerRequest
from bot.sessions import SessionRequirement
from bot.sign_ins import SignIn, SignInState
from bot.store.linking import AccountStore, SignInStore
from bot.store.port import Database
from bot.store.scheduling import RequestStore
from bot.store.vault import Vault, new_key, read_keys

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ADA = SlackUser("T1", "U1")
GRACE = SlackUser("T1", "U2")
TOKEN = Token("transfer.api.globus.org", "all", "access-1", "refresh-1", 1_800_000_000)
SIGN_IN = SignIn(
    sign_in_id="s1",
    person=ADA,
    verifier="verifier-1",
    expires_at=NOW + timedelta(minutes=10),
    collections=frozenset({"a", "b"}),
    session=SessionRequirement("M", ("i",), ("d",), ("p",), mfa=True, prompt="login"),
    request_id="r1",
    opening="{}",
)


WAITING = TimerRequest(
    request_id="r1",
    reference="abcdefgh",
    person=ADA,
    plan=Plan(
        source=Source("a", ("/data/",), "Beamline"),
        destination=Location("b", "/archive/", "Archive"),
        schedule=Schedule(NOW),
        announce_in="C1",
        name="Nightly",
    ),
    received_at=NOW,
    state=RequestState.WAITING_FOR_SIGN_IN,
    demanded=SIGN_IN.session,
)


@pytest.fixture
def vault() -> Vault:
    return Vault(read_keys(new_key()))


@pytest.fixture
def accounts(database: Database, vault: Vault) -> AccountStore:
    return AccountStore(database, vault, clock=lambda: NOW)


@pytest.fixture
def sign_ins(database: Database, vault: Vault, accounts: AccountStore) -> SignInStore:
    return SignInStore(database, vault, accounts, clock=lambda: NOW, owner="one", wake=lambda: None)


def receive(store: SignInStore, person: SlackUser = ADA) -> bool:
    return asyncio.run(store.receive("s1", person, code="code-1", view_id="V1", form_view_id=None))


def test_an_account_and_its_tokens_come_back_as_they_were_kept(accounts: AccountStore) -> None:
    account = Account(ADA, "identity", "ada@example.edu")
    accounts.link(account, (TOKEN,))

    assert accounts.find(ADA) == account
    assert accounts.tokens(ADA) == {TOKEN.resource_server: TOKEN}
    assert accounts.find(GRACE) is None
    assert accounts.tokens(GRACE) == {}


def test_a_refresh_without_a_refresh_token_keeps_the_one_that_is_held(accounts: AccountStore) -> None:
    accounts.link(Account(ADA, "identity", "ada"), (TOKEN,))
    accounts.renew(ADA, replace(TOKEN, access_token="access-2", refresh_token=None))

    assert accounts.tokens(ADA)[TOKEN.resource_server] == replace(TOKEN, access_token="access-2")


def test_no_secret_can_be_read_in_the_file(
    accounts: AccountStore, sign_ins: SignInStore, everything: Callable[[], bytes]
) -> None:
    accounts.link(Account(ADA, "identity", "ada"), (TOKEN,))
    sign_ins.open(SIGN_IN)
    receive(sign_ins)
    written = everything()

    for secret in ("access-1", "refresh-1", "verifier-1", "code-1"):
        assert secret.encode() not in written


def test_a_token_moved_to_another_row_does_not_open(accounts: AccountStore, database: Database) -> None:
    for person in (ADA, GRACE):
        accounts.link(Account(person, "identity", "name"), (TOKEN,))
    database.write(
        lambda writer: writer.execute(
            "UPDATE tokens SET access_token = (SELECT access_token FROM tokens WHERE user_id = 'U1')"
            " WHERE user_id = 'U2'"
        )
    )

    with pytest.raises(DatabaseProblem):
        accounts.tokens(GRACE)


def test_a_sign_in_comes_back_as_it_was_kept(sign_ins: SignInStore) -> None:
    sign_ins.open(SIGN_IN)

    assert sign_ins.find("s1") == SIGN_IN


def test_a_pasted_code_is_work_for_one_worker(sign_ins: SignInStore) -> None:
    sign_ins.open(SIGN_IN)

    assert receive(sign_ins)
    [claimed] = sign_ins.claim(limit=5)
    assert (claimed.state, claimed.code, claimed.view_id) == (SignInState.CODE_RECEIVED, "code-1", "V1")
    assert list(sign_ins.claim(limit=5)) == []


def test_a_code_is_taken_once_and_only_from_the_person_who_asked(sign_ins: SignInStore) -> None:
    sign_ins.open(SIGN_IN)

    assert not receive(sign_ins, GRACE)
    assert not receive(sign_ins, SlackUser("T2", "U1"))
    assert receive(sign_ins)
    assert not receive(sign_ins)


def test_a_finished_sign_in_keeps_no_code_and_is_no_work_once_its_person_knows(
    sign_ins: SignInStore,
) -> None:
    sign_ins.open(SIGN_IN)
    receive(sign_ins)
    [claimed] = sign_ins.claim(limit=1)
    done = replace(claimed, state=SignInState.DONE, code=None)
    sign_ins.save(done)
    sign_ins.release(claimed)

    assert sign_ins.find("s1") == done
    assert list(sign_ins.claim(limit=1)) == [done]
    sign_ins.told(done)
    sign_ins.release(done)
    assert list(sign_ins.claim(limit=1)) == []


def test_a_code_that_comes_while_the_last_ones_fate_is_told_stays_work(sign_ins: SignInStore) -> None:
    sign_ins.open(SIGN_IN)
    receive(sign_ins)
    [claimed] = sign_ins.claim(limit=1)
    failed = replace(claimed, state=SignInState.OPEN, code=None, reason="No.")
    sign_ins.save(failed)
    assert receive(sign_ins)
    sign_ins.told(failed)
    sign_ins.release(failed)

    [again] = sign_ins.claim(limit=1)
    assert (again.state, again.code) == (SignInState.CODE_RECEIVED, "code-1")


@pytest.fixture
def requests(database: Database) -> RequestStore:
    """Requests, one of which waits for a sign-in."""
    requests = RequestStore(database, clock=lambda: NOW, owner="one")
    asyncio.run(requests.accept(WAITING))
    return requests


def test_a_sign_in_that_ends_well_links_the_account_and_lets_go_on_what_waited(
    sign_ins: SignInStore, accounts: AccountStore, requests: RequestStore
) -> None:
    account = Account(ADA, "identity", "ada@example.edu")
    sign_ins.open(SIGN_IN)
    receive(sign_ins)
    [claimed] = sign_ins.claim(limit=1)
    done = sign_ins.finish(claimed, account, (TOKEN,))

    assert sign_ins.find("s1") == done == replace(claimed, state=SignInState.DONE, code=None)
    assert (accounts.find(ADA), accounts.tokens(ADA)) == (account, {TOKEN.resource_server: TOKEN})
    [resumed] = requests.claim(limit=5)
    assert (resumed.state, resumed.answered) == (RequestState.CHECKING, (SIGN_IN.session,))


def test_a_sign_in_ends_well_as_a_whole_or_not_at_all(
    sign_ins: SignInStore,
    accounts: AccountStore,
    requests: RequestStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise DatabaseProblem("gone", "wait")

    sign_ins.open(SIGN_IN)
    monkeypatch.setattr("bot.store.linking.resume", broken)
    with pytest.raises(DatabaseProblem):
        sign_ins.finish(SIGN_IN, Account(ADA, "identity", "ada@example.edu"), (TOKEN,))

    assert sign_ins.find("s1") == SIGN_IN
    assert accounts.find(ADA) is None
    assert requests.claim(limit=5) == []


def test_an_old_sign_in_is_forgotten_when_a_new_one_is_opened(sign_ins: SignInStore) -> None:
    sign_ins.open(replace(SIGN_IN, sign_in_id="old", expires_at=NOW - timedelta(days=2)))
    sign_ins.open(SIGN_IN)

    assert sign_ins.find("old") is None
    assert sign_ins.find("s1")


def test_an_account_whose_refresh_token_is_refused_has_ended_until_it_is_linked_again(
    accounts: AccountStore,
) -> None:
    account = Account(ADA, "identity", "ada")
    accounts.link(account, (TOKEN,))
    accounts.end(ADA, replace(TOKEN, refresh_token="one of long ago"))
    assert accounts.find(ADA) == account

    accounts.end(ADA, TOKEN)
    assert accounts.find(ADA) == replace(account, is_ended=True)
    accounts.link(account, (TOKEN,))
    assert accounts.find(ADA) == account
