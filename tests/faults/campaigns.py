"""Every campaign by the name of its row."""

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from tests.faults import (
    calls,
    clocks,
    disk,
    killing,
    outages,
    repeating,
    replicas,
    sharing,
    starting,
    tending,
)
from tests.faults.table import Place, Row

CAMPAIGNS: Final[Mapping[str, Callable[[Place], Row]]] = {
    "kill": killing.kill_again_and_again,
    "calls": calls.every_fault,
    "kill-news": tending.news,
    "kill-changes": tending.changes,
    "same-form-sockets": repeating.over_sockets,
    "same-form-http": repeating.over_http,
    "disk-full": disk.fills,
    "locked": disk.locked,
    "read-only": starting.read_only,
    "newer": starting.newer,
    "three-starts": starting.three_at_once,
    "replicas": replicas.forms,
    "replicas-news": replicas.news,
    "clock": clocks.jumps,
    "one-token": sharing.one_token,
    "one-queue": sharing.one_queue,
    "cuts": outages.cuts,
    "silence": outages.silence,
    "slack-500": outages.refusals,
}


def fight(name: str, full: bool, seed: int) -> Row:  # noqa: FBT001 - handed over to another process
    """Fight one campaign in a folder of its own; a campaign that breaks off is a row too."""
    with tempfile.TemporaryDirectory(prefix="transferbot-faults-") as folder:
        try:
            return CAMPAIGNS[name](Place(Path(folder), is_full=full, seed=seed))
        except (Exception, AssertionError) as problem:  # noqa: BLE001 - it is in the table
            return Row(name, "", {"broken": "broke off"}, {"reasons": [repr(problem)[:2000]]})
