"""How a request goes: its progress for the person, its announcement for the team, and what they decide."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.errors import CannotPost, Problem
from bot.forms import form_of
from bot.fulfilling import Decision, Settling
from bot.linking import Account, SignInLink
from bot.scheduling import RequestState, TimerRequest
from bot.slack.app import Listen, person_of
from bot.slack.blocks import actions, button, code, context, section
from bot.slack.form import FormContext, form_view
from bot.slack.posting import Poster
from bot.slack.progress import (
    ANNOUNCE_AGAIN,
    PROGRESS,
    TIMER_LINK,
    announcement,
    asking_names,
    progress_blocks,
    progress_view,
    summary,
)

NEEDS_THE_PERSON = frozenset({RequestState.WAITING_FOR_SIGN_IN, RequestState.REFUSED, RequestState.EXPIRED})
"""States that a person must hear of even with the modal closed; the rest the channel tells them."""

log = logging.getLogger(__name__)


class ClosedViews(Protocol):
    """Remembers which modals are closed."""

    async def __call__(self, view_id: str) -> TimerRequest | None:
        """Note that a modal was closed; gives the request that it showed."""
        ...


class FulfillingHandlers:
    """What the buttons of a request do, and what happens when its modal is closed."""

    def __init__(
        self,
        *,
        settling: Settling,
        close_view: ClosedViews,
        show_again: Callable[[TimerRequest], Awaitable[None]],
    ) -> None:
        self._settling = settling
        self._close_view = close_view
        self._show_again = show_again

    def register(self, listen: Listen) -> None:
        """Say which of Slack's messages these handlers answer."""
        for decision in Decision:
            listen.action(decision, self.decide)
        listen.action(ANNOUNCE_AGAIN, self.announce_again)
        listen.action(TIMER_LINK, self.follow_link)
        listen.view_closed(PROGRESS, self.closed)

    async def decide(self, args: AsyncArgs) -> None:
        """Carry out what the owner decided about an unclear request."""
        pressed = args.body["actions"][0]
        done = await self._settling.decide(pressed["value"], person_of(args), Decision(pressed["action_id"]))
        if not done:
            raise Problem("There is nothing to decide any more, or it is not yours to decide.")
        await args.ack()

    async def announce_again(self, args: AsyncArgs) -> None:
        """Try again to tell the team."""
        if not await self._settling.announce_again(args.body["actions"][0]["value"], person_of(args)):
            raise Problem("The team was told already, or it is not yours to tell.")
        await args.ack()

    async def follow_link(self, args: AsyncArgs) -> None:
        """The person follows a link; there is nothing to do but to acknowledge."""
        await args.ack()

    async def closed(self, args: AsyncArgs) -> None:
        """A request that waits for its person goes on in a direct message."""
        await args.ack()
        request = await self._close_view(args.body["view"]["id"])
        if request and request.state is RequestState.WAITING_FOR_SIGN_IN:
            await self._show_again(request)


class RequestMessages:
    """Shows a request to its person, in the open modal or by direct message, and announces its timer."""

    def __init__(self, *, poster: Poster, app_url: str, new_id: Callable[[], str]) -> None:
        self._poster = poster
        self._app_url = app_url
        self._new_id = new_id

    def show(self, request: TimerRequest, *, link: SignInLink | None, names: Sequence[str]) -> None:
        """Show the person where their request is; what they must act on reaches them in any case."""
        try:
            shown = self._poster.show(request.view_id, self._view(request, link))
            if not shown and (request.state in NEEDS_THE_PERSON or _to_decide(request)):
                self._tell(request, link, names)
        except Problem:
            log.warning("a person could not be shown their request", exc_info=True)

    def announce(self, request: TimerRequest, account: Account | None) -> None:
        """Tell the team; raises CannotPost or ServiceUnavailable."""
        text, blocks = announcement(request, account, app_url=self._app_url)
        self._poster.post(request.plan.announce_in, text=text, blocks=blocks)

    def cannot_announce(self, request: TimerRequest, problem: CannotPost) -> None:
        """Tell the person that the timer stands, and how the team can hear of it."""
        made = f"Your timer is made (job ID {code(request.job_id or '')}), but the team does not know yet."
        blocks = [
            section(f":white_check_mark: {made}\n{problem} (<#{request.plan.announce_in}>)"),
            section(summary(request.plan)),
            actions(button("Announce it now", ANNOUNCE_AGAIN, value=request.request_id, primary=True)),
        ]
        try:
            self._poster.tell(
                request.person, text="Your timer is made, but I could not tell the team.", blocks=blocks
            )
        except Problem:
            log.warning("a person could not be told that the team was not", exc_info=True)

    def _view(self, request: TimerRequest, link: SignInLink | None) -> dict[str, object]:
        if request.state is RequestState.REFUSED and request.blamed_field:
            # A corrected form is another request: this one has an end that its person has seen.
            return form_view(
                FormContext(self._new_id()),
                filled=form_of(request.plan),
                problem=(request.blamed_field, request.reason),
            )
        return progress_view(request, link=link, app_url=self._app_url)

    def _tell(self, request: TimerRequest, link: SignInLink | None, names: Sequence[str]) -> None:
        blocks = [
            section(f"About the transfer you asked for:\n{summary(request.plan)}"),
            *progress_blocks(request, link=link, app_url=self._app_url),
        ]
        asked = asking_names(names)
        if asked and link:
            blocks.append(context(asked))
        self._poster.tell(
            request.person, text=request.reason or "About the transfer you asked for", blocks=blocks
        )


def _to_decide(request: TimerRequest) -> bool:
    return request.state is RequestState.UNCLEAR and request.due is None
