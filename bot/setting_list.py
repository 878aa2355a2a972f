"""Every setting, what it means, and its default."""

from dataclasses import dataclass
from typing import Final

SLACK_API_URL: Final = "https://slack.com/api/"
GLOBUS_APP_URL: Final = "https://app.globus.org"


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


def default_of(name: str) -> str:
    """Give a setting's default, as it would be written."""
    return next(setting.default for setting in SETTINGS if setting.name == name)
