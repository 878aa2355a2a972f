"""What the bot writes down: one event a line that says what it is about, and nothing that people wrote."""

import json
from datetime import datetime
from typing import Any

from bot.sandbox.globus.collections import BEAMLINE, CAMPUS, LAPTOP, SHARED
from tests.stories.stage import Stage, words

PLANTED = "Marie-Curies-Messreihe"


def lines(stage: Stage) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stage.output.splitlines()]


def test_every_line_is_one_event_in_utc_with_its_level(empty_stage: Stage) -> None:
    stage = empty_stage
    stage.start_bot(LOG_FORMAT="json", LOG_LEVEL="DEBUG")
    stage.slack_fault("error", method="views.open", error="fatal_error")
    stage.ada.command(channel_id="C0LABDATA1")
    stage.stop_bot()
    written = lines(stage)

    assert len(written) > 3
    assert all({"timestamp", "level", "event"} <= set(line) for line in written)
    assert all(line["timestamp"].endswith("Z") for line in written)
    assert all(datetime.fromisoformat(line["timestamp"]) for line in written)
    [failed] = [line for line in written if line["event"] == "a handler failed"]
    assert failed["level"] == "error"
    assert len(failed["reference"]) == len(failed["delivery"]) == 8
    assert "Traceback" in failed["exception"]


def test_an_error_that_a_person_is_told_of_is_found_by_its_reference(empty_stage: Stage) -> None:
    stage = empty_stage
    stage.start_bot(LOG_FORMAT="json")
    stage.slack_fault("error", method="views.open", error="fatal_error")
    told = stage.ada.command(channel_id="C0LABDATA1")
    [failed] = [line for line in lines(stage) if line["event"] == "a handler failed"]

    assert failed["reference"] in json.dumps(told)


def test_what_is_written_while_a_request_is_worked_on_names_it(empty_stage: Stage) -> None:
    stage = empty_stage
    stage.start_bot(LOG_FORMAT="json")
    stage.link_account()
    stage.globus_fault("status", method="GET /v0.10/operation/endpoint/{id}/ls", status=500, times=4)
    stage.schedule(SHARED, LAPTOP)
    stage.shown("Not everything could be checked")

    about = [line for line in lines(stage) if line["logger"].startswith("globus_sdk")]
    assert about
    assert {line["queue"] for line in about} == {"requests"}
    assert {len(line["request_id"]) for line in about} == {36}


def test_nothing_that_people_write_reaches_the_log_at_debug(empty_stage: Stage) -> None:
    stage = empty_stage
    stage.start_bot(LOG_FORMAT="json", LOG_LEVEL="DEBUG")
    stage.ada.command(f"every 6h {PLANTED}", channel_id="C0LABDATA1")
    for _ in stage.ada.views():
        stage.ada.close()
    stage.open_form()
    stage.ada.search("source_collection", PLANTED)
    stage.fill_in(
        BEAMLINE, CAMPUS, name=PLANTED, destination_path=f"/archive/{PLANTED}/", filters=f"exclude {PLANTED}*"
    )
    stage.globus_fault("drop_after")
    stage.ada.submit()
    stage.sign_in()
    assert PLANTED in words(stage.announced()[0])
    stage.slack_fault("status", method="*", status=500, times=2)
    stage.ada.command(PLANTED, channel_id="C0LABDATA1")
    stage.stop_bot()

    assert PLANTED not in stage.output
    assert "ada@sandbox-lab.example" not in stage.output


def test_an_error_behind_a_button_of_a_modal_is_told_on_top_of_it_or_else_by_message(
    empty_stage: Stage,
) -> None:
    stage = empty_stage
    stage.start_bot()
    stage.open_form()
    stage.slack_fault("error", method="views.push", error="fatal_error")
    stage.ada.press("browse_source")
    stage.shown("Something broke, and it is not your fault")
    assert stage.ada.direct_messages() == []

    stage.ada.close()
    stage.slack_fault("error", method="views.push", error="fatal_error", times=2)
    stage.ada.press("browse_source")
    stage.told("Something broke, and it is not your fault")
