"""The only reader of the environment: what is set there becomes values, and what is wrong is named."""

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import time, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, urlsplit

from dotenv import dotenv_values

from bot.errors import SettingsProblem
from bot.secret import Secret, passwords
from bot.setting_list import GLOBUS_APP_URL, SETTINGS, default_of

GLOBUS_AUTH_URL: Final = "https://auth.globus.org"

OURS: Final = ("SLACK_", "GLOBUS_SDK_", "GLOBUS_CLIENT_", "TRANSFERBOT_")
"""How names begin that nobody else's program is likely to read."""

OF_THE_SDK: Final = ("GLOBUS_SDK_ENVIRONMENT", "GLOBUS_SDK_VERIFY_SSL")
"""What the Globus SDK reads besides (https://globus-sdk-python.readthedocs.io/en/stable/core/config.html)."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the bot runs with, read once."""

    slack_bot_token: Secret | None
    slack_app_token: Secret | None
    slack_signing_secret: Secret | None
    slack_client_id: str
    slack_client_secret: Secret | None
    slack_api_url: str
    globus_client_id: str
    globus_client_secret: Secret | None
    globus_app_url: str
    globus_auth_url: str
    globus_timeout: float
    unclear_looks: tuple[timedelta, ...]
    watch_looks: tuple[timedelta, ...]
    digest_at: time
    public_url: str
    host: str
    port: int
    health_port: int
    database: Path | Secret
    keys: Secret | None
    retention_days: int
    log_format: str
    log_level: str
    sentry_dsn: Secret | None
    otlp_endpoint: str

    @property
    def app_hosts(self) -> frozenset[str]:
        """Where the Globus web app lives, whose links are understood."""
        return frozenset(urlsplit(url).netloc for url in (self.globus_app_url, GLOBUS_APP_URL))

    @property
    def secrets(self) -> tuple[str, ...]:
        """Everything that must never reach a log."""
        given = (
            self.slack_bot_token,
            self.slack_app_token,
            self.slack_signing_secret,
            self.slack_client_secret,
            self.globus_client_secret,
            self.sentry_dsn,
            *(self.keys or "").split(","),
            *([] if isinstance(self.database, Path) else [self.database, *passwords(self.database)]),
        )
        return tuple(str(secret) for secret in given if secret)


def environment() -> dict[str, str]:
    """Give the process's environment, over what `.env` in this folder says."""
    from_file = {name: value for name, value in dotenv_values(".env").items() if value is not None}
    return from_file | dict(os.environ)


def hand_over(given: Mapping[str, str]) -> None:
    """Leave in the process's environment what the libraries shall read there themselves, and nothing else.

    The Globus SDK looks up its services there, and OpenTelemetry its headers. Bolt would change its mode by
    itself on meeting Slack's credentials; it is told everything as arguments instead.
    """
    read_there = ("GLOBUS_SDK_", "OTEL_")
    os.environ.update({name: value for name, value in given.items() if name.startswith(read_there)})
    for name in [name for name in os.environ if name.startswith("SLACK_")]:
        del os.environ[name]


def read(environ: Mapping[str, str]) -> Settings:
    """Read settings; raises SettingsProblem, which names every setting that is missing or wrong."""
    settings, problems = read_leniently(environ)
    if problems:
        raise SettingsProblem(
            "These settings need another look: " + "; ".join(problems) + ".",
            "They are read from the environment and from .env in this folder.",
        )
    return settings


def read_leniently(environ: Mapping[str, str]) -> tuple[Settings, Sequence[str]]:
    """Read settings, with a default in the place of each that is wrong; gives what is wrong, in words."""
    reader = _Reader(environ)
    return reader.settings(), reader.problems


def strangers(environ: Mapping[str, str]) -> Sequence[str]:
    """Give the names that look as if they were meant for the bot, and that it does not read.

    Whatever stands in `.env` is meant for it; of the environment, what begins as its own names do.
    """
    known = {setting.name for setting in SETTINGS} | set(OF_THE_SDK)
    meant = set(dotenv_values(".env")) | {name for name in environ if name.startswith(OURS)}
    return sorted(name for name in meant - known if not name.startswith("OTEL_"))


class _Reader:
    def __init__(self, environ: Mapping[str, str]) -> None:
        self._given = {name: value.strip() for name, value in environ.items() if value.strip()}
        self.problems: list[str] = []

    def settings(self) -> Settings:
        app_token = self._secret("SLACK_APP_TOKEN")
        signing_secret = self._secret("SLACK_SIGNING_SECRET")
        if not app_token and not signing_secret:
            self.problems.append("set SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP)")
        return Settings(
            slack_bot_token=self._bot_token(),
            slack_app_token=app_token,
            slack_signing_secret=signing_secret,
            slack_client_id=self._given.get("SLACK_CLIENT_ID", ""),
            slack_client_secret=self._secret("SLACK_CLIENT_SECRET"),
            slack_api_url=self._api_url(),
            globus_client_id=self._required("GLOBUS_CLIENT_ID"),
            globus_client_secret=self._secret("GLOBUS_CLIENT_SECRET"),
            globus_app_url=self._given.get("GLOBUS_SDK_SERVICE_URL_APP", GLOBUS_APP_URL).rstrip("/"),
            globus_auth_url=self._given.get("GLOBUS_SDK_SERVICE_URL_AUTH", GLOBUS_AUTH_URL).rstrip("/"),
            globus_timeout=self._number("GLOBUS_SDK_HTTP_TIMEOUT", 0.1, 600),
            unclear_looks=self._looks("UNCLEAR_LOOKS"),
            watch_looks=self._looks("WATCH_LOOKS", count=3),
            digest_at=self._time("DIGEST_AT"),
            public_url=self._public_url(),
            host=self._get("HOST"),
            port=int(self._number("PORT", 0, 65_535)),
            health_port=int(self._number("HEALTH_PORT", 0, 65_535)),
            database=self._database(),
            keys=self._secret("TRANSFERBOT_KEYS"),
            retention_days=int(self._number("RETENTION_DAYS", 0, 36_500)),
            log_format=self._one_of("LOG_FORMAT", "console", "json"),
            log_level=self._one_of("LOG_LEVEL", "DEBUG", "INFO", "WARNING", "ERROR"),
            sentry_dsn=self._secret("SENTRY_DSN"),
            otlp_endpoint=self._get("OTEL_EXPORTER_OTLP_ENDPOINT"),
        )

    def _get(self, name: str) -> str:
        return self._given.get(name, default_of(name))

    def _required(self, name: str) -> str:
        if name not in self._given:
            self.problems.append(f"set {name}")
        return self._given.get(name, "")

    def _bot_token(self) -> Secret | None:
        """Read the one workspace's token; without it all that installing into many needs must be there."""
        token = self._secret("SLACK_BOT_TOKEN")
        needed = ("SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET", "PUBLIC_URL")
        missing = [name for name in needed if name not in self._given]
        if token or not missing:
            return token
        if len(missing) == len(needed):
            self.problems.append(f"set SLACK_BOT_TOKEN (one workspace), or {_listed(missing)} (many)")
        else:
            self.problems.append(f"set {_listed(missing)} too (many workspaces), or SLACK_BOT_TOKEN (one)")
        return None

    def _secret(self, name: str) -> Secret | None:
        return Secret(self._given[name]) if name in self._given else None

    def _one_of(self, name: str, *choices: str) -> str:
        given = self._get(name)
        if given in choices:
            return given
        self.problems.append(f"{name} is one of {', '.join(choices)}")
        return default_of(name)

    def _number(self, name: str, least: float, most: float) -> float:
        try:
            number = float(self._get(name))
        except ValueError:
            number = least - 1
        if least <= number <= most:
            return number
        self.problems.append(f"{name} is a number from {least} to {most}")
        return float(default_of(name))

    def _looks(self, name: str, *, count: int | None = None) -> tuple[timedelta, ...]:
        """Read growing seconds, `count` of them if it is given."""
        with suppress(ValueError, OverflowError):
            looks = _lengths(self._get(name))
            if timedelta() <= looks[0] and list(looks) == sorted(looks) and count in {None, len(looks)}:
                return looks
        self.problems.append(f"{name} is growing seconds, such as {default_of(name)}")
        return _lengths(default_of(name))

    def _time(self, name: str) -> time:
        try:
            read = time.fromisoformat(self._get(name))
        except ValueError:
            self.problems.append(f"{name} is a time of day, such as {default_of(name)}")
            read = time.fromisoformat(default_of(name))
        return read.replace(tzinfo=None)

    def _api_url(self) -> str:
        url = self._get("SLACK_API_URL")
        if _split(url).scheme not in {"http", "https"} or not url.endswith("/"):
            self.problems.append("SLACK_API_URL is an address that ends in /api/")
        return url

    def _public_url(self) -> str:
        url = self._get("PUBLIC_URL").rstrip("/")
        if not url:
            return ""
        parts = _split(url)
        schemes = {"http", "https"} if parts.hostname in {"127.0.0.1", "localhost", "::1"} else {"https"}
        if not parts.netloc or parts.scheme not in schemes:
            self.problems.append("PUBLIC_URL is an address that begins with https://")
        signs_in = {"SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET"} <= self._given.keys()
        if not signs_in and "SLACK_BOT_TOKEN" in self._given:  # without a token it is said already
            self.problems.append(
                "PUBLIC_URL needs SLACK_CLIENT_ID and SLACK_CLIENT_SECRET, which bind a link to its person"
            )
        return url

    def _database(self) -> Path | Secret:
        try:
            where = database_at(self._get("DATABASE_URL"))
        except SettingsProblem as problem:
            self.problems.append(f"DATABASE_URL {problem.happened}")
            where = database_at(default_of("DATABASE_URL"))
        if isinstance(where, Secret) and "TRANSFERBOT_KEYS" not in self._given:
            self.problems.append(
                "PostgreSQL needs TRANSFERBOT_KEYS, the same for all bots on it (`transferbot keys new`)"
            )
        return where


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")


def _lengths(text: str) -> tuple[timedelta, ...]:
    return tuple(timedelta(seconds=float(part)) for part in text.split(","))


def database_at(url: str) -> Path | Secret:
    """Give where a database is: the path of a file, or the address of a server. Raises SettingsProblem."""
    if url.startswith(("postgresql://", "postgres://")):
        return Secret(url)
    if not url.startswith("sqlite:///") or url == "sqlite:///":
        raise SettingsProblem("looks like sqlite:///transferbot.db or postgresql://…", "Write it so.")
    return Path(url.removeprefix("sqlite:///"))


def _listed(names: Sequence[str]) -> str:
    """Write names as a sentence does."""
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
