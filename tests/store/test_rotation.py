"""Keys are exchanged while the bot runs, and nothing that is sealed is forgotten by it."""

import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlite_utils import Database as SqliteUtils

from bot.accounts import Account, SlackUser, Token
from bot.disconnecting import Parting
from bot.errors import DatabaseProblem
from bot.sign_ins import SignIn
from bot.store.connecting import connected, in_one_step
from bot.store.database import SqliteDatabase
from bot.store.disconnecting import PartingStore
from bot.store.linking import AccountStore, SignInStore
from bot.store.migrations import schema
from bot.store.opening import beside
from bot.store.port import Database
from bot.store.rotation import SEALED, Rotated, check_keys, rotate
from bot.store.vault import Vault, new_key, read_keys

NOW = datetime(2026, 11, 25, tzinfo=UTC)
ADA, GRACE = SlackUser("T1", "U1"), SlackUser("T1", "U2")
TOKENS = (Token("auth", "openid", "access-1", "refresh-1", 1), Token("timers", "timer", "access-2", None, 2))


def vault(*keys: str) -> Vault:
    return Vault(read_keys(",".join(keys)))


class Stores:
    def __init__(self, database: Database, sealing: Vault) -> None:
        self.accounts = AccountStore(database, sealing, clock=lambda: NOW)
        self.sign_ins = SignInStore(
            database, sealing, self.accounts, clock=lambda: NOW, owner="one", wake=lambda: None
        )
        self.partings = PartingStore(database, sealing, self.accounts, clock=lambda: NOW, owner="one")


def fill(path: Path, key: str) -> None:
    database = SqliteDatabase(path)
    stores = Stores(database, vault(key))
    stores.accounts.link(Account(ADA, "i1", "ada"), TOKENS)
    stores.accounts.link(Account(GRACE, "i2", "grace"), TOKENS)
    stores.sign_ins.open(SignIn("s1", ADA, "verifier", NOW, code="code"))
    stores.partings.begin(Parting("p1", GRACE, NOW, due=NOW))
    database.close()


def rotated_beside(path: Path, sealing: Vault) -> Rotated:
    with beside(path) as database:
        return rotate(database, sealing)


def test_after_a_rotation_the_old_key_is_not_needed_any_more(tmp_path: Path) -> None:
    old, new = new_key(), new_key()
    fill(tmp_path / "bot.db", old)

    rotated = rotated_beside(tmp_path / "bot.db", vault(new, old))

    assert (rotated.resealed, rotated.current) == (6, 0)
    assert rotated_beside(tmp_path / "bot.db", vault(new, old)).resealed == 0
    database = SqliteDatabase(tmp_path / "bot.db")
    stores = Stores(database, vault(new))
    found = stores.sign_ins.find("s1")
    assert found
    assert (found.verifier, found.code) == ("verifier", "code")
    assert set(stores.accounts.tokens(ADA).values()) == set(TOKENS)
    [parting] = stores.partings.claim(limit=5)
    assert set(parting.tokens.values()) == set(TOKENS)
    database.close()


def test_without_the_old_key_nothing_is_changed(tmp_path: Path) -> None:
    old = new_key()
    fill(tmp_path / "bot.db", old)

    with pytest.raises(DatabaseProblem, match="sealed with a key that is not listed"):
        rotated_beside(tmp_path / "bot.db", vault(new_key()))

    database = SqliteDatabase(tmp_path / "bot.db")
    assert set(Stores(database, vault(old)).accounts.tokens(ADA).values()) == set(TOKENS)
    database.close()


def test_tokens_can_be_read_and_renewed_while_keys_are_exchanged(tmp_path: Path) -> None:
    old, new = new_key(), new_key()
    fill(tmp_path / "bot.db", old)
    database = SqliteDatabase(tmp_path / "bot.db")
    accounts = Stores(database, vault(new, old)).accounts
    ended = threading.Event()
    failures: list[Exception] = []

    def use() -> None:
        number = 0
        while not ended.is_set():
            number += 1
            try:
                accounts.renew(ADA, replace(TOKENS[0], access_token=f"renewed-{number}"))
                assert accounts.tokens(ADA)["auth"].access_token == f"renewed-{number}"
            except Exception as error:  # noqa: BLE001 - whatever it is fails the test
                failures.append(error)

    thread = threading.Thread(target=use)
    thread.start()
    for _ in range(20):
        rotated_beside(tmp_path / "bot.db", vault(new, old))
    ended.set()
    thread.join()
    database.close()

    assert failures == []


def test_every_sealed_column_of_the_schema_is_known_to_the_rotation() -> None:
    database = SqliteUtils(memory=True)
    schema.apply(database)
    blobs = {
        (table.name, column.name)
        for table in database.tables
        for column in table.columns
        if column.type == "BLOB"
    }

    assert blobs == {(table, column) for table, (_, columns) in SEALED.items() for column in columns}
    assert all(tuple(database.table(table).pks) == keys for table, (keys, _) in SEALED.items())


def test_a_key_that_is_missing_is_told_at_the_start(tmp_path: Path) -> None:
    old, new = new_key(), new_key()
    fill(tmp_path / "bot.db", old)

    with connected(tmp_path / "bot.db") as database:
        check_keys(database, vault(new, old))
        with pytest.raises(DatabaseProblem, match="sealed with a key that is not listed"):
            check_keys(database, vault(new))


@pytest.mark.parametrize(
    "swap",
    [
        "access_token = refresh_token WHERE resource_server = 'auth'",
        "access_token = (SELECT access_token FROM tokens WHERE resource_server = 'timers')",
        "user_id = 'U2'",
    ],
    ids=["columns", "rows", "people"],
)
def test_secrets_that_are_swapped_in_the_database_do_not_open(tmp_path: Path, swap: str) -> None:
    key = new_key()
    fill(tmp_path / "bot.db", key)
    kept = SqliteDatabase(tmp_path / "bot.db")
    accounts = Stores(kept, vault(key)).accounts
    accounts.link(Account(GRACE, "i2", "grace"), ())
    with connected(tmp_path / "bot.db") as database, in_one_step(database):
        database.execute(f"UPDATE tokens SET {swap}")  # noqa: S608 - our own words

    with pytest.raises(DatabaseProblem, match="was changed, or moved there from another row"):
        accounts.tokens(GRACE if "U2" in swap else ADA)
    kept.close()
