"""What a monitor reads: counts and ages, and never a name.

https://prometheus.io/docs/instrumenting/exposition_formats/
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from typing_extensions import override


class Figures(Protocol):
    """How the bot's work stands. Ages are in seconds, zero where nothing waits."""

    @property
    def requests(self) -> Mapping[str, int]:
        """How many requests there are in each state."""
        ...

    @property
    def oldest_unclear(self) -> float:
        """The age of the oldest request whose timer may or may not exist."""
        ...

    @property
    def oldest_due(self) -> float:
        """How long the oldest work waits that should have been done."""
        ...

    @property
    def linked_accounts(self) -> int:
        """How many people are linked."""
        ...


class Metrics:
    """Answers `/metrics`. What it says is read from the database when it is asked for."""

    def __init__(self, *, version: str, figures: Callable[[], Figures]) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(_Figures(version, figures))

    async def answer(self, _request: Request) -> Response:
        """Give all figures as text."""
        text = await asyncio.to_thread(generate_latest, self._registry)
        return Response(text, media_type=CONTENT_TYPE_LATEST)


class _Figures(Collector):
    def __init__(self, version: str, figures: Callable[[], Figures]) -> None:
        self._version = version
        self._figures = figures

    @override
    def collect(self) -> Iterable[GaugeMetricFamily]:
        figures = self._figures()
        build = GaugeMetricFamily("transferbot_build_info", "The bot that runs.", labels=["version"])
        build.add_metric([self._version], 1)
        yield build
        requests = GaugeMetricFamily("transferbot_requests", "Requests that are kept.", labels=["state"])
        for state, count in sorted(figures.requests.items()):
            requests.add_metric([state], count)
        yield requests
        yield GaugeMetricFamily(
            "transferbot_oldest_unclear_age_seconds",
            "How long the oldest request waits whose timer may or may not exist.",
            figures.oldest_unclear,
        )
        yield GaugeMetricFamily(
            "transferbot_oldest_due_age_seconds",
            "How long the oldest work waits that should have been done.",
            figures.oldest_due,
        )
        yield GaugeMetricFamily(
            "transferbot_linked_accounts", "People who are linked.", figures.linked_accounts
        )
