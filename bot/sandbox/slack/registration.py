"""How the app is registered with Slack: its credentials, and what its manifest says."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from bot.sandbox.slack.errors import ApiError
from bot.sandbox.slack.workspace import Credentials
from bot.sandbox.wire import Json

APP_NAME: Final = "transferbot"
OPENID_SCOPES: Final = ("openid", "profile", "email")
COMMANDS: Final[tuple[Json, ...]] = (
    {
        "command": "/schedule-transfer",
        "description": "Schedule a recurring Globus transfer",
        "usage_hint": "[daily at 02:30 | a preset's name | list | status | presets | connect | help]",
    },
)
SHORTCUTS: Final[tuple[Json, ...]] = (
    {
        "name": "Schedule a transfer",
        "type": "global",
        "callback_id": "schedule_transfer",
        "description": "Schedule a recurring Globus transfer",
    },
    {
        "name": "Schedule from message",
        "type": "message",
        "callback_id": "schedule_transfer",
        "description": (
            "Schedule a transfer from the Globus links in this message, and announce it in its thread"
        ),
    },
)
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")


@dataclass
class Registration:
    """The app as Slack knows it.

    Links to `unfurl_domains`, which may carry a port, and to domains below them are told to the app.

    `scopes` are the bot scopes of its manifest, `user_scopes` those a person can be asked for. With
    `token_rotation` bot tokens last twelve hours. An app that is `org_ready` can be installed in a whole
    enterprise. A redirect URI on loopback is good at any port.

    `commands` and `shortcuts` are what the page offers, in the manifest's words
    (https://docs.slack.dev/reference/app-manifest); any command and shortcut can be used through `person`.
    """

    credentials: Credentials
    scopes: tuple[str, ...]
    user_scopes: tuple[str, ...] = OPENID_SCOPES
    redirect_uris: tuple[str, ...] = ()
    token_rotation: bool = False
    org_ready: bool = True
    unfurl_domains: tuple[str, ...] = ()
    commands: tuple[Json, ...] = COMMANDS
    shortcuts: tuple[Json, ...] = SHORTCUTS

    def registered(self, redirect_uri: str) -> bool:
        """Say whether people may be sent there: exactly as it was registered, but for a loopback port."""
        return _portless(redirect_uri) in {_portless(one) for one in self.redirect_uris}

    def check_client(self, client_id: str | None, client_secret: str | None) -> None:
        """Check what a call proves itself with. Raises ApiError `invalid_client_id`, `bad_client_secret`."""
        if client_id != self.credentials.client_id:
            raise ApiError("invalid_client_id")
        if client_secret != self.credentials.client_secret:
            raise ApiError("bad_client_secret")


def scopes_of(text: str) -> tuple[str, ...]:
    """Read scopes, which Slack separates by commas and OpenID Connect by spaces."""
    return tuple(dict.fromkeys(text.replace(",", " ").split()))


def unknown_scopes(asked: Collection[str], known: Collection[str]) -> list[str]:
    """Give the scopes that the app's manifest does not have."""
    return [scope for scope in asked if scope not in known]


def _portless(redirect_uri: str) -> str:
    try:
        there = urlsplit(redirect_uri)
        is_loopback = there.scheme == "http" and there.hostname in _LOOPBACK
    except ValueError:  # what is no address at all matches nothing but itself
        return redirect_uri
    return there._replace(netloc=there.hostname or "").geturl() if is_loopback else redirect_uri
