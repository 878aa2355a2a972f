"""Trigger IDs: each opens one view, within three seconds of the act it came from.

https://docs.slack.dev/interactivity/handling-user-interaction#modal_responses
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bot.sandbox.slack.errors import ApiError
from bot.sandbox.slack.identifiers import Identifiers
from bot.sandbox.slack.installations import Installation
from bot.sandbox.slack.workspace import Member

TRIGGER_SECONDS: Final = 3.0


@dataclass(frozen=True)
class Trigger:
    """Where a trigger ID came from; `view_id` is the modal the user acted in, if it was one."""

    member: Member
    installation: Installation
    issued_at: float
    channel_id: str | None = None
    view_id: str | None = None


class Triggers:
    """Issues and redeems trigger IDs."""

    def __init__(self, clock: Callable[[], float], identifiers: Identifiers) -> None:
        self._clock = clock
        self._identifiers = identifiers
        self._issued: dict[str, Trigger] = {}
        self._redeemed: set[str] = set()

    def issue(
        self,
        member: Member,
        installation: Installation,
        *,
        channel_id: str | None = None,
        view_id: str | None = None,
    ) -> str:
        """Give a new trigger ID for an act of this user, of which this installation hears."""
        parts = (self._identifiers.digits(13), self._identifiers.digits(12), self._identifiers.secret())
        trigger_id = ".".join(parts)
        self._issued[trigger_id] = Trigger(member, installation, self._clock(), channel_id, view_id)
        return trigger_id

    def redeem(self, trigger_id: str, where: str) -> Trigger:
        """Use a trigger ID up, for the installation in this workspace or enterprise.

        Raises ApiError `invalid_trigger_id`, `exchanged_trigger_id` or `expired_trigger_id`.
        """
        if trigger_id in self._redeemed:
            raise ApiError("exchanged_trigger_id")
        trigger = self._issued.get(trigger_id)
        if trigger is None or trigger.installation.id != where:
            raise ApiError("invalid_trigger_id")
        if self._clock() - trigger.issued_at > TRIGGER_SECONDS:
            raise ApiError("expired_trigger_id")
        self._redeemed.add(trigger_id)
        return trigger
