import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.oauth.installation_store import FileInstallationStore, Installation

from bot.sandbox.serving import served
from bot.sandbox.slack.neighbours import ARCHIVE_TEAM, ENTERPRISE_ID, PLATES, ROSALIND, VERA
from bot.sandbox.slack.workspace import (
    ADA,
    BOT_USER_ID,
    GRACE,
    LAB_DATA,
    NEIGHBOUR_TEAM,
    TEAM_ID,
)
from tests.sandbox.slack.pretend_slack import (
    CREDENTIALS,
    Sandbox,
    error_of,
    home,
    install,
    install_address,
    listening,
    modal,
    page_at,
    sandbox,
    socket_mode,
    until,
    vendor_client,
)

pytestmark = vendor_client

Json = dict[str, Any]
Way = Callable[[Sandbox, AsyncApp], AbstractAsyncContextManager[None]]
COMMAND = {"user_id": ADA, "channel_id": LAB_DATA, "command": "/schedule-transfer"}


@asynccontextmanager
async def _over_http(slack: Sandbox, app: AsyncApp) -> AsyncIterator[None]:
    with served(app.web_app(path="/slack/events")) as base:
        await slack.do("delivery", url=f"{base}/slack/events")
        yield


both_ways = pytest.mark.parametrize("way", [socket_mode, _over_http], ids=["socket", "http"])
orders = pytest.mark.parametrize(
    "order",
    [
        ["app_uninstalled", "tokens_revoked"],
        ["tokens_revoked", "app_uninstalled"],
        ["tokens_revoked"],
        ["app_uninstalled"],
    ],
)


def _bolt(slack: Sandbox, store: FileInstallationStore, heard: list[Json]) -> AsyncApp:
    """Build an app of many workspaces, with Bolt's own listeners for an end."""
    app = slack.app_of_many(store)

    @app.use
    async def listen(body: Json, next_: Callable[[], Any]) -> None:
        heard.append(body)
        await next_()

    @app.event("user_change")
    async def changed() -> None: ...

    app.enable_token_revocation_listeners()
    return app


def _store(folder: Path, **installation: Any) -> FileInstallationStore:  # noqa: ANN401 - as the SDK's own
    store = FileInstallationStore(base_dir=str(folder), client_id=CREDENTIALS.client_id)
    given = {"team_id": TEAM_ID, "bot_token": CREDENTIALS.bot_token, "bot_user_id": BOT_USER_ID}
    store.save(Installation(**(given | {"user_id": ADA, "bot_id": "B0BOT00001"} | installation)))
    return store


@both_ways
@orders
def test_an_uninstalled_app_is_told_and_can_do_nothing_more(
    way: Way, order: list[str], tmp_path: Path
) -> None:
    heard: list[Json] = []
    store = _store(tmp_path)

    async def story() -> None:
        async with way(slack, _bolt(slack, store, heard)):
            answer = await slack.do("uninstall", order=order)
            assert answer["delivered"] == [{"type": one, "outcome": "acknowledged"} for one in order]
        assert await error_of(slack.client().auth_test()) == "account_inactive"
        assert await error_of(slack.client().chat_postMessage(channel=ADA, text="x")) == "account_inactive"
        for act, more in (("command", COMMAND), ("home", {"user_id": ADA}), ("uninstall", {})):
            assert (await slack.refused(act, **more))["error"] == "app_not_installed"

    with sandbox() as slack:
        asyncio.run(story())
    assert [body["event"]["type"] for body in heard] == order
    for body in heard:
        assert (body["team_id"], body["api_app_id"]) == (TEAM_ID, "A0SANDBOX1")
        assert "authorizations" not in body
        if body["event"]["type"] == "tokens_revoked":
            assert body["event"]["tokens"] == {"oauth": [], "bot": [BOT_USER_ID]}
    assert len({body["event_id"] for body in heard}) == len(order)
    if "app_uninstalled" in order:
        assert store.find_bot(enterprise_id=None, team_id=TEAM_ID) is None


def test_what_the_app_shows_is_gone_with_it_and_comes_back_new() -> None:
    async def story() -> None:
        async with listening(slack) as listener:
            await slack.do("command", **COMMAND)
            await slack.client().views_open(trigger_id=listener.trigger_id, view=modal())
            await slack.client().views_publish(user_id=ADA, view=home())
            await slack.do("uninstall")
            assert (await slack.see("views", user_id=ADA))["views"] == []
            again = await install(slack, f"{TEAM_ID}/{ADA}")
            assert again["access_token"] != CREDENTIALS.bot_token
            client = slack.client(again["access_token"])
            assert await error_of(client.chat_postMessage(channel=LAB_DATA, text="x")) == "not_in_channel"
            assert (await slack.see("home", user_id=ADA))["view"] is None
            await slack.do("command", **COMMAND)
            assert await error_of(slack.client().auth_test()) == "account_inactive"

    with sandbox() as slack:
        asyncio.run(story())


@both_ways
def test_a_revoked_bot_token_ends_and_the_app_stays_installed(way: Way, tmp_path: Path) -> None:
    heard: list[Json] = []

    async def story() -> None:
        async with way(slack, _bolt(slack, _store(tmp_path), heard)):
            answer = await slack.do("revoke_bot_token")
            assert answer["delivered"] == [{"type": "tokens_revoked", "outcome": "acknowledged"}]
        assert await error_of(slack.client().auth_test()) == "token_revoked"
        state = await slack.see("state")
        assert state["is_installed"] is True
        assert not any(BOT_USER_ID in one["members"] for one in state["channels"])

    with sandbox() as slack:
        asyncio.run(story())
    (body,) = heard
    assert body["event"]["tokens"] == {"oauth": [], "bot": [BOT_USER_ID]}


@both_ways
def test_a_deactivated_person_is_an_event_and_what_is_asked_about_them_answers_so(
    way: Way, tmp_path: Path
) -> None:
    heard: list[Json] = []

    async def story() -> None:
        async with way(slack, _bolt(slack, _store(tmp_path), heard)):
            answer = await slack.do("deactivate", user_id=GRACE)
            assert answer["delivered"] == [{"type": "user_change", "outcome": "acknowledged"}]
        client = slack.client()
        assert (await client.users_info(user=GRACE))["user"]["deleted"] is True
        assert (await client.users_info(user=ADA))["user"]["deleted"] is False
        assert await error_of(client.conversations_open(users=GRACE)) == "user_disabled"
        # Slack takes the message and nobody reads it: https://github.com/slackapi/python-slack-sdk/issues/1156
        assert await error_of(client.chat_postMessage(channel=GRACE, text="x")) == "ok"
        ephemeral = client.chat_postEphemeral(channel=LAB_DATA, user=GRACE, text="x")
        assert await error_of(ephemeral) == "user_not_in_channel"
        assert (await slack.refused("home", user_id=GRACE))["error"] == "account_inactive"
        assert (await slack.refused("deactivate", user_id=GRACE))["error"] == "account_inactive"

    with sandbox() as slack:
        asyncio.run(story())
        assert f"{TEAM_ID}/{GRACE}" not in page_at(install_address(slack)).people
    (body,) = heard
    assert body["event"]["user"]["id"] == GRACE
    assert body["event"]["user"]["deleted"] is True
    assert body["authorizations"][0]["team_id"] == TEAM_ID


def test_an_app_gives_up_its_own_token_and_is_told() -> None:
    async def story() -> None:
        async with listening(slack) as listener:
            client = slack.client()
            assert (await client.auth_revoke(test=True))["revoked"] is False
            assert (await client.auth_revoke())["revoked"] is True

            async def heard() -> list[str]:
                return [one.payload["event"]["type"] for one in listener.requests]

            await until(slack, heard, ["tokens_revoked"])
            assert await error_of(client.auth_test()) == "token_revoked"

    with sandbox() as slack:
        asyncio.run(story())


def test_an_app_uninstalls_itself_where_its_token_belongs() -> None:
    async def story() -> None:
        token = (await install(slack, f"{NEIGHBOUR_TEAM}/{ROSALIND}", user_scope="openid"))["access_token"]
        client = slack.client(token)
        given = {"client_id": CREDENTIALS.client_id, "client_secret": CREDENTIALS.client_secret}
        async with listening(slack) as listener:
            wrong = client.apps_uninstall(**(given | {"client_secret": "guessed"}))
            assert await error_of(wrong) == "bad_client_secret"
            assert (await client.apps_uninstall(**given))["ok"]

            async def heard() -> list[str]:
                return sorted(one.payload["event"]["type"] for one in listener.requests)

            await until(slack, heard, ["app_uninstalled", "tokens_revoked"])
            tokens = [one.payload["event"].get("tokens") for one in listener.requests]
            assert {"oauth": [ROSALIND], "bot": ["U0BOT00002"]} in tokens
            assert {one.payload["team_id"] for one in listener.requests} == {NEIGHBOUR_TEAM}
        assert await error_of(client.auth_test()) == "account_inactive"
        assert await error_of(slack.client().auth_test()) == "ok"

    with sandbox() as slack:
        asyncio.run(story())


def test_an_enterprise_is_uninstalled_as_a_whole(tmp_path: Path) -> None:
    heard: list[Json] = []

    async def story() -> FileInstallationStore:
        answer = await install(slack, f"{ENTERPRISE_ID}/{VERA}")
        store = _store(
            tmp_path,
            team_id=None,
            enterprise_id=ENTERPRISE_ID,
            is_enterprise_install=True,
            bot_token=answer["access_token"],
        )
        async with socket_mode(slack, _bolt(slack, store, heard)):
            await slack.do("uninstall", team_id=ARCHIVE_TEAM)
        assert await error_of(slack.client(answer["access_token"]).auth_test()) == "account_inactive"
        here = {"team_id": ARCHIVE_TEAM, "user_id": VERA, "channel_id": PLATES}
        refused = await slack.refused("command", **here, command="/schedule-transfer")
        assert refused["error"] == "app_not_installed"
        return store

    with sandbox() as slack:
        store = asyncio.run(story())
    assert {(body["enterprise_id"], body["team_id"]) for body in heard} == {(ENTERPRISE_ID, None)}
    found = store.find_bot(enterprise_id=ENTERPRISE_ID, team_id=None, is_enterprise_install=True)
    assert found is None


def test_events_that_do_not_exist_are_not_ordered_and_nothing_is_removed() -> None:
    with sandbox() as slack:
        refused = asyncio.run(slack.refused("uninstall", order=["app_installed"]))
        assert refused["error"] == "invalid_arguments"
        assert asyncio.run(error_of(slack.client().auth_test())) == "ok"
