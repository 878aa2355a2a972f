"""What would go wrong at the first run is found before the timer exists, and named under its field."""

from typing import Any

import pytest

from bot.sandbox.globus.collections import BEAMLINE, CAMPUS, LAPTOP, PATIENTS, SHARED
from bot.sandbox.globus.identities import KATHERINE
from bot.sandbox.person import NotDone
from tests.stories.stage import CREATE, Stage, has, words
from tests.stories.test_scheduling import starting_tomorrow

LS = "GET /v0.10/operation/endpoint/{id}/ls"
STAT = "GET /v0.10/operation/endpoint/{id}/stat"
ENDPOINT = "GET /v0.10/endpoint/{id}"
CONSENTS = "GET /v2/api/identities/{id}/consents"
JOBS = "GET /jobs/"
UNCHECKED = "Not everything could be checked"


def blamed(view: dict[str, Any], sentence: str) -> str:
    """Give the name of the field above a sentence."""
    blocks = view["blocks"]
    position = next(i for i, block in enumerate(blocks) if sentence in words({"blocks": [block]}))
    name: str = blocks[position - 1]["block_id"].partition(":")[0]
    return name


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        ({"source_path": "/nowhere/"}, "source_path", "There is no /nowhere/ on Project Alpha Share"),
        ({"source_path": "/data/nothing.dat"}, "source_path", "There is no /data/nothing.dat"),
        ({"source_path": "/data/run-001"}, "source_path", "/data/run-001 is a folder. End it with /"),
        (
            {"source_path": "/data/run-001/run.log/"},
            "source_path",
            "/data/run-001/run.log/ is a file. Write it without the /",
        ),
        ({"source_path": "/data/run-001/\n/data/run-009/"}, "source_path", "There is no /data/run-009/"),
        ({"destination_path": "/no/such/place/"}, "destination_path", "There is no folder /no/such/"),
        (
            {"destination_path": "/data/run-001/run.log"},
            "destination_path",
            "/data/run-001/run.log is a file on Ada's Laptop",
        ),
        (
            {"source_path": "/data/run-001/run.log", "destination_path": "/archive"},
            "destination_path",
            "/archive is a folder on Ada's Laptop. End it with /",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and "_" in value else "",
)
def test_a_path_that_would_fail_is_named_and_the_form_comes_back_filled_in(
    stage: Stage, fields: dict[str, Any], field: str, sentence: str
) -> None:
    stage.link_account()
    stage.schedule(SHARED, LAPTOP, name="Nightly", **fields)

    view = stage.shown(sentence)
    assert view["callback_id"] == "schedule_transfer"
    assert blamed(view, sentence) == field
    assert stage.timers() == []
    values = {name: value for block in view["state"]["values"].values() for name, value in block.items()}
    assert values["name"]["value"] == "Nightly"
    assert values["source_collection"]["selected_option"]["value"] == SHARED.id

    stage.ada.fill("source_path", "/data/run-001/")
    stage.ada.fill("destination_path", "/archive/new/")
    stage.ada.submit()
    stage.announced()


def test_what_is_not_there_can_be_corrected_after_the_modal_was_closed(stage: Stage) -> None:
    stage.link_account()
    stage.globus_fault("hang", method=STAT, seconds=1)
    stage.schedule(SHARED, LAPTOP, source_path="/data/nothing.dat", name="Nightly")
    stage.ada.close()

    message = stage.told("There is no /data/nothing.dat")
    stage.ada.press_in_message(message, "correct_request")
    assert blamed(stage.ada.top(), "There is no /data/nothing.dat") == "source_path"
    stage.ada.fill("source_path", "/data/")
    stage.ada.submit()

    assert "*Nightly*" in words(stage.announced()[0])


def test_a_newcomers_paths_are_looked_at_after_the_sign_in(stage: Stage) -> None:
    stage.schedule(BEAMLINE, CAMPUS, source_path="/nowhere/")
    stage.sign_in()

    view = stage.shown("There is no /nowhere/ on Beamline 7 Data")
    assert blamed(view, "There is no") == "source_path"
    assert stage.timers() == []


def test_of_many_items_in_one_folder_the_missing_one_is_named_after_a_single_look(stage: Stage) -> None:
    stage.link_account()
    for number in range(12):
        stage.write_file(SHARED, f"/data/many/{number}.dat")
    paths = [f"/data/many/{number}.dat" for number in range(13)]
    stage.schedule(SHARED, LAPTOP, source_path="\n".join(paths))

    stage.shown("There is no /data/many/12.dat")
    assert stage.globus_calls(STAT) == 0
    assert stage.globus_calls(LS) == 3

    stage.ada.fill("source_path", "\n".join(paths[:12]))
    stage.ada.submit()
    stage.announced()


def test_a_protected_collection_names_the_sign_in_that_it_asks_for(stage: Stage) -> None:
    stage.link_account(stage.grace, identity=KATHERINE.username)
    stage.schedule(PATIENTS, SHARED, stage.grace)

    view = stage.shown("is protected. Globus wants you to sign in with an account of", stage.grace)
    assert "sandbox-lab.example" in words(view)
    with pytest.raises(NotDone, match="Another account is needed"):
        stage.browser.allow(stage.sign_in_page(stage.grace), identity=KATHERINE.username)
    assert stage.timers() == []


def test_more_than_one_run_a_minute_is_refused_with_what_is_left(stage: Stage) -> None:
    stage.link_account()
    stage.schedule(SHARED, LAPTOP, repeat="custom", interval="90s")
    stage.announced()
    stage.ada.close()

    stage.schedule(SHARED, LAPTOP, repeat="custom", interval="2m")
    sentence = "Choose 3 minutes or longer"
    assert blamed(stage.shown(sentence), sentence) == "interval"
    stage.ada.fill("interval", "3m")
    stage.ada.submit()
    stage.announced(2)
    stage.ada.close()

    stage.schedule(SHARED, LAPTOP, repeat="hourly")
    sentence = "Your other timers use up the one run a minute"
    assert blamed(stage.shown(sentence), sentence) == "repeat"
    assert len(stage.timers()) == 2
    assert stage.globus_calls() == 2

    stage.ada.fill("repeat", "once")
    stage.ada.submit()
    stage.announced(3)


def cannot_look(stage: Stage, fault: str = "error", **more: object) -> None:
    """Schedule a transfer whose source cannot be looked at."""
    stage.link_account()
    stage.globus_fault(fault, method=STAT, times=9, **more)
    stage.schedule(SHARED, LAPTOP, source_path="/data/run-001/run.log")
    stage.shown(UNCHECKED)


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (
            {"fault": "error", "error": "OperationPaused", "status": 409},
            "whoever looks after it has paused it",
        ),
        ({"fault": "error", "error": "EndpointError", "status": 502}, "Globus says"),
        ({"fault": "status", "status": 503}, "Globus says"),
        ({"fault": "hang", "seconds": 6}, "Globus did not answer in time"),
    ],
    ids=["paused", "endpoint error", "gateway", "time-out"],
)
def test_what_cannot_be_checked_is_for_the_owner_to_decide(
    stage: Stage, fault: dict[str, Any], why: str
) -> None:
    cannot_look(stage, **fault)

    assert why in words(stage.ada.top())
    assert stage.timers() == []
    stage.ada.press("create_anyway")
    stage.announced()
    assert len(stage.timers()) == 1


def test_it_can_be_checked_again(stage: Stage) -> None:
    cannot_look(stage, error="OperationPaused", status=409)
    stage.clear_globus_faults()
    stage.ada.press("check_again")

    stage.announced()
    assert len(stage.timers()) == 1


def test_checking_again_finds_what_globus_would_refuse(stage: Stage) -> None:
    cannot_look(stage, error="OperationPaused", status=409)
    stage.clear_globus_faults()
    stage.globus_fault("error", method=STAT, error="ClientError.NotFound", status=404)
    stage.ada.press("check_again")

    view = stage.shown("There is no /data/run-001/run.log")
    assert not has(view, "create_anyway")
    assert stage.timers() == []


def test_it_can_be_forgotten(stage: Stage) -> None:
    cannot_look(stage, error="OperationPaused", status=409)
    stage.ada.press("forget")

    stage.shown("Forgotten, as you asked")
    assert stage.timers() == []


def test_the_decision_waits_in_a_direct_message_when_the_modal_is_closed_and_survives_a_restart(
    stage: Stage,
) -> None:
    cannot_look(stage, error="OperationPaused", status=409)
    stage.ada.close()
    message = stage.told(UNCHECKED)
    stage.restart_bot()
    stage.ada.press_in_message(message, "create_anyway")

    stage.announced()


def test_a_certain_refusal_comes_before_an_uncertain_one(stage: Stage) -> None:
    stage.link_account()
    stage.globus_fault("error", method=STAT, error="OperationPaused", status=409)
    stage.schedule(SHARED, LAPTOP, source_path="/data/run-001/run.log", destination_path="/no/such/place.dat")

    assert not has(stage.shown("There is no folder /no/such/"), "create_anyway")


def test_everything_is_looked_at_side_by_side_before_the_timer_is_made(stage: Stage) -> None:
    """The checks have all begun before any of them ends: one round trip, and `POST /v2/timer` the second."""
    stage.schedule(BEAMLINE, CAMPUS, start=starting_tomorrow())
    stage.sign_in()
    stage.announced()
    stage.ada.close()
    stage.open_form()
    stage.fill_in(BEAMLINE, CAMPUS, source_path="/data/run-002/\n/data/run-001/run.log")
    before = stage.globus_traffic()[-1]["number"]
    looks = {ENDPOINT: 2, CONSENTS: 1, LS: 3, STAT: 1, JOBS: 1}
    for method, times in looks.items():
        stage.globus_fault("hang", method=method, times=times, seconds=1.5)
    stage.ada.submit()

    def all_under_way() -> bool:
        calls = [one for one in stage.globus_traffic(before) if one["method"] in looks]
        return len(calls) == sum(looks.values()) and not any(one["status"] for one in calls)

    stage.wait(all_under_way, "all checks to be under way at the same time")
    stage.announced(2)
    calls = [one["method"] for one in stage.globus_traffic(before)]
    until_created = calls[: calls.index(CREATE)]  # afterwards the bot looks at its runs
    assert sorted(until_created) == sorted(method for method, times in looks.items() for _ in range(times))
