"""Views: opened, and drawn again while their person may close or change them."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from slack_bolt.kwargs_injection.async_args import AsyncArgs
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.slack.blocks import View
from bot.slack.form import FormContext
from bot.slack.payloads import modal_of


class OpenForm(Protocol):
    """Opens the form for the person who acted, as a new request."""

    async def __call__(self, args: AsyncArgs, filled: Mapping[str, str], *, channel_id: str = "") -> None:
        """Open it, filled in as given, and acknowledge."""
        ...


class OpenFormOf(Protocol):
    """Opens the form of a request that is known already, for the person who acted."""

    async def __call__(
        self, args: AsyncArgs, opened: FormContext, filled: Mapping[str, str], *, note: str = ""
    ) -> None:
        """Open it, filled in as given, and acknowledge."""
        ...


async def open_on_top(args: AsyncArgs, view: View) -> Mapping[str, Any]:
    """Open a view, on top of the modal in which the button stands if it is one; gives it as Slack has it."""
    opening: Callable[..., Awaitable[Any]]
    opening = args.client.views_push if modal_of(args) else args.client.views_open
    answer = await opening(trigger_id=args.body["trigger_id"], view=view)
    return _shown(answer)


async def open_or_replace(args: AsyncArgs, view: View) -> Mapping[str, Any]:
    """Open a view, in place of the modal in which the button stands if it is one; gives it as it is now."""
    under = modal_of(args)
    if under is None:
        return await open_on_top(args, view)
    return _shown(await args.client.views_update(view_id=under["id"], view=view))


async def update(args: AsyncArgs, view: Mapping[str, Any], drawn: View) -> Mapping[str, Any] | None:
    """Draw a view again; gives it as it is now, or None if it is closed, or newer than the hash given."""
    try:
        answer = await args.client.views_update(view_id=view["id"], hash=view.get("hash"), view=drawn)
    except SlackApiError as error:
        if error.response["error"] not in {"hash_conflict", "not_found"}:
            raise
        return None
    return _shown(answer)


def _shown(answer: AsyncSlackResponse) -> Mapping[str, Any]:
    view: Mapping[str, Any] = answer["view"]
    return view
