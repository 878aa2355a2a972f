"""What timers do that were made elsewhere, read from what Globus keeps of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.accounts import SlackUser
from bot.globus.creating import timer_document
from bot.globus.showing import plan_from
from bot.planning import Filter, FilterMethod, Location, Option, Plan, Source, SyncLevel
from bot.schedules import Schedule
from bot.scheduling import TimerRequest

JOB_ID = "24f657f6-512c-4dbd-b279-b588303ad58f"
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
DAILY = Schedule(NOW, timedelta(days=1), runs=30)
PLAN = Plan(
    Source("c1", ("/a/", "/b.dat")),
    Location("c2", "/archive/"),
    DAILY,
    "",
    options=frozenset({Option.ENCRYPT_DATA, Option.NOTIFY_ON_FAILED}),
    sync_level=SyncLevel.CHECKSUM,
    filters=(Filter(FilterMethod.INCLUDE, "*.dat"), Filter(FilterMethod.EXCLUDE, "tmp/")),
)


def job(**body: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    """Give a timer as Globus answers it."""
    return {
        "job_id": JOB_ID,
        "callback_body": {"body": body},
        "start": NOW.isoformat(),
        "interval": 86_400.0,
        "stop_after": {"date": None, "n_runs": 30},
    }


def test_what_the_bot_writes_is_read_as_it_was_meant() -> None:
    request = TimerRequest("request-1", "abcdefgh", SlackUser("T1", "U1"), PLAN, NOW)

    assert plan_from(job(**timer_document(request)["body"])) == PLAN


def test_what_a_document_leaves_out_is_what_transfer_does_then() -> None:
    item = {"source_path": "/a", "destination_path": "/b", "recursive": True}

    found = plan_from(job(source_endpoint_id="c1", destination_endpoint_id="c2", transfer_items=[item]))

    assert found == Plan(
        Source("c1", ("/a/",)),
        Location("c2", "/b"),
        DAILY,
        "",
        options=frozenset({Option.NOTIFY_ON_SUCCEEDED, Option.NOTIFY_ON_FAILED, Option.NOTIFY_ON_INACTIVE}),
    )


@pytest.mark.parametrize("body", [{}, {"source_endpoint": "c1", "destination_endpoint": "c2", "DATA": []}])
def test_what_is_no_transfer_is_not_taken_for_one(body: dict[str, Any]) -> None:
    assert plan_from(job(**body)) is None
