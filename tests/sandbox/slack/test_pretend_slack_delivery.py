import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.sandbox.serving import served
from bot.sandbox.slack.workspace import ADA, GRACE, LAB_DATA, RANDOM
from tests.sandbox.slack.pretend_slack import (
    CREDENTIALS,
    Sandbox,
    actions,
    button,
    home,
    listening,
    modal,
    option,
    sandbox,
    section,
    socket_mode,
    text_input,
    until,
)

Json = dict[str, Any]
COMMAND = {"user_id": ADA, "channel_id": LAB_DATA, "command": "/schedule-transfer"}
Story = Callable[[Sandbox], Awaitable[object]]


def _bot(slack: Sandbox) -> AsyncApp:
    """Build a small bot: a command, a form, a button, a Home tab."""
    app = slack.app()

    @app.command("/schedule-transfer")
    async def schedule(ack: AsyncAck, body: Json, client: AsyncWebClient) -> None:
        if body.get("text") == "slow":
            await asyncio.sleep(3.3)
        if body.get("text") == "form":
            await client.views_open(trigger_id=body["trigger_id"], view=modal(text_input("name")))
            await ack()
            return
        await ack(f"heard {body['text']}")

    @app.view("form")
    async def submitted(ack: AsyncAck, body: Json, client: AsyncWebClient) -> None:
        name = body["view"]["state"]["values"]["name"]["name"]["value"]
        await ack()
        await client.chat_postMessage(
            channel=LAB_DATA, text=f"made {name}", blocks=[section(), actions(button("again"))]
        )

    @app.action("again")
    async def again(ack: AsyncAck, respond: AsyncRespond, body: Json) -> None:
        await ack()
        await respond(f"pressed by {body['user']['id']}")

    @app.event("app_home_opened")
    async def opened(event: Json, client: AsyncWebClient) -> None:
        await client.views_publish(user_id=event["user"], view=home(section(f"for {event['user']}")))

    return app


async def _over_a_socket(slack: Sandbox, story: Story) -> None:
    async with socket_mode(slack, _bot(slack)):
        await story(slack)


async def _over_http(slack: Sandbox, story: Story) -> None:
    with served(_bot(slack).web_app(path="/slack/events")) as base:
        await slack.do("delivery", url=f"{base}/slack/events")
        await story(slack)


both_ways = pytest.mark.parametrize("way", [_over_a_socket, _over_http], ids=["socket", "http"])
Way = Callable[[Sandbox, Story], Awaitable[None]]


def _play(way: Way, story: Story) -> None:
    async def played(slack: Sandbox) -> None:
        await way(slack, story)

    with sandbox() as slack:
        asyncio.run(played(slack))


@both_ways
def test_a_command_is_answered_to_its_user_alone(way: Way) -> None:
    async def story(slack: Sandbox) -> None:
        answer = await slack.do("command", **COMMAND, text="every 6h & daily")
        assert answer["answer"] == {"text": "heard every 6h & daily"}
        assert [one["text"] for one in await slack.messages(ADA)] == ["heard every 6h & daily"]
        assert await slack.messages(GRACE) == []

    _play(way, story)


@both_ways
def test_a_form_is_opened_filled_and_submitted_and_a_button_pressed_by_someone_else(way: Way) -> None:
    async def story(slack: Sandbox) -> None:
        assert (await slack.do("command", **COMMAND, text="form"))["answer"] is None
        view_id = (await slack.top_view())["id"]
        await slack.do("input", user_id=ADA, view_id=view_id, block_id="name", value="nightly")
        assert (await slack.do("submit", user_id=ADA, view_id=view_id))["response_action"] == "close"
        assert (await slack.see("views", user_id=ADA))["views"] == []
        (posted,) = await slack.messages(GRACE)
        assert posted["text"] == "made nightly"
        await slack.do(
            "click", user_id=GRACE, channel_id=LAB_DATA, message_ts=posted["ts"], action_id="again"
        )
        assert [one["text"] for one in await slack.messages(GRACE)][1:] == [f"pressed by {GRACE}"]

    _play(way, story)


@both_ways
def test_an_opened_home_tab_is_an_event(way: Way) -> None:
    async def story(slack: Sandbox) -> None:
        assert (await slack.do("home", user_id=GRACE))["delivered"] == "acknowledged"

        async def is_published() -> bool:
            return bool((await slack.see("home", user_id=GRACE))["view"])

        await until(slack, is_published, expected=True)
        shown = (await slack.see("home", user_id=GRACE))["view"]
        assert shown["blocks"][0]["text"]["text"] == f"for {GRACE}"

    _play(way, story)


@both_ways
def test_an_answer_after_three_seconds_is_too_late_and_changes_nothing(way: Way) -> None:
    async def story(slack: Sandbox) -> None:
        assert (await slack.refused("command", **COMMAND, text="slow"))["error"] == "operation_timeout"
        await slack.do("command", **COMMAND, text="quick")
        await asyncio.sleep(0.5)
        assert [one["text"] for one in await slack.messages()] == ["heard quick"]

    _play(way, story)


def test_a_command_nobody_listens_for_fails() -> None:
    async def story(slack: Sandbox) -> None:
        refused = await slack.refused("command", **{**COMMAND, "command": "/sing"}, text="")
        assert refused["error"] == "dispatch_failed"

    _play(_over_http, story)


@pytest.mark.parametrize("url", [None, "http://127.0.0.1:9/slack/events"])
def test_without_a_reachable_app_a_dispatch_fails(url: str | None) -> None:
    async def story() -> None:
        await slack.do("delivery", url=url)
        assert (await slack.refused("command", **COMMAND, text=""))["error"] == "dispatch_failed"

    with sandbox() as slack:
        asyncio.run(story())


def test_a_request_signed_with_another_secret_is_refused_by_the_app() -> None:
    async def story() -> None:
        app = AsyncApp(client=slack.client(), signing_secret="somebody else's")
        with served(app.web_app(path="/slack/events")) as base:
            await slack.do("delivery", url=f"{base}/slack/events")
            assert (await slack.refused("command", **COMMAND, text=""))["error"] == "dispatch_failed"

    with sandbox() as slack:
        asyncio.run(story())


def test_envelopes_go_to_every_connection_in_turn() -> None:
    async def story() -> None:
        async with listening(slack) as one, listening(slack) as other:
            for _ in range(4):
                await slack.do("command", **COMMAND, text="")
            assert (len(one.requests), len(other.requests)) == (2, 2)

    with sandbox() as slack:
        asyncio.run(story())


@pytest.mark.parametrize("reason", [None, "refresh_requested"])
def test_a_client_that_was_disconnected_comes_back(reason: str | None) -> None:
    async def story() -> None:
        async with listening(slack) as listener:
            assert (await slack.do("disconnect", reason=reason))["closed"] == 1
            await until(slack, slack.connections, 1)
            await slack.do("command", **COMMAND, text="back")
            assert listener.requests[-1].payload["text"] == "back"

    with sandbox() as slack:
        asyncio.run(story())


def test_a_ticket_opens_one_connection_only() -> None:
    async def story() -> list[int]:
        opened = await slack.client().apps_connections_open(app_token=CREDENTIALS.app_token)
        statuses = []
        async with aiohttp.ClientSession() as session:
            for _ in range(2):
                try:
                    async with session.ws_connect(opened["url"]) as socket:
                        statuses.append((await socket.receive_json())["num_connections"])
                except aiohttp.WSServerHandshakeError as error:
                    statuses.append(error.status)
        return statuses

    with sandbox() as slack:
        assert asyncio.run(story()) == [1, 403]


def test_the_eleventh_connection_is_turned_away() -> None:
    async def story() -> None:
        client = slack.client(CREDENTIALS.app_token)
        async with aiohttp.ClientSession() as session:
            sockets = []
            for _ in range(11):
                url = (await client.api_call("apps.connections.open"))["url"]
                sockets.append(await session.ws_connect(url))
            assert (await sockets[9].receive_json())["type"] == "hello"
            assert (await sockets[10].receive_json())["reason"] == "too_many_websockets"
            for socket in sockets:
                await socket.close()

    with sandbox() as slack:
        asyncio.run(story())


def test_a_delivery_can_be_repeated_unchanged() -> None:
    async def story() -> None:
        async with listening(slack, {"text": "heard"}) as listener:
            await slack.do("command", **COMMAND, text="once")
            log = (await slack.see("traffic", after=0))["traffic"]
            (delivery,) = [entry for entry in log if entry["kind"] == "delivery"]
            assert delivery["outcome"] == "acknowledged"
            await slack.do("redeliver", number=delivery["number"])
            first, again = listener.requests
            assert first.payload == again.payload
            assert first.envelope_id != again.envelope_id
            assert (await slack.refused("redeliver", number=0))["error"] == "not_found"

    with sandbox() as slack:
        asyncio.run(story())


def test_a_response_url_takes_five_posts_and_lasts_thirty_minutes() -> None:
    async def story() -> list[int]:
        async with listening(slack) as listener:
            await slack.do("command", **COMMAND, text="")
            await slack.do("command", **COMMAND, text="")
            used, late = (AsyncWebhookClient(one.payload["response_url"]) for one in listener.requests)
            statuses = [(await used.send(text=str(number))).status_code for number in range(6)]
            slack.clock.advance(31 * 60)
            return [*statuses, (await late.send(text="late")).status_code]

    with sandbox() as slack:
        assert asyncio.run(story()) == [200] * 5 + [404, 404]
        assert len(asyncio.run(slack.messages())) == 5


def test_a_response_url_speaks_to_everyone_even_where_the_bot_is_not_and_changes_its_own_words() -> None:
    async def story() -> list[list[str]]:
        async with listening(slack) as listener:
            await slack.do("command", **{**COMMAND, "channel_id": RANDOM}, text="")
            webhook = AsyncWebhookClient(listener.requests[-1].payload["response_url"])
            seen = []
            for body in (
                {"text": "one", "response_type": "in_channel"},
                {"text": "two", "replace_original": True},
                {"text": "bad", "blocks": [{"type": "mystery"}]},
                {"delete_original": True},
            ):
                await webhook.send_dict(body)
                seen.append([message["text"] for message in await slack.messages(GRACE, RANDOM)])
            return seen

    with sandbox() as slack:
        assert asyncio.run(story()) == [["one"], ["two"], ["two"], []]


def test_an_acknowledgement_with_blocks_slack_cannot_draw_is_an_error_for_the_person() -> None:
    async def story() -> None:
        async with listening(slack, {"text": "t", "blocks": [{"type": "alert"}]}):
            refused = await slack.refused("command", **COMMAND, text="")
            assert refused["error"] == "invalid_blocks"
            assert "unsupported type: alert" in refused["detail"]

    with sandbox() as slack:
        asyncio.run(story())


@pytest.mark.parametrize(
    ("body", "keys"),
    [
        ({"callback_id": "schedule_transfer"}, {"type": "shortcut"}),
        ({"callback_id": "schedule_transfer", "channel_id": LAB_DATA}, {"type": "message_action"}),
    ],
)
def test_a_shortcut_carries_its_callback_id_and_the_message_it_was_used_on(body: Json, keys: Json) -> None:
    async def story() -> None:
        async with listening(slack) as listener:
            said = await slack.do("message", user_id=GRACE, channel_id=LAB_DATA, text="move my files")
            about = {"message_ts": said["ts"]} if "channel_id" in body else {}
            await slack.do("shortcut", user_id=ADA, **body, **about)
            payload = listener.requests[-1].payload
            assert payload["type"] == keys["type"]
            assert payload["callback_id"] == "schedule_transfer"
            assert payload.get("message", {}).get("text") == ("move my files" if about else None)

    with sandbox() as slack:
        asyncio.run(story())


def test_a_menu_in_a_message_tells_what_was_chosen_and_a_link_button_where_it_leads() -> None:
    async def story() -> None:
        menu = {"type": "static_select", "action_id": "menu", "options": [option("a"), option("b")]}
        more = {"type": "overflow", "action_id": "more", "options": [option("c")]}
        mine = button("mine", visible_to_user_ids=[GRACE])
        link = button("link", url="https://example.org/sign-in")
        blocks = [actions(menu, more, link, mine)]
        posted = await slack.client().chat_postMessage(channel=ADA, text="t", blocks=blocks)
        about = {"user_id": ADA, "channel_id": posted["channel"], "message_ts": posted["ts"]}
        async with listening(slack) as listener:
            await slack.do("click", **about, action_id="menu", value="b")
            payload = listener.requests[-1].payload
            assert payload["actions"][0]["selected_option"]["value"] == "b"
            assert payload["state"]["values"]["buttons"]["menu"]["selected_option"]["value"] == "b"
            assert payload["container"]["message_ts"] == posted["ts"]
            await slack.do("click", **about, action_id="more", value="c")
            assert listener.requests[-1].payload["actions"][0]["selected_option"]["value"] == "c"
            opened = await slack.do("click", **about, action_id="link")
            assert opened["url"] == "https://example.org/sign-in"
            assert listener.requests[-1].payload["actions"][0]["action_id"] == "link"
            for act, error in (
                ({**about, "action_id": "menu", "value": "z"}, "invalid_value"),
                ({**about, "action_id": "mine"}, "element_not_found"),
                ({**about, "action_id": "menu", "user_id": GRACE}, "channel_not_found"),
            ):
                assert (await slack.refused("click", **act))["error"] == error

    with sandbox() as slack:
        asyncio.run(story())
