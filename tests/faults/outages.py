"""Slack is hard to reach: connections are cut or go silent, and everything is answered with 500."""

import random
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from bot.sandbox.globus.collections import SHARED
from bot.sandbox.globus.identities import GRACE as GRACE_AT_GLOBUS
from tests.faults.killing import Load, announced_by_name, counted, leave, timers_by_name
from tests.faults.table import Place, Row
from tests.faults.wire import Wire, wired
from tests.stories.stage import Stage, staged

PATIENCE: Final = 60.0
"""Seconds in which a bot has to notice that nobody speaks to it any more."""

EVERYTHING: Final = 1_000_000


def cuts(place: Place) -> Row:
    """Reset every connection to Slack again and again under load."""
    times = place.times(3, 40)
    chance = random.Random(place.seed)  # noqa: S311 - moments that repeat, no secrets
    return _broken(
        place,
        times,
        lambda wire: wire.cut(),
        pause=lambda: chance.uniform(0.5, 3),
        what="all connections to Slack are reset under load (Socket Mode)",
    )


def silence(place: Place) -> Row:
    """Let the connections to Slack die without a word."""
    return _broken(
        place,
        place.times(1, 5),
        lambda wire: wire.silence(),
        pause=lambda: 2,
        what="the connection to Slack goes silent: nothing comes, nothing is answered, nobody says so",
    )


def _broken(
    place: Place, times: int, harm: Callable[[Wire], object], *, pause: Callable[[], float], what: str
) -> Row:
    with staged(place.folder) as stage, wired(stage.settings["SLACK_API_URL"]) as (wire, url):
        load = _under_load(stage, url)
        waits = []
        try:
            for _ in range(times):
                time.sleep(pause())
                harm(wire)
                waits.append(_until_it_works_again(load))
        finally:
            load.stop()
        row = counted(stage, load.acknowledged, what=what, often=f"{times} time{'s' if times > 1 else ''}")
    worst = max((wait for wait in waits if wait is not None), default=0)
    figures = {**row.figures, "back": f"at work again within {worst:.0f} s at worst"}
    bad = {**row.bad, "times without coming back": [wait for wait in waits if wait is None]}
    return replace(row, figures=figures, bad=bad)


def refusals(place: Place) -> Row:
    """Let Slack answer everything with 500 for a while, with requests on their way."""
    times, seconds = place.times(2, 10), place.times(3, 10)
    names = [f"form {number}" for number in range(times)]
    with staged(place.folder) as stage:
        stage.start_bot()
        stage.link_account()
        for name in names:
            leave(stage.ada)
            stage.open_form()
            stage.fill_in(SHARED, SHARED, name=name, repeat="once", destination_path=f"/data/{name}/")
            stage.slack_fault("status", method="*", status=500, times=EVERYTHING)
            stage.ada.submit()
            _until(stage, name)
            time.sleep(seconds)
            stage.clear_slack_faults()
        return counted(
            stage,
            names,
            what="Slack answers every call with 500 for a while, and requests go on meanwhile",
            often=f"{times} times, {seconds} s each",
        )


def _under_load(stage: Stage, slack_url: str) -> Load:
    stage.start_bot(SLACK_API_URL=slack_url)
    stage.link_account()
    stage.link_account(stage.grace, identity=GRACE_AT_GLOBUS.username)
    load = Load(stage)
    load.start()
    return load


def _until(stage: Stage, name: str) -> None:
    stage.wait(lambda: timers_by_name(stage)[name], f"the timer of {name} to be made all the same")
    assert not announced_by_name(stage)[name]


def _until_it_works_again(load: Load) -> float | None:
    """Wait until two more forms were acknowledged; gives the seconds, or None if that does not happen."""
    begun, before = time.monotonic(), len(load.acknowledged)
    while time.monotonic() < begun + PATIENCE:
        # The first may have been acknowledged on its way into the silence.
        if len(load.acknowledged) >= before + 2:
            return time.monotonic() - begun
        time.sleep(0.1)
    return None
