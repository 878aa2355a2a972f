"""Auth's own API: identities, consents, and what OpenID Connect publishes."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from aiohttp import web

from bot.sandbox.globus.auth_pages import AUTHORIZE
from bot.sandbox.globus.calls import Handler
from bot.sandbox.globus.directory import identities, identity_with_id
from bot.sandbox.globus.errors import Refused, auth_error
from bot.sandbox.globus.globus import Globus
from bot.sandbox.globus.grants import Caller, InvalidToken
from bot.sandbox.globus.id_tokens import ALGORITHM, ISSUER, claims_about
from bot.sandbox.globus.identities import Identity
from bot.sandbox.globus.scopes import AUTH_SERVER, VIEW_CONSENTS_SCOPE
from bot.sandbox.wire import Json


async def userinfo(globus: Globus, request: web.Request) -> web.StreamResponse:
    """Say who the caller is, as far as the token's scopes go (OpenID Connect Core, section 5.3)."""
    caller = _caller(globus, request)
    identity = identity_with_id(caller.identity_id)
    if identity is None or "openid" not in caller.scopes:
        raise _forbidden("The token lacks the scope openid.")
    return web.json_response(claims_about(identity, caller.scopes))


async def look_identities_up(globus: Globus, request: web.Request) -> web.StreamResponse:
    """Give identities by `ids` or `usernames`, separated by commas; unknown ones are left out."""
    _caller(globus, request)
    wanted = [request.query.get(name, "") for name in ("ids", "usernames")]
    if all(wanted) or not any(wanted):
        raise auth_error(HTTPStatus.BAD_REQUEST, "INVALID_PARAMETERS", "Give either ids or usernames.")
    names = {name.strip().lower() for name in ",".join(wanted).split(",")}
    found = [_described(one) for one in identities() if names & {one.id, one.username}]
    return web.json_response({"identities": found})


async def list_consents(globus: Globus, request: web.Request) -> web.StreamResponse:
    """Give the caller's own consents: to the app that calls, or with `all`, to all apps."""
    caller = _caller(globus, request)
    if request.match_info["id"] != caller.identity_id:
        raise _forbidden("You can see only your own consents.")
    is_all = request.query.get("all", "false").lower() == "true"
    if is_all and VIEW_CONSENTS_SCOPE not in caller.scopes:
        raise _forbidden("The token lacks the scope view_consents.")
    held = globus.consents.of(caller.identity_id, None if is_all else caller.client_id)
    return web.json_response({"consents": [consent.document() for consent in held]})


async def describe(globus: Globus, _request: web.Request) -> web.StreamResponse:
    """Give Auth's description of itself (OpenID Connect Discovery, section 4)."""
    endpoint = f"{globus.origin}/v2/oauth2"
    return web.json_response(
        {
            "issuer": ISSUER,
            "authorization_endpoint": f"{globus.origin}{AUTHORIZE}",
            "token_endpoint": f"{endpoint}/token",
            "revocation_endpoint": f"{endpoint}/token/revoke",
            "userinfo_endpoint": f"{endpoint}/userinfo",
            "jwks_uri": f"{globus.origin}/jwk.json",
            "scopes_supported": ["openid", "email", "profile"],
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [ALGORITHM],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            "code_challenge_methods_supported": ["S256"],
        }
    )


async def publish_keys(globus: Globus, _request: web.Request) -> web.StreamResponse:
    """Give the key that ID tokens are signed with."""
    return web.json_response(globus.id_tokens.keys())


def _caller(globus: Globus, request: web.Request) -> Caller:
    try:
        return globus.grants.caller(request.headers.get("Authorization"), AUTH_SERVER)
    except InvalidToken as problem:
        raise auth_error(HTTPStatus.UNAUTHORIZED, "UNAUTHORIZED", "Call must be authenticated") from problem


def _forbidden(detail: str) -> Refused:
    return auth_error(HTTPStatus.FORBIDDEN, "FORBIDDEN", detail)


def _described(identity: Identity) -> Json:
    return {
        "id": identity.id,
        "username": identity.username,
        "name": identity.name,
        "email": identity.email,
        "organization": identity.organization,
        "identity_provider": identity.provider_id,
        "status": "used",
    }


ROUTES: Final[Mapping[tuple[str, str], Handler]] = {
    ("GET", "/v2/oauth2/userinfo"): userinfo,
    ("GET", "/v2/api/identities"): look_identities_up,
    ("GET", "/v2/api/identities/{id}/consents"): list_consents,
    ("GET", "/.well-known/openid-configuration"): describe,
    ("GET", "/jwk.json"): publish_keys,
}
