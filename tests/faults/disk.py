"""The disk is full, or another process holds the database."""

import resource
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from bot.sandbox.globus.collections import SHARED
from bot.sandbox.person import NotDone
from tests.faults.killing import (
    announced_by_name,
    leave,
    timers_by_name,
    until_it_rests,
)
from tests.faults.table import Place, Row
from tests.stories.stage import Stage, staged, words

KEPT: Final = "Your transfer"
"""What a view is called whose form was acknowledged as kept."""

TOLD: Final = "Not done"
"""What it is called where it was not."""

FULL: Final = (1, resource.RLIM_INFINITY)
"""No file may grow beyond one byte: every write fails as on a full disk."""

ROOMY: Final = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)


def fills(place: Place) -> Row:
    """Send forms while nothing can be written, and again when there is room, without a restart."""
    forms = place.times(3, 50)
    names = [f"form {number}" for number in range(forms)]
    with staged(place.folder) as stage:
        stage.start_bot()
        stage.link_account()
        answers = [_sent_to_a_full_disk(stage, name) for name in names]
        in_hand = _filled_during_a_creation(stage)
        until_it_rests(stage)
        made, announced = timers_by_name(stage), announced_by_name(stage)
        checked = stage.integrity()
    return Row(
        "the disk is full when a form comes, and in the middle of a creation; then there is room again",
        f"{forms} forms, 1 creation",
        {"told so": answers.count(TOLD), "timers": made.total(), "integrity": f"integrity_check {checked}"},
        {
            "acknowledged without being kept": [answer for answer in answers if answer == KEPT],
            "not made afterwards": [name for name in [*names, in_hand] if not made[name]],
            "announcements missing or twice": [name for name in [*names, in_hand] if announced[name] != 1],
        },
        is_ok=set(answers) == {TOLD} and checked == "ok",
    )


def locked(place: Place) -> Row:
    """Let another process hold the database for longer than anybody waits."""
    forms, seconds = place.times(2, 5), place.times(5, 12)
    names = [f"form {number}" for number in range(forms)]
    with staged(place.folder) as stage:
        stage.start_bot()
        stage.link_account()
        tries = [_sent_to_a_locked_database(stage, name, seconds) for name in names]
        until_it_rests(stage)
        made, announced = timers_by_name(stage), announced_by_name(stage)
    return Row(
        "another process holds the database (BEGIN EXCLUSIVE) while a form comes",
        f"{forms} times, {seconds} s each",
        {"timers": made.total(), "tries until it was acknowledged": sum(tries)},
        {
            "lost": [name for name in names if not made[name]],
            "doubled timers": [name for name in names if made[name] > 1],
            "announcements missing or twice": [name for name in names if announced[name] != 1],
        },
    )


def _fill_in(stage: Stage, name: str) -> None:
    leave(stage.ada)
    stage.open_form()
    stage.fill_in(SHARED, SHARED, name=name, repeat="once", destination_path=f"/data/{name}/")


def _sent_to_a_full_disk(stage: Stage, name: str) -> str:
    """Give what the person was shown while nothing could be kept; then send it again."""
    _fill_in(stage, name)
    before = _requests(stage.folder)
    with _full(stage):
        stage.ada.submit()
        title, said = str(stage.ada.top()["title"]["text"]), words(stage.ada.top())
    assert _requests(stage.folder) == before or title != TOLD
    assert "Try again" in said or title != TOLD
    _fill_in(stage, name)
    stage.ada.submit()
    return title


def _filled_during_a_creation(stage: Stage) -> str:
    """Fill the disk while Globus makes a timer, so that its answer cannot be kept; gives the form's name."""
    name = "in hand"
    until_it_rests(stage)
    before = stage.globus_calls()
    stage.globus_fault("hang", seconds=1)
    _fill_in(stage, name)
    stage.ada.submit()
    stage.wait(lambda: stage.globus_calls() > before, "the creation to begin")
    with _full(stage):
        stage.wait(lambda: timers_by_name(stage)[name], "the timer to be made")
        time.sleep(1)  # the answer comes, and cannot be kept
    return name


@contextmanager
def _full(stage: Stage) -> Iterator[None]:
    assert stage._bot
    resource.prlimit(stage._bot.pid, resource.RLIMIT_FSIZE, FULL)
    try:
        yield
    finally:
        resource.prlimit(stage._bot.pid, resource.RLIMIT_FSIZE, ROOMY)


def _sent_to_a_locked_database(stage: Stage, name: str, seconds: int) -> int:
    """Send a form until it is acknowledged, while another process holds the database; gives the tries."""
    _fill_in(stage, name)
    hold = (
        "import sqlite3, sys, time; held = sqlite3.connect(sys.argv[1], isolation_level=None); "
        "held.execute('BEGIN EXCLUSIVE'); print('held', flush=True); time.sleep(float(sys.argv[2]))"
    )
    command = [sys.executable, "-c", hold, str(stage.folder / "transferbot.db"), str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as other:
        assert other.stdout
        other.stdout.readline()
        for tries in range(1, 100):
            try:
                stage.ada.submit()
            except NotDone:
                continue
            if KEPT in str(stage.ada.top()["title"]):
                return tries
            _fill_in(stage, name)
    return 0


def _requests(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "transferbot.db")) as database:
        return int(database.execute("SELECT count(*) FROM requests").fetchone()[0])
