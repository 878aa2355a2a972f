"""Installing in Slack's words: the address, the exchange of the code, and rotated tokens."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from http.client import HTTPException
from typing import Any, Final
from urllib.parse import urlencode, urljoin

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.binding import NotThisBrowser
from bot.errors import ServiceUnavailable
from bot.installing import Installation, NotInstalled

SLACK: Final = "Slack"

SCOPES: Final = (
    "channels:read",
    "chat:write",
    "commands",
    "files:write",
    "groups:read",
    "links:read",
    "links:write",
    "users:read",
)
"""What the bot may do in a workspace: as the manifest has it, which says what for."""

DEAD: Final = frozenset({"account_inactive", "invalid_auth", "not_authed", "token_revoked"})
"""The errors of a token that will never work again."""

EXPIRED: Final = "token_expired"
"""The error of a rotated token whose time is over; its refresh token may be good."""


class SlackInstallation:
    """Speaks with Slack as the app itself. A code works once, so nothing is ever sent again."""

    def __init__(
        self,
        *,
        client_id: str,
        client_secret: str,
        api_url: str,
        redirect_uri: str,
    ) -> None:
        self._client_id = client_id
        self._client_secret = client_secret
        self._redirect_uri = redirect_uri
        self._authorize = urljoin(api_url, "/oauth/v2/authorize")
        self._client = WebClient(base_url=api_url, timeout=10, retry_handlers=[])

    def url(self, state: str) -> str:
        """Give the address where somebody installs the bot."""
        query = {
            "client_id": self._client_id,
            "scope": ",".join(SCOPES),
            "state": state,
            "redirect_uri": self._redirect_uri,
        }
        return f"{self._authorize}?{urlencode(query)}"

    def exchange(self, code: str, *, at: datetime) -> Installation:
        """Exchange the code, once; raises NotThisBrowser or ServiceUnavailable."""
        try:
            answer = _asked(
                lambda: self._client.oauth_v2_access(
                    client_id=self._client_id,
                    client_secret=self._client_secret,
                    code=code,
                    redirect_uri=self._redirect_uri,
                )
            )
            return _installation(answer, at)
        except SlackApiError as error:
            raise NotThisBrowser("Slack did not confirm the installation.", "Begin again.") from error

    def renewed(self, installation: Installation, *, at: datetime) -> Installation:
        """Give the installation with a new token; raises NotInstalled or ServiceUnavailable."""
        try:
            answer = _asked(
                lambda: self._client.oauth_v2_access(
                    client_id=self._client_id,
                    client_secret=self._client_secret,
                    grant_type="refresh_token",
                    refresh_token=installation.refresh_token,
                )
            )
            return _installation(answer, at, before=installation)
        except SlackApiError as error:
            raise NotInstalled from error

    def is_alive(self, installation: Installation) -> bool:
        """Ask whether the token works; one that only expired counts. Raises ServiceUnavailable."""
        try:
            _asked(lambda: self._client.auth_test(token=installation.bot_token))
        except SlackApiError as error:
            code = error.response["error"]
            if code not in DEAD and code != EXPIRED:
                raise ServiceUnavailable(SLACK) from error
            return bool(code == EXPIRED)
        return True


def _asked(call: Callable[[], Any]) -> Mapping[str, Any]:
    try:
        data = call().data
        return data if isinstance(data, dict) else {}
    except SlackApiError as error:
        if error.response.status_code >= 500:  # noqa: PLR2004 - HTTP's own number
            raise ServiceUnavailable(SLACK) from error
        raise
    except (SlackClientError, OSError, HTTPException) as error:
        raise ServiceUnavailable(SLACK) from error


def _installation(
    answer: Mapping[str, Any], at: datetime, *, before: Installation | None = None
) -> Installation:
    """Read `oauth.v2.access` (https://docs.slack.dev/reference/methods/oauth.v2.access)."""
    is_org_wide = bool(answer.get("is_enterprise_install"))
    place = answer.get("enterprise" if is_org_wide else "team") or {}
    seconds = answer.get("expires_in")
    return Installation(
        team_id=before.team_id if before else str(place["id"]),
        team_name=str(place.get("name") or (before.team_name if before else place.get("id", ""))),
        bot_token=str(answer["access_token"]),
        bot_user_id=str(answer.get("bot_user_id") or (before.bot_user_id if before else "")),
        installed_by=before.installed_by if before else str((answer.get("authed_user") or {}).get("id", "")),
        installed_at=before.installed_at if before else at,
        scopes=tuple(str(answer.get("scope", "")).split(",")),
        is_org_wide=before.is_org_wide if before else is_org_wide,
        refresh_token=answer.get("refresh_token"),
        expires_at=at + timedelta(seconds=int(seconds)) if seconds else None,
    )
