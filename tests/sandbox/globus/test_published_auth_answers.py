"""The sandbox's Auth beside the answers that the SDK publishes: the same status, keys and JSON types."""

import pkgutil
import re

import pytest
from globus_sdk import GlobusHTTPResponse
from globus_sdk.testing import get_response_set
from globus_sdk.testing.data import auth as published

from bot.sandbox.globus.collections import BEAMLINE
from bot.sandbox.globus.identities import ADA, GRACE
from bot.sandbox.globus.scopes import TRANSFER_SCOPE, data_access_scope
from tests.sandbox.globus.pretend_globus import Sandbox
from tests.sandbox.globus.published import Call, Case, found_differences

STATE = "state is extra"


def _spent(globus: Sandbox) -> GlobusHTTPResponse:
    client = globus.confidential()
    client.oauth2_start_flow("https://auth.globus.org/v2/web/auth-code", "openid")
    return client.oauth2_exchange_code_for_tokens("spent")


def _introspected(globus: Sandbox) -> GlobusHTTPResponse:
    tokens = globus.sign_in("openid profile email")
    return globus.confidential().oauth2_token_introspect(tokens["access_token"])


def _revoked(globus: Sandbox) -> GlobusHTTPResponse:
    return globus.confidential().oauth2_revoke_token(globus.sign_in("openid")["access_token"])


def _consents(globus: Sandbox) -> GlobusHTTPResponse:
    tokens = globus.sign_in(f"openid {TRANSFER_SCOPE}[*{data_access_scope(BEAMLINE.id)}]")
    return globus.auth(tokens).get_consents(ADA.id)


def _identities(*usernames: str) -> Call:
    return lambda globus: globus.auth(globus.sign_in("openid")).get_identities(usernames=usernames)


CASES = (
    Case(
        "oauth2_exchange_code_for_tokens",
        lambda globus: globus.sign_in(TRANSFER_SCOPE, refresh=False),
        {},
    ),
    Case(
        "oauth2_exchange_code_for_tokens",
        lambda globus: globus.sign_in("openid", refresh=False),
        {STATE: "the default case has it, and the SDK always sends a state"},
        "openid",
    ),
    Case(
        "oauth2_exchange_code_for_tokens",
        _spent,
        {
            "status is 400, not 401": "RFC 6749, section 5.2 reserves 401 for the app's own credentials",
            "error_description is extra": "the same section allows it, and it helps who reads the log",
        },
        "invalid_grant",
    ),
    Case(
        "oauth2_client_credentials_tokens",
        lambda globus: globus.confidential().oauth2_client_credentials_tokens(TRANSFER_SCOPE),
        {},
    ),
    Case(
        "oauth2_client_credentials_tokens",
        lambda globus: globus.confidential().oauth2_client_credentials_tokens("openid"),
        {},
        "openid",
    ),
    Case("oauth2_token_introspect", _introspected, {}),
    Case("oauth2_revoke_token", _revoked, {}),
    Case("get_consents", _consents, {}),
    Case("get_identities", _identities(ADA.username), {}),
    Case("get_identities", _identities("nobody@nowhere.example"), {}, "empty"),
    Case("get_identities", _identities(ADA.username, GRACE.username), {}, "multiple"),
    Case("get_identities", _identities(GRACE.username), {}, "sirosen"),
    Case(
        "get_identities",
        _identities(ADA.username),
        {"identities[].identity_type is missing": "the other cases have none; only Globus ID's own do"},
        "globusid",
    ),
    Case(
        "get_identities",
        lambda globus: globus.confidential().get("/v2/api/identities"),
        {},
        "unauthorized",
    ),
    Case(
        "userinfo",
        lambda globus: globus.confidential().get("/v2/oauth2/userinfo"),
        {},
        "unauthorized",
    ),
    Case(
        "userinfo",
        lambda globus: globus.auth(globus.sign_in("email")).userinfo(),
        {},
        "forbidden",
    ),
)
LEFT_OUT = {
    "oauth2_get_dependent_tokens": "for services that act on a token they were given; the bot is none",
    "get_identity_providers": "the bot knows people by their identities only",
}
_DEVELOPERS = re.compile(r"(create|delete|get|update)_(child_client|client|native_app|polic|project|scope)")
"""The API with which developers register apps; the sandbox's apps are registered already."""


@pytest.mark.parametrize("case", CASES, ids=str)
def test_an_answer_has_the_published_shape(case: Case) -> None:
    assert found_differences("auth", case) == sorted(case.differing)


def test_each_published_answer_is_compared_or_left_out_for_a_reason() -> None:
    names = {module.name for module in pkgutil.iter_modules(published.__path__)} - {"_common"}
    served = {name for name in names - LEFT_OUT.keys() if not _DEVELOPERS.match(name)}
    assert {(case.name, case.case) for case in CASES} == {
        (name, case) for name in served for case in get_response_set(f"auth.{name}").cases()
    }
