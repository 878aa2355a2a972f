"""The sandbox's Transfer beside the answers that the SDK publishes: the same status, keys and JSON types."""

import pkgutil
from collections.abc import Callable

import pytest
from globus_sdk import GlobusHTTPResponse, TransferClient, TransferData
from globus_sdk.testing import RegisteredResponse, get_response_set
from globus_sdk.testing.data import transfer as published

from bot.sandbox.globus.collections import LAPTOP, SHARED
from bot.sandbox.globus.endpoint_documents import described
from tests.sandbox.globus.on_disk import on_disk
from tests.sandbox.globus.pretend_globus import Sandbox, everything
from tests.sandbox.globus.published import Call, Case, found_differences

COLLECTION = (
    "the published one is an old host; collections have this, by https://docs.globus.org/api/transfer/"
)


def _call(act: Callable[[TransferClient], GlobusHTTPResponse]) -> Call:
    return lambda globus: act(globus.transfer(globus.sign_in(everything())))


def _data(*items: tuple[str, str]) -> TransferData:
    data = TransferData(LAPTOP.id, SHARED.id)
    for source, destination in items:
        data.add_item(source, destination)
    return data


def _submit(client: TransferClient) -> GlobusHTTPResponse:
    return client.submit_transfer(_data(("/home/notes.txt", "/archive/notes.txt")))


def _canceled(globus: Sandbox) -> GlobusHTTPResponse:
    client = globus.transfer(globus.sign_in(everything()))
    globus.do("hold")
    return client.cancel_task(_submit(client)["task_id"])


def _after_task(act: Callable[[TransferClient, str], GlobusHTTPResponse]) -> Call:
    def call(globus: Sandbox) -> GlobusHTTPResponse:
        client = globus.transfer(globus.sign_in(everything()))
        task_id = _submit(client)["task_id"]
        globus.do("advance", seconds=1)
        return act(client, task_id)

    return call


def _escaping(globus: Sandbox) -> GlobusHTTPResponse:
    (on_disk(globus, LAPTOP) / "foo").symlink_to("/etc")
    return globus.transfer(globus.sign_in(everything())).operation_stat(LAPTOP.id, "/foo")


def _extra_in_collections() -> dict[str, str]:
    registered = get_response_set("transfer.get_endpoint").lookup("default")
    assert isinstance(registered, RegisteredResponse)
    old = registered.json
    assert isinstance(old, dict)
    return {f"{name} is extra": COLLECTION for name in described(SHARED, "").keys() - old.keys()}


CASES = (
    Case(
        "get_endpoint",
        _call(lambda client: client.get_endpoint(SHARED.id)),
        {
            **_extra_in_collections(),
            "DATA[] is empty": "collections have no servers of the old kind",
            "expire_time is null, not string": "nothing has to be activated any more",
        },
    ),
    Case("get_submission_id", _call(lambda client: client.get_submission_id())),
    Case(
        "operation_mkdir",
        _call(lambda client: client.operation_mkdir(LAPTOP.id, "/archive/new")),
        {"status is 202, not 200": "the published answers leave the status out; the service says 202"},
    ),
    Case("operation_stat", _call(lambda client: client.operation_stat(LAPTOP.id, "/home/notes.txt"))),
    Case("operation_stat", _call(lambda client: client.operation_stat(LAPTOP.id, "/foo")), {}, "not_found"),
    Case("operation_stat", _escaping, {}, "permission_denied"),
    Case(
        "submit_transfer",
        _call(_submit),
        {"status is 202, not 200": "the published answers leave the status out; the service says 202"},
    ),
    Case("submit_transfer", _call(lambda client: client.submit_transfer(_data())), {}, "failure"),
    Case(
        "task_list",
        _after_task(lambda client, _: client.task_list()),
        {"DATA[].DATA_TYPE is extra": "the published list leaves it out; a single task has it"},
    ),
    Case("cancel_task", _canceled),
    Case(
        "endpoint_manager_task_successful_transfers",
        _after_task(lambda client, task_id: client.task_successful_transfers(task_id)),
        {"next_marker is null, not number": "one file fits into the first page"},
    ),
)
STREAMING = (
    "create_tunnel",
    "delete_tunnel",
    "get_stream_access_point",
    "get_tunnel",
    "get_tunnel_events",
    "list_tunnels",
    "update_tunnel",
)
LEFT_OUT = {
    "endpoint_manager_task_list": "for those who run endpoints",
    "operation_rename": "the bot renames nothing",
    "set_subscription_admin_verified": "for those who run endpoints",
    "set_subscription_id": "for those who run endpoints",
    "submit_delete": "the bot deletes nothing",
    "update_endpoint": "for those who run endpoints",
    "v2": "bookmarks in another form; the sandbox has the one of version 0.10",
    **dict.fromkeys(STREAMING, "the bot streams nothing"),
}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_an_answer_has_the_published_shape(case: Case) -> None:
    assert found_differences("transfer", case) == sorted(case.differing)


def test_each_published_answer_is_compared_or_left_out_for_a_reason() -> None:
    names = {module.name for module in pkgutil.iter_modules(published.__path__)} - {"_common"}
    assert {str(case) for case in CASES} == {
        f"{name}-{case}"
        for name in names - LEFT_OUT.keys()
        for case in get_response_set(f"transfer.{name}").cases()
    }
