"""Bad input gets its own message under its own field, and creates nothing."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.sandbox.globus.collections import LAPTOP, SHARED
from tests.stories.stage import Stage, words


def in_days(days: float) -> int:
    return int((datetime.now().astimezone() + timedelta(days=days)).timestamp())  # noqa: TID251 - a story happens today


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"repeat": "custom", "interval": "30s"}, "interval", "between 60 seconds (60s) and 365 days (365d)"),
        ({"repeat": "custom", "interval": "banana"}, "interval", "Write an interval such as 6h, 1d12h or 2w"),
        ({"start": in_days(730)}, "start", "at most one year ahead"),
        ({"start": in_days(-1)}, "start", "has passed"),
        (
            {"start": in_days(2), "end": "date", "end_date": in_days(1)},
            "end_date",
            "The end must come after the start",
        ),
        ({"end": "runs", "end_runs": "0"}, "end_runs", "a whole number, 1 or more"),
        ({"source_path": " "}, "source_path", "Say which file or folder"),
        ({"destination_path": "archive"}, "destination_path", "A path starts with /"),
    ],
    ids=lambda value: "" if isinstance(value, dict) else str(value).split()[0],
)
def test_each_mistake_is_named_under_its_field(
    stage: Stage, fields: dict[str, Any], field: str, message: str
) -> None:
    answer = stage.schedule(SHARED, LAPTOP, **fields)

    assert answer["response_action"] == "errors"
    assert message in answer["errors"][field]
    assert list(answer["errors"]) == [field]
    assert stage.timers() == []
    assert stage.ada.direct_messages() == []


def test_the_same_place_twice_is_named_under_the_destination(stage: Stage) -> None:
    answer = stage.schedule(SHARED, SHARED, source_path="/data/", destination_path="/data")

    assert "the same place as the source" in answer["errors"]["destination_path"]


def test_a_required_field_left_empty_is_not_sent_at_all(stage: Stage) -> None:
    stage.open_form()

    with pytest.raises(Exception, match="source_path"):
        stage.ada.submit()


def test_an_unknown_collection_is_named_under_its_field_once_the_person_is_known(stage: Stage) -> None:
    unknown = "00000000-5a4d-4b0f-8b07-000000000099"
    stage.open_form()
    stage.ada.choose("source_collection", unknown)
    stage.ada.choose("destination_collection", LAPTOP.id)
    stage.ada.fill("source_path", "/data/")
    stage.ada.fill("destination_path", "/copy/")
    stage.ada.submit()
    stage.sign_in()

    view = stage.shown("Globus knows no collection")
    blocks = view["blocks"]
    position = next(
        i for i, block in enumerate(blocks) if "Globus knows no collection" in words({"blocks": [block]})
    )
    assert blocks[position - 1]["block_id"].partition(":")[0] == "source_collection"
    assert view["callback_id"] == "schedule_transfer"
    assert stage.timers() == []


def test_a_corrected_form_becomes_a_timer(stage: Stage) -> None:
    stage.schedule(SHARED, LAPTOP, repeat="custom", interval="banana")
    stage.ada.fill("interval", "6h")
    stage.ada.submit()
    stage.sign_in()

    [message] = stage.announced()
    assert "every 6 hours" in words(message)


def test_words_that_are_no_command_open_the_form_with_a_note(stage: Stage) -> None:
    stage.ada.command("banana", channel_id="C0LABDATA1")

    assert "I could not read `banana`. “banana” is no date" in words(stage.ada.top())
    stage.ada.close()
    stage.ada.command("Statsu", channel_id="C0LABDATA1")
    assert "I could not read `Statsu`. Did you mean `/schedule-transfer status`?" in words(stage.ada.top())
    stage.ada.close()
    stage.ada.command("daily starting 2027-02-01 until 2027-01-01", channel_id="C0LABDATA1")

    assert "The end must come after the start." in words(stage.ada.top())


def test_a_code_that_globus_does_not_know_is_explained_and_can_be_tried_again(stage: Stage) -> None:
    stage.schedule(SHARED, LAPTOP)
    stage.sign_in_address()
    stage.paste("banana")

    again = stage.shown("Copy it again, whole. Each code works once")
    assert "banana" not in str(again["state"])
    page = stage.browser.open(stage.ada.press("sign_in")["url"])
    stage.ada.fill("code", stage.browser.allow(page, identity="ada@sandbox-lab.example"))
    stage.ada.submit()
    stage.announced()


def test_a_sign_in_as_somebody_else_is_refused_by_name(stage: Stage) -> None:
    stage.schedule(SHARED, LAPTOP)
    stage.sign_in()
    stage.announced()
    stage.ada.close()
    stage.ada.command("connect", channel_id="C0LABDATA1")

    message = stage.ada.messages("C0LABDATA1")[-1]
    page = stage.browser.open(stage.ada.press_in_message(message, "sign_in", channel_id="C0LABDATA1")["url"])
    code = stage.browser.allow(page, identity="grace@sandbox-lab.example")
    stage.ada.press_in_message(message, "open_paste_code", channel_id="C0LABDATA1")
    stage.ada.fill("code", code)
    stage.ada.submit()

    stage.shown("You are linked as ada@sandbox-lab.example, but signed in as grace@sandbox-lab.example")
