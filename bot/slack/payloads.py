"""What Slack tells with a command or a press: who did it, what was pressed, and where."""

from collections.abc import Mapping
from typing import Any, Final

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.accounts import SlackUser
from bot.presets import Channel
from bot.slack.members import workspace_of

_CHANNELS: Final = ("C", "G")
"""What the IDs of conversations begin with in which a team can hear of something."""


def person_of(args: AsyncArgs) -> SlackUser:
    """Give the person who did this. In an org-wide install the enterprise stands for the team."""
    team_id, user_id = workspace_of(args.context), args.context.user_id
    if not team_id or not user_id:
        raise ValueError("Slack did not say who this is")
    return SlackUser(team_id, user_id)


def value_of(args: AsyncArgs) -> str:
    """Give the value of the button that was pressed, or of what was chosen; empty for one without."""
    action = args.body["actions"][0]
    chosen = action.get("selected_option") or action
    return str(chosen.get("value") or "")


def channel_of(args: AsyncArgs) -> Channel:
    """Give the conversation in which something was typed or pressed; its ID is empty outside of all."""
    body = args.body
    places = (body.get("channel") or {}).get("id"), (body.get("container") or {}).get("channel_id")
    return Channel(person_of(args).team_id, str(body.get("channel_id") or next(filter(None, places), "")))


def announced_in(channel_id: str) -> dict[str, str]:
    """Give the form's field that announces in a conversation; nothing where no team would hear of it."""
    return {"announce_in": channel_id} if channel_id.startswith(_CHANNELS) else {}


def modal_of(args: AsyncArgs) -> Mapping[str, Any] | None:
    """Give the modal in which something was pressed; None for a message and for the Home tab."""
    view: Mapping[str, Any] | None = args.body.get("view")
    return view if view and view.get("type") == "modal" else None
