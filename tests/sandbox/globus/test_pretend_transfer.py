from dataclasses import replace
from typing import Any

import pytest
from globus_sdk import TransferClient
from globus_sdk.gare import to_gare

from bot.sandbox.globus.access import Actor, _require_session
from bot.sandbox.globus.collections import (
    BEAMLINE,
    CAMPUS,
    COLLECTIONS,
    ENDPOINT,
    LAPTOP,
    LAPTOP_SHARE,
    PATIENTS,
    PRIVATE,
    REFERENCE,
    SHARED,
)
from bot.sandbox.globus.errors import Refused
from bot.sandbox.globus.identities import ADA, CONFIDENTIAL_CLIENT, GRACE
from bot.sandbox.globus.scopes import TRANSFER_SCOPE, data_access_scope
from bot.sandbox.globus.sessions import Sessions
from tests.sandbox.globus.on_disk import on_disk
from tests.sandbox.globus.pretend_globus import Sandbox, everything, refusal_of, sandbox

Json = dict[str, Any]
RUNS = ["latest", "run-001", "run-002", "run-003"]


def _client(globus: Sandbox, *collections: str) -> TransferClient:
    return globus.transfer(globus.sign_in(everything(*collections)))


def _app_client(globus: Sandbox) -> TransferClient:
    return globus.transfer(globus.confidential().oauth2_client_credentials_tokens(TRANSFER_SCOPE))


def _names(client: TransferClient, collection_id: str, path: str, **more: Any) -> list[str]:  # noqa: ANN401 - passed on
    return [entry["name"] for entry in client.operation_ls(collection_id, path, **more)]


def test_every_kind_of_collection_describes_itself() -> None:
    with sandbox() as globus:
        client = _client(globus)
        found = {one.id: client.get_endpoint(one.id) for one in COLLECTIONS}
    assert {key: (one["entity_type"], one["high_assurance"]) for key, one in found.items()} == {
        one.id: (one.entity_type, one.high_assurance if one.holds_files else None) for one in COLLECTIONS
    }
    assert found[PATIENTS.id]["authentication_timeout_mins"] == PATIENTS.session_minutes
    assert found[LAPTOP.id]["gcp_connected"] is True
    assert found[REFERENCE.id]["mapped_collection_id"] == ENDPOINT.id


def test_a_collection_that_one_may_not_see_is_not_there() -> None:
    with sandbox() as globus:
        unknown = refusal_of(lambda: _client(globus).get_endpoint("5a4db0c5-0000-0000-0000-000000000000"))
        hidden = refusal_of(lambda: _app_client(globus).get_endpoint(PRIVATE.id))
        seen = _client(globus).get_endpoint(PRIVATE.id)
    assert (
        (unknown.http_status, unknown.code) == (hidden.http_status, hidden.code) == (404, "EndpointNotFound")
    )
    assert hidden.raw_json
    assert hidden.raw_json["resource"] == f"/v0.10/endpoint/{PRIVATE.id}"
    assert seen["public"] is False


def test_a_token_is_needed() -> None:
    with sandbox() as globus, TransferClient(base_url=globus.base) as client:
        refused = refusal_of(lambda: client.get_endpoint(BEAMLINE.id))
    assert (refused.http_status, refused.code) == (401, "AuthenticationFailed")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("beam", {BEAMLINE}),
        ("DETEC outp", {BEAMLINE}),
        ("eam", set()),
        ("grace archive", {CAMPUS, ENDPOINT}),
        ("laptop", {LAPTOP, LAPTOP_SHARE}),
        ("embargo", {PRIVATE}),
        ("beam genomes", set()),
    ],
)
def test_search_finds_what_has_words_that_begin_like_all_of_these(words: str, found: set[object]) -> None:
    with sandbox() as globus:
        answer = _client(globus).endpoint_search(words)
    assert {one["id"] for one in answer} == {one.id for one in COLLECTIONS if one in found}
    assert answer["has_next_page"] is False


@pytest.mark.parametrize(
    ("scope", "found"),
    [
        ("my-endpoints", {SHARED, LAPTOP, LAPTOP_SHARE}),
        ("administered-by-me", {SHARED, LAPTOP, LAPTOP_SHARE}),
        ("my-gcp-endpoints", {LAPTOP, LAPTOP_SHARE}),
        ("shared-by-me", {SHARED, LAPTOP_SHARE}),
        ("shared-with-me", {REFERENCE}),
        ("recently-used", set()),
    ],
)
def test_search_knows_scopes_that_need_no_words(scope: str, found: set[object]) -> None:
    with sandbox() as globus:
        answer = _client(globus).endpoint_search(filter_scope=scope)
    assert {one["id"] for one in answer} == {one.id for one in COLLECTIONS if one in found}


def test_search_comes_in_pages_and_by_type_and_owner() -> None:
    with sandbox() as globus:
        client = _client(globus)
        pages = [
            [one["id"] for one in page]
            for page in client.paginated.endpoint_search("grace", query_params={"limit": 3})
        ]
        guests = client.endpoint_search("grace", filter_entity_type="GCSv5_guest_collection")
        of_grace = client.endpoint_search(filter_scope="shared-with-me", filter_owner_id=GRACE.id)
    assert [len(one) for one in pages] == [3, 3, 1]
    assert len({one for page in pages for one in page}) == 7
    assert [one["id"] for one in guests] == [one["id"] for one in of_grace] == [REFERENCE.id]


@pytest.mark.parametrize(
    "query", [{}, {"filter_scope": "everything"}, {"filter_fulltext": "a", "limit": "many"}]
)
def test_search_refuses_what_it_cannot_do(query: Json) -> None:
    with sandbox() as globus:
        refused = refusal_of(lambda: _client(globus).endpoint_search(query_params=query))
    assert (refused.http_status, refused.code) == (400, "BadRequest")


def test_there_are_bookmarks() -> None:
    with sandbox() as globus:
        found = list(_client(globus).bookmark_list())
    assert [(one["endpoint_id"], one["path"]) for one in found] == [(BEAMLINE.id, "/data/")]


def test_a_mapped_collection_lists_its_files_only_with_data_access() -> None:
    with sandbox() as globus:
        refused = refusal_of(lambda: _client(globus).operation_ls(BEAMLINE.id, "/data"))
        names = _names(_client(globus, BEAMLINE.id), BEAMLINE.id, "/data")
        elsewhere = refusal_of(lambda: _client(globus, BEAMLINE.id).operation_ls(CAMPUS.id, "/data"))
    assert (refused.http_status, refused.code) == (403, "ConsentRequired")
    asked = to_gare(refused)
    assert asked
    assert asked.authorization_parameters.required_scopes == [
        f"{TRANSFER_SCOPE}[*{data_access_scope(BEAMLINE.id)}]"
    ]
    assert names == RUNS
    assert elsewhere.code == "ConsentRequired"


@pytest.mark.parametrize("collection", [SHARED, REFERENCE, LAPTOP, LAPTOP_SHARE])
def test_guest_and_personal_collections_need_no_consent(collection: Any) -> None:  # noqa: ANN401 - a case of the sandbox
    with sandbox() as globus:
        assert _names(_client(globus), collection.id, "/data/") == RUNS


def test_an_endpoint_has_no_files() -> None:
    with sandbox() as globus:
        refused = refusal_of(lambda: _client(globus).operation_ls(ENDPOINT.id, "/"))
    assert (refused.http_status, refused.code) == (400, "NotSupported")


def test_a_high_assurance_collection_is_for_people() -> None:
    with sandbox() as globus:
        names = _names(_client(globus), PATIENTS.id, "/data")
        refused = refusal_of(lambda: _app_client(globus).operation_ls(PATIENTS.id, "/data"))
    assert names == RUNS
    assert (refused.http_status, refused.code) == (403, "EndpointPermissionDenied")


def test_a_high_assurance_collection_asks_for_the_right_domain() -> None:
    elsewhere = replace(PATIENTS, domain="hospital.example")
    with pytest.raises(Refused) as caught:
        _require_session(Sessions(lambda: 0.0), Actor(ADA.id, CONFIDENTIAL_CLIENT.client_id), elsewhere)
    asked = to_gare(caught.value.body)
    assert asked
    assert asked.authorization_parameters.session_required_single_domain == ["hospital.example"]
    assert caught.value.status == 403


@pytest.mark.parametrize("path", ["~", "/~/", "/~", "~/results/..", "/home", "/data/../home/", "."])
def test_there_are_many_ways_home(path: str) -> None:
    with sandbox() as globus:
        answer = _client(globus).operation_ls(LAPTOP.id, path)
    assert answer["absolute_path"] == "/home/"
    assert [one["name"] for one in answer] == [".profile", "notes.txt", "results"]


def test_without_a_path_the_default_folder_is_listed() -> None:
    with sandbox() as globus:
        client = _client(globus)
        mapped, guest = client.operation_ls(LAPTOP.id), client.operation_ls(SHARED.id)
        default = client.get_endpoint(LAPTOP.id)["default_directory"]
    assert (mapped["path"], guest["path"]) == (default, "/") == ("/~/", "/")


def test_a_listing_is_filtered_ordered_and_paged() -> None:
    with sandbox() as globus:
        client = _client(globus)
        run = "/data/run-001/"
        visible = _names(client, LAPTOP.id, "/home", show_hidden=False)
        by_type = _names(client, LAPTOP.id, run, orderby=["type", "name DESC"])
        by_name = _names(client, LAPTOP.id, run, filter={"name": "~*.log"})
        either = _names(client, LAPTOP.id, run, filter=["name:run.log", "type:dir"])
        files = _names(client, LAPTOP.id, run, filter={"type": "file"})
        old = _names(client, LAPTOP.id, run, filter={"last_modified": ["", "2026-01-06"]})
        new = _names(client, LAPTOP.id, run, filter={"last_modified": ["2026-01-06", ""]})
        page = client.operation_ls(LAPTOP.id, run, limit=1, offset=1)
    assert visible == ["notes.txt", "results"]
    assert by_type == ["frames", "scratch.tmp", "run.log"]
    assert by_name == ["run.log"]
    assert either == ["frames", "run.log"]
    assert files == ["run.log", "scratch.tmp"]
    assert (old, new) == (["frames", "run.log", "scratch.tmp"], [])
    assert ([one["name"] for one in page], page["total"], page["length"]) == (["run.log"], 3, 1)


@pytest.mark.parametrize(
    "query",
    [{"orderby": "beauty"}, {"filter": "beauty:great"}, {"filter": "last_modified:soon"}, {"limit": "0"}],
)
def test_a_listing_refuses_what_it_cannot_do(query: Json) -> None:
    with sandbox() as globus:
        refused = refusal_of(
            lambda: _client(globus).operation_ls(LAPTOP.id, "/data/run-001", query_params=query)
        )
    assert (refused.http_status, refused.code) == (400, "BadRequest")


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/nowhere", 404, "ClientError.NotFound"),
        ("/home/notes.txt/below", 404, "ClientError.NotFound"),
        ("/nul\0", 404, "ClientError.NotFound"),
        ("/../../../../etc", 404, "ClientError.NotFound"),
        ("/home/notes.txt", 502, "ExternalError.DirListingFailed.NotDirectory"),
        ("/escape", 403, "EndpointPermissionDenied"),
        ("/escape/below", 403, "EndpointPermissionDenied"),
        ("/loop", 404, "ClientError.NotFound"),
    ],
)
def test_no_path_leads_out_of_a_collection(path: str, status: int, code: str) -> None:
    with sandbox() as globus:
        (on_disk(globus, LAPTOP) / "escape").symlink_to("/etc")
        (on_disk(globus, LAPTOP) / "loop").symlink_to("loop")
        refused = refusal_of(lambda: _client(globus).operation_ls(LAPTOP.id, path))
    assert (refused.http_status, refused.code) == (status, code)


def test_links_are_described_with_what_they_lead_to() -> None:
    with sandbox() as globus:
        (on_disk(globus, LAPTOP) / "escape").symlink_to("/etc/passwd")
        (on_disk(globus, LAPTOP) / "broken").symlink_to("nowhere")
        client = _client(globus)
        root = {one["name"]: one for one in client.operation_ls(LAPTOP.id, "/")}
        latest = client.operation_stat(LAPTOP.id, "/data/latest")
    assert (root["escape"]["type"], root["broken"]["type"]) == ("invalid_symlink", "invalid_symlink")
    assert (latest["type"], latest["link_target"]) == ("dir", "run-003")


def test_stat_tells_of_one_file() -> None:
    with sandbox() as globus:
        client = _client(globus)
        frame = client.operation_stat(LAPTOP.id, "/data/run-002/frames/frame-0001.dat")
        missing = refusal_of(lambda: client.operation_stat(LAPTOP.id, "/data/run-999"))
        nothing = refusal_of(lambda: client.operation_stat(LAPTOP.id, ""))
    assert (frame["name"], frame["type"], frame["size"]) == ("frame-0001.dat", "file", 3 * 1024)
    assert frame["last_modified"] == "2026-01-06 08:00:00+00:00"
    assert (missing.http_status, nothing.http_status) == (404, 400)


def test_a_folder_is_made_once_and_only_where_one_may_write() -> None:
    with sandbox() as globus:
        client = _client(globus)
        made = client.operation_mkdir(LAPTOP.id, "/archive/2026/november")
        again = refusal_of(lambda: client.operation_mkdir(LAPTOP.id, "/archive/2026"))
        below_file = refusal_of(lambda: client.operation_mkdir(LAPTOP.id, "/home/notes.txt/folder"))
        read_only = refusal_of(lambda: client.operation_mkdir(REFERENCE.id, "/archive/2026"))
        nameless = refusal_of(lambda: client.operation_mkdir(LAPTOP.id, ""))
        nothing = refusal_of(lambda: client.post(f"/v0.10/operation/endpoint/{LAPTOP.id}/mkdir", data="[]"))
        names = _names(client, LAPTOP.id, "/archive/2026")
    assert made["code"] == "DirectoryCreated"
    assert again.code == below_file.code == "ExternalError.MkdirFailed.Exists"
    assert read_only.code == "EndpointPermissionDenied"
    assert (nameless.http_status, nothing.http_status) == (400, 400)
    assert names == ["november"]


def test_files_can_be_planted_and_looked_at_from_outside() -> None:
    with sandbox() as globus:
        globus.do("write_file", collection_id=REFERENCE.id, path="/data/new/hello.txt", text="hello")
        seen = globus.see("files", collection_id=REFERENCE.id, path="/data/new")["files"]
        globus.refused("write_file", collection_id=REFERENCE.id, path="/data/new", text="a folder")
        globus.refused("write_file", collection_id=ENDPOINT.id, path="/a", text="no files here")
    assert [(one["name"], one["size"]) for one in seen] == [("hello.txt", 5)]
