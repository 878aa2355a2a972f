import asyncio
import re
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
import requests
import yaml

from bot.sandbox.slack.client import FOLDER
from bot.sandbox.slack.registration import COMMANDS, SHORTCUTS
from bot.sandbox.slack.workspace import ADA, GRACE, KATHERINE, LAB_DATA, RANDOM
from tests.sandbox.slack.pretend_slack import (
    Sandbox,
    fresh_trigger,
    home,
    listening,
    modal,
    sandbox,
    section,
    text_input,
)

Json = dict[str, Any]
ROOT = Path(__file__).parents[3]
PNG = b"\x89PNG\r\n\x1a\n" + b"pixels"
WEIGHT = 150_000


def _reached(base: str) -> dict[str, requests.Response]:
    """Fetch the page and whatever it names, as a browser does."""
    found: dict[str, requests.Response] = {}
    waiting = [f"{base}/"]
    while waiting:
        address = waiting.pop()
        if address in found:
            continue
        found[address] = answer = requests.get(address, timeout=10)
        named = re.findall(r'(?:href|src)="(/[^"]+)"|from "(\./[^"]+)"|url\("?([^)"]+)', answer.text)
        waiting += [urljoin(address, next(filter(None, one))) for one in named]
    return found


def test_the_page_is_made_of_files_of_its_own_and_is_light() -> None:
    with sandbox() as slack:
        found = _reached(slack.base)
    assert {answer.status_code for answer in found.values()} == {200}
    assert sum(len(answer.content) for answer in found.values()) < WEIGHT
    names = {address.rpartition("/")[2] or "index.html" for address in found}
    assert names == {path.name for path in FOLDER.iterdir()}, "a file is missing, or is never used"


def test_a_browser_lets_the_page_load_nothing_from_elsewhere_and_run_nothing_inline() -> None:
    with sandbox() as slack:
        found = _reached(slack.base)
    for address, answer in found.items():
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'self';"), address
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    page = (FOLDER / "index.html").read_text()
    assert not re.search(r"<script(?![^>]* src=)|<style| style=| on[a-z]+=", page)


def test_a_browser_asks_again_for_a_file_and_gets_it_only_if_it_changed() -> None:
    with sandbox() as slack:
        first = requests.get(f"{slack.base}/page/main.js", timeout=10)
        again = requests.get(
            f"{slack.base}/page/main.js", headers={"If-None-Match": first.headers["ETag"]}, timeout=10
        )
    assert first.headers["Cache-Control"] == "no-cache"
    assert first.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "name", ["missing.js", "..%2Fclient.py", "%2Fetc%2Fpasswd", "icon.svg%2F..%2F..%2Fapp.py", "."]
)
def test_nothing_but_the_pages_files_is_served(name: str) -> None:
    with sandbox() as slack:
        assert requests.get(f"{slack.base}/page/{name}", timeout=10).status_code == 404


def test_what_the_page_offers_is_what_the_manifest_says() -> None:
    features = yaml.safe_load((ROOT / "manifest.yml").read_text())["features"]
    shown = ("command", "description", "usage_hint")
    assert [dict(one) for one in COMMANDS] == [
        {key: one[key] for key in shown} for one in features["slash_commands"]
    ]
    assert [dict(one) for one in SHORTCUTS] == features["shortcuts"]


def test_a_picture_of_the_apps_is_served_and_no_other_file() -> None:
    async def story() -> list[tuple[int, str]]:
        seen = []
        for content in (PNG, b"<script>alert(1)</script>"):
            told = await slack.client().files_getUploadURLExternal(filename="a.png", length=len(content))
            await asyncio.to_thread(requests.post, told["upload_url"], data=content, timeout=10)
            await slack.client().files_completeUploadExternal(files=[{"id": told["file_id"], "title": None}])
            address = f"{slack.base}/files/{told['file_id']}"
            answer = await asyncio.to_thread(requests.get, address, timeout=10)
            seen.append((answer.status_code, answer.headers["Content-Type"]))
        return seen

    with sandbox() as slack:
        seen = asyncio.run(story())
        assert requests.get(f"{slack.base}/files/F0NOTTHERE1", timeout=10).status_code == 404
    assert seen[0] == (200, "image/png")
    assert seen[1][0] == 404


async def _screen(slack: Sandbox, user_id: str = ADA, **more: object) -> Json:
    return await slack.see("screen", user_id=user_id, **more)


def _unread(screen: Json) -> dict[str, int]:
    return {one["name"]: one["unread"] for one in screen["conversations"]}


def test_each_person_sees_their_own_conversations_only() -> None:
    async def story() -> dict[str, list[str]]:
        everyone = (ADA, GRACE, KATHERINE)
        return {one: list(_unread(await _screen(slack, one))) for one in everyone}

    with sandbox() as slack:
        seen = asyncio.run(story())
    assert seen[ADA] == seen[GRACE] == ["lab-data", "random", "embargo", "partner-data", "transferbot"]
    assert seen[KATHERINE] == ["lab-data", "transferbot"]


def test_a_window_shows_one_conversation_with_what_only_its_person_sees() -> None:
    async def story() -> list[list[str]]:
        await slack.client().chat_postMessage(channel=LAB_DATA, text="for all")
        await slack.client().chat_postEphemeral(channel=LAB_DATA, user=ADA, text="for Ada")
        screens = [await _screen(slack, one, channel_id=LAB_DATA) for one in (ADA, GRACE)]
        return [[one["text"] for one in screen["messages"]] for screen in screens]

    with sandbox() as slack:
        assert asyncio.run(story()) == [["for all", "for Ada"], ["for all"]]
        refused = requests.get(
            f"{slack.base}/sandbox/screen", params={"user_id": KATHERINE, "channel_id": RANDOM}, timeout=10
        )
    assert refused.json()["error"] == "channel_not_found"


def test_what_others_write_is_unread_until_it_is_read() -> None:
    async def story() -> None:
        await slack.do("message", user_id=GRACE, channel_id=RANDOM, text="first")
        last = await slack.do("message", user_id=GRACE, channel_id=RANDOM, text="second")
        await slack.do("message", user_id=ADA, channel_id=LAB_DATA, text="my own")
        screen = await _screen(slack, channel_id=RANDOM)
        assert _unread(screen) | {"random": 2, "lab-data": 0} == _unread(screen)
        assert screen["read"] == ""
        await slack.do("read", user_id=ADA, channel_id=RANDOM, ts=last["ts"])
        await slack.do("read", user_id=ADA, channel_id=RANDOM, ts="1.000000")  # never back
        screen = await _screen(slack, channel_id=RANDOM)
        assert (_unread(screen)["random"], screen["read"]) == (0, last["ts"])
        assert _unread(await _screen(slack, GRACE))["lab-data"] == 1
        await slack.refused("read", user_id=ADA, channel_id=RANDOM, ts="soon")

    with sandbox() as slack:
        asyncio.run(story())


def test_a_window_shows_the_views_and_the_home_tab() -> None:
    async def story() -> Json:
        async with listening(slack) as listener:
            trigger_id = await fresh_trigger(slack, listener)
            await slack.client().views_open(trigger_id=trigger_id, view=modal())
            await slack.client().views_publish(user_id=ADA, view=home(section("here")))
            return await _screen(slack, dm=1, home=1)

    with sandbox() as slack:
        screen = asyncio.run(story())
    assert [view["callback_id"] for view in screen["views"]] == ["form"]
    assert screen["home"]["blocks"][0]["text"]["text"] == "here"
    assert screen["messages"] == []


def test_a_window_hears_what_slack_refused_since_it_last_looked() -> None:
    async def story() -> tuple[Json, Json]:
        before = await _screen(slack)
        with pytest.raises(Exception, match="invalid_arguments"):
            await slack.client().views_publish(user_id=ADA, view={"type": "home", "blocks": "none"})
        return await _screen(slack, after=before["number"]), await _screen(slack)

    with sandbox() as slack:
        since, at_first = asyncio.run(story())
    assert [(one["method"], one["error"]) for one in since["refusals"]] == [
        ("views.publish", "invalid_arguments")
    ]
    assert "/view/blocks" in since["refusals"][0]["messages"][0]
    assert at_first["refusals"] == []


def test_what_is_typed_without_enter_is_kept_and_the_app_hears_it_later() -> None:
    async def story() -> tuple[int, list[str]]:
        async with listening(slack) as listener:
            trigger_id = await fresh_trigger(slack, listener)
            field = text_input("name", dispatch_action=True)
            await slack.client().views_open(trigger_id=trigger_id, view=modal(field))
            form = {"user_id": ADA, "view_id": (await slack.top_view())["id"]}
            before = len(listener.requests)
            await slack.do("input", **form, block_id="name", value="typed", quietly=True)
            heard = len(listener.requests) - before
            await slack.do("submit", **form)
            values = listener.requests[-1].payload["view"]["state"]["values"]
            return heard, [one["name"]["value"] for one in values.values()]

    with sandbox() as slack:
        assert asyncio.run(story()) == (0, ["typed"])
