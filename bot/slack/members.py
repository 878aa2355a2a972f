"""Who may use the bot here: the members of the workspace, or of the enterprise, that installed it.

In a channel shared with another workspace (Slack Connect) a stranger sees what the bot posts, and can press
it. The payload's `team` is then the bot's workspace, and only `user.team_id` is the stranger's
(https://github.com/slackapi/java-slack-sdk/issues/1041). Another workspace may have the same user ID.
"""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any, Final

from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.errors import Problem
from bot.remembering import Latest

SECONDS: Final = 1.0
"""Whoever acts waits for three seconds at most, for this and for what they wanted."""

MOST: Final = 10_000
"""So many workspaces of enterprises are remembered."""

STRANGER: Final = "Sorry, I work only for the members of the workspace that installed me."

log = logging.getLogger(__name__)


class Members:
    """Tells members from strangers; what it cannot tell counts as a stranger's."""

    def __init__(self) -> None:
        self._known: Latest[tuple[str, str], None] = Latest(MOST)

    async def check(self, args: AsyncArgs) -> None:
        """Let a member pass; raises Problem for a stranger, or where Slack does not say."""
        body, place = args.body, workspace_of(args.context)
        if body.get("command"):
            # Slack offers the command only where the bot is installed, and names the person's workspace.
            self._learn(place, str(body.get("team_id", "")))
            return
        acted, home = _home_of(body)
        if not acted or home == place:
            return
        if not home:
            raise Problem(STRANGER)
        if home != args.context.enterprise_id and not await self._is_within(args, home, place):
            raise Problem(STRANGER)

    async def _is_within(self, args: AsyncArgs, home: str, place: str) -> bool:
        """Say whether a workspace belongs to the enterprise that installed the bot as a whole."""
        if not args.context.is_enterprise_install:
            return False
        if (place, home) not in self._known:
            user = _told_of(args.body) or await _asked_about(args)
            if (user.get("enterprise_user") or {}).get("enterprise_id") != place:
                return False
            self._learn(place, home)
        return True

    def _learn(self, place: str, home: str) -> None:
        self._known[place, home] = None


def workspace_of(context: AsyncBoltContext) -> str:
    """Give the workspace or, for an org-wide installation, the enterprise whose bot is meant; or nothing."""
    place = context.enterprise_id if context.is_enterprise_install else None
    return str(place or context.team_id or context.enterprise_id or "")


def _home_of(body: Mapping[str, Any]) -> tuple[bool, str]:
    """Say whether somebody acted, and give the ID of their own workspace, if it is named."""
    event = body.get("event")
    if event is None:
        user, team = body.get("user") or {}, body.get("team") or {}
        return bool(user), str(user.get("team_id") or team.get("id") or "")
    user = event.get("user")
    if isinstance(user, dict):
        return True, str(user.get("team_id") or "")
    home = event.get("user_team") or ""
    return bool(user) and bool(home or body.get("is_ext_shared_channel")), str(home)


def _told_of(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give what an event says of its user; whoever is deactivated is told of without their enterprise."""
    user = (body.get("event") or {}).get("user")
    if not isinstance(user, dict):
        return {}
    is_from_here = user.get("team_id") == body.get("team_id") and not body.get("is_ext_shared_channel")
    if user.get("deleted") and is_from_here:
        enterprise = {"enterprise_id": body.get("enterprise_id")}
        return user | {"enterprise_user": user.get("enterprise_user") or enterprise}
    return user


async def _asked_about(args: AsyncArgs) -> Mapping[str, Any]:
    """Ask Slack who acted; raises Problem."""
    try:
        async with asyncio.timeout(SECONDS):
            answer = await args.client.users_info(user=str(args.context.user_id))
            user: Mapping[str, Any] = answer["user"]
            return user
    except Exception as error:
        log.warning("Slack did not say to which workspace somebody belongs", exc_info=True)
        raise Problem("Slack does not tell me who you are at the moment.", "Try again.") from error
