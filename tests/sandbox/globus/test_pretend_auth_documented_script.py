"""The vendor's documented way to schedule a transfer, as a script of its own that asks for codes."""

import os
import subprocess
import sys
from pathlib import Path

from bot.sandbox.globus.collections import BEAMLINE, SHARED
from bot.sandbox.globus.identities import ADA, NATIVE_CLIENT
from bot.sandbox.person import Browser
from tests.sandbox.globus.pretend_globus import Sandbox, sandbox

SCRIPT = """
import sys
import globus_sdk
from globus_sdk import RecurringTimerSchedule, TransferData, TransferTimer, UserApp

CLIENT_ID, SOURCE, DESTINATION = sys.argv[1:]


def uses_data_access(client: globus_sdk.TransferClient, collection_id: str) -> bool:
    doc = client.get_endpoint(collection_id)
    return doc["entity_type"] == "GCSv5_mapped_collection" and not doc["high_assurance"]


with UserApp("manage-timers-example", client_id=CLIENT_ID) as app:
    transfer_client = globus_sdk.TransferClient(app=app)
    timers_client = globus_sdk.TimersClient(app=app)
    timers_client.add_app_transfer_data_access_scope(
        [one for one in (SOURCE, DESTINATION) if uses_data_access(transfer_client, one)]
    )
    body = TransferData(SOURCE, DESTINATION)
    body.add_item("/data/", "/copied/", recursive=True)
    timer = TransferTimer(
        name="nightly",
        schedule=RecurringTimerSchedule(86400, end={"condition": "iterations", "count": 3}),
        body=body,
    )
    print("JOB", timers_client.create_timer(timer)["timer"]["job_id"])
    transfer_client.close()
    timers_client.close()
"""


def _run(globus: Sandbox, folder: Path) -> list[str]:
    """Run the script, and bring it the code for each link that it prints; gives what it printed."""
    said: list[str] = []
    environ = dict(os.environ) | globus.environ | {"HOME": str(folder), "NO_PROXY": "127.0.0.1"}  # noqa: TID251 - handed on, not read
    with subprocess.Popen(
        [sys.executable, "-u", "-c", SCRIPT, NATIVE_CLIENT.client_id, BEAMLINE.id, SHARED.id],
        env=environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as script:
        assert script.stdin
        assert script.stdout
        for line in script.stdout:
            said.append(line.strip())
            if line.startswith(globus.base):
                browser = Browser()
                page = browser.open(line.strip())
                script.stdin.write(browser.allow(page, identity=ADA.username) + "\n")
                script.stdin.flush()
    assert script.returncode == 0, said
    return said


def test_the_documented_script_runs_unchanged_and_remembers_its_sign_ins(tmp_path: Path) -> None:
    with sandbox() as globus:
        first, second = _run(globus, tmp_path), _run(globus, tmp_path)
        timers = globus.see("timers")["timers"]
    links = [sum(line.startswith(globus.base) for line in said) for said in (first, second)]
    assert links == [2, 0]
    job_ids = [said[-1].rpartition("JOB ")[2] for said in (first, second)]
    assert {timer["job_id"] for timer in timers} == set(job_ids)
