import asyncio
from pathlib import Path
from typing import Any

import pytest
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext
from slack_sdk.oauth.installation_store import FileInstallationStore, Installation
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.sandbox.globus.identities import ADA as ADA_AT_GLOBUS, KATHERINE as KATHERINE_AT_GLOBUS, PEOPLE
from bot.sandbox.person import NotDone, Person
from bot.sandbox.slack.neighbours import (
    ARCHIVE_TEAM,
    CRYO_DATA,
    ENTERPRISE_ID,
    HENRIETTA,
    NAMESAKE,
    OBSERVATORY_TEAM,
    PLATES,
    ROSALIND,
    SKY_DATA,
    VERA,
)
from bot.sandbox.slack.workspace import (
    ADA,
    BOT_USER_ID,
    GRACE,
    KATHERINE,
    LAB_DATA,
    NEIGHBOUR_TEAM,
    PARTNERS,
    TEAM_ID,
)
from tests.sandbox.slack.pretend_slack import (
    CREDENTIALS,
    Sandbox,
    actions,
    button,
    error_of,
    home,
    input_of,
    install,
    listening,
    modal,
    plain,
    sandbox,
    section,
    socket_mode,
    text_input,
    vendor_client,
)

pytestmark = vendor_client

Json = dict[str, Any]
COMMAND = "/schedule-transfer"


def test_the_first_workspace_has_a_third_person_in_a_zone_of_her_own() -> None:
    async def zones() -> list[str]:
        people = (ADA, GRACE, KATHERINE)
        return [(await slack.client().users_info(user=one))["user"]["tz"] for one in people]

    with sandbox() as slack:
        assert len(set(asyncio.run(zones()))) == 3
        assert asyncio.run(slack.messages(KATHERINE, LAB_DATA)) == []
    domains = [one.username.partition("@")[2] for one in (ADA_AT_GLOBUS, KATHERINE_AT_GLOBUS)]
    assert domains == ["sandbox-lab.example", "partner-institute.example"]
    assert len({one.id for one in PEOPLE}) == 3


def test_nothing_reaches_an_app_from_where_it_is_not_installed() -> None:
    async def story() -> list[str]:
        async with listening(slack) as listener:
            here = {"team_id": NEIGHBOUR_TEAM, "user_id": ROSALIND}
            acts: tuple[tuple[str, Json], ...] = (
                ("command", {"channel_id": CRYO_DATA, "command": COMMAND}),
                ("shortcut", {"callback_id": "schedule_transfer"}),
                ("home", {}),
            )
            errors = [(await slack.refused(act, **here, **more))["error"] for act, more in acts]
            assert listener.requests == []
            return errors

    with sandbox() as slack:
        assert asyncio.run(story()) == ["app_not_installed"] * 3
        assert asyncio.run(slack.refused("command", team_id="T0NOWHERE1"))["error"] == "team_not_found"


def test_a_token_sees_its_own_workspace_only() -> None:
    async def story() -> None:
        mine = slack.client()
        theirs = slack.client((await install(slack, f"{NEIGHBOUR_TEAM}/{ROSALIND}"))["access_token"])
        assert (await mine.users_info(user=ADA))["user"]["real_name"] == "Ada Lovelace"
        assert (await theirs.users_info(user=NAMESAKE))["user"]["real_name"] == "Adam Lovett"
        assert await error_of(theirs.users_info(user=KATHERINE)) == "user_not_found"
        assert await error_of(theirs.chat_postMessage(channel=LAB_DATA, text="hello")) == "channel_not_found"
        assert await error_of(theirs.chat_postMessage(channel=CRYO_DATA, text="hello")) == "not_in_channel"
        await slack.do("members", team_id=NEIGHBOUR_TEAM, channel_id=CRYO_DATA, joined=True)
        posted = await theirs.chat_postMessage(channel=CRYO_DATA, text="hello")
        assert posted["message"]["bot_id"] == "B0BOT00002"
        assert posted["message"]["team"] == NEIGHBOUR_TEAM
        told = await theirs.chat_postMessage(channel=NAMESAKE, text="for Adam")
        await mine.chat_postMessage(channel=ADA, text="for Ada")
        assert await error_of(mine.chat_update(channel=told["channel"], ts=told["ts"], text="mine")) != "ok"

    with sandbox() as slack:
        asyncio.run(story())
        adam = Person(slack.base, NAMESAKE, team_id=NEIGHBOUR_TEAM)
        assert [one["text"] for one in adam.direct_messages()] == ["for Adam"]
        assert [one["text"] for one in Person(slack.base, ADA).direct_messages()] == ["for Ada"]
        with pytest.raises(NotDone):
            adam.messages(LAB_DATA)


def test_views_of_namesakes_are_apart_and_a_view_obeys_its_own_installation_only() -> None:
    async def story() -> None:
        mine = slack.client()
        theirs = slack.client((await install(slack, f"{NEIGHBOUR_TEAM}/{ROSALIND}"))["access_token"])
        async with listening(slack) as listener:
            await slack.do("shortcut", user_id=ADA, callback_id="x")
            trigger = listener.trigger_id
            assert await error_of(theirs.views_open(trigger_id=trigger, view=modal())) == "invalid_trigger_id"
            opened = await mine.views_open(trigger_id=trigger, view=modal(external_id="same"))
            await slack.do("shortcut", team_id=NEIGHBOUR_TEAM, user_id=NAMESAKE, callback_id="x")
            other = await theirs.views_open(
                trigger_id=listener.trigger_id, view=modal(text_input("theirs"), external_id="same")
            )
            assert other["view"]["app_installed_team_id"] == NEIGHBOUR_TEAM
            view_id = opened["view"]["id"]
            assert await error_of(theirs.views_update(view_id=view_id, view=modal())) == "not_found"
            updated = await theirs.views_update(external_id="same", view=modal(text_input("new")))
            assert updated["view"]["id"] == other["view"]["id"]
            refused = await slack.refused("submit", team_id=NEIGHBOUR_TEAM, user_id=NAMESAKE, view_id=view_id)
            assert refused["error"] == "not_found"
        await mine.views_publish(user_id=ADA, view=home(section("for Ada")))
        await theirs.views_publish(user_id=NAMESAKE, view=home(section("for Adam")))

    with sandbox() as slack:
        asyncio.run(story())
        top = asyncio.run(slack.top_view())
        shown = asyncio.run(slack.see("home", user_id=NAMESAKE, team_id=NEIGHBOUR_TEAM))
    assert top["blocks"][0]["block_id"] == "name"
    assert shown["view"]["blocks"][0]["text"]["text"] == "for Adam"


def test_bolt_with_an_installation_store_serves_both_workspaces(tmp_path: Path) -> None:
    store = FileInstallationStore(base_dir=str(tmp_path), client_id=CREDENTIALS.client_id)
    heard: list[Json] = []

    async def story() -> None:
        store.save(_kept(await install(slack, f"{NEIGHBOUR_TEAM}/{ROSALIND}")))
        store.save(_kept(await install(slack, f"{TEAM_ID}/{ADA}")))
        store.save(_kept(await install(slack, f"{ENTERPRISE_ID}/{VERA}")))
        async with socket_mode(slack, _bolt(slack, store, heard)):
            for team_id, user_id, channel_id in (
                (TEAM_ID, ADA, LAB_DATA),
                (NEIGHBOUR_TEAM, NAMESAKE, CRYO_DATA),
                (OBSERVATORY_TEAM, VERA, SKY_DATA),
                (ARCHIVE_TEAM, HENRIETTA, PLATES),
            ):
                here = {"team_id": team_id, "user_id": user_id}
                await slack.do("command", **here, channel_id=channel_id, command=COMMAND)
                view_id = (await slack.see("views", **here))["views"][-1]["id"]
                await slack.do("input", **here, view_id=view_id, block_id="name", value="nightly")
                await slack.do("submit", **here, view_id=view_id)

    with sandbox() as slack:
        asyncio.run(story())
        seen = [
            Person(slack.base, user_id, team_id=team_id).direct_messages()[-1]
            for team_id, user_id in ((TEAM_ID, ADA), (NEIGHBOUR_TEAM, NAMESAKE), (ARCHIVE_TEAM, HENRIETTA))
        ]
    commands, submissions = heard[::2], heard[1::2]
    assert [one["team_id"] for one in commands] == [TEAM_ID, NEIGHBOUR_TEAM, OBSERVATORY_TEAM, ARCHIVE_TEAM]
    assert [one["enterprise_id"] for one in commands] == [None, None, ENTERPRISE_ID, ENTERPRISE_ID]
    assert [one["is_enterprise_install"] for one in commands] == [False, False, True, True]
    assert [one["team_id"] for one in submissions[2:]] == [ENTERPRISE_ID, ENTERPRISE_ID]
    assert [one["actor"] for one in submissions] == [
        TEAM_ID,
        NEIGHBOUR_TEAM,
        OBSERVATORY_TEAM,
        ARCHIVE_TEAM,
    ]
    assert [one["bot_id"] for one in seen] == ["B0BOT00001", "B0BOT00002", "B0BOT00003"]


def _kept(answer: Json) -> Installation:
    return Installation(
        app_id=answer["app_id"],
        enterprise_id=(answer["enterprise"] or {}).get("id"),
        team_id=(answer["team"] or {}).get("id"),
        bot_token=answer["access_token"],
        bot_id="kept",
        bot_user_id=answer["bot_user_id"],
        user_id=answer["authed_user"]["id"],
        is_enterprise_install=answer["is_enterprise_install"],
    )


def _bolt(slack: Sandbox, store: FileInstallationStore, heard: list[Json]) -> AsyncApp:
    app = slack.app_of_many(store)

    @app.command(COMMAND)
    async def asked(ack: AsyncAck, body: Json, context: AsyncBoltContext, client: AsyncWebClient) -> None:
        heard.append(_context(context, body))
        await client.views_open(trigger_id=body["trigger_id"], view=modal(text_input("name")))
        await ack()

    @app.view("form")
    async def sent(ack: AsyncAck, body: Json, context: AsyncBoltContext, client: AsyncWebClient) -> None:
        heard.append(_context(context, body))
        await ack()
        await client.chat_postMessage(channel=body["user"]["id"], text="thank you")

    return app


def _context(context: AsyncBoltContext, body: Json) -> Json:
    return {
        "team_id": context.team_id,
        "enterprise_id": context.enterprise_id,
        "is_enterprise_install": context.is_enterprise_install,
        "actor": body.get("user", {}).get("team_id"),
    }


def test_what_an_enterprise_sends_names_it_and_no_team() -> None:
    async def story() -> list[Json]:
        client = slack.client((await install(slack, f"{ENTERPRISE_ID}/{VERA}"))["access_token"])
        async with listening(slack) as listener:
            here = {"team_id": ARCHIVE_TEAM, "user_id": VERA}
            await slack.do("command", **here, channel_id=PLATES, command=COMMAND)
            await client.views_open(trigger_id=listener.trigger_id, view=modal())
            await slack.do("shortcut", **here, callback_id="x")
            await client.views_publish(user_id=VERA, view=home())
            await slack.do("home", **here)
            await slack.do("members", team_id=ARCHIVE_TEAM, channel_id=PLATES, joined=True)
            assert (await client.chat_postMessage(channel=PLATES, text="hello"))["ok"]
            assert (await client.users_info(user=HENRIETTA))["user"]["team_id"] == ARCHIVE_TEAM
            return [one.payload for one in listener.requests]

    with sandbox() as slack:
        command, shortcut, opened = asyncio.run(story())
    assert command["team_id"] == ARCHIVE_TEAM
    assert command["enterprise_id"] == ENTERPRISE_ID
    assert command["is_enterprise_install"] == "true"
    assert shortcut["team"] is None
    assert shortcut["enterprise"] == {"id": ENTERPRISE_ID, "name": "Sandbox Consortium"}
    assert shortcut["user"]["team_id"] == ARCHIVE_TEAM
    (authorization,) = opened["authorizations"]
    assert authorization["is_enterprise_install"] is True
    assert authorization["team_id"] is None
    assert opened["event"]["view"]["app_installed_team_id"] == ENTERPRISE_ID


def test_a_stranger_presses_a_button_in_a_shared_channel() -> None:
    async def story() -> list[Json]:
        client = slack.client()
        posted = await client.chat_postMessage(channel=PARTNERS, text="t", blocks=[actions(button("go"))])
        async with listening(slack) as listener:
            about = {"channel_id": PARTNERS, "message_ts": posted["ts"], "action_id": "go"}
            for user_id in (ROSALIND, NAMESAKE):
                await slack.do("click", team_id=NEIGHBOUR_TEAM, user_id=user_id, **about)
            await client.views_open(trigger_id=listener.trigger_id, view=modal(text_input("name")))
            here = {"team_id": NEIGHBOUR_TEAM, "user_id": NAMESAKE}
            view_id = (await slack.see("views", **here))["views"][-1]["id"]
            await slack.do("input", **here, view_id=view_id, block_id="name", value="x")
            await slack.do("submit", **here, view_id=view_id)
            answer = AsyncWebhookClient(listener.requests[1].payload["response_url"])
            assert (await answer.send(text="not yours")).status_code == 200
            return [one.payload for one in listener.requests]

    with sandbox() as slack:
        rosalind, namesake, submission = asyncio.run(story())
        adam = Person(slack.base, NAMESAKE, team_id=NEIGHBOUR_TEAM)
        seen = [[one["text"] for one in who.messages(PARTNERS)] for who in (adam, Person(slack.base, ADA))]
    assert rosalind["user"]["id"] == ROSALIND
    assert namesake["user"]["id"] == ADA
    for clicked in (rosalind, namesake):
        assert clicked["team"]["id"] == TEAM_ID
        assert clicked["user"]["team_id"] == NEIGHBOUR_TEAM
        assert clicked["message"]["team"] == TEAM_ID
    assert submission["team"]["id"] == submission["view"]["team_id"] == NEIGHBOUR_TEAM
    assert submission["view"]["app_installed_team_id"] == TEAM_ID
    assert seen == [["t", "not yours"], ["t"]]


def test_a_stranger_is_known_through_a_shared_channel_and_can_be_told_something_there() -> None:
    async def story() -> None:
        client = slack.client()
        stranger = (await client.users_info(user=ROSALIND))["user"]
        assert (stranger["team_id"], stranger["real_name"]) == (NEIGHBOUR_TEAM, "Rosalind Franklin")
        channel = (await client.conversations_info(channel=PARTNERS))["channel"]
        assert channel["is_ext_shared"] is True
        assert channel["connected_team_ids"] == [NEIGHBOUR_TEAM]
        assert (await client.conversations_info(channel=LAB_DATA))["channel"]["is_ext_shared"] is False
        await client.chat_postEphemeral(channel=PARTNERS, user=ROSALIND, text="for your eyes")
        refused = client.chat_postEphemeral(channel=LAB_DATA, user=ROSALIND, text="not here")
        assert await error_of(refused) == "user_not_in_channel"

    with sandbox() as slack:
        asyncio.run(story())
        rosalind = Person(slack.base, ROSALIND, team_id=NEIGHBOUR_TEAM)
        assert [one["text"] for one in rosalind.messages(PARTNERS)] == ["for your eyes"]
        assert Person(slack.base, ADA).messages(PARTNERS) == []


def test_a_stranger_has_no_command_where_only_the_other_side_has_the_app() -> None:
    async def story() -> Json:
        here = {"team_id": NEIGHBOUR_TEAM, "user_id": ROSALIND, "channel_id": PARTNERS}
        return await slack.refused("command", **here, command=COMMAND)

    with sandbox() as slack:
        assert asyncio.run(story())["error"] == "app_not_installed"


@pytest.mark.parametrize("is_excluded", [True, False])
def test_a_menu_of_conversations_can_leave_shared_ones_out(is_excluded: bool) -> None:  # noqa: FBT001 - a parameter
    wanted = {"exclude_external_shared_channels": is_excluded}
    menu = {"type": "conversations_select", "placeholder": plain("where"), "filter": wanted}

    async def story() -> None:
        async with listening(slack) as listener:
            await slack.do("shortcut", user_id=ADA, callback_id="x")
            view = modal(input_of("where", menu))
            await slack.client().views_open(trigger_id=listener.trigger_id, view=view)
            about = {"user_id": ADA, "view_id": (await slack.top_view())["id"], "block_id": "where"}
            if is_excluded:
                assert (await slack.refused("input", **about, value=PARTNERS))["error"] == "invalid_value"
            else:
                await slack.do("input", **about, value=PARTNERS)

    with sandbox() as slack:
        asyncio.run(story())


def test_the_workspaces_can_be_looked_at() -> None:
    with sandbox() as slack:
        mine = asyncio.run(slack.see("state"))
        theirs = asyncio.run(slack.see("state", team_id=NEIGHBOUR_TEAM))
    assert [one["id"] for one in mine["teams"]] == [TEAM_ID, NEIGHBOUR_TEAM, OBSERVATORY_TEAM, ARCHIVE_TEAM]
    assert (mine["bot"]["user_id"], mine["is_installed"]) == (BOT_USER_ID, True)
    assert (theirs["team"]["name"], theirs["is_installed"]) == ("Neighbour Institute", False)
    assert {one["id"] for one in theirs["users"]} == {NAMESAKE, ROSALIND}
