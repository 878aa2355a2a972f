"""What a workspace leaves behind, and what is kept until it is gone."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.installing import Installation
from bot.leaving import Removal
from bot.store import disconnecting
from bot.store.installing import InstallationStore
from bot.store.leaving import RemovalStore
from bot.store.port import Database
from bot.store.vault import Vault, new_key, read_keys
from tests.store.looking import columns

NOW = datetime(2026, 11, 25, tzinfo=UTC)
REMOVAL = Removal("T1", removed_at=NOW, due=NOW)
LAB = Installation(
    "T1",
    "Lab",
    "xoxe.xoxb-planted",
    "U1",
    "U2",
    NOW,
    ("chat:write",),
    refresh_token="xoxe-planted",
    expires_at=NOW + timedelta(hours=12),
)


@pytest.fixture
def removals(database: Database) -> RemovalStore:
    return RemovalStore(database, clock=lambda: NOW, owner="one")


@pytest.fixture
def installations(database: Database) -> InstallationStore:
    return InstallationStore(database, Vault(read_keys(new_key())), clock=lambda: NOW)


def test_every_table_that_names_a_workspace_is_emptied_when_it_leaves(database: Database) -> None:
    emptied = {*disconnecting._OF_A_PERSON, *disconnecting._OF_A_WORKSPACE}
    by_other_means = {"tokens", "partings", "installations", "removals", "audit"}
    named = {table for table, names in database.read(columns).items() if "team_id" in names}

    assert named == emptied | by_other_means


def test_a_removal_is_held_by_one_worker_until_it_lets_go_or_dies(
    removals: RemovalStore, database: Database, dies: Callable[[str], None]
) -> None:
    asyncio.run(removals.begin(REMOVAL))

    assert removals.claim(limit=1) == [REMOVAL]
    assert removals.claim(limit=1) == []
    later = replace(REMOVAL, due=NOW + timedelta(minutes=1), looks=1)
    removals.save(later)
    removals.release(later)
    assert removals.claim(limit=1) == []
    removals.postpone(later, until=NOW)
    assert removals.claim(limit=1) == [replace(later, due=NOW)]
    dies("one")
    restarted = RemovalStore(database, clock=lambda: NOW, owner="another")
    restarted.recover()
    assert restarted.claim(limit=1) == [replace(later, due=NOW)]
    restarted.end(later)
    restarted.recover()
    assert restarted.claim(limit=1) == []


def test_a_removal_that_began_anew_is_not_ended_by_the_work_on_the_old_one(removals: RemovalStore) -> None:
    asyncio.run(removals.begin(REMOVAL))
    again = replace(REMOVAL, removed_at=NOW + timedelta(seconds=1))
    asyncio.run(removals.begin(again))
    removals.end(REMOVAL)
    removals.save(replace(REMOVAL, is_left=True))

    assert removals.claim(limit=1) == [again]


def test_an_installation_is_kept_with_its_tokens_sealed(
    installations: InstallationStore, everything: Callable[[], bytes]
) -> None:
    installations.save(LAB)

    assert installations.find("T1") == LAB
    assert installations.find("T2") is None
    assert b"planted" not in everything()
    installations.save(replace(LAB, died_at=NOW))
    assert installations.find("T1") == replace(LAB, died_at=NOW)
    installations.forget("T1")
    assert installations.find("T1") is None


def test_a_token_is_renewed_in_place_of_the_one_that_it_comes_from(installations: InstallationStore) -> None:
    installations.save(replace(LAB, died_at=NOW))
    renewed = replace(LAB, bot_token="xoxe.xoxb-2", expires_at=NOW + timedelta(hours=24))

    assert installations.renew(LAB, renewed)
    assert not installations.renew(LAB, replace(renewed, bot_token="xoxe.xoxb-3"))
    assert installations.find("T1") == renewed
