"""Timers that are remembered: always as they are in the database, whoever has changed them."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.disconnecting import Parting
from bot.news import WatchedTimer
from bot.sessions import NO_SESSION
from bot.store.knowing import Memory
from bot.store.port import Connection
from bot.store.queue import hurry
from bot.store.showing import TimerStore
from bot.store.watching import WatchStore
from tests.store.looking import Overheard
from tests.store.stores import ADA, NOW, Stores


def timers(stores: Stores) -> TimerStore:
    return TimerStore(stores.database, clock=stores.clock)


def edited(stores: Stores) -> None:
    stores.requests.take_over(stores.made("new", announced_ts=None, replaces="job"))


def edited_into_another_channel(stores: Stores) -> None:
    new = stores.made("new", announced_ts=None, replaces="job")
    timers(stores).set_run_news(ADA, "job", on=True)
    stores.watches.timers(ADA)
    stores.requests.take_over(replace(new, plan=replace(new.plan, announce_in="C2")))


CHANGES: dict[str, Callable[[Stores], object]] = {
    "a look": lambda stores: stores.changed(succeeded=1),
    "a stop": lambda stores: stores.stopped(collections=frozenset({"a"})),
    "a sign-in": lambda stores: stores.signed_in(NO_SESSION, collections=frozenset({"a"})),
    "news of each run": lambda stores: timers(stores).set_run_news(ADA, "job", on=True),
    "somebody who wants to see": lambda stores: timers(stores).look_soon(ADA, ["job"]),
    "somebody who lets it go on": lambda stores: timers(stores).look_soon(ADA, ["job"], resume=True),
    "a clock set back": lambda stores: hurry(stores.database, now=NOW - timedelta(hours=1), until=NOW),
    "a lost channel": lambda stores: stores.mailboxes.lose("job", "is_archived"),
    "a late announcement": lambda stores: stores.requests.save(
        replace(stores.made("other", announced_ts=None), announced_ts="other.1")
    ),
    "an edit": edited,
    "an edit into another channel": edited_into_another_channel,
    "a deletion": lambda stores: stores.partings.deleted(ADA, "job"),
    "leaving": lambda stores: stores.partings.begin(Parting("parting", ADA, NOW)),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_is_remembered_of_a_timer_is_what_is_kept(
    stores: Stores, change: Callable[[Stores], object]
) -> None:
    stores.made()
    stores.made("other", announced_ts=None)
    stores.watches.timers(ADA)

    change(stores)

    read_anew = WatchStore(stores.database, clock=stores.clock, owner="another").timers(ADA)
    assert by_id(stores.watches.timers(ADA)) == by_id(read_anew)
    assert by_id(stores.watches.timers(ADA)) == by_id(read_anew)


def test_only_what_has_changed_is_read(stores: Stores) -> None:
    for number in range(5):
        stores.made(f"job {number}")
    overheard = Overheard(stores.database)
    watches = WatchStore(overheard, clock=stores.clock, owner="one")
    watches.timers(ADA)
    timers(stores).set_run_news(ADA, "job 3", on=True)
    overheard.asked.clear()

    assert [timer.job_id for timer in watches.timers(ADA) if timer.run_news] == ["job 3"]

    [_versions, (_query, read)] = overheard.asked
    assert read == ["job 3"]


def test_no_more_timers_are_remembered_than_there_is_room_for(stores: Stores) -> None:
    for number in range(5):
        stores.made(f"job {number}")
    overheard = Overheard(stores.database)
    memory = Memory(most=2)

    def read(database: Connection) -> list[WatchedTimer]:
        return memory.timers_of(database, "ORDER BY job_id", [])

    first = overheard.read(read)
    overheard.asked.clear()

    assert by_id(overheard.read(read)) == by_id(first)
    [_versions, (_query, read_anew)] = overheard.asked
    assert read_anew == ["job 0", "job 1", "job 2"]


def by_id(known: Sequence[WatchedTimer]) -> dict[str, WatchedTimer]:
    return {timer.job_id: timer for timer in known}
