"""The benchmarks work, and what they measure in times is asserted here in counts."""

import asyncio
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from benchmarks.messages import filled_in, request, submission
from benchmarks.tables import Table
from benchmarks.trips import one_after_another
from bot.accounts import SlackUser
from bot.drafts import Draft
from bot.scheduling import Scheduling
from bot.slack.form import read_state
from bot.store.database import SqliteDatabase
from bot.store.port import Connection
from bot.store.scheduling import RequestStore

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ROOT = Path(__file__).parents[1]


def test_the_command_starts_everything_and_draws_a_table_without_bad_answers() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--quick", "--only", "answers"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    answers, heading, shares = done.stdout.partition("Throughput as a share")
    assert heading
    assert len(shares.splitlines()) > 3
    head, *rows = [line.split("  ") for line in answers.splitlines() if "   " in line]
    cells = [[cell.strip() for cell in row if cell.strip()] for row in rows]
    columns = [cell.strip() for cell in head if cell.strip()]
    arrangements = {row[columns.index("arrangement")] for row in cells}
    assert arrangements >= {"Bolt, Flask, gunicorn", "AsyncApp, uvicorn", "bot, HTTP", "bot, Socket Mode"}
    assert {row[columns.index("bad")] for row in cells} == {"0"}, done.stdout


def test_a_submission_is_one_transaction_of_two_statements(tmp_path: Path) -> None:
    said = submitted(tmp_path, forms=1)

    assert [one.split()[0] for one in said] == ["BEGIN", "DELETE", "INSERT", "COMMIT"]


def test_submissions_that_come_together_share_their_flush(tmp_path: Path) -> None:
    said = submitted(tmp_path, forms=40)

    assert sum(one.startswith("INSERT") for one in said) == 40
    assert said.count("COMMIT") <= 10


def submitted(folder: Path, *, forms: int) -> Sequence[str]:
    """Send so many forms at once; gives what SQLite was told."""
    database, said = SqliteDatabase(folder / "bot.db"), list[str]()

    def listen(connection: Connection) -> None:
        connection.conn.set_trace_callback(said.append)  # type: ignore[attr-defined]

    database.write(listen)
    said.clear()
    references = iter(f"abc{number:05}" for number in range(forms))
    scheduling = Scheduling(
        inbox=RequestStore(database, clock=lambda: NOW, owner="one"),
        clock=lambda: NOW,
        new_reference=lambda: next(references),
        wake=lambda: None,
    )
    form = read_state(submission().payload["view"]["state"]["values"])

    async def submit() -> None:
        drafts = [Draft(SlackUser("T1", "U1"), f"request {number}", form) for number in range(forms)]
        await asyncio.gather(
            *(scheduling.submit(one, zone=ZoneInfo("Europe/Berlin"), view_id="V1") for one in drafts)
        )

    asyncio.run(submit())
    database.close()
    return [one for one in said if not one.startswith(("SAVEPOINT", "RELEASE", "PRAGMA"))]


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([], 0),
        ([(0, 300)], 1),
        ([(0, 300), (0.01, 290), (0.02, 310)], 1),
        ([(0, 300), (0.01, 300), (0.32, 300)], 2),
        ([(0, 300), (0.31, 300), (0.62, 300)], 3),
    ],
)
def test_round_trips_that_overlap_count_once(spans: Sequence[tuple[float, float]], expected: int) -> None:
    assert one_after_another([{"at": at, "took_ms": took} for at, took in spans]) == expected


def test_each_message_has_a_number_of_its_own_and_keeps_its_length() -> None:
    text = submission().written()
    one, other = filled_in(text, 7), filled_in(text, 123_456)

    assert one != other
    assert len(one) == len(other) == len(text)
    assert request(one).endswith(one)


def test_a_table_is_drawn_for_eyes_and_as_markdown() -> None:
    table = Table("Speed", ("what", "times/s"), [("a bare app", "1,200"), ("bot", "9")])

    assert table.plain() == "Speed\n\nwhat        times/s\na bare app    1,200\nbot               9\n"
    assert table.markdown().splitlines()[2:] == [
        "| what       | times/s |",
        "| ---------- | ------: |",
        "| a bare app |   1,200 |",
        "| bot        |       9 |",
    ]
