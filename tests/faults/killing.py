"""The bot is killed at random moments under load, again and again, while Globus loses answers."""

import random
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from itertools import count
from pathlib import Path
from typing import Final

import requests

from bot.sandbox.globus.collections import SHARED
from bot.sandbox.globus.identities import GRACE as GRACE_AT_GLOBUS
from bot.sandbox.person import NotDone, Person
from tests.faults import signed
from tests.faults.table import Place, Row
from tests.stories.stage import LAB_DATA, Json, Stage, has, staged, words

LONGEST_LIFE: Final = 1.2
"""Seconds that the bot lives at most between two kills: long enough for a request to reach any state."""

PATIENCE: Final = 90.0
"""Seconds without any progress after which what is not done counts as lost."""

NETWORK: Final = (NotDone, requests.RequestException)
"""What a person meets while the bot is dead."""

LOSSES: Final[tuple[Json, ...]] = (
    {"fault": "status_after", "status": 503},
    {"fault": "drop_after"},
    {"fault": "drop_before"},
    {"fault": "hang_after", "seconds": 3},
    {"fault": "late", "seconds": 1},
    {"fault": "late", "seconds": 1},
    {"fault": "late", "seconds": 2.2},
)
"""What Globus does to some of the calls that create timers."""


PAUSE: Final = 0.15
"""Seconds between two forms of one person: a burst, more than the bot can carry while it is killed."""

LONG_PAUSE: Final = 0.6
"""The same where it lasts, so that what waits does not grow without end."""


class Crowd:
    """People who send forms, each in a thread of their own, and the names of those that were acknowledged."""

    def __init__(self, acts: Sequence[Callable[[], None]]) -> None:
        self.stopped = threading.Event()
        self.acknowledged: list[str] = []
        self._threads = [threading.Thread(target=act) for act in acts]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self.stopped.set()
        for thread in self._threads:
            thread.join()


class Flood(Crowd):
    """People whose forms come one after the other over HTTP, however the bot fares."""

    def __init__(self, stage: Stage, url: str, *, pause: float) -> None:
        self._url = url
        self._pause = pause
        forms = {who: sent_once(stage, person, f"first {who}") for who, person in people(stage).items()}
        super().__init__([partial(self._send, who, form) for who, form in forms.items()])

    def _send(self, who: str, form: Json) -> None:
        for number in count(1):
            name = f"load {who} {number}"
            try:
                if signed.is_kept(self._url, signed.another(form, name)):
                    self.acknowledged.append(name)
            except requests.RequestException:
                pass
            if self.stopped.wait(self._pause):
                return


class Load(Crowd):
    """People who fill in forms as fast as they can, and remember which were acknowledged."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        super().__init__(
            [partial(self._keep_scheduling, person, who) for who, person in people(stage).items()]
        )

    def _keep_scheduling(self, person: Person, who: str) -> None:
        number = 0
        while not self.stopped.is_set():
            number += 1
            name = f"load {who} {number}"
            try:
                # Once, so that no number of them comes near what Globus allows a person together.
                self._stage.schedule(
                    SHARED,
                    SHARED,
                    person,
                    name=name,
                    repeat="once",
                    destination_path=f"/data/{who}-{number}/",
                )
            except NETWORK:
                self.stopped.wait(0.05)
            else:
                if "Your transfer" in str([view.get("title") for view in views(person)]):
                    self.acknowledged.append(name)
            leave(person)


def people(stage: Stage) -> dict[str, Person]:
    """Give those who schedule, by their names."""
    return {"ada": stage.ada, "grace": stage.grace}


def sent_once(stage: Stage, person: Person, name: str) -> Json:
    """Let a person fill in a form, and give what Slack delivered."""
    # Once, so that no number of them comes near what Globus allows a person together.
    stage.schedule(SHARED, SHARED, person, name=name, repeat="once", destination_path="/data/first/")
    form: Json = signed.last_delivery(stage)["payload"]
    leave(person)
    return form


def views(person: Person) -> list[Json]:
    """Give a person's open views; none if the bot died meanwhile."""
    try:
        return person.views()
    except NETWORK:
        return []


def leave(person: Person) -> None:
    """Close whatever is open."""
    for _ in views(person):
        try:
            person.close()
        except NETWORK:
            return


def lives(stage: Stage, chance: random.Random, *, kills: int) -> Iterator[None]:
    """Let the running bot live so many lives, each ended at a random moment; yields before each."""
    for _ in range(kills):
        yield
        time.sleep(chance.uniform(0, LONGEST_LIFE))
        stage.kill_bot()
        stage.start_bot()


def kill_again_and_again(place: Place) -> Row:
    """Kill the bot so often, and count what became of each request."""
    kills = place.times(8, 1000)
    chance = random.Random(place.seed)  # noqa: S311 - moments that repeat, no secrets
    with staged(place.folder) as stage:
        url = signed.over_http(stage)
        stage.link_account()
        stage.link_account(stage.grace, identity=GRACE_AT_GLOBUS.username)
        load = Flood(stage, url, pause=LONG_PAUSE if place.is_full else PAUSE)
        load.start()
        try:
            for _ in lives(stage, chance, kills=kills):
                if chance.random() < 0.6:
                    stage.globus_fault(**chance.choice(LOSSES))
        finally:
            load.stop()
        stage.clear_globus_faults()
        return counted(
            stage,
            load.acknowledged,
            what="the bot is killed (kill -9) at random moments under load, while Globus loses answers",
            often=f"{kills:,} kills",
        )


def counted(stage: Stage, acknowledged: list[str], *, what: str, often: str) -> Row:
    """Wait until everything is over, and count what became of each request that was acknowledged.

    A request whose outcome was lost twice is its owner's to settle, and they do.
    """
    until_it_rests(stage)
    settled = sum(_settle(person) for person in people(stage).values())
    until_it_rests(stage)
    made, announced = timers_by_name(stage), announced_by_name(stage)
    checked = stage.integrity()
    return Row(
        what,
        often,
        {
            "requests": len(acknowledged),
            "settled by their owner": settled,
            "announced twice": sum(count > 1 for count in announced.values()),
            "integrity": f"integrity_check {checked}",
        },
        {
            "lost": [name for name in acknowledged if not made[name]],
            "doubled timers": [name for name, count in made.items() if count > 1],
            "announcements missing": [name for name in acknowledged if not announced[name]],
        },
        is_ok=bool(acknowledged) and checked == "ok",
    )


def _settle(person: Person) -> int:
    """Let a person create again whatever the bot asks them about; gives how much that was."""
    asked = [message for message in person.direct_messages() if has(message, "create_again")]
    for message in asked:
        person.press_in_message(message, "create_again")
    return len(asked)


def until_it_rests(stage: Stage) -> None:
    """Wait until nothing is under way, as long as there is progress."""
    left = under_way(stage)
    until = time.monotonic() + PATIENCE
    while left and time.monotonic() < until:
        time.sleep(0.5)
        now = under_way(stage)
        if now < left:
            until = time.monotonic() + PATIENCE
        left = now


def under_way(stage: Stage) -> int:
    """Count the requests that are not over."""
    # What is announced is over, even if it is swept up after.
    query = "SELECT count(*) FROM requests WHERE due IS NOT NULL AND state <> 'announced'"
    [(left,)] = stage.ask(query)
    return int(left)


def integrity(folder: Path) -> str:
    """Give what SQLite says of the whole file."""
    with closing(sqlite3.connect(folder / "transferbot.db")) as database:
        return str(database.execute("PRAGMA integrity_check").fetchone()[0])


def timers_by_name(stage: Stage) -> Counter[str]:
    """Count the timers at Globus by what people called them."""
    return Counter(str(timer["name"]).rpartition(" [")[0] for timer in stage.timers())


def announced_by_name(stage: Stage) -> Counter[str]:
    """Count the announcements by the names of their timers."""
    found: Counter[str] = Counter()
    for message in stage.ada.messages(LAB_DATA):
        said = words(message | {"replies": []})
        if "Job ID" in said:
            found[said.partition(":")[0]] += 1
    return found
