"""What Globus asks of a sign-in beyond consents, and sign-ins that have ended: nothing is lost or doubled."""

from typing import Any

import pytest
import requests

from bot.sandbox.globus.collections import BEAMLINE, CAMPUS, LAPTOP, PATIENTS, SHARED
from bot.sandbox.globus.identities import ADA as ADA_AT_GLOBUS, KATHERINE
from bot.sandbox.person import ConsentPage, NotDone
from tests.stories.stage import CREATE, LAB_DATA, NATIVE_CLIENT, Stage, has, words

LIST = "GET /v0.10/operation/endpoint/{id}/ls"
JOBS = "GET /jobs/"
TOKEN = "POST /v2/oauth2/token"
ENDED = "Your sign-in to Globus has ended"
TWO_DAYS = 49 * 3600
PROTECTED = {
    "session_message": "Session reauthentication required (Globus Transfer)",
    "session_required_identities": [],
    "session_required_mfa": False,
    "session_required_single_domain": ["sandbox-lab.example"],
}


@pytest.fixture
def linked(stage: Stage) -> Stage:
    stage.link_account()
    return stage


def lever(stage: Stage, name: str, **values: object) -> None:
    answer = requests.post(f"{stage.globus_url}/sandbox/{name}", json=values, timeout=10)
    assert answer.ok, answer.text


def revoke_tokens(stage: Stage) -> None:
    lever(stage, "revoke_tokens", username=ADA_AT_GLOBUS.username)


def age_sessions(stage: Stage) -> None:
    lever(stage, "age_sessions", username=ADA_AT_GLOBUS.username)


def demand(stage: Stage, method: str, *, status: int = 403, times: int = 1, **parameters: object) -> None:
    """Let the next calls be refused for want of a session."""
    stage.globus_fault(
        "error",
        method=method,
        status=status,
        times=times,
        error="ExternalError.DirListingFailed.LoginFailed",
        authorization_parameters=PROTECTED | parameters,
    )


def asked_on(page: ConsentPage) -> dict[str, str]:
    return {
        name: value for name, value in page.hidden.items() if "session_required" in name or name == "prompt"
    }


def begin_browsing(stage: Stage) -> None:
    stage.open_form()
    stage.ada.choose("source_collection", PATIENTS.id)
    stage.ada.fill("source_path", "/data/")
    stage.ada.press("browse_source")


def refreshes(stage: Stage) -> list[Any]:
    traffic = requests.get(f"{stage.globus_url}/sandbox/traffic", timeout=10).json()["traffic"]
    bodies = [one["body"] for one in traffic if one.get("method") == TOKEN]
    return [body for body in bodies if body["grant_type"] == "refresh_token"]


# An old session


def test_an_old_session_is_renewed_by_one_link_and_the_request_goes_on(linked: Stage) -> None:
    age_sessions(linked)
    linked.schedule(PATIENTS, SHARED)
    linked.shown("Patient Imaging (protected) is protected. Globus wants you to sign in with an account of")
    assert linked.timers() == []

    page = linked.sign_in()

    assert asked_on(page) == {
        "session_required_single_domain": "sandbox-lab.example",
        "prompt": "login",
    }
    linked.announced()
    assert len(linked.timers()) == 1


def test_without_a_secret_the_link_asks_for_the_session_too(empty_stage: Stage) -> None:
    stage = empty_stage
    stage.start_bot(GLOBUS_CLIENT_ID=NATIVE_CLIENT.client_id, GLOBUS_CLIENT_SECRET="")
    stage.link_account()
    age_sessions(stage)
    stage.schedule(PATIENTS, SHARED)
    stage.shown("is protected. Globus wants you to sign in")
    stage.sign_in()

    stage.announced()


def test_an_old_session_is_renewed_while_browsing(linked: Stage) -> None:
    age_sessions(linked)
    begin_browsing(linked)
    linked.shown("is protected. Globus wants you to sign in with an account of")
    page = linked.sign_in()

    linked.shown("run-001")
    assert asked_on(page)["prompt"] == "login"


def test_the_link_can_be_had_again_after_a_restart_and_with_connect(linked: Stage) -> None:
    age_sessions(linked)
    linked.schedule(PATIENTS, SHARED)
    linked.shown("is protected. Globus wants you to sign in")
    linked.ada.close()
    linked.restart_bot()
    linked.ada.command("connect", channel_id=LAB_DATA)

    page = linked.sign_in_by(linked.ada.messages(LAB_DATA)[-1], channel_id=LAB_DATA)

    assert asked_on(page)["session_required_single_domain"] == "sandbox-lab.example"
    linked.announced()


def test_a_sign_in_that_brought_something_else_does_not_count_as_the_one_asked_for(linked: Stage) -> None:
    linked.ada.command("connect", channel_id=LAB_DATA)
    plain = linked.ada.messages(LAB_DATA)[-1]
    age_sessions(linked)
    linked.schedule(PATIENTS, SHARED)
    linked.shown("is protected. Globus wants you to sign in")
    linked.ada.close()
    linked.sign_in_by(plain, channel_id=LAB_DATA)

    asking = [one for one in linked.ada.direct_messages() if "is protected" in words(one)]
    linked.wait(
        lambda: len([one for one in linked.ada.direct_messages() if "is protected" in words(one)]) >= 2,
        "to be asked once more",
    )
    assert linked.timers() == []
    linked.sign_in_by(asking[-1])
    linked.announced()


# A domain


def test_whoever_has_no_account_of_the_domain_is_told_by_globus_and_loses_nothing(stage: Stage) -> None:
    stage.link_account(stage.grace, identity=KATHERINE.username)
    stage.schedule(PATIENTS, SHARED, stage.grace)
    stage.shown("with an account of sandbox-lab.example", stage.grace)

    with pytest.raises(NotDone, match="Another account is needed"):
        stage.sign_in(person=stage.grace, identity=KATHERINE.username)
    assert has(stage.grace.top(), "sign_in")
    assert stage.timers() == []


@pytest.mark.parametrize("status", [403, 502])
def test_a_domain_may_be_demanded_while_browsing(linked: Stage, status: int) -> None:
    demand(linked, LIST, status=status, session_required_single_domain=["sandbox-lab.example"])
    begin_browsing(linked)
    linked.shown("Globus wants you to sign in with an account of sandbox-lab.example")
    linked.sign_in()

    linked.shown("run-001")


def test_a_domain_may_be_demanded_while_creating(linked: Stage) -> None:
    demand(linked, CREATE)
    linked.schedule(SHARED, LAPTOP)
    linked.shown("Globus wants you to sign in with an account of sandbox-lab.example")
    assert linked.timers() == []
    page = linked.sign_in()

    linked.announced()
    assert asked_on(page)["session_required_single_domain"] == "sandbox-lab.example"
    assert len(linked.timers()) == 1


# A second factor


def test_a_second_factor_is_asked_for_and_the_timer_made_once_it_is_given(linked: Stage) -> None:
    demand(linked, CREATE, session_required_single_domain=[], session_required_mfa=True)
    linked.schedule(SHARED, LAPTOP)
    linked.shown("Globus wants you to confirm with a second factor")
    page = linked.sign_in_page()
    with pytest.raises(NotDone, match="A second factor is needed"):
        linked.browser.allow(page, identity=ADA_AT_GLOBUS.username)
    linked.paste(linked.browser.allow(page, identity=ADA_AT_GLOBUS.username, second_factor=True))

    linked.announced()
    assert len(linked.timers()) == 1


# A demand that stays


def test_a_demand_that_stays_while_creating_is_said_once_and_ends_the_request(linked: Stage) -> None:
    demand(linked, CREATE, times=9)
    linked.schedule(SHARED, LAPTOP)
    linked.shown("Globus wants you to sign in with an account of")
    linked.sign_in()

    view = linked.shown("You signed in, but Globus still wants you to sign in with an account of")
    assert not has(view, "sign_in")
    assert has(view, "correct_request")
    assert linked.globus_calls() == 2
    assert linked.timers() == []


def test_a_demand_that_stays_while_checking_names_the_field(linked: Stage) -> None:
    demand(linked, LIST, times=9)
    linked.schedule(SHARED, LAPTOP)
    linked.shown("Globus wants you to sign in with an account of")
    linked.sign_in()

    view = linked.shown("You signed in, but for Project Alpha Share Globus still wants you to sign in with")
    assert view["callback_id"] == "schedule_transfer"
    linked.clear_globus_faults()
    linked.ada.submit()
    linked.announced()


def test_a_demand_that_stays_while_browsing_is_said_once(linked: Stage) -> None:
    demand(linked, LIST, times=9)
    begin_browsing(linked)
    linked.shown("Globus wants you to sign in with an account of")
    linked.sign_in()

    assert not has(linked.shown("You signed in, but Globus still wants you"), "sign_in")


# A sign-in that has ended


def test_tokens_revoked_before_the_check_are_asked_for_again_once(linked: Stage) -> None:
    revoke_tokens(linked)
    linked.schedule(BEAMLINE, CAMPUS)
    linked.shown(f"{ENDED}. Sign in again as ada@sandbox-lab.example.")
    page = linked.sign_in()

    linked.announced()
    assert sorted(page.consents) == sorted([BEAMLINE.id, CAMPUS.id])
    assert len(linked.timers()) == 1


def test_tokens_revoked_between_the_check_and_the_creation(linked: Stage) -> None:
    linked.globus_fault("hang", method=CREATE, seconds=1)
    linked.schedule(SHARED, LAPTOP)
    linked.wait(lambda: linked.globus_calls() == 1, "the call to begin")
    revoke_tokens(linked)
    linked.shown(ENDED)
    assert linked.timers() == []
    linked.sign_in()

    linked.announced()
    assert len(linked.timers()) == 1


@pytest.mark.parametrize("fault", ["drop_after", "drop_before"], ids=["it was made", "it was not made"])
def test_tokens_revoked_while_the_outcome_is_unclear(linked: Stage, fault: str) -> None:
    linked.globus_fault("hang", method=JOBS, seconds=0.1)
    linked.globus_fault(fault)
    linked.globus_fault("hang", method=JOBS, seconds=1)
    linked.schedule(SHARED, LAPTOP)
    linked.wait(lambda: linked.globus_calls() == 1, "the call")
    revoke_tokens(linked)
    linked.shown(f"{ENDED}. Sign in again, so that I can look whether the timer was made")
    assert not has(linked.ada.top(), "create_again")
    before = linked.globus_calls()
    linked.ada.close()
    message = linked.told("so that I can look whether the timer was made")
    linked.restart_bot()
    assert linked.globus_calls() == before == 1
    linked.sign_in_by(message)

    linked.announced()
    assert len(linked.timers()) == 1
    assert linked.globus_calls() == (1 if fault == "drop_after" else 2)


def test_tokens_revoked_while_browsing(linked: Stage) -> None:
    revoke_tokens(linked)
    begin_browsing(linked)
    linked.shown(ENDED)
    linked.sign_in()

    linked.shown("run-001")


def test_tokens_revoked_while_searching_leave_what_everybody_sees(linked: Stage) -> None:
    revoke_tokens(linked)
    linked.open_form()

    [nothing] = linked.ada.search("source_collection", "")
    assert ENDED in nothing["text"]["text"]
    found = linked.ada.search("source_collection", "campus")
    assert "Campus Storage" in [one["text"]["text"] for one in found]


def test_without_a_secret_searching_says_that_the_sign_in_has_ended(empty_stage: Stage) -> None:
    stage = empty_stage
    stage.start_bot(GLOBUS_CLIENT_ID=NATIVE_CLIENT.client_id, GLOBUS_CLIENT_SECRET="")
    stage.link_account()
    revoke_tokens(stage)
    stage.open_form()

    [nothing] = stage.ada.search("source_collection", "campus")
    assert ENDED in nothing["text"]["text"]


def test_the_home_tab_says_it_and_leads_back(linked: Stage) -> None:
    revoke_tokens(linked)
    linked.schedule(SHARED, LAPTOP)
    linked.shown(ENDED)
    linked.ada.close()
    linked.ada.open_home()
    linked.wait(lambda: ENDED in words(linked.ada.home()), "the Home tab to say it")
    linked.ada.press_at_home("home_connect")
    assert "Sign in again as" in words(linked.ada.top())
    linked.sign_in()

    linked.announced()
    linked.wait(lambda: ENDED not in words(linked.ada.home()), "the Home tab to be as before")


def test_disconnecting_says_that_nothing_can_be_deleted(linked: Stage) -> None:
    linked.schedule(SHARED, LAPTOP)
    linked.announced()
    linked.ada.close()
    revoke_tokens(linked)
    linked.ada.command("disconnect", channel_id=LAB_DATA)

    linked.shown(f"{ENDED}, so I can delete no timers")


# Expired access tokens


def test_expired_access_tokens_are_refreshed_once_however_many_calls_need_them(linked: Stage) -> None:
    lever(linked, "advance", seconds=TWO_DAYS)
    before = linked.globus_traffic()[-1]["number"]
    linked.schedule(BEAMLINE, CAMPUS)
    linked.shown("Globus needs your consent")

    side_by_side = [one for one in linked.globus_traffic(before) if one["status"] == 401]
    assert len(side_by_side) >= len(refreshes(linked)) == 3
    assert linked.globus_calls() == 0
