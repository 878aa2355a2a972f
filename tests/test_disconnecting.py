"""A parting is carried out step by step, and each step only once."""

import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.accounts import SlackUser, Token
from bot.disconnecting import GIVEN_UP_AFTER, Disconnecting, Parting
from bot.errors import ServiceUnavailable, SignInNeeded
from bot.timers import Timer

NOW = datetime(2026, 11, 25, tzinfo=UTC)
ADA = SlackUser("T1", "U1")
TOKENS = {name: Token(name, "scope", f"{name}-access", f"{name}-refresh", 0) for name in ("auth", "timers")}
PARTING = Parting("p1", ADA, NOW, delete=("job-1", "job-2"), tokens=TOKENS, due=NOW)


class World:
    """Partings, Globus and Slack, as one parting meets them."""

    def __init__(self) -> None:
        self.now = NOW
        self.kept: dict[str, Parting] = {}
        self.made = [Timer("job-1", "Nightly"), Timer("job-2", "Hourly")]
        self.calls: list[str] = []
        self.failing: dict[str, Exception] = {}
        self.told: list[Parting] = []
        self.told_as_deleted: list[str] = []

    def begin(self, parting: Parting) -> bool:
        self.kept[parting.parting_id] = replace(parting, tokens=TOKENS)
        return True

    def save(self, parting: Parting) -> None:
        self.kept[parting.parting_id] = parting

    def end(self, parting: Parting) -> None:
        del self.kept[parting.parting_id]

    def people(self, team_id: str) -> Sequence[SlackUser]:
        return [ADA] if team_id == "T1" else []

    def forget(self, person: SlackUser) -> None:
        self.calls.append(f"forget {person.user_id}")

    def forget_workspace(self, team_id: str) -> None:
        self.calls.append(f"forget {team_id}")

    def deleted(self, person: SlackUser, job_id: str) -> None:
        assert person == ADA
        self.told_as_deleted.append(job_id)

    def made_for(self, person: SlackUser) -> Sequence[Timer]:
        return self.made if person == ADA else []

    def live(self, person: SlackUser) -> Sequence[Timer]:
        self._call(f"live {person.user_id}")
        return [Timer("job-2", "Hourly"), Timer("job-9", "Made elsewhere")]

    def delete_timer(self, parting: Parting, job_id: str) -> None:
        assert parting.tokens
        self._call(f"delete {job_id}")

    def revoke(self, token: Token) -> None:
        self._call(f"revoke {token.resource_server}")

    def parted(self, parting: Parting) -> None:
        self.told.append(parting)

    def _call(self, call: str) -> None:
        self.calls.append(call)
        if call in self.failing:
            raise self.failing.pop(call)


def disconnecting(world: World) -> Disconnecting:
    return Disconnecting(
        partings=world,
        globus=world,
        news=world,
        clock=lambda: world.now,
        new_id=lambda: "p1",
        wake=lambda: None,
        chance=random.Random(1),  # noqa: S311 - a test repeats itself
        executor=ThreadPoolExecutor(1),
    )


def test_timers_are_deleted_before_the_tokens_are_revoked() -> None:
    world = World()
    world.save(PARTING)
    disconnecting(world).work(PARTING)

    assert world.calls == ["delete job-1", "delete job-2", "revoke auth", "revoke timers"]
    assert world.kept == {}
    assert [one.deleted for one in world.told] == [2]
    assert world.told_as_deleted == ["job-1", "job-2"]


def test_what_globus_did_not_confirm_is_tried_again_and_nothing_else_is() -> None:
    world = World()
    world.save(PARTING)
    world.failing = {
        "delete job-2": ServiceUnavailable("Globus"),
        "revoke timers": ServiceUnavailable("Globus"),
    }
    parting = disconnecting(world)
    parting.work(PARTING)
    parting.work(world.kept["p1"])
    parting.work(world.kept["p1"])

    assert world.calls == [
        "delete job-1",
        "delete job-2",
        "delete job-2",
        "revoke auth",
        "revoke timers",
        "revoke timers",
    ]
    assert world.kept == {}


def test_a_service_that_is_down_is_asked_ever_less_often() -> None:
    world = World()
    parting = PARTING
    delays = []
    for _ in range(20):
        world.failing = {"delete job-1": ServiceUnavailable("Globus")}
        disconnecting(world).work(parting)
        parting = world.kept["p1"]
        assert parting.due
        delays.append(parting.due - world.now)

    assert delays[0] < timedelta(seconds=2)
    assert timedelta(minutes=45) <= delays[-1] <= timedelta(minutes=75)


def test_after_a_month_it_is_given_up() -> None:
    world = World()
    world.save(PARTING)
    world.now = NOW + GIVEN_UP_AFTER
    world.failing = {"delete job-1": ServiceUnavailable("Globus")}
    disconnecting(world).work(PARTING)

    assert world.kept == {}


def test_dead_tokens_delete_no_timers_and_are_revoked_all_the_same() -> None:
    world = World()
    world.save(PARTING)
    world.failing = {"delete job-1": SignInNeeded()}
    disconnecting(world).work(PARTING)

    assert world.calls == ["delete job-1", "revoke auth", "revoke timers"]
    assert [(one.deleted, one.undeleted) for one in world.told] == [(0, 2)]


def test_only_timers_that_the_bot_made_are_shown_and_deleted() -> None:
    world = World()
    parting = disconnecting(world)

    assert [timer.job_id for timer in parting.farewell(ADA).timers] == ["job-2"]
    parting.begin(ADA, delete=["job-2", "job-9"])
    assert world.kept["p1"].delete == ("job-2",)


def test_without_globus_the_timers_that_the_bot_knows_are_shown() -> None:
    world = World()
    world.failing = {"live U1": ServiceUnavailable("Globus")}
    farewell = disconnecting(world).farewell(ADA)

    assert [timer.job_id for timer in farewell.timers] == ["job-1", "job-2"]
    assert not farewell.is_certain


def test_when_a_workspace_goes_everybody_in_it_is_disconnected_and_nobody_is_told() -> None:
    world = World()
    parting = disconnecting(world)
    parting.leave_workspace("T1")
    parting.work(world.kept["p1"])

    assert world.calls == ["forget T1", "revoke auth", "revoke timers"]
    assert world.told == []
