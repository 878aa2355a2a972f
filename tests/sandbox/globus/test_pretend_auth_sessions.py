"""What protected collections ask of a session, and how a sign-in brings it."""

import pytest
from globus_sdk.gare import to_gare

from bot.sandbox.globus.collections import PATIENTS
from bot.sandbox.globus.identities import ADA, CODE_PAGE, GRACE, KATHERINE, Identity
from bot.sandbox.globus.scopes import TRANSFER_SCOPE
from bot.sandbox.person import Browser, NotDone
from tests.sandbox.globus.pretend_globus import Sandbox, everything, refusal_of, sandbox

HOUR = 3600


def sign_in(
    globus: Sandbox, parameters: dict[str, str], person: Identity = ADA, *, second_factor: bool = False
) -> str:
    """Sign in as an app may ask for; gives the code."""
    client = globus.confidential()
    client.oauth2_start_flow(f"{globus.base}{CODE_PAGE}", everything())
    browser = Browser()
    page = browser.open(client.oauth2_get_authorize_url(query_params=parameters))
    return browser.allow(page, identity=person.username, second_factor=second_factor)


def is_let_in(globus: Sandbox) -> bool:
    """Try with a token that a plain sign-in gives; that leaves a session as old as it is."""
    transfer = globus.transfer(globus.sign_in(TRANSFER_SCOPE))
    try:
        transfer.operation_ls(PATIENTS.id, path="/data/")
    except Exception:  # noqa: BLE001 - whatever it was, this is no way in
        return False
    return True


def test_a_session_grows_old_and_only_a_sign_in_that_asks_for_it_renews_it() -> None:
    with sandbox() as globus:
        assert is_let_in(globus)
        globus.do("advance", seconds=PATIENTS.session_minutes * 60 + HOUR)
        assert not is_let_in(globus)
        sign_in(globus, {"prompt": "login"})
        assert is_let_in(globus)
        assert globus.do("age_sessions", username=ADA.username)["aged"] == 1
        assert not is_let_in(globus)
        sign_in(globus, {"session_required_single_domain": "sandbox-lab.example"})
        assert is_let_in(globus)


def test_what_an_old_session_meets_is_what_transfer_says() -> None:
    with sandbox() as globus:
        transfer = globus.transfer(globus.sign_in(TRANSFER_SCOPE))
        globus.do("age_sessions", username=ADA.username)
        asked = to_gare(refusal_of(lambda: transfer.operation_ls(PATIENTS.id, path="/data/")))
    assert asked
    assert asked.authorization_parameters.session_required_single_domain == ["sandbox-lab.example"]
    assert asked.authorization_parameters.session_required_identities == []


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"session_required_single_domain": "a.example,sandbox-lab.example"}, "Another account"),
        ({"session_required_identities": f"{GRACE.id},{ADA.username}"}, "Another account"),
        ({"session_required_mfa": "True"}, "second factor"),
    ],
)
def test_who_does_not_satisfy_it_gets_a_page_that_says_so_and_no_code(
    parameters: dict[str, str], words: str
) -> None:
    with sandbox() as globus:
        with pytest.raises(NotDone, match=words):
            sign_in(globus, parameters, KATHERINE)
        assert sign_in(globus, parameters, second_factor=True)


def test_parameters_without_a_value_ask_for_nothing() -> None:
    empty = {
        "session_required_identities": "",
        "session_required_single_domain": "",
        "session_required_mfa": "False",
    }
    with sandbox() as globus:
        assert sign_in(globus, empty, KATHERINE)
