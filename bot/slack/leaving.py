"""What Slack tells of those who leave: a workspace that removes the bot, a person who is deactivated."""

from datetime import UTC, datetime

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.disconnecting import Disconnecting
from bot.leaving import Leaving
from bot.slack.app import Listen
from bot.slack.members import workspace_of
from bot.slack.payloads import person_of


class LeavingHandlers:
    """What happens when somebody leaves. What is to be done is on disk before Slack is answered."""

    def __init__(self, *, leaving: Leaving, disconnecting: Disconnecting) -> None:
        self._leaving = leaving
        self._disconnecting = disconnecting

    def register(self, listen: Listen) -> None:
        """Say which of Slack's events these handlers answer."""
        listen.event("app_uninstalled", self.removed)
        listen.event("tokens_revoked", self.revoked)
        listen.event("user_change", self.changed)

    async def removed(self, args: AsyncArgs) -> None:
        """Leave a workspace that removed the bot."""
        at = datetime.fromtimestamp(int(args.body["event_time"]), UTC)
        await self._leaving.removed(workspace_of(args.context), at=at)

    async def revoked(self, args: AsyncArgs) -> None:
        """Leave a workspace that revoked the bot's token; those of people are none of the bot's."""
        if args.body["event"].get("tokens", {}).get("bot"):
            await self.removed(args)

    async def changed(self, args: AsyncArgs) -> None:
        """Part with somebody whose account was deactivated; other changes are of no interest."""
        if args.body["event"]["user"].get("deleted"):
            await self._disconnecting.leave_soon(person_of(args))
