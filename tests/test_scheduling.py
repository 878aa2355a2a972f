"""A form becomes a request: kept once, before anything else, and due a moment after its answer."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.accounts import SlackUser
from bot.drafts import Draft
from bot.errors import FormProblems
from bot.planning import Option
from bot.scheduling import (
    SETTLING,
    ConfirmationNeeded,
    RequestState,
    Scheduling,
    TimerRequest,
)

ADA = SlackUser("T1", "U1")
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
FORM = {
    "source_collection": "11111111-1111-4111-8111-111111111111",
    "source_path": "/data/run-001/",
    "destination_collection": "22222222-2222-4222-8222-222222222222",
    "destination_path": "/archive/run-001/",
    "name": "Nightly",
    "repeat": "daily",
    "end": "never",
    "sync_level": "always",
    "options": "",
    "announce_in": "C1",
}


@dataclass
class Kept:
    """An inbox in memory."""

    requests: list[TimerRequest] = field(default_factory=list)
    woken: int = 0

    async def accept(self, request: TimerRequest) -> bool:
        is_new = request.request_id not in {one.request_id for one in self.requests}
        if is_new:
            self.requests.append(request)
        return is_new

    def wake(self) -> None:
        self.woken += 1


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def scheduling(kept: Kept) -> Scheduling:
    return Scheduling(
        inbox=kept,
        clock=lambda: NOW,
        new_reference=lambda: "abcdefgh",
        wake=kept.wake,
    )


def submit(
    scheduling: Scheduling, *, confirmed: bool = False, replaces: str = "", **form: str
) -> TimerRequest:
    """Send the form, and wait until the workers would be woken."""

    async def play() -> TimerRequest:
        draft = Draft(ADA, "r1", FORM | form)
        request = await scheduling.submit(
            draft, zone=UTC, view_id="V1", confirmed=confirmed, replaces=replaces
        )
        await asyncio.sleep(2 * SETTLING.total_seconds())
        return request

    return asyncio.run(play())


def test_a_good_form_is_kept_and_due_once_slack_shows_the_answer(scheduling: Scheduling, kept: Kept) -> None:
    request = submit(scheduling)

    assert kept.requests == [request]
    assert request == TimerRequest(
        "r1", "abcdefgh", ADA, request.plan, NOW, due=NOW + timedelta(seconds=0.25), view_id="V1"
    )
    assert request.state is RequestState.RECEIVED
    assert request.plan.name == "Nightly"
    assert request.plan.schedule.interval == timedelta(days=1)
    assert kept.woken == 1


def test_the_same_form_again_is_the_same_request(scheduling: Scheduling, kept: Kept) -> None:
    submit(scheduling)
    submit(scheduling)

    assert len(kept.requests) == 1


def test_a_form_that_edits_says_which_timer_it_replaces(scheduling: Scheduling) -> None:
    assert submit(scheduling, replaces="job").replaces == "job"
    assert submit(scheduling).replaces is None


def test_a_bad_form_is_kept_nowhere(scheduling: Scheduling, kept: Kept) -> None:
    with pytest.raises(FormProblems):
        submit(scheduling, source_path="")

    assert kept.requests == []
    assert kept.woken == 0


def test_a_form_that_deletes_files_asks_once_more(scheduling: Scheduling, kept: Kept) -> None:
    deleting = Option.DELETE_DESTINATION_EXTRA.value

    with pytest.raises(ConfirmationNeeded) as asked:
        submit(scheduling, options=deleting)

    assert asked.value.plan.deletes
    assert str(asked.value) == "deleting extra files needs a confirmation"
    assert kept.requests == []
    assert submit(scheduling, confirmed=True, options=deleting).plan.deletes


def test_a_request_waits_for_a_sign_in_before_it_is_checked_or_after_it_was_sent(
    scheduling: Scheduling,
) -> None:
    request = submit(scheduling)

    assert not request.waits_for_sign_in
    assert replace(request, state=RequestState.WAITING_FOR_SIGN_IN).waits_for_sign_in
    assert replace(request, state=RequestState.UNCLEAR, signed_out=True).waits_for_sign_in


def test_a_timer_carries_its_request_in_its_name(scheduling: Scheduling) -> None:
    assert submit(scheduling).timer_name == "Nightly [abcdefgh]"


def test_without_more_words_a_form_is_unconfirmed_and_replaces_nothing(scheduling: Scheduling) -> None:
    def play(**form: str) -> TimerRequest:
        return asyncio.run(scheduling.submit(Draft(ADA, "r1", FORM | form), zone=UTC, view_id="V1"))

    assert play().replaces is None
    with pytest.raises(ConfirmationNeeded):
        play(options=Option.DELETE_DESTINATION_EXTRA.value)


def test_a_form_is_read_in_the_zone_of_its_person(scheduling: Scheduling) -> None:
    draft = Draft(ADA, "r1", FORM | {"repeat": "custom", "interval": "daily at 02:30"})
    in_chicago = asyncio.run(scheduling.submit(draft, zone=ZoneInfo("America/Chicago"), view_id="V1"))

    assert in_chicago.plan.schedule.start == datetime(2026, 11, 25, 8, 30, tzinfo=UTC)
