import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest

from bot.accounts import SlackUser
from bot.presets import Channel, Preset
from bot.scheduling import TimerRequest
from bot.store.port import Database
from bot.store.presets import PresetStore
from bot.store.scheduling import RequestStore
from tests.store.test_scheduling import NOW, REQUEST

ADA, GRACE = SlackUser("T1", "U1"), SlackUser("T1", "U2")
LAB, RANDOM, ELSEWHERE = Channel("T1", "C1"), Channel("T1", "C2"), Channel("T2", "C1")
NIGHTLY = Preset(LAB, "Nightly", {"source_path": "/data/"}, ADA, datetime(2026, 11, 24, tzinfo=UTC))

_Value = TypeVar("_Value")


def run(coroutine: Coroutine[Any, Any, _Value]) -> _Value:
    return asyncio.run(coroutine)


@pytest.fixture
def store(database: Database) -> PresetStore:
    return PresetStore(database)


def test_a_preset_is_found_as_it_was_kept_and_in_its_own_channel_only(store: PresetStore) -> None:
    assert run(store.add(NIGHTLY)) is None

    assert run(store.find(LAB, "nightly")) == NIGHTLY
    assert run(store.find(RANDOM, "nightly")) is None
    assert run(store.find(ELSEWHERE, "nightly")) is None


def test_a_name_is_taken_whatever_its_case(store: PresetStore) -> None:
    run(store.add(NIGHTLY))

    assert run(store.add(replace(NIGHTLY, name="NIGHTLY", form={}))) == NIGHTLY
    assert run(store.find(LAB, "nightly")) == NIGHTLY


def test_only_who_saved_a_preset_replaces_it(store: PresetStore) -> None:
    run(store.add(NIGHTLY))

    assert not run(store.replace(replace(NIGHTLY, saved_by=GRACE, form={})))
    assert run(store.find(LAB, "nightly")) == NIGHTLY
    newer = replace(NIGHTLY, name="nightly", form={"source_path": "/new/"})
    assert run(store.replace(newer))
    assert run(store.find(LAB, "nightly")) == newer


def test_only_who_saved_a_preset_deletes_it(store: PresetStore) -> None:
    run(store.add(NIGHTLY))

    assert not run(store.delete(LAB, "nightly", GRACE))
    assert not run(store.delete(RANDOM, "nightly", ADA))
    assert run(store.delete(LAB, "nightly", ADA))
    assert not run(store.delete(LAB, "nightly", ADA))


def test_a_channels_presets_come_by_name(store: PresetStore) -> None:
    for name in ("weekly", "Archive", "nightly"):
        run(store.add(replace(NIGHTLY, name=name)))
    run(store.add(replace(NIGHTLY, channel=RANDOM)))

    assert [one.name for one in run(store.all_of(LAB))] == ["Archive", "nightly", "weekly"]


def test_a_timers_request_is_found_in_its_own_team_only_and_the_latest_come_first(
    database: Database,
) -> None:
    requests = RequestStore(database, clock=lambda: NOW, owner="one")

    def kept(number: int, **changes: Any) -> TimerRequest:  # noqa: ANN401 - whatever a request has
        request = replace(
            REQUEST,
            request_id=f"r{number}",
            reference=f"reference{number}",
            received_at=NOW + timedelta(hours=number),
            **changes,
        )
        run(requests.accept(request))
        return request

    first, second, _third = kept(1, job_id="j1"), kept(2), kept(3, person=SlackUser("T1", "U9"))
    fourth = kept(4)

    assert run(requests.find_timer("T1", "j1")) == first
    assert run(requests.find_timer("T2", "j1")) is None
    assert requests.latest(REQUEST.person, limit=2) == [fourth, second]
