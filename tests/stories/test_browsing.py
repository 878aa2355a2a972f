"""Finding collections and looking into folders, with Globus quick, slow, and unwilling."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import requests

from bot.sandbox.globus.collections import BEAMLINE, CAMPUS, LAPTOP, REFERENCE, SHARED, Collection
from bot.sandbox.person import NotDone
from tests.stories.stage import LAB_DATA, NATIVE_CLIENT, Stage, has, words

SEARCH = "GET /v0.10/endpoint_search"
LIST = "GET /v0.10/operation/endpoint/{id}/ls"
ENDPOINT = "GET /v0.10/endpoint/{id}"
APP = "https://app.globus.org/file-manager"


@pytest.fixture
def linked(stage: Stage) -> Stage:
    """Ada is linked, with consents to Beamline 7 Data and Campus Storage, and has a timer."""
    stage.schedule(BEAMLINE, CAMPUS, start=in_a_week())
    stage.sign_in()
    stage.announced()
    stage.ada.close()
    return stage


def in_a_week() -> int:
    """When no run of that timer disturbs what is looked at; in seconds since the epoch."""
    return int((datetime.now().astimezone() + timedelta(weeks=1)).timestamp())  # noqa: TID251 - a story is today


def begin_browsing(
    stage: Stage, collection: Collection, *, path: str = "/data/", side: str = "source"
) -> None:
    stage.open_form()
    stage.ada.choose(f"{side}_collection", collection.id)
    if path:
        stage.ada.fill(f"{side}_path", path)
    stage.ada.press(f"browse_{side}")


def globus_log(stage: Stage, name: str) -> list[dict[str, Any]]:
    """Give what the pretend Globus has of a kind: `tasks` or `traffic`."""
    found: list[dict[str, Any]] = requests.get(f"{stage.globus_url}/sandbox/{name}", timeout=10).json()[name]
    return found


def listings_answered(stage: Stage) -> int:
    return sum(
        one.get("method") == LIST and one.get("status") is not None for one in globus_log(stage, "traffic")
    )


def texts(options: list[dict[str, Any]]) -> list[str]:
    return [one["text"]["text"] for one in options]


def value(stage: Stage, name: str) -> str | None:
    """Give what a field of the view on top holds: a text, or the value of what is chosen."""
    for block_id, elements in stage.ada.top()["state"]["values"].items():
        if block_id.partition(":")[0] == name:
            [element] = elements.values()
            chosen = element.get("selected_option")
            held: str | None = chosen["value"] if chosen else element.get("value")
            return held
    raise AssertionError(f"there is no field {name}")


def shows(stage: Stage, name: str) -> str:
    """Give what a field's chosen option is called."""
    values = stage.ada.top()["state"]["values"]
    [element] = next(one for key, one in values.items() if key.partition(":")[0] == name).values()
    text: str = element["selected_option"]["text"]["text"]
    return text


def wait_for_field(stage: Stage, name: str, expected: str) -> None:
    stage.wait(lambda: value(stage, name) == expected, f"{name} to be {expected}")


def wait_for_name(stage: Stage, name: str, expected: str) -> None:
    stage.wait(lambda: shows(stage, name) == expected, f"{name} to be called {expected}")


# Nothing typed


def test_with_nothing_typed_a_linked_person_sees_what_they_know(linked: Stage) -> None:
    [timer] = linked.timers()
    requests.post(
        f"{linked.globus_url}/sandbox/run_now", json={"job_id": timer["job_id"]}, timeout=10
    ).raise_for_status()
    linked.wait(lambda: globus_log(linked, "tasks"), "the timer's first run")
    linked.open_form()

    offered = linked.ada.search("source_collection", "")

    assert texts(offered)[:2] == ["Beamline 7 Data", "Campus Storage"]
    assert "Beamline runs" in texts(offered)
    assert REFERENCE.display_name in texts(offered)
    assert len({one["value"] for one in offered}) == len(offered)


def test_with_nothing_typed_somebody_not_linked_is_told_why_nothing_is_shown(stage: Stage) -> None:
    stage.open_form()

    [line] = stage.ada.search("source_collection", "")

    assert "Type to search" in line["text"]["text"]
    assert "signed in" in line["text"]["text"]


def test_choosing_the_line_that_is_no_collection_chooses_nothing(stage: Stage) -> None:
    stage.open_form()
    stage.ada.choose("source_collection", "")

    stage.wait(lambda: value(stage, "source_collection") is None, "the field to be empty")


def test_a_bookmark_fills_in_collection_and_path(linked: Stage) -> None:
    linked.open_form()
    linked.ada.fill("name", "Kept")
    offered = linked.ada.search("source_collection", "")
    [bookmark] = [one for one in offered if one["text"]["text"] == "Beamline runs"]
    linked.ada.fill("source_collection", bookmark["value"])

    wait_for_field(linked, "source_collection", BEAMLINE.id)
    wait_for_name(linked, "source_collection", "Beamline 7 Data")
    assert value(linked, "source_path") == "/data/"
    assert value(linked, "name") == "Kept"


def test_one_slow_answer_does_not_hide_the_others(linked: Stage) -> None:
    linked.globus_fault("hang", method="GET /v0.10/bookmark_list", seconds=8)
    linked.open_form()

    offered = linked.ada.search("source_collection", "")

    assert REFERENCE.display_name in texts(offered)
    assert "Beamline runs" not in texts(offered)


@pytest.mark.parametrize("typed", ["", "campus"])
def test_a_slow_globus_is_told_of_in_time(linked: Stage, typed: str) -> None:
    for method in (SEARCH, SEARCH, "GET /v0.10/bookmark_list"):
        linked.globus_fault("hang", method=method, seconds=8)
    linked.open_form()

    [line] = linked.ada.search("source_collection", typed)

    assert "Globus is slow" in line["text"]["text"] or "not answering" in line["text"]["text"]


# Links


def test_a_link_with_both_sides_fills_in_both(stage: Stage) -> None:
    stage.open_form()
    link = (
        f"{APP}?origin_id={BEAMLINE.id}&origin_path=%2Fdata%2F"
        f"&destination_id={CAMPUS.id}&destination_path=%2Farchive%2F"
    )
    [offer] = stage.ada.search("destination_collection", link)
    stage.ada.fill("destination_collection", offer["value"])

    assert offer["text"]["text"] == "Beamline 7 Data → Campus Storage"
    wait_for_field(stage, "source_collection", BEAMLINE.id)
    assert shows(stage, "source_collection") == "Beamline 7 Data"
    assert value(stage, "source_path") == "/data/"
    assert value(stage, "destination_collection") == CAMPUS.id
    assert value(stage, "destination_path") == "/archive/"


def test_a_link_with_one_side_fills_in_the_field_where_it_is_pasted(stage: Stage) -> None:
    stage.open_form()
    [offer] = stage.ada.search("destination_collection", f"{APP}?origin_id={CAMPUS.id}&origin_path=/archive/")
    stage.ada.fill("destination_collection", offer["value"])

    wait_for_field(stage, "destination_collection", CAMPUS.id)
    assert value(stage, "destination_path") == "/archive/"
    assert value(stage, "source_collection") is None


def test_a_link_is_offered_in_time_and_by_id_when_globus_is_slow(stage: Stage) -> None:
    stage.globus_fault("hang", method=ENDPOINT, seconds=8)
    stage.open_form()

    [offer] = stage.ada.search("source_collection", f"{APP}?origin_id={BEAMLINE.id}")

    assert offer["text"]["text"] == BEAMLINE.id


def test_a_link_to_somewhere_else_is_said_to_be_none(stage: Stage) -> None:
    stage.open_form()

    [line] = stage.ada.search("source_collection", "https://example.org/file-manager")

    assert "no link of the Globus file manager" in line["text"]["text"]


def test_a_form_opened_by_a_link_shows_the_names_by_itself(stage: Stage) -> None:
    stage.ada.command(
        f"{APP}?origin_id={BEAMLINE.id}&origin_path=/data/&destination_id={CAMPUS.id}&destination_path=/archive/",
        channel_id=LAB_DATA,
    )
    stage.ada.fill("source_path", "/data/run-002/")

    wait_for_name(stage, "source_collection", "Beamline 7 Data")
    wait_for_name(stage, "destination_collection", "Campus Storage")
    assert value(stage, "source_path") == "/data/run-002/"


# Folders


def test_browsing_goes_into_a_folder_and_up_and_chooses(linked: Stage) -> None:
    begin_browsing(linked, BEAMLINE)
    linked.shown("run-001")
    linked.ada.press_beside("`run-001`")
    linked.shown("/data/run-001/")
    linked.shown("run.log")
    linked.ada.press_button("⬆ Up")
    linked.shown("run-003")
    linked.ada.press_beside("`run-002`")
    linked.shown("scratch.tmp")
    linked.ada.submit()

    wait_for_field(linked, "source_path", "/data/run-002/")
    assert linked.ada.top()["callback_id"] == "schedule_transfer"
    assert shows(linked, "source_collection") == "Beamline 7 Data"


def test_an_entry_says_its_size_and_date_in_the_persons_zone(linked: Stage) -> None:
    begin_browsing(linked, BEAMLINE, path="/data/run-001/")

    view = linked.shown("run.log")

    [box] = [
        option
        for block in view["blocks"]
        for option in block.get("element", {}).get("options", ())
        if option["text"]["text"] == "run.log"
    ]
    assert box["description"]["text"] == "43 B · 5 Jan 2026, 02:00"
    assert words(view).index("frames") < words(view).index("run.log")


def test_browsing_keeps_everything_else_in_the_form(linked: Stage) -> None:
    linked.open_form()
    linked.ada.choose("source_collection", BEAMLINE.id)
    linked.ada.choose("destination_collection", CAMPUS.id)
    linked.ada.fill("source_path", "/data/run-001/")
    linked.ada.fill("name", "Weekly")
    linked.ada.fill("repeat", "weekly")
    linked.ada.press("browse_destination")
    linked.shown("notes.txt")
    linked.ada.press_button("/")
    linked.shown("archive")
    linked.ada.press_beside("`archive`")
    linked.shown("/archive/")
    linked.shown("empty")
    linked.ada.submit()

    wait_for_field(linked, "destination_path", "/archive/")
    assert value(linked, "source_path") == "/data/run-001/"
    assert value(linked, "name") == "Weekly"
    assert value(linked, "repeat") == "weekly"
    linked.ada.submit()
    linked.announced(2)


def test_a_typed_file_is_looked_for_in_its_folder(linked: Stage) -> None:
    begin_browsing(linked, BEAMLINE, path="/data/run-001/run.log")

    linked.shown("scratch.tmp")
    assert "`/data/run-001/`" in words(linked.ada.top())


def test_files_can_be_chosen_instead_of_the_folder(linked: Stage) -> None:
    begin_browsing(linked, BEAMLINE, path="/data/run-001/")
    linked.shown("run.log")
    linked.ada.tick("run.log", "scratch.tmp")
    linked.ada.submit()

    wait_for_field(linked, "source_path", "/data/run-001/run.log\n/data/run-001/scratch.tmp")


def test_at_the_destination_there_are_only_folders_to_choose(linked: Stage) -> None:
    begin_browsing(linked, CAMPUS, path="/data/run-001/", side="destination")
    linked.shown("run.log")

    with pytest.raises(NotDone):
        linked.ada.tick("run.log")


@pytest.fixture
def full(linked: Stage) -> Stage:
    """A folder with a subfolder and 120 files."""
    for number in range(120):
        linked.write_file(BEAMLINE, f"/many/file-{number:03d}.dat")
    linked.write_file(BEAMLINE, "/many/subfolder/one.dat")
    return linked


def test_a_long_folder_comes_in_pages_and_ticks_last_over_them(full: Stage) -> None:
    begin_browsing(full, BEAMLINE, path="/many/")
    full.shown("1 to 40 of 121")
    assert "subfolder" in words(full.ada.top())
    full.ada.tick("file-000.dat")
    full.ada.press_button("Next ▶")
    full.shown("41 to 80 of 121")
    assert "1 ticked on other pages" in words(full.ada.top())
    full.ada.press_button("Next ▶")
    full.shown("81 to 120 of 121")
    full.ada.press_button("Next ▶")
    full.shown("121 to 121 of 121")
    full.ada.tick("file-119.dat")
    full.ada.press_button("◀ Previous")
    full.shown("81 to 120 of 121")
    full.ada.submit()

    wait_for_field(full, "source_path", "/many/file-000.dat\n/many/file-119.dat")


def test_more_files_than_the_form_holds_are_refused_where_they_are_ticked(linked: Stage) -> None:
    names = [f"{'a' * 70}-{number:02d}.t" for number in range(40)]
    for name in names:
        linked.write_file(BEAMLINE, f"/long/{name}")
    begin_browsing(linked, BEAMLINE, path="/long/")
    linked.shown(names[-1])
    linked.ada.tick(*names)

    answer = linked.ada.submit()

    assert "3,000 characters" in " ".join(answer["errors"].values())


def test_without_a_collection_the_button_says_what_to_do_first(linked: Stage) -> None:
    linked.open_form()
    linked.ada.press("browse_source")

    linked.shown("Choose the collection first")


# Slow and unwilling


def test_a_slow_folder_is_told_of_and_still_comes(empty_stage: Stage) -> None:
    empty_stage.start_bot(GLOBUS_SDK_HTTP_TIMEOUT="9")
    empty_stage.schedule(BEAMLINE, CAMPUS)
    empty_stage.sign_in()
    empty_stage.announced()
    empty_stage.ada.close()
    empty_stage.globus_fault("hang", method=LIST, seconds=4.5)

    begin_browsing(empty_stage, BEAMLINE)
    empty_stage.shown("Globus is slow")
    empty_stage.shown("run-001")


def test_a_folder_that_never_comes_can_be_asked_for_again(linked: Stage) -> None:
    linked.globus_fault("hang", method=LIST, seconds=8)
    begin_browsing(linked, BEAMLINE)
    linked.shown("Globus is slow and gave no answer")

    linked.ada.press("browse_again")

    linked.shown("run-001")


def test_a_person_who_moves_on_is_not_called_back(empty_stage: Stage) -> None:
    empty_stage.start_bot(GLOBUS_SDK_HTTP_TIMEOUT="9")
    empty_stage.schedule(BEAMLINE, CAMPUS)
    empty_stage.sign_in()
    empty_stage.announced()
    empty_stage.ada.close()
    before = listings_answered(empty_stage)
    empty_stage.globus_fault("hang", method=LIST, seconds=4.5)
    begin_browsing(empty_stage, BEAMLINE)
    empty_stage.shown("Globus is slow")

    empty_stage.ada.press_button("/")

    empty_stage.shown("archive")
    empty_stage.wait(lambda: listings_answered(empty_stage) == before + 2, "the late answer")
    empty_stage.ada.press_beside("`archive`")
    empty_stage.shown("empty")
    assert "run-001" not in words(empty_stage.ada.top())


@pytest.mark.parametrize(
    ("status", "code", "sentence"),
    [
        (404, "ClientError.NotFound", "There is no such folder on *Beamline 7 Data*"),
        (403, "EndpointPermissionDenied", "does not let you in here"),
        (409, "OperationPaused", "is paused by whoever manages it"),
        (502, "ExternalError.DirListingFailed.ConnectFailed", "is not answering; it may be switched off"),
    ],
)
def test_what_stands_in_the_way_is_said_with_the_way_back(
    linked: Stage, status: int, code: str, sentence: str
) -> None:
    linked.globus_fault("error", method=LIST, status=status, error=code)
    begin_browsing(linked, BEAMLINE, path="/data/run-001/")
    linked.shown(sentence)

    linked.ada.press_button("⬆ Up")

    linked.shown("run-001")


# Signing in


def test_a_newcomer_signs_in_once_while_browsing_and_never_again(stage: Stage) -> None:
    stage.open_form()
    stage.ada.choose("source_collection", BEAMLINE.id)
    stage.ada.choose("destination_collection", CAMPUS.id)
    stage.ada.fill("source_path", "/data/")
    stage.ada.fill("destination_path", "/archive/")
    stage.ada.press("browse_source")
    page = stage.sign_in()

    stage.shown("run-001")
    assert sorted(page.consents) == sorted([BEAMLINE.id, CAMPUS.id])
    stage.ada.press_beside("`run-001`")
    stage.shown("run.log")
    stage.ada.submit()
    wait_for_field(stage, "source_path", "/data/run-001/")
    stage.ada.submit()
    stage.announced()
    assert not has(stage.ada.top(), "sign_in")


def test_a_missing_consent_comes_back_to_the_folder(stage: Stage) -> None:
    stage.schedule(SHARED, LAPTOP)
    stage.sign_in()
    stage.announced()
    stage.ada.close()

    begin_browsing(stage, CAMPUS, path="/data/run-002/")
    stage.shown("needs your consent to its data")
    page = stage.sign_in()

    stage.shown("run.log")
    assert page.consents == [CAMPUS.id]
    assert "`/data/run-002/`" in words(stage.ada.top())


def test_without_a_secret_the_form_below_stays_as_it_was(empty_stage: Stage) -> None:
    stage = empty_stage
    stage.start_bot(GLOBUS_CLIENT_ID=NATIVE_CLIENT.client_id, GLOBUS_CLIENT_SECRET="")
    stage.open_form()
    stage.sign_in()
    stage.wait(lambda: stage.ada.top()["callback_id"] == "schedule_transfer", "the form")
    stage.ada.choose("source_collection", BEAMLINE.id)
    stage.ada.fill("source_path", "/data/")
    stage.ada.fill("name", "Kept")
    stage.ada.press("browse_source")
    stage.shown("needs your consent to its data")
    stage.sign_in()
    stage.shown("run-001")
    stage.ada.close()

    assert value(stage, "name") == "Kept"
    assert value(stage, "source_collection") == BEAMLINE.id


def test_a_declined_consent_is_named_and_the_path_can_still_be_typed(stage: Stage) -> None:
    begin_browsing(stage, CAMPUS)
    stage.sign_in(decline=(CAMPUS.id,))

    stage.shown("You did not allow access to data on *Campus Storage*")
    stage.sign_in()

    stage.shown("run-001")
