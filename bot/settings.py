"""The only reader of the environment: every setting, what it means, and its default."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import time, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from dotenv import dotenv_values

from bot.errors import SettingsProblem
from bot.secret import Secret, passwords

SLACK_API_URL: Final = "https://slack.com/api/"
GLOBUS_APP_URL: Final = "https://app.globus.org"
GLOBUS_AUTH_URL: Final = "https://auth.globus.org"

OURS: Final = ("SLACK_", "GLOBUS_SDK_", "GLOBUS_CLIENT_", "TRANSFERBOT_")
"""How names begin that nobody else's program is likely to read."""

OF_THE_SDK: Final = ("GLOBUS_SDK_ENVIRONMENT", "GLOBUS_SDK_VERIFY_SSL")
"""What the Globus SDK reads besides (https://globus-sdk-python.readthedocs.io/en/stable/core/config.html)."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting, as the documentation lists it."""

    name: str
    meaning: str
    default: str = ""


SETTINGS: Final = (
    Setting(
        "SLACK_BOT_TOKEN",
        "the bot's token, `xoxb-…`, for one workspace; without it many can install the bot at "
        "`PUBLIC_URL/slack/install`",
    ),
    Setting("SLACK_APP_TOKEN", "the app-level token, `xapp-…`; if set, the bot uses Socket Mode"),
    Setting("SLACK_SIGNING_SECRET", "checks that HTTP requests come from Slack; needed without Socket Mode"),
    Setting(
        "SLACK_CLIENT_ID",
        "the Slack app's ID; needed for `PUBLIC_URL`, to sign people in with Slack, and for many workspaces",
    ),
    Setting("SLACK_CLIENT_SECRET", "its secret"),
    Setting("SLACK_API_URL", "base of Slack's Web API, ends in `/api/`", SLACK_API_URL),
    Setting("GLOBUS_CLIENT_ID", "the Globus app's ID"),
    Setting("GLOBUS_CLIENT_SECRET", "its secret; without one it is a native app, and people sign in first"),
    Setting("GLOBUS_SDK_SERVICE_URL_AUTH", "another Globus Auth, as for the Globus SDK", "Globus's"),
    Setting("GLOBUS_SDK_SERVICE_URL_TRANSFER", "another Globus Transfer", "Globus's"),
    Setting("GLOBUS_SDK_SERVICE_URL_TIMER", "another Globus Timers", "Globus's"),
    Setting("GLOBUS_SDK_SERVICE_URL_APP", "another Globus web app, for links", GLOBUS_APP_URL),
    Setting("GLOBUS_SDK_HTTP_TIMEOUT", "seconds that one call to Globus may take", "20"),
    Setting("UNCLEAR_LOOKS", "seconds after an unclear creation at which to look for the timer", "5,30,120"),
    Setting(
        "WATCH_LOOKS",
        "seconds after a run is due at which to look for it, between looks at a long run at most, and "
        "between looks when nothing is due",
        "30,3600,21600",
    ),
    Setting("DIGEST_AT", "time of day of the daily digest, in each person's own zone", "09:00"),
    Setting(
        "PUBLIC_URL",
        "where browsers reach the bot, `https://…`; without it people paste Globus's code into Slack",
    ),
    Setting("HOST", "where the web face listens", "127.0.0.1"),
    Setting("PORT", "its port", "3000"),
    Setting(
        "HEALTH_PORT",
        "where health and metrics are told in Socket Mode without `PUBLIC_URL`; 0 is nowhere",
        "0",
    ),
    Setting(
        "DATABASE_URL",
        "the database, `sqlite:///path`, or `postgresql://user:password@host/name` for several bots at once",
        "sqlite:///transferbot.db",
    ),
    Setting(
        "TRANSFERBOT_KEYS",
        "sealing keys, parted by commas: the first seals, all open",
        "a file beside the SQLite database",
    ),
    Setting(
        "RETENTION_DAYS",
        "how long what is over is kept: requests, timers that are gone, and old runs; 0 is for ever",
        "90",
    ),
    Setting("LOG_FORMAT", "`json` or `console`", "console"),
    Setting("SENTRY_DSN", "a Sentry project that hears of errors, scrubbed; needs the extra `observability`"),
    Setting(
        "OTEL_EXPORTER_OTLP_ENDPOINT", "an OpenTelemetry collector that hears what took how long; as above"
    ),
    Setting("LOG_LEVEL", "`DEBUG`, `INFO`, `WARNING` or `ERROR`", "INFO"),
)


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
    handed = ("GLOBUS_SDK_", "OTEL_")
    os.environ.update({name: value for name, value in given.items() if name.startswith(handed)})
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


def strangers(environ: Mapping[str, str], *, dotenv: Path = Path(".env")) -> Sequence[str]:
    """Give the names that look as if they were meant for the bot, and that it does not read.

    Whatever stands in `.env` is meant for it; of the environment, what begins as its own names do.
    """
    known = {setting.name for setting in SETTINGS} | set(OF_THE_SDK)
    meant = set(dotenv_values(dotenv)) | {name for name in environ if name.startswith(OURS)}
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
            globus_timeout=self._number("GLOBUS_SDK_HTTP_TIMEOUT"),
            unclear_looks=self._looks("UNCLEAR_LOOKS"),
            watch_looks=self._looks("WATCH_LOOKS", count=3),
            digest_at=self._time("DIGEST_AT"),
            public_url=self._public_url(),
            host=self._get("HOST"),
            port=int(self._number("PORT")),
            health_port=int(self._number("HEALTH_PORT")),
            database=self._database(),
            keys=self._secret("TRANSFERBOT_KEYS"),
            retention_days=max(int(self._number("RETENTION_DAYS")), 0),
            log_format=self._one_of("LOG_FORMAT", "console", "json"),
            log_level=self._one_of("LOG_LEVEL", "DEBUG", "INFO", "WARNING", "ERROR"),
            sentry_dsn=self._secret("SENTRY_DSN"),
            otlp_endpoint=self._get("OTEL_EXPORTER_OTLP_ENDPOINT"),
        )

    def _get(self, name: str) -> str:
        default = next(setting.default for setting in SETTINGS if setting.name == name)
        return self._given.get(name, default)

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
        if given not in choices:
            self.problems.append(f"{name} is one of {', '.join(choices)}")
        return given

    def _number(self, name: str) -> float:
        try:
            return float(self._get(name))
        except ValueError:
            self.problems.append(f"{name} is a number")
            return 0

    def _looks(self, name: str, *, count: int | None = None) -> tuple[timedelta, ...]:
        """Read growing seconds, `count` of them if it is given."""
        try:
            looks = tuple(timedelta(seconds=float(part)) for part in self._get(name).split(","))
        except ValueError:
            looks = ()
        if not looks or list(looks) != sorted(looks) or len(looks) != (count or len(looks)):
            default = next(setting.default for setting in SETTINGS if setting.name == name)
            self.problems.append(f"{name} is growing seconds, such as {default}")
        return looks

    def _time(self, name: str) -> time:
        try:
            read = time.fromisoformat(self._get(name))
        except ValueError:
            self.problems.append(f"{name} is a time of day, such as 09:00")
            return time(9)
        return read.replace(tzinfo=None)

    def _api_url(self) -> str:
        url = self._get("SLACK_API_URL")
        if urlsplit(url).scheme not in {"http", "https"} or not url.endswith("/"):
            self.problems.append("SLACK_API_URL is an address that ends in /api/")
        return url

    def _public_url(self) -> str:
        url = self._get("PUBLIC_URL").rstrip("/")
        if not url:
            return ""
        parts = urlsplit(url)
        loopback = parts.hostname in {"127.0.0.1", "localhost", "::1"}
        if not parts.netloc or (parts.scheme != "https" and not (parts.scheme == "http" and loopback)):
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
            return Path("transferbot.db")
        if isinstance(where, Secret) and "TRANSFERBOT_KEYS" not in self._given:
            self.problems.append(
                "PostgreSQL needs TRANSFERBOT_KEYS, the same for all bots on it (`transferbot keys new`)"
            )
        return where


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
