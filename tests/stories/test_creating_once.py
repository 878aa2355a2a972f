"""Whatever happens around `POST /v2/timer`, there is exactly one timer, and the team hears of it once."""

import pytest

from bot.sandbox.globus.collections import LAPTOP, SHARED
from tests.stories.stage import Stage, has, words


def only_one(stage: Stage) -> None:
    """Check that one timer exists, that it was announced once, and that nothing follows."""
    [message] = stage.announced()
    [timer] = stage.timers()
    assert timer["job_id"] in words(message)
    stage.restart_bot()
    stage.schedule(SHARED, LAPTOP, name="Another", destination_path="/elsewhere/")
    assert len(stage.announced(2)) == len(stage.timers()) == 2


@pytest.fixture
def linked(stage: Stage) -> Stage:
    """A stage whose person is linked, so that nothing but the creation stands in the way."""
    stage.ada.command("connect", channel_id="C0LABDATA1")
    message = stage.ada.messages("C0LABDATA1")[-1]
    stage.sign_in_by(message, channel_id="C0LABDATA1")
    return stage


@pytest.mark.parametrize(
    ("fault", "posts"),
    [
        ({"fault": "status", "status": 503}, 2),
        ({"fault": "status_after", "status": 503}, 1),
        ({"fault": "drop_before"}, 2),
        ({"fault": "drop_after"}, 1),
        ({"fault": "hang", "seconds": 30}, 2),
        ({"fault": "hang_after", "seconds": 30}, 1),
        ({"fault": "ratelimited", "retry_after": 1}, 2),
    ],
    ids=lambda value: value["fault"] if isinstance(value, dict) else "",
)
def test_one_timer_whatever_becomes_of_the_call(linked: Stage, fault: dict[str, object], posts: int) -> None:
    linked.globus_fault(**fault)  # type: ignore[arg-type]
    linked.schedule(SHARED, LAPTOP)
    linked.announced()

    assert linked.globus_calls() == posts
    only_one(linked)


@pytest.mark.parametrize("fault", ["hang", "hang_after"], ids=["before it is made", "after it is made"])
def test_one_timer_after_the_bot_is_killed_in_the_middle_of_the_call(linked: Stage, fault: str) -> None:
    linked.globus_fault(fault, seconds=30)
    linked.schedule(SHARED, LAPTOP)
    linked.wait(lambda: linked.globus_calls() == 1, "the call to begin")
    linked.kill_bot()

    linked.start_bot()

    only_one(linked)


def test_a_lost_answer_is_shown_as_unclear_and_settles_itself(linked: Stage) -> None:
    linked.globus_fault("drop_after")
    linked.schedule(SHARED, LAPTOP)

    linked.shown("Scheduled")
    only_one(linked)


def test_when_nothing_is_found_after_two_calls_the_owner_decides(linked: Stage) -> None:
    linked.globus_fault("drop_before", times=2)
    linked.schedule(SHARED, LAPTOP)
    linked.shown("it is not among your timers")
    assert linked.timers() == []
    assert linked.globus_calls() == 2

    linked.ada.press("create_again")

    only_one(linked)


def test_an_owner_may_forget_a_request_whose_outcome_is_unclear(linked: Stage) -> None:
    linked.globus_fault("drop_before", times=2)
    linked.schedule(SHARED, LAPTOP)
    linked.shown("it is not among your timers")

    linked.ada.press("forget")

    linked.shown("Forgotten, as you asked. Should the timer turn up all the same")
    assert linked.timers() == []


def test_what_was_decided_in_a_message_takes_the_place_of_its_buttons(linked: Stage) -> None:
    linked.globus_fault("drop_before", times=2)
    linked.schedule(SHARED, LAPTOP)
    linked.shown("it is not among your timers")
    linked.ada.close()
    message = linked.told("it is not among your timers")

    linked.ada.press_in_message(message, "create_again")

    only_one(linked)
    decided = linked.told("I create it again.")
    assert (decided["ts"], has(decided, "create_again")) == (message["ts"], False)
    assert "*From*" in words(decided)


def test_a_timer_that_comes_after_another_was_made_in_its_place_is_swept_up(linked: Stage) -> None:
    linked.globus_fault("late", seconds=7)
    linked.schedule(SHARED, LAPTOP)
    [message] = linked.announced()
    linked.wait(lambda: len(linked.timers()) == 2, "Globus to be done with the first call at last")

    linked.wait(lambda: len(linked.timers()) == 1, "the bot to sweep up")

    assert linked.timers()[0]["job_id"] in words(message)
    only_one(linked)


def test_timers_that_come_later_than_every_look_are_found_when_the_owner_lets_look_again(
    linked: Stage,
) -> None:
    # Both calls are carried out long after the bot has given up on them.
    linked.globus_fault("late", seconds=12, times=2)
    linked.schedule(SHARED, LAPTOP)
    linked.shown("it is not among your timers")
    linked.wait(lambda: len(linked.timers()) == 2, "Globus to be done at last")
    assert linked.announcements() == []

    linked.ada.press("look_again")

    only_one(linked)


def test_a_refusal_by_globus_is_told_in_its_words_and_makes_no_timer(linked: Stage) -> None:
    linked.globus_fault("status", status=422)
    linked.schedule(SHARED, LAPTOP)

    linked.shown("Globus refused")
    assert linked.timers() == []
    assert linked.globus_calls() == 1


def test_a_request_that_waits_for_a_sign_in_survives_a_crash(stage: Stage) -> None:
    stage.schedule(SHARED, LAPTOP)
    address = stage.sign_in_address()
    stage.kill_bot()
    stage.start_bot()

    page = stage.browser.open(address)
    stage.paste(stage.browser.allow(page, identity="ada@sandbox-lab.example"))

    stage.announced()
    assert len(stage.timers()) == 1


def test_an_announcement_that_slack_would_not_take_is_sent_later(linked: Stage) -> None:
    linked.slack_fault("status", method="chat.postMessage", status=503)
    linked.schedule(SHARED, LAPTOP)

    only_one(linked)


def test_the_same_submission_delivered_again_is_the_same_request(linked: Stage) -> None:
    linked.schedule(SHARED, LAPTOP)
    linked.announced()

    linked.redeliver_submission(times=5)

    only_one(linked)
