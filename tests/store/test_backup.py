"""A backup is whole, readable by its owner only, and overwrites nothing."""

import threading
from pathlib import Path

import pytest

from bot.errors import DatabaseProblem
from bot.store.backup import back_up
from bot.store.connecting import connected
from bot.store.database import SqliteDatabase
from bot.store.port import insert


def test_a_copy_that_is_made_while_the_bot_writes_is_whole(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "bot.db")
    ended = threading.Event()

    def write() -> None:
        number = 0
        while not ended.is_set():
            number += 1
            row = {"team_id": "T1", "user_id": f"U{number}", "request_id": "r", "form": "{}", "saved_at": "x"}
            database.write(lambda writer, row=row: insert(writer, "drafts", row))  # type: ignore[misc]

    thread = threading.Thread(target=write)
    thread.start()
    try:
        sizes = [back_up(tmp_path / "bot.db", tmp_path / f"copy-{number}.db") for number in range(5)]
    finally:
        ended.set()
        thread.join()
        database.close()

    assert all(sizes)
    for number in range(5):
        copy = tmp_path / f"copy-{number}.db"
        assert copy.stat().st_mode & 0o777 == 0o600
        with connected(copy) as opened:
            assert opened.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert list(tmp_path.glob(".*part")) == []


def test_a_backup_overwrites_nothing(tmp_path: Path) -> None:
    SqliteDatabase(tmp_path / "bot.db").close()
    (tmp_path / "copy.db").write_text("precious")

    with pytest.raises(DatabaseProblem, match="exists already"):
        back_up(tmp_path / "bot.db", tmp_path / "copy.db")

    assert (tmp_path / "copy.db").read_text() == "precious"


@pytest.mark.parametrize(
    ("path", "to", "said"),
    [("none.db", "copy.db", "There is no database"), ("bot.db", "no/such/folder.db", "could not be written")],
)
def test_what_stands_in_the_way_is_said(tmp_path: Path, path: str, to: str, said: str) -> None:
    SqliteDatabase(tmp_path / "bot.db").close()

    with pytest.raises(DatabaseProblem, match=said):
        back_up(tmp_path / path, tmp_path / to)
