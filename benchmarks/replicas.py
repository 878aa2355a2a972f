"""Forms that several bots on one PostgreSQL server keep, next to one bot.

    python -m benchmarks.replicas [--seconds 6] [--at-once 50]

Forms come signed through nginx, each is committed before it is acknowledged, and workers make timers of them
meanwhile. The sandbox, the server, nginx and the senders share the machine with the bots.
"""

import statistics
import tempfile
import threading
import time
from pathlib import Path
from typing import Final

import click
import requests

from tests.faults import signed
from tests.faults.killing import sent_once
from tests.replicas import Replicas, own_server, replicas

BOTS: Final = (1, 3)


@click.command(help="Forms a second, with one bot and with three.")
@click.option("--seconds", default=6.0)
@click.option("--at-once", default=50)
def main(seconds: float, at_once: int) -> None:
    """Measure each number of bots and print a line for it."""
    click.echo(f"{'bots':<6}{'forms/s':>10}{'p50 ms':>10}{'p99 ms':>10}{'not kept':>10}{'done again':>12}")
    for bots in BOTS:
        with tempfile.TemporaryDirectory() as folder, own_server() as server:
            with replicas(Path(folder), server, bots=bots) as stage:
                kept, failed, again = measured(stage, seconds, at_once)
            kept.sort()
            p99 = kept[int(len(kept) * 0.99)] * 1000
            click.echo(
                f"{bots:<6}{len(kept) / seconds:>10.0f}{statistics.median(kept) * 1000:>10.0f}"
                f"{p99:>10.0f}{failed:>10}{again:>11.1%}"
            )


def measured(stage: Replicas, seconds: float, at_once: int) -> tuple[list[float], int, float]:
    """Send forms for so long; gives how long each took that was kept, and how many were not.

    The last is the share of transactions that were undone, nearly all of them to be done again.
    """
    url = stage.over_http()
    stage.start_bot()
    stage.link_account()
    form = sent_once(stage, stage.ada, "first")
    kept: list[float] = []
    failed: list[float] = []
    until = time.monotonic() + seconds

    def send(who: int) -> None:
        number = 0
        while (began := time.monotonic()) < until:
            number += 1
            try:
                is_kept = signed.is_kept(url, signed.another(form, f"form {who} {number}"))
            except requests.RequestException:
                is_kept = False
            (kept if is_kept else failed).append(time.monotonic() - began)

    senders = [threading.Thread(target=send, args=(who,)) for who in range(at_once)]
    for one in senders:
        one.start()
    for one in senders:
        one.join()
    undone = "SELECT xact_rollback, xact_commit FROM pg_stat_database WHERE datname = current_database()"
    [(back, done)] = stage.ask(undone)
    return kept, len(failed), back / (back + done)


if __name__ == "__main__":
    main()
