"""The pretend Slack as one object: its parts, built and joined."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.sandbox.faults import Faults
from bot.sandbox.slack.delivery import Delivery
from bot.sandbox.slack.identifiers import Identifiers
from bot.sandbox.slack.messages import Messages
from bot.sandbox.slack.response_urls import Kind, ResponseUrls
from bot.sandbox.slack.sockets import Sockets
from bot.sandbox.slack.triggers import Triggers
from bot.sandbox.slack.views import Views
from bot.sandbox.slack.workspace import Workspace
from bot.sandbox.traffic import Traffic
from bot.sandbox.wire import Json


@dataclass
class Slack:
    """Everything the sandbox's Slack knows; all of it is touched from one event loop only.

    `suggested` holds the options last given for an external select, by view ID, `block_id` and `action_id`.
    `origin` is the address under which it was last called, like `http://127.0.0.1:8000`.
    """

    clock: Callable[[], float]
    workspace: Workspace
    identifiers: Identifiers
    traffic: Traffic
    triggers: Triggers
    messages: Messages
    views: Views
    response_urls: ResponseUrls
    faults: Faults
    sockets: Sockets
    delivery: Delivery
    suggested: dict[tuple[str, str, str], list[Json]] = field(default_factory=dict)
    origin: str = ""

    @classmethod
    def build(
        cls, clock: Callable[[], float], workspace: Workspace, signing_clock: Callable[[], float]
    ) -> "Slack":
        """Build all parts around one clock and one workspace."""
        seeded = random.Random(20260101)  # noqa: S311 - identifiers that repeat from run to run, no secrets
        identifiers = Identifiers(clock, seeded)
        traffic = Traffic(clock)
        messages = Messages(identifiers, traffic)
        sockets = Sockets(identifiers, traffic)
        return cls(
            clock=clock,
            workspace=workspace,
            identifiers=identifiers,
            traffic=traffic,
            triggers=Triggers(clock, identifiers),
            messages=messages,
            views=Views(clock, identifiers, traffic),
            response_urls=ResponseUrls(clock, identifiers, messages),
            faults=Faults(),
            sockets=sockets,
            delivery=Delivery(sockets, traffic, workspace.credentials, signing_clock),
        )

    def response_url(self, kind: Kind, user_id: str, channel_id: str, original_ts: str | None = None) -> str:
        """Give a new `response_url` for an act of this person."""
        return f"{self.origin}{self.response_urls.issue(kind, user_id, channel_id, original_ts)}"
