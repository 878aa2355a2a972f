"""Takes every picture of the documents anew, from the sandbox: `python -m docs.screenshots [FOLDER]`.

It needs Chromium and what the tests need. In the sandbox a day passes between one run and the next, so that
the timer has a history.
"""  # noqa: INP001 - a script

import re
import runpy
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from playwright.sync_api import (
    Browser,
    Locator,
    Page,
    TimeoutError as TooLate,
    ViewportSize,
    expect,
    sync_playwright,
)

from bot.sandbox.globus.collections import BEAMLINE
from bot.sandbox.slack.workspace import ADA, GRACE, LAB_DATA
from tests.browser.window import CHROMIUM, PATIENCE, PHONE, Window
from tests.stories.stage import Stage, staged

IMAGES: Final = Path(__file__).parent / "images"
DESK: Final = (1200, 760)
GIGABYTES: Final = (2.9, 3.1, 3.2, 3.0, 3.4, 0.0, 3.5, 3.3, 3.8, 3.9, 3.7, 4.1, 4.3)
FAILS: Final = 5
"""The run, from zero on, that does not find its source."""
NAME: Final = "Nightly run data"
SOURCE: Final = "/data/run-001/"

PICTURES: Final = (
    "form.png",
    "browse.png",
    "consent.png",
    "code.png",
    "announcement.png",
    "details.png",
    "list.png",
    "home.png",
    "inspector.png",
    "globus-timers.png",
    "globus-timer.png",
    "behind-the-scenes.png",
    "phone-form.png",
    "phone-announcement.png",
    "phone-home.png",
    "run-chart.png",
)


def main(folder: Path) -> None:
    """Take all pictures into a folder."""
    with (
        tempfile.TemporaryDirectory() as place,
        staged(Path(place), "--seed", "7") as stage,
        _chromium() as browser,
    ):
        stage.start_bot(WATCH_LOOKS="0.3,0.6,0.8")
        desk, phone = _window(browser, stage, DESK), _window(browser, stage, PHONE)
        _schedule(desk, folder)
        _begin_on_the_way(phone, folder)
        _let_days_pass(stage)
        _look_around(desk, folder)
        _look_on_the_way(phone, folder)
    drawn = runpy.run_path(str(IMAGES / "draw_run_chart.py"))
    runs = drawn["example"]()
    (folder / "run-chart.png").write_bytes(drawn["draw"](runs, title=f"The last {len(runs)} runs"))


def _schedule(desk: Window, folder: Path) -> None:
    """Let Ada schedule a transfer by hand, with a sign-in while she browses."""
    desk.slack()
    desk.command()
    desk.choose("From: collection", "Beam", "Beamline 7 Data")
    desk.choose("To: collection", "Camp", "Campus Storage")
    desk.dialog.get_by_role("button", name="Browse").first.click()
    globus = desk.follow(desk.dialog.get_by_role("link", name="Sign in to Globus"))
    globus.set_viewport_size({"width": 760, "height": 900})
    _take(globus, folder / "consent.png")
    globus.get_by_role("button", name="Allow").click()
    globus.set_viewport_size({"width": 760, "height": 460})
    code = globus.locator("#code").inner_text()
    _take(globus, folder / "code.png")
    globus.close()
    desk.dialog.get_by_role("button", name="Paste the code").click()
    desk.dialog.get_by_label("Code").fill(code)
    desk.dialog.get_by_role("button", name="Link").click()
    desk.says("Linked as")
    desk.dialog.get_by_role("button", name="Close", exact=True).last.click()
    desk.says("/home/")
    desk.dialog.get_by_role("button", name="Up").click()
    desk.open_folder("data")
    _take(desk.page, folder / "browse.png")
    desk.open_folder("run-001")
    desk.dialog.get_by_role("button", name="Choose").click()
    desk.dialog.get_by_label("To: path").fill("/archive/run-001/")
    desk.dialog.get_by_label("Name").fill(NAME)
    desk.dialog.get_by_label("How often").select_option(label="Every day")
    desk.says("Every day, without an end")
    _take(desk.page, folder / "form.png")
    desk.dialog.get_by_role("button", name="Schedule").click()
    expect(_announcement(desk)).to_contain_text("Last run")
    desk.close_dialogs()


def _let_days_pass(stage: Stage) -> None:
    """Let the timer run each day, one time in vain, while others talk."""
    stage.grace.say("Beam is back. I start the night shift's runs now.", channel_id=LAB_DATA)
    for number, gigabytes in enumerate(GIGABYTES):
        if number == FAILS:
            stage.at_globus("remove_file", collection_id=BEAMLINE.id, path=SOURCE)
        stage.at_globus("shape_task", bytes=int(gigabytes * 1e9), seconds=600 + 40 * number)
        # The first day is a little longer, so that each run is over when its day is.
        stage.at_globus("advance", seconds=86_400 if number else 90_000)
        if number == FAILS:
            stage.write_file(BEAMLINE, f"{SOURCE}frames/frame-0001.dat")
        _counted(stage, number + 2)


def _counted(stage: Stage, runs: int) -> None:
    """Wait until the announcement counts so many runs."""
    stage.wait(lambda: f"{runs} runs" in str(stage.announcements()[0]["blocks"]), f"{runs} runs")


def _look_around(desk: Window, folder: Path) -> None:
    desk.slack()
    desk.show_thread(_announcement(desk))
    _take(desk.page, folder / "announcement.png")
    for _ in range(2):  # the first look renews what expired while the days passed
        _open_details(desk)
    desk.page.set_viewport_size(_TALL)
    desk.dialog.get_by_role("img").first.scroll_into_view_if_needed()
    _take(desk.page, folder / "details.png")
    desk.page.set_viewport_size({"width": DESK[0], "height": DESK[1]})
    desk.close_dialogs()
    desk.slack()
    desk.command("/schedule-transfer list")
    expect(desk.messages.filter(has_text="Only visible to you").last).to_contain_text(NAME)
    _take(desk.page, folder / "list.png")
    desk.slack(ADA, "app/home")
    expect(desk.page.get_by_role("main")).to_contain_text(NAME)
    _take(desk.page, folder / "home.png")
    desk.slack()
    desk.page.get_by_role("button", name="Inspector", exact=True).click()
    expect(desk.page.get_by_role("list", name="Traffic")).to_contain_text("GET /jobs/")
    _take(desk.page, folder / "inspector.png")
    desk.page.get_by_role("button", name="Inspector", exact=True).click()
    desk.globus("/activity/timers")
    _take(desk.page, folder / "globus-timers.png")
    desk.page.get_by_role("link", name=re.compile(NAME)).click()
    _take(desk.page, folder / "globus-timer.png")
    desk.globus("/behind-the-scenes")
    _take(desk.page, folder / "behind-the-scenes.png")


def _open_details(desk: Window) -> None:
    """Open the timer's details with their chart, which is left out while Slack does not have it yet."""
    for _ in range(3):
        desk.close_dialogs()
        _announcement(desk).get_by_role("button", name="Details").click()
        with suppress(TooLate):
            desk.dialog.get_by_role("img").first.wait_for(timeout=PATIENCE)
            return
    raise AssertionError("no chart is shown")


def _begin_on_the_way(phone: Window, folder: Path) -> None:
    phone.slack(GRACE)
    phone.command("/schedule-transfer daily at 02:30")
    phone.choose("From: collection", "Alpha", "Project Alpha Share")
    phone.page.keyboard.press("Tab")
    _take(phone.page, folder / "phone-form.png")
    phone.close_dialogs()


def _look_on_the_way(phone: Window, folder: Path) -> None:
    phone.globus("/activity/timers")
    phone.slack()
    _announcement(phone).scroll_into_view_if_needed()
    _take(phone.page, folder / "phone-announcement.png")
    phone.slack(ADA, "app/home")
    expect(phone.page.get_by_role("main")).to_contain_text(NAME)
    _take(phone.page, folder / "phone-home.png")


def _announcement(window: Window) -> Locator:
    return window.messages.filter(has_text=NAME).filter(has_text="Job ID").first


def _take(page: Page, file: Path) -> None:
    """Take a picture of what the window shows, without a blinking cursor."""
    page.wait_for_timeout(300)  # what was just drawn settles
    page.screenshot(path=file, animations="disabled", caret="hide")


@contextmanager
def _chromium() -> Iterator[Browser]:
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def _window(browser: Browser, stage: Stage, size: tuple[int, int]) -> Window:
    width, height = size
    return Window(
        stage,
        browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce"),
    )


_TALL: Final = ViewportSize(width=DESK[0], height=1000)

if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else IMAGES)
