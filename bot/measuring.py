"""What is counted while the bot works: never a name, and nothing that anybody wrote."""

from typing import Final, Protocol

UNREACHABLE: Final = "unreachable"
"""The class of a call that brought no answer."""


class Meter(Protocol):
    """Counts. Every method may be called from any thread, and never raises."""

    def acknowledged(self, seconds: float) -> None:
        """Note how long Slack waited for an answer."""
        ...

    def asked(self, service: str, outcome: str, *, retry_after: float | None = None) -> None:
        """Note a call to a service: its status class such as `2xx`, `429`, or UNREACHABLE.

        `retry_after` is in seconds, as the service gave it.
        """
        ...

    def signature_refused(self) -> None:
        """Note a request that Slack did not sign."""
        ...

    def refresh_failed(self) -> None:
        """Note a token that could not be refreshed."""
        ...


class Unmeasured:
    """Counts nothing, where nobody looks."""

    def acknowledged(self, seconds: float) -> None:
        """Do nothing."""

    def asked(self, service: str, outcome: str, *, retry_after: float | None = None) -> None:
        """Do nothing."""

    def signature_refused(self) -> None:
        """Do nothing."""

    def refresh_failed(self) -> None:
        """Do nothing."""


UNMEASURED: Final = Unmeasured()


def status_class(status: int) -> str:
    """Give the class of an HTTP status; 429 is one of its own, since it asks for patience."""
    return "429" if status == 429 else f"{status // 100}xx"  # noqa: PLR2004 - HTTP's own number


def seconds_in(text: str | None) -> float | None:
    """Read a `Retry-After` in seconds; None for a date or anything else."""
    return float(text) if text and text.isascii() and text.isdecimal() else None
