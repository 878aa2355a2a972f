"""The audit trail is only ever added to, within the write that it tells of."""

import sqlite3 as standard
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from bot.accounts import Account, SlackUser, Token
from bot.auditing import Deed
from bot.disconnecting import Parting
from bot.errors import DatabaseProblem
from bot.store.auditing import exported, note, note_beside, replace_name, replace_names
from bot.store.connecting import sqlite3
from bot.store.database import SqliteDatabase
from bot.store.disconnecting import PartingStore
from bot.store.linking import AccountStore
from bot.store.opening import beside
from bot.store.port import Connection, Database
from bot.store.vault import Vault, new_key, read_keys

NOW = datetime(2026, 11, 26, 3, tzinfo=UTC)
ADA = SlackUser("T1", "UADA")
REFUSED = (sqlite3.IntegrityError, psycopg.IntegrityError)
TOKEN = Token("timers", "all", "a", "r", 2**31)


@pytest.fixture
def accounts(database: Database) -> AccountStore:
    return AccountStore(database, Vault(read_keys(new_key())), clock=lambda: NOW)


def add(database: Database, deed: Deed = Deed.CREATED, user_id: str = "UADA", detail: str = "d") -> None:
    database.write(
        lambda one: note(one, deed, at=NOW, team_id="T1", user_id=user_id, subject="job", detail=detail)
    )


def trail(database: Database) -> list[tuple[str, str]]:
    return [(row["user_id"], row["act"]) for row in exported(database, since=None)]


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM audit",
        "UPDATE audit SET act = 'paused'",
        "UPDATE audit SET at = '2020'",
        "UPDATE audit SET user_id = 'UEVE'",
        "UPDATE audit SET user_id = ''",
        "UPDATE audit SET user_id = 'forgotten-1', subject = ''",
        "UPDATE audit SET user_id = 'forgotten-1', detail = 'something else'",
        "UPDATE audit SET user_id = 'forgotten-1', audit_id = 7",
        "UPDATE audit SET detail = ''",
        "INSERT INTO audit VALUES (1, '', '', '', '', '', '') ON CONFLICT (audit_id) DO UPDATE SET act = ''",
    ],
)
def test_nothing_in_it_can_be_changed_or_taken_out(database: Database, statement: str) -> None:
    add(database)
    before = list(exported(database, since=None))

    with pytest.raises(REFUSED, match="append-only"):
        database.write(lambda one: one.execute(statement))

    assert list(exported(database, since=None)) == before


@pytest.mark.parametrize(
    ("kind", "statement"),
    [
        ("sqlite", "INSERT OR REPLACE INTO audit VALUES (1, '', '', 'UEVE', '', '', '')"),
        ("sqlite", "REPLACE INTO audit VALUES (1, '', '', 'UEVE', '', '', '')"),
        ("postgresql", "TRUNCATE audit"),
    ],
)
def test_neither_can_it_be_in_the_ways_that_only_one_database_has(
    database: Database, kind: str, statement: str
) -> None:
    del kind  # it says which database this is
    test_nothing_in_it_can_be_changed_or_taken_out(database, statement)


def test_another_program_cannot_change_it_either(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "bot.db")
    add(database)
    database.close()
    other = standard.connect(tmp_path / "bot.db")

    with pytest.raises(standard.IntegrityError, match="append-only"):
        other.execute("DELETE FROM audit")

    other.close()


def test_a_name_can_be_replaced_once_by_one_that_says_nothing(database: Database) -> None:
    add(database)
    add(database, Deed.PAUSED)
    add(database, user_id="UGRACE")

    assert database.write(lambda one: replace_name(one, ADA)) == 2
    names = [name for name, _ in trail(database)]
    assert names[0] == names[1] != "UADA"
    assert names[0].startswith("forgotten-")
    assert names[2] == "UGRACE"
    assert [row["detail"] for row in exported(database, since=None)] == ["", "", "d"]
    assert database.write(lambda one: replace_name(one, ADA)) == 0
    with pytest.raises(REFUSED):
        database.write(lambda one: one.execute("UPDATE audit SET user_id = 'forgotten-2'"))


def test_everybody_of_a_workspace_gets_a_name_of_their_own(database: Database) -> None:
    add(database)
    add(database, user_id="UGRACE")
    add(database)

    database.write(lambda one: replace_names(one, "T1"))

    ada, grace, again = (name for name, _ in trail(database))
    assert ada == again != grace
    assert ada.startswith("forgotten-")
    assert grace.startswith("forgotten-")


def test_what_is_not_committed_is_not_told(database: Database) -> None:
    def fail(one: Connection) -> None:
        note(one, Deed.CREATED, at=NOW)
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        database.write(fail)

    assert trail(database) == []


def test_linking_and_parting_are_told_of(database: Database, accounts: AccountStore) -> None:
    accounts.link(Account(ADA, "identity", "ada@lab"), (TOKEN,))
    accounts.link(Account(ADA, "identity", "ada@lab"), (TOKEN,))
    partings = PartingStore(database, Vault(read_keys(new_key())), accounts, clock=lambda: NOW, owner="one")
    assert partings.begin(Parting("p1", ADA, begun_at=NOW))
    assert not partings.begin(Parting("p2", ADA, begun_at=NOW))
    accounts.link(Account(ADA, "another", "ada@home"), (TOKEN,))

    assert [act for _, act in trail(database)] == ["linked", "signed in again", "unlinked", "linked"]


def test_it_is_exported_from_a_moment_on_oldest_first(database: Database) -> None:
    add(database)
    note_beside(database, Deed.KEY_ROTATED, at=NOW + timedelta(days=1), detail="2 values")

    assert [row["act"] for row in exported(database, since=None)] == ["created", "key rotated"]
    [late] = exported(database, since=NOW + timedelta(hours=1))
    assert late["detail"] == "2 values"


def test_there_is_no_trail_without_a_database(tmp_path: Path) -> None:
    with pytest.raises(DatabaseProblem, match="There is no database"), beside(tmp_path / "none.db"):
        pass
