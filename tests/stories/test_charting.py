"""The run chart: a picture in a timer's details, which is added when it is there, or not at all."""

import base64
import io
from pathlib import Path
from typing import Any

import requests
from PIL import Image

from bot.sandbox.globus.collections import LAPTOP, SHARED
from tests.stories.stage import LAB_DATA, Stage, words

Json = dict[str, Any]

HIDDEN = """
import sys

sys.modules["matplotlib"] = None
"""
"""What makes a Python process believe that matplotlib is not installed."""


def test_the_details_of_a_timer_that_ran_show_a_picture_of_its_runs(empty_stage: Stage) -> None:
    ran_twice(empty_stage)

    details(empty_stage)

    shown = picture(empty_stage)
    kept = empty_stage.ada.file(shown["slack_file"]["id"])
    drawn = Image.open(io.BytesIO(base64.b64decode(kept["content"])))
    assert (drawn.format, drawn.size) == ("PNG", (1200, 600))
    assert shown["alt_text"].startswith("A chart of 2 runs from ")
    assert shown["alt_text"].startswith(f"{kept['alt_text']} One by one: ")
    assert shown["title"]["text"].startswith("The last 2 runs: ")
    assert "Latest runs" in words(empty_stage.ada.top())


def test_the_same_picture_is_uploaded_once(empty_stage: Stage) -> None:
    ran_twice(empty_stage)
    details(empty_stage)
    first = picture(empty_stage)["slack_file"]
    empty_stage.ada.close()

    details(empty_stage)

    assert picture(empty_stage)["slack_file"] == first


def test_the_picture_stays_while_the_timer_is_paused_and_resumed(empty_stage: Stage) -> None:
    ran_twice(empty_stage)
    empty_stage.wait(lambda: "2 runs" in words(empty_stage.announcements()[0]), "both runs to be known")
    details(empty_stage)
    first = picture(empty_stage)["slack_file"]

    for act, said in (("timer_pause", "It is paused."), ("timer_resume", "It runs again.")):
        empty_stage.ada.press(act)
        empty_stage.shown(said)

        assert [image["slack_file"] for image in images(empty_stage.ada.top())] == [first]


def test_a_picture_that_slack_looks_over_comes_later(empty_stage: Stage) -> None:
    ran_twice(empty_stage)
    answer = requests.post(
        f"{empty_stage.slack_url}/sandbox/file_processing", json={"seconds": 1.5}, timeout=10
    )
    assert answer.ok

    details(empty_stage)

    assert picture(empty_stage)
    assert "failed" not in empty_stage.output


def test_a_picture_that_cannot_be_uploaded_is_left_out_and_can_come_later(empty_stage: Stage) -> None:
    ran_twice(empty_stage)
    empty_stage.slack_fault("error", method="files.completeUploadExternal", error="internal_error")

    details(empty_stage)
    empty_stage.wait(lambda: "a chart could not be uploaded" in empty_stage.output, "the upload to fail")
    said = empty_stage.ada.top()
    empty_stage.ada.close()
    details(empty_stage)

    assert images(said) == []
    assert "Latest runs" in words(said)
    assert "Asking Globus" not in words(said)
    assert picture(empty_stage)


def test_a_workspace_that_granted_no_files_has_details_without_a_picture(empty_stage: Stage) -> None:
    ran_twice(empty_stage)
    empty_stage.slack_fault("error", method="files.getUploadURLExternal", error="missing_scope", times=9)

    for _ in range(2):
        details(empty_stage)
        empty_stage.wait(lambda: "files:write" in empty_stage.output, "the log to say what is missing")
        assert images(empty_stage.ada.top()) == []
        empty_stage.ada.close()

    assert empty_stage.output.count("files:write") == 1


def test_without_the_extra_the_bot_runs_and_has_no_picture(empty_stage: Stage, tmp_path: Path) -> None:
    hiding = tmp_path / "hiding"
    hiding.mkdir()
    (hiding / "sitecustomize.py").write_text(HIDDEN)
    ran_twice(empty_stage, PYTHONPATH=str(hiding))

    details(empty_stage)

    empty_stage.wait(lambda: "Asking Globus" not in words(empty_stage.ada.top()), "Globus to be asked")
    assert images(empty_stage.ada.top()) == []
    assert "Traceback" not in empty_stage.output


def ran_twice(stage: Stage, **settings: str) -> None:
    """Let a timer run twice."""
    stage.start_bot(WATCH_LOOKS="0.3,0.6,1", **settings)
    stage.schedule(SHARED, LAPTOP, name="Nightly", repeat="hourly")
    stage.sign_in()
    stage.announced()
    stage.ada.close()
    stage.wait(lambda: len(over(stage)) == 1, "the first run")
    stage.at_globus("advance", seconds=3600)
    stage.wait(lambda: len(over(stage)) == 2, "the second run")


def over(stage: Stage) -> list[Json]:
    found: list[Json] = requests.get(f"{stage.globus_url}/sandbox/tasks", timeout=10).json()["tasks"]
    return [task for task in found if task["status"] == "SUCCEEDED"]


def details(stage: Stage) -> None:
    """Open the timer's details, and wait for what Globus says."""
    stage.ada.press_in_message(stage.announcements()[0], "timer_details", channel_id=LAB_DATA)
    stage.shown("Latest runs")


def images(view: Json) -> list[Json]:
    return [block for block in view["blocks"] if block["type"] == "image"]


def picture(stage: Stage) -> Json:
    """Wait for the picture in the view on top."""
    found: Json = stage.wait(lambda: next(iter(images(stage.ada.top())), None), "the picture")
    return found
