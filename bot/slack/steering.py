"""How a change of a timer went, as its owner sees it."""

import logging
from collections.abc import Callable, Sequence

from bot.accounts import SlackUser
from bot.controlling import TimerChange
from bot.errors import Problem
from bot.showing import Details, Showing, Viewpoint
from bot.sign_ins import SignInLink
from bot.slack.blocks import Block, bold, escape, section
from bot.slack.details import Context, details_view
from bot.slack.linking import link_blocks
from bot.slack.posting import Poster
from bot.steering import Outcome
from bot.timers import Run

log = logging.getLogger(__name__)


class ChangeMessages:
    """Tells a person how what they wanted of a timer went: in the view, or by direct message.

    `kept_chart` gives the chart of a timer's runs that was in the view before.
    """

    def __init__(
        self,
        *,
        poster: Poster,
        showing: Showing,
        app_url: str,
        refresh_home: Callable[[SlackUser], None],
        kept_chart: Callable[[SlackUser, str, Sequence[Run]], Block | None] = lambda *_of: None,
    ) -> None:
        self._poster = poster
        self._showing = showing
        self._app_url = app_url
        self._refresh_home = refresh_home
        self._kept_chart = kept_chart

    def changed(self, change: TimerChange, title: str, outcome: Outcome, link: SignInLink | None) -> None:
        """Say how it went, with the link if a sign-in comes first."""
        mark = ":warning:" if outcome.has_failed else ":white_check_mark:"
        note = f"{mark} {escape(outcome.said)}"
        try:
            shown = self._show(change, note, link)
            if not shown and (outcome.has_failed or link):
                self._tell(change, title, note, link)
        except Problem:
            log.warning("a person could not be told how a change went", exc_info=True)
        self._refresh_home(change.person)

    def delayed(self, change: TimerChange, problem: Problem) -> None:
        """Say that it takes longer."""
        note = f":hourglass: {escape(str(problem))}"
        try:
            if not self._show_known(change, note, None):
                self._tell(change, "", f"{note} I will {change.act} your timer as soon as I can.", None)
        except Problem:
            log.warning("a person could not be told that a change takes longer", exc_info=True)

    def _show(self, change: TimerChange, note: str, link: SignInLink | None) -> bool:
        """Draw the open view at once as the timer is known, then as Globus says; False if it is closed."""
        shown = self._show_known(change, note, link)
        return shown is not None and self._draw(change, self._showing.live_now(shown), note, link)

    def _show_known(self, change: TimerChange, note: str, link: SignInLink | None) -> Details | None:
        """Draw the open view as the timer is known; None if it is closed."""
        if change.view_id is None:
            return None
        shown = self._showing.known_now(change.person, change.job_id, Viewpoint())
        return shown if self._draw(change, shown, note, link) else None

    def _draw(self, change: TimerChange, shown: Details, note: str, link: SignInLink | None) -> bool:
        opened = Context(change.job_id)
        chart = self._kept_chart(change.person, change.job_id, shown.runs)
        view = details_view(shown, opened, app_url=self._app_url, note=note, link=link, chart=chart)
        return self._poster.show(change.person, change.view_id, view)

    def _tell(self, change: TimerChange, title: str, note: str, link: SignInLink | None) -> None:
        about = f"{bold(title)}\n" if title else ""
        blocks = [section(f"{about}{note}"), *(link_blocks(link) if link else [])]
        self._poster.tell(change.person, text="About your timer", blocks=blocks)
