"""Logs: one event a line, for people or for machines, and never a secret."""

import logging
import re
from collections.abc import Sequence
from typing import Any, Final

import structlog

from bot.tracing import current

HIDDEN: Final = "<hidden>"

QUIET: Final = (
    "slack_sdk",
    "slack_bolt",
    "globus_sdk",
    "urllib3",
    "aiohttp",
    "uvicorn",
    "asyncio",
    "filelock",
    "matplotlib",
    "PIL",
)
"""Libraries that write bodies, tokens or addresses at DEBUG, or a lot; Bolt even at INFO: only warnings."""

_SECRET: Final = re.compile(
    r"""
      x(?:ox[a-z]|app)(?:\.[a-z]+)?-[\w-]+        # Slack tokens
    | \bAg[0-9A-Za-z]{40,}                        # Globus tokens
    | \beyJ[\w-]+\.[\w-]+\.[\w-]+                 # JSON web tokens
    | hooks\.slack\.com/\S+                       # response URLs
    | (?<=Bearer\ )\S+ | (?<=Basic\ )\S+          # authorization headers
    | (?<=[?&\s'"]code=)[^&\s'"]+                 # one-time codes, in queries and forms
    | (?<=[?&]ticket=)[^&\s'"]+
    | (?<=access_token=)[^&\s'"]+ | (?<=refresh_token=)[^&\s'"]+ | (?<=code_verifier=)[^&\s'"]+
    """,
    re.VERBOSE,
)


def configure(*, log_format: str, level: str, secrets: Sequence[str] = ()) -> None:
    """Send all logs of the process to standard error, as `json` or `console`, with the secrets hidden."""
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        _about,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            renderer,
            Redaction(secrets),
        ],
    )
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def _about(
    _logger: Any,  # noqa: ANN401 - structlog's signature
    _method: str,
    event: structlog.typing.EventDict,
) -> structlog.typing.EventDict:
    """Say in every line what the work is about that it comes from."""
    for name, value in current().items():
        event.setdefault(name, value)
    return event


class Redaction:
    """Hides whatever looks like a secret, or is known to be one; the last step of every line."""

    def __init__(self, secrets: Sequence[str]) -> None:
        known = sorted((re.escape(secret) for secret in secrets if secret), key=len, reverse=True)
        self._known = re.compile("|".join(known)) if known else None

    def __call__(self, _logger: Any, _method: str, line: Any) -> str:  # noqa: ANN401 - structlog's signature
        """Process a line, as structlog calls it."""
        return self.of(str(line))

    def of(self, text: str) -> str:
        """Give a text without its secrets."""
        text = _SECRET.sub(HIDDEN, text)
        return self._known.sub(HIDDEN, text) if self._known else text
