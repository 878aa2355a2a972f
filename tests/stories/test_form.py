"""The form says everything that Globus can do, and forgets nothing that was typed."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from bot.sandbox.globus.collections import BEAMLINE, CAMPUS, LAPTOP, SHARED
from bot.sandbox.globus.identities import ADA as ADA_AT_GLOBUS
from tests.stories.stage import LAB_DATA, NATIVE_CLIENT, Stage, has, words


def test_the_command_takes_a_schedule_in_words(stage: Stage) -> None:
    stage.ada.command("every 6h, 3 times", channel_id=LAB_DATA)

    assert "3 runs in all" in words(stage.ada.top())
    stage.fill_and_submit(SHARED, LAPTOP)
    stage.sign_in()
    [message] = stage.announced()
    [timer] = stage.timers()
    assert "every 6 hours, 3 times" in words(message)
    assert timer["schedule"]["interval_seconds"] == 21600
    assert timer["stop_after"]["n_runs"] == 3


def test_the_command_takes_a_link_of_the_file_manager(stage: Stage) -> None:
    link = (
        f"https://app.globus.org/file-manager?origin_id={SHARED.id}&origin_path=%2Fdata%2Frun-001%2F"
        f"&destination_id={LAPTOP.id}&destination_path=%2Fhome%2F"
    )
    stage.ada.command(f"{link} daily", channel_id=LAB_DATA)
    stage.ada.submit()
    stage.sign_in()

    [message] = stage.announced()
    assert "*Project Alpha Share* `/data/run-001/`" in words(message)
    assert "*Ada's Laptop* `/home/`" in words(message)


def test_words_in_the_form_are_understood_before_they_count(stage: Stage) -> None:
    stage.open_form()
    stage.ada.fill("repeat", "custom")
    stage.wait(lambda: "interval" in str(stage.ada.top()["blocks"]), "the words")
    stage.ada.fill("interval", "every 2 weeks starting 2027-03-01 09:00, 10 times")

    view = stage.shown("10 runs in all")
    assert "Mon 1 Mar 2027 09:00, Mon 15 Mar 2027 10:00" in words(view)
    assert "From 15 Mar 2027 on it runs at 10:00 instead of 09:00" in words(view)
    stage.fill_and_submit(SHARED, LAPTOP)
    stage.sign_in()
    stage.announced()
    [timer] = stage.timers()
    assert timer["schedule"]["interval_seconds"] == 14 * 86400
    assert datetime.fromisoformat(timer["schedule"]["start"]) == datetime.fromisoformat(
        "2027-03-01T15:00:00+00:00"
    )


def test_words_that_are_no_schedule_are_named_under_their_field(stage: Stage) -> None:
    answer = stage.schedule(SHARED, LAPTOP, repeat="custom", interval="every blue moon")

    assert "“blue moon” is no interval" in answer["errors"]["interval"]


def test_every_option_reaches_globus(stage: Stage) -> None:
    stage.schedule(
        SHARED,
        LAPTOP,
        source_path="/data/run-001/\n/home/notes.txt",
        destination_path="/archive/",
        sync_level="mtime",
        options=["preserve_timestamp", "encrypt_data", "skip_source_errors", "notify_on_failed"],
        filters="exclude *.tmp\ninclude *.dat",
    )
    stage.sign_in()
    [message] = stage.announced()

    [timer] = stage.timers()
    body = timer["callback_body"]["body"]
    assert body["sync_level"] == 2
    assert [(item["source_path"], item["destination_path"]) for item in body["DATA"]] == [
        ("/data/run-001/", "/archive/run-001/"),
        ("/home/notes.txt", "/archive/notes.txt"),
    ]
    assert [(rule["method"], rule["name"], rule["type"]) for rule in body["filter_rules"]] == [
        ("exclude", "*.tmp", "file"),
        ("include", "*.dat", "file"),
    ]
    switched_on = {name for name, value in body.items() if value is True}
    assert switched_on == {"preserve_timestamp", "encrypt_data", "skip_source_errors", "notify_on_failed"}
    assert "skips files that are not newer; keeps modification times; encrypted" in words(message)
    assert "filters: exclude `*.tmp`, include `*.dat`" in words(message)


def test_deleting_extra_files_asks_again_and_names_the_destination(stage: Stage) -> None:
    answer = stage.schedule(SHARED, LAPTOP, options=["verify_checksum", "delete_destination_extra"])

    assert answer["response_action"] == "push"
    view = stage.ada.top()
    assert "*Ada's Laptop* `/archive/run-001/`" in words(view)
    assert stage.timers() == []

    stage.ada.submit()
    stage.sign_in()
    [message] = stage.announced()
    assert "*deletes extra files at the destination*" in words(message)
    assert stage.timers()[0]["callback_body"]["body"]["delete_destination_extra"] is True


def test_deleting_extra_files_can_be_thought_better_of(stage: Stage) -> None:
    stage.schedule(SHARED, LAPTOP, options=["verify_checksum", "delete_destination_extra"])
    stage.ada.close()

    stage.ada.fill("options", ["verify_checksum"])
    stage.ada.submit()
    stage.sign_in()
    stage.announced()
    assert stage.timers()[0]["callback_body"]["body"]["delete_destination_extra"] is False


def test_a_form_that_was_closed_can_be_continued_where_it_was_left(stage: Stage) -> None:
    stage.open_form()
    stage.ada.choose("source_collection", SHARED.id)
    stage.ada.fill("source_path", "/data/run-001/")
    stage.ada.fill("name", "Half done")
    stage.ada.close()

    stage.open_form()
    stage.ada.press("continue_draft")
    stage.wait(lambda: not has(stage.ada.top(), "continue_draft"), "the offer to go")
    values = {block.partition(":")[0]: value for block, value in stage.ada.top()["state"]["values"].items()}
    assert values["source_path"]["source_path"]["value"] == "/data/run-001/"
    assert values["name"]["name"]["value"] == "Half done"
    assert values["source_collection"]["source_collection"]["selected_option"]["value"] == SHARED.id

    stage.ada.choose("destination_collection", LAPTOP.id)
    stage.ada.fill("destination_path", "/home/")
    stage.ada.submit()
    stage.sign_in()
    assert "*Half done*" in words(stage.announced()[0])

    stage.ada.close()
    stage.open_form()
    assert not has(stage.ada.top(), "continue_draft")


def test_a_draft_survives_a_restart_and_can_be_discarded(stage: Stage) -> None:
    stage.open_form()
    stage.ada.choose("source_collection", SHARED.id)
    stage.ada.close()
    stage.restart_bot()

    stage.open_form()
    stage.ada.press("discard_draft")
    stage.wait(lambda: not has(stage.ada.top(), "continue_draft"), "the offer to go")
    stage.ada.close()
    stage.open_form()
    assert not has(stage.ada.top(), "continue_draft")


def test_a_draft_is_offered_only_to_the_person_who_left_it(stage: Stage) -> None:
    stage.open_form()
    stage.ada.choose("source_collection", SHARED.id)
    stage.ada.close()

    stage.open_form(stage.grace)

    assert not has(stage.grace.top(), "continue_draft")


def test_a_request_that_nobody_signed_in_for_can_be_filled_in_again(stage: Stage) -> None:
    stage.schedule(SHARED, LAPTOP, name="Nightly")
    stage.sign_in_address()
    stage.ada.close()
    stage.stop_bot()
    two_days_ago = (datetime.now(UTC) - timedelta(days=2)).isoformat(timespec="microseconds")  # noqa: TID251 - as the bot's
    with closing(sqlite3.connect(stage.folder / "transferbot.db")) as database, database:
        database.execute("UPDATE requests SET received_at = ?, due = ?", [two_days_ago, two_days_ago])
    stage.start_bot()
    message = stage.told("This request waited for a day and was given up")

    stage.ada.press_in_message(message, "correct_request")

    assert stage.ada.top()["state"]["values"]["name"]["name"]["value"] == "Nightly"


def test_a_refused_request_comes_back_with_everything_in_it(stage: Stage) -> None:
    unknown = "00000000-5a4d-4b0f-8b07-000000000099"
    stage.open_form()
    stage.ada.choose("source_collection", unknown)
    stage.ada.choose("destination_collection", LAPTOP.id)
    stage.ada.fill("source_path", "/data/")
    stage.ada.fill("destination_path", "/copy/")
    stage.ada.fill("filters", "exclude *.tmp")
    stage.ada.fill("sync_level", "checksum")
    stage.ada.submit()
    stage.sign_in()
    stage.shown("Globus knows no collection")

    stage.ada.choose("source_collection", SHARED.id)
    stage.ada.submit()
    stage.announced()
    body = stage.timers()[0]["callback_body"]["body"]
    assert body["sync_level"] == 3
    assert body["filter_rules"][0]["name"] == "*.tmp"


@pytest.mark.parametrize("fault", ["hang", "status"])
def test_a_time_zone_that_slack_does_not_say_is_no_reason_for_no_form(stage: Stage, fault: str) -> None:
    stage.slack_fault(fault, method="users.info", seconds=5)

    stage.open_form()

    assert "In your own time zone (UTC)" in words(stage.ada.top())


def test_the_form_names_the_persons_time_zone(stage: Stage) -> None:
    stage.open_form()
    assert "In your own time zone (America/Chicago)" in words(stage.ada.top())

    stage.open_form(stage.grace)
    assert "In your own time zone (Europe/Berlin)" in words(stage.grace.top())


def test_two_people_link_their_own_accounts(stage: Stage) -> None:
    stage.schedule(BEAMLINE, CAMPUS, name="Hers")
    stage.sign_in(identity=ADA_AT_GLOBUS.username)
    stage.schedule(BEAMLINE, CAMPUS, stage.grace, name="Also", destination_path="/other/")
    stage.sign_in(person=stage.grace, identity="grace@sandbox-lab.example")

    stage.announced(2)
    owners = {timer["name"].split(" [")[0]: timer["identity_id"] for timer in stage.timers()}
    assert owners["Hers"] == ADA_AT_GLOBUS.id
    assert owners["Also"] != ADA_AT_GLOBUS.id


def test_without_a_secret_what_the_command_said_survives_the_sign_in(empty_stage: Stage) -> None:
    stage = empty_stage
    stage.start_bot(GLOBUS_CLIENT_ID=NATIVE_CLIENT.client_id, GLOBUS_CLIENT_SECRET="")
    stage.ada.command("every 6h, 3 times", channel_id=LAB_DATA)
    stage.sign_in()

    assert "3 runs in all" in words(stage.shown("Every 6 hours"))
    stage.fill_and_submit(SHARED, LAPTOP)
    stage.announced()
    assert stage.timers()[0]["schedule"]["interval_seconds"] == 21600
