"""The step in Slack's Workflow Builder: somebody is asked, and decides in their own name."""

from typing import Any

import pytest
import requests

from bot.sandbox.globus.collections import LAPTOP, SHARED
from bot.slack.workflows import SCHEDULE_STEP
from tests.stories.stage import ADA, GRACE, LAB_DATA, Stage, has, words

Json = dict[str, Any]
INPUTS = {
    "person": ADA,
    "source": LAPTOP.id,
    "source_path": "/data/run-001/",
    "destination": f"https://app.globus.org/file-manager?origin_id={SHARED.id}&origin_path=%2Farchive%2F",
    "schedule": "every 6h for 3 days",
    "name": "Run of the week",
    "channel": LAB_DATA,
}


def run(stage: Stage, **changed: str) -> str:
    """Let Grace's workflow come to the step; gives the ID of this run of it."""
    return stage.grace.run_step(SCHEDULE_STEP, **(INPUTS | changed))


def asked(stage: Stage) -> Json:
    return stage.told("A workflow asks you to schedule *Run of the week*")


def ended(stage: Stage, execution_id: str) -> Json:
    """Wait until Slack was told how the step ended."""

    def look() -> Json | None:
        step = stage.grace.step(execution_id)
        return step if step["state"] != "running" else None

    found: Json = stage.wait(look, "the step to end")
    return found


def scheduled(stage: Stage, message: Json) -> str:
    """Review and send what the workflow filled in; gives the job ID."""
    stage.ada.press_in_message(message, "workflow_review")
    stage.ada.submit()
    [announcement] = stage.announced()
    job_id: str = stage.timers()[0]["job_id"]
    assert job_id in words(announcement)
    return job_id


def test_the_person_reviews_and_the_workflow_goes_on_with_the_job_id(stage: Stage) -> None:
    stage.link_account()
    execution_id = run(stage)
    message = asked(stage)
    assert "every 6h for 3 days" in words(message)
    assert stage.timers() == []

    stage.ada.press_in_message(message, "workflow_review")
    state = stage.ada.top()["state"]["values"]
    assert state["source_path"]["source_path"]["value"] == "/data/run-001/"
    assert state["destination_path"]["destination_path"]["value"] == "/archive/"
    assert state["name"]["name"]["value"] == "Run of the week"
    assert state["announce_in"]["announce_in"]["selected_conversation"] == LAB_DATA
    assert "A workflow filled this in" in words(stage.ada.top())
    stage.ada.submit()
    stage.announced()

    step = ended(stage, execution_id)
    job_id = stage.timers()[0]["job_id"]
    link = f"{stage.globus_url}/activity/timers/{job_id}/overview"
    assert step["outputs"] == {"job_id": job_id, "timer_link": link}
    now = stage.told("Scheduled. Job ID")
    assert (now["ts"], job_id in words(now)) == (message["ts"], True)
    assert (has(now, "workflow_review"), has(now, "timer_details")) == (False, True)


def test_the_person_may_decline(stage: Stage) -> None:
    execution_id = run(stage)
    message = asked(stage)

    stage.ada.press_in_message(message, "workflow_decline")

    step = ended(stage, execution_id)
    assert (step["state"], step["error"]) == ("failed", "@ada declined.")
    assert _calls(stage, "chat.update") == 1
    assert not has(stage.told("You declined"), "workflow_review")
    assert stage.timers() == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"source": "the beamline"}, "“source” is neither a collection's UUID nor a link"),
        ({"destination": "https://example.org/"}, "“destination” is neither"),
        ({"schedule": "now and then"}, "I cannot read “schedule”"),
        ({"person": "U0NOBODY01"}, "I cannot write to the person of “person”"),
    ],
)
def test_what_cannot_be_read_fails_the_step_at_once_and_is_named(
    stage: Stage, changed: dict[str, str], said: str
) -> None:
    step = ended(stage, run(stage, **changed))

    assert step["state"] == "failed"
    assert said in step["error"]
    assert stage.ada.direct_messages() == []


def test_a_request_that_is_refused_fails_the_step_with_the_reason(stage: Stage) -> None:
    stage.link_account()
    execution_id = run(stage, source_path="/nowhere/")

    stage.ada.press_in_message(asked(stage), "workflow_review")
    stage.ada.submit()

    step = ended(stage, execution_id)
    assert step["state"] == "failed"
    assert "There is no /nowhere/" in step["error"]
    assert not has(stage.told("It was not scheduled. There is no /nowhere/"), "workflow_review")


def test_each_person_answers_for_themselves(stage: Stage) -> None:
    adas = run(stage)
    asked(stage)
    graces = run(stage, person=GRACE)
    message = stage.told("A workflow asks you to schedule", stage.grace)

    stage.grace.press_in_message(message, "workflow_decline")

    assert ended(stage, graces)["error"] == "@grace declined."
    assert stage.grace.step(adas)["state"] == "running"


def test_a_step_survives_a_crash_at_any_point(stage: Stage) -> None:
    stage.link_account()
    stage.slack_fault("status", method="functions.completeSuccess", times=2)
    execution_id = run(stage)
    message = asked(stage)
    stage.kill_bot()
    stage.start_bot()
    job_id = scheduled(stage, message)
    stage.wait(lambda: _calls(stage, "functions.completeSuccess"), "the first try")
    stage.kill_bot()
    stage.start_bot()

    assert ended(stage, execution_id)["outputs"]["job_id"] == job_id
    assert len(stage.timers()) == 1


def test_a_step_that_slack_tells_of_twice_asks_once(stage: Stage) -> None:
    execution_id = run(stage)
    message = asked(stage)
    [delivery] = [
        one
        for one in requests.get(f"{stage.slack_url}/sandbox/traffic", timeout=10).json()["traffic"]
        if one["kind"] == "delivery" and execution_id in str(one["payload"]) and one["type"] == "events_api"
    ]
    for _ in range(2):
        requests.post(
            f"{stage.slack_url}/sandbox/redeliver", json={"number": delivery["number"]}, timeout=10
        ).raise_for_status()
    stage.ada.press_in_message(message, "workflow_decline")
    ended(stage, execution_id)

    assert [one for one in stage.ada.direct_messages() if has(one, "workflow_review")] == []


def test_an_answer_that_comes_too_late_is_told_so(stage: Stage) -> None:
    execution_id = run(stage)
    message = asked(stage)
    requests.post(
        f"{stage.slack_url}/api/functions.completeError",
        json={"function_execution_id": execution_id, "error": "Ended"},
        headers={"Authorization": f"Bearer {stage.settings['SLACK_BOT_TOKEN']}"},
        timeout=10,
    ).raise_for_status()
    stage.ada.press_in_message(message, "workflow_decline")
    stage.told("You declined")

    assert stage.grace.step(execution_id)["error"] == "Ended"
    stage.wait(lambda: _calls(stage, "functions.completeError") == 2, "the bot to tell Slack")
    assert "Traceback" not in stage.output


def _calls(stage: Stage, method: str) -> int:
    entries = requests.get(f"{stage.slack_url}/sandbox/traffic", timeout=10).json()["traffic"]
    return sum(one.get("method") == method for one in entries)
