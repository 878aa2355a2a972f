"""A rotated token is renewed once, whoever needs it, and nobody waits for Slack who need not."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from typing_extensions import override

from bot.binding import Journey, Purpose
from bot.errors import ServiceUnavailable
from bot.installing import DEAD_FOR, REMEMBERED, Installation, Installing, NotInstalled, OneInstallation

NOW = datetime(2026, 11, 25, tzinfo=UTC)
LAB = Installation("T1", "Lab", "xoxb-1", "U1", "U2", NOW)
ROTATING = replace(LAB, refresh_token="xoxe-1", expires_at=NOW + timedelta(hours=12))


class World(OneInstallation):
    """The kept installations, and Slack, which takes a refresh token once."""

    def __init__(self, installation: Installation) -> None:
        super().__init__(installation)
        self.now = NOW
        self.reads = self.renewals = 0
        self.problem: Exception | None = None
        self.may_answer = threading.Event()
        self.may_answer.set()

    @override
    def find(self, team_id: str) -> Installation | None:
        self.reads += 1
        return super().find(team_id)

    @override
    def renew(self, old: Installation, new: Installation) -> bool:
        self.save(new)
        return True

    def url(self, state: str) -> str:
        return state

    def exchange(self, code: str, *, at: datetime) -> Installation:
        return replace(LAB, bot_token=code, installed_at=at)

    def renewed(self, installation: Installation, *, at: datetime) -> Installation:
        assert self.may_answer.wait(10)
        self.renewals += 1
        if self.problem:
            raise self.problem
        number = self.renewals + 1
        assert installation.refresh_token == f"xoxe-{number - 1}"
        return replace(
            installation,
            bot_token=f"xoxb-{number}",
            refresh_token=f"xoxe-{number}",
            expires_at=at + timedelta(hours=12),
        )

    def is_alive(self, installation: Installation) -> bool:
        return installation.bot_token == "xoxb-1"

    async def begin(self, journey: Journey) -> None:
        del journey

    async def end(
        self, state_hash: str, purpose: Purpose, browser_hash: str, *, now: datetime
    ) -> Journey | None:
        return Journey(state_hash, purpose, "", browser_hash, "", now)


@pytest.fixture
def executor() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(16) as executor:
        yield executor


def installing(world: World, executor: ThreadPoolExecutor) -> Installing:
    return Installing(
        installations=world,
        journeys=world,
        slack=world,
        clock=lambda: world.now,
        executor=executor,
    )


def test_sixteen_who_need_a_stale_token_renew_it_once(executor: ThreadPoolExecutor) -> None:
    world = World(ROTATING)
    it = installing(world, executor)
    world.now += timedelta(hours=11)

    found = list(executor.map(lambda _: it.find("T1").bot_token, range(16)))

    assert set(found) == {"xoxb-2"}
    assert world.renewals == 1


def test_a_handler_does_not_wait_for_the_renewal_of_a_token_that_is_good_for_a_while(
    executor: ThreadPoolExecutor,
) -> None:
    world = World(ROTATING)
    it = installing(world, executor)
    world.now += timedelta(hours=11)
    world.may_answer.clear()

    async def story() -> list[str]:
        return [(await it.find_soon("T1")).bot_token for _ in range(3)]

    assert asyncio.run(story()) == ["xoxb-1"] * 3
    world.may_answer.set()
    executor.shutdown(wait=True)
    assert world.renewals == 1
    assert it.find("T1").bot_token == "xoxb-2"


def test_a_handler_waits_for_the_renewal_of_a_token_that_is_over(executor: ThreadPoolExecutor) -> None:
    world = World(ROTATING)
    world.now += timedelta(hours=13)

    assert asyncio.run(installing(world, executor).find_soon("T1")).bot_token == "xoxb-2"


@pytest.mark.parametrize("problem", [NotInstalled(), ServiceUnavailable("Slack")])
def test_a_token_that_cannot_be_renewed_is_used_until_it_is_over_and_tried_once_a_minute(
    executor: ThreadPoolExecutor, problem: Exception
) -> None:
    world = World(ROTATING)
    world.problem = problem
    it = installing(world, executor)
    world.now += timedelta(hours=11)

    assert [it.find("T1").bot_token for _ in range(5)] == ["xoxb-1"] * 5
    assert world.renewals == 1
    world.now += REMEMBERED
    it.find("T1")
    assert world.renewals == 2
    world.now += timedelta(hours=1)
    with pytest.raises(type(problem)):
        it.find("T1")


@pytest.mark.parametrize("takes_it_twice", [False, True])
def test_a_token_that_another_bot_was_quicker_to_renew_is_taken_from_the_database(
    executor: ThreadPoolExecutor, *, takes_it_twice: bool
) -> None:
    others = replace(ROTATING, bot_token="xoxb-others", expires_at=NOW + timedelta(hours=25))

    class Shared(World):
        @override
        def renewed(self, installation: Installation, *, at: datetime) -> Installation:
            self.save(others)
            if not takes_it_twice:
                raise NotInstalled
            return super().renewed(installation, at=at)

        @override
        def renew(self, old: Installation, new: Installation) -> bool:
            return False

    world = Shared(ROTATING)
    world.now += timedelta(hours=13)

    assert installing(world, executor).find("T1") == others


def test_an_installation_is_remembered_for_a_minute(executor: ThreadPoolExecutor) -> None:
    world = World(LAB)
    it = installing(world, executor)

    for _ in range(100):
        it.find("T1")
        asyncio.run(it.find_soon("T1"))
    assert world.reads == 1
    world.now += REMEMBERED
    it.find("T1")
    assert world.reads == 2


def test_a_new_installation_counts_at_once(executor: ThreadPoolExecutor) -> None:
    world = World(LAB)
    it = installing(world, executor)
    it.find("T1")

    asyncio.run(it.finish("xoxb-new", "state", browser="browser"))
    assert it.find("T1").bot_token == "xoxb-new"
    it.forget("T1")
    with pytest.raises(NotInstalled):
        it.find("T1")


def test_a_refused_token_is_not_tried_again_for_an_hour(executor: ThreadPoolExecutor) -> None:
    world = World(LAB)
    it = installing(world, executor)
    it.refused(it.find("T1"))

    with pytest.raises(NotInstalled):
        it.find("T1")
    world.now += DEAD_FOR
    assert it.find("T1").bot_token == "xoxb-1"


def test_a_refusal_of_an_older_token_says_nothing_of_the_present_one(executor: ThreadPoolExecutor) -> None:
    it = installing(World(LAB), executor)
    it.refused(replace(LAB, bot_token="xoxb-0"))

    assert it.find("T1") == LAB


def test_another_workspace_has_no_token(executor: ThreadPoolExecutor) -> None:
    it = installing(World(LAB), executor)

    with pytest.raises(NotInstalled):
        it.find("T2")
    with pytest.raises(NotInstalled):
        asyncio.run(it.find_soon("T2"))


def test_what_was_read_before_a_change_is_not_remembered_after_it(executor: ThreadPoolExecutor) -> None:
    reading, changed = threading.Event(), threading.Event()

    class Slow(World):
        @override
        def find(self, team_id: str) -> Installation | None:
            found = super().find(team_id)
            if threading.current_thread().name.startswith("slow"):
                reading.set()
                assert changed.wait(10)
            return found

    it = installing(Slow(LAB), executor)
    slow = threading.Thread(target=it.find, args=("T1",), name="slow")
    slow.start()
    assert reading.wait(10)
    it.forget("T1")
    changed.set()
    slow.join()

    with pytest.raises(NotInstalled):
        it.find("T1")
