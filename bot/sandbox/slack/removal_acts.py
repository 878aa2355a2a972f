"""An administrator's hands: how the app's access ends, and how the app is registered."""

from dataclasses import fields
from typing import Any, Final

from bot.sandbox.slack import removal
from bot.sandbox.slack.asking import person_of
from bot.sandbox.slack.errors import Refused
from bot.sandbox.slack.slack import Slack
from bot.sandbox.wire import Json

_CHANGEABLE: Final = {
    "redirect_uris": list,
    "token_rotation": bool,
    "org_ready": bool,
    "unfurl_domains": list,
    "commands": list,
    "shortcuts": list,
}


async def uninstall(slack: Slack, body: Json) -> Json:
    """Take the app away from a workspace, or from the enterprise that has it.

    `order` names the events to deliver, first to last: both, or only one as where the other is lost.
    """
    order = body.get("order", list(removal.UNINSTALL_EVENTS))
    if not isinstance(order, list) or not set(order) <= set(removal.UNINSTALL_EVENTS):
        raise Refused("invalid_arguments", f"`order` lists some of {', '.join(removal.UNINSTALL_EVENTS)}.")
    told = removal.uninstall(slack, slack.installation)
    payloads = dict(zip(removal.UNINSTALL_EVENTS, told, strict=True))
    return await _deliver(slack, [payloads[name] for name in order])


async def revoke_bot_token(slack: Slack, _body: Json) -> Json:
    """Revoke all bot tokens of a workspace or enterprise; the app stays installed."""
    installation = slack.installation
    tokens = [one for one in slack.tokens.living(installation.id) if one.kind == "bot"]
    return await _deliver(slack, removal.revoke(slack, installation, tokens))


async def deactivate(slack: Slack, body: Json) -> Json:
    """Deactivate a person's account."""
    return await _deliver(slack, removal.deactivate(slack, person_of(slack, body)))


async def register(slack: Slack, body: Json) -> Json:
    """Change how the app is registered: any field of `Registration` but its credentials and scopes."""
    for name, value in body.items():
        if name not in _CHANGEABLE or not isinstance(value, _CHANGEABLE[name]):
            raise Refused("invalid_arguments", f"Only {', '.join(_CHANGEABLE)} can be changed.")
    for name, value in body.items():
        setattr(slack.app, name, tuple(value) if isinstance(value, list) else value)
    known: dict[str, Any] = {one.name: getattr(slack.app, one.name) for one in fields(slack.app)}
    return {name: known[name] for name in _CHANGEABLE}


async def _deliver(slack: Slack, payloads: list[Json]) -> Json:
    """Deliver events one after another; give how each fared."""
    slack.traffic.touch()
    outcomes = [await slack.delivery.notify("events_api", payload) for payload in payloads]
    types = [payload["event"]["type"] for payload in payloads]
    return {
        "delivered": [
            {"type": kind, "outcome": outcome} for kind, outcome in zip(types, outcomes, strict=True)
        ]
    }
