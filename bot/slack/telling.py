"""Sends news to Slack, and keeps announcements as their timers stand."""

from collections.abc import Callable, Sequence

from bot.accounts import Account, SlackUser
from bot.news import Post
from bot.slack.announcing import announcement
from bot.slack.news import drawn
from bot.slack.posting import Poster
from bot.telling import Subject


class NewsMessages:
    """Sends news, and edits announcements. Raises CannotPost or ServiceUnavailable."""

    def __init__(
        self,
        *,
        poster: Poster,
        account: Callable[[SlackUser], Account | None],
        app_url: str,
        refresh_home: Callable[[SlackUser], None],
    ) -> None:
        self._poster = poster
        self._account = account
        self._app_url = app_url
        self._refresh_home = refresh_home

    def tell(self, posts: Sequence[Post], subjects: Sequence[Subject | None]) -> None:
        """Send news of one place and one thread as one message."""
        first = posts[0]
        text, blocks = drawn(posts, subjects, app_url=self._app_url)
        self._poster.post(first.team_id, first.place, text=text, blocks=blocks, thread_ts=first.thread_ts)

    def redraw(self, subject: Subject) -> None:
        """Edit a timer's announcement and its owner's Home tab, so that they show how it stands.

        Raises Problem if Slack refuses the drawing.
        """
        timer = subject.timer
        if timer.announcement is None:
            return
        text, blocks = announcement(
            subject.request, self._account(timer.owner), app_url=self._app_url, timer=timer
        )
        place, message_ts = timer.announcement.channel_id, timer.announcement.message_ts
        self._poster.edit(timer.owner.team_id, place, message_ts, text=text, blocks=blocks)
        self._refresh_home(timer.owner)
