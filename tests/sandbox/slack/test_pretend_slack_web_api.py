import asyncio
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack.workspace import (
    ADA,
    BOT_ID,
    BOT_USER_ID,
    EMBARGO,
    GRACE,
    LAB_DATA,
    RANDOM,
    TEAM_ID,
    Workspace,
)
from tests.sandbox.slack.pretend_slack import (
    CREDENTIALS,
    Listener,
    Sandbox,
    actions,
    button,
    error_of,
    fresh_trigger,
    home,
    listening,
    modal,
    sandbox,
    section,
    text_input,
)

Json = dict[str, Any]


def test_the_bot_learns_who_it_is() -> None:
    with sandbox() as slack:
        answer = asyncio.run(slack.client().auth_test())
    assert (answer["team_id"], answer["user_id"], answer["bot_id"]) == (TEAM_ID, BOT_USER_ID, BOT_ID)
    assert "chat:write" in answer.headers["x-oauth-scopes"]


@pytest.mark.parametrize(
    ("token", "method", "error"),
    [
        ("", "auth.test", "not_authed"),
        ("xoxb-somebody-else", "auth.test", "invalid_auth"),
        (CREDENTIALS.app_token, "auth.test", "not_allowed_token_type"),
        (CREDENTIALS.bot_token, "apps.connections.open", "not_allowed_token_type"),
        (CREDENTIALS.bot_token, "chat.sing", "unknown_method"),
    ],
)
def test_a_call_with_the_wrong_token_or_method_is_refused(token: str, method: str, error: str) -> None:
    with sandbox() as slack:
        assert asyncio.run(error_of(slack.client(token).api_call(method))) == error


def test_a_missing_scope_is_named() -> None:
    with sandbox(Workspace(scopes=("chat:write",))) as slack:
        assert asyncio.run(error_of(slack.client().users_info(user=ADA))) == "missing_scope"


@pytest.mark.parametrize(
    ("channel", "error"),
    [
        (LAB_DATA, "ok"),
        (ADA, "ok"),
        (RANDOM, "not_in_channel"),
        (EMBARGO, "channel_not_found"),
        ("C0NOWHERE1", "channel_not_found"),
    ],
)
def test_the_bot_posts_only_where_it_may(channel: str, error: str) -> None:
    with sandbox() as slack:
        assert asyncio.run(error_of(slack.client().chat_postMessage(channel=channel, text="t"))) == error


def test_an_invitation_lets_the_bot_in_and_an_archive_keeps_it_out() -> None:
    async def story() -> list[str]:
        client = slack.client()
        await slack.do("members", channel_id=EMBARGO, joined=True)
        invited = await error_of(client.chat_postMessage(channel=EMBARGO, text="t"))
        await slack.do("members", channel_id=EMBARGO, joined=False)
        removed = await error_of(client.chat_postMessage(channel=EMBARGO, text="t"))
        await slack.do("archive", channel_id=LAB_DATA)
        return [invited, removed, await error_of(client.chat_postMessage(channel=LAB_DATA, text="t"))]

    with sandbox() as slack:
        assert asyncio.run(story()) == ["ok", "channel_not_found", "is_archived"]


def test_a_message_lives_from_post_to_deletion() -> None:
    async def story() -> list[list[Json]]:
        client, seen = slack.client(), []
        posted = await client.chat_postMessage(
            channel=LAB_DATA,
            text="one",
            blocks=[section()],
            metadata={"event_type": "timer", "event_payload": {"job_id": "7"}},
        )
        await client.chat_postMessage(channel=LAB_DATA, text="answer", thread_ts=posted["ts"])
        await client.chat_update(channel=LAB_DATA, ts=posted["ts"], text="two")
        seen.append(await slack.messages(GRACE))
        await client.chat_delete(channel=LAB_DATA, ts=posted["ts"])
        return [*seen, await slack.messages(GRACE)]

    with sandbox() as slack:
        (updated,), (orphan,) = asyncio.run(story())
    assert (updated["text"], updated["blocks"][0]["text"]["text"]) == ("two", "words")
    assert updated["edited"]["user"] == BOT_USER_ID
    assert updated["metadata"]["event_payload"] == {"job_id": "7"}
    assert [reply["text"] for reply in updated["replies"]] == ["answer"]
    assert orphan["text"] == "answer"


def test_only_the_bots_own_messages_can_be_changed() -> None:
    async def story() -> list[str]:
        client = slack.client()
        ts = (await slack.do("message", user_id=ADA, channel_id=LAB_DATA, text="mine"))["ts"]
        own = (await client.chat_postMessage(channel=LAB_DATA, text="ours"))["ts"]
        return [
            await error_of(client.chat_update(channel=LAB_DATA, ts=ts, text="yours")),
            await error_of(client.chat_delete(channel=LAB_DATA, ts=ts)),
            await error_of(client.chat_update(channel=LAB_DATA, ts="1.000001", text="x")),
            await error_of(client.chat_update(channel=LAB_DATA, ts=own, text="x" * 4001)),
            await error_of(client.chat_postMessage(channel=LAB_DATA, text="x", thread_ts="1.000001")),
        ]

    with sandbox() as slack:
        assert asyncio.run(story()) == [
            "cant_update_message",
            "cant_delete_message",
            "message_not_found",
            "msg_too_long",
            "thread_not_found",
        ]


def test_an_ephemeral_message_is_for_one_member_only() -> None:
    async def story() -> tuple[list[Json], list[Json], str]:
        client = slack.client()
        await client.chat_postEphemeral(channel=LAB_DATA, user=ADA, text="psst")
        stranger = await error_of(client.chat_postEphemeral(channel=LAB_DATA, user="U0STRANGER", text="t"))
        return await slack.messages(ADA), await slack.messages(GRACE), stranger

    with sandbox() as slack:
        ada, grace, stranger = asyncio.run(story())
    assert [(one["text"], one["is_ephemeral"]) for one in ada] == [("psst", True)]
    assert (grace, stranger) == ([], "user_not_in_channel")


def test_people_and_conversations_can_be_looked_up() -> None:
    async def story(client: AsyncWebClient) -> None:
        user = (await client.users_info(user=GRACE))["user"]
        assert (user["tz"], user["real_name"]) == ("Europe/Berlin", "Grace Hopper")
        assert user["tz_offset"] in {3600, 7200}
        assert user["tz_label"].startswith("Central European")
        assert await error_of(client.users_info(user="U0STRANGER")) == "user_not_found"
        direct = (await client.conversations_open(users=[ADA]))["channel"]["id"]
        assert direct.startswith("D")
        assert (await client.conversations_info(channel=direct))["channel"]["user"] == ADA
        assert (await client.conversations_info(channel=RANDOM))["channel"]["is_member"] is False
        assert await error_of(client.conversations_info(channel=EMBARGO)) == "channel_not_found"
        ts = (await client.chat_postMessage(channel=ADA, text="t"))["ts"]
        link = (await client.chat_getPermalink(channel=direct, message_ts=ts))["permalink"]
        assert link.endswith(f"/{direct}/p{ts.replace('.', '')}")

    with sandbox() as slack:
        asyncio.run(story(slack.client()))


def test_a_trigger_id_opens_one_view_within_three_seconds() -> None:
    async def story() -> list[str]:
        client = slack.client()
        async with listening(slack) as listener:
            good = await fresh_trigger(slack, listener)
            late = await fresh_trigger(slack, listener)
            first = await error_of(client.views_open(trigger_id=good, view=modal()))
            second = await error_of(client.views_open(trigger_id=good, view=modal()))
            slack.clock.advance(3.5)
            expired = await error_of(client.views_open(trigger_id=late, view=modal()))
            return [
                first,
                second,
                expired,
                await error_of(client.views_open(trigger_id="1.2.3", view=modal())),
            ]

    with sandbox() as slack:
        assert asyncio.run(story()) == [
            "ok",
            "exchanged_trigger_id",
            "expired_trigger_id",
            "invalid_trigger_id",
        ]


async def _opened(slack: Sandbox, listener: Listener, **more: Any) -> Json:  # noqa: ANN401 - any JSON
    trigger_id = await fresh_trigger(slack, listener)
    view = modal(text_input("name"), actions(button("more")), **more)
    opened: Json = (await slack.client().views_open(trigger_id=trigger_id, view=view))["view"]
    return opened


def test_a_view_is_updated_by_id_or_own_name_unless_it_changed_or_closed() -> None:
    async def story() -> list[str]:
        client = slack.client()
        async with listening(slack) as listener:
            view = await _opened(slack, listener, external_id="mine")
            results = [
                await error_of(client.views_update(view=modal(), external_id="mine", hash=view["hash"])),
                await error_of(client.views_update(view=modal(), view_id=view["id"], hash=view["hash"])),
                await error_of(client.views_update(view=modal(), view_id=view["id"])),
                await error_of(client.views_update(view=home(), view_id=view["id"])),
            ]
            await slack.do("close", user_id=ADA, view_id=view["id"])
            return [*results, await error_of(client.views_update(view=modal(), view_id=view["id"]))]

    with sandbox() as slack:
        assert asyncio.run(story()) == ["ok", "hash_conflict", "ok", "invalid_arguments", "not_found"]


def test_views_stack_three_high_and_names_are_used_once() -> None:
    async def story() -> tuple[list[str], list[Json]]:
        client, results = slack.client(), []
        async with listening(slack) as listener:
            await _opened(slack, listener)
            pushed = modal(actions(button("more")), external_id="second")
            for view in (pushed, pushed, modal(actions(button("more"))), modal()):
                top = await slack.top_view()
                await slack.do("click", user_id=ADA, view_id=top["id"], action_id="more")
                results.append(await error_of(client.views_push(trigger_id=listener.trigger_id, view=view)))
            return results, (await slack.see("views", user_id=ADA))["views"]

    with sandbox() as slack:
        results, stack = asyncio.run(story())
    assert results == ["ok", "duplicate_external_id", "ok", "push_limit_reached"]
    assert {view["root_view_id"] for view in stack} == {stack[0]["id"]}
    assert [view["previous_view_id"] for view in stack] == [None, stack[0]["id"], stack[1]["id"]]


def test_a_view_over_250_kilobytes_is_too_large() -> None:
    async def story() -> str:
        async with listening(slack) as listener:
            view = modal(*(section("t" * 3000) for _ in range(90)))
            trigger_id = await fresh_trigger(slack, listener)
            return str(await error_of(slack.client().views_open(trigger_id=trigger_id, view=view)))

    with sandbox() as slack:
        assert asyncio.run(story()) == "view_too_large"


def test_a_home_tab_is_published_for_one_person_and_guarded_by_its_hash() -> None:
    async def story() -> tuple[Json, Json, str]:
        client = slack.client()
        first = (await client.views_publish(user_id=ADA, view=home()))["view"]
        await client.views_publish(user_id=ADA, view=home(section("new")), hash=first["hash"])
        stale = await error_of(client.views_publish(user_id=ADA, view=home(), hash=first["hash"]))
        return await slack.see("home", user_id=ADA), await slack.see("home", user_id=GRACE), stale

    with sandbox() as slack:
        ada, grace, stale = asyncio.run(story())
    assert ada["view"]["blocks"][0]["text"]["text"] == "new"
    assert (grace["view"], stale) == (None, "hash_conflict")
