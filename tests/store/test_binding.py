"""A state is used up by the first that brings it, and only by the browser that it was given to."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.binding import Journey, Purpose
from bot.store.binding import JourneyStore
from bot.store.port import Database

NOW = datetime(2026, 11, 25, tzinfo=UTC)
JOURNEY = Journey("state", Purpose.GLOBUS, "sign-in", "browser", "nonce", NOW + timedelta(minutes=10))


@pytest.fixture
def store(database: Database) -> JourneyStore:
    store = JourneyStore(database)
    asyncio.run(store.begin(JOURNEY))
    return store


async def end(
    store: JourneyStore,
    *,
    state: str = "state",
    purpose: Purpose = Purpose.GLOBUS,
    browser: str = "browser",
    now: datetime = NOW,
) -> Journey | None:
    return await store.end(state, purpose, browser, now=now)


def test_of_eight_at_once_one_gets_the_state(store: JourneyStore) -> None:
    async def all_at_once() -> list[Journey | None]:
        return await asyncio.gather(*(end(store) for _ in range(8)))

    assert [one for one in asyncio.run(all_at_once()) if one] == [JOURNEY]


def test_another_browser_purpose_or_time_gets_nothing_and_uses_nothing_up(store: JourneyStore) -> None:
    assert asyncio.run(end(store, browser="other")) is None
    assert asyncio.run(end(store, purpose=Purpose.SLACK)) is None
    assert asyncio.run(end(store, state="other")) is None
    assert asyncio.run(end(store)) == JOURNEY


def test_a_state_that_is_over_is_forgotten(store: JourneyStore) -> None:
    late = NOW + timedelta(minutes=10)

    assert asyncio.run(end(store, now=late)) is None
    assert asyncio.run(end(store)) is None


def test_a_journey_comes_back_as_it_was_kept(store: JourneyStore) -> None:
    other = replace(JOURNEY, state_hash="other", purpose=Purpose.SLACK)
    asyncio.run(store.begin(other))

    assert asyncio.run(end(store, state="other", purpose=Purpose.SLACK)) == other
