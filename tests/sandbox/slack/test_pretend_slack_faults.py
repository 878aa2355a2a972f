import asyncio
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.sandbox.slack.workspace import ADA, LAB_DATA
from tests.sandbox.slack.pretend_slack import CREDENTIALS, Sandbox, listening, sandbox

Json = dict[str, Any]


def _once_only(slack: Sandbox) -> AsyncWebClient:
    return AsyncWebClient(
        token=CREDENTIALS.bot_token, base_url=f"{slack.base}/api/", retry_handlers=[], timeout=1
    )


async def _post(slack: Sandbox) -> None:
    await _once_only(slack).chat_postMessage(channel=LAB_DATA, text="t")


@pytest.mark.parametrize(
    ("fault", "messages"),
    [
        ({"fault": "status", "status": 503}, 0),
        ({"fault": "ratelimited", "retry_after": 7}, 0),
        ({"fault": "error", "error": "fatal_error"}, 0),
        ({"fault": "drop_before"}, 0),
        ({"fault": "drop_after"}, 1),
        ({"fault": "hang", "seconds": 5}, 0),
    ],
    ids=lambda value: value["fault"] if isinstance(value, dict) else "",
)
def test_a_fault_happens_as_often_as_ordered_and_then_no_more(fault: Json, messages: int) -> None:
    async def story() -> tuple[int, int]:
        await slack.do("faults", method="chat.postMessage", times=1, **fault)
        with pytest.raises(Exception):  # noqa: B017, PT011 - each fault has its own kind of exception
            await _post(slack)
        after_fault = len(await slack.messages())
        await _post(slack)
        return after_fault, len(await slack.messages())

    with sandbox() as slack:
        assert asyncio.run(story()) == (messages, messages + 1)


def test_a_rate_limited_call_says_when_to_come_back() -> None:
    async def story() -> tuple[int, str, str]:
        await slack.do("faults", method="*", fault="ratelimited", retry_after=7)
        with pytest.raises(SlackApiError) as caught:
            await _post(slack)
        response = caught.value.response
        return response.status_code, response.headers["Retry-After"], response["error"]

    with sandbox() as slack:
        assert asyncio.run(story()) == (429, "7", "ratelimited")


def test_faults_can_be_forgotten() -> None:
    async def story() -> None:
        await slack.do("faults", method="chat.postMessage", fault="drop_before", times=9)
        await slack.act("DELETE", "faults", {})
        await _post(slack)

    with sandbox() as slack:
        asyncio.run(story())


def test_the_log_tells_each_call_and_hides_tokens() -> None:
    async def story() -> list[Json]:
        await slack.do("faults", method="chat.postMessage", fault="drop_after")
        client = slack.client()
        client.retry_handlers.clear()
        with pytest.raises(Exception):  # noqa: B017, PT011 - the kind is the client's affair
            await client.chat_postMessage(channel=LAB_DATA, text=CREDENTIALS.bot_token)
        with pytest.raises(SlackApiError):
            await client.users_info(user="U0STRANGER")
        entries: list[Json] = (await slack.see("traffic", after=0))["traffic"]
        return entries

    with sandbox() as slack:
        post, look_up = asyncio.run(story())
    assert (post["method"], post["ok"], post["status"], post["fault"]) == (
        "chat.postMessage",
        False,
        None,
        "drop_after",
    )
    assert CREDENTIALS.bot_token not in str(post)
    assert (look_up["error"], look_up["status"], look_up["ok"]) == ("user_not_found", 200, False)
    assert look_up["number"] > post["number"]


def test_waiting_ends_when_something_happens() -> None:
    async def story() -> tuple[int, int, int]:
        before = (await slack.see("state"))["number"]
        waiting = asyncio.create_task(slack.see("wait", after=before, seconds=9))
        await _post(slack)
        woken = (await waiting)["number"]
        latest = (await slack.see("state"))["number"]
        quiet = (await slack.see("wait", after=latest, seconds=0.05))["number"]
        return before, woken, quiet - latest

    with sandbox() as slack:
        before, woken, quiet = asyncio.run(story())
    assert woken > before
    assert quiet == 0


def test_a_response_url_can_fail_too() -> None:
    async def story() -> None:
        async with listening(slack) as app:
            await slack.do("command", user_id=ADA, channel_id=LAB_DATA, command="/schedule-transfer", text="")
            webhook = AsyncWebhookClient(app.requests[-1].payload["response_url"])
            await slack.do("faults", method="response_url", fault="status", status=500)
            assert (await webhook.send(text="lost")).status_code == 500
            assert (await webhook.send(text="kept")).status_code == 200
            assert [one["text"] for one in await slack.messages()] == ["kept"]

    with sandbox() as slack:
        asyncio.run(story())
