"""Errors and traces that leave the house, over real wires: they arrive, and no secret is in them."""

import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests
from typing_extensions import override

from bot.sandbox.globus.collections import LAPTOP, SHARED
from bot.sandbox.globus.identities import ADA as ADA_AT_GLOBUS
from bot.sandbox.slack.workspace import ADA, Credentials
from tests.stories.stage import LAB_DATA, Stage

PLANTED = "Marie-Curies-Messreihe"


class Collector:
    """A Sentry and an OpenTelemetry collector that take everything; `bodies` by path, unpacked."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.bodies: list[tuple[str, bytes]] = []

    def of(self, path: str) -> list[bytes]:
        return [body for where, body in self.bodies if path in where]


@contextmanager
def collecting() -> Iterator[Collector]:
    class Take(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = gzip.decompress(raw) if self.headers.get("Content-Encoding") == "gzip" else raw
            collector.bodies.append((self.path, body + str(self.headers).encode()))
            self.send_response_only(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        @override
        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Take)
    collector = Collector(f"127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()


def something_goes_wrong(stage: Stage) -> set[str]:
    """Play a story in which handlers and workers fail; gives what must not leave the house."""
    stage.link_account()
    stage.globus_fault("drop_after")
    stage.schedule(SHARED, LAPTOP, name=PLANTED, destination_path=f"/archive/{PLANTED}/")
    stage.announced()
    for _ in stage.ada.views():
        stage.ada.close()
    stage.slack_fault("error", method="views.open", error=f"fatal_{PLANTED}")
    stage.ada.command(PLANTED, channel_id=LAB_DATA)
    issued = requests.get(f"{stage.globus_url}/sandbox/secrets", timeout=10).json()["secrets"]
    credentials = Credentials()
    return {
        PLANTED,
        ADA,
        LAB_DATA,
        ADA_AT_GLOBUS.username,
        ADA_AT_GLOBUS.id,
        SHARED.id,
        str(stage.timers()[0]["job_id"]),
        str(stage.folder),
        credentials.bot_token,
        credentials.app_token,
        credentials.signing_secret,
        stage.settings["GLOBUS_CLIENT_SECRET"],
        (stage.folder / "transferbot.db.key").read_text().strip(),
        *issued,
        *stage.trigger_ids_and_response_urls(),
    }


def test_errors_arrive_at_sentry_with_their_reference_and_without_anything_secret(
    empty_stage: Stage,
) -> None:
    with collecting() as collector:
        empty_stage.start_bot(SENTRY_DSN=f"http://publickey@{collector.url}/1", LOG_FORMAT="json")
        secrets = something_goes_wrong(empty_stage)
        empty_stage.stop_bot()

    sent = collector.of("/api/1/envelope")
    lines = [json.loads(line) for line in empty_stage.output.splitlines()]
    [failed] = [line for line in lines if line["event"] == "a handler failed"]
    assert any(failed["reference"].encode() in body for body in sent)
    assert any(b"SlackApiError" in body for body in sent)
    assert [secret for secret in secrets for body in sent if secret.encode() in body] == []


def test_traces_arrive_at_a_collector_with_kinds_and_classes_alone(empty_stage: Stage) -> None:
    with collecting() as collector:
        empty_stage.start_bot(OTEL_EXPORTER_OTLP_ENDPOINT=f"http://{collector.url}")
        secrets = something_goes_wrong(empty_stage)
        empty_stage.stop_bot()

    sent = collector.of("/v1/traces")
    for expected in (b"requests", b"globus timers", b"delivery", b"transferbot.request_id", b"unreachable"):
        assert any(expected in body for body in sent), expected
    assert [secret for secret in secrets for body in sent if secret.encode() in body] == []


def test_nobody_who_hangs_there_holds_the_bot_up(empty_stage: Stage) -> None:
    empty_stage.start_bot(
        SENTRY_DSN="http://publickey@127.0.0.1:9/1", OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9"
    )
    something_goes_wrong(empty_stage)

    assert empty_stage.stop_bot() == 0


def test_nothing_leaves_the_house_unless_it_is_asked_to(empty_stage: Stage) -> None:
    empty_stage.start_bot()
    empty_stage.link_account()
    empty_stage.stop_bot()

    assert "sentry" not in empty_stage.output.lower()
    assert "opentelemetry" not in empty_stage.output.lower()
