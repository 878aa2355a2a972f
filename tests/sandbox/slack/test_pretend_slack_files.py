import asyncio
import base64
from typing import Any

import aiohttp
import pytest

from bot.sandbox.slack.workspace import ADA, LAB_DATA, RANDOM
from tests.sandbox.slack.pretend_slack import (
    Sandbox,
    error_of,
    fresh_trigger,
    home,
    listening,
    modal,
    sandbox,
)

Json = dict[str, Any]
PNG = b"\x89PNG\r\n\x1a\n" + b"pixels"


def _image(file_id: str) -> Json:
    return {"type": "image", "alt_text": "The last runs", "slack_file": {"id": file_id}}


async def _uploaded(
    slack: Sandbox, content: bytes = PNG, *, name: str = "runs.png", as_form: bool = False
) -> str:
    """Upload a file but do not complete it; gives its ID."""
    answer = await slack.client().files_getUploadURLExternal(
        filename=name, length=len(content), alt_txt="A chart of the last runs"
    )
    form = aiohttp.FormData()
    form.add_field("filename", content, filename=name)
    async with (
        aiohttp.ClientSession() as session,
        session.post(answer["upload_url"], data=form if as_form else content) as uploaded,
    ):
        assert uploaded.status == 200, await uploaded.text()
    return str(answer["file_id"])


async def _complete(slack: Sandbox, file_id: str, channel_id: str | None = None) -> Json:
    files: list[dict[str, str | None]] = [{"id": file_id, "title": "Last runs"}]
    answer = await slack.client().files_completeUploadExternal(files=files, channel_id=channel_id)
    return dict(answer["files"][0])


@pytest.mark.parametrize("as_form", [False, True])
def test_a_file_is_uploaded_in_three_steps_and_can_be_looked_at(*, as_form: bool) -> None:
    async def story() -> tuple[Json, Json, str]:
        file_id = await _uploaded(slack, as_form=as_form)
        early = await slack.act("GET", "file", {"id": file_id})
        completed = await _complete(slack, file_id)
        return completed, (await slack.see("file", id=file_id))["file"], early[1]["error"]

    with sandbox() as slack:
        completed, seen, early = asyncio.run(story())
    assert early == "file_not_found"
    assert (completed["mimetype"], completed["title"]) == ("image/png", "Last runs")
    assert completed["permalink"]
    assert completed["url_private"]
    assert seen == {
        "id": completed["id"],
        "name": "runs.png",
        "title": "Last runs",
        "alt_text": "A chart of the last runs",
        "mimetype": "image/png",
        "size": len(PNG),
        "content": base64.b64encode(PNG).decode(),
    }


def test_the_vendors_own_upload_shares_a_file_in_a_thread() -> None:
    async def story() -> Json:
        root = await slack.client().chat_postMessage(channel=LAB_DATA, text="Runs")
        await slack.client().files_upload_v2(
            content=PNG, filename="runs.png", title="Runs", channel=LAB_DATA, thread_ts=root["ts"]
        )
        seen = await slack.see("thread", user_id=ADA, channel_id=LAB_DATA, ts=root["ts"])
        return dict(seen["messages"][0])

    with sandbox() as slack:
        assert asyncio.run(story())["files"][0]["name"] == "runs.png"


def test_a_complete_image_shows_in_messages_modals_and_the_home_tab() -> None:
    async def story() -> list[str]:
        file_id = await _uploaded(slack)
        await _complete(slack, file_id)
        async with listening(slack) as listener:
            client, image = slack.client(), _image(file_id)
            trigger_id = await fresh_trigger(slack, listener)
            return [
                await error_of(client.chat_postMessage(channel=LAB_DATA, text="t", blocks=[image])),
                await error_of(client.views_open(trigger_id=trigger_id, view=modal(image))),
                await error_of(client.views_publish(user_id=ADA, view=home(image))),
            ]

    with sandbox() as slack:
        assert asyncio.run(story()) == ["ok", "ok", "ok"]


def test_what_is_no_complete_image_does_not_show() -> None:
    async def story() -> list[str]:
        incomplete = await _uploaded(slack)
        text = await _uploaded(slack, b"words", name="words.png")
        await _complete(slack, text)
        errors = []
        for file_id in (incomplete, text, "F0NOWHERE1", "nonsense"):
            call = slack.client().chat_postMessage(channel=LAB_DATA, text="t", blocks=[_image(file_id)])
            errors.append(await error_of(call))
        async with listening(slack) as listener:
            trigger_id = await fresh_trigger(slack, listener)
            call = slack.client().views_open(trigger_id=trigger_id, view=modal(_image(incomplete)))
            return [*errors, await error_of(call)]

    with sandbox() as slack:
        assert asyncio.run(story()) == [*["invalid_blocks"] * 4, "invalid_arguments"]


def test_slack_may_take_its_time_with_an_image() -> None:
    async def story() -> list[str]:
        await slack.do("file_processing", seconds=5)
        file_id = await _uploaded(slack)
        await _complete(slack, file_id)
        errors = []
        for seconds in (0, 6):
            slack.clock.advance(seconds)
            call = slack.client().chat_postMessage(channel=LAB_DATA, text="t", blocks=[_image(file_id)])
            errors.append(await error_of(call))
        return errors

    with sandbox() as slack:
        assert asyncio.run(story()) == ["invalid_blocks", "ok"]


def test_a_file_is_not_shared_where_the_bot_is_not() -> None:
    async def story() -> str:
        return await error_of(_complete(slack, await _uploaded(slack), channel_id=RANDOM))

    with sandbox() as slack:
        assert asyncio.run(story()) == "not_in_channel"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"filename": "a.png", "length": 0}, "missing_argument"),
        ({"length": 7}, "missing_argument"),
        ({"filename": "a.png", "length": 7, "alt_txt": "a" * 1001}, "alt_txt_too_large"),
    ],
)
def test_a_file_that_cannot_be_announced_is_refused(arguments: Json, error: str) -> None:
    async def story() -> str:
        return await error_of(slack.client().api_call("files.getUploadURLExternal", params=arguments))

    with sandbox() as slack:
        assert asyncio.run(story()) == error


def test_a_file_without_its_bytes_cannot_be_completed() -> None:
    async def story() -> str:
        answer = await slack.client().files_getUploadURLExternal(filename="a.png", length=7)
        async with (
            aiohttp.ClientSession() as session,
            session.post(answer["upload_url"], data=b"eight by") as uploaded,
        ):
            assert uploaded.status == 400
        return await error_of(_complete(slack, answer["file_id"]))

    with sandbox() as slack:
        assert asyncio.run(story()) == "file_not_found"
