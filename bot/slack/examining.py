"""What Slack says of the bot's credentials, and whether the manifest asks for what the code listens to."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import yaml
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.examining import SECONDS, Finding, ok, problem, skew, warning
from bot.slack.app import Listen
from bot.slack.installing import SCOPES
from bot.slack.workflows import SCHEDULE_STEP

SCOPE_HEADER: Final = "x-oauth-scopes"
"""Where every answer names the token's scopes (https://docs.slack.dev/authentication/installing-with-oauth/)."""

USES: Final[Mapping[str, str]] = {
    "channels:read": "Slack may not say who leaves a private channel",
    "chat:write": "no announcements, and no messages to people",
    "commands": "no slash command, and no shortcuts",
    "files:write": "no chart in a timer's details",
    "groups:read": "whoever leaves a private channel goes on hearing of its timers",
    "links:read": "no previews of Globus links",
    "links:write": "no previews of Globus links",
    "users:read": "times in UTC in place of each person's own zone",
}
"""What becomes of the bot without each scope."""

_UNKNOWN_APP: Final = {
    "invalid_client_id": "SLACK_CLIENT_ID",
    "bad_client_secret": "SLACK_CLIENT_SECRET",
}
"""What `oauth.v2.access` says of an app (https://docs.slack.dev/reference/methods/oauth.v2.access)."""


class SlackExamination:
    """Asks Slack, with clients that wait no longer than an examination may take."""

    def __init__(self, *, api_url: str, clock: Callable[[], datetime]) -> None:
        self._api_url = api_url
        self._clock = clock

    def bot_token(self, token: str) -> Iterator[Finding]:
        """Say whose token this is, which scopes are missing, and whether the clocks agree."""
        try:
            answer = self._client(token).auth_test()
        except SlackApiError as error:
            yield _refused("bot token", error, "Copy it again from the app's settings: Install App.")
            return
        except (SlackClientError, OSError):
            yield self._unreachable()
            return
        yield ok(f"Slack bot token: {answer.get('user')} in {answer.get('team')}")
        yield from _missing(_lowered(answer.headers).get(SCOPE_HEADER))
        yield from self._skew(answer.headers)

    def app_token(self, token: str) -> Iterator[Finding]:
        """Say whether Socket Mode takes the app's token; the connection that it offers is not opened."""
        try:
            self._client(token).apps_connections_open(app_token=token)
        except SlackApiError as error:
            remedy = "Make one with connections:write under Basic Information, and switch Socket Mode on."
            yield _refused("app token", error, remedy)
        except (SlackClientError, OSError):
            yield self._unreachable()
        else:
            yield ok("Slack app token: Socket Mode takes it")

    def app(self, client_id: str, client_secret: str) -> Iterator[Finding]:
        """Say whether Slack knows the app, by offering it a code that nobody has."""
        try:
            self._client().oauth_v2_access(client_id=client_id, client_secret=client_secret, code="none")
        except SlackApiError as error:
            setting = _UNKNOWN_APP.get(_code(error))
            if setting:
                remedy = "Copy it again from the app's settings: Basic Information."
                yield problem(f"Slack app: {setting} is wrong, {_code(error)}", remedy)
            elif _code(error) == "invalid_code":
                yield ok("Slack app: its ID and secret are right")
            else:
                yield warning(f"Slack app: Slack said {_code(error)}", "Try again later.")
            yield from self._skew(error.response.headers)
        except (SlackClientError, OSError):
            yield self._unreachable()

    def _client(self, token: str | None = None) -> WebClient:
        return WebClient(token=token, base_url=self._api_url, timeout=int(SECONDS) - 1, retry_handlers=[])

    def _unreachable(self) -> Finding:
        return problem(f"Slack: not reached at {self._api_url}", "Check the network and SLACK_API_URL.")

    def _skew(self, headers: Mapping[str, Any]) -> Iterator[Finding]:
        said = _lowered(headers).get("date")
        if said:
            yield skew("Slack", self._clock() - parsedate_to_datetime(said))


def _missing(granted: str | None) -> Iterator[Finding]:
    """Name the scopes that the token lacks, each with what does not work without it."""
    if granted is None:
        yield warning("Slack scopes: Slack did not say which the token has", "Try again later.")
        return
    held = {scope.strip() for scope in granted.split(",")}
    lacking = [scope for scope in SCOPES if scope not in held]
    for scope in lacking:
        remedy = "Add it under OAuth & Permissions, or update the manifest, and reinstall the app."
        yield problem(f"Slack scopes: {scope} is missing: {USES.get(scope, 'some things fail')}", remedy)
    if not lacking:
        yield ok(f"Slack scopes: all {len(SCOPES)} are granted")


def manifest(path: Path | None, listens: Listen) -> Iterator[Finding]:
    """Compare a manifest with what the code answers; None is no manifest found."""
    if path is None:
        remedy = "Run it beside manifest.yml to compare it with this version."
        yield warning("Manifest: there is none here", remedy)
        return
    remedy = f"Take it over from this version's manifest.yml to {path} and to Slack: App Manifest."
    try:
        written = yaml.safe_load(path.read_text())
        differences = list(_differences(written, listens))
    except (OSError, yaml.YAMLError, AttributeError, KeyError, TypeError) as error:
        yield problem(f"Manifest: {path} cannot be read: {type(error).__name__}", remedy)
        return
    for what in differences:
        yield problem(f"Manifest: {what}", remedy)
    if not differences:
        yield ok(f"Manifest: {path} fits this version; whether Slack has the same, only Slack's page shows")


def _differences(written: Mapping[str, Any], listens: Listen) -> Iterator[str]:
    features, settings = written["features"], written["settings"]
    kinds: Sequence[tuple[str, set[str], set[str]]] = (
        ("command", {one["command"] for one in features["slash_commands"]}, set(listens.commands)),
        ("shortcut", {one["callback_id"] for one in features["shortcuts"]}, set(listens.shortcuts)),
        ("event", set(settings["event_subscriptions"]["bot_events"]), set(listens.events)),
        ("scope", set(written["oauth_config"]["scopes"]["bot"]), set(SCOPES)),
        ("workflow step", set(written.get("functions", {})), {SCHEDULE_STEP}),
    )
    for kind, has, needed in kinds:
        yield from (f"the {kind} {name} is missing" for name in sorted(needed - has))
        yield from (f"the {kind} {name} is not used by this version" for name in sorted(has - needed))


def _refused(what: str, error: SlackApiError, remedy: str) -> Finding:
    """Tell a refusal from a service that is not at its best."""
    if error.response.status_code != HTTPStatus.OK:
        return warning(
            f"Slack {what}: Slack answers with status {error.response.status_code}", "Try again later."
        )
    return problem(f"Slack {what}: refused, {_code(error)}", remedy)


def _lowered(headers: Mapping[str, Any]) -> dict[str, str]:
    return {name.lower(): str(value) for name, value in headers.items()}


def _code(error: SlackApiError) -> str:
    data = error.response.data
    said = data.get("error") if isinstance(data, dict) else None
    return str(said or f"status {error.response.status_code}")
