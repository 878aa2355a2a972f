import asyncio
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack.workspace import ADA, EMBARGO, GRACE, LAB_DATA, PARTNERS, RANDOM, SCOPES, Workspace
from tests.sandbox.slack.pretend_slack import (
    Listener,
    Sandbox,
    actions,
    button,
    error_of,
    listening,
    sandbox,
    section,
)

Json = dict[str, Any]
DOMAINS = ("app.globus.org", "127.0.0.1:8080")
LINK = "https://app.globus.org/activity/5a4dbe0f"
UNFURL = {"blocks": [section("A task"), actions(button("schedule"))]}


async def _posted(slack: Sandbox, text: str = f"Look: {LINK}.", channel_id: str = LAB_DATA) -> Json:
    return await slack.do("message", user_id=ADA, channel_id=channel_id, text=text)


def _events(listener: Listener) -> list[Json]:
    return [one.payload["event"] for one in listener.requests if one.type == "events_api"]


def test_the_app_hears_of_its_links_and_of_no_others() -> None:
    text = f"<{LINK}|here>, http://127.0.0.1:8080/jobs, https://globus.org/, https://evil-app.globus.org.example/"

    async def story() -> tuple[list[Json], Json]:
        async with listening(slack) as listener:
            message = await _posted(slack, text)
            await _posted(slack, "Nothing to see")
            return _events(listener), message

    with sandbox(unfurl_domains=DOMAINS) as slack:
        [event], message = asyncio.run(story())
    assert message["delivered"] == "acknowledged"
    assert event.pop("unfurl_id").startswith(f"{LAB_DATA}.{message['ts']}.")
    assert event.pop("event_ts")
    assert event == {
        "type": "link_shared",
        "channel": LAB_DATA,
        "is_bot_user_member": True,
        "user": ADA,
        "message_ts": message["ts"],
        "source": "conversations_history",
        "links": [
            {"domain": "app.globus.org", "url": LINK},
            {"domain": "127.0.0.1:8080", "url": "http://127.0.0.1:8080/jobs"},
        ],
    }


def test_the_app_hears_of_links_in_public_channels_and_where_its_bot_is() -> None:
    async def story() -> list[bool]:
        async with listening(slack) as listener:
            await _posted(slack, channel_id=RANDOM)
            await _posted(slack, channel_id=EMBARGO)
            await slack.do("members", channel_id=EMBARGO, joined=True)
            await _posted(slack, channel_id=EMBARGO)
            return [event["is_bot_user_member"] for event in _events(listener)]

    with sandbox(unfurl_domains=DOMAINS) as slack:
        assert asyncio.run(story()) == [False, True]


def test_the_app_hears_of_links_that_are_only_being_written() -> None:
    async def story() -> tuple[list[Json], str]:
        async with listening(slack) as listener:
            await slack.do("write", user_id=ADA, text=f"Look at {LINK}")
            await slack.do("write", user_id=ADA, text="Look")
            [event] = _events(listener)
            call = slack.client().chat_unfurl(
                unfurl_id=event["unfurl_id"], source="composer", unfurls={LINK: UNFURL}
            )
            return [event], await error_of(call)

    with sandbox(unfurl_domains=DOMAINS) as slack:
        [event], error = asyncio.run(story())
    assert (event["channel"], event["source"], event["user"]) == ("COMPOSER", "composer", ADA)
    assert error == "invalid_unfurl_id"


def test_the_app_is_told_that_a_channel_is_shared_with_others() -> None:
    async def story() -> list[bool]:
        async with listening(slack) as listener:
            await _posted(slack, channel_id=PARTNERS)
            await _posted(slack)
            return [one.payload["is_ext_shared_channel"] for one in listener.requests]

    with sandbox(unfurl_domains=DOMAINS) as slack:
        assert asyncio.run(story()) == [True, False]


def test_an_app_without_the_scope_hears_of_no_links() -> None:
    scopes = tuple(one for one in SCOPES if one != "links:read")
    with sandbox(Workspace(scopes=scopes), unfurl_domains=DOMAINS) as slack:
        assert asyncio.run(_posted(slack))["delivered"] is None


def test_an_unfurl_shows_under_the_message_and_its_button_says_under_which_link() -> None:
    async def story() -> tuple[Json, Json]:
        async with listening(slack) as listener:
            message = await _posted(slack)
            await slack.client().chat_unfurl(
                channel=LAB_DATA, ts=message["ts"], unfurls={LINK: {"text": "1"}}
            )
            [event] = _events(listener)
            await slack.client().chat_unfurl(
                unfurl_id=event["unfurl_id"], source=event["source"], unfurls={LINK: UNFURL}
            )
            await slack.do(
                "click",
                user_id=GRACE,
                channel_id=LAB_DATA,
                message_ts=message["ts"],
                block_id="buttons",
                action_id="schedule",
            )
            [*_, seen] = await slack.messages()
            return seen, listener.requests[-1].payload

    with sandbox(unfurl_domains=DOMAINS) as slack:
        seen, pressed = asyncio.run(story())
    [attachment] = seen["attachments"]
    assert (attachment["from_url"], attachment["is_app_unfurl"]) == (LINK, True)
    assert attachment["blocks"][0]["text"]["text"] == "A task"
    assert "edited" not in seen
    assert pressed["container"]["type"] == "message_attachment"
    assert pressed["container"]["app_unfurl_url"] == LINK
    assert pressed["actions"][0]["action_id"] == "schedule"
    assert "message" not in pressed


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({}, "ok"),
        ({"channel": ""}, "missing_channel"),
        ({"ts": ""}, "missing_ts"),
        ({"unfurls": ""}, "missing_unfurls"),
        ({"unfurls": "nonsense"}, "invalid_unfurls_format"),
        ({"unfurls": {LINK: {"blocks": [{"type": "sing"}]}}}, "cannot_parse_attachment"),
        ({"unfurls": {f"{LINK}0": UNFURL}}, "cannot_unfurl_message"),
        ({"channel": EMBARGO}, "cannot_find_channel"),
        ({"ts": "1700000000.000001"}, "cannot_find_message"),
        ({"unfurl_id": "C1.1.1"}, "missing_source"),
        ({"source": "composer"}, "missing_unfurl_id"),
        ({"unfurl_id": "C1.1.1", "source": "paper"}, "invalid_source"),
        ({"unfurl_id": "C1.1.1", "source": "composer"}, "invalid_unfurl_id"),
    ],
)
def test_an_unfurl_that_does_not_fit_is_refused(changed: Json, error: str) -> None:
    async def story() -> str:
        message = await _posted(slack)
        arguments = {"channel": LAB_DATA, "ts": message["ts"], "unfurls": {LINK: UNFURL}} | changed
        return await error_of(slack.client().api_call("chat.unfurl", json=arguments))

    with sandbox(unfurl_domains=DOMAINS) as slack:
        assert asyncio.run(story()) == error


def test_links_that_the_app_did_not_hear_of_cannot_be_unfurled() -> None:
    async def story() -> str:
        message = await _posted(slack)
        await slack.do("registration", unfurl_domains=list(DOMAINS))
        call = slack.client().chat_unfurl(channel=LAB_DATA, ts=message["ts"], unfurls={LINK: UNFURL})
        return await error_of(call)

    with sandbox() as slack:
        assert asyncio.run(story()) == "cannot_unfurl_url"


def test_a_step_of_a_workflow_runs_until_the_app_says_how_it_ended() -> None:
    async def story() -> tuple[Json, list[Json], list[str]]:
        async with listening(slack) as listener:
            inputs = {"person": GRACE, "schedule": "daily"}
            run = await slack.do("run_function", user_id=ADA, callback_id="schedule", inputs=inputs)
            execution_id = run["function_execution_id"]
            [event] = _events(listener)
            own = AsyncWebClient(token=event["bot_access_token"], base_url=f"{slack.base}/api/")
            before = await slack.see("function", id=execution_id)
            errors = [await error_of(own.chat_postMessage(channel=LAB_DATA, text="Working"))]
            await own.functions_completeSuccess(function_execution_id=execution_id, outputs={"job_id": "j1"})
            errors += [
                await error_of(own.auth_test()),
                await error_of(
                    slack.client().functions_completeError(function_execution_id=execution_id, error="No")
                ),
                await error_of(
                    slack.client().functions_completeError(function_execution_id="Fx0", error="No")
                ),
            ]
            return event, [before, await slack.see("function", id=execution_id)], errors

    with sandbox() as slack:
        event, [before, after], errors = asyncio.run(story())
    assert event["type"] == "function_executed"
    assert event["function"]["callback_id"] == "schedule"
    assert event["inputs"] == {"person": GRACE, "schedule": "daily"}
    assert before["state"] == "running"
    assert (after["state"], after["outputs"], after["error"]) == ("completed", {"job_id": "j1"}, None)
    assert errors == [
        "ok",
        "token_expired",
        "execution_not_in_running_state",
        "function_execution_not_found",
    ]


def test_a_step_can_fail_in_words_by_the_bots_own_token() -> None:
    async def story() -> Json:
        run = await slack.do("run_function", user_id=ADA, callback_id="schedule", inputs={})
        execution_id = run["function_execution_id"]
        await slack.client().functions_completeError(function_execution_id=execution_id, error="Not a link.")
        return await slack.see("function", id=execution_id)

    with sandbox() as slack:
        ended = asyncio.run(story())
    assert (ended["state"], ended["error"]) == ("failed", "Not a link.")


def test_the_steps_own_token_is_not_in_the_log_of_calls() -> None:
    async def story() -> str:
        async with listening(slack) as listener:
            await slack.do("run_function", user_id=ADA, callback_id="schedule", inputs={})
            token = str(_events(listener)[0]["bot_access_token"])
        own = AsyncWebClient(token=token, base_url=f"{slack.base}/api/")
        await own.chat_postMessage(channel=LAB_DATA, text=token)
        calls = [one for one in (await slack.see("traffic", after=0))["traffic"] if one["kind"] == "call"]
        return token if token in str(calls) else ""

    with sandbox() as slack:
        assert asyncio.run(story()) == ""
