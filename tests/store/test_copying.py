"""A database is copied whole from a file to a server and back, or not at all."""

import asyncio
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from bot.accounts import Account, SlackUser, Token
from bot.auditing import Deed
from bot.errors import DatabaseProblem
from bot.news import Event, News, Post
from bot.planning import Location, Plan, Source
from bot.schedules import Schedule
from bot.scheduling import RequestState, TimerRequest
from bot.store.auditing import exported, note
from bot.store.beside import beside_file
from bot.store.connecting import connected
from bot.store.copying import copy
from bot.store.database import SqliteDatabase
from bot.store.linking import AccountStore
from bot.store.port import Database
from bot.store.postgresql.database import PostgresqlDatabase
from bot.store.scheduling import RequestStore
from bot.store.telling import MailboxStore
from bot.store.vault import Vault, new_key, read_keys
from tests.postgresql import Server
from tests.store.conftest import AT

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
ADA = SlackUser("T1", "UADA")
KEY = new_key()
SCHEDULE = Schedule(NOW, timedelta(hours=1))
PLAN = Plan(Source("c1", ("/a/",)), Location("c2", "/b/"), SCHEDULE, "C1", name="é\0%:x?")
REQUEST = TimerRequest(
    "r1",
    "abcdefgh",
    ADA,
    Plan(
        Source("c1", ("/a/",)), Location("c2", "/b/"), Schedule(NOW, timedelta(hours=1)), "C1", name="é\0%:x?"
    ),
    NOW,
    state=RequestState.CREATED,
    job_id="job",
)


@pytest.fixture
def kind() -> str:
    return "postgresql"


def fill(database: Database) -> None:
    accounts = AccountStore(database, Vault(read_keys(KEY)), clock=lambda: NOW)
    accounts.link(Account(ADA, "identity", "ada@lab"), (Token("timers", "all", "access", "refresh", 2**31),))
    requests = RequestStore(database, clock=lambda: NOW, owner="one")
    asyncio.run(requests.accept(REQUEST))
    requests.save(REQUEST)
    put = MailboxStore(database, clock=lambda: NOW, owner="one").add
    put([Post("T1", "C1", News(Event.STOPPED, "job", NOW))])
    for number in range(250):
        database.write(lambda one, n=number: note(one, Deed.CREATED, at=NOW, detail=f"{n}"))  # type: ignore[misc]


def old_lab(path: Path) -> Path:
    database = SqliteDatabase(path)
    fill(database)
    database.close()
    return path


def test_a_lab_moves_to_a_server_and_back_and_nothing_is_lost(url: str, tmp_path: Path) -> None:
    old = old_lab(tmp_path / "old.db")

    there = copy(old, url, at=AT)
    back = copy(url, tmp_path / "new.db", at=AT)

    assert there == back
    assert (there["audit"].rows, there["requests"].rows, there["tokens"].rows) == (251, 1, 1)
    with beside_file(tmp_path / "new.db") as database:
        tokens = AccountStore(database, Vault(read_keys(KEY)), clock=lambda: NOW).tokens(ADA)
        assert tokens["timers"].refresh_token == "refresh"
    with closing(PostgresqlDatabase(url)) as on_the_server:
        on_the_server.write(lambda one: note(one, Deed.DELETED, at=NOW))
        trail = [row["audit_id"] for row in exported(on_the_server, since=None)]
    assert trail == list(range(1, 253))


def test_what_has_rows_is_not_copied_to(url: str, tmp_path: Path) -> None:
    old = old_lab(tmp_path / "old.db")
    copy(old, url, at=AT)

    for source, target in ((old, url), (url, old)):
        with pytest.raises(DatabaseProblem, match="not empty"):
            copy(source, target, at=AT)


def test_nothing_is_copied_while_a_bot_runs(url: str, tmp_path: Path) -> None:
    old = old_lab(tmp_path / "old.db")
    with closing(PostgresqlDatabase(url, owner="process-1")):
        for source, target in ((old, url), (url, tmp_path / "new.db")):
            with pytest.raises(DatabaseProblem, match="Bots are running on it: 1"):
                copy(source, target, at=AT)

    with closing(SqliteDatabase(old)), pytest.raises(DatabaseProblem, match="is using"):
        copy(old, url, at=AT)
    assert copy(old, url, at=AT)["requests"].rows == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("DELETE FROM _sqlite_migrations WHERE name LIKE 'm022%'", "older transferbot"),
        ("UPDATE _sqlite_migrations SET name = 'm999_tomorrow' WHERE name LIKE 'm022%'", "newer transferbot"),
    ],
)
def test_only_this_versions_schema_is_copied(url: str, tmp_path: Path, change: str, said: str) -> None:
    old = old_lab(tmp_path / "old.db")
    with connected(old) as opened:
        opened.execute(change)

    with pytest.raises(DatabaseProblem, match=said):
        copy(old, url, at=AT)


def test_what_arrives_otherwise_is_noticed_and_nothing_is_kept(
    url: str, server: Server, tmp_path: Path
) -> None:
    old = old_lab(tmp_path / "old.db")
    with psycopg.connect(url, autocommit=True) as opened:
        opened.execute(
            "CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN NEW.username = 'eve'; RETURN NEW; END $$"
        )
        opened.execute("CREATE TRIGGER lose BEFORE INSERT ON accounts FOR EACH ROW EXECUTE FUNCTION lose()")

    with pytest.raises(DatabaseProblem, match="accounts did not arrive"):
        copy(old, url, at=AT)
    with psycopg.connect(url) as opened:
        assert opened.execute("SELECT count(*) FROM requests").fetchone() == (0,)
    del server
