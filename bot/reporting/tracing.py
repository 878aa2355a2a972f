"""Traces to an OpenTelemetry collector: what took how long, and which service answered how.

A span holds the kind of work, the bot's own references, and the class of each answer; no address, no body, no
person (https://opentelemetry.io/docs/specs/otel/protocol/exporter/).
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from bot.errors import SettingsProblem
from bot.measuring import Meter

SECONDS: Final = 2.0
"""How long a collector may take; nobody waits for it."""

FLUSH_SECONDS: Final = 1.0


class Traces:
    """Makes a span of each piece of work, and sends them in the background."""

    def __init__(self, endpoint: str, *, version: str) -> None:
        """Raises SettingsProblem if the extra is not installed. `endpoint` is the collector's base URL."""
        try:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415 - an extra
                OTLPSpanExporter,
            )
            from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - as above
            from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 - as above
            from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 - as above
        except ImportError as error:
            raise SettingsProblem(
                "OTEL_EXPORTER_OTLP_ENDPOINT needs the extra `observability`.",
                "Install requirements-observability.lock.",
            ) from error
        resource = Resource.create({"service.name": "transferbot", "service.version": version})
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        exporter = OTLPSpanExporter(endpoint=endpoint.rstrip("/") + "/v1/traces", timeout=SECONDS)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("transferbot", version)

    @contextmanager
    def span(self, about: Mapping[str, str]) -> Iterator[None]:
        """Make a span of the block."""
        with self._tracer.start_as_current_span(
            about.get("queue", "delivery"),
            attributes={f"transferbot.{name}": value for name, value in about.items()},
            record_exception=False,
            set_status_on_exception=False,
        ):
            yield

    def measured(self, meter: Meter) -> Meter:
        """Give a meter that also notes in the present span how a service answered."""
        return _Noting(meter)

    def end(self) -> None:
        """Send what is left, for a moment; a collector that hangs must not hold up the end."""
        ending = threading.Thread(target=self._provider.shutdown, name="traces", daemon=True)
        ending.start()
        ending.join(FLUSH_SECONDS)


class _Noting:
    def __init__(self, meter: Meter) -> None:
        self._meter = meter

    def acknowledged(self, seconds: float) -> None:
        """Pass it on."""
        self._meter.acknowledged(seconds)

    def asked(self, service: str, outcome: str, *, retry_after: float | None = None) -> None:
        """Note it in the span, and pass it on."""
        from opentelemetry.trace import get_current_span  # noqa: PLC0415 - an extra

        get_current_span().add_event("asked", {"service": service, "class": outcome})
        self._meter.asked(service, outcome, retry_after=retry_after)

    def signature_refused(self) -> None:
        """Pass it on."""
        self._meter.signature_refused()

    def refresh_failed(self) -> None:
        """Pass it on."""
        self._meter.refresh_failed()
