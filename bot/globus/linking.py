"""Signing in at Globus Auth: the address, and the exchange of the code."""

import base64
import hashlib

import globus_sdk
from globus_sdk import IDTokenDecoder, OAuthAuthorizationCodeResponse
from globus_sdk.scopes import ScopeParser

from bot.accounts import Grant, Token
from bot.errors import CodeRefused, Refused, SignInNeeded
from bot.globus import scopes
from bot.globus.clients import Clients, Login, token_from
from bot.globus.errors import changing, reading
from bot.sessions import SessionRequirement
from bot.sign_ins import SignIn, SignInLink


class GlobusAuth:
    """Globus Auth's authorization code flow with PKCE, over the page that shows the code.

    PKCE (RFC 7636) is asked for with a client secret too, as RFC 9700 advises; the SDK leaves it out there.
    """

    def __init__(self, clients: Clients, *, redirect_uri: str = "") -> None:
        self._clients = clients
        self._redirect_uri = redirect_uri

    def make(self, sign_in: SignIn) -> SignInLink:
        """Give the address whose code the person pastes."""
        return SignInLink(sign_in.sign_in_id, self.authorize_url(sign_in, sign_in.sign_in_id))

    def authorize_url(self, sign_in: SignIn, state: str) -> str:
        """Give the address where the person signs in and consents; makes no call."""
        with self._clients.login() as login:
            asked = ScopeParser.serialize(scopes.for_sign_in(sign_in.collections))
            if isinstance(login, globus_sdk.NativeAppAuthClient):
                login.oauth2_start_flow(
                    requested_scopes=asked,
                    redirect_uri=self._returns_to(login),
                    state=state,
                    verifier=sign_in.verifier,
                    refresh_tokens=True,
                )
                return login.oauth2_get_authorize_url(query_params=_asked_of_session(sign_in.session))
            login.oauth2_start_flow(self._returns_to(login), asked, state=state, refresh_tokens=True)
            challenge = {"code_challenge": _challenge(sign_in.verifier), "code_challenge_method": "S256"}
            return login.oauth2_get_authorize_url(query_params=challenge | _asked_of_session(sign_in.session))

    def exchange(self, sign_in: SignIn) -> Grant:
        """Exchange the code, with a single call; raises CodeRefused, OutcomeUnclear or ServiceUnavailable."""
        with self._clients.login() as login:
            answer = self._exchange(login, sign_in)
            with reading():
                tokens = tuple(token_from(one) for one in answer.by_resource_server.values())
            if _roots(tokens) != {str(scope.scope_string) for scope in scopes.for_sign_in(())}:
                self.give_back(tokens)
                raise CodeRefused("Globus granted something else than was asked.", "Here is a new link.")
            with reading():
                claims = IDTokenDecoder(login).decode(answer["id_token"])
                name = claims.get("preferred_username") or claims.get("email") or claims["sub"]
                return Grant(identity_id=str(claims["sub"]), username=str(name), tokens=tokens)

    def give_back(self, tokens: tuple[Token, ...]) -> None:
        """Revoke tokens that must not be kept; raises ServiceUnavailable."""
        with self._clients.login() as login, reading():
            for token in tokens:
                for secret in (token.refresh_token, token.access_token):
                    if secret:
                        login.oauth2_revoke_token(secret)

    def _returns_to(self, login: Login) -> str:
        return self._redirect_uri or _code_page(login)

    def _exchange(self, login: Login, sign_in: SignIn) -> OAuthAuthorizationCodeResponse:
        form = {
            "grant_type": "authorization_code",
            "code": sign_in.code,
            "redirect_uri": self._returns_to(login),
            "code_verifier": sign_in.verifier,
        }
        if isinstance(login, globus_sdk.NativeAppAuthClient):
            form["client_id"] = self._clients.registration.client_id
        try:
            with changing():
                return login.oauth2_token(form, response_class=OAuthAuthorizationCodeResponse)
        except (Refused, SignInNeeded) as problem:
            # `invalid_grant` means an ended sign-in elsewhere, and here that this is not the code.
            raise CodeRefused(
                "Globus does not take this code.",
                "Copy it again, whole. Each code works once: for another, sign in again.",
            ) from problem


def _asked_of_session(session: SessionRequirement) -> dict[str, str]:
    """Give the parameters that ask for a session; nobody wrote down what empty ones do, so there are none.

    With `prompt` the person signs in anew even if their browser still knows them: without it an old session,
    which may be what Globus objects to, would pass (`oauth2_get_authorize_url` of the SDK says so).
    """
    if not session:
        return {}
    parameters = {
        "session_required_identities": ",".join(session.identities),
        "session_required_single_domain": ",".join(session.domains),
        "session_required_policies": ",".join(session.policies),
        "session_required_mfa": "True" if session.mfa else "",
        "session_message": session.message,
        "prompt": "login",
    }
    return {name: value for name, value in parameters.items() if value}


def _roots(tokens: tuple[Token, ...]) -> set[str]:
    return {scope for token in tokens for scope in token.scope.split()}


def _code_page(login: Login) -> str:
    return f"{login.base_url.rstrip('/')}/v2/web/auth-code"


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
