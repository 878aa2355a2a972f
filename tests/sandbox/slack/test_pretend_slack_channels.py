import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.sandbox.person import Person
from bot.sandbox.slack.workspace import ADA, EMBARGO, GRACE, LAB_DATA, RANDOM
from tests.sandbox.slack.pretend_slack import (
    Sandbox,
    actions,
    button,
    error_of,
    listening,
    sandbox,
    section,
)

Json = dict[str, Any]
_Given = TypeVar("_Given")


async def _hands(act: Callable[[], _Given]) -> _Given:
    return await asyncio.to_thread(act)


async def _errors(slack: Sandbox, channel_id: str, ts: str) -> dict[str, str]:
    """Give how the three ways to keep a message up to date end."""
    client = slack.client()
    return {
        "post": await error_of(client.chat_postMessage(channel=channel_id, text="t")),
        "thread": await error_of(client.chat_postMessage(channel=channel_id, text="t", thread_ts=ts)),
        "update": await error_of(client.chat_update(channel=channel_id, ts=ts, text="u")),
    }


def test_an_archived_channel_takes_nothing_until_it_is_brought_back() -> None:
    async def story() -> list[dict[str, str]]:
        ada = Person(slack.base, ADA)
        root = await slack.client().chat_postMessage(channel=LAB_DATA, text="Timer")
        await _hands(lambda: ada.archive(LAB_DATA))
        archived = await _errors(slack, LAB_DATA, root["ts"])
        await _hands(lambda: ada.archive(LAB_DATA, archived=False))
        return [archived, await _errors(slack, LAB_DATA, root["ts"])]

    with sandbox() as slack:
        archived, back = asyncio.run(story())
    assert archived == {"post": "is_archived", "thread": "is_archived", "update": "is_inactive"}
    assert set(back.values()) == {"ok"}


def test_a_bot_that_was_removed_cannot_post_and_sees_no_private_channel() -> None:
    async def story(channel_id: str) -> dict[str, str]:
        ada = Person(slack.base, ADA)
        await _hands(lambda: ada.invite_bot(channel_id))
        root = await slack.client().chat_postMessage(channel=channel_id, text="Timer")
        await _hands(lambda: ada.remove_bot(channel_id))
        return await _errors(slack, channel_id, root["ts"])

    with sandbox() as slack:
        public, private = asyncio.run(story(RANDOM)), asyncio.run(story(EMBARGO))
    assert (public["post"], public["thread"]) == ("not_in_channel", "not_in_channel")
    assert set(private.values()) == {"channel_not_found"}


def test_a_message_that_a_person_deleted_is_not_found_and_its_thread_stays() -> None:
    async def story() -> tuple[list[str], list[str]]:
        ada = Person(slack.base, ADA)
        client = slack.client()
        root = await client.chat_postMessage(channel=LAB_DATA, text="Timer")
        lonely = await client.chat_postMessage(channel=LAB_DATA, text="Another")
        await client.chat_postMessage(channel=LAB_DATA, text="First run", thread_ts=root["ts"])
        for message in (root, lonely):
            await slack.do("delete_message", user_id=ADA, channel_id=LAB_DATA, ts=message["ts"])
        ended = [
            await error_of(client.chat_update(channel=LAB_DATA, ts=root["ts"], text="u")),
            await error_of(client.chat_postMessage(channel=LAB_DATA, text="Second", thread_ts=root["ts"])),
            await error_of(client.chat_postMessage(channel=LAB_DATA, text="t", thread_ts=lonely["ts"])),
        ]
        answers = await _hands(lambda: ada.thread(LAB_DATA, root["ts"]))
        return ended, [one["text"] for one in answers]

    with sandbox() as slack:
        ended, answers = asyncio.run(story())
    assert ended == ["message_not_found", "ok", "thread_not_found"]
    assert answers == ["First run", "Second"]


def test_somebody_elses_message_cannot_be_edited() -> None:
    async def story() -> str:
        message = await slack.do("message", user_id=GRACE, channel_id=LAB_DATA, text="Mine")
        return await error_of(slack.client().chat_update(channel=LAB_DATA, ts=message["ts"], text="u"))

    with sandbox() as slack:
        assert asyncio.run(story()) == "cant_update_message"


def test_an_ephemeral_list_is_paged_in_place_and_then_taken_away() -> None:
    async def story() -> list[list[str]]:
        shown = []
        async with listening(slack) as listener:
            answer = await slack.client().chat_postEphemeral(
                channel=LAB_DATA, user=ADA, text="Page 1", blocks=[section(), actions(button("next"))]
            )
            press = {"user_id": ADA, "channel_id": LAB_DATA, "message_ts": answer["message_ts"]}
            for body in (
                {"replace_original": True, "text": "Page 2", "blocks": [section(), actions(button("next"))]},
                {"delete_original": True},
            ):
                await slack.do("click", action_id="next", **press)
                url = listener.requests[-1].payload["response_url"]
                answered = await AsyncWebhookClient(url).send_dict(body)
                assert answered.status_code == 200, answered.body
                shown.append([one["text"] for one in await slack.messages(ADA)])
        return [*shown, [one["text"] for one in await slack.messages(GRACE)]]

    with sandbox() as slack:
        assert asyncio.run(story()) == [["Page 2"], [], []]
