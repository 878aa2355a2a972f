import asyncio
import base64
import hashlib
from collections.abc import Awaitable, Callable
from typing import Any

import jwt
import pytest
import requests
from aiohttp import web
from slack_sdk.oauth import OpenIDConnectAuthorizeUrlGenerator
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.person import Browser, NotDone
from bot.sandbox.serving import served
from bot.sandbox.slack.neighbours import ENTERPRISE_ID, NAMESAKE, OBSERVATORY_TEAM, VERA
from bot.sandbox.slack.workspace import ADA, GRACE, KATHERINE, NEIGHBOUR_TEAM, TEAM_ID
from tests.sandbox.slack.pretend_slack import (
    CALLBACK,
    CREDENTIALS,
    Sandbox,
    answer_page,
    error_of,
    install_address,
    page_at,
    sandbox,
    vendor_client,
)

pytestmark = vendor_client

Json = dict[str, Any]
ADA_HERE = f"{TEAM_ID}/{ADA}"


def _address(slack: Sandbox, *, team: str | None = TEAM_ID, redirect_uri: str = CALLBACK) -> str:
    address: str = OpenIDConnectAuthorizeUrlGenerator(
        client_id=CREDENTIALS.client_id,
        redirect_uri=redirect_uri,
        scopes=["openid", "profile", "email"],
        authorization_url=f"{slack.base}/openid/connect/authorize",
    ).generate(state="s-1", nonce="n-1", team=team)
    return address


def _tokens(slack: Sandbox, code: str, **more: str) -> Awaitable[Any]:
    client = AsyncWebClient(base_url=f"{slack.base}/api/")
    given = {
        "client_id": CREDENTIALS.client_id,
        "client_secret": CREDENTIALS.client_secret,
        "code": code,
        "redirect_uri": CALLBACK,
    }
    return client.openid_connect_token(**(given | more))


def _sign_in(slack: Sandbox, who: str) -> Json:
    code = answer_page(page_at(_address(slack)), who)["code"]

    async def exchanged() -> Json:
        answer = await _tokens(slack, code)
        said = await AsyncWebClient(base_url=f"{slack.base}/api/").openid_connect_userInfo(
            token=answer["access_token"]
        )
        return {**answer.data, "said": said.data}

    return asyncio.run(exchanged())


def _claims(slack: Sandbox, id_token: str) -> Json:
    published = requests.get(f"{slack.base}/.well-known/openid-configuration", timeout=10).json()
    (key,) = requests.get(published["jwks_uri"], timeout=10).json()["keys"]
    claims: Json = jwt.decode(
        id_token,
        jwt.PyJWK(key).key,
        algorithms=published["id_token_signing_alg_values_supported"],
        audience=CREDENTIALS.client_id,
        issuer=published["issuer"],
        options={"require": ["exp", "iat", "nonce", "sub", "at_hash"]},
    )
    return claims


def test_a_person_signs_in_and_slack_says_who_they_are() -> None:
    with sandbox() as slack:
        answer = _sign_in(slack, ADA_HERE)
        claims = _claims(slack, answer["id_token"])
    said = answer["said"]
    assert answer["token_type"] == "Bearer"
    assert answer["access_token"].startswith("xoxp-")
    for document in (claims, said):
        assert document["sub"] == document["https://slack.com/user_id"] == ADA
        assert document["https://slack.com/team_id"] == TEAM_ID
        assert document["name"] == "Ada Lovelace"
        assert document["email"] == "ada@sandbox-lab.example"
        assert "https://slack.com/enterprise_id" not in document
    assert (claims["nonce"], claims["aud"]) == ("n-1", CREDENTIALS.client_id)
    digest = hashlib.sha256(answer["access_token"].encode()).digest()[:16]
    assert claims["at_hash"] == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    assert said["ok"]


def test_the_same_user_id_in_another_workspace_is_somebody_else() -> None:
    with sandbox() as slack:
        claims = _claims(slack, _sign_in(slack, f"{NEIGHBOUR_TEAM}/{NAMESAKE}")["id_token"])
    assert claims["https://slack.com/user_id"] == ADA
    assert claims["https://slack.com/team_id"] == NEIGHBOUR_TEAM
    assert claims["name"] == "Adam Lovett"


def test_somebody_in_an_enterprise_is_told_with_it() -> None:
    with sandbox() as slack:
        said = _sign_in(slack, f"{OBSERVATORY_TEAM}/{VERA}")["said"]
    assert said["https://slack.com/team_id"] == OBSERVATORY_TEAM
    assert said["https://slack.com/enterprise_id"] == ENTERPRISE_ID


def test_the_page_needs_no_script_and_lists_first_whom_the_app_asked_for() -> None:
    with sandbox() as slack:
        answer = requests.get(_address(slack, team=NEIGHBOUR_TEAM), timeout=10)
        page = page_at(_address(slack, team=NEIGHBOUR_TEAM))
    assert "<script" not in answer.text
    assert 'name="viewport"' in answer.text
    assert "pretend Slack" in page.words
    assert answer.cookies.get_dict() == {}
    assert page.people[0] == f"{NEIGHBOUR_TEAM}/{NAMESAKE}"
    assert {f"{TEAM_ID}/{one}" for one in (ADA, GRACE, KATHERINE)} < set(page.people)


def test_a_person_who_declines_is_sent_back_with_the_state() -> None:
    with sandbox() as slack:
        answer = answer_page(page_at(_address(slack)), ADA_HERE, decision="deny")
    assert answer == {"error": "access_denied", "state": "s-1"}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("scope=openid%2Cprofile%2Cemail", "scope=profile"), "must have openid"),
        (("scope=openid%2Cprofile%2Cemail", "scope=openid%20admin"), "admin"),
        (("response_type=code", "response_type=token"), "response_type"),
        ((CREDENTIALS.client_id, "9.9"), "client_id"),
        (("callback", "elsewhere"), "redirect_uri did not match"),
        (("127.0.0.1:9", "example.org"), "redirect_uri did not match"),
        (("callback", "callback/"), "redirect_uri did not match"),
        (("callback", "callback?x=1"), "redirect_uri did not match"),
    ],
)
def test_a_question_that_is_not_right_ends_on_a_page_of_slacks(
    change: tuple[str, str], sentence: str
) -> None:
    with sandbox() as slack:
        address = _address(slack).replace("scope=openid,profile,email", "scope=openid%2Cprofile%2Cemail")
        start, _, query = address.partition("?")
        answer = requests.get(f"{start}?{query.replace(*change)}", timeout=10, allow_redirects=False)
    assert answer.status_code == 400
    assert sentence in answer.text


def test_a_loopback_address_is_good_at_any_port() -> None:
    elsewhere = CALLBACK.replace(":9/", ":4711/")
    with sandbox() as slack:
        page_at(_address(slack, redirect_uri=elsewhere))


def _wrong(**changes: str) -> Callable[[Sandbox, str], Awaitable[Any]]:
    return lambda slack, code: _tokens(slack, **({"code": code} | changes))


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (_wrong(), "ok"),
        (_wrong(code="nonsense"), "invalid_code"),
        (_wrong(client_secret="guessed"), "bad_client_secret"),
        (_wrong(client_id="9.9"), "invalid_client_id"),
        (_wrong(redirect_uri="http://127.0.0.1:9/other"), "bad_redirect_uri"),
        (_wrong(redirect_uri=""), "bad_redirect_uri"),
        (_wrong(grant_type="password"), "invalid_grant_type"),
    ],
)
def test_an_exchange_that_is_not_right_is_refused_and_leaves_the_code_good(
    call: Callable[[Sandbox, str], Awaitable[Any]], error: str
) -> None:
    with sandbox() as slack:
        code = answer_page(page_at(_address(slack)), ADA_HERE)["code"]
        assert asyncio.run(error_of(call(slack, code))) == error
        again = asyncio.run(error_of(_tokens(slack, code)))
    assert again == ("code_already_used" if error == "ok" else "ok")


def test_a_code_lasts_ten_minutes_and_belongs_to_its_own_flow() -> None:
    with sandbox() as slack:
        late = answer_page(page_at(_address(slack)), ADA_HERE)["code"]
        slack.clock.advance(601)
        other = answer_page(page_at(install_address(slack)), ADA_HERE)["code"]
        assert asyncio.run(error_of(_tokens(slack, late))) == "invalid_code"
        assert asyncio.run(error_of(_tokens(slack, other))) == "oauth_authorization_url_mismatch"


def test_the_token_of_a_sign_in_opens_nothing_else() -> None:
    with sandbox() as slack:
        client = slack.client(_sign_in(slack, ADA_HERE)["access_token"])

        async def tried() -> list[str]:
            calls = (
                client.users_info(user=GRACE),
                client.chat_postMessage(channel=GRACE, text="hello"),
                client.chat_getPermalink(channel=GRACE, message_ts="1.0"),
                client.auth_test(),
                client.auth_revoke(),
                client.openid_connect_userInfo(),
            )
            return [await error_of(call) for call in calls]

        refused = asyncio.run(tried())
    assert refused == [
        "missing_scope",
        "missing_scope",
        "not_allowed_token_type",
        "ok",
        "ok",
        "token_revoked",
    ]
    with sandbox() as slack:
        assert asyncio.run(error_of(slack.client().openid_connect_userInfo())) == "missing_scope"


def test_a_call_is_in_the_log_without_what_is_secret() -> None:
    with sandbox() as slack:
        tokens = _sign_in(slack, ADA_HERE)
        log = str(asyncio.run(slack.see("traffic", after=0)))
    assert "openid.connect.token" in log
    for secret in (CREDENTIALS.client_secret, tokens["access_token"], tokens["id_token"]):
        assert secret not in log


def test_a_browser_goes_to_slack_and_back_with_its_cookie() -> None:
    seen: list[Json] = []

    async def start(_request: web.Request) -> web.StreamResponse:
        away = web.HTTPFound(_address(slack, redirect_uri=f"{base}/callback"))
        away.set_cookie("__Host-browser", "b-1", secure=True, httponly=True, samesite="Lax")
        raise away

    async def callback(request: web.Request) -> web.StreamResponse:
        seen.append({**request.query, **request.cookies})
        return web.Response(text="back again")

    app = web.Application()
    app.router.add_get("/start", start)
    app.router.add_get("/callback", callback)
    with sandbox() as slack, served(app) as base:
        assert Browser().sign_in_to_slack(f"{base}/start", GRACE).text == "back again"
        Browser().sign_in_to_slack(f"{base}/start", ADA, team_id=NEIGHBOUR_TEAM, allow=False)
        assert Browser().sign_in_to_slack(f"{base}/callback", GRACE).text == "back again"
        with pytest.raises(NotDone):
            Browser().sign_in_to_slack(f"{base}/start", "U0NOBODY01")
    assert seen[0].keys() == {"code", "state", "__Host-browser"}
    assert seen[1] == {"error": "access_denied", "state": "s-1", "__Host-browser": "b-1"}
    assert seen[2] == {}
