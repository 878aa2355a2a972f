"""Outages at their full length, with a clock that does not wait."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

import pytest

from bot.sandbox.globus.collections import LAPTOP, SHARED
from tests.stories.hours import Hours, hours
from tests.stories.stage import Stage, words
from tests.stories.test_watching import SOURCE, announcement, direct, thread

SAYING: Final = ("chat.postMessage", "chat.update", "conversations.open")
LOOKS: Final = ("GET /jobs/", "GET /v0.10/task_list")


@contextmanager
def after_a_run(stage: Stage, patched: pytest.MonkeyPatch, **fields: str) -> Iterator[Hours]:
    """Take over from a bot that has scheduled a timer, once its first run is over."""
    stage.start_bot()
    stage.schedule(SHARED, LAPTOP, None, name="Nightly", **fields)
    stage.sign_in()
    stage.announced()
    with hours(stage, patched) as own:
        own.until(lambda: "Last run" in words(announcement(stage)), "a run")
        yield own


def test_globus_down_for_an_hour_is_one_quiet_note_and_few_calls(
    empty_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked() -> int:
        return sum(empty_stage.globus_calls(method) for method in LOOKS)

    with after_a_run(empty_stage, monkeypatch, repeat="hourly") as own:
        own.pass_by(timedelta(minutes=50))
        for method in LOOKS:
            empty_stage.globus_fault("status", method=method, status=503, times=100_000)
        before = asked()
        own.pass_by(timedelta(hours=1))
        during = asked() - before
        empty_stage.clear_globus_faults()
        # The next look may be ten minutes away by then, and the third run come before it.
        own.until(lambda: bool(re.search(r"[23] runs", words(announcement(empty_stage)))), "the second run")

    [note] = direct(empty_stage, "Globus has not answered since")
    assert "Nightly" in words(note)
    assert len(empty_stage.announcements()) == 1
    assert thread(empty_stage) == []
    # A retry of the client's doubles each look; the looks themselves grow apart to ten minutes.
    assert 6 <= during <= 30


def test_slack_down_for_ten_minutes_gets_the_news_afterwards_once_and_in_order(
    empty_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    with after_a_run(empty_stage, monkeypatch, repeat="custom", interval="2m") as own:
        for method in SAYING:
            empty_stage.slack_fault("status", method=method, status=500, times=100_000)
        empty_stage.at_globus("remove_file", collection_id=SHARED.id, path=SOURCE)
        own.pass_by(timedelta(minutes=5))
        empty_stage.write_file(SHARED, SOURCE + "again.dat")
        own.pass_by(timedelta(minutes=5))
        unheard = thread(empty_stage)
        empty_stage.clear_slack_faults()
        own.pass_by(timedelta(minutes=5))

    assert unheard == []
    heard = " ".join(thread(empty_stage))
    assert heard.count("A run failed") == heard.count("It works again") == 1
    assert heard.index("A run failed") < heard.index("It works again")
    assert len(direct(empty_stage, "A run failed")) == 1
