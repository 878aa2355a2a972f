"""One transfer, scheduled end to end: a newcomer's, and the ones after it."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.sandbox.globus.collections import (
    BEAMLINE,
    CAMPUS,
    LAPTOP,
    PATIENTS,
    PRIVATE,
    SHARED,
    Collection,
)
from bot.sandbox.globus.identities import ADA as ADA_AT_GLOBUS
from tests.stories.stage import EMBARGO, LAB_DATA, NATIVE_CLIENT, RANDOM, Stage, has, words


def test_a_newcomers_first_timer_takes_one_link_that_carries_both_consents(stage: Stage) -> None:
    stage.schedule(BEAMLINE, CAMPUS, name="Nightly run data", repeat="daily")
    page = stage.sign_in()

    [message] = stage.announced()
    [timer] = stage.timers()
    assert sorted(page.consents) == sorted([BEAMLINE.id, CAMPUS.id])
    assert timer["job_id"] in words(message)
    assert timer["name"].startswith("Nightly run data [")
    assert "<@U0ADA00001> scheduled *Nightly run data*" in words(message)
    assert "*Beamline 7 Data* `/data/run-001/`" in words(message)
    assert "*Campus Storage* `/archive/run-001/`" in words(message)
    assert "every day" in words(message)
    assert "<!date^" in words(message)
    assert message["text"]
    assert stage.told("Linked as *ada@sandbox-lab.example*")


def test_the_second_timer_needs_no_link(stage: Stage) -> None:
    stage.schedule(BEAMLINE, CAMPUS, name="First")
    stage.sign_in()
    stage.announced()
    stage.ada.close()

    stage.schedule(BEAMLINE, CAMPUS, name="Second", repeat="hourly")

    assert len(stage.announced(2)) == len(stage.timers()) == 2
    assert not has(stage.ada.top(), "sign_in")


def test_without_a_secret_the_sign_in_comes_first_and_the_second_link_says_why(empty_stage: Stage) -> None:
    stage = empty_stage
    stage.start_bot(GLOBUS_CLIENT_ID=NATIVE_CLIENT.client_id, GLOBUS_CLIENT_SECRET="")
    stage.open_form()
    assert "First, link your Globus account" in words(stage.ada.top())
    first = stage.sign_in()
    stage.wait(lambda: stage.ada.top()["callback_id"] == "schedule_transfer", "the form")

    stage.fill_and_submit(BEAMLINE, CAMPUS)
    stage.shown("Your last sign-in did not ask for it")
    second = stage.sign_in()

    stage.announced()
    assert first.consents == []
    assert sorted(second.consents) == sorted([BEAMLINE.id, CAMPUS.id])


@pytest.mark.parametrize("other", [SHARED, LAPTOP, PATIENTS], ids=["guest", "personal", "high assurance"])
def test_no_data_access_is_asked_of_a_collection_that_has_none(stage: Stage, other: Collection) -> None:
    stage.schedule(other, BEAMLINE)

    assert stage.sign_in().consents == [BEAMLINE.id]
    stage.announced()


def test_between_two_collections_without_consents_signing_in_is_all(stage: Stage) -> None:
    stage.schedule(SHARED, LAPTOP)

    assert stage.sign_in().consents == []
    stage.announced()


def test_a_declined_consent_is_named_and_no_timer_is_made(stage: Stage) -> None:
    stage.schedule(BEAMLINE, CAMPUS)
    stage.sign_in(decline=(CAMPUS.id,))

    view = stage.shown("You did not allow access to data on Campus Storage")
    assert stage.timers() == []
    assert "Beamline" not in words(view).partition("You did not allow")[2]


def test_a_declined_consent_can_be_given_after_all(stage: Stage) -> None:
    stage.schedule(BEAMLINE, CAMPUS)
    stage.sign_in(decline=(CAMPUS.id,))
    stage.shown("You did not allow access to data on Campus Storage")

    assert stage.sign_in().consents == [CAMPUS.id]
    stage.announced()


def test_a_collection_that_only_the_person_can_see_is_found_after_the_sign_in(stage: Stage) -> None:
    stage.schedule(PRIVATE, SHARED)
    first = stage.sign_in()
    stage.shown("Your last sign-in did not ask for it")
    second = stage.sign_in()

    stage.announced()
    assert (first.consents, second.consents) == ([], [PRIVATE.id])


def starting_tomorrow() -> int:
    return int((datetime.now().astimezone() + timedelta(days=1)).timestamp())  # noqa: TID251 - a story happens today


@pytest.mark.parametrize(
    ("fields", "schedule"),
    [
        ({"repeat": "once"}, {"type": "once"}),
        ({"repeat": "daily"}, {"type": "recurring", "interval_seconds": 86400}),
        (
            {"repeat": "hourly", "end": "runs", "end_runs": "3"},
            {"type": "recurring", "interval_seconds": 3600, "end": {"count": 3}},
        ),
        ({"repeat": "custom", "interval": "1d12h"}, {"type": "recurring", "interval_seconds": 129600}),
    ],
    ids=["once", "daily", "three runs", "every 36 hours"],
)
def test_a_schedule_reaches_globus_as_it_was_chosen(
    stage: Stage, fields: dict[str, Any], schedule: dict[str, Any]
) -> None:
    start = starting_tomorrow()
    stage.schedule(SHARED, LAPTOP, start=start, **fields)
    stage.sign_in()
    stage.announced()

    [timer] = stage.timers()
    kept = timer["schedule"]
    assert {key: kept.get(key) for key in schedule} == schedule
    first = datetime.fromisoformat(kept["datetime"] if schedule["type"] == "once" else kept["start"])
    assert int(first.timestamp()) == start
    assert f"<!date^{start}^" in words(stage.announcements()[0])


def test_every_hour_for_three_days_ends_at_that_moment(stage: Stage) -> None:
    start = starting_tomorrow()
    end = start + 3 * 86400
    stage.schedule(SHARED, LAPTOP, repeat="hourly", start=start, end="date", end_date=end)
    stage.sign_in()
    [message] = stage.announced()

    [timer] = stage.timers()
    assert int(datetime.fromisoformat(timer["schedule"]["end"]["datetime"]).timestamp()) == end
    assert f"until <!date^{end}^" in words(message)


def test_the_timer_says_every_option_itself(stage: Stage) -> None:
    stage.schedule(SHARED, LAPTOP)
    stage.sign_in()
    stage.announced()

    [timer] = stage.timers()
    body = timer["callback_body"]["body"]
    assert (
        body.items()
        >= {
            "verify_checksum": True,
            "preserve_timestamp": False,
            "encrypt_data": False,
            "skip_source_errors": False,
            "fail_on_quota_errors": False,
            "delete_destination_extra": False,
            "notify_on_succeeded": True,
            "notify_on_failed": True,
            "notify_on_inactive": True,
        }.items()
    )


def test_the_form_follows_the_choices_and_keeps_what_was_typed(stage: Stage) -> None:
    stage.open_form()
    stage.ada.fill("source_path", "/data/run-001/")
    assert "interval" not in block_ids(stage)

    stage.ada.fill("repeat", "custom")
    stage.wait(lambda: "interval" in block_ids(stage), "the interval")
    stage.ada.fill("end", "runs")
    stage.wait(lambda: "end_runs" in block_ids(stage), "the number of runs")
    stage.ada.fill("repeat", "once")
    stage.wait(lambda: "end" not in block_ids(stage), "the end to go")

    values = stage.ada.top()["state"]["values"]
    assert values["source_path"]["source_path"]["value"] == "/data/run-001/"
    assert values["announce_in"]["announce_in"]["selected_conversation"] == LAB_DATA


def block_ids(stage: Stage) -> set[str]:
    return {block["block_id"].partition(":")[0] for block in stage.ada.top()["blocks"]}


@pytest.mark.parametrize("channel", [RANDOM, EMBARGO], ids=["public", "private"])
def test_where_the_bot_may_not_post_the_timer_stands_and_the_person_is_told_how(
    stage: Stage, channel: str
) -> None:
    stage.schedule(SHARED, LAPTOP, announce_in=channel)
    stage.sign_in()

    message = stage.told("the team does not know yet")
    [timer] = stage.timers()
    assert timer["job_id"] in words(message)
    assert "/invite @transferbot" in words(message)

    stage.ada.invite_bot(channel)
    if channel == RANDOM:
        stage.ada.press_in_message(message, "announce_again")
    else:  # the view has the button too
        stage.wait(lambda: has(stage.ada.top(), "announce_again"), "the button in the view")
        stage.ada.press("announce_again")
    assert timer["job_id"] in words(stage.announced(channel_id=channel)[0])


def test_a_closed_modal_does_not_lose_the_link(stage: Stage) -> None:
    stage.schedule(BEAMLINE, CAMPUS)
    stage.wait(lambda: has(stage.ada.top(), "sign_in"), "the link")
    stage.ada.close()

    message = stage.told("Sign in to Globus once")
    page = stage.browser.open(stage.ada.press_in_message(message, "sign_in")["url"])
    code = stage.browser.allow(page, identity=ADA_AT_GLOBUS.username)
    stage.ada.press_in_message(message, "open_paste_code")
    stage.ada.fill("code", code)
    stage.ada.submit()

    stage.announced()
    assert sorted(page.consents) == sorted([BEAMLINE.id, CAMPUS.id])


def test_the_link_can_be_asked_for_again_and_still_carries_everything(stage: Stage) -> None:
    stage.schedule(BEAMLINE, CAMPUS)
    stage.wait(lambda: has(stage.ada.top(), "sign_in"), "the link")
    stage.ada.close()
    stage.ada.command("connect", channel_id=LAB_DATA)

    message = next(one for one in stage.ada.messages(LAB_DATA) if has(one, "sign_in"))
    page = stage.browser.open(stage.ada.press_in_message(message, "sign_in", channel_id=LAB_DATA)["url"])
    assert sorted(page.consents) == sorted([BEAMLINE.id, CAMPUS.id])
    assert [one for one in stage.grace.messages(LAB_DATA) if has(one, "sign_in")] == []
