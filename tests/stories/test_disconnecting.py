"""Disconnecting says what lives on, revokes what was given, and forgets."""

import sqlite3
from contextlib import closing

from bot.sandbox.globus.collections import LAPTOP, SHARED
from tests.stories.stage import LAB_DATA, Stage, has, words

ADA = "ada@sandbox-lab.example"


def linked_with_a_timer(stage: Stage) -> None:
    stage.schedule(SHARED, LAPTOP, name="Nightly")
    stage.sign_in()
    stage.announced()
    stage.ada.close()
    assert stage.live_tokens(ADA)


def test_timers_are_shown_and_kept_unless_it_is_said_otherwise(stage: Stage) -> None:
    linked_with_a_timer(stage)
    stage.ada.command("disconnect", channel_id=LAB_DATA)
    view = stage.shown("Your live timers (1)")
    assert "• Nightly" in words(view)
    assert "Nightly [" not in words(view)

    stage.ada.submit()

    assert "disconnected" in words(stage.told("Your Globus account is disconnected"))
    assert stage.live_tokens(ADA) == []
    assert len(stage.timers()) == 1


def test_timers_can_be_deleted_with_it(stage: Stage) -> None:
    linked_with_a_timer(stage)
    stage.ada.command("disconnect", channel_id=LAB_DATA)
    stage.shown("Your live timers (1)")
    stage.ada.fill("timers", "delete")
    stage.ada.submit()

    stage.told("1 timer deleted")
    assert stage.timers() == []
    assert stage.live_tokens(ADA) == []


def test_however_many_timers_there_are_all_are_deleted_with_it(stage: Stage) -> None:
    linked_with_a_timer(stage)
    stage.stop_bot()
    with closing(sqlite3.connect(stage.folder / "transferbot.db")) as database, database:
        rows = database.execute("SELECT * FROM requests")
        names = [column[0] for column in rows.description]
        request = dict(zip(names, rows.fetchone(), strict=True))
        places = ", ".join(f":{name}" for name in names)
        for number in range(74):
            unlike = {name: f"{name}{number}" for name in ("request_id", "reference", "job_id")}
            database.execute(f"INSERT INTO requests VALUES ({places})", request | unlike)  # noqa: S608 - our own names
    stage.start_bot()
    stage.globus_fault("status", method="GET /jobs/", status=503, times=5)
    stage.ada.command("disconnect", channel_id=LAB_DATA)
    stage.shown("Your live timers (75)")
    stage.ada.fill("timers", "delete")
    stage.ada.submit()

    stage.told("75 timers deleted")
    assert stage.timers() == []


def test_what_globus_does_not_confirm_is_tried_again_even_after_a_crash(stage: Stage) -> None:
    linked_with_a_timer(stage)
    stage.globus_fault("status", method="POST /v2/oauth2/token/revoke", status=503, times=3)
    stage.ada.command("disconnect", channel_id=LAB_DATA)
    stage.shown("Your live timers (1)")
    stage.ada.submit()
    stage.wait(lambda: stage.globus_calls("POST /v2/oauth2/token/revoke") > 0, "the first try")
    stage.kill_bot()
    stage.start_bot()

    stage.told("Your Globus account is disconnected")
    assert stage.live_tokens(ADA) == []


def test_nothing_of_the_person_is_left_but_what_the_team_was_told(stage: Stage) -> None:
    linked_with_a_timer(stage)
    stage.ada.command("disconnect", channel_id=LAB_DATA)
    stage.shown("Your live timers (1)")
    stage.ada.submit()
    stage.told("Your Globus account is disconnected")
    stage.stop_bot()

    with sqlite3.connect(stage.folder / "transferbot.db") as database:
        for table in ("accounts", "tokens", "sign_ins", "partings", "drafts", "places"):
            assert database.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table  # noqa: S608 - our own names
    assert len(stage.announcements()) == 1


def test_a_request_that_waits_is_given_up_and_a_new_one_signs_in_again(stage: Stage) -> None:
    linked_with_a_timer(stage)
    stage.ada.command("disconnect", channel_id=LAB_DATA)
    stage.shown("Your live timers (1)")
    stage.ada.submit()
    stage.told("Your Globus account is disconnected")
    stage.ada.close()

    stage.schedule(SHARED, LAPTOP, destination_path="/home/")
    stage.wait(lambda: has(stage.ada.top(), "sign_in"), "the link")
    stage.sign_in()
    stage.announced(2)


def test_the_home_tab_has_the_way_out_too(stage: Stage) -> None:
    linked_with_a_timer(stage)
    stage.ada.open_home()
    stage.wait(lambda: "Disconnect Globus" in words(stage.ada.home()), "the Home tab")
    stage.ada.press_at_home("disconnect")
    stage.shown("Your live timers (1)")
    stage.ada.submit()
    stage.told("Your Globus account is disconnected")

    stage.wait(
        lambda: "You are not linked to Globus yet" in words(stage.ada.home()), "the Home tab to follow"
    )


def test_somebody_who_is_not_linked_is_told_so(stage: Stage) -> None:
    stage.ada.command("disconnect", channel_id=LAB_DATA)

    assert "not linked" in stage.ada.messages(LAB_DATA)[-1]["text"]
