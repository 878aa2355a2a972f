"""What Slack publishes for OpenID Connect: its description of itself, and its keys.

https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata
"""

from typing import Final

from aiohttp import web

from bot.sandbox.slack.handlers import Routes
from bot.sandbox.slack.id_tokens import ALGORITHM, ISSUER
from bot.sandbox.slack.oauth_pages import SIGN_IN
from bot.sandbox.slack.registration import OPENID_SCOPES
from bot.sandbox.slack.slack import Slack

KEYS: Final = "/openid/connect/keys"


async def describe(slack: Slack, _request: web.Request) -> web.StreamResponse:
    """Give Slack's description of itself; the issuer is Slack's own, the addresses are the sandbox's."""
    return web.json_response(
        {
            "issuer": ISSUER,
            "authorization_endpoint": f"{slack.origin}{SIGN_IN}",
            "token_endpoint": f"{slack.origin}/api/openid.connect.token",
            "userinfo_endpoint": f"{slack.origin}/api/openid.connect.userInfo",
            "jwks_uri": f"{slack.origin}{KEYS}",
            "scopes_supported": list(OPENID_SCOPES),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [ALGORITHM],
            "claims_supported": ["sub", "auth_time", "iss"],
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        }
    )


async def publish_keys(slack: Slack, _request: web.Request) -> web.StreamResponse:
    """Give the key that ID tokens are signed with."""
    return web.json_response(slack.id_tokens.keys())


ROUTES: Final[Routes] = {
    ("GET", "/.well-known/openid-configuration"): describe,
    ("GET", KEYS): publish_keys,
}
