"""What was scheduled once is scheduled again: duplicates, and the presets of a channel."""

from typing import Any

import pytest

from bot.sandbox.globus.collections import LAPTOP, SHARED
from bot.sandbox.globus.identities import ADA as ADA_AT_GLOBUS, GRACE as GRACE_AT_GLOBUS
from bot.sandbox.person import Person
from tests.stories.stage import LAB_DATA, RANDOM, Stage, has, words
from tests.stories.test_scheduling import starting_tomorrow


def form_of(person: Person) -> dict[str, Any]:
    """Give the fields of the form on top that are filled in with one value."""
    form: dict[str, Any] = {}
    for elements in person.top()["state"]["values"].values():
        for name, element in elements.items():
            for key in ("value", "selected_date_time", "selected_conversation"):
                form[name] = element.get(key) or form.get(name)
            if element.get("selected_option"):
                form[name] = element["selected_option"]["value"]
    return form


def scheduled(stage: Stage, **fields: object) -> dict[str, Any]:
    """Let Ada schedule something; gives the announcement."""
    before = len(stage.announcements())
    filled: dict[str, Any] = {"name": "Nightly run data", "repeat": "hourly"} | fields
    stage.schedule(SHARED, LAPTOP, **filled)
    if not before:
        stage.sign_in()
    announced: dict[str, Any] = stage.announced(before + 1)[before]
    return announced


def saved(stage: Stage, message: dict[str, Any], name: str, person: Person | None = None) -> None:
    """Save a preset from an announcement."""
    person = person or stage.ada
    person.press_in_message(message, "preset_save", channel_id=LAB_DATA)
    person.fill("preset_name", name)
    person.submit()
    stage.shown("Saved", person)
    for _ in person.views():
        person.close()


def test_anyone_in_the_channel_may_duplicate_a_timer_under_their_own_account(stage: Stage) -> None:
    message = scheduled(stage, filters="exclude *.tmp", end="runs", end_runs="3")
    stage.grace.press_in_message(message, "timer_duplicate", channel_id=LAB_DATA)

    form = form_of(stage.grace)
    assert form["source_collection"] == SHARED.id
    assert form["source_path"] == "/data/run-001/"
    assert form["destination_path"] == "/archive/run-001/"
    assert (form["name"], form["repeat"], form["end_runs"]) == ("Nightly run data", "hourly", "3")
    assert form["filters"] == "exclude *.tmp"
    assert form["start"] is None
    assert form["announce_in"] == LAB_DATA

    stage.grace.submit()
    page = stage.sign_in(person=stage.grace, identity=GRACE_AT_GLOBUS.username)
    stage.announced(2)
    assert page.consents == []
    assert [one["identity_id"] for one in stage.timers()] == [ADA_AT_GLOBUS.id, GRACE_AT_GLOBUS.id]
    assert "<@U0GRACE001> scheduled *Nightly run data*" in words(stage.announcements()[1])


def test_a_start_that_is_still_to_come_is_kept_by_a_duplicate(stage: Stage) -> None:
    start = starting_tomorrow()
    message = scheduled(stage, start=start)
    stage.grace.press_in_message(message, "timer_duplicate", channel_id=LAB_DATA)

    assert form_of(stage.grace)["start"] == start


def test_a_preset_is_saved_under_an_announcement_and_used_by_its_name(stage: Stage) -> None:
    saved(stage, scheduled(stage), "Nightly Backup")
    stage.grace.command("nightly  backup", channel_id=LAB_DATA)

    form = form_of(stage.grace)
    assert (form["source_collection"], form["destination_collection"]) == (SHARED.id, LAPTOP.id)
    assert (form["source_path"], form["repeat"]) == ("/data/run-001/", "hourly")
    assert form["start"] is None
    assert form["announce_in"] == LAB_DATA


def test_a_preset_is_saved_from_the_view_that_shows_the_timer(stage: Stage) -> None:
    scheduled(stage)
    stage.shown("I told")
    stage.ada.press("preset_save")
    assert stage.ada.top()["state"]["values"]["preset_name"]["preset_name"]["value"] == "Nightly run data"
    stage.ada.submit()

    assert "/schedule-transfer Nightly run data" in words(stage.shown("Saved"))


def test_a_presets_name_counts_only_as_a_whole_and_only_in_its_channel(stage: Stage) -> None:
    saved(stage, scheduled(stage), "daily")

    stage.ada.command("daily at 02:30", channel_id=LAB_DATA)
    assert form_of(stage.ada)["source_path"] is None
    stage.ada.close()
    stage.ada.command("daily", channel_id=RANDOM)
    assert form_of(stage.ada)["source_path"] is None
    stage.ada.close()
    stage.ada.command("daily", channel_id=LAB_DATA)
    assert form_of(stage.ada)["source_path"] == "/data/run-001/"


def test_saving_again_asks_before_it_replaces(stage: Stage) -> None:
    saved(stage, scheduled(stage), "Nightly")
    other = scheduled(stage, name="Other", source_path="/data/run-002/")
    stage.ada.close()
    stage.ada.press_in_message(other, "preset_save", channel_id=LAB_DATA)
    stage.ada.fill("preset_name", "NIGHTLY")
    stage.ada.submit()
    assert "There is a preset called `Nightly` already" in words(stage.ada.top())
    stage.ada.submit()
    stage.shown("Saved")
    stage.ada.close()

    stage.ada.command("nightly", channel_id=LAB_DATA)
    assert form_of(stage.ada)["source_path"] == "/data/run-002/"


@pytest.mark.parametrize(
    ("name", "message"),
    [("Nightly", "Somebody else saved a preset"), ("presets", "means something else"), (" ", "Write a name")],
)
def test_a_name_that_cannot_be_is_explained_under_its_field(stage: Stage, name: str, message: str) -> None:
    announcement = scheduled(stage)
    saved(stage, announcement, "Nightly")
    stage.grace.press_in_message(announcement, "preset_save", channel_id=LAB_DATA)
    stage.grace.fill("preset_name", name)

    assert message in stage.grace.submit()["errors"]["preset_name"]


def test_the_list_uses_and_deletes_and_only_who_saved_one_may_delete_it(stage: Stage) -> None:
    saved(stage, scheduled(stage), "Nightly")

    stage.grace.command("presets", channel_id=LAB_DATA)
    shown = stage.grace.messages(LAB_DATA)[-1]
    assert "`Nightly` *Project Alpha Share* to *Ada's Laptop*, saved by <@U0ADA00001>" in words(shown)
    assert shown["is_ephemeral"]
    assert not has(shown, "preset_delete")
    stage.grace.press_in_message(shown, "preset_use", channel_id=LAB_DATA)
    assert form_of(stage.grace)["source_path"] == "/data/run-001/"

    stage.ada.command("presets", channel_id=LAB_DATA)
    shown = stage.ada.messages(LAB_DATA)[-1]
    stage.ada.press_in_message(shown, "preset_delete", channel_id=LAB_DATA)
    stage.wait(lambda: "no presets yet" in words(stage.ada.messages(LAB_DATA)[-1]), "the list to be empty")
    stage.grace.close()
    stage.grace.command("Nightly", channel_id=LAB_DATA)
    assert form_of(stage.grace)["source_path"] is None


def test_nothing_of_an_account_is_in_a_preset(stage: Stage) -> None:
    saved(stage, scheduled(stage), "Nightly")
    stage.grace.command("Nightly", channel_id=LAB_DATA)
    stage.grace.submit()

    stage.sign_in(person=stage.grace, identity=GRACE_AT_GLOBUS.username)
    stage.announced(2)
    assert stage.timers()[1]["identity_id"] == GRACE_AT_GLOBUS.id
