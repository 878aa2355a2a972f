"""Steering the sandbox itself: faults, delivery, connections."""

from bot.sandbox.faults import Fault
from bot.sandbox.slack.errors import Refused
from bot.sandbox.slack.slack import Slack
from bot.sandbox.wire import Json


async def order_fault(slack: Slack, body: Json) -> Json:
    """Let coming Web API calls fail."""
    slack.faults.order(Fault.parse(body))
    return {}


async def clear_faults(slack: Slack, _body: Json) -> Json:
    """Forget all faults."""
    slack.faults.clear()
    return {}


async def set_delivery_url(slack: Slack, body: Json) -> Json:
    """Set the app's request URL, or null for none."""
    url = body.get("url")
    if url is not None and not isinstance(url, str):
        raise Refused("invalid_arguments", "`url` must be a string or null.")
    slack.delivery.url = url
    return {"url": url}


async def redeliver(slack: Slack, body: Json) -> Json:
    """Deliver an earlier payload again, unchanged, in a new envelope or with a new signature."""
    entry = slack.traffic.entry(body.get("number", 0))
    if entry is None or entry["kind"] != "delivery":
        raise Refused("not_found", "The log has no delivery with this number.")
    return {"answer": await slack.delivery.deliver(entry["type"], entry["payload"])}


async def disconnect(slack: Slack, body: Json) -> Json:
    """Close all sockets; with a `reason` such as `refresh_requested` after saying so."""
    return {"closed": await slack.sockets.disconnect(body.get("reason"))}
