"""What every browser test is given: a sandbox with a bot, and windows to look at it with.

One sandbox, one bot and one browser serve a whole module, so that the tests take seconds; each window is a
fresh one, with cookies of its own.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Final

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.window import CHROMIUM, Opening, Window
from tests.stories.stage import Stage, staged

_MAY_NOT_SKIP: Final = "BROWSER_TESTS"
"""The environment variable that is `required` where these tests must run."""


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Where Chromium is; skips where there is none, unless that is forbidden."""
    if CHROMIUM:
        return CHROMIUM
    reason = "no Chromium is found; install Debian's package chromium"
    if os.environ.get(_MAY_NOT_SKIP) == "required":  # noqa: TID251 - the tests' own switch
        pytest.fail(f"{_MAY_NOT_SKIP} forbids to skip these tests: {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="module")
def chromium(chromium_path: str) -> Iterator[Browser]:
    """Chromium, started."""
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium_path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A sandbox and a bot, which notices soon how a run went."""
    with staged(tmp_path_factory.mktemp("stage")) as made:
        made.start_bot(WATCH_LOOKS="0.3,0.6,0.8")
        yield made


@pytest.fixture
def window(chromium: Browser, stage: Stage) -> Iterator[Opening]:
    """Open windows onto the sandbox, as wide as is asked for, by day or by night."""
    with ExitStack() as opened:

        def open_window(size: tuple[int, int], *, by_night: bool = False) -> Window:
            # Without motion nothing is judged while it fades in.
            context = chromium.new_context(
                viewport={"width": size[0], "height": size[1]},
                color_scheme="dark" if by_night else "light",
                reduced_motion="reduce",
            )
            opened.callback(context.close)
            return Window(stage, context)

        yield open_window
    for person in (stage.ada, stage.grace):
        for _ in person.views():
            person.close()
