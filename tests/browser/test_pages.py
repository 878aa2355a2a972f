"""Every page and modal is open to everybody, fits its window, and is light and quick."""

from typing import Final

import pytest
import requests

from bot.sandbox.globus.collections import BEAMLINE, CAMPUS, LAPTOP, SHARED
from tests.browser.window import DESKTOP, PHONE, Opening, expect
from tests.stories.stage import ADA, GRACE, LAB_DATA, Stage

HEAVIEST: Final = 150_000
"""Bytes that a page may weigh in all, as they travel."""
LONGEST: Final = 1.0
"""Seconds until something is to be seen."""

NARROWEST: Final = (320, 640)
"""What a page has to fit into without being moved sideways (https://www.w3.org/TR/WCAG22/#reflow)."""

WAYS: Final = [
    pytest.param(DESKTOP, False, id="desktop"),
    pytest.param(NARROWEST, False, id="narrowest"),
    pytest.param(DESKTOP, True, id="dark"),
]
GLOBUS_PAGES: Final = (
    "/",
    "/sandbox/",
    "/activity",
    "/activity/timers",
    "/activity/timers/{job_id}/overview",
    "/activity/{task_id}",
    f"/file-manager?origin_id={BEAMLINE.id}&destination_id={CAMPUS.id}&destination_path=/archive/",
    "/behind-the-scenes",
)
COMMANDS: Final = ("help", "list", "status", "presets", "connect", "disconnect")


@pytest.fixture(scope="module")
def job_id(stage: Stage) -> str:
    """A timer of Ada's that ran once, and is told of in #lab-data."""
    stage.schedule(SHARED, LAPTOP, name="Hourly share", repeat="hourly")
    stage.sign_in()
    stage.announced()
    for _ in stage.ada.views():
        stage.ada.close()
    stage.wait(lambda: "Last run" in str(stage.announcements()[0]), "the first run to be told of")
    return str(stage.timers()[0]["job_id"])


@pytest.mark.parametrize(("size", "by_night"), WAYS)
def test_the_pages_of_globus_are_open_to_everybody(
    stage: Stage, window: Opening, job_id: str, size: tuple[int, int], *, by_night: bool
) -> None:
    opened = window(size, by_night=by_night)
    [result] = stage.timers()[0]["results"]["data"]

    for path in GLOBUS_PAGES:
        page = opened.globus(path.format(job_id=job_id, task_id=result["resource_id"]))
        assert opened.findings() == [], path
        assert opened.fits(), path
        assert page.get_by_role("heading", level=1).count() == 1
    assert opened.complaints == []


@pytest.mark.parametrize(("size", "by_night"), WAYS)
@pytest.mark.usefixtures("job_id")
def test_the_pages_of_slack_are_open_to_everybody(
    window: Opening, size: tuple[int, int], *, by_night: bool
) -> None:
    opened = window(size, by_night=by_night)

    for place, sign in (
        (LAB_DATA, "Hourly share"),
        ("app/home", "Hourly share"),
        ("app/messages", "transferbot"),
    ):
        opened.slack(place=place)
        expect(opened.page.get_by_role("main")).to_contain_text(sign)
        assert opened.findings() == [], place
        assert opened.fits(), place
    assert opened.complaints == []


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.usefixtures("job_id")
def test_the_modals_of_a_timer_are_open_to_everybody(window: Opening, size: tuple[int, int]) -> None:
    opened = window(size)
    opened.slack()
    message = opened.messages.filter(has_text="Hourly share").filter(has_text="Job ID").first

    for text, sign in (
        ("Details", "needs no consent"),
        ("Follow…", "every run"),
        ("Duplicate", "From: collection"),
    ):
        message.get_by_role("button", name=text).click()
        opened.says(sign)
        assert opened.findings() == [], text
        opened.close_dialogs()
    opened.command("/schedule-transfer every 6h until yesterday")
    opened.says("From: collection")
    opened.dialog.get_by_role("button", name="Schedule").click()
    expect(opened.dialog.locator("[aria-invalid=true]").first).to_be_visible()
    expect(opened.dialog.get_by_role("button", name="Schedule")).not_to_have_attribute("aria-busy", "true")
    assert opened.findings() == []
    opened.close_dialogs()
    assert opened.complaints == []


@pytest.mark.usefixtures("job_id")
def test_what_each_command_answers_is_open_to_everybody(window: Opening) -> None:
    opened = window(DESKTOP)
    opened.slack()

    answers = opened.messages.or_(opened.page.get_by_role("dialog"))
    for word in COMMANDS:
        before = answers.count()
        opened.command(f"/schedule-transfer {word}")
        expect(answers).not_to_have_count(before)
        assert opened.findings() == [], word
        opened.close_dialogs()
    assert opened.complaints == []


@pytest.mark.usefixtures("job_id")
def test_the_inspector_shows_what_passed_and_no_secrets(stage: Stage, window: Opening) -> None:
    opened = window(DESKTOP)
    page = opened.slack()
    page.get_by_role("button", name="Inspector", exact=True).click()
    inspector = page.get_by_role("complementary", name="Inspector")
    expect(inspector.get_by_role("list", name="Traffic")).to_contain_text("POST /v2/timer")
    assert opened.findings() == []
    told = requests.get(f"{stage.slack_url}/sandbox/inspect", timeout=10).json()

    assert any(one["service"] == "globus" and one["took_ms"] >= 0 for one in told["traffic"])
    for secret in (*stage.live_tokens("ada@sandbox-lab.example"), *stage.trigger_ids_and_response_urls()):
        assert secret not in str(told)


@pytest.mark.usefixtures("job_id")
def test_a_thread_beside_the_inspector_is_open_to_everybody(window: Opening) -> None:
    opened = window(DESKTOP)
    page = opened.slack()
    message = opened.messages.filter(has_text="Hourly share").filter(has_text="Job ID").first
    message.hover()
    message.get_by_role("button", name="Reply in thread").click()
    page.get_by_role("button", name="Inspector", exact=True).click()
    expect(page.get_by_role("main", name="Thread")).to_be_visible()
    expect(page.get_by_role("main")).to_have_count(1)
    assert opened.findings() == []
    page.get_by_role("button", name="Inspector", exact=True).click()
    expect(page.get_by_role("main", name="Conversation")).to_be_visible()
    expect(opened.thread).to_be_visible()


def test_only_the_person_whom_it_concerns_sees_what_is_for_them_alone(window: Opening) -> None:
    ada = window(DESKTOP)
    ada.slack(ADA)
    ada.command("/schedule-transfer help")
    expect(ada.messages.filter(has_text="Only visible to you").first).to_be_visible()
    grace = window(DESKTOP)
    grace.slack(GRACE)
    expect(grace.page.get_by_role("textbox", name="Message #lab-data")).to_be_visible()

    expect(grace.messages.filter(has_text="Only visible to you")).to_have_count(0)


@pytest.mark.parametrize("service", ["Slack", "Globus"])
@pytest.mark.usefixtures("job_id")
def test_the_page_is_light_and_soon_there(
    window: Opening, service: str, capsys: pytest.CaptureFixture[str]
) -> None:
    opened = window(DESKTOP)
    if service == "Slack":
        opened.slack()
        expect(opened.messages.first).to_be_visible()
    else:
        opened.globus("/activity/timers")
    files = opened.page.evaluate(
        "() => [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]"
        ".filter(one => !one.name.includes('/sandbox/')).reduce((sum, one) => sum + one.transferSize, 0)"
    )
    paint = opened.page.wait_for_function("() => performance.getEntriesByName('first-contentful-paint')[0]")
    painted = paint.get_property("startTime").json_value() / 1000
    with capsys.disabled():
        print(f"\n{service}: {files / 1000:.0f} kB, first paint after {painted:.2f} s")  # noqa: T201 - a figure to be read

    assert 0 < files < HEAVIEST
    assert painted < LONGEST
