"""What people see of timers: details, lists, their own, and the Home tab."""

from typing import Any

import requests

from bot.sandbox.globus.collections import BEAMLINE, CAMPUS, LAPTOP, SHARED
from bot.sandbox.globus.identities import ADA as ADA_AT_GLOBUS
from tests.stories.stage import EMBARGO, LAB_DATA, RANDOM, Stage, has, words
from tests.stories.test_scheduling import starting_tomorrow
from tests.stories.test_steering import OFTEN, close_all, details, press, run_again, scheduled

Json = dict[str, Any]


def last(stage: Stage, channel_id: str = LAB_DATA) -> Json:
    """Give the latest message of a channel as Ada sees it."""
    found: Json = stage.ada.messages(channel_id)[-1]
    return found


def made_elsewhere(stage: Stage, name: str) -> str:
    """Let Ada make a timer with another tool; gives its job ID."""
    body = {
        "source_endpoint": SHARED.id,
        "destination_endpoint": LAPTOP.id,
        "DATA": [{"DATA_TYPE": "transfer_item", "source_path": "/data/", "destination_path": "/copy/"}],
    }
    schedule = {"type": "recurring", "interval_seconds": 7200}
    timer = {"timer_type": "transfer", "name": name, "schedule": schedule, "body": body}
    answers = [
        requests.post(
            f"{stage.globus_url}/v2/timer",
            json={"timer": timer},
            headers={"Authorization": f"Bearer {token}"},
            timeout=10,
        )
        for token in stage.live_tokens(ADA_AT_GLOBUS.username)
    ]
    [made] = [answer.json() for answer in answers if answer.ok]
    return str(made["timer"]["job_id"])


def test_details_show_what_is_known_at_once_and_then_what_globus_says(empty_stage: Stage) -> None:
    stage = empty_stage
    stage.start_bot(WATCH_LOOKS=OFTEN)
    stage.schedule(BEAMLINE, CAMPUS, name="Nightly", repeat="hourly")
    stage.sign_in()
    stage.announced()
    close_all(stage.ada)
    job_id = stage.timers()[0]["job_id"]
    stage.wait(lambda: "Last run" in words(stage.announcements()[0]), "the first run")
    stage.globus_fault("hang", method="*", seconds=1, times=3)
    press(stage, "timer_details")
    known = words(stage.ada.top())
    assert "*Nightly*" in known
    assert "*Beamline 7 Data* `/data/run-001/`" in known
    assert job_id in known

    live = words(stage.shown("*Campus Storage* :white_check_mark: your consent is in place"))
    assert "Latest runs" in live
    assert "4 files" in live
    assert "/activity/" in live
    assert "*Active*" in live
    assert has(stage.ada.top(), "timer_link")
    tasks = [one for one in stage.globus_traffic() if one.get("method") == "GET /v0.10/task_list"]
    assert tasks


def test_details_stay_as_they_are_known_while_globus_does_not_answer(empty_stage: Stage) -> None:
    stage = empty_stage
    scheduled(stage)
    stage.globus_fault("status", method="*", status=503, times=1000)
    press(stage, "timer_details")

    assert "*Nightly*" in words(stage.shown("Globus does not answer now"))
    assert has(stage.ada.top(), "timer_pause")


def test_a_colleague_sees_a_timer_only_where_its_team_was_told(empty_stage: Stage) -> None:
    stage = empty_stage
    scheduled(stage)
    details(stage, stage.grace)
    assert "*Owner* <@U0ADA00001>" in words(stage.grace.top())
    assert not stage.globus_calls("GET /jobs/{id}")


def listed(stage: Stage, sentence: str, channel_id: str = LAB_DATA) -> Json:
    """Let Grace ask for a channel's list until it says this: what was announced is noted a moment later."""

    def look() -> Json | None:
        stage.grace.command("list", channel_id=channel_id)
        said = stage.grace.messages(channel_id)[-1]
        return said if sentence in words(said) else None

    found: Json = stage.wait(look, f"the list to say: {sentence}", stage.grace)
    return found


def test_the_list_of_a_channel_shows_its_timers_and_no_others(empty_stage: Stage) -> None:
    stage = empty_stage
    scheduled(stage)
    stage.ada.invite_bot(EMBARGO)
    stage.schedule(SHARED, LAPTOP, name="Secret", destination_path="/secret/", announce_in=EMBARGO)
    stage.announced(1, EMBARGO)
    stage.shown("I told")
    shown = listed(stage, "*Nightly* · <@U0ADA00001> · every hour")
    assert "next run" in words(shown)
    assert "Secret" not in words(shown)
    assert shown["is_ephemeral"]

    stage.grace.command("list", channel_id=RANDOM)
    assert "This channel has no timers" in words(stage.grace.messages(RANDOM)[-1])
    assert "Nightly" not in words(listed(stage, "Secret", EMBARGO))


def test_the_list_leads_to_the_details(empty_stage: Stage) -> None:
    stage = empty_stage
    scheduled(stage)
    stage.grace.press_in_message(listed(stage, "Nightly"), "timer_details", channel_id=LAB_DATA)

    assert "*Owner* <@U0ADA00001>" in words(stage.grace.top())


def test_status_shows_all_of_a_persons_timers_wherever_they_were_made(empty_stage: Stage) -> None:
    stage = empty_stage
    job_id = scheduled(stage, start=starting_tomorrow())
    other = made_elsewhere(stage, "From the web app")
    stage.at_globus("web_app", job_id=job_id, act="pause")
    stage.ada.command("status", channel_id=RANDOM)
    stage.wait(lambda: "From the web app" in words(last(stage, RANDOM)), "the timers")
    shown = words(last(stage, RANDOM))
    assert "*Nightly*" in shown
    assert "paused" in shown
    assert "every 2 hours" in shown
    assert last(stage, RANDOM)["is_ephemeral"]

    stage.wait(lambda: "Paused" in words(stage.announcements()[0] | {"replies": []}), "the team to hear")
    [block] = [one for one in last(stage, RANDOM)["blocks"] if "From the web app" in words({"b": one})]
    names = {"block_id": block["block_id"], "action_id": "timer_details"}
    stage.ada._post("click", message_ts=last(stage, RANDOM)["ts"], channel_id=RANDOM, **names)
    stage.shown("*Project Alpha Share* :white_check_mark: needs no consent")
    assert other in words(stage.ada.top())
    assert "*From* *Project Alpha Share* `/data/`" in words(stage.ada.top())
    assert "*Options* checksums not verified" in words(stage.ada.top())
    stage.ada.press("timer_pause")
    stage.shown("It is paused.")
    assert {one["job_id"]: one["status"] for one in stage.timers()}[other] == "inactive"


def test_long_lists_are_turned_page_by_page_in_place(empty_stage: Stage) -> None:
    stage = empty_stage
    scheduled(stage)
    for number in range(11):
        made_elsewhere(stage, f"Number {number}")
    stage.ada.command("status", channel_id=LAB_DATA)
    stage.wait(lambda: "1 to 10 of 12" in words(last(stage)), "the first page")
    count = len(stage.ada.messages(LAB_DATA))
    stage.ada.press_in_message(last(stage), "status_page", channel_id=LAB_DATA)
    stage.wait(lambda: "11 to 12 of 12" in words(last(stage)), "the second page")
    assert not has(last(stage), "status_page")
    stage.ada.press_in_message(last(stage), "status_page_previous", channel_id=LAB_DATA)
    stage.wait(lambda: "1 to 10 of 12" in words(last(stage)), "the first page again")

    assert len(stage.ada.messages(LAB_DATA)) == count


def test_status_of_somebody_who_is_not_linked_leads_to_the_sign_in(empty_stage: Stage) -> None:
    empty_stage.start_bot()
    empty_stage.ada.command("status", channel_id=LAB_DATA)
    empty_stage.wait(lambda: has(last(empty_stage), "sign_in"), "the sign-in")


def test_the_home_tab_shows_the_timers_and_what_they_lack(empty_stage: Stage) -> None:
    stage = empty_stage
    stage.start_bot(WATCH_LOOKS=OFTEN)
    stage.schedule(BEAMLINE, CAMPUS, name="Nightly", repeat="hourly")
    stage.sign_in()
    stage.announced()
    close_all(stage.ada)
    made_elsewhere(stage, "From the web app")
    stage.ada.open_home()
    stage.wait(lambda: "have the consents that they need" in words(stage.ada.home()), "the health")
    shown = words(stage.ada.home())
    assert "*Nightly* · every hour" in shown
    assert "1 more timer that I did not make" in shown
    assert has(stage.ada.home(), "timer_details")

    stage.wait(lambda: "Last run" in words(stage.announcements()[0]), "the first run")
    scope = f"https://auth.globus.org/scopes/{BEAMLINE.id}/data_access"
    stage.at_globus("revoke_consent", username=ADA_AT_GLOBUS.username, scope=scope)
    run_again(stage, stage.timers()[0]["job_id"])
    stage.told("It has stopped")
    stage.ada.open_home()
    stage.wait(lambda: "*Nightly* has stopped" in words(stage.ada.home()), "the health to be seen")


def test_a_muted_channel_hears_nothing_until_somebody_lets_it(empty_stage: Stage) -> None:
    stage = empty_stage
    job_id = scheduled(stage, looks=OFTEN)
    stage.wait(lambda: "Last run" in words(stage.announcements()[0]), "the first run")
    stage.grace.command("list", channel_id=LAB_DATA)
    stage.grace.press_in_message(stage.grace.messages(LAB_DATA)[-1], "channel_mute", channel_id=LAB_DATA)
    stage.wait(lambda: "Muted by <@U0GRACE001>" in words(stage.grace.messages(LAB_DATA)[-1]), "the list")
    stage.at_globus("web_app", job_id=job_id, act="pause")
    stage.wait(lambda: has(stage.announcements()[0], "timer_resume"), "the announcement to follow")
    assert stage.announcements()[0]["replies"] == []

    stage.ada.command("unmute", channel_id=LAB_DATA)
    stage.at_globus("web_app", job_id=job_id, act="resume")
    stage.wait(lambda: stage.announcements()[0]["replies"], "news again")


def test_words_that_mean_something_are_no_names_of_presets(empty_stage: Stage) -> None:
    stage = empty_stage
    scheduled(stage)
    for word in ("list", "status", "mute", "unmute"):
        stage.ada.press_in_message(stage.announcements()[0], "preset_save", channel_id=LAB_DATA)
        stage.ada.fill("preset_name", word)
        assert "means something else" in stage.ada.submit()["errors"]["preset_name"]
        stage.ada.close()


def scheduled_many(stage: Stage, count: int) -> None:
    """Let Ada schedule so many timers that a list of them has two pages."""
    stage.start_bot()
    stage.link_account()
    for number in range(count):
        stage.schedule(SHARED, LAPTOP, name=f"Number {number}", start=starting_tomorrow())
        close_all(stage.ada)
    stage.announced(count)


def test_the_list_of_a_channel_is_turned_page_by_page_in_place(empty_stage: Stage) -> None:
    stage = empty_stage
    scheduled_many(stage, 11)
    listed(stage, "1 to 10 of 11")
    count = len(stage.grace.messages(LAB_DATA))

    stage.grace.press_in_message(stage.grace.messages(LAB_DATA)[-1], "list_page", channel_id=LAB_DATA)

    stage.wait(lambda: "11 to 11 of 11" in words(stage.grace.messages(LAB_DATA)[-1]), "the second page")
    assert len(stage.grace.messages(LAB_DATA)) == count


def test_the_home_tab_is_turned_page_by_page(empty_stage: Stage) -> None:
    stage = empty_stage
    scheduled_many(stage, 21)
    stage.ada.open_home()
    stage.wait(lambda: "1 to 20 of 21" in words(stage.ada.home()), "the first page")

    stage.ada.press_at_home("home_page")

    stage.wait(lambda: "21 to 21 of 21" in words(stage.ada.home()), "the second page")
    assert not has(stage.ada.home(), "home_page")
