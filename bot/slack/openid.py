"""Sign in with Slack (https://docs.slack.dev/authentication/sign-in-with-slack/)."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode, urljoin

import jwt
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.accounts import SlackUser
from bot.binding import NotThisBrowser, Visitor
from bot.errors import ServiceUnavailable
from bot.slack.installing import SLACK

_TEAM: Final = "https://slack.com/team_id"
_USER: Final = "https://slack.com/user_id"
_ENTERPRISE: Final = "https://slack.com/enterprise_id"


class SlackOpenId:
    """Says who a browser belongs to."""

    def __init__(self, *, client_id: str, client_secret: str, api_url: str, redirect_uri: str) -> None:
        self._client_id = client_id
        self._client_secret = client_secret
        self._redirect_uri = redirect_uri
        self._authorize = urljoin(api_url, "/openid/connect/authorize")
        # A code works once: a call whose answer was lost is never sent again.
        self._client = AsyncWebClient(base_url=api_url, timeout=10, retry_handlers=[])

    def url(self, *, state: str, nonce: str, team_id: str) -> str:
        """Give the address where a person signs in."""
        query = {
            "response_type": "code",
            "scope": "openid profile",
            "client_id": self._client_id,
            "state": state,
            "nonce": nonce,
            "redirect_uri": self._redirect_uri,
        }
        # An org-wide install has the enterprise's ID in its place, which Slack takes for no team.
        return (
            f"{self._authorize}?{urlencode(query | ({'team': team_id} if team_id.startswith('T') else {}))}"
        )

    async def visitor(self, code: str) -> Visitor:
        """Exchange the code and say who signed in; raises NotThisBrowser or ServiceUnavailable."""
        try:
            tokens = await self._client.openid_connect_token(
                client_id=self._client_id,
                client_secret=self._client_secret,
                code=code,
                redirect_uri=self._redirect_uri,
            )
            # What comes straight from the token endpoint needs no signature (OpenID Connect Core, 3.1.3.7).
            claims = jwt.decode(
                tokens["id_token"],
                audience=self._client_id,
                options={"verify_signature": False, "verify_aud": True, "verify_exp": True},
            )
            said = await self._client.openid_connect_userInfo(token=tokens["access_token"])
            return _visitor({**claims, **_fields(said)}, str(claims["nonce"]))
        except SlackApiError as error:
            raise NotThisBrowser(
                "Slack did not confirm who you are.", "Open the link in Slack again."
            ) from error
        except jwt.InvalidTokenError as error:
            raise NotThisBrowser("Slack's answer was not for this bot.", "Open the link again.") from error
        except (OSError, TimeoutError, KeyError, ValueError, TypeError) as error:
            raise ServiceUnavailable(SLACK) from error


def _visitor(said: Mapping[str, Any], nonce: str) -> Visitor:
    user_id, enterprise_id = str(said[_USER]), said.get(_ENTERPRISE)
    return Visitor(
        person=SlackUser(str(said[_TEAM]), user_id),
        in_enterprise=SlackUser(str(enterprise_id), user_id) if enterprise_id else None,
        name=" ".join(str(said.get("name") or said[_USER]).split()),
        team_name=" ".join(str(said.get("https://slack.com/team_name") or said[_TEAM]).split()),
        nonce=nonce,
    )


def _fields(said: AsyncSlackResponse) -> dict[str, Any]:
    return said.data if isinstance(said.data, dict) else {}
