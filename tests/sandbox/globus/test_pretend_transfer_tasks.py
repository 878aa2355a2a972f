import os
from typing import Any

import pytest
from globus_sdk import TransferClient, TransferData

from bot.sandbox.globus.collections import BEAMLINE, CAMPUS, ENDPOINT, LAPTOP, REFERENCE, SHARED, Collection
from bot.sandbox.globus.identities import GRACE
from tests.sandbox.globus.on_disk import on_disk
from tests.sandbox.globus.pretend_globus import Sandbox, everything, refusal_of, sandbox

Json = dict[str, Any]
RUN = "/data/run-001/"


def _client(globus: Sandbox, *collections: str) -> TransferClient:
    return globus.transfer(globus.sign_in(everything(*collections)))


def _data(
    source: str = RUN,
    destination: str = "/archive/copy/",
    *,
    to: Collection = SHARED,
    **more: Any,  # noqa: ANN401 - passed on
) -> TransferData:
    data = TransferData(LAPTOP.id, to.id, **more)
    data.add_item(source, destination)
    return data


def _done(globus: Sandbox, client: TransferClient, data: TransferData) -> Json:
    """Submit a transfer, and give its task when it is done."""
    task_id = client.submit_transfer(data)["task_id"]
    globus.do("advance", seconds=0)
    task: Json = client.get_task(task_id).data
    return task


def _copied(client: TransferClient, task: Json) -> list[str]:
    return [one["destination_path"] for one in client.task_successful_transfers(task["task_id"])]


def test_a_folder_is_copied_with_all_that_is_in_it() -> None:
    with sandbox() as globus:
        client = _client(globus)
        task = _done(globus, client, _data(label="Nightly"))
        copied = _copied(client, task)
        copy = on_disk(globus, SHARED) / "archive/copy/frames/frame-0002.dat"
        original = on_disk(globus, LAPTOP) / "data/run-001/frames/frame-0002.dat"
        assert copy.read_bytes() == original.read_bytes()
    assert (task["status"], task["label"], task["fatal_error"]) == ("SUCCEEDED", "Nightly", None)
    assert (task["files"], task["files_transferred"], task["directories"]) == (4, 4, 2)
    assert task["bytes_transferred"] == 5 * 1024 + len("Ada's Laptop, run 1: beam on, beam off.\nleft over\n")
    assert 0 < task["effective_bytes_per_second"] <= task["bytes_transferred"]
    assert copied == [
        f"/archive/copy/{name}"
        for name in ("frames/frame-0001.dat", "frames/frame-0002.dat", "run.log", "scratch.tmp")
    ]


def test_a_task_is_active_before_it_is_done() -> None:
    with sandbox() as globus:
        client = _client(globus)
        globus.do("hold")
        task_id = client.submit_transfer(_data())["task_id"]
        active = client.get_task(task_id)
        early = refusal_of(lambda: client.task_successful_transfers(task_id))
        used = [one["id"] for one in client.endpoint_search(filter_scope="in-use")]
        globus.do("hold", held=False)
        globus.do("advance", seconds=0)
        done = client.get_task(task_id)
        not_used = list(client.endpoint_search(filter_scope="in-use"))
        recent = [one["id"] for one in client.endpoint_search(filter_scope="recently-used")]
        events = [one["code"] for one in client.task_event_list(task_id)]
    assert (active["status"], active["nice_status"], active["completion_time"]) == ("ACTIVE", "OK", None)
    assert early.http_status == 400
    assert (done["status"], bool(done["completion_time"])) == ("SUCCEEDED", True)
    assert (used, not_used, recent) == ([LAPTOP.id, SHARED.id], [], [LAPTOP.id, SHARED.id])
    assert events == ["SUCCEEDED", "STARTED"]


def test_the_same_submission_makes_one_task() -> None:
    with sandbox() as globus:
        client = _client(globus)
        data = _data()
        first, second = client.submit_transfer(data), client.submit_transfer(data)
        other = client.submit_transfer(_data())
        tasks = [one["task_id"] for one in client.task_list()]
    assert [(one["code"], one.http_status) for one in (first, second)] == [
        ("Accepted", 202),
        ("Duplicate", 200),
    ]
    assert first["task_id"] == second["task_id"]
    assert tasks == [other["task_id"], first["task_id"]]


@pytest.mark.parametrize("ends", [(BEAMLINE, SHARED), (SHARED, BEAMLINE)])
def test_both_collections_must_be_open_to_the_caller(ends: tuple[Collection, Collection]) -> None:
    source, destination = ends

    def data() -> TransferData:
        data = TransferData(source.id, destination.id)
        data.add_item("/home/notes.txt", "/archive/notes.txt")
        return data

    with sandbox() as globus:
        refused = refusal_of(lambda: _client(globus, CAMPUS.id).submit_transfer(data()))
        task = _done(globus, _client(globus, BEAMLINE.id), data())
    assert (refused.http_status, refused.code) == (403, "ConsentRequired")
    assert task["status"] == "SUCCEEDED"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"DATA": []}, "ClientError.BadRequest.NoTransferItems"),
        ({"submission_id": ""}, "BadRequest"),
        ({"sync_level": 9}, "BadRequest"),
        ({"label": "l" * 129}, "BadRequest"),
        ({"label": "one\ntwo"}, "BadRequest"),
        ({"DATA": [{"source_path": "/a"}]}, "BadRequest"),
        ({"filter_rules": [{"method": "admire", "name": "*"}]}, "BadRequest"),
        ({"destination_endpoint": ENDPOINT.id}, "NotSupported"),
        ({"destination_endpoint": "5a4db0c5-0000-0000-0000-000000000000"}, "EndpointNotFound"),
    ],
)
def test_a_bad_submission_is_refused(change: Json, code: str) -> None:
    with sandbox() as globus:
        client = _client(globus)
        document = {**_data(), "submission_id": client.get_submission_id()["value"], **change}
        assert refusal_of(lambda: client.post("/v0.10/transfer", data=document)).code == code


def test_a_task_whose_source_is_missing_fails_and_says_so() -> None:
    with sandbox() as globus:
        client = _client(globus)
        task = _done(globus, client, _data("/data/run-999/"))
        events = list(client.task_event_list(task["task_id"]))
        errors = list(client.task_event_list(task["task_id"], query_params={"filter": "is_error:1"}))
    assert (task["status"], task["faults"]) == ("FAILED", 1)
    assert task["fatal_error"]["code"] == "FILE_NOT_FOUND"
    assert [(one["code"], one["is_error"]) for one in events] == [
        ("FILE_NOT_FOUND", True),
        ("STARTED", False),
    ]
    assert "/data/run-999" in errors[0]["details"]
    assert len(errors) == 1


def test_source_errors_can_be_skipped() -> None:
    with sandbox() as globus:
        client = _client(globus)
        data = _data("/data/run-999/", skip_source_errors=True)
        data.add_item("/home/notes.txt", "/archive/notes.txt")
        task = _done(globus, client, data)
        skipped = [one["source_path"] for one in client.task_skipped_errors(task["task_id"])]
    assert (task["status"], task["subtasks_skipped_errors"], task["files_transferred"]) == ("SUCCEEDED", 1, 1)
    assert skipped == ["/data/run-999/"]


@pytest.mark.parametrize(
    ("source", "destination", "more", "code"),
    [
        ("/home/notes.txt", "/archive/", {}, "IS_A_DIRECTORY"),
        ("/home/notes.txt", "/archive", {}, "IS_A_DIRECTORY"),
        ("/home/notes.txt", "/archive/x", {"recursive": True}, "NOT_A_DIRECTORY"),
        (RUN, "/archive/x", {"recursive": False}, "IS_A_DIRECTORY"),
        (RUN, "/home/notes.txt", {}, "NOT_A_DIRECTORY"),
        ("/home/notes.txt", "/home/notes.txt/x", {}, "PERMISSION_DENIED"),
        ("/escape/passwd", "/archive/x", {}, "PERMISSION_DENIED"),
        ("/home/notes.txt", "/escape/notes.txt", {}, "PERMISSION_DENIED"),
    ],
)
def test_a_task_fails_where_files_and_folders_do_not_fit(
    source: str, destination: str, more: Json, code: str
) -> None:
    data = TransferData(LAPTOP.id, SHARED.id)
    data.add_item(source, destination, **more)
    with sandbox() as globus:
        for collection in (LAPTOP, SHARED):
            (on_disk(globus, collection) / "escape").symlink_to("/etc")
        task = _done(globus, _client(globus), data)
    assert (task["status"], task["fatal_error"]["code"]) == ("FAILED", code)


def test_nothing_is_written_to_a_read_only_collection() -> None:
    with sandbox() as globus:
        task = _done(globus, _client(globus), _data(to=REFERENCE))
        assert not (on_disk(globus, REFERENCE) / "archive/copy").exists()
    assert task["fatal_error"]["code"] == "PERMISSION_DENIED"


def test_a_folder_is_not_copied_into_itself() -> None:
    with sandbox() as globus:
        task = _done(globus, _client(globus), _data("/data/", "/data/run-001/copy/", to=LAPTOP))
    assert task["fatal_error"]["code"] == "PERMISSION_DENIED"


@pytest.mark.parametrize(
    ("rules", "copied"),
    [
        ([("*.tmp", "exclude", "file")], {"frames/frame-0001.dat", "frames/frame-0002.dat", "run.log"}),
        ([("*.log", "include", "file"), ("*", "exclude", "file")], {"run.log"}),
        ([("*", "exclude", "file"), ("*.log", "include", "file")], set()),
        ([("frames", "exclude", "dir")], {"run.log", "scratch.tmp"}),
    ],
)
def test_the_first_filter_that_matches_wins(rules: list[tuple[str, Any, Any]], copied: set[str]) -> None:
    data = _data()
    for name, method, kind in rules:
        data.add_filter_rule(name, method=method, type=kind)
    with sandbox() as globus:
        client = _client(globus)
        task = _done(globus, client, data)
        paths = _copied(client, task)
    assert {path.removeprefix("/archive/copy/") for path in paths} == copied
    assert task["filter_rules"] == data["filter_rules"]


@pytest.mark.parametrize(
    ("level", "copied"),
    [
        (None, {"same", "older", "newer", "other", "longer", "missing"}),
        ("exists", {"missing"}),
        ("size", {"missing", "longer"}),
        ("mtime", {"missing", "longer", "newer"}),
        ("checksum", {"missing", "longer", "other"}),
    ],
)
def test_a_sync_level_says_what_is_copied_again(level: Any, copied: set[str]) -> None:  # noqa: ANN401 - a name, or None
    with sandbox() as globus:
        client = _client(globus)
        here, there = on_disk(globus, LAPTOP) / "sync", on_disk(globus, SHARED) / "sync"
        here.mkdir()
        there.mkdir()
        for name, at in [
            ("same", 0),
            ("older", -9),
            ("newer", 9),
            ("other", 0),
            ("longer", 0),
            ("missing", 0),
        ]:
            for folder, moment in ((here, 1_000_000 + at), (there, 1_000_000)):
                (folder / name).write_text("text")
                os.utime(folder / name, (moment, moment))
        (there / "other").write_text("TEXT")
        os.utime(there / "other", (1_000_000, 1_000_000))
        (there / "longer").write_text("texts")
        (there / "missing").unlink()
        more = {"sync_level": level} if level else {}
        task = _done(globus, client, _data("/sync/", "/sync/", **more))
        paths = _copied(client, task)
    assert {path.removeprefix("/sync/") for path in paths} == copied
    assert task["files_skipped"] == 6 - len(copied)


def test_what_the_source_does_not_have_can_be_deleted_at_the_destination() -> None:
    with sandbox() as globus:
        client = _client(globus)
        globus.do("write_file", collection_id=SHARED.id, path="/archive/copy/extra/file.txt", text="x")
        globus.do("write_file", collection_id=SHARED.id, path="/archive/copy/frames/extra.dat", text="x")
        _done(globus, client, _data())
        kept = [one["name"] for one in client.operation_ls(SHARED.id, "/archive/copy/")]
        _done(globus, client, _data(delete_destination_extra=True))
        left = [one["name"] for one in client.operation_ls(SHARED.id, "/archive/copy/")]
        frames = [one["name"] for one in client.operation_ls(SHARED.id, "/archive/copy/frames")]
    assert kept == ["extra", "frames", "run.log", "scratch.tmp"]
    assert left == ["frames", "run.log", "scratch.tmp"]
    assert frames == ["frame-0001.dat", "frame-0002.dat"]


def test_times_are_kept_when_that_is_asked() -> None:
    with sandbox() as globus:
        client = _client(globus)
        _done(globus, client, _data(preserve_timestamp=True))
        copy = client.operation_stat(SHARED.id, "/archive/copy/run.log")
    assert copy["last_modified"] == "2026-01-05 08:00:00+00:00"


def test_links_are_not_followed_in_a_folder() -> None:
    with sandbox() as globus:
        client = _client(globus)
        _done(globus, client, _data("/data/", "/archive/data/"))
        names = [one["name"] for one in client.operation_ls(SHARED.id, "/archive/data/")]
    assert names == ["run-001", "run-002", "run-003"]


def test_a_task_can_be_canceled_until_it_is_done() -> None:
    with sandbox() as globus:
        client = _client(globus)
        globus.do("hold")
        task_id = client.submit_transfer(_data())["task_id"]
        first, second = client.cancel_task(task_id), client.cancel_task(task_id)
        globus.do("hold", held=False)
        globus.do("advance", seconds=0)
        task = client.get_task(task_id)
        assert not (on_disk(globus, SHARED) / "archive/copy").exists()
    assert (first["code"], second["code"]) == ("Canceled", "TaskComplete")
    assert (task["status"], task["fatal_error"]["code"]) == ("FAILED", "CANCELED")


def test_a_task_is_seen_by_its_owner_only() -> None:
    with sandbox() as globus:
        task_id = _client(globus).submit_transfer(_data())["task_id"]
        grace = globus.transfer(globus.sign_in(everything(), GRACE))
        refused = refusal_of(lambda: grace.get_task(task_id))
        theirs = list(grace.task_list())
        all_of_them = globus.see("tasks")["tasks"]
    assert (refused.http_status, refused.code, theirs) == (404, "TaskNotFound", [])
    assert [one["task_id"] for one in all_of_them] == [task_id]


def test_tasks_are_listed_by_filter_order_and_page() -> None:
    with sandbox() as globus:
        client = _client(globus)
        good = _done(globus, client, _data(label="b good"))
        globus.do("advance", seconds=3600)
        bad = _done(globus, client, _data("/nowhere", label="a bad"))

        def found(**query: Any) -> list[str]:  # noqa: ANN401 - passed on
            return [one["label"] for one in client.task_list(**query)]

        by_label = found(orderby="label")
        oldest_first = found(orderby="request_time ASC")
        failed = found(filter={"status": "FAILED"})
        both = found(filter={"task_id": [good["task_id"], bad["task_id"]], "type": "TRANSFER"})
        alike = found(filter={"label": "~*good*"})
        early = found(filter={"completion_time": ["", good["completion_time"]]})
        page = client.task_list(limit=1, offset=1)
    assert by_label == ["a bad", "b good"]
    assert oldest_first == alike + failed == ["b good", "a bad"]
    assert both == ["a bad", "b good"]
    assert early == ["b good"]
    assert ([one["label"] for one in page], page["total"]) == (["b good"], 2)
