"""Linking by the browser, where the bot has a public address: Slack, the bot and Globus, page by page."""

import re
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from bot.sandbox.slack.workspace import Credentials
from tests.browser.window import DESKTOP, PHONE, Opening, Page, Window, expect
from tests.stories.stage import ADA, GRACE, Stage, free_port, staged


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A sandbox and a bot with a web face."""
    port, credentials = free_port(), Credentials()
    with staged(tmp_path_factory.mktemp("stage")) as made:
        made.start_bot(
            PUBLIC_URL=f"http://127.0.0.1:{port}",
            PORT=port,
            SLACK_CLIENT_ID=credentials.client_id,
            SLACK_CLIENT_SECRET=credentials.client_secret,
        )
        yield made


def judged(window: Window, page: Page) -> None:
    assert window.findings(page) == [], page.url
    assert window.fits(page), page.url


@pytest.mark.parametrize(
    ("size", "person", "name"),
    [(DESKTOP, ADA, "Ada Lovelace"), (PHONE, GRACE, "Grace Hopper")],
    ids=["desktop", "phone"],
)
def test_every_page_on_the_way_to_a_linked_account_is_open_to_everybody(
    window: Opening, size: tuple[int, int], person: str, name: str
) -> None:
    opened = window(size)
    opened.slack(person)
    opened.command("/schedule-transfer connect")
    page = opened.follow(opened.page.get_by_role("link", name="Sign in to Globus").last)
    expect(page.get_by_role("heading", name="with Slack")).to_be_visible()
    judged(opened, page)
    page.get_by_role("radio", name=re.compile(name)).first.check()
    page.get_by_role("button", name="Allow").click()
    expect(page.get_by_role("heading", name="Link Slack and Globus?")).to_be_visible()
    judged(opened, page)
    page.get_by_role("button", name="Go on to Globus").click()
    page.get_by_role("radio", name=re.compile(name)).check()
    page.get_by_role("button", name="Allow").click()
    expect(page.get_by_role("heading", name="Linked")).to_be_visible()
    judged(opened, page)


def test_what_is_refused_is_said_on_pages_that_are_open_to_everybody(stage: Stage, window: Opening) -> None:
    opened = window(PHONE)
    asked = urlencode({"client_id": Credentials().client_id, "scope": "commands", "state": "s1"})

    for address, title in (
        (f"{stage.settings['PUBLIC_URL']}/globus/start?ticket=nonsense", "does not work"),
        (f"{stage.slack_url}/oauth/v2/authorize?{asked}", "Install"),
        (f"{stage.slack_url}/oauth/v2/authorize?client_id=1", ""),
        (f"{stage.globus_url}/v2/oauth2/authorize?client_id=1", "Unknown client"),
        (f"{stage.globus_url}/activity/timers/nothing/overview", "no such timer"),
        (f"{stage.globus_url}/nowhere", "Not found"),
    ):
        opened.page.goto(address)
        expect(opened.page.get_by_role("heading", level=1)).to_contain_text(title)
        judged(opened, opened.page)
