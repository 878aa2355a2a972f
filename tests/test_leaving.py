"""A workspace is left when its token is dead, whatever Slack says when, and never while it works."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.errors import ServiceUnavailable
from bot.installing import Installation
from bot.leaving import BETWEEN_LOOKS, LOOKS, SECOND_PASS, Leaving, Removal

NOW = datetime(2026, 11, 25, tzinfo=UTC)
LAB = Installation("T1", "Lab", "xoxb-1", "U1", "U2", NOW)
REMOVAL = Removal("T1", removed_at=NOW + timedelta(hours=1), due=NOW)


class World:
    """One installation, and what becomes of its removal."""

    def __init__(self) -> None:
        self.in_use: Installation | None = None
        self.problem: Exception | None = None
        self.kept: Removal | None = REMOVAL
        self.left: list[str] = []
        self.forgotten: list[str] = []

    async def begin(self, removal: Removal) -> None:
        self.kept = removal

    def save(self, removal: Removal) -> None:
        self.kept = removal

    def end(self, removal: Removal) -> None:
        del removal
        self.kept = None

    def is_in_use(self, team_id: str) -> Installation | None:
        assert team_id == "T1"
        if self.problem:
            raise self.problem
        return self.in_use

    def forget(self, team_id: str) -> None:
        self.forgotten.append(team_id)

    def work(self) -> Removal | None:
        assert self.kept
        Leaving(
            removals=self, installed=self, leave=self.left.append, clock=lambda: NOW, wake=lambda: None
        ).work(self.kept)
        return self.kept


def test_a_workspace_is_left_at_once_and_once_more_later() -> None:
    world = World()

    again = world.work()
    assert world.forgotten == world.left == ["T1"]
    assert again == replace(REMOVAL, is_left=True, due=NOW + SECOND_PASS)
    assert world.work() is None
    assert world.left == ["T1", "T1"]


def test_what_is_said_of_an_earlier_installation_is_over() -> None:
    world = World()
    world.in_use = replace(LAB, installed_at=REMOVAL.removed_at + timedelta(seconds=1))

    assert world.work() is None
    assert world.left == []


def test_a_token_that_works_is_believed_after_some_looks() -> None:
    world = World()
    world.in_use = LAB

    for look in range(LOOKS):
        assert world.work() == replace(REMOVAL, looks=look + 1, due=NOW + BETWEEN_LOOKS)
    assert world.work() is None
    assert world.left == []


def test_a_token_that_dies_between_the_looks_is_the_end() -> None:
    world = World()
    world.in_use = LAB
    world.work()
    world.in_use = None
    world.work()

    assert world.left == ["T1"]


def test_slack_that_does_not_answer_is_asked_again_later() -> None:
    world = World()
    world.problem = ServiceUnavailable("Slack", retry_after=90)
    later = world.work()

    assert later
    assert later.due == NOW + timedelta(seconds=90)
    assert world.left == []
