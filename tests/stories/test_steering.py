"""Owners steer their timers from Slack; what Globus says afterwards is what everybody sees."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from bot.sandbox.globus.collections import BEAMLINE, CAMPUS, LAPTOP, SHARED
from bot.sandbox.globus.identities import ADA as ADA_AT_GLOBUS
from bot.sandbox.person import Person
from tests.stories.stage import LAB_DATA, Stage, has, words

Json = dict[str, Any]

OFTEN = "0.3,0.6,0.8"
RARELY = "30,3600,21600"
"""So rarely that nothing but the change itself is looked at."""


def scheduled(stage: Stage, *, looks: str = RARELY, **fields: object) -> str:
    """Start the bot and schedule a timer; gives its job ID."""
    stage.start_bot(WATCH_LOOKS=looks)
    filled: dict[str, Any] = {"name": "Nightly", "repeat": "hourly"} | fields
    stage.schedule(SHARED, LAPTOP, **filled)
    stage.sign_in()
    stage.announced()
    close_all(stage.ada)
    return str(stage.timers()[-1]["job_id"])


def close_all(person: Person) -> None:
    for _ in person.views():
        person.close()


def press(stage: Stage, action_id: str, person: Person | None = None) -> None:
    """Press a button of the announcement, as soon as it has it."""
    stage.wait(lambda: has(stage.announcements()[0], action_id), f"the announcement to offer {action_id}")
    (person or stage.ada).press_in_message(stage.announcements()[0], action_id, channel_id=LAB_DATA)


def details(stage: Stage, person: Person | None = None) -> None:
    """Open the details of the announced timer, and wait until Globus has answered."""
    person = person or stage.ada
    press(stage, "timer_details", person)
    stage.wait(lambda: "Asking Globus" not in words(person.top()), "Globus to answer", person)


def run_again(stage: Stage, job_id: str) -> None:
    """Let a timer run now, in another second than it ran last: Globus tells its runs apart by that."""
    stage.at_globus("advance", seconds=2)
    stage.at_globus("run_now", job_id=job_id)


def status(stage: Stage) -> str:
    return str(stage.timers()[0]["status"])


def reaches(stage: Stage, wanted: str) -> None:
    stage.wait(lambda: status(stage) == wanted, f"the timer to be {wanted}")


def thread(stage: Stage) -> list[str]:
    return [words(reply) for reply in stage.announcements()[0]["replies"]]


def in_thread(stage: Stage, sentence: str) -> None:
    stage.wait(lambda: any(sentence in one for one in thread(stage)), f"the thread to say {sentence}")


def test_an_owner_pauses_and_resumes_from_the_announcement_and_the_team_sees_who(
    empty_stage: Stage,
) -> None:
    scheduled(empty_stage)
    press(empty_stage, "timer_pause")
    reaches(empty_stage, "inactive")
    in_thread(empty_stage, "Paused by its owner")

    press(empty_stage, "timer_resume")
    reaches(empty_stage, "active")
    in_thread(empty_stage, "Resumed by its owner")
    empty_stage.wait(lambda: has(empty_stage.announcements()[0], "timer_pause"), "the button to pause again")
    assert len(thread(empty_stage)) == 2


def test_an_owner_steers_from_the_details_which_follow(empty_stage: Stage) -> None:
    scheduled(empty_stage)
    details(empty_stage)
    empty_stage.ada.press("timer_pause")
    empty_stage.shown("It is paused.")
    empty_stage.wait(lambda: has(empty_stage.ada.top(), "timer_resume"), "the details to offer to resume")

    empty_stage.ada.press("timer_resume")
    empty_stage.shown("It runs again.")
    reaches(empty_stage, "active")


def test_an_owner_steers_from_the_home_tab(empty_stage: Stage) -> None:
    scheduled(empty_stage)
    empty_stage.ada.open_home()
    empty_stage.wait(lambda: has(empty_stage.ada.home(), "timer_pause"), "the Home tab")
    empty_stage.ada.press_at_home("timer_pause")
    reaches(empty_stage, "inactive")

    empty_stage.wait(lambda: has(empty_stage.ada.home(), "timer_resume"), "the Home tab to follow")


def test_a_timer_is_renamed_and_keeps_its_reference(empty_stage: Stage) -> None:
    scheduled(empty_stage)
    reference = empty_stage.timers()[0]["name"].removeprefix("Nightly ")
    details(empty_stage)
    empty_stage.ada.press("timer_rename")
    empty_stage.ada.fill("new_name", " ")
    assert "Write a name" in empty_stage.ada.submit()["errors"]["new_name"]
    empty_stage.ada.fill("new_name", "Every   night & day")
    empty_stage.ada.submit()

    empty_stage.shown("It has its new name.")
    assert empty_stage.timers()[0]["name"] == f"Every night & day {reference}"
    empty_stage.wait(lambda: "Every night &amp; day" in words(empty_stage.announcements()[0]), "the team's")
    assert thread(empty_stage) == []


def test_a_timer_is_deleted_after_a_question_and_the_announcement_says_so(empty_stage: Stage) -> None:
    scheduled(empty_stage)
    details(empty_stage)
    [button] = [
        one
        for block in empty_stage.ada.top()["blocks"]
        for one in block.get("elements", ())
        if one.get("action_id") == "timer_delete"
    ]
    assert button["confirm"]["confirm"]["text"] == "Delete"
    empty_stage.ada.press("timer_delete")
    empty_stage.shown("It is deleted.")

    assert empty_stage.timers() == []
    in_thread(empty_stage, "Deleted by its owner")
    assert not has(empty_stage.ada.top(), "timer_pause")


def test_a_colleague_asks_the_owner_who_does_it_with_one_click(empty_stage: Stage) -> None:
    stage = empty_stage
    scheduled(stage)
    press(stage, "timer_pause", stage.grace)
    assert "*Nightly* was scheduled by <@U0ADA00001>: only they can pause it." in words(stage.grace.top())
    stage.grace.press("timer_ask")
    assert "I asked <@U0ADA00001> to pause it" in words(stage.grace.top())
    stage.grace.close()
    told = stage.told("<@U0GRACE001> asks you to pause this timer")
    assert status(stage) == "active"

    press(stage, "timer_pause", stage.grace)
    stage.grace.press("timer_ask")
    assert "within the last hour" in words(stage.grace.top())

    stage.ada.press_in_message(told, "timer_pause")
    reaches(stage, "inactive")
    in_thread(stage, "Paused by its owner")
    asked = [one for one in stage.ada.direct_messages() if "asks you to pause" in words(one)]
    assert len(asked) == 1


def test_two_clicks_at_once_pause_once(empty_stage: Stage) -> None:
    scheduled(empty_stage)
    announced = empty_stage.announcements()[0]
    with ThreadPoolExecutor(2) as pool:
        for _ in range(2):
            pool.submit(
                Person(empty_stage.slack_url, empty_stage.ada.user_id).press_in_message,
                announced,
                "timer_pause",
                channel_id=LAB_DATA,
            )
    reaches(empty_stage, "inactive")
    in_thread(empty_stage, "Paused by")
    press(empty_stage, "timer_resume")
    in_thread(empty_stage, "Resumed by")

    assert len(thread(empty_stage)) == 2


def test_a_click_on_what_was_changed_elsewhere_meanwhile_does_no_harm(empty_stage: Stage) -> None:
    stage = empty_stage
    job_id = scheduled(stage)
    stage.at_globus("web_app", job_id=job_id, act="pause")
    details(stage)
    assert "Paused" in words(stage.ada.top())
    stage.at_globus("web_app", job_id=job_id, act="resume")
    stage.ada.press("timer_resume")
    stage.shown("It runs again already.")
    stage.shown("needs no consent")

    stage.at_globus("web_app", job_id=job_id, act="delete")
    stage.ada.press("timer_pause")
    stage.shown("This timer is gone: it was deleted.")
    in_thread(stage, "Deleted at Globus")
    stage.ada.close()
    details(stage)
    assert not has(stage.ada.top(), "timer_pause")


def test_a_pause_survives_a_globus_that_is_down_and_a_kill(empty_stage: Stage) -> None:
    stage = empty_stage
    scheduled(stage)
    stage.globus_fault("status", method="*", status=503, times=1000)
    press(stage, "timer_pause")
    stage.told("Globus is not answering at the moment")
    stage.kill_bot()
    stage.start_bot()
    assert status(stage) == "active"

    stage.clear_globus_faults()
    reaches(stage, "inactive")
    in_thread(stage, "Paused by its owner")
    assert len(thread(stage)) == 1


@pytest.mark.parametrize("fault", ["status_after", "drop_after", "drop_before"])
def test_a_lost_answer_is_no_doubt_for_long(empty_stage: Stage, fault: str) -> None:
    job_id = scheduled(empty_stage)
    empty_stage.globus_fault(fault, method=f"DELETE /jobs/{job_id}")
    empty_stage.globus_fault(fault, method="DELETE /jobs/{id}")
    details(empty_stage)
    empty_stage.ada.press("timer_delete")

    empty_stage.shown("It is deleted.")
    in_thread(empty_stage, "Deleted by its owner")
    assert len(thread(empty_stage)) == 1


def test_the_last_wish_wins_when_globus_comes_back(empty_stage: Stage) -> None:
    stage = empty_stage
    scheduled(stage)
    details(stage)
    stage.globus_fault("status", method="*", status=503, times=1000)
    stage.ada.press("timer_pause")
    stage.shown("Globus is not answering at the moment")
    stage.clear_globus_faults()
    stage.globus_fault("hang", method="*", seconds=0.2)
    press(stage, "timer_pause")
    reaches(stage, "inactive")
    press(stage, "timer_resume")

    reaches(stage, "active")
    in_thread(stage, "Resumed by")
    assert status(stage) == "active"


def test_a_consent_that_was_revoked_is_restored_with_one_link_and_the_timer_goes_on(
    empty_stage: Stage,
) -> None:
    stage = empty_stage
    stage.start_bot(WATCH_LOOKS=OFTEN)
    stage.schedule(BEAMLINE, CAMPUS, name="Nightly", repeat="hourly")
    stage.sign_in()
    stage.announced()
    close_all(stage.ada)
    job_id = stage.timers()[0]["job_id"]
    stage.wait(lambda: "Last run" in words(stage.announcements()[0]), "the first run")
    scope = f"https://auth.globus.org/scopes/{BEAMLINE.id}/data_access"
    stage.at_globus("revoke_consent", username=ADA_AT_GLOBUS.username, scope=scope)
    details(stage)
    stage.shown("*Beamline 7 Data* :warning: your consent is missing")
    stage.ada.close()
    run_again(stage, job_id)
    told = stage.told("It has stopped")
    in_thread(stage, "It has stopped")
    [said] = [one for one in stage.announcements()[0]["replies"] if has(one, "timer_mend")]
    stage.grace.press_in_message(said, "timer_mend", channel_id=LAB_DATA)
    assert "only they can resume it" in words(stage.grace.top())

    stage.ada.press_in_message(told, "timer_mend")
    stage.shown("what the timer lacks is restored")
    page = stage.sign_in()
    assert BEAMLINE.id in page.consents
    reaches(stage, "active")
    in_thread(stage, "Resumed by its owner")


def test_resuming_what_lacks_a_consent_asks_for_it(empty_stage: Stage) -> None:
    stage = empty_stage
    stage.start_bot(WATCH_LOOKS=OFTEN)
    stage.schedule(BEAMLINE, CAMPUS, name="Nightly", repeat="hourly")
    stage.sign_in()
    stage.announced()
    close_all(stage.ada)
    stage.wait(lambda: "Last run" in words(stage.announcements()[0]), "the first run")
    scope = f"https://auth.globus.org/scopes/{BEAMLINE.id}/data_access"
    stage.at_globus("revoke_consent", username=ADA_AT_GLOBUS.username, scope=scope)
    run_again(stage, stage.timers()[0]["job_id"])
    stage.told("It has stopped")
    details(stage)
    stage.ada.press("timer_resume")

    stage.shown("Sign in, and it goes on by itself")
    stage.sign_in()
    reaches(stage, "active")


def test_an_edit_takes_the_timers_place_and_keeps_its_rhythm(empty_stage: Stage) -> None:
    stage = empty_stage
    before = scheduled(stage, repeat="daily")
    start = stage.timers()[0]["start"]
    details(stage)
    stage.ada.press("timer_edit")
    assert stage.ada.top()["title"]["text"] == "Edit the transfer"
    assert stage.ada.top()["submit"]["text"] == "Save"
    stage.ada.fill("destination_path", "/archive/elsewhere/")
    stage.ada.submit()

    stage.wait(lambda: [one["job_id"] for one in stage.timers()] not in ([], [before]), "a new timer")
    stage.wait(lambda: len(stage.timers()) == 1, "the old one to go")
    [timer] = stage.timers()
    assert timer["start"][10:] == start[10:]
    assert timer["start"] > start
    stage.wait(lambda: "/archive/elsewhere/" in words(stage.announcements()[0]), "the announcement to follow")
    assert len(stage.announcements()) == 1


def test_an_edit_whose_old_timer_cannot_be_deleted_says_so_and_goes_on_once_it_is(empty_stage: Stage) -> None:
    stage = empty_stage
    before = scheduled(stage)
    stage.globus_fault("status", method=f"DELETE /jobs/{before}", status=403)
    stage.globus_fault("status", method="DELETE /jobs/{id}", status=403)
    details(stage)
    stage.ada.press("timer_edit")
    stage.ada.fill("destination_path", "/archive/elsewhere/")
    stage.ada.submit()

    told = stage.told("The new timer is made, and the old one is still there.")
    assert "Both run until you delete the old one." in words(told)
    assert len(stage.timers()) == 2

    stage.clear_globus_faults()
    stage.ada.press_in_message(told, "announce_again")
    stage.wait(lambda: len(stage.timers()) == 1, "the old one to go")
    stage.wait(lambda: "/archive/elsewhere/" in words(stage.announcements()[0]), "the announcement to follow")
    assert len(stage.announcements()) == 1


def test_an_edit_that_is_closed_is_no_draft_of_another_timer(empty_stage: Stage) -> None:
    stage = empty_stage
    scheduled(stage)
    details(stage)
    stage.ada.press("timer_edit")
    stage.ada.fill("repeat", "daily")
    stage.ada.close()
    stage.open_form()

    assert "unfinished" not in words(stage.ada.top())


def test_a_colleague_may_look_duplicate_and_ask_and_nothing_else(empty_stage: Stage) -> None:
    stage = empty_stage
    job_id = scheduled(stage)
    details(stage, stage.grace)

    assert "*Active*" in words(stage.grace.top())
    assert not has(stage.grace.top(), "timer_edit")
    assert not has(stage.grace.top(), "timer_delete")
    assert not has(stage.grace.top(), "timer_pause")
    for wanted in ("rename", "edit", "delete"):
        stage.grace.press("timer_ask_for", value=f"{job_id} {wanted}")
        assert f"only they can {wanted} it" in words(stage.grace.top())
        stage.grace.press("timer_ask")
        stage.grace.close()
        assert has(stage.told(f"<@U0GRACE001> asks you to {wanted} this timer"), f"timer_{wanted}")
    stage.grace.press("timer_duplicate")
    assert stage.grace.top()["callback_id"] == "schedule_transfer"
    assert len(stage.grace.views()) == 1


def test_run_news_are_switched_on_and_off(empty_stage: Stage) -> None:
    stage = empty_stage
    job_id = scheduled(stage, looks=OFTEN)
    stage.wait(lambda: "Last run" in words(stage.announcements()[0]), "the first run")
    details(stage)
    stage.ada.press("timer_run_news")
    stage.shown("Turn off run news in the thread")
    run_again(stage, job_id)

    stage.wait(lambda: len(thread(stage)) == 1, "the run in the thread")
    assert "file" in thread(stage)[0]
