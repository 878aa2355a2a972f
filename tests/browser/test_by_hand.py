"""The whole main job by hand, in a real browser: on a desktop, on a phone, and with a keyboard only."""

import re
from dataclasses import dataclass
from typing import Final

import pytest

from bot.sandbox.globus.collections import BEAMLINE
from bot.sandbox.globus.identities import ADA as ADA_AT_GLOBUS, GRACE as GRACE_AT_GLOBUS, KATHERINE, Identity
from bot.sandbox.slack.workspace import KATHERINE as KATHERINE_AT_SLACK
from tests.browser.window import DESKTOP, PHONE, Keyboard, Locator, Opening, Page, Window, expect
from tests.stories.stage import ADA, GRACE, Stage

JOB_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Who:
    """Somebody at Slack and at Globus, how wide their window is, and what they call their transfer."""

    slack: str
    globus: Identity
    size: tuple[int, int]
    name: str


DESK = Who(ADA, ADA_AT_GLOBUS, DESKTOP, "Nightly frames")
ON_THE_WAY = Who(GRACE, GRACE_AT_GLOBUS, PHONE, "Frames to go")
KEYS = Who(KATHERINE_AT_SLACK, KATHERINE, DESKTOP, "By keyboard")


def announcement(window: Window, name: str) -> Locator:
    return window.messages.filter(has_text=name).filter(has_text="Job ID")


def judged(window: Window, page: Page | None = None) -> None:
    """Check what is shown now: nobody is shut out, nothing is cut off, the browser has no complaint."""
    assert window.findings(page) == []
    assert window.fits(page)
    assert window.complaints == []


def sign_in(window: Window, who: Who) -> str:
    """Follow the sign-in link of the dialog on top, allow, and take the code along."""
    page = window.follow(window.dialog.get_by_role("link", name="Sign in to Globus"))
    expect(page.get_by_text("Access data on Beamline 7 Data (optional)")).to_be_visible()
    page.get_by_role("radio", name=re.compile(who.globus.name)).check()
    judged(window, page)
    page.get_by_role("button", name="Allow").click()
    code = page.locator("#code")
    expect(code).to_be_visible()
    judged(window, page)
    text = code.inner_text()
    page.close()
    return text


def linked_while_browsing(window: Window, who: Who) -> None:
    """Browse the source's folders, which takes a sign-in first; ends with the folder's list."""
    window.dialog.get_by_role("button", name="Browse").first.click()
    window.says("You are not signed in")
    judged(window)
    code = sign_in(window, who)
    window.dialog.get_by_role("button", name="Paste the code").click()
    window.dialog.get_by_label("Code").fill(code)
    judged(window)
    window.dialog.get_by_role("button", name="Link").click()
    window.says(f"Linked as {who.globus.username}")
    window.dialog.get_by_role("button", name="Close", exact=True).last.click()
    window.says("/home/")


def scheduled(window: Window, who: Who) -> str:
    """Fill in the form, with folders that were browsed to, and send it; gives the job ID."""
    window.slack(who.slack)
    judged(window)
    window.command()
    window.choose("From: collection", "Beam", "Beamline 7 Data")
    window.choose("To: collection", "Camp", "Campus Storage")
    judged(window)
    linked_while_browsing(window, who)
    window.dialog.get_by_role("button", name="Up").click()
    window.open_folder("data")
    window.open_folder("run-002")
    judged(window)
    window.dialog.get_by_role("button", name="Choose").click()
    expect(window.dialog.get_by_label("From: path")).to_have_value("/data/run-002/")
    window.dialog.get_by_label("To: path").fill("/archive/by-hand/")
    window.dialog.get_by_label("Name").fill(who.name)
    window.dialog.get_by_label("How often").select_option(label="Every hour")
    window.says("Every hour, without an end")
    judged(window)
    window.dialog.get_by_role("button", name="Schedule").click()
    expect(announcement(window, who.name)).to_have_count(1)
    found = JOB_ID.search(announcement(window, who.name).inner_text())
    assert found
    window.close_dialogs()
    return found.group()


def status_of(stage: Stage, job_id: str) -> str:
    return next(str(one["status"]) for one in stage.timers() if one["job_id"] == job_id)


@pytest.mark.parametrize("who", [DESK, ON_THE_WAY], ids=["desktop", "phone"])
def test_a_transfer_is_scheduled_paused_and_mended_by_hand(stage: Stage, window: Opening, who: Who) -> None:
    opened = window(who.size)
    job_id = scheduled(opened, who)
    assert status_of(stage, job_id) == "active"
    expect(announcement(opened, who.name)).to_contain_text("Last run")
    judged(opened)

    announcement(opened, who.name).get_by_role("button", name="Pause").click()
    expect(announcement(opened, who.name)).to_contain_text("Paused")
    assert status_of(stage, job_id) == "inactive"
    announcement(opened, who.name).get_by_role("button", name="Resume").click()
    expect(announcement(opened, who.name).get_by_role("button", name="Pause")).to_be_visible()

    globus = opened.follow(announcement(opened, who.name).get_by_role("link", name="Open in Globus"))
    expect(globus.get_by_role("heading", name=re.compile(who.name))).to_be_visible()
    judged(opened, globus)
    globus.get_by_role("link", name="Behind the scenes").click()
    globus.get_by_role("button", name=f"Revoke this consent: Access data on {BEAMLINE.display_name}").click()
    globus.get_by_role("link", name="Timers").click()
    globus.get_by_role("link", name=re.compile(who.name)).click()
    globus.get_by_role("button", name="Run now").click()
    expect(globus.get_by_text("It stopped")).to_be_visible()
    judged(opened, globus)
    globus.close()

    expect(announcement(opened, who.name)).to_contain_text("Stopped")
    opened.show_thread(announcement(opened, who.name))
    judged(opened)
    opened.thread.get_by_role("button", name="Restore and resume").click()
    code = sign_in(opened, who)
    opened.dialog.get_by_role("button", name="Paste the code").click()
    opened.dialog.get_by_label("Code").fill(code)
    opened.dialog.get_by_role("button", name="Link").click()
    stage.wait(lambda: status_of(stage, job_id) == "active", "the timer to go on")
    expect(opened.thread).to_contain_text("goes on")


def test_a_transfer_is_scheduled_with_a_keyboard_only(stage: Stage, window: Opening) -> None:
    opened = window(KEYS.size)
    opened.slack(KEYS.slack)
    keys = Keyboard(opened.page)
    keys.go_to("Message #lab-data")
    keys.type("/sched")
    keys.press("Enter")  # takes what is offered
    keys.press("Enter")
    opened.says("From: collection")
    keys.go_to("From: collection")
    keys.take("Beam", "Beamline 7 Data")
    keys.go_to("From: path")
    keys.type("/data/run-001/")
    keys.go_to("To: collection")
    keys.take("Camp", "Campus Storage")
    keys.go_to("To: path")
    keys.type("/archive/keys/")
    keys.go_to("Name")
    keys.type(KEYS.name)
    keys.go_to("Schedule")
    keys.press("Enter")
    expect(opened.dialog.get_by_role("link", name="Sign in to Globus")).to_be_visible()
    keys.go_to("Sign in to Globus")
    with opened.context.expect_page() as page:
        keys.press("Enter")
    there = Keyboard(page.value)
    there.go_to(ADA_AT_GLOBUS.name)
    there.press("ArrowUp")  # round to the last of them
    expect(page.value.get_by_role("radio", name=re.compile(KEYS.globus.name))).to_be_checked()
    there.go_to("Allow")
    there.press("Enter")
    code = page.value.locator("#code").inner_text()
    page.value.close()
    keys.go_to("Paste the code")
    keys.press("Enter")
    expect(opened.dialog.get_by_label("Code")).to_be_visible()
    keys.go_to("Code")
    keys.type(code)
    keys.go_to("Link")
    keys.press("Enter")
    expect(announcement(opened, KEYS.name)).to_have_count(1)
    opened.close_dialogs()

    assert keys.focused == "Message #lab-data"
    job_id = JOB_ID.search(announcement(opened, KEYS.name).inner_text())
    assert job_id
    assert status_of(stage, job_id.group()) == "active"
