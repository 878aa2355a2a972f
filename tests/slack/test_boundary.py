"""What is around every handler: strangers stay out, and every error becomes a sentence."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_bolt.kwargs_injection.async_args import AsyncArgs
from slack_sdk.web.async_client import AsyncWebClient

from bot.accounts import SlackUser
from bot.answering import Answering
from bot.installing import Installation, NotInstalled
from bot.serving import join
from bot.settings import read
from bot.slack.app import Boundary, Listen, build
from bot.slack.members import STRANGER
from bot.slack.payloads import person_of

Json = dict[str, Any]
LAB = Installation("T1", "Lab", "xoxb-1", "U9", "U1", datetime(2026, 11, 25, tzinfo=UTC))
HERE: Json = {"team": {"id": "T1"}, "user": {"id": "U1", "team_id": "T1"}}
VIEW: Json = {"id": "V1", "type": "modal", "callback_id": "x", "state": {"values": {}}}
KINDS: dict[str, Json] = {
    "action": HERE | {"type": "block_actions", "actions": [{"type": "button", "action_id": "x"}]},
    "options": HERE | {"type": "block_suggestion", "action_id": "x", "block_id": "x", "value": ""},
    "view": HERE | {"type": "view_submission", "view": VIEW},
    "view_closed": HERE | {"type": "view_closed", "view": VIEW},
    "shortcut": HERE | {"type": "shortcut", "callback_id": "x"},
    "event": {
        "type": "event_callback",
        "team_id": "T1",
        "authorizations": [{"team_id": "T1", "is_enterprise_install": False}],
        "event": {"type": "x", "user": {"id": "U1", "team_id": "T1"}},
    },
}


class Workspaces:
    """Where the bot is installed."""

    def __init__(self, *installations: Installation) -> None:
        self.installed = {one.team_id: one for one in installations}
        self.refusals: list[Installation] = []

    def find(self, team_id: str) -> Installation:
        if team_id not in self.installed:
            raise NotInstalled
        return self.installed[team_id]

    async def find_soon(self, team_id: str) -> Installation:
        return self.find(team_id)

    def renewed(self, installation: Installation) -> Installation:
        return installation

    def refused(self, installation: Installation) -> None:
        self.refusals.append(installation)


class World:
    """An app with one handler of each kind, and who reached them."""

    def __init__(self, *installations: Installation) -> None:
        self.workspaces = Workspaces(*installations)
        client = AsyncWebClient(base_url="http://127.0.0.1:9/api/", retry_handlers=[])
        self.app: AsyncApp = build(client, signing_secret=None, workspaces=self.workspaces)
        listen = Listen(self.app, Boundary(self.workspaces, Answering(perf_counter)))
        for register in (listen.action, listen.options, listen.view, listen.view_closed, listen.shortcut):
            register("x", self.handle)
        listen.event("x", self.handle)
        listen.command("/x", self.handle)
        self.heard: list[SlackUser] = []

    async def handle(self, args: AsyncArgs) -> None:
        self.heard.append(person_of(args))
        await args.ack()

    def send(self, body: Json) -> str:
        answer = asyncio.run(self.app.async_dispatch(AsyncBoltRequest(body=body, mode="socket_mode")))
        assert answer.status == 200
        return answer.body or ""


def by(body: Json, team_id: str | None) -> Json:
    """Let somebody of another workspace do it, who has the same user ID."""
    user = {"id": "U1", "team_id": team_id}
    return body | ({"event": body["event"] | {"user": user}} if "event" in body else {"user": user})


@pytest.mark.parametrize("kind", KINDS)
def test_a_member_is_heard(kind: str) -> None:
    world = World(LAB)
    world.send(KINDS[kind])

    assert world.heard == [SlackUser("T1", "U1")]


@pytest.mark.parametrize("kind", KINDS)
def test_a_stranger_is_not_heard(kind: str) -> None:
    world = World(LAB, replace(LAB, team_id="T2"))
    said = world.send(by(KINDS[kind], "T2"))

    assert world.heard == []
    assert kind != "view" or STRANGER in said


def test_a_stranger_in_a_view_that_opened_for_them_is_not_heard() -> None:
    world = World(LAB, replace(LAB, team_id="T2"))
    body = by(KINDS["view"], "T2") | {
        "team": {"id": "T2"},
        "view": VIEW | {"team_id": "T2", "app_installed_team_id": "T1"},
    }

    assert STRANGER in world.send(body)
    assert world.heard == []


def test_an_event_from_a_shared_channel_that_does_not_say_whose_user_it_is_is_not_heard() -> None:
    world = World(LAB)
    event = KINDS["event"] | {"event": {"type": "x", "user": "U1"}}

    world.send(event | {"is_ext_shared_channel": True})
    assert world.heard == []
    world.send(event | {"is_ext_shared_channel": False})
    assert world.heard == [SlackUser("T1", "U1")]


@pytest.mark.parametrize("kind", [*KINDS, "command"])
def test_where_the_bot_is_not_installed_nobody_is_heard(kind: str) -> None:
    world = World(replace(LAB, team_id="T2"))
    command = {"command": "/x", "team_id": "T1", "user_id": "U1"}
    said = world.send(KINDS.get(kind, command))

    assert world.heard == []
    assert kind not in {"view", "command"} or str(NotInstalled()) in said


def test_a_whole_enterprise_is_one_place_once_a_workspace_is_known_to_belong_to_it() -> None:
    world = World(replace(LAB, team_id="E1", is_org_wide=True))
    whole = {"team": None, "enterprise": {"id": "E1"}, "is_enterprise_install": True}
    click = KINDS["action"] | whole

    world.send(click)  # Slack cannot be asked here, and who is not known stays out
    assert world.heard == []
    world.send(
        {
            "command": "/x",
            "team_id": "T1",
            "enterprise_id": "E1",
            "is_enterprise_install": "true",
            "user_id": "U1",
        }
    )
    world.send(click)
    assert world.heard == [SlackUser("E1", "U1")] * 2
    world.send(by(click, "T2"))
    assert len(world.heard) == 2


@pytest.fixture
def listening(tmp_path: Path) -> Iterator[AsyncApp]:
    """The app of a bot that is built, and not started."""
    settings = read(
        {
            "SLACK_APP_TOKEN": "xapp-1",
            "SLACK_CLIENT_ID": "1.2",
            "SLACK_CLIENT_SECRET": "secret",
            "PUBLIC_URL": "https://bot.example.org",
            "GLOBUS_CLIENT_ID": "c0f1de00-5a4d-4b0f-8b07-000000000001",
            "DATABASE_URL": f"sqlite:///{tmp_path}/bot.db",
        }
    )
    with ExitStack() as closing:
        yield join(settings, only=None, closing=closing).app


def test_every_handler_of_the_bot_is_inside_the_boundary(listening: AsyncApp) -> None:
    names = {one.ack_function.__qualname__ for one in listening._async_listeners}

    assert len(listening._async_listeners) > 20
    assert names == {"Boundary.around.<locals>.inside"}
