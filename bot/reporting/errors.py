"""Errors to Sentry: where they came from, and never what was in hand.

A local variable may hold a token, an error's text what somebody wrote, a host name whose machine it is. So an
event keeps the kind of the error, the lines of code, the bot's own constant sentence, and the references with
which the rest is found in the log (https://docs.sentry.io/platforms/python/data-management/sensitive-data/).
"""

import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from bot.errors import SettingsProblem

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint

OWN: Final = ("bot", "transferbot")
"""The loggers whose sentences are constant; others put what they like into theirs."""

KEPT: Final = frozenset(
    {"event_id", "timestamp", "platform", "level", "logger", "release", "environment", "sdk", "type"}
)
REFERENCES: Final = frozenset({"reference", "delivery", "request_id", "queue"})
FRAME: Final = frozenset({"function", "module", "filename", "lineno", "in_app"})

FLUSH_SECONDS: Final = 1.0


def report_to(dsn: str, *, release: str, about: Callable[[], Mapping[str, str]]) -> Callable[[], None]:
    """Report errors from now on; gives what ends it. `about` says what the present work is about.

    Raises SettingsProblem if the extra is not installed, or this is no DSN.
    """
    try:
        import sentry_sdk  # noqa: PLC0415 - an extra that need not be there
        from sentry_sdk.integrations.logging import LoggingIntegration  # noqa: PLC0415 - as above
        from sentry_sdk.utils import BadDsn  # noqa: PLC0415 - as above
    except ImportError as error:
        raise SettingsProblem(
            "SENTRY_DSN needs the extra `observability`.", "Install requirements-observability.lock."
        ) from error

    def scrubbed(event: "Event", hint: "Hint") -> "Event":
        del hint
        kept: Any = scrub(event, about())
        return kept  # type: ignore[no-any-return]

    try:
        sentry_sdk.init(
            dsn,
            release=release,
            # None of Sentry's own: they take requests, arguments and bodies along.
            default_integrations=False,
            auto_enabling_integrations=False,
            integrations=[LoggingIntegration(level=None, event_level=logging.ERROR, sentry_logs_level=None)],
            before_send=scrubbed,
            before_breadcrumb=lambda _crumb, _hint: None,
            max_breadcrumbs=0,
            include_local_variables=False,
            include_source_context=False,
            max_request_body_size="never",
            send_client_reports=False,
            auto_session_tracking=False,
            server_name="",
            traces_sample_rate=None,
        )
    except BadDsn as error:
        raise SettingsProblem(
            "SENTRY_DSN is no DSN.", "Copy it again from the project's settings."
        ) from error

    def end() -> None:
        sentry_sdk.get_client().close(timeout=FLUSH_SECONDS)

    return end


def scrub(event: Mapping[str, Any], about: Mapping[str, str]) -> dict[str, Any]:
    """Give what is kept of an event: nothing but what is named here."""
    extra = {**(event.get("extra") or {}), **about}
    kept: dict[str, Any] = {name: value for name, value in event.items() if name in KEPT}
    kept["tags"] = {name: str(value) for name, value in extra.items() if name in REFERENCES}
    message = (event.get("logentry") or {}).get("message")
    is_ours = str(event.get("logger", "")).split(".")[0] in OWN
    kept["logentry"] = {"message": message if is_ours and isinstance(message, str) else "an error"}
    errors = (event.get("exception") or {}).get("values") or ()
    kept["exception"] = {"values": [_error(one) for one in errors]}
    return kept


def _error(error: Mapping[str, Any]) -> dict[str, Any]:
    frames = (error.get("stacktrace") or {}).get("frames") or ()
    return {
        "type": error.get("type"),
        "module": error.get("module"),
        "value": "",
        "stacktrace": {
            "frames": [{name: value for name, value in one.items() if name in FRAME} for one in frames]
        },
    }
