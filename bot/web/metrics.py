"""What a monitor reads: counts and ages, and never a name.

https://prometheus.io/docs/instrumenting/exposition_formats/
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Final, Protocol

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from typing_extensions import override

SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5)
"""Around what is usual, and up to Slack's limit of 3 s, past which people see an error."""


class Figures(Protocol):
    """How the bot's work stands. Ages are in seconds, zero where nothing waits."""

    @property
    def requests(self) -> Mapping[str, int]:
        """How many requests there are in each state."""
        ...

    @property
    def sign_ins(self) -> Mapping[str, int]:
        """How many sign-ins of the last day there are in each state."""
        ...

    @property
    def timers(self) -> Mapping[str, int]:
        """How many timers there are in each state, as last seen."""
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
    def overdue(self) -> Mapping[str, float]:
        """The same for each queue."""
        ...

    @property
    def news_waiting(self) -> int:
        """How many news wait for Slack."""
        ...

    @property
    def linked_accounts(self) -> int:
        """How many people are linked."""
        ...

    @property
    def database_bytes(self) -> int:
        """The size of the database."""
        ...

    @property
    def journal_bytes(self) -> int:
        """The size of its write-ahead log."""
        ...


class Counters:
    """Counts what happens; what is counted is gone with the process."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for each, which nobody looks at
        self.registry = CollectorRegistry()
        self._acknowledged = Histogram(
            "transferbot_ack_seconds",
            "How long Slack waited for an answer.",
            buckets=SECONDS,
            registry=self.registry,
        )
        self._asked = Counter(
            "transferbot_upstream_requests",
            "Calls to Slack and Globus by how they ended.",
            ["service", "class"],
            registry=self.registry,
        )
        self._retry_after = Gauge(
            "transferbot_upstream_retry_after_seconds",
            "The wait that a service last asked for.",
            ["service"],
            registry=self.registry,
        )
        self._unsigned = Counter(
            "transferbot_slack_signature_failures",
            "Requests that Slack did not sign.",
            registry=self.registry,
        )
        self._unrefreshed = Counter(
            "transferbot_token_refresh_failures",
            "Globus tokens that could not be refreshed.",
            registry=self.registry,
        )

    def acknowledged(self, seconds: float) -> None:
        """Note how long Slack waited for an answer."""
        self._acknowledged.observe(seconds)

    def asked(self, service: str, outcome: str, *, retry_after: float | None = None) -> None:
        """Note a call to a service."""
        self._asked.labels(service, outcome).inc()
        if retry_after is not None:
            self._retry_after.labels(service).set(retry_after)

    def signature_refused(self) -> None:
        """Note a request that Slack did not sign."""
        self._unsigned.inc()

    def refresh_failed(self) -> None:
        """Note a token that could not be refreshed."""
        self._unrefreshed.inc()


class Metrics:
    """Answers `/metrics`. What is kept is read from the database when it is asked for.

    `build` are the labels of `build_info`; `connected` says whether Slack reaches the bot, `claiming` whether
    work is claimed.
    """

    def __init__(
        self,
        counters: Counters,
        *,
        build: Mapping[str, str],
        figures: Callable[[], Figures],
        connected: Callable[[], bool],
        claiming: Callable[[], bool],
    ) -> None:
        self._registry = counters.registry
        self._registry.register(_Figures(build, figures, connected, claiming))

    async def answer(self, _request: Request) -> Response:
        """Give all figures as text."""
        text = await asyncio.to_thread(generate_latest, self._registry)
        return Response(text, media_type=CONTENT_TYPE_LATEST)


class _Figures(Collector):
    def __init__(
        self,
        build: Mapping[str, str],
        figures: Callable[[], Figures],
        connected: Callable[[], bool],
        claiming: Callable[[], bool],
    ) -> None:
        self._build = build
        self._figures = figures
        self._connected = connected
        self._claiming = claiming

    @override
    def collect(self) -> Iterable[GaugeMetricFamily]:
        figures = self._figures()
        build = GaugeMetricFamily("transferbot_build_info", "The bot that runs.", labels=list(self._build))
        build.add_metric(list(self._build.values()), 1)
        yield build
        yield _one("socket_connected", "Whether Slack reaches the bot.", self._connected())
        yield _one("workers_claiming", "Whether work is claimed.", self._claiming())
        yield _many("requests", "Requests that are kept.", "state", figures.requests)
        yield _many("sign_ins", "Sign-ins of the last day.", "state", figures.sign_ins)
        yield _many("timers", "Timers, as last seen.", "state", figures.timers)
        yield _one(
            "oldest_unclear_age_seconds",
            "How long the oldest request waits whose timer may or may not exist.",
            figures.oldest_unclear,
        )
        yield _one(
            "oldest_due_age_seconds",
            "How long the oldest work waits that should have been done.",
            figures.oldest_due,
        )
        yield _many("oldest_overdue_age_seconds", "The same for each queue.", "queue", figures.overdue)
        yield _one("news_waiting", "News that wait for Slack.", figures.news_waiting)
        yield _one("linked_accounts", "People who are linked.", figures.linked_accounts)
        yield _one("db_bytes", "The size of the database.", figures.database_bytes)
        yield _one("db_wal_bytes", "The size of its write-ahead log.", figures.journal_bytes)


def _one(name: str, meaning: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"transferbot_{name}", meaning, value=float(value))


def _many(name: str, meaning: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"transferbot_{name}", meaning, labels=[label])
    for key, value in sorted(values.items()):
        family.add_metric([key], value)
    return family
