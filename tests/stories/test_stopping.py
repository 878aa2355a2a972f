"""A bot that is told to stop: work in hand ends or is handed back, and goes on after the next start."""

import signal
import sqlite3
from contextlib import closing

import pytest

from bot.sandbox.globus.collections import LAPTOP, SHARED
from bot.sandbox.globus.identities import ADA as ADA_AT_GLOBUS
from tests.stories.forking import FORKS
from tests.stories.stage import Stage, _environment, has, words
from tests.stories.test_delivery import start_over_http

GRACE = 10
"""Docker kills after so many seconds."""


def stop(stage: Stage, number: int = signal.SIGTERM) -> int:
    """Tell the bot to stop; it must do so within the grace."""
    bot = stage._bot
    assert bot
    bot.send_signal(number)
    try:
        return bot.wait(GRACE)
    finally:
        bot.kill()
        bot.wait()
        stage._bot = None


def held(stage: Stage) -> list[str]:
    """Give the queues that still hold something for a process."""
    with closing(sqlite3.connect(stage.folder / "transferbot.db")) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        columns = {
            table: [row[1] for row in database.execute(f"PRAGMA table_info({table})")] for table in tables
        }
        return [
            table
            for table in tables
            if "lease_owner" in columns[table]
            and database.execute(f"SELECT 1 FROM {table} WHERE lease_owner IS NOT NULL").fetchone()  # noqa: S608 - our own names
        ]


def hang(stage: Stage, method: str) -> None:
    """Let Globus hang in a call, and wait until the bot is in it."""
    stage.start_bot(GLOBUS_SDK_HTTP_TIMEOUT="60")
    stage.link_account()
    stage.globus_fault("hang", method=method, seconds=60)
    stage.schedule(SHARED, LAPTOP)
    stage.wait(lambda: held(stage) == ["requests"], "the request to be worked on")


@pytest.mark.parametrize("over_http", [False, True], ids=["socket", "http"])
def test_a_bot_at_rest_stops_with_nothing_left_to_do(empty_stage: Stage, *, over_http: bool) -> None:
    if over_http:
        start_over_http(empty_stage)
    else:
        empty_stage.start_bot()

    assert stop(empty_stage) == 0
    assert "all_done=True" in empty_stage.output
    assert "Traceback" not in empty_stage.output


def test_ctrl_c_stops_it_too(stage: Stage) -> None:
    assert stop(stage, signal.SIGINT) == 0
    assert "Traceback" not in stage.output


@pytest.mark.parametrize("method", ["POST /v2/timer", "GET /v0.10/operation/endpoint/{id}/ls"])
def test_work_that_hangs_at_globus_is_handed_back_and_goes_on_after_the_next_start(
    empty_stage: Stage, method: str
) -> None:
    hang(empty_stage, method)

    assert stop(empty_stage) == 0
    assert held(empty_stage) == []
    assert "handed back" in empty_stage.output

    empty_stage.clear_globus_faults()
    empty_stage.start_bot(GLOBUS_SDK_HTTP_TIMEOUT="2")
    [message] = empty_stage.announced()
    [timer] = empty_stage.timers()
    assert timer["job_id"] in words(message)


def test_a_second_signal_stops_it_at_once(empty_stage: Stage) -> None:
    hang(empty_stage, "POST /v2/timer")
    bot = empty_stage._bot
    assert bot
    bot.terminate()
    empty_stage.wait(lambda: "stopping" in empty_stage.output, "the first signal to be heard")
    bot.terminate()

    assert bot.wait(GRACE) == -signal.SIGTERM
    assert "stopped" not in empty_stage.output
    empty_stage._bot = None


def test_a_bot_that_cannot_connect_yet_can_be_stopped(empty_stage: Stage) -> None:
    empty_stage.slack_fault("status", method="apps.connections.open", status=503, times=1000)
    empty_stage._bot = FORKS.start(
        "run",
        folder=empty_stage.folder,
        environment=_environment() | empty_stage.settings,
        output=empty_stage.folder / "bot.log",
    )
    empty_stage.wait(lambda: "Retrying" in empty_stage.output, "the bot to try")

    assert stop(empty_stage) == 0


def test_a_kill_right_after_the_link_keeps_nobody_from_hearing_of_it(stage: Stage) -> None:
    stage.ada.open_home()
    stage.wait(lambda: has(stage.ada.home(), "home_connect"), "the Home tab")
    stage.ada.press_at_home("home_connect")
    code = stage.browser.allow(stage.sign_in_page(), identity=ADA_AT_GLOBUS.username)
    stage.slack_fault("hang", method="views.update", seconds=60)
    stage.paste(code)
    stage.wait(lambda: stage.ask("SELECT 1 FROM sign_ins WHERE state = 'done'"), "the account to be linked")
    stage.kill_bot()
    stage.clear_slack_faults()
    stage.start_bot()

    stage.told("Linked as")
    stage.shown("Linked as")
    stage.wait(lambda: held(stage) == [], "the end of the work")
    assert stage.ask("SELECT 1 FROM sign_ins WHERE due IS NOT NULL") == []
