"""A workspace removes the bot: what it leaves behind goes, whatever Slack says of it in whatever order."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Protocol

from bot.errors import ServiceUnavailable
from bot.installing import Installation
from bot.retrying import pause

SECOND_PASS: Final = timedelta(minutes=10)
"""When to look once more for what a workspace left behind: work under way may have kept something since."""

LOOKS: Final = 3
"""How often a token that still works contradicts its removal before it is believed."""

BETWEEN_LOOKS: Final = timedelta(seconds=30)

LONGEST_DELAY: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Removal:
    """A workspace that removed the bot, until nothing of it is left.

    `removed_at` is when, as Slack says. `looks` counts the times that the token was found to work all the
    same, or Slack could not be asked; `is_left` says that its people were parted from their accounts.
    """

    team_id: str
    removed_at: datetime
    due: datetime
    looks: int = 0
    is_left: bool = False


class Removals(Protocol):
    """The removals under way."""

    async def begin(self, removal: Removal) -> None:
        """Keep a removal; one of the same workspace that is under way begins anew."""
        ...

    def save(self, removal: Removal) -> None:
        """Commit a removal's new state."""
        ...

    def end(self, removal: Removal) -> None:
        """Forget a removal that is done."""
        ...


class Installed(Protocol):
    """The installations, as far as their end goes."""

    def is_in_use(self, team_id: str) -> Installation | None:
        """Give an installation if its token works, as Slack says now; raises ServiceUnavailable."""
        ...

    def forget(self, team_id: str) -> None:
        """Forget an installation; fine if there is none."""
        ...


class Leaving:
    """Leaves the workspaces that removed the bot."""

    def __init__(
        self,
        *,
        removals: Removals,
        installed: Installed,
        leave: Callable[[str], None],
        clock: Callable[[], datetime],
        wake: Callable[[], None],
    ) -> None:
        self._removals = removals
        self._installed = installed
        self._leave = leave
        self._clock = clock
        self._wake = wake

    async def removed(self, team_id: str, *, at: datetime) -> None:
        """Keep that a workspace removed the bot, or revoked its token; the workers see to it."""
        await self._removals.begin(Removal(team_id, removed_at=at, due=self._clock()))
        self._wake()

    def work(self, removal: Removal) -> None:
        """Forget a workspace, and part its people from their Globus accounts; twice, the second time later.

        Slack repeats its events and keeps no order among them: what it says of an earlier installation, or of
        a token that was renewed since, must not end the present one. So the token itself is asked.
        """
        try:
            kept = self._installed.is_in_use(removal.team_id)
        except ServiceUnavailable as problem:
            delay = pause(removal.looks, longest=LONGEST_DELAY, retry_after=problem.retry_after)
            self._later(removal, delay)
            return
        if kept:
            self._contradicted(removal, kept)
            return
        self._installed.forget(removal.team_id)
        self._leave(removal.team_id)
        if removal.is_left:
            self._removals.end(removal)
        else:
            self._removals.save(replace(removal, is_left=True, due=self._clock() + SECOND_PASS))

    def _contradicted(self, removal: Removal, kept: Installation) -> None:
        """Believe a token that works: at once if it came after its removal, otherwise after some looks."""
        if removal.removed_at < kept.installed_at or removal.looks >= LOOKS:
            self._removals.end(removal)
        else:
            self._later(removal, BETWEEN_LOOKS)

    def _later(self, removal: Removal, delay: timedelta) -> None:
        self._removals.save(replace(removal, due=self._clock() + delay, looks=removal.looks + 1))
