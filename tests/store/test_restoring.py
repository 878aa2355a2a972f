"""A backup is put to the test before it takes the database's place, and what was there is kept."""

import sqlite3 as standard
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.accounts import Account, SlackUser, Token
from bot.errors import DatabaseProblem
from bot.store.backup import back_up
from bot.store.database import SqliteDatabase
from bot.store.linking import AccountStore
from bot.store.restoring import restore, verify
from bot.store.vault import Vault, new_key, read_keys

NOW = datetime(2026, 11, 26, 3, tzinfo=UTC)
ADA = SlackUser("T1", "UADA")
GRACE = SlackUser("T1", "UGRACE")
TOKEN = Token("timers", "all", "access", "refresh", 2**31)
VAULT = Vault(read_keys(new_key()))


def link(path: Path, person: SlackUser) -> None:
    database = SqliteDatabase(path)
    AccountStore(database, VAULT, clock=lambda: NOW).link(Account(person, "identity", "name"), (TOKEN,))
    database.close()


def linked(path: Path) -> list[str]:
    database = SqliteDatabase(path)
    try:
        return [
            row["user_id"] for row in database.read(lambda one: list(one.query("SELECT * FROM accounts")))
        ]
    finally:
        database.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "bot.db"
    link(path, ADA)
    return path


@pytest.fixture
def backup(path: Path, tmp_path: Path) -> Path:
    """A backup from before Grace came."""
    back_up(path, tmp_path / "copy.db")
    link(path, GRACE)
    return tmp_path / "copy.db"


def test_a_backup_says_what_it_holds_and_is_not_touched(backup: Path) -> None:
    before = backup.read_bytes()
    verified = verify(backup, VAULT)

    assert verified.rows["accounts"] == 1
    assert verified.opened == 2
    assert verified.schema.startswith("m0")
    assert backup.read_bytes() == before
    assert [one.name for one in backup.parent.glob("copy.db*")] == ["copy.db"]


def test_a_backup_is_verified_on_a_disk_that_cannot_be_written(backup: Path) -> None:
    backup.chmod(0o400)
    backup.parent.chmod(0o500)
    try:
        assert verify(backup, VAULT).opened == 2
    finally:
        backup.parent.chmod(0o700)


def test_it_takes_the_place_of_what_was_there_which_is_kept(path: Path, backup: Path) -> None:
    _, aside = restore(backup, path, VAULT, at=NOW)

    assert linked(path) == ["UADA"]
    assert aside
    assert aside.name == "bot.db.before-20261126T030000.000000Z"
    assert linked(aside) == ["UADA", "UGRACE"]
    assert path.stat().st_mode & 0o777 == 0o600
    assert backup.exists()


def test_a_journal_that_was_left_behind_is_not_applied_to_it(path: Path, backup: Path) -> None:
    database = SqliteDatabase(path)
    writing = AccountStore(database, VAULT, clock=lambda: NOW)
    writing.link(Account(SlackUser("T1", "UEVE"), "identity", "eve"), (TOKEN,))
    journal = path.with_name("bot.db-wal").read_bytes()
    database.close()
    path.with_name("bot.db-wal").write_bytes(journal)  # as a crash leaves it

    _, aside = restore(backup, path, VAULT, at=NOW)

    assert linked(path) == ["UADA"]
    assert aside
    assert aside.with_name(aside.name + "-wal").read_bytes() == journal


def test_it_can_be_put_where_nothing_was(backup: Path, tmp_path: Path) -> None:
    _, aside = restore(backup, tmp_path / "new" / "bot.db", VAULT, at=NOW)

    assert aside is None
    assert linked(tmp_path / "new" / "bot.db") == ["UADA"]


def test_it_is_refused_while_a_bot_runs(path: Path, backup: Path) -> None:
    running = SqliteDatabase(path)
    with pytest.raises(DatabaseProblem, match="is using"):
        restore(backup, path, VAULT, at=NOW)
    running.close()

    assert linked(path) == ["UADA", "UGRACE"]


def damaged(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2 :] = b"\x55" * (len(content) - len(content) // 2)
    file.write_bytes(content)


def of_somebody_else(file: Path) -> None:
    file.unlink()
    database = standard.connect(file)
    database.execute("CREATE TABLE recipes (name)")
    database.close()


def newer(file: Path) -> None:
    database = standard.connect(file)
    database.execute(
        "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('transferbot', 'm999', '')"
    )
    database.commit()
    database.close()


def swapped(file: Path) -> None:
    database = standard.connect(file)
    database.execute("UPDATE tokens SET access_token = refresh_token")
    database.commit()
    database.close()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (damaged, "is damaged|is no backup"),
        (lambda file: file.write_bytes(b"no database" * 500), "is no backup"),
        (of_somebody_else, "not transferbot's"),
        (newer, "newer transferbot"),
        (swapped, "was changed, or moved"),
        (lambda file: file.unlink(), "There is no backup"),
        (lambda file: file.with_name("copy.db-wal").write_bytes(b"x"), "not whole without copy.db-wal"),
    ],
)
def test_what_is_no_good_backup_is_refused_and_nothing_is_changed(
    path: Path, backup: Path, spoil: object, said: str
) -> None:
    assert callable(spoil)
    spoil(backup)

    with pytest.raises(DatabaseProblem, match=said):
        restore(backup, path, VAULT, at=NOW)

    assert linked(path) == ["UADA", "UGRACE"]
    assert list(path.parent.glob("*.before-*")) == []
    assert list(path.parent.glob(".*.part")) == []


def test_a_backup_whose_keys_are_not_there_is_refused(path: Path, backup: Path) -> None:
    with pytest.raises(DatabaseProblem, match="a key that is not listed"):
        restore(backup, path, Vault(read_keys(new_key())), at=NOW)
