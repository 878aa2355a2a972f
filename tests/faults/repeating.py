"""One form comes again and again: all at once, as Slack's retries, and in new envelopes later."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

import pytest
import requests

from bot.sandbox.globus.collections import SHARED
from bot.sandbox.person import NotDone
from bot.storing import now
from tests.faults import signed
from tests.faults.killing import announced_by_name, leave, timers_by_name, until_it_rests
from tests.faults.table import Place, Row
from tests.stories.stage import Json, Stage, staged

AT_ONCE: Final = 20
"""How many copies of a form arrive side by side."""

LATER: Final = 3
"""How many more come after the announcement."""


def over_sockets(place: Place) -> Row:
    """Let forms come in many envelopes."""
    forms = place.times(3, 50)
    with staged(place.folder) as stage:
        stage.start_bot()
        stage.link_account()
        return _row(
            stage,
            "the same form in 20 envelopes at once, and again after its announcement (Socket Mode)",
            [_sent_over_sockets(stage, f"form {number}") for number in range(forms)],
        )


def over_http(place: Place) -> Row:
    """Let forms come by many signed requests, as Slack's retries do."""
    forms = place.times(3, 50)
    with staged(place.folder) as stage:
        url = signed.over_http(stage)
        stage.link_account()
        return _row(
            stage,
            "the same form in 20 requests at once, as Slack's retries and as replays (HTTP)",
            [_sent_over_http(stage, url, f"form {number}") for number in range(forms)],
        )


def _row(stage: Stage, what: str, answers: list[int]) -> Row:
    until_it_rests(stage)
    names = [f"form {number}" for number in range(len(answers))]
    made, announced = timers_by_name(stage), announced_by_name(stage)
    return Row(
        what,
        f"{len(names)} forms, {AT_ONCE} + {LATER} times each",
        {"acknowledgements": sum(answers), "timers": made.total(), "announcements": announced.total()},
        {
            "forms without exactly one timer": [name for name in names if made[name] != 1],
            "forms without exactly one announcement": [name for name in names if announced[name] != 1],
        },
        is_ok=made.total() == len(names) and set(answers) == {AT_ONCE + LATER},
    )


def _sent_over_sockets(stage: Stage, name: str) -> int:
    form = _unsent(stage, name)
    again = partial(_again_in_envelope, stage, form["number"])
    acknowledged = _all_at_once([again] * AT_ONCE)
    _until_announced(stage, name)
    return acknowledged + _all_at_once([again] * LATER)


def _sent_over_http(stage: Stage, url: str, name: str) -> int:
    form = _unsent(stage, name)
    body = signed.written(form["payload"])
    signed_at = int(now().timestamp())
    # Slack signs what it sends again anew; the very same signature is a replay, and refused.
    copies = [
        partial(_taken, url, body, signed.signed(body, signed_at - number)) for number in range(AT_ONCE)
    ]
    acknowledged = _all_at_once(copies)
    _until_announced(stage, name)
    later = [
        partial(_taken, url, body, signed.signed(body, signed_at - AT_ONCE - one)) for one in range(LATER)
    ]
    replayed = _all_at_once(copies)
    return acknowledged + _all_at_once(later) - replayed


def _unsent(stage: Stage, name: str) -> Json:
    """Fill in a form and send it while the bot is dead; gives the delivery that never arrived."""
    leave(stage.ada)
    stage.open_form()
    stage.fill_in(SHARED, SHARED, name=name, repeat="once", destination_path=f"/data/{name}/")
    stage.kill_bot()
    with pytest.raises(NotDone):
        stage.ada.submit()
    stage.start_bot()
    return signed.last_delivery(stage)


def _again_in_envelope(stage: Stage, number: int) -> bool:
    """Let Slack deliver a form in a new envelope; gives whether it was acknowledged."""
    return requests.post(f"{stage.slack_url}/sandbox/redeliver", json={"number": number}, timeout=30).ok


def _taken(url: str, body: bytes, headers: dict[str, str]) -> bool:
    return requests.post(url, data=body, headers=headers, timeout=30).ok


def _all_at_once(calls: Sequence[Callable[[], bool]]) -> int:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return sum(done.result() for done in [pool.submit(call) for call in calls])


def _until_announced(stage: Stage, name: str) -> None:
    stage.wait(lambda: announced_by_name(stage)[name], f"the announcement of {name}")
