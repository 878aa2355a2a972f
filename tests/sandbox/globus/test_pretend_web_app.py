"""The pretend Globus web app: what a person sees of their timers and files, and what they do there."""

import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
import requests

from bot.sandbox.globus.collections import BEAMLINE, LAPTOP, SHARED
from bot.sandbox.globus.identities import ADA, CODE_PAGE, GRACE
from bot.sandbox.globus.scopes import data_access_scope
from tests.sandbox.globus.pretend_globus import Sandbox, everything, refusal_of, sandbox

SOURCE = "/data/run-001/"


class WebApp:
    """A browser in the web app. It stays signed in, as browsers do."""

    def __init__(self, globus: Sandbox) -> None:
        self.globus = globus
        self.session = requests.Session()

    def see(self, path: str, *, status: int = 200) -> str:
        answer = self.session.get(f"{self.globus.base}{path}", timeout=10)
        assert answer.status_code == status, answer.text
        return answer.text

    def press(self, path: str, *, status: int = 200, **form: str) -> str:
        answer = self.session.post(f"{self.globus.base}{path}", data=form, timeout=10)
        assert answer.status_code == status, answer.text
        return answer.text

    def until(self, path: str, text: str) -> str:
        until = time.monotonic() + 10
        while text not in self.see(path):
            assert time.monotonic() < until, self.see(path)
            time.sleep(0.05)
        return self.see(path)


@pytest.fixture
def globus() -> Iterator[Sandbox]:
    with sandbox() as served:
        yield served


@pytest.fixture
def app(globus: Sandbox) -> WebApp:
    return WebApp(globus)


def timer(globus: Sandbox, *, source: str = LAPTOP.id, consents: tuple[str, ...] = ()) -> str:
    """Make a timer of Ada's that is due in a minute, and hourly from then on."""
    document = {
        "timer_type": "transfer",
        "name": "Hourly <b>data</b>",
        "schedule": {
            "type": "recurring",
            "interval_seconds": 3600,
            "start": datetime.fromtimestamp(globus.clock() + 60, UTC).isoformat(),
        },
        "body": {
            "source_endpoint": source,
            "destination_endpoint": SHARED.id,
            "DATA": [{"source_path": SOURCE, "destination_path": "/archive/copy/"}],
        },
    }
    client = globus.timers(globus.sign_in(everything(*consents)))
    return str(client.create_timer(document)["timer"]["job_id"])


def test_an_owner_finds_their_timer_and_others_do_not(globus: Sandbox, app: WebApp) -> None:
    job_id = timer(globus)
    listed = app.see("/activity/timers")
    shown = app.see(f"/activity/timers/{job_id}/overview")
    app.press("/who", identity=GRACE.username, back="/activity/timers")

    assert "Hourly &lt;b&gt;data&lt;/b&gt;" in listed
    assert job_id in shown
    assert "every hour" in shown
    assert "has no timers" in app.see("/activity/timers")
    assert "somebody else" in app.see(f"/activity/timers/{job_id}/overview", status=404)
    app.press(f"/activity/timers/{job_id}", act="pause", status=400)
    assert globus.see("timers")["timers"][0]["status"] == "active"


def test_whoever_signed_in_is_who_looks(globus: Sandbox, app: WebApp) -> None:
    client = globus.confidential()
    client.oauth2_start_flow(requested_scopes="openid", redirect_uri=f"{globus.base}{CODE_PAGE}")
    asked = app.see(client.oauth2_get_authorize_url().removeprefix(globus.base))
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', asked))
    app.press("/v2/oauth2/authorize", identity=GRACE.username, decision="allow", **hidden)

    assert f'value="{GRACE.username}" selected' in app.see("/activity/timers")


def test_an_owner_runs_pauses_resumes_renames_and_deletes_a_timer(globus: Sandbox, app: WebApp) -> None:
    job_id = timer(globus)
    page = f"/activity/timers/{job_id}"
    app.press(page, act="run_now")
    ran = app.until(f"{page}/overview", "SUCCEEDED")
    app.press(page, act="pause")
    paused = app.see(f"{page}/overview")
    app.press(page, act="resume")
    app.press(page, act="rename", name="Nightly")
    renamed = app.see(f"{page}/overview")
    app.press(page, act="delete")

    task = re.search(r'href="(/activity/[0-9a-f-]{36})"', ran)
    assert task
    assert "/archive/copy/" in app.see(task.group(1))
    assert "frame-0001.dat" in app.see(task.group(1))
    assert "Its owner paused it" in paused
    assert "Run now" not in paused
    assert "<h1>Nightly</h1>" in renamed
    assert "There is no such timer" in app.see(f"{page}/overview", status=404)


def test_what_cannot_be_done_is_said(globus: Sandbox, app: WebApp) -> None:
    page = f"/activity/timers/{timer(globus)}"
    app.press(page, act="pause")

    assert "not active" in app.press(page, act="run_now", status=400)
    assert "needs a name" in app.press(page, act="rename", name="", status=400)
    assert "no such button" in app.press("/behind-the-scenes", act="explode", status=400)


@pytest.mark.parametrize("path", ["/who", "/behind-the-scenes", "/activity/timers/{job_id}"])
def test_another_sites_page_can_press_no_button(globus: Sandbox, app: WebApp, path: str) -> None:
    app.session.headers["Sec-Fetch-Site"] = "cross-site"

    refused = app.press(path.format(job_id=timer(globus)), status=400, act="delete", identity=ADA.username)

    assert "Another page asked" in refused
    assert len(globus.see("timers")["timers"]) == 1


def test_the_file_manager_shows_the_files_that_are_there(globus: Sandbox, app: WebApp) -> None:
    globus.do("write_file", collection_id=SHARED.id, path="/archive/new <1>.txt", text="hello")
    page = app.see(
        f"/file-manager?origin_id={BEAMLINE.id}&origin_path=/data/&destination_id={SHARED.id}"
        "&destination_path=/archive/"
    )

    assert "run-001/" in page
    assert "new &lt;1&gt;.txt" in page
    assert "There is no folder" in app.see(f"/file-manager?origin_id={BEAMLINE.id}&origin_path=/nowhere/")
    assert "There is no folder" in app.see(f"/file-manager?origin_id={BEAMLINE.id}&origin_path=/../../etc/")


def test_the_web_app_stays_up_while_globus_is_down(globus: Sandbox, app: WebApp) -> None:
    tokens = globus.sign_in(everything())
    app.press("/behind-the-scenes", act="down")
    down = app.see("/behind-the-scenes")
    refusal = refusal_of(lambda: globus.timers(tokens).list_jobs())
    app.press("/behind-the-scenes", act="recover")

    assert "It is down" in down
    assert refusal.http_status == 503
    assert globus.timers(tokens).list_jobs()["jobs"] == []
    assert "Globus is well." in app.see("/behind-the-scenes")


def test_it_is_slow_until_it_recovers(app: WebApp) -> None:
    app.press("/behind-the-scenes", act="slow")
    slow = app.see("/behind-the-scenes")
    app.press("/behind-the-scenes", act="recover")

    assert "It is slow" in slow
    assert "Globus is well." in app.see("/behind-the-scenes")


def test_an_hour_passes_at_once(globus: Sandbox, app: WebApp) -> None:
    job_id, before = timer(globus), globus.clock()
    app.press("/behind-the-scenes", act="hour")

    assert globus.clock() >= before + 3600
    assert "1 file" not in app.see(f"/activity/timers/{job_id}/overview")
    assert globus.see("timers")["timers"][0]["n_runs"] == 1


def test_a_revoked_consent_stops_the_timer_at_its_next_run(globus: Sandbox, app: WebApp) -> None:
    job_id = timer(globus, source=BEAMLINE.id, consents=(BEAMLINE.id,))
    consents = app.see("/behind-the-scenes")
    app.press("/behind-the-scenes", act="revoke", scope=data_access_scope(BEAMLINE.id))
    app.press("/behind-the-scenes", act="hour")

    assert "Access data on Beamline 7 Data" in consents
    stopped = app.see(f"/activity/timers/{job_id}/overview")
    assert "It stopped" in stopped
    assert "access to Beamline 7 Data" in stopped


PAGES: list[Callable[[str, str], str]] = [
    lambda _job, _task: "/",
    lambda _job, _task: "/sandbox/",
    lambda _job, _task: "/activity",
    lambda _job, _task: "/activity/timers",
    lambda job, _task: f"/activity/timers/{job}/overview",
    lambda _job, task: f"/activity/{task}",
    lambda _job, _task: f"/file-manager?origin_id={SHARED.id}",
    lambda _job, _task: "/behind-the-scenes",
    lambda _job, _task: f"{CODE_PAGE}?code=abc",
]


def test_every_page_is_small_and_lets_nothing_in_from_elsewhere(globus: Sandbox, app: WebApp) -> None:
    job_id = timer(globus)
    app.press(f"/activity/timers/{job_id}", act="run_now")
    task_id = globus.see("tasks")["tasks"][0]["task_id"]

    for page in PAGES:
        answer = app.session.get(f"{globus.base}{page(job_id, task_id)}", timeout=10)
        policy = answer.headers["Content-Security-Policy"]
        assert answer.ok
        assert len(answer.content) < 50_000
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "unsafe" not in policy
        assert " style=" not in answer.text
        assert not re.search(r'(?:src|href)="https?://(?!127\.0\.0\.1)', answer.text)
