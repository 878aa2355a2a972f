"""People choose what they hear: every run, failures, one digest a day, or nothing."""

import re
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.sandbox.globus.collections import LAPTOP, SHARED
from bot.sandbox.person import Person
from bot.storing import now
from tests.stories.hours import hours
from tests.stories.stage import EMBARGO, LAB_DATA, Stage, words
from tests.stories.test_steering import OFTEN, press, run_again, scheduled


def follow(stage: Stage, person: Person, wish: str) -> None:
    """Let somebody say under the announcement what they want to hear."""
    press(stage, "timer_follow", person)
    person.fill("wish", wish)
    person.submit()
    stage.shown("I tell you", person)
    person.close()


def direct(person: Person, sentence: str) -> int:
    return sum(sentence in words(one) for one in person.direct_messages())


def test_a_follower_of_every_run_hears_of_every_run(empty_stage: Stage) -> None:
    stage = empty_stage
    job_id = scheduled(stage, looks=OFTEN)
    stage.wait(lambda: "Last run" in words(stage.announcements()[0]), "the first run")
    follow(stage, stage.grace, "all")
    run_again(stage, job_id)

    told = stage.told("*Nightly*", stage.grace)
    stage.grace.press_in_message(told, "timer_details")
    assert "*Owner* <@U0ADA00001>" in words(stage.grace.top())
    assert direct(stage.ada, "*Nightly*") == 0


def test_who_leaves_a_private_channel_hears_no_more_of_its_timers_but_their_owner_does(
    empty_stage: Stage,
) -> None:
    stage = empty_stage
    stage.start_bot(WATCH_LOOKS=OFTEN)
    stage.ada.invite_bot(EMBARGO)
    filled: dict[str, Any] = {"destination_path": "/archive/public/", "name": "Public", "repeat": "hourly"}
    stage.schedule(SHARED, LAPTOP, **filled)
    stage.sign_in()
    stage.announced()
    stage.ada.close()
    stage.schedule(SHARED, LAPTOP, **filled | {"name": "Private", "announce_in": EMBARGO})
    [private] = stage.wait(lambda: stage.announcements(EMBARGO), "the private announcement")
    for channel_id, message in ((LAB_DATA, stage.announcements()[0]), (EMBARGO, private)):
        stage.grace.press_in_message(message, "timer_follow", channel_id=channel_id)
        stage.grace.fill("wish", "all")
        stage.grace.submit()
        stage.grace.close()
    for person in (stage.grace, stage.ada):
        for channel_id in (LAB_DATA, EMBARGO):
            person.leave(channel_id)
    stage.wait(lambda: len(stage.ask("SELECT 1 FROM followers")) == 1, "one to be forgotten")
    stage.at_globus("remove_file", collection_id=SHARED.id, path="/data/run-001/")
    for timer in stage.timers():
        run_again(stage, timer["job_id"])

    stage.told("*Public*\n:x:", stage.grace)
    stage.told("*Private*\n:x:", stage.ada)
    assert direct(stage.grace, "*Private*\n:x:") == 0


def test_a_follower_of_failures_hears_of_the_first_only_and_an_owner_may_hear_nothing(
    empty_stage: Stage,
) -> None:
    stage = empty_stage
    job_id = scheduled(stage, looks=OFTEN)
    stage.wait(lambda: "Last run" in words(stage.announcements()[0]), "the first run")
    follow(stage, stage.grace, "failures")
    follow(stage, stage.ada, "nothing")
    stage.at_globus("remove_file", collection_id=SHARED.id, path="/data/run-001/")
    run_again(stage, job_id)
    stage.wait(lambda: "2 runs" in words(stage.announcements()[0]), "the second run")
    run_again(stage, job_id)
    stage.wait(lambda: "3 runs" in words(stage.announcements()[0]), "the third run")

    stage.told("A run failed", stage.grace)
    assert direct(stage.grace, "A run failed") == 1
    assert direct(stage.ada, "A run failed") == 0


def test_a_digest_comes_once_a_day_at_the_persons_own_time(
    empty_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def digests() -> list[str]:
        return [said for said in map(words, stage.grace.direct_messages()) if "digest" in said]

    stage = empty_stage
    due = now() + timedelta(hours=2, minutes=30)
    stage.settings["DIGEST_AT"] = due.astimezone(ZoneInfo("Europe/Berlin")).strftime("%H:%M:%S")
    scheduled(stage, looks=OFTEN)
    follow(stage, stage.grace, "digest")
    with hours(stage, monkeypatch) as own:
        own.until(lambda: "Last run" in words(stage.announcements()[0]), "the first run")
        stage.at_globus("remove_file", collection_id=SHARED.id, path="/data/run-001/")
        own.pass_by(timedelta(hours=2), step=timedelta(minutes=5))
        early = digests()
        own.pass_by(timedelta(hours=22), step=timedelta(minutes=5))
        first = digests()
        own.pass_by(timedelta(hours=24), step=timedelta(minutes=5))

    assert early == []
    [said] = first
    assert "*Nightly*: 3 runs, :x: 2 failed, 5.2 kB" in said
    assert said.count("*Your timers since the last digest*") == 1
    assert re.search(r"\*Nightly\*: 2[345] runs", digests()[-1])  # as long as the day is
    assert len(digests()) == 2
