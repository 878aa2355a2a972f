"""A person's browser window, and the words in which the tests say what the person does there."""

import re
import shutil
from pathlib import Path
from typing import Any, Final, Protocol

from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, expect

from tests.stories.stage import ADA, LAB_DATA, Stage

CHROMIUM: Final = shutil.which("chromium")
DESKTOP: Final = (1280, 800)
PHONE: Final = (390, 844)
FORBIDDEN: Final = {"moderate", "serious", "critical"}
PATIENCE: Final = 20_000
"""Milliseconds that a test waits for what is on its way, on a machine that does much else."""
expect.set_options(timeout=PATIENCE)
_A_MOMENT: Final = 150
"""Milliseconds that a view takes to go."""
_REST: Final = 800
_AXE: Final = Path(__file__).with_name("axe.min.js").read_text()


class Window:
    """One window. `page` is Playwright's; what the page's console complained of is in `complaints`."""

    def __init__(self, stage: Stage, context: BrowserContext) -> None:
        self.stage = stage
        self.context = context
        self.complaints: list[str] = []
        self.page = self._watched(context.new_page())

    # Looking around

    def slack(self, person: str = ADA, place: str = LAB_DATA) -> Page:
        """Open the pretend Slack as a person, in a conversation."""
        self.page.goto(f"{self.stage.slack_url}/#/{person}/{place}")
        return self.page

    def globus(self, path: str) -> Page:
        """Open a page of the pretend Globus."""
        self.page.goto(f"{self.stage.globus_url}{path}")
        return self.page

    @property
    def dialog(self) -> Locator:
        """The dialog on top."""
        return self.page.get_by_role("dialog").last

    @property
    def messages(self) -> Locator:
        """The conversation's messages."""
        return self.page.get_by_role("log", name="Messages").get_by_role("article")

    # Doing things

    def command(self, text: str = "/schedule-transfer") -> None:
        """Type a command into the composer, and send it."""
        composer = self.page.get_by_role("textbox", name=re.compile("^Message"))
        composer.fill(text)
        composer.press("Escape")
        composer.press("Enter")

    def choose(self, label: str, typed: str, option: str) -> None:
        """Search in a select of the dialog, and choose what is found."""
        search = self.dialog.get_by_role("combobox", name=label)
        search.click()
        search.fill(typed)
        self.page.get_by_role("option", name=re.compile(option)).first.click()
        self.settled()

    def open_folder(self, name: str) -> None:
        """Open a folder of the list in the dialog, and wait until it is shown."""
        row = self.dialog.locator(".section").filter(has_text=name)
        row.get_by_role("button", name="Open").click()
        self.says(f"/{name}/")

    def says(self, text: str) -> None:
        """Wait until the dialog on top shows this; views below it, which are hidden, do not count."""
        expect(self.dialog).to_contain_text(text, use_inner_text=True)

    def close_dialogs(self) -> None:
        """Close every dialog with the Escape key; each press takes one view away."""
        dialog = self.page.get_by_role("dialog")
        while dialog.count():
            self.page.keyboard.press("Escape")
            self.page.wait_for_timeout(_A_MOMENT)

    @property
    def thread(self) -> Locator:
        """The thread beside the conversation."""
        return self.page.get_by_role("complementary", name="Thread")

    def show_thread(self, message: Locator) -> None:
        """Open the thread under a message."""
        message.get_by_role("link", name=re.compile("repl(y|ies)")).click()
        expect(self.thread).to_be_visible()

    def follow(self, link: Locator) -> Page:
        """Follow a link that opens a window of its own; gives the page there."""
        with self.context.expect_page() as opened:
            link.click()
        return self._watched(opened.value)

    def settled(self, page: Page | None = None) -> None:
        """Wait until nothing on the page is at work: what is, is grey, and takes no second click."""
        (page or self.page).wait_for_function("() => !document.querySelector('[aria-busy=true]')")

    # Judging

    def findings(self, page: Page | None = None) -> list[str]:
        """Give what axe finds on a page that is more than minor, and still is there when it has come to rest.

        https://github.com/dequelabs/axe-core
        """
        page = page or self.page
        found = self._found(page)
        if found:
            page.wait_for_timeout(_REST)
            found = self._found(page)
        return found

    def _found(self, page: Page) -> list[str]:
        self.settled(page)
        # The page's policy lets no script in; the devtools protocol, which evaluates this, stands above it.
        if not page.evaluate("() => 'axe' in window"):
            page.evaluate(f"() => {{ {_AXE} }}")
        found: dict[str, Any] = page.evaluate("() => axe.run({resultTypes: ['violations']})")
        return [
            f"{one['id']} ({one['impact']}): {[node['html'][:200] for node in one['nodes'][:3]]}"
            for one in found["violations"]
            if one["impact"] in FORBIDDEN
        ]

    def fits(self, page: Page | None = None) -> bool:
        """Say whether the page is no wider than the window."""
        wide: bool = (page or self.page).evaluate(
            "() => document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        )
        return wide

    def _watched(self, page: Page) -> Page:
        page.set_default_timeout(PATIENCE)
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    def _heard(self, message: ConsoleMessage) -> None:
        # The sandbox refuses with 400 what Slack would refuse, and the page says why; that is no failure.
        if message.type in {"error", "warning"} and "status of 400" not in message.text:
            self.complaints.append(message.text)


class Opening(Protocol):
    """What opens a window."""

    def __call__(self, size: tuple[int, int], *, by_night: bool = False) -> Window: ...


class Keyboard:
    """A person without a mouse, on one page."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.press = page.keyboard.press

    def type(self, text: str) -> None:
        """Type where the focus is."""
        self._page.keyboard.type(text)

    def go_to(self, name: str) -> None:
        """Press Tab until the focus is on what is called like this."""
        for _ in range(_LONG_WAY):
            if self.is_at(name):
                return
            self.press("Tab")
            self._page.wait_for_timeout(20)  # a view that is drawn anew gives the focus back in a moment
        raise AssertionError(f"Tab never comes to {name!r}; it is at {self.focused!r}")

    def take(self, typed: str, option: str) -> None:
        """Type into a search, and take the first that is found."""
        self.type(typed)
        expect(self._page.get_by_role("option", name=re.compile(option)).first).to_be_visible()
        self.press("Enter")

    def is_at(self, name: str) -> bool:
        """Say whether the focus is on what is called like this."""
        return self.focused.startswith(name)

    @property
    def focused(self) -> str:
        """What has the focus, by its name."""
        found: str = self._page.evaluate(_NAME_OF_FOCUSED)
        return " ".join(found.split())


_LONG_WAY: Final = 80
_NAME_OF_FOCUSED: Final = """() => {
  const it = document.activeElement;
  const ids = (it.getAttribute('aria-labelledby') || '').split(' ');
  const naming = [...ids.map(id => document.getElementById(id)).filter(Boolean), ...(it.labels || [])];
  const labels = naming.map(one => one.textContent).join(' ');
  return it.getAttribute('aria-label') || labels || it.textContent || '';
}"""

__all__ = [
    "CHROMIUM",
    "DESKTOP",
    "PATIENCE",
    "PHONE",
    "Keyboard",
    "Locator",
    "Opening",
    "Page",
    "Window",
    "expect",
]
