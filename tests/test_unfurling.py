"""Which links are looked at, for whom, and how often somebody is asked."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.accounts import Account, SlackUser
from bot.errors import Problem, ServiceUnavailable
from bot.store.database import SqliteDatabase
from bot.store.port import Database
from bot.store.unfurling import ChoiceStore
from bot.timers import Run, Timer
from bot.unfurling import (
    MOST_LINKS,
    Choice,
    Place,
    PlacesPreview,
    Shared,
    TaskPreview,
    TimerPreview,
    Unfurling,
)

ADA = SlackUser("T1", "U1")
ID = "aaaaaaaa-0000-4000-8000-000000000001"
APP = "https://app.globus.org"
TASK = TaskPreview("Nightly", Run(datetime(2026, 11, 25, tzinfo=UTC)), "Laptop", "Campus")
TIMER = Timer(ID, "Nightly [abcdefgh]")
FILES = f"{APP}/file-manager?origin_id={ID}&origin_path=%2Fdata%2F"


class Previews:
    """What Ada sees at Globus; `problem` keeps her from it."""

    def __init__(self) -> None:
        self.problem: Problem | None = None
        self.asked: list[str] = []

    def task(self, person: SlackUser, task_id: str) -> TaskPreview:
        self._ask(person, f"task {task_id}")
        return TASK

    def timer(self, person: SlackUser, job_id: str) -> Timer:
        self._ask(person, f"timer {job_id}")
        return TIMER

    def collection(self, person: SlackUser, collection_id: str) -> str:
        self._ask(person, f"collection {collection_id}")
        return "Laptop"

    def _ask(self, person: SlackUser, what: str) -> None:
        assert person == ADA
        self.asked.append(what)
        if self.problem:
            raise self.problem


class World:
    """Ada, who is linked, and what she chose."""

    def __init__(self, database: Database, executor: ThreadPoolExecutor) -> None:
        self.account: Account | None = Account(ADA, "i1", "ada@example.org")
        self.choices = ChoiceStore(database)
        self.previews = Previews()
        self.unfurling = Unfurling(
            choices=self.choices,
            account=lambda _person: self.account,
            previews=self.previews,
            app_hosts=frozenset({"app.globus.org"}),
            executor=executor,
        )

    def choose(self, choice: Choice) -> None:
        asyncio.run(self.unfurling.choose(ADA, choice))

    def shared(self, *links: str) -> Shared:
        return asyncio.run(self.unfurling.shared(ADA, links))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    database = SqliteDatabase(tmp_path / "bot.db")
    with ThreadPoolExecutor(2) as executor:
        yield World(database, executor)
    database.close()


@pytest.mark.parametrize(
    ("link", "preview"),
    [
        (f"{APP}/activity/{ID}", TASK),
        (f"{APP}/activity/{ID.upper()}/overview", TASK),
        (f"{APP}/activity/timers/{ID}/overview", TimerPreview(TIMER)),
        (FILES, PlacesPreview(FILES, Place("Laptop", "/data/"), None)),
    ],
)
def test_a_link_is_shown_as_what_it_leads_to(world: World, link: str, preview: object) -> None:
    world.choose(Choice.YES)

    assert world.shared(link) == Shared({link: preview})  # type: ignore[dict-item]


@pytest.mark.parametrize(
    "link",
    [
        f"https://evil.example/activity/{ID}",
        f"https://app.globus.org.evil.example/activity/{ID}",
        f"{APP}/activity",
        f"{APP}/settings",
        f"{APP}/activity/{'-' * 36}",
        "https://[nonsense",
    ],
)
def test_other_links_are_not_looked_at(world: World, link: str) -> None:
    world.choose(Choice.YES)

    assert world.shared(link) == Shared()
    assert world.previews.asked == []


def test_everybody_is_asked_once(world: World) -> None:
    assert world.unfurling.choice(ADA) is None
    assert world.shared("https://example.org/") == Shared()
    assert world.shared(FILES) == Shared(is_to_ask=True)
    assert world.shared(FILES) == Shared()
    assert world.unfurling.choice(ADA) is Choice.ASKED


def test_who_said_no_or_is_not_linked_is_left_in_peace(world: World) -> None:
    world.account = None
    assert world.shared(FILES) == Shared()
    assert world.unfurling.choice(ADA) is None

    world.account = Account(ADA, "i1", "ada@example.org", is_ended=True)
    assert world.shared(FILES) == Shared()

    world.account = Account(ADA, "i1", "ada@example.org")
    world.choose(Choice.NO)
    assert world.shared(FILES) == Shared()
    assert world.previews.asked == []


def test_what_cannot_be_seen_is_left_out(world: World) -> None:
    world.choose(Choice.YES)
    world.previews.problem = ServiceUnavailable("Globus")

    assert world.shared(FILES) == Shared()


def test_a_list_of_links_shows_only_the_first(world: World) -> None:
    world.choose(Choice.YES)
    links = [f"{APP}/activity/{ID[:-2]}{number:02}" for number in range(MOST_LINKS + 3)]

    assert list(world.shared(*links).previews) == links[:MOST_LINKS]
