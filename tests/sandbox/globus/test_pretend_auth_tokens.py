from typing import Any

import jwt
import pytest
import requests
from globus_sdk import (
    AuthAPIError,
    IDTokenDecoder,
    RefreshTokenAuthorizer,
    TransferClient,
)

from bot.sandbox.globus.collections import BEAMLINE, CAMPUS, SHARED
from bot.sandbox.globus.identities import ADA, CODE_PAGE, CONFIDENTIAL_CLIENT, GRACE, NATIVE_CLIENT
from bot.sandbox.globus.scopes import (
    AUTH_SERVER,
    TIMERS_ID,
    TIMERS_SCOPE,
    TRANSFER_SCOPE,
    TRANSFER_SERVER,
    data_access_scope,
)
from tests.sandbox.globus.pretend_globus import Sandbox, everything, refusal_of, sandbox

DAY = 86_400


def _post(globus: Sandbox, path: str = "", *, secret: str | None = None, **form: str) -> tuple[int, Any]:
    """Post to the token endpoint by hand; gives the status and the document."""
    basic = (CONFIDENTIAL_CLIENT.client_id, secret) if secret is not None else None
    answer = requests.post(f"{globus.base}/v2/oauth2/token{path}", data=form, auth=basic, timeout=10)
    return answer.status_code, answer.json()


def _is_active(globus: Sandbox, token: str) -> bool:
    return bool(globus.confidential().oauth2_token_introspect(token)["active"])


def test_tokens_come_one_per_resource_server_with_root_scopes_only() -> None:
    with sandbox() as globus:
        tokens = globus.sign_in(everything(BEAMLINE.id)).by_resource_server
        plain = globus.sign_in("openid", refresh=False).data
    assert {server: one["scope"] for server, one in tokens.items()} == {
        AUTH_SERVER: "openid profile email",
        TRANSFER_SERVER: TRANSFER_SCOPE,
        TIMERS_ID: TIMERS_SCOPE,
    }
    assert all(one["refresh_token"] for one in tokens.values())
    assert "refresh_token" not in plain
    assert (plain["expires_in"], plain["token_type"], plain["state"]) == (172800, "Bearer", "_default")


def test_an_id_token_says_who_signed_in() -> None:
    with sandbox() as globus:
        client = globus.confidential()
        tokens = globus.sign_in(everything(), GRACE, client=client)
        claims = IDTokenDecoder(client).decode(tokens["id_token"])
        narrow = IDTokenDecoder(client).decode(globus.sign_in("openid", client=client)["id_token"])
        header = jwt.get_unverified_header(tokens["id_token"])
    assert header["alg"] == "RS512"
    assert (claims["sub"], claims["preferred_username"], claims["email"]) == (
        GRACE.id,
        GRACE.username,
        GRACE.email,
    )
    assert (claims["iss"], claims["aud"]) == ("https://auth.globus.org", CONFIDENTIAL_CLIENT.client_id)
    assert claims["exp"] - claims["iat"] == 172800
    assert claims["identity_set"][0]["username"] == GRACE.username
    assert narrow.keys() == {"sub", "iss", "aud", "exp", "iat", "at_hash", "last_authentication"}


def test_a_native_app_proves_itself_with_its_verifier() -> None:
    with sandbox() as globus:
        client = globus.native()
        tokens = client.oauth2_exchange_code_for_tokens(globus.code(client))
        assert tokens.decode_id_token()["sub"] == ADA.id
        renewed = client.oauth2_refresh_token(tokens["refresh_token"])
        assert renewed["access_token"] != tokens["access_token"]
        client.oauth2_revoke_token(renewed["access_token"])


def test_a_wrong_verifier_gets_nothing() -> None:
    with sandbox() as globus:
        client = globus.native()
        code = globus.code(client)
        status, answer = _post(
            globus,
            grant_type="authorization_code",
            code=code,
            redirect_uri=f"{globus.base}{CODE_PAGE}",
            client_id=NATIVE_CLIENT.client_id,
            code_verifier="x" * 43,
        )
        assert (status, answer["error"]) == (400, "invalid_grant")
        assert client.oauth2_exchange_code_for_tokens(code)["access_token"]


def test_a_code_works_once_and_trying_again_revokes_what_it_gave() -> None:
    with sandbox() as globus:
        client = globus.confidential()
        code = globus.code(client)
        tokens = client.oauth2_exchange_code_for_tokens(code)
        before = _is_active(globus, tokens["access_token"])
        again = refusal_of(lambda: client.oauth2_exchange_code_for_tokens(code))
        after = [_is_active(globus, tokens[kind]) for kind in ("access_token", "refresh_token")]
    assert (again.http_status, again.raw_json and again.raw_json["error"]) == (400, "invalid_grant")
    assert (before, after) == (True, [False, False])


def test_a_code_expires_after_ten_minutes() -> None:
    with sandbox() as globus:
        client = globus.confidential()
        code = globus.code(client)
        globus.clock.advance(601)
        assert refusal_of(lambda: client.oauth2_exchange_code_for_tokens(code)).http_status == 400


def test_a_code_is_worth_nothing_to_another_app_or_at_another_address() -> None:
    with sandbox() as globus:
        client = globus.confidential()
        code = globus.code(client)
        elsewhere = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": "https://evil.example/",
        }
        assert _post(globus, secret=CONFIDENTIAL_CLIENT.secret, **elsewhere)[0] == 400
        there = elsewhere | {"redirect_uri": f"{globus.base}{CODE_PAGE}"}
        assert _post(globus, client_id=NATIVE_CLIENT.client_id, **there)[0] == 400
        assert client.oauth2_exchange_code_for_tokens(code)["access_token"]


@pytest.mark.parametrize(
    ("secret", "form"),
    [
        ("wrong", {}),
        ("", {}),
        (None, {}),
        (None, {"client_id": CONFIDENTIAL_CLIENT.client_id}),
        (None, {"client_id": "stranger"}),
    ],
)
def test_wrong_credentials_are_refused(secret: str | None, form: dict[str, str]) -> None:
    with sandbox() as globus:
        for path in ("", "/revoke", "/introspect", "/validate"):
            status, answer = _post(globus, path, secret=secret, grant_type="client_credentials", **form)
            assert (status, answer["error"]) == (401, "invalid_client")


def test_credentials_that_cannot_be_read_are_refused() -> None:
    with sandbox() as globus:
        for header in ("Basic ÿ", "Basic ?", "Basic /w=="):
            answer = requests.post(
                f"{globus.base}/v2/oauth2/token",
                headers={"Authorization": header.encode("latin-1")},
                timeout=10,
            )
            assert answer.status_code == 401


def test_a_refresh_token_renews_until_it_is_revoked() -> None:
    with sandbox() as globus:
        client = globus.confidential()
        tokens = globus.sign_in("openid", client=client)
        renewed = client.oauth2_refresh_token(tokens["refresh_token"])
        assert (renewed["refresh_token"], renewed["other_tokens"]) == (tokens["refresh_token"], [])
        client.oauth2_revoke_token(tokens["refresh_token"])
        again = refusal_of(lambda: client.oauth2_refresh_token(tokens["refresh_token"]))
        assert (again.http_status, again.raw_json and again.raw_json["error"]) == (400, "invalid_grant")
        assert not _is_active(globus, renewed["access_token"])


def test_access_tokens_live_two_days_and_unused_refresh_tokens_half_a_year() -> None:
    with sandbox() as globus:
        client = globus.confidential()
        tokens = globus.sign_in("openid", client=client)
        refresh = tokens["refresh_token"]
        globus.clock.advance(2 * DAY - 60)
        assert _is_active(globus, tokens["access_token"])
        globus.clock.advance(61)
        assert not _is_active(globus, tokens["access_token"])
        globus.clock.advance(180 * DAY)
        client.oauth2_refresh_token(refresh)
        globus.clock.advance(180 * DAY)
        client.oauth2_refresh_token(refresh)
        globus.clock.advance(184 * DAY)
        assert isinstance(refusal_of(lambda: client.oauth2_refresh_token(refresh)), AuthAPIError)


def test_the_sdk_renews_by_itself_when_a_token_has_expired() -> None:
    with sandbox() as globus:
        client = globus.confidential()
        tokens = globus.sign_in(TRANSFER_SCOPE, client=client)
        globus.clock.advance(3 * DAY)
        authorizer = RefreshTokenAuthorizer(
            tokens["refresh_token"], client, access_token=tokens["access_token"], expires_at=2**40
        )
        with TransferClient(authorizer=authorizer, base_url=globus.base) as transfer:
            assert transfer.get_endpoint(BEAMLINE.id)["display_name"] == BEAMLINE.display_name


def test_revoking_the_consent_ends_the_tokens() -> None:
    with sandbox() as globus:
        client = globus.confidential()
        tokens = globus.sign_in(everything(), client=client).by_resource_server
        globus.do("revoke_consent", username=ADA.username, scope=TIMERS_SCOPE)
        gone = tokens[TIMERS_ID]["refresh_token"]
        assert refusal_of(lambda: client.oauth2_refresh_token(gone)).http_status == 400
        assert client.oauth2_refresh_token(tokens[TRANSFER_SERVER]["refresh_token"])["access_token"]


def test_all_tokens_of_a_person_can_be_revoked() -> None:
    with sandbox() as globus:
        client = globus.confidential()
        ada = globus.sign_in("openid", client=client)["refresh_token"]
        grace = globus.sign_in("openid", GRACE, client=client)["refresh_token"]
        globus.do("revoke_tokens", username=ADA.username)
        assert refusal_of(lambda: client.oauth2_refresh_token(ada)).http_status == 400
        assert client.oauth2_refresh_token(grace)["access_token"]


def test_a_token_can_be_validated_by_its_own_app_only() -> None:
    with sandbox() as globus:
        token = globus.sign_in("openid")["refresh_token"]
        own = _post(globus, "/validate", secret=CONFIDENTIAL_CLIENT.secret, token=token)
        other = _post(globus, "/validate", client_id=NATIVE_CLIENT.client_id, token=token)
        _post(globus, "/revoke", client_id=NATIVE_CLIENT.client_id, token=token)
        assert _is_active(globus, token)
    assert (own, other) == ((200, {"active": True}), (200, {"active": False}))


def test_introspection_tells_more_when_asked() -> None:
    with sandbox() as globus:
        token = globus.sign_in("openid")["access_token"]
        client = globus.confidential()
        more = client.oauth2_token_introspect(token, include="identity_set,session_info")
    assert more["identity_set"] == [ADA.id]
    assert more["session_info"]["authentications"][ADA.id]["auth_time"] == more["iat"]


def test_an_app_acts_for_itself_with_its_credentials() -> None:
    with sandbox() as globus:
        client = globus.confidential()
        wanted = f"openid {TIMERS_SCOPE}[{TRANSFER_SCOPE}[*{data_access_scope(CAMPUS.id)}]]"
        tokens = client.oauth2_client_credentials_tokens(wanted)
        assert {one["refresh_token"] for one in tokens.by_resource_server.values()} == {None}
        assert tokens.decode_id_token()["sub"] == CONFIDENTIAL_CLIENT.client_id
        forest = globus.auth(tokens).get_consents(CONFIDENTIAL_CLIENT.client_id).to_forest()
        assert forest.meets_scope_requirements(wanted)


def test_an_app_is_told_which_scopes_are_unknown() -> None:
    with sandbox() as globus:
        client = globus.confidential()
        wanted = f"{TRANSFER_SCOPE}[{data_access_scope(SHARED.id)}]"
        error = refusal_of(lambda: client.oauth2_client_credentials_tokens(wanted))
    assert error.http_status == 400
    assert error.raw_json
    assert data_access_scope(SHARED.id) in error.raw_json["error_description"]


@pytest.mark.parametrize("scope", ["", "a[", "nonsense"])
def test_an_app_has_to_ask_for_scopes_that_exist(scope: str) -> None:
    with sandbox() as globus:
        form = {"grant_type": "client_credentials", "scope": scope}
        assert _post(globus, secret=CONFIDENTIAL_CLIENT.secret, **form)[0] == 400


def test_a_native_app_cannot_act_for_itself_and_grants_have_names() -> None:
    native = {"client_id": NATIVE_CLIENT.client_id, "scope": "openid"}
    with sandbox() as globus:
        alone = _post(globus, grant_type="client_credentials", **native)
        unheard = _post(globus, grant_type="password", **native)
    assert (alone[0], alone[1]["error"]) == (400, "unauthorized_client")
    assert (unheard[0], unheard[1]["error"]) == (400, "unsupported_grant_type")
