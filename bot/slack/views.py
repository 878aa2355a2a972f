"""Views that are drawn again while their person may close or change them."""

from collections.abc import Mapping
from typing import Any

from slack_bolt.kwargs_injection.async_args import AsyncArgs
from slack_sdk.errors import SlackApiError

from bot.slack.blocks import View


async def update(args: AsyncArgs, view: Mapping[str, Any], drawn: View) -> Mapping[str, Any] | None:
    """Draw a view again; gives it as it is now, or None if it is closed, or newer than the hash given."""
    try:
        answer = await args.client.views_update(view_id=view["id"], hash=view.get("hash"), view=drawn)
    except SlackApiError as error:
        if error.response["error"] not in {"hash_conflict", "not_found"}:
            raise
        return None
    shown: Mapping[str, Any] = answer["view"]
    return shown
