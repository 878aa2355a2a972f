"""The ways in: shortcuts of the search bar and of a message, and the Home tab."""

from typing import Any

import pytest
import requests

from bot.sandbox.globus.collections import BEAMLINE, CAMPUS, LAPTOP, SHARED
from tests.stories.stage import EMBARGO, GRACE, LAB_DATA, Stage, has, words

LINK = (
    f"https://app.globus.org/file-manager?origin_id={SHARED.id}&origin_path=%2Fdata%2Frun-001%2F"
    f"&destination_id={LAPTOP.id}&destination_path=%2Farchive%2F"
)

MAPPED_LINK = LINK.replace(SHARED.id, BEAMLINE.id).replace(LAPTOP.id, CAMPUS.id)


def published(stage: Stage, user_id: str) -> int:
    """Count how often a person's Home tab was published."""
    entries = requests.get(f"{stage.slack_url}/sandbox/traffic", timeout=10).json()["traffic"]
    calls = [one for one in entries if one.get("method") == "views.publish"]
    return sum(user_id in str(one) for one in calls)


def replies(stage: Stage, said: dict[str, Any]) -> list[dict[str, Any]]:
    """Give the answers in a message's thread."""
    [root] = [one for one in stage.ada.messages(LAB_DATA) if one["ts"] == said["ts"]]
    answers: list[dict[str, Any]] = root["replies"]
    return answers


def from_message(stage: Stage, text: str) -> dict[str, Any]:
    """Let Grace say something, and Ada use the shortcut in its menu; gives where it was said."""
    said = stage.grace.say(text, channel_id=LAB_DATA)
    stage.ada.shortcut("schedule_transfer", message=said)
    stage.wait(stage.ada.views, "the form")
    return said


def test_the_shortcut_of_the_search_bar_opens_the_form(stage: Stage) -> None:
    stage.ada.shortcut("schedule_transfer")
    assert stage.ada.top()["callback_id"] == "schedule_transfer"
    stage.fill_and_submit(SHARED, LAPTOP, announce_in=LAB_DATA)
    stage.sign_in()

    stage.announced()


def test_a_messages_links_fill_in_the_form_and_the_timer_is_announced_in_its_thread(stage: Stage) -> None:
    said = from_message(stage, f"Could somebody keep <{LINK}|this> in step, please?")
    state = stage.ada.top()["state"]["values"]
    assert state["source_path"]["source_path"]["value"] == "/data/run-001/"
    assert state["destination_path"]["destination_path"]["value"] == "/archive/"
    assert state["announce_in"]["announce_in"]["selected_conversation"] == LAB_DATA

    stage.ada.submit()
    stage.sign_in()
    stage.wait(lambda: replies(stage, said), "the announcement in the thread")
    [answer] = replies(stage, said)
    assert stage.timers()[0]["job_id"] in words(answer)
    roots = [one | {"replies": []} for one in stage.ada.messages(LAB_DATA)]
    assert not [one for one in roots if "Job ID" in words(one)]


def test_a_message_without_links_opens_an_empty_form_for_its_thread(stage: Stage) -> None:
    said = from_message(stage, "Could somebody keep these in step, please?")
    stage.fill_and_submit(SHARED, LAPTOP)
    stage.sign_in()

    stage.wait(lambda: replies(stage, said), "the announcement in the thread")


def test_the_thread_is_kept_when_the_form_comes_back(stage: Stage) -> None:
    stage.link_account()
    said = from_message(stage, f"Please: {LINK}")
    stage.ada.fill("source_path", "/nowhere/")
    stage.ada.submit()
    stage.shown("There is no /nowhere/")
    stage.ada.fill("source_path", "/data/")
    stage.ada.submit()

    stage.wait(lambda: replies(stage, said), "the announcement in the thread")


def test_another_channel_hears_of_it_in_the_open(stage: Stage) -> None:
    said = from_message(stage, f"Please: {LINK}")
    stage.ada.invite_bot(EMBARGO)
    stage.ada.fill("announce_in", EMBARGO)
    stage.ada.submit()
    stage.sign_in()

    stage.announced(channel_id=EMBARGO)
    assert replies(stage, said) == []


def test_the_team_hears_of_it_although_the_message_was_deleted(stage: Stage) -> None:
    stage.link_account()
    from_message(stage, f"Please: {LINK}")
    stage.slack_fault("error", method="chat.postMessage", error="thread_not_found")
    stage.ada.submit()

    stage.announced()


def test_the_home_tab_is_useful_to_somebody_who_is_not_linked(stage: Stage) -> None:
    stage.ada.open_home()
    stage.wait(lambda: has(stage.ada.home(), "home_schedule"), "the Home tab")
    shown = words(stage.ada.home())
    assert "You are not linked to Globus yet" in shown
    assert "your transfers run with your own account" in shown
    assert "/schedule-transfer help" in shown

    stage.ada.press_at_home("home_schedule")
    assert stage.ada.top()["callback_id"] == "schedule_transfer"


def test_the_home_tab_follows_the_account_and_the_requests(stage: Stage) -> None:
    stage.link_account()
    stage.wait(lambda: "Linked as *ada@sandbox-lab.example*" in words(stage.ada.home()), "the account")
    assert not has(stage.ada.home(), "home_connect")

    stage.ada.press_at_home("home_schedule")
    stage.fill_and_submit(SHARED, LAPTOP, name="Nightly run data", announce_in=LAB_DATA)
    stage.announced()
    stage.wait(lambda: "Scheduled" in words(stage.ada.home()), "the request to be scheduled")
    shown = words(stage.ada.home())
    assert "*Nightly run data*, every day" in shown
    assert stage.timers()[0]["job_id"] in shown


def test_a_home_tab_that_nobody_opened_costs_nothing(stage: Stage) -> None:
    stage.schedule(SHARED, LAPTOP)
    stage.sign_in()
    stage.announced()
    stage.shown("I told")

    assert published(stage, stage.ada.user_id) == published(stage, GRACE) == 0
    stage.ada.open_home()
    stage.wait(lambda: published(stage, stage.ada.user_id) >= 1, "the Home tab")
    assert "every day" in words(stage.ada.home())


@pytest.mark.parametrize("entrance", ["command", "link", "shortcut", "message", "home"])
def test_a_newcomer_signs_in_once_whichever_way_they_come_in(stage: Stage, entrance: str) -> None:
    match entrance:
        case "command":
            stage.ada.command("daily", channel_id=LAB_DATA)
        case "link":
            stage.ada.command(MAPPED_LINK, channel_id=LAB_DATA)
        case "shortcut":
            stage.ada.shortcut("schedule_transfer")
        case "message":
            from_message(stage, f"please copy <{MAPPED_LINK}>")
        case _:
            stage.ada.open_home()
            stage.wait(lambda: has(stage.ada.home(), "home_schedule"), "the Home tab")
            stage.ada.press_at_home("home_schedule")
    if entrance in {"link", "message"}:
        stage.shown("Campus Storage")  # the form has what the link says, with the names that Globus gives
        stage.ada.submit()
    else:
        stage.fill_and_submit(BEAMLINE, CAMPUS, announce_in=LAB_DATA)

    page = stage.sign_in()

    assert sorted(page.consents) == sorted([BEAMLINE.id, CAMPUS.id])
    stage.wait(lambda: len(stage.timers()) == 1, "the timer, without another link")
