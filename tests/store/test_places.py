import asyncio
from datetime import UTC, datetime, timedelta

from bot.accounts import SlackUser
from bot.places import KEPT, PLACE, Places
from bot.store.places import PlaceStore
from bot.store.port import Database
from tests.store.looking import count

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ADA = SlackUser("T1", "U1")
GRACE = SlackUser("T1", "U2")
BOOKMARK = {"collection": "c1", "path": "/data/"}
LINK = {"source_collection": "c1", "destination_collection": "c2"}


def places(database: Database, *, at: datetime = NOW) -> Places:
    return Places(store=PlaceStore(database), clock=lambda: at)


def test_what_a_key_stands_for_fills_in_the_side_where_it_is_chosen(database: Database) -> None:
    first, second = places(database).keep_all(ADA, [BOOKMARK, LINK])

    found = asyncio.run(places(database).fields(ADA, first, side="destination"))

    assert found == {"destination_collection": "c1", "destination_path": "/data/"}
    assert asyncio.run(places(database).fields(ADA, second, side="destination")) == LINK


def test_a_key_is_short_and_the_same_for_the_same_place(database: Database) -> None:
    [key] = places(database).keep_all(ADA, [BOOKMARK])

    assert key.startswith(PLACE)
    assert len(key) <= 75
    assert places(database).keep_all(ADA, [BOOKMARK]) == [key]


def test_nobody_elses_key_stands_for_anything(database: Database) -> None:
    [key] = places(database).keep_all(ADA, [BOOKMARK])

    assert asyncio.run(places(database).fields(GRACE, key, side="source")) is None


def test_what_is_a_day_old_is_forgotten(database: Database) -> None:
    [key] = places(database).keep_all(ADA, [BOOKMARK])
    later = NOW + KEPT + timedelta(seconds=1)

    assert places(database, at=later).find(ADA, key) is None
    places(database, at=later).keep(GRACE, "k", {"a": 1})
    assert count(database, "places") == 1


def test_a_document_is_replaced_under_its_key(database: Database) -> None:
    places(database).keep(ADA, "k", {"path": "/a/", "names": ["x"]})
    asyncio.run(places(database).keep_soon(ADA, "k", {"path": "/b/", "names": []}))

    assert asyncio.run(places(database).find_soon(ADA, "k")) == {"path": "/b/", "names": []}
