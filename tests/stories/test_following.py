"""People choose what they hear: every run, failures, one digest a day, or nothing."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.sandbox.globus.collections import SHARED
from bot.sandbox.person import Person
from tests.stories.stage import Stage, words
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


def test_a_digest_comes_once_a_day_at_the_persons_own_time(empty_stage: Stage) -> None:
    stage = empty_stage
    stage.start_bot(WATCH_LOOKS=OFTEN)
    stage.stop_bot()
    due = datetime.now(UTC) + timedelta(seconds=20)  # noqa: TID251 - the bot's clock is the machine's
    stage.settings["DIGEST_AT"] = due.astimezone(ZoneInfo("Europe/Berlin")).strftime("%H:%M:%S")
    job_id = scheduled(stage, looks=OFTEN)
    follow(stage, stage.grace, "digest")
    stage.wait(lambda: "Last run" in words(stage.announcements()[0]), "the first run")
    stage.at_globus("remove_file", collection_id=SHARED.id, path="/data/run-001/")
    run_again(stage, job_id)
    stage.wait(lambda: "2 runs" in words(stage.announcements()[0]), "the second run")
    assert direct(stage.grace, "Nightly") == 0

    told = stage.grace.wait_for(
        lambda: next((one for one in stage.grace.direct_messages() if "digest" in words(one)), None),
        "the digest",
        seconds=40,
    )
    assert "*Nightly*: 2 runs, :x: 1 failed, 5.2 kB" in words(told)
    assert direct(stage.grace, "digest") == 1
