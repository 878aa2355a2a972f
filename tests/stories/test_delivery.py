"""The same job over signed HTTP; what leaves no trace; and a bot that stops when it is asked."""

from urllib.parse import parse_qs, urlsplit

import requests

from bot.sandbox.globus.collections import BEAMLINE, CAMPUS
from bot.sandbox.slack.workspace import Credentials
from tests.stories.stage import Stage, free_port, words


def start_over_http(stage: Stage) -> str:
    port = free_port()
    url = f"http://127.0.0.1:{port}/slack/events"
    requests.post(f"{stage.slack_url}/sandbox/delivery", json={"url": url}, timeout=10)
    stage.start_bot(SLACK_APP_TOKEN="", PORT=port)
    return f"http://127.0.0.1:{port}"


def test_the_whole_job_over_signed_http(empty_stage: Stage) -> None:
    start_over_http(empty_stage)
    empty_stage.schedule(BEAMLINE, CAMPUS)
    empty_stage.sign_in()

    [message] = empty_stage.announced()
    [timer] = empty_stage.timers()
    assert timer["job_id"] in words(message)


def test_a_bot_over_http_says_how_it_is(empty_stage: Stage) -> None:
    base = start_over_http(empty_stage)

    assert requests.get(f"{base}/healthz", timeout=5).json() == {"alive": True}
    ready = requests.get(f"{base}/readyz", timeout=5).json()
    assert {name: holds for name, holds in ready.items() if name != "details"} == {
        "database": True,
        "workers": True,
        "slack": True,
    }
    assert requests.post(f"{base}/slack/events", data="payload=5", timeout=5).status_code == 401


def test_a_monitor_reads_counts_and_ages_and_no_names(empty_stage: Stage) -> None:
    base = start_over_http(empty_stage)
    empty_stage.schedule(BEAMLINE, CAMPUS)
    empty_stage.sign_in()
    empty_stage.announced()

    # Slack has the message a moment before the bot has noted it.
    announced = 'transferbot_requests{state="announced"} 1.0'
    empty_stage.wait(lambda: announced in requests.get(f"{base}/metrics", timeout=5).text, "the count")
    said = requests.get(f"{base}/metrics", timeout=5)

    assert said.headers["Content-Type"].startswith("text/plain")
    assert "transferbot_linked_accounts 1.0" in said.text
    assert "transferbot_oldest_unclear_age_seconds 0.0" in said.text
    assert not any(name in said.text for name in ("U0ADA00001", "ada@", "C0LABDATA1"))


def test_no_secret_reaches_the_log_at_debug(empty_stage: Stage) -> None:
    stage = empty_stage
    stage.start_bot(LOG_LEVEL="DEBUG", LOG_FORMAT="json")
    stage.schedule(BEAMLINE, CAMPUS)
    address = stage.sign_in_address()
    stage.paste("a-wrong-code-that-nobody-should-read")
    stage.shown("Copy it again")
    page = stage.browser.open(stage.ada.press("sign_in")["url"])
    code = stage.browser.allow(page, identity="ada@sandbox-lab.example")
    stage.globus_fault("drop_after")
    stage.ada.fill("code", code)
    stage.ada.submit()
    stage.announced()
    stage.slack_fault("status", method="*", status=500)
    stage.ada.command("connect", channel_id="C0LABDATA1")
    stage.stop_bot()

    issued = requests.get(f"{stage.globus_url}/sandbox/secrets", timeout=10).json()["secrets"]
    credentials = Credentials()
    planted = {
        credentials.bot_token,
        credentials.app_token,
        credentials.signing_secret,
        stage.settings["GLOBUS_CLIENT_SECRET"],
        code,
        "a-wrong-code-that-nobody-should-read",
        (stage.folder / "transferbot.db.key").read_text().strip(),
        *issued,
        *stage.trigger_ids_and_response_urls(),
    }
    assert len(issued) >= 6
    [state] = parse_qs(urlsplit(address).query)["state"]
    assert [secret for secret in {*planted, state} if secret in stage.output] == []
    files = [file for file in stage.folder.glob("transferbot.db*") if file.suffix != ".key"]
    stored = b"".join(file.read_bytes() for file in files)
    assert [secret for secret in planted if secret.encode() in stored] == []


def test_a_bot_that_is_asked_to_stop_stops_cleanly(stage: Stage) -> None:
    assert stage.stop_bot() == 0
    assert "Traceback" not in stage.output


def test_two_bots_do_not_share_a_database(stage: Stage) -> None:
    other = stage.command("run")

    assert other.returncode == 1
    assert "Another transferbot is using the database" in other.stdout
