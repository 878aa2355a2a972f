"""Globus links in channels: previews for those who want them, of what they may see themselves."""

import time
from collections.abc import Callable
from typing import Any

import requests

from bot.sandbox.globus.collections import LAPTOP, SHARED
from bot.sandbox.globus.identities import GRACE as GRACE_AT_GLOBUS
from bot.sandbox.slack.workspace import PARTNERS
from tests.stories.stage import EMBARGO, LAB_DATA, RANDOM, Stage, has, words

Json = dict[str, Any]
FILES = (
    f"https://app.globus.org/file-manager?origin_id={LAPTOP.id}&origin_path=%2Fdata%2F"
    f"&destination_id={SHARED.id}&destination_path=%2Farchive%2F"
)


def message(stage: Stage, posted: Json) -> Json:
    """Give a message as everyone in its channel sees it now."""
    [found] = [one for one in stage.ada.messages(posted["channel_id"]) if one["ts"] == posted["ts"]]
    return found


def previews(stage: Stage, posted: Json) -> list[Json]:
    found: list[Json] = message(stage, posted).get("attachments", [])
    return found


def previewed(stage: Stage, posted: Json) -> str:
    """Wait for a message's previews, and give their words."""
    return words({"previews": stage.wait(lambda: previews(stage, posted), "a preview")})


def questions(stage: Stage, channel_id: str = LAB_DATA) -> list[Json]:
    return [one for one in stage.ada.messages(channel_id) if has(one, "previews_on")]


def wanting_previews(stage: Stage) -> None:
    """Link Ada's account, and let her want previews."""
    stage.link_account()
    posted = stage.ada.say(f"Look: {FILES}", channel_id=LAB_DATA)
    stage.wait(lambda: questions(stage), "the question")
    stage.ada.press_in_message(questions(stage)[0], "previews_on", channel_id=LAB_DATA)
    previewed(stage, posted)


def calls(stage: Stage, method: str) -> list[Json]:
    entries = requests.get(f"{stage.slack_url}/sandbox/traffic", timeout=10).json()["traffic"]
    return [one for one in entries if one.get("method") == method]


def settled(stage: Stage, look: Callable[[], object]) -> object:
    """Give what is to be seen once a later link of Ada's has got its preview: events come in order."""
    posted = stage.ada.say(FILES, channel_id=LAB_DATA)
    previewed(stage, posted)
    time.sleep(0.2)
    return look()


def test_the_first_link_brings_one_question_and_a_yes_its_preview(stage: Stage) -> None:
    stage.link_account()
    posted = stage.ada.say(f"Who copies <{FILES}|this>?", channel_id=LAB_DATA)
    stage.wait(lambda: questions(stage), "the question")
    assert "Everyone in the channel would see it" in words(questions(stage)[0])
    assert not [one for one in stage.grace.messages(LAB_DATA) if has(one, "previews_on")]
    assert previews(stage, posted) == []

    stage.ada.press_in_message(questions(stage)[0], "previews_on", channel_id=LAB_DATA)

    shown = previewed(stage, posted)
    assert f"From *{LAPTOP.display_name}* `/data/`" in shown
    assert f"To *{SHARED.display_name}* `/archive/`" in shown
    again = stage.ada.say(FILES, channel_id=LAB_DATA)
    previewed(stage, again)
    assert questions(stage) == []


def test_who_wants_no_previews_is_never_asked_again(stage: Stage) -> None:
    stage.link_account()
    posted = stage.ada.say(FILES, channel_id=LAB_DATA)
    stage.wait(lambda: questions(stage), "the question")
    stage.ada.press_in_message(questions(stage)[0], "previews_off", channel_id=LAB_DATA)
    stage.wait(lambda: not questions(stage), "the question to be answered")
    stage.restart_bot()

    again = stage.ada.say(FILES, channel_id=LAB_DATA)
    stage.link_account(stage.grace, identity=GRACE_AT_GLOBUS.username)
    stage.grace.say(FILES, channel_id=LAB_DATA)
    stage.wait(
        lambda: [one for one in stage.grace.messages(LAB_DATA) if has(one, "previews_on")],
        "Grace, who comes later, to be asked",
    )
    assert questions(stage) == []
    assert previews(stage, posted) == previews(stage, again) == []


def test_somebody_who_is_not_linked_hears_nothing_and_shows_nothing(stage: Stage) -> None:
    wanting_previews(stage)
    posted = stage.grace.say(FILES, channel_id=LAB_DATA)

    assert settled(stage, lambda: previews(stage, posted)) == []
    assert not [one for one in stage.grace.messages(LAB_DATA) if has(one, "previews_on")]


def test_a_timer_and_its_task_are_shown_as_they_stand(stage: Stage) -> None:
    wanting_previews(stage)
    stage.schedule(LAPTOP, SHARED, name="Nightly run data")
    [announcement] = stage.announced()
    job_id = stage.timers()[0]["job_id"]
    requests.post(f"{stage.globus_url}/sandbox/advance", json={"seconds": 5}, timeout=30).raise_for_status()
    [task] = requests.get(f"{stage.globus_url}/sandbox/tasks", timeout=10).json()["tasks"]

    timer = stage.ada.say(f"{stage.globus_url}/activity/timers/{job_id}/overview", channel_id=LAB_DATA)
    done = stage.ada.say(f"https://app.globus.org/activity/{task['task_id']}", channel_id=LAB_DATA)

    shown = previewed(stage, timer)
    assert "*Nightly run data*, every day, active, next run" in shown
    assert "ada@" not in shown
    shown = previewed(stage, done)
    assert f"From *{LAPTOP.display_name}* to *{SHARED.display_name}*" in shown
    assert f"{task['files_transferred']} files" in shown
    assert "succeeded" in shown
    assert announcement


def test_nothing_is_shown_that_the_poster_may_not_see(stage: Stage) -> None:
    wanting_previews(stage)
    stage.schedule(LAPTOP, SHARED)
    stage.announced()
    job_id = stage.timers()[0]["job_id"]
    stage.link_account(stage.grace, identity=GRACE_AT_GLOBUS.username)
    stage.grace.say(FILES, channel_id=LAB_DATA)

    def asked() -> list[Json]:
        return [one for one in stage.grace.messages(LAB_DATA) if has(one, "previews_on")]

    stage.wait(asked, "the question")
    stage.grace.press_in_message(asked()[0], "previews_on", channel_id=LAB_DATA)
    stage.wait(lambda: not asked(), "the question to be answered")

    posted = stage.grace.say(f"https://app.globus.org/activity/timers/{job_id}", channel_id=LAB_DATA)

    assert settled(stage, lambda: previews(stage, posted)) == []


def test_a_link_stays_a_link_while_globus_does_not_answer(stage: Stage) -> None:
    wanting_previews(stage)
    stage.globus_fault("status", method="GET /v0.10/endpoint/{id}")
    posted = stage.ada.say(FILES, channel_id=LAB_DATA)
    stage.wait(lambda: stage.globus_calls("GET /v0.10/endpoint/{id}") >= 3, "Globus to be asked")

    assert settled(stage, lambda: previews(stage, posted)) == []
    assert "Traceback" not in stage.output
    assert [one for one in stage.ada.direct_messages() if "answering" in words(one)] == []


def test_a_colleague_schedules_from_the_preview(stage: Stage) -> None:
    wanting_previews(stage)
    posted = stage.ada.say(FILES, channel_id=LAB_DATA)
    previewed(stage, posted)

    stage.grace.press_in_message(message(stage, posted), "unfurl_schedule", channel_id=LAB_DATA)

    stage.wait(stage.grace.views, "the form", stage.grace)
    state = stage.grace.top()["state"]["values"]
    assert stage.grace.top()["callback_id"] == "schedule_transfer"
    assert state["source_path"]["source_path"]["value"] == "/data/"
    assert state["announce_in"]["announce_in"]["selected_conversation"] == LAB_DATA


def test_where_the_bot_is_not_the_question_comes_by_direct_message(stage: Stage) -> None:
    stage.link_account()
    posted = stage.ada.say(FILES, channel_id=RANDOM)
    asked = stage.told("Show a preview of Globus links")

    stage.ada.press_in_message(asked, "previews_on")

    previewed(stage, posted)


def test_nothing_is_shown_in_a_channel_that_others_share(stage: Stage) -> None:
    wanting_previews(stage)
    posted = stage.ada.say(FILES, channel_id=PARTNERS)

    assert settled(stage, lambda: previews(stage, posted)) == []


def test_a_link_that_is_only_being_written_asks_nothing_of_anybody(stage: Stage) -> None:
    stage.link_account()
    stage.ada.write(f"Shall I post {FILES}?")
    before = stage.globus_calls("GET /v0.10/endpoint/{id}")
    stage.ada.say(FILES, channel_id=LAB_DATA)
    stage.wait(lambda: questions(stage), "the question")

    assert len(questions(stage)) == 1
    assert stage.globus_calls("GET /v0.10/endpoint/{id}") == before
    assert not [one for one in stage.ada.direct_messages() if has(one, "previews_on")]


def test_links_in_a_private_channel_without_the_bot_are_none_of_its_business(stage: Stage) -> None:
    wanting_previews(stage)
    posted = stage.ada.say(FILES, channel_id=EMBARGO)

    assert settled(stage, lambda: previews(stage, posted)) == []
    assert len(calls(stage, "chat.unfurl")) == 2


def test_the_home_tab_changes_the_choice(stage: Stage) -> None:
    stage.link_account()
    stage.ada.open_home()
    stage.wait(lambda: "get no preview" in words(stage.ada.home()), "the setting")
    stage.ada.press_at_home("previews_on")
    stage.wait(lambda: "get a preview" in words(stage.ada.home()), "the setting to change")

    posted = stage.ada.say(f"Look: {FILES}", channel_id=LAB_DATA)

    previewed(stage, posted)
    assert not questions(stage)
    stage.ada.press_at_home("previews_off")
    stage.wait(lambda: "get no preview" in words(stage.ada.home()), "the setting to change back")
