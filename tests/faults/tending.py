"""The bot is killed at random moments while runs fail and recover, and while owners steer their timers."""

import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from bot.sandbox.globus.collections import SHARED
from bot.sandbox.person import NotDone
from tests.faults.killing import NETWORK, leave, lives
from tests.faults.table import Place, Row
from tests.stories.stage import LAB_DATA, Json, Stage, has, staged, words

PATIENCE: Final = 60.0
"""Seconds after which what was not told, or not done, counts as lost."""

TIMERS: Final = 3
OFTEN: Final = "0.3,0.6,0.8"
"""How soon the bot looks, in seconds."""


@dataclass
class Count:
    """What happened to one timer, and what became of it."""

    name: str
    job_id: str
    folder: str
    rounds: int = 0
    expected: dict[str, int] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    unpressed: list[str] = field(default_factory=list)

    def await_one_more(self, sentence: str) -> int:
        """Note that this is to be told once more; gives how often that makes."""
        self.expected[sentence] = self.expected.get(sentence, 0) + 1
        return self.expected[sentence]


def news(place: Place) -> Row:
    """Kill the bot while there is news, and count what the team was told."""
    with staged(place.folder) as stage:
        return news_on(stage, place, kills=place.times(5, 50))


def news_on(stage: Stage, place: Place, *, kills: int) -> Row:
    """Do so on a stage, whichever its bots are."""
    counts = _scheduled(stage)
    killed = _while_killing(stage, place, kills, [partial(_live, stage, count) for count in counts])
    told = [(count, _thread(stage, count)) for count in counts]
    tallies = [tally for count in counts for tally in _wrong_tallies(stage, count)]
    checked = stage.integrity()
    pieces = sum(sum(count.expected.values()) for count in counts)
    more = sum(max(0, said.count(text) - n) for count, said in told for text, n in count.expected.items())
    return Row(
        "the bot is killed while runs fail and recover and timers are paused and resumed elsewhere",
        f"{killed} kills",
        {"pieces of news": pieces, "told twice": more, "integrity": f"integrity_check {checked}"},
        {
            "never told": [one for count in counts for one in count.missing],
            "told twice, beyond one a kill": ["again"] * max(0, more - killed),
            "wrong tallies": tallies,
        },
        is_ok=pieces > 0 and checked == "ok",
    )


def changes(place: Place) -> Row:
    """Kill the bot while owners pause, resume and delete, and count what was done of it."""
    kills = place.times(5, 50)
    with staged(place.folder) as stage:
        counts = _scheduled(stage)
        # One person can have one view open at a time, so deleting waits for the end.
        steer = [partial(_steer, stage, count) for count in counts]
        killed = _while_killing(stage, place, kills, steer)
        for count in counts:
            _delete(stage, count)
        left = [timer["job_id"] for timer in stage.timers()]
    return Row(
        "the bot is killed while an owner pauses, resumes and deletes timers",
        f"{killed} kills",
        {
            "changes acknowledged": sum(sum(count.expected.values()) for count in counts),
            "buttons that did not come within a minute": sum(len(count.unpressed) for count in counts),
        },
        {
            "acknowledged and not done": [one for count in counts for one in count.missing],
            "timers left": left,
        },
        is_ok=all(count.rounds for count in counts),
    )


def _scheduled(stage: Stage) -> list[Count]:
    stage.start_bot(WATCH_LOOKS=OFTEN)
    stage.link_account()
    counts = []
    for number in range(TIMERS):
        name, folder = f"timer {number}", f"/data/killed-{number}/"
        stage.write_file(SHARED, folder + "first.dat")
        stage.schedule(
            SHARED, SHARED, name=name, source_path=folder, destination_path=f"/data/copy-{number}/"
        )
        stage.announced(number + 1)
        leave(stage.ada)
        counts.append(Count(name, str(stage.timers()[-1]["job_id"]), folder))
    for count in counts:
        stage.wait(lambda count=count: "1 run" in _announcement(stage, count), f"{count.name} to run")  # type: ignore[misc]
    return counts


def _while_killing(stage: Stage, place: Place, kills: int, acts: Sequence[Callable[[], None]]) -> int:
    """Repeat each act in a thread of its own while the bot is killed; gives how often it was."""
    chance = random.Random(place.seed)  # noqa: S311 - moments that repeat, no secrets
    stopped = threading.Event()

    def repeat(act: Callable[[], None]) -> None:
        while not stopped.is_set():
            act()

    threads = [threading.Thread(target=repeat, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    try:
        for _ in lives(stage, chance, kills=kills):
            # Slow services, so that a kill lands in the middle of a look or of a message.
            stage.slack_fault("hang", method="chat.postMessage", seconds=0.5, times=2)
            stage.globus_fault("hang", method="GET /jobs/", seconds=0.5, times=2)
    finally:
        stopped.set()
        for thread in threads:
            thread.join()
    return kills


def _live(stage: Stage, count: Count) -> None:
    """Let a timer fail and recover, and its owner pause and resume it in the web app."""
    count.rounds += 1
    stage.at_globus("remove_file", collection_id=SHARED.id, path=count.folder)
    run = partial(_run, stage, count)
    _told(stage, count, "A run failed", run)
    stage.write_file(SHARED, count.folder + "again.dat")
    _told(stage, count, "It works again", run)
    for act, sentence in (("pause", "Paused at Globus"), ("resume", "Resumed at Globus")):
        _told(stage, count, sentence, partial(stage.at_globus, "web_app", job_id=count.job_id, act=act))


def _run(stage: Stage, count: Count) -> None:
    """Run a timer as soon as the run before is over, which news that came twice may have hidden.

    Not in the second in which that began, though: a run is known by its moment, written in whole seconds.
    """
    time.sleep(1)

    def is_begun() -> bool:
        try:
            stage.at_globus("run_now", job_id=count.job_id)
        except AssertionError:
            return False
        return True

    assert _comes(is_begun), f"{count.name} could not be run"


def _told(stage: Stage, count: Count, sentence: str, act: Callable[[], object]) -> None:
    """Do something, and wait until the thread says so; what it said twice before does not count."""
    times = count.await_one_more(sentence)
    before = _thread(stage, count).count(sentence)
    act()
    if not _comes(lambda: _thread(stage, count).count(sentence) > before):
        count.missing.append(f"{count.name}: {sentence}, for the {times}. time")


def _steer(stage: Stage, count: Count) -> None:
    """Let the owner pause a timer and resume it."""
    count.rounds += 1
    for action_id, wanted in (("timer_pause", "inactive"), ("timer_resume", "active")):
        if not _press(stage, count, action_id):
            return
        times = count.await_one_more(action_id)
        if not _comes(lambda: _status(stage, count) == wanted):  # noqa: B023 - called at once
            count.missing.append(f"{count.name}: {action_id}, for the {times}. time")


def _press(stage: Stage, count: Count, action_id: str) -> bool:
    """Press a button of the announcement until that is acknowledged; False if nobody could."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        message = _message(stage, count)
        try:
            if has(message, action_id):
                stage.ada.press_in_message(message, action_id, channel_id=LAB_DATA)
                return True
        except NETWORK:
            pass
        time.sleep(0.1)
    count.unpressed.append(action_id)
    return False


def _delete(stage: Stage, count: Count) -> None:
    """Delete a timer, and kill the bot as soon as that is acknowledged."""
    leave(stage.ada)
    _press(stage, count, "timer_details")
    stage.wait(lambda: has(stage.ada.top(), "timer_delete"), "the details to offer to delete")
    stage.ada.press("timer_delete")
    count.await_one_more("timer_delete")
    stage.kill_bot()
    stage.start_bot()
    if not _comes(lambda: count.job_id not in [timer["job_id"] for timer in stage.timers()]):
        count.missing.append(f"{count.name}: timer_delete")


def _comes(look: Callable[[], bool]) -> bool:
    """Wait until something is so; False if it does not come."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if look():
            return True
        time.sleep(0.1)
    return False


def _message(stage: Stage, count: Count) -> Json:
    found = [one for one in stage.announcements() if count.job_id in words(one | {"replies": []})]
    if not found:
        raise NotDone(f"{count.name} is not announced")
    return found[0]


def _announcement(stage: Stage, count: Count) -> str:
    return words(_message(stage, count) | {"replies": []})


def _thread(stage: Stage, count: Count) -> str:
    return "\n".join(words(reply) for reply in _message(stage, count)["replies"])


def _status(stage: Stage, count: Count) -> str:
    return next(str(timer["status"]) for timer in stage.timers() if timer["job_id"] == count.job_id)


def _wrong_tallies(stage: Stage, count: Count) -> list[str]:
    """Compare what the announcement counts, and what is kept, with the runs that there were."""
    runs, failed = 1 + 2 * count.rounds, count.rounds
    said = f"{runs} runs"
    wrong = []
    if not _comes(
        lambda: said in _announcement(stage, count) and f"{failed} failed" in _announcement(stage, count)
    ):
        wrong.append(f"{count.name}: {runs} runs of which {failed} failed: {_announcement(stage, count)}")
    [(kept,)] = stage.ask(f"SELECT count(*) FROM runs WHERE job_id = '{count.job_id}'")  # noqa: S608 - an ID
    if kept != runs:
        wrong.append(f"{count.name}: {kept} of {runs} runs are kept")
    return wrong
