"""The methods with which an app gets its tokens, and gives them up.

https://docs.slack.dev/reference/methods/oauth.v2.access and others
"""

from typing import Final

from bot.sandbox.slack import removal
from bot.sandbox.slack.arguments import Arguments
from bot.sandbox.slack.codes import Grant
from bot.sandbox.slack.errors import ApiError
from bot.sandbox.slack.handlers import Methods
from bot.sandbox.slack.id_tokens import claims_about
from bot.sandbox.slack.installations import Installation
from bot.sandbox.slack.slack import Slack
from bot.sandbox.slack.tokens import ROTATED_SECONDS, Kind, Token
from bot.sandbox.slack.workspace import APP_ID, Workspace
from bot.sandbox.wire import Json

WITHOUT_TOKEN: Final = frozenset({"oauth.v2.access", "openid.connect.token"})
WITH_USER_TOKEN: Final = frozenset({"auth.test", "auth.revoke", "openid.connect.userInfo"})


def access(slack: Slack, arguments: Arguments) -> Json:
    """Install the app for a code, or renew a token that rotates."""
    _check_client(slack, arguments)
    grant_type = arguments.optional_text("grant_type") or "authorization_code"
    if grant_type == "refresh_token":
        return _refreshed(slack, slack.tokens.refresh(arguments.optional_text("refresh_token")))
    if grant_type != "authorization_code":
        raise ApiError("invalid_grant_type")
    redirect_uri = arguments.optional_text("redirect_uri")
    grant = slack.codes.redeem(arguments.optional_text("code"), redirect_uri, "install")
    return _installed(slack, grant)


def sign_in(slack: Slack, arguments: Arguments) -> Json:
    """Give tokens for a code of Sign in with Slack."""
    _check_client(slack, arguments)
    if arguments.optional_text("grant_type") not in {None, "authorization_code"}:
        raise ApiError("invalid_grant_type")
    redirect_uri = arguments.optional_text("redirect_uri")
    grant = slack.codes.redeem(arguments.optional_text("code"), redirect_uri, "openid")
    token = slack.tokens.issue(
        "user",
        where=grant.member.team_id,
        user_id=grant.member.user_id,
        scopes=grant.scopes,
        installed=False,
    )
    workspace = slack.installations.workspaces[token.where]
    id_token = slack.id_tokens.write(
        claims_about(workspace.people[token.user_id], workspace, token.scopes),
        client_id=slack.app.credentials.client_id,
        nonce=grant.nonce,
        access_token=token.text,
    )
    return {"access_token": token.text, "token_type": "Bearer", "id_token": id_token}


def user_info(slack: Slack, _arguments: Arguments) -> Json:
    """Say who signed in with Slack."""
    if slack.caller is None:
        raise ApiError("not_authed")
    person = slack.workspace.people[slack.caller.user_id]
    return claims_about(person, slack.workspace, slack.caller.scopes)


def revoke(slack: Slack, arguments: Arguments) -> Json:
    """Revoke the token that calls, unless it is only a test."""
    if slack.caller is None or arguments.values.get("test") in {"1", "true", True}:
        return {"revoked": False}
    installation = slack.installations.with_id(slack.caller.where)
    if installation is None or not slack.caller.installed:
        slack.tokens.end([slack.caller], bot="token_revoked", user="token_revoked")
        return {"revoked": True}
    for payload in removal.revoke(slack, installation, [slack.caller]):
        slack.delivery.soon("events_api", payload)
    return {"revoked": True}


def uninstall(slack: Slack, arguments: Arguments) -> Json:
    """Take the app away from where the token belongs."""
    _check_client(slack, arguments)
    installation = slack.installations.with_id(slack.caller.where) if slack.caller else None
    if installation is None:
        raise ApiError("client_id_token_mismatch")
    for payload in removal.uninstall(slack, installation):
        slack.delivery.soon("events_api", payload)
    return {}


def _installed(slack: Slack, grant: Grant) -> Json:
    home = slack.installations.workspaces[grant.member.team_id]
    present = slack.installations.of(home)
    if present and present.is_enterprise and not grant.is_enterprise:
        raise ApiError("cannot_install_an_org_installed_app")
    installation = slack.installations.install(home, grant.scopes, is_enterprise=grant.is_enterprise)
    bot = _token(slack, installation, "bot", installation.bot.user_id, installation.scopes)
    user: Json = {"id": grant.member.user_id}
    if grant.user_scopes:
        user |= _token(slack, installation, "user", grant.member.user_id, grant.user_scopes)
    return {**bot, **_place(installation, home), "authed_user": user}


def _refreshed(slack: Slack, token: Token) -> Json:
    home = slack.installations.covered(token.where)[0]
    installation = slack.installations.with_id(token.where)
    if installation is None:
        raise ApiError("invalid_refresh_token")
    return {**_told(slack, token), **_place(installation, home)}


def _token(
    slack: Slack, installation: Installation, kind: Kind, user_id: str, scopes: tuple[str, ...]
) -> Json:
    """Give a token; without rotation an app that is installed again gets the one it has."""
    rotated = slack.app.token_rotation
    had = None if rotated else slack.tokens.lasting(kind, installation.id, user_id)
    if had:
        had.scopes = scopes
    token = had or slack.tokens.issue(
        kind, where=installation.id, user_id=user_id, scopes=scopes, rotated=rotated
    )
    return _told(slack, token)


def _told(slack: Slack, token: Token) -> Json:
    told: Json = {
        "access_token": token.text,
        "token_type": token.kind,
        "scope": ",".join(token.scopes),
    }
    if token.expires_at is None:
        return told
    return {**told, "refresh_token": slack.tokens.refresh_token(token), "expires_in": ROTATED_SECONDS}


def _place(installation: Installation, home: Workspace) -> Json:
    enterprise = home.enterprise
    return {
        "app_id": APP_ID,
        "bot_user_id": installation.bot.user_id,
        "team": None if installation.is_enterprise else {"id": home.id, "name": home.name},
        "enterprise": {"id": enterprise.id, "name": enterprise.name} if enterprise else None,
        "is_enterprise_install": installation.is_enterprise,
    }


def _check_client(slack: Slack, arguments: Arguments) -> None:
    slack.app.check_client(arguments.optional_text("client_id"), arguments.optional_text("client_secret"))


METHODS: Final[Methods] = {
    "oauth.v2.access": (access, ()),
    "openid.connect.token": (sign_in, ()),
    "openid.connect.userInfo": (user_info, ("openid",)),
    "auth.revoke": (revoke, ()),
    "apps.uninstall": (uninstall, ()),
}
