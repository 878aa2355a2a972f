import re
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from bot.sandbox.globus.collections import BEAMLINE, CAMPUS, COLLECTIONS, SHARED
from bot.sandbox.globus.identities import ADA, CODE_PAGE, CONFIDENTIAL_CLIENT, GRACE, NATIVE_CLIENT
from bot.sandbox.globus.scopes import TRANSFER_SCOPE, data_access_scope
from bot.sandbox.person import Browser, NotDone
from tests.sandbox.globus.pretend_globus import CALLBACK, Json, Sandbox, everything, sandbox

SIGN_IN = "/v2/oauth2/authorize"


def _asking(**changed: str | None) -> Json:
    """Give a request that Auth takes, with changes; None leaves a parameter out."""
    asked = {
        "client_id": CONFIDENTIAL_CLIENT.client_id,
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "scope": everything(BEAMLINE.id),
        "state": "the state",
        "access_type": "offline",
    }
    return {name: value for name, value in (asked | changed).items() if value is not None}


def _page(globus: Sandbox, **changed: str | None) -> requests.Response:
    return requests.get(f"{globus.base}{SIGN_IN}", params=_asking(**changed), timeout=10)


def _decide(globus: Sandbox, *, decision: str | None = "allow", **changed: str | None) -> requests.Response:
    form = _asking(**changed) | {"decision": decision, "identity": ADA.username}
    return requests.post(f"{globus.base}{SIGN_IN}", data=form, allow_redirects=False, timeout=10)


def test_the_page_says_in_words_who_asks_for_what() -> None:
    with sandbox() as globus:
        client = globus.confidential()
        client.oauth2_start_flow(CALLBACK, everything(BEAMLINE.id, CAMPUS.id))
        page = Browser().open(client.oauth2_get_authorize_url())
    for words in (
        "Sandbox.",
        "transferbot would like to",
        "Transfer files with Globus Transfer",
        "Manage timers",
        "Access data on Beamline 7 Data (optional)",
        "Ada Lovelace",
        "Grace Hopper",
    ):
        assert words in page.words
    assert page.words.count("Access data on") == 2
    assert sorted(page.consents) == [BEAMLINE.id, CAMPUS.id]


def test_what_is_not_optional_has_no_checkbox() -> None:
    with sandbox() as globus:
        wanted = f"{TRANSFER_SCOPE}[{data_access_scope(BEAMLINE.id)}] *email"
        answer = _page(globus, scope=wanted)
    assert "Access data on Beamline 7 Data" in answer.text
    assert BEAMLINE.id not in answer.text.partition("<fieldset>")[2]
    assert 'name="consent" value="email" checked' in answer.text


def test_the_page_loads_nothing_and_escapes_what_it_shows() -> None:
    with sandbox() as globus:
        answer = _page(globus, session_message="<script>alert(1)</script>", state='"><script>')
    assert "<script" not in answer.text
    assert not re.search(r'src=|href="(?!data:,"|#main")|url\(|@import', answer.text)
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "&lt;script&gt;alert(1)" in answer.text


def test_allowing_sends_the_person_back_with_a_code_and_the_state() -> None:
    with sandbox() as globus:
        answer = _decide(globus, redirect_uri=CALLBACK)
    there = urlsplit(answer.headers["Location"])
    query = parse_qs(there.query)
    assert (answer.status_code, there._replace(query="").geturl()) == (302, CALLBACK)
    assert (query["state"], len(query["code"])) == (["the state"], 1)


def test_denying_sends_the_person_back_with_a_refusal_and_no_consent() -> None:
    with sandbox() as globus:
        query = parse_qs(urlsplit(_decide(globus, decision="deny").headers["Location"]).query)
        on_code_page = _decide(globus, decision="deny", redirect_uri=f"{globus.base}{CODE_PAGE}")
        tokens = globus.sign_in("openid")
        held = globus.auth(tokens).get_consents(ADA.id)["consents"]
    assert (query["error"], query["state"]) == (["access_denied"], ["the state"])
    assert "You declined" in on_code_page.text
    assert [one["scope_name"] for one in held] == ["openid"]


def test_declining_all_that_is_asked_is_denying() -> None:
    with sandbox() as globus:
        query = parse_qs(urlsplit(_decide(globus, scope="*email").headers["Location"]).query)
    assert query["error"] == ["access_denied"]


def test_what_was_allowed_before_is_marked() -> None:
    with sandbox() as globus:
        globus.sign_in(everything(BEAMLINE.id), GRACE)
        text = _page(globus, scope=everything(BEAMLINE.id, CAMPUS.id)).text
    rows = {row.partition("</li>")[0] for row in text.split("<li>")[1:]}
    assert {"Allowed before by Grace Hopper" in row for row in rows if "Beamline" in row} == {True}
    assert {"Allowed before" in row for row in rows if "Campus" in row} == {False}


def test_a_person_who_is_asked_for_is_chosen_already() -> None:
    with sandbox() as globus:
        text = _page(globus, session_required_identities=GRACE.id, session_required_mfa="False").text
    assert f'value="{GRACE.username}" checked' in text
    assert f'value="{ADA.username}" checked' not in text


def test_prompting_and_session_parameters_are_taken() -> None:
    with sandbox() as globus:
        answer = _page(
            globus,
            prompt="login",
            prefill_named_grant="my laptop",
            session_required_single_domain="sandbox-lab.example",
            session_required_policies="",
        )
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"client_id": "stranger"}, "Unknown client"),
        ({"client_id": None}, "Unknown client"),
        ({"redirect_uri": "https://evil.example/"}, "Mismatching redirect URI"),
        ({"redirect_uri": "http://127.0.0.1:1/elsewhere"}, "Mismatching redirect URI"),
        ({"redirect_uri": "http://["}, "Mismatching redirect URI"),
        ({"redirect_uri": None}, "Mismatching redirect URI"),
        ({"response_type": "token"}, "Unsupported response type"),
        ({"scope": None}, "Missing required parameter"),
        ({"scope": "openid["}, "Invalid scope"),
        ({"scope": "openid nonsense"}, "['nonsense']"),
        ({"client_id": NATIVE_CLIENT.client_id}, "Missing code challenge"),
        ({"code_challenge": "x", "code_challenge_method": "plain"}, "Unsupported code challenge"),
    ],
)
def test_a_request_that_cannot_go_on_is_an_error_page(changed: dict[str, str | None], words: str) -> None:
    with sandbox() as globus:
        answer = _page(globus, **changed)
        posted = _decide(globus, **changed)
    assert (answer.status_code, posted.status_code) == (400, 400)
    assert answer.headers["Content-Type"].startswith("text/html")
    assert words in answer.text.replace("&#x27;", "'")


@pytest.mark.parametrize(
    "collection_id",
    [one.id for one in COLLECTIONS if not one.has_data_access] + ["ffffffff-5a4d-4b0f-8b07-000000000000"],
)
def test_data_access_that_does_not_exist_is_named_on_the_page(collection_id: str) -> None:
    with sandbox() as globus:
        client = globus.confidential()
        client.oauth2_start_flow(CALLBACK, everything(BEAMLINE.id, collection_id))
        with pytest.raises(NotDone) as caught:
            Browser().open(client.oauth2_get_authorize_url())
    assert "Unknown scope(s)" in str(caught.value)
    assert f"['{data_access_scope(collection_id)}']" in str(caught.value)
    assert BEAMLINE.id not in str(caught.value)


def test_nobody_is_let_in_without_saying_who_they_are() -> None:
    with sandbox() as globus:
        form = _asking() | {"decision": "allow", "identity": "mallory"}
        answer = requests.post(f"{globus.base}{SIGN_IN}", data=form, timeout=10)
    assert (answer.status_code, "Nobody signed in" in answer.text) == (400, True)


@pytest.mark.parametrize("address", ["http://localhost:3", "http://127.0.0.1:4", "https://auth.globus.org"])
def test_the_code_page_is_known_by_any_of_its_addresses(address: str) -> None:
    with sandbox() as globus:
        answer = _decide(globus, redirect_uri=f"{address}{CODE_PAGE}")
        shown = requests.get(globus.base + answer.headers["Location"], timeout=10)
    assert 'id="code"' in shown.text


def test_the_front_page_says_what_is_here() -> None:
    with sandbox() as globus:
        front = requests.get(globus.base, timeout=10).text
        gone = requests.get(f"{globus.base}/nowhere", headers={"Accept": "text/html"}, timeout=10)
    assert all(words in front for words in (ADA.username, NATIVE_CLIENT.client_id, SHARED.display_name))
    assert (gone.status_code, "no such page" in gone.text) == (404, True)
