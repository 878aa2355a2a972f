"""Auth's token endpoints: getting, renewing, revoking and asking about tokens (RFC 6749, 7009, 7662)."""

import base64
from collections.abc import Callable, Mapping
from hmac import compare_digest
from http import HTTPStatus
from typing import Final, TypeAlias

from aiohttp import web

from bot.sandbox.globus import scopes
from bot.sandbox.globus.authorizing import unknown_scopes
from bot.sandbox.globus.calls import Handler
from bot.sandbox.globus.codes import CodeRefused
from bot.sandbox.globus.directory import client_with_id, identity_with_id
from bot.sandbox.globus.errors import Refused, oauth_error
from bot.sandbox.globus.globus import Globus
from bot.sandbox.globus.grants import ACCESS_SECONDS, InvalidToken, Issued, Token
from bot.sandbox.globus.id_tokens import ISSUER
from bot.sandbox.globus.identities import Client
from bot.sandbox.globus.scopes import AUTH_SERVER, BadScope, Scope
from bot.sandbox.wire import Json

Form: TypeAlias = Mapping[str, str]


async def give_tokens(globus: Globus, request: web.Request) -> web.StreamResponse:
    """Give tokens for a code, a refresh token, or an app's own credentials."""
    form = await _form(request)
    client = _client(request, form)
    grant = _GRANTS.get(form.get("grant_type", ""))
    if grant is None:
        raise oauth_error("unsupported_grant_type", "This grant type is not known.")
    return web.json_response(grant(globus, client, form))


async def revoke(globus: Globus, request: web.Request) -> web.StreamResponse:
    """Revoke a token; one that is unknown, or another app's, is answered alike."""
    form = await _form(request)
    client = _client(request, form)
    token = globus.grants.find(form.get("token", ""))
    if token and token.client_id == client.client_id:
        globus.grants.revoke(token.text)
    return web.json_response({"active": False})


async def validate(globus: Globus, request: web.Request) -> web.StreamResponse:
    """Say whether a token of the app still counts."""
    form = await _form(request)
    return web.json_response({"active": _own(globus, request, form) is not None})


async def introspect(globus: Globus, request: web.Request) -> web.StreamResponse:
    """Tell an app what a token of its own stands for (RFC 7662)."""
    form = await _form(request)
    token = _own(globus, request, form)
    return web.json_response(
        _about(token, form.get("include", "").split(",")) if token else {"active": False}
    )


def _by_code(globus: Globus, client: Client, form: Form) -> Json:
    try:
        code = globus.codes.redeem(
            form.get("code", ""),
            client_id=client.client_id,
            redirect_uri=form.get("redirect_uri", ""),
            verifier=form.get("code_verifier", ""),
        )
    except CodeRefused as refused:
        raise oauth_error("invalid_grant", str(refused)) from refused
    if code.identity_id in globus.closed:
        raise oauth_error("invalid_grant", "The account was closed.")
    issued = globus.grants.issue(
        identity_id=code.identity_id,
        client_id=code.client_id,
        scopes=code.scopes,
        grant_id=code.grant_id,
        with_refresh=code.with_refresh,
    )
    return _answer(globus, issued, **({"state": code.state} if code.state else {}))


def _by_refresh_token(globus: Globus, client: Client, form: Form) -> Json:
    try:
        issued = globus.grants.renew(form.get("refresh_token", ""), client.client_id)
    except InvalidToken as refused:
        raise oauth_error("invalid_grant", "The refresh token is not valid.") from refused
    # OpenID Connect Core 12.2 leaves it open whether this answer has an ID token: apps must do without.
    return _tokens(issued) | {"other_tokens": []}


def _by_credentials(globus: Globus, client: Client, form: Form) -> Json:
    if client.secret is None:
        raise oauth_error("unauthorized_client", "A native app cannot act for itself.")
    asked = _asked(client, form.get("scope", ""))
    globus.consents.grant(client.client_id, client.client_id, asked, allows_refresh=False)
    issued = globus.grants.issue(
        identity_id=client.client_id,
        client_id=client.client_id,
        scopes=[scope.name for scope in asked],
        grant_id=client.client_id,
        with_refresh=False,
    )
    return _answer(globus, issued)


_GRANTS: Final[Mapping[str, Callable[[Globus, Client, Form], Json]]] = {
    "authorization_code": _by_code,
    "refresh_token": _by_refresh_token,
    "client_credentials": _by_credentials,
}


def _asked(client: Client, text: str) -> tuple[Scope, ...]:
    try:
        asked = scopes.parse(text)
    except BadScope as problem:
        raise oauth_error("invalid_scope", str(problem)) from problem
    names = scopes.unknown(asked)
    if names:
        raise oauth_error("unknown_scope_error", unknown_scopes(client.client_id, names))
    if not asked:
        raise oauth_error("invalid_scope", "No scope is asked for.")
    return asked


def _answer(globus: Globus, issued: list[Issued], **state: str) -> Json:
    """Write several tokens: the first one on top, all others in a list."""
    first, *others = [_tokens(one) | state for one in issued]
    access = issued[0].access
    identity = identity_with_id(access.identity_id)
    if identity and access.resource_server == AUTH_SERVER and "openid" in access.scopes:
        first["id_token"] = globus.id_tokens.write(
            identity, client_id=access.client_id, scopes=access.scopes, access_token=access.text
        )
    return first | {"other_tokens": others}


def _tokens(issued: Issued) -> Json:
    refresh = {"refresh_token": issued.refresh.text} if issued.refresh else {}
    return {
        "access_token": issued.access.text,
        "scope": " ".join(issued.access.scopes),
        "expires_in": ACCESS_SECONDS,
        "token_type": "Bearer",
        "resource_server": issued.access.resource_server,
        **refresh,
    }


def _own(globus: Globus, request: web.Request, form: Form) -> Token | None:
    client = _client(request, form)
    token = globus.grants.find(form.get("token", ""))
    return token if token and token.client_id == client.client_id else None


def _about(token: Token, include: list[str]) -> Json:
    identity = identity_with_id(token.identity_id)
    about: Json = {
        "active": True,
        "token_type": "Bearer",
        "scope": " ".join(token.scopes),
        "client_id": token.client_id,
        "username": identity and identity.username,
        "name": identity and identity.name,
        "email": identity and identity.email,
        "exp": int(token.expires_at),
        "iat": int(token.issued_at),
        "nbf": int(token.issued_at),
        "sub": token.identity_id,
        "aud": [token.resource_server, token.client_id],
        "iss": ISSUER,
    }
    if "identity_set" in include:
        about["identity_set"] = [token.identity_id]
    if "session_info" in include:
        signed_in = {token.identity_id: {"auth_time": int(token.issued_at)}}
        about["session_info"] = {"session_id": token.grant_id, "authentications": signed_in}
    return about


async def _form(request: web.Request) -> Form:
    return {name: value for name, value in (await request.post()).items() if isinstance(value, str)}


def _client(request: web.Request, form: Form) -> Client:
    """Say which app calls: with its secret if it has one, else by its ID alone. Raises Refused, 401."""
    client_id, secret = _credentials(request.headers.get("Authorization", "")) or (
        form.get("client_id", ""),
        None,
    )
    client = client_with_id(client_id)
    if client is None or not _is_right(client.secret, secret):
        raise _invalid_client()
    return client


def _credentials(header: str) -> tuple[str, str] | None:
    kind, _, encoded = header.partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        client_id, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError as problem:
        raise _invalid_client() from problem
    return client_id, secret


def _is_right(expected: str | None, given: str | None) -> bool:
    if expected is None or given is None:
        return expected == given
    return compare_digest(expected.encode(), given.encode())


def _invalid_client() -> Refused:
    return oauth_error("invalid_client", "The app's credentials are wrong.", status=HTTPStatus.UNAUTHORIZED)


ROUTES: Final[Mapping[tuple[str, str], Handler]] = {
    ("POST", "/v2/oauth2/token"): give_tokens,
    ("POST", "/v2/oauth2/token/revoke"): revoke,
    ("POST", "/v2/oauth2/token/validate"): validate,
    ("POST", "/v2/oauth2/token/introspect"): introspect,
}
