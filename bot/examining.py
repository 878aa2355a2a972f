"""Looking a bot over before it runs, or while it does: what holds, what does not, and the remedy.

Each examination asks one thing and takes its own time; they run side by side, and one that gets no answer
in time is told of like any other.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from typing_extensions import override

from bot.errors import Problem

SECONDS: Final = 5.0
"""How long one examination may take."""

SKEW_NOTICED: Final = timedelta(seconds=60)
SKEW_FATAL: Final = timedelta(seconds=300)
"""Slack's signatures are refused beyond (https://docs.slack.dev/authentication/verifying-requests-from-slack)."""


class Verdict(StrEnum):
    """How bad it is. Only a problem keeps the bot from doing its work."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at, and what to do about it. Neither holds a secret."""

    verdict: Verdict
    what: str
    remedy: str = ""

    @override
    def __str__(self) -> str:
        line = f"{self.verdict:<8} {self.what}"
        return " ".join((f"{line}  — {self.remedy}" if self.remedy else line).splitlines())


@dataclass(frozen=True, slots=True)
class Examination:
    """Something to look at: how it is called, and who looks."""

    subject: str
    look: Callable[[], Iterable[Finding]]


def ok(what: str, remedy: str = "") -> Finding:
    """Say that something holds."""
    return Finding(Verdict.OK, what, remedy)


def warning(what: str, remedy: str) -> Finding:
    """Say that something works, and may not do what was meant."""
    return Finding(Verdict.WARNING, what, remedy)


def problem(what: str, remedy: str) -> Finding:
    """Say that something does not work."""
    return Finding(Verdict.PROBLEM, what, remedy)


def examine(examinations: Sequence[Examination]) -> Iterator[Finding]:
    """Carry out all examinations side by side, and give what they find in their order.

    One that is not done after SECONDS is left behind: its thread ends with the process.
    """
    looks = [(examination, _begun(examination)) for examination in examinations]
    wait([found for _, found in looks], timeout=SECONDS)
    for examination, found in looks:
        if found.done():
            yield from found.result()
        else:
            yield warning(f"{examination.subject}: no answer in time", "Check the network, and try again.")


def _begun(examination: Examination) -> "Future[Sequence[Finding]]":
    found: Future[Sequence[Finding]] = Future()
    look = threading.Thread(
        target=lambda: found.set_result(_found(examination)), name=examination.subject, daemon=True
    )
    look.start()
    return found


def _found(examination: Examination) -> Sequence[Finding]:
    try:
        return list(examination.look())
    except Problem as found:
        return [problem(f"{examination.subject}: {found.happened}", found.next_step)]
    except Exception as error:  # noqa: BLE001 - a look that fails must not hide what the others find
        # The error's own text may quote what was sent, secrets included; its kind is enough.
        remedy = "See whether the other lines explain it."
        return [problem(f"{examination.subject}: it ended in {type(error).__name__}", remedy)]


def skew(service: str, ahead: timedelta) -> Finding:
    """Judge how far this machine's clock is ahead of a service's."""
    off = abs(ahead)
    seconds = f"{off.total_seconds():.0f} s {'ahead of' if ahead > timedelta() else 'behind'} {service}'s"
    remedy = "Let the system keep time with NTP (`timedatectl set-ntp true`)."
    if off > SKEW_FATAL:
        return problem(f"Clock: {seconds}; signatures and tokens are refused", remedy)
    if off > SKEW_NOTICED:
        return warning(f"Clock: {seconds}", remedy)
    return ok(f"Clock: within a minute of {service}'s")
