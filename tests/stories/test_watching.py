"""Runs become news for the team: the announcement follows its timer, and what matters is told once."""

from typing import Any

import requests

from bot.sandbox.globus.collections import CAMPUS, LAPTOP, PATIENTS, SHARED, Collection
from bot.sandbox.globus.identities import ADA as ADA_AT_GLOBUS
from bot.sandbox.globus.scopes import data_access_scope
from tests.stories.stage import LAB_DATA, Stage, has, words

Json = dict[str, Any]

SOURCE = "/data/run-001/"


def watched(stage: Stage, source: Collection = SHARED) -> str:
    """Schedule a timer whose first run is now, and wait until it is told of; gives the job ID."""
    stage.start_bot(WATCH_LOOKS="0.3,0.6,0.8")
    stage.schedule(source, LAPTOP, name="Nightly", source_path=SOURCE)
    stage.sign_in()
    stage.announced()
    stage.ada.close()
    shown(stage, "Last run")
    return str(stage.timers()[-1]["job_id"])


def announcement(stage: Stage) -> Json:
    """Give the announcement without its thread."""
    return stage.announcements()[0] | {"replies": []}


def shown(stage: Stage, sentence: str) -> str:
    """Wait until the announcement says this."""
    stage.wait(lambda: sentence in words(announcement(stage)), f"the announcement to say {sentence}")
    return words(announcement(stage))


def thread(stage: Stage) -> list[str]:
    """Give what stands in the announcement's thread."""
    return [words(reply) for reply in stage.announcements()[0]["replies"]]


def in_thread(stage: Stage, sentence: str) -> str:
    """Wait until the thread says this last."""
    stage.wait(lambda: any(sentence in one for one in thread(stage)), f"the thread to say {sentence}")
    return thread(stage)[-1]


def two_looks_later(stage: Stage, before: int) -> None:
    """Wait until the bot has listed the timers twice more."""
    stage.wait(lambda: stage.globus_calls("GET /jobs/") > before + 1, "two more looks")


def direct(stage: Stage, sentence: str) -> list[Json]:
    """Give Ada's direct messages that say this."""
    return [one for one in stage.ada.direct_messages() if sentence in words(one)]


def run_now(stage: Stage, job_id: str) -> Json:
    """Let the timer run at once; gives it. Runs are told apart by the second in which they begin."""
    stage.at_globus("advance", seconds=2)
    timer: Json = stage.at_globus("run_now", job_id=job_id)["timer"]
    return timer


def a_run(stage: Stage, job_id: str, *, count: int) -> None:
    """Let the timer run once more, and wait until the announcement counts it."""
    run_now(stage, job_id)
    shown(stage, f"{count} runs")


def test_the_announcement_follows_the_runs_in_place_and_successes_are_quiet(empty_stage: Stage) -> None:
    job_id = watched(empty_stage)
    a_run(empty_stage, job_id, count=2)

    said = shown(empty_stage, "2 runs")

    assert "Next run" in said
    assert "file" in said
    assert len(empty_stage.announcements()) == 1
    assert thread(empty_stage) == []
    assert not direct(empty_stage, "Nightly")


def test_the_first_failure_is_loud_once_and_the_recovery_is_told(empty_stage: Stage) -> None:
    job_id = watched(empty_stage)
    empty_stage.at_globus("remove_file", collection_id=SHARED.id, path=SOURCE)
    a_run(empty_stage, job_id, count=2)
    assert "A run failed" in in_thread(empty_stage, "A run failed")
    told = empty_stage.told("A run failed")
    assert "Nightly" in words(told)
    assert has(told, "timer_details")

    a_run(empty_stage, job_id, count=3)
    assert "2 failed" in shown(empty_stage, "3 runs")

    empty_stage.write_file(SHARED, SOURCE + "again.dat")
    a_run(empty_stage, job_id, count=4)
    in_thread(empty_stage, "It works again")

    assert len(thread(empty_stage)) == 2
    assert len(direct(empty_stage, "A run failed")) == 1


def test_a_timer_that_its_owner_pauses_and_resumes_in_the_web_app(empty_stage: Stage) -> None:
    job_id = watched(empty_stage)
    empty_stage.at_globus("web_app", job_id=job_id, act="pause")
    shown(empty_stage, "Paused")
    in_thread(empty_stage, "Paused at Globus")
    assert has(empty_stage.announcements()[0], "timer_resume")

    empty_stage.at_globus("web_app", job_id=job_id, act="resume")
    in_thread(empty_stage, "Resumed at Globus")
    shown(empty_stage, "Next run")
    assert has(empty_stage.announcements()[0], "timer_pause")
    assert not direct(empty_stage, "Nightly")


def test_a_timer_that_is_renamed_in_the_web_app_is_called_so(empty_stage: Stage) -> None:
    job_id = watched(empty_stage)
    empty_stage.at_globus("web_app", job_id=job_id, act="rename", name="Every night")

    shown(empty_stage, "Every night")
    assert thread(empty_stage) == []


def test_a_timer_that_is_deleted_in_the_web_app_says_so_and_is_looked_at_no_more(empty_stage: Stage) -> None:
    job_id = watched(empty_stage)
    empty_stage.at_globus("web_app", job_id=job_id, act="delete")
    said = shown(empty_stage, "Deleted")
    in_thread(empty_stage, "Deleted at Globus")

    assert "Next run" not in said
    assert not has(empty_stage.announcements()[0], "timer_pause")
    asked = empty_stage.globus_calls("GET /jobs/")
    empty_stage.schedule(SHARED, LAPTOP, name="Another", destination_path="/other/")
    empty_stage.announced(2)
    assert len(thread(empty_stage)) == 1
    assert empty_stage.globus_calls("GET /jobs/") >= asked


def test_the_last_run_is_told(empty_stage: Stage) -> None:
    empty_stage.start_bot(WATCH_LOOKS="0.3,0.6,0.8")
    empty_stage.schedule(SHARED, LAPTOP, name="Once", repeat="once")
    empty_stage.sign_in()
    empty_stage.announced()

    said = shown(empty_stage, "Ended")
    assert "That was the last run" in in_thread(empty_stage, "That was the last run")
    assert "In all: 1 run." in thread(empty_stage)[-1]
    assert "Next run" not in said


def test_a_run_that_waits_for_somebody_is_told_once(empty_stage: Stage) -> None:
    job_id = watched(empty_stage)
    empty_stage.at_globus("hold")
    started = run_now(empty_stage, job_id)
    task_id = started["results"]["data"][0]["data"]["details"]["task_id"]
    empty_stage.at_globus("stall_task", task_id=task_id)

    in_thread(empty_stage, "A run waits for somebody")
    told = empty_stage.told("A run waits for somebody")
    assert has(told, "timer_link")
    empty_stage.at_globus("stall_task", task_id=task_id, stalled=False)
    empty_stage.at_globus("hold", held=False)
    shown(empty_stage, "2 runs")
    assert len(thread(empty_stage)) == 1


def test_an_owner_whose_globus_account_is_gone_is_told_once_and_the_team_sees_it(empty_stage: Stage) -> None:
    watched(empty_stage)
    empty_stage.at_globus("close_identity", username=ADA_AT_GLOBUS.username)

    told = empty_stage.told("Your sign-in to Globus has ended")
    shown(empty_stage, "has to sign in to Globus again")
    assert has(told, "timer_signin")
    assert len(direct(empty_stage, "Your sign-in to Globus has ended")) == 1


def test_an_owner_who_signs_in_again_is_watched_again(empty_stage: Stage) -> None:
    job_id = watched(empty_stage)
    empty_stage.at_globus("revoke_tokens", username=ADA_AT_GLOBUS.username)
    shown(empty_stage, "has to sign in to Globus again")
    run_now(empty_stage, job_id)

    empty_stage.ada.command("connect", channel_id=LAB_DATA)
    [*_, asked] = empty_stage.ada.messages(LAB_DATA)
    empty_stage.sign_in_by(asked, channel_id=LAB_DATA)

    said = shown(empty_stage, "2 runs")
    assert "has to sign in" not in said


def refusals(stage: Stage) -> list[str]:
    """Give what Slack said of calls that it refused."""
    traffic = requests.get(f"{stage.slack_url}/sandbox/traffic", timeout=10).json()["traffic"]
    return [one["error"] for one in traffic if one.get("error")]


def test_an_archived_channel_is_left_alone_and_its_owner_told_once(empty_stage: Stage) -> None:
    job_id = watched(empty_stage)
    empty_stage.ada.archive(LAB_DATA)
    empty_stage.at_globus("web_app", job_id=job_id, act="pause")
    told = empty_stage.told("I cannot post its news in")
    assert "archived" in words(told)
    empty_stage.wait(lambda: "is_inactive" in refusals(empty_stage), "an edit to be refused")
    empty_stage.at_globus("web_app", job_id=job_id, act="resume")
    empty_stage.at_globus("web_app", job_id=job_id, act="delete")
    empty_stage.ada.archive(LAB_DATA, archived=False)
    shown(empty_stage, "Deleted")

    assert len(direct(empty_stage, "I cannot post its news in")) == 1


def test_a_bot_that_was_removed_and_invited_again_goes_on_in_the_thread(empty_stage: Stage) -> None:
    job_id = watched(empty_stage)
    empty_stage.ada.remove_bot(LAB_DATA)
    empty_stage.at_globus("web_app", job_id=job_id, act="pause")
    assert "/invite" in words(empty_stage.told("I cannot post its news in"))

    empty_stage.ada.invite_bot(LAB_DATA)
    empty_stage.at_globus("web_app", job_id=job_id, act="resume")

    in_thread(empty_stage, "Resumed at Globus")
    shown(empty_stage, "Next run")


def test_news_wait_while_slack_is_down_and_come_once_and_in_order(empty_stage: Stage) -> None:
    job_id = watched(empty_stage)
    for method in ("chat.postMessage", "chat.update"):
        empty_stage.slack_fault("status", method=method, status=500, times=1000)
    for act in ("pause", "resume"):
        before = empty_stage.globus_calls("GET /jobs/")
        empty_stage.at_globus("web_app", job_id=job_id, act=act)
        two_looks_later(empty_stage, before)
    empty_stage.kill_bot()
    empty_stage.start_bot()
    empty_stage.clear_slack_faults()

    in_thread(empty_stage, "Resumed at Globus")
    shown(empty_stage, "Next run")
    [said] = thread(empty_stage)
    assert said.index("Paused at Globus") < said.index("Resumed at Globus")


def stopped_for_a_consent(stage: Stage) -> None:
    """Let a timer run without the consent that it needs."""
    job_id = watched(stage, source=CAMPUS)
    stage.at_globus("revoke_consent", username=ADA_AT_GLOBUS.username, scope=data_access_scope(CAMPUS.id))
    run_now(stage, job_id)


def test_a_consent_revoked_elsewhere_is_one_button_for_its_owner_and_the_timer_goes_on(
    empty_stage: Stage,
) -> None:
    stopped_for_a_consent(empty_stage)
    shown(empty_stage, "Stopped")
    assert CAMPUS.display_name in in_thread(empty_stage, "It has stopped")
    in_thread(empty_stage, "Its owner can restore it")
    told = empty_stage.told("It has stopped")
    assert "You can restore it" in words(told)

    empty_stage.ada.press_in_message(told, "timer_mend")
    page = empty_stage.sign_in()

    assert page.consents == [CAMPUS.id]
    in_thread(empty_stage, "Resumed by")
    shown(empty_stage, "Next run")
    assert empty_stage.timers()[-1]["status"] == "active"


def test_a_session_that_grew_too_old_is_one_button_for_its_owner_and_the_timer_goes_on(
    empty_stage: Stage,
) -> None:
    job_id = watched(empty_stage, source=PATIENTS)
    empty_stage.at_globus("age_sessions", username=ADA_AT_GLOBUS.username)
    run_now(empty_stage, job_id)
    shown(empty_stage, "Stopped")
    told = empty_stage.told("It has stopped")

    empty_stage.ada.press_in_message(told, "timer_mend")
    page = empty_stage.sign_in()

    assert page.hidden["session_required_single_domain"] == "sandbox-lab.example"
    in_thread(empty_stage, "Resumed by")
    shown(empty_stage, "Next run")
    assert empty_stage.timers()[-1]["status"] == "active"


def test_restoring_without_the_consent_says_so_again(empty_stage: Stage) -> None:
    stopped_for_a_consent(empty_stage)
    empty_stage.ada.press_in_message(empty_stage.told("It has stopped"), "timer_mend")
    empty_stage.sign_in(decline=(CAMPUS.id,))

    empty_stage.wait(lambda: len(direct(empty_stage, "It has stopped")) == 2, "to be told again")
    assert empty_stage.timers()[-1]["status"] == "inactive"


def test_globus_that_is_down_makes_no_noise_and_what_was_missed_is_made_up_for(empty_stage: Stage) -> None:
    job_id = watched(empty_stage)
    empty_stage.globus_fault("status", method="GET /jobs/", status=503, times=1000)
    empty_stage.globus_fault("hang", method="GET /v0.10/task_list", seconds=5, times=1000)
    run_now(empty_stage, job_id)
    asked = empty_stage.globus_calls("GET /jobs/")
    empty_stage.wait(lambda: empty_stage.globus_calls("GET /jobs/") > asked + 3, "more looks")
    assert not direct(empty_stage, "Globus has not answered")
    assert thread(empty_stage) == []

    empty_stage.clear_globus_faults()

    shown(empty_stage, "2 runs")
    assert thread(empty_stage) == []


def test_globus_that_stays_down_is_one_quiet_note_to_the_owner(empty_stage: Stage) -> None:
    job_id = watched(empty_stage)
    empty_stage.at_globus("hold")
    run_now(empty_stage, job_id)
    asked = empty_stage.globus_calls("GET /v0.10/task_list")
    empty_stage.wait(lambda: empty_stage.globus_calls("GET /v0.10/task_list") > asked, "the run to be seen")
    for method in ("GET /jobs/", "GET /v0.10/task_list"):
        empty_stage.globus_fault("status", method=method, status=503, times=1000)

    empty_stage.told("Globus has not answered since")
    tried = empty_stage.globus_calls("GET /v0.10/task_list")
    empty_stage.clear_globus_faults()
    empty_stage.at_globus("hold", held=False)
    shown(empty_stage, "2 runs")

    assert len(direct(empty_stage, "Globus has not answered since")) == 1
    assert thread(empty_stage) == []
    assert tried < asked + 60
