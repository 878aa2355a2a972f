"""How a request goes: its progress for the person, its announcement for the team, and what they decide."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Final, Protocol

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.accounts import Account, SlackUser
from bot.errors import CannotPost, Problem
from bot.presets import form_again
from bot.scheduling import RequestState, TimerRequest
from bot.settling import Decision, Settling
from bot.sign_ins import SignInLink
from bot.slack.announcing import announcement
from bot.slack.app import Listen
from bot.slack.blocks import View, actions, bold, code, context, escape, section
from bot.slack.form import FormContext, form_view
from bot.slack.payloads import person_of, value_of
from bot.slack.posting import Poster
from bot.slack.preview import preview_of
from bot.slack.progress import (
    ANNOUNCE_AGAIN,
    CORRECT,
    PROGRESS,
    TIMER_LINK,
    announce_again,
    asking_names,
    is_to_decide,
    progress_blocks,
    progress_view,
    summary,
)
from bot.slack.views import open_or_replace
from bot.slack.zones import Zones

NEEDS_THE_PERSON: Final = frozenset(
    {
        RequestState.WAITING_FOR_SIGN_IN,
        RequestState.UNCHECKED,
        RequestState.REFUSED,
        RequestState.EXPIRED,
    }
)
"""States that a person must hear of even with the modal closed; the rest the channel tells them."""

_THREAD_IS_GONE: Final = frozenset({"thread_not_found", "message_not_found", "invalid_thread_ts"})

_SEE_HOME: Final = "My Home tab shows how your requests stand."

_DECIDED: Final = {
    Decision.LOOK_AGAIN: "I look again.",
    Decision.CREATE_AGAIN: "I create it again.",
    Decision.CREATE_ANYWAY: "I create it.",
    Decision.CHECK_AGAIN: "I check it again.",
    Decision.FORGET: "It is forgotten, as you asked.",
}

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
        form_of: Callable[[TimerRequest, str], View],
        zones: Zones,
    ) -> None:
        self._settling = settling
        self._close_view = close_view
        self._show_again = show_again
        self._form_of = form_of
        self._zones = zones

    def register(self, listen: Listen) -> None:
        """Say which of Slack's messages these handlers answer."""
        for decision in Decision:
            listen.action(decision, self.decide)
        listen.action(ANNOUNCE_AGAIN, self.announce_again)
        listen.action(CORRECT, self.correct)
        listen.action(TIMER_LINK, self.follow_link)
        listen.view_closed(PROGRESS, self.closed)

    async def decide(self, args: AsyncArgs) -> None:
        """Carry out what the owner decided about an unclear request."""
        decision = Decision(args.body["actions"][0]["action_id"])
        done = await self._settling.decide(value_of(args), person_of(args), decision)
        if not done:
            raise Problem("There is nothing to decide any more, or it is not yours to decide.", _SEE_HOME)
        await args.ack()
        await _say_in_place_of_buttons(args, _DECIDED[decision])

    async def announce_again(self, args: AsyncArgs) -> None:
        """Try again to tell the team."""
        if not await self._settling.announce_again(value_of(args), person_of(args)):
            raise Problem("The team was told already, or it is not yours to tell.", _SEE_HOME)
        await args.ack()
        await _say_in_place_of_buttons(args, "I try to tell the team again.")

    async def correct(self, args: AsyncArgs) -> None:
        """Give the form of a request that became no timer back, filled in."""
        request = await self._settling.over(value_of(args), person_of(args))
        if request is None:
            raise Problem("This request is not yours, or it is going on.", _SEE_HOME)
        await open_or_replace(args, self._form_of(request, await self._zones.of(args)))
        await args.ack()

    async def follow_link(self, args: AsyncArgs) -> None:
        """The person follows a link; there is nothing to do but to acknowledge."""
        await args.ack()

    async def closed(self, args: AsyncArgs) -> None:
        """A request that waits for its person goes on in a direct message."""
        await args.ack()
        request = await self._close_view(args.body["view"]["id"])
        if request and (request.waits_for_sign_in or is_to_decide(request)):
            await self._show_again(request)


class RequestMessages:
    """Shows a request to its person, in the open modal or by direct message, and announces its timer."""

    def __init__(
        self,
        *,
        poster: Poster,
        app_url: str,
        new_id: Callable[[], str],
        clock: Callable[[], datetime],
        refresh_home: Callable[[SlackUser], None],
    ) -> None:
        self._poster = poster
        self._app_url = app_url
        self._new_id = new_id
        self._clock = clock
        self._refresh_home = refresh_home

    def show(self, request: TimerRequest, *, link: SignInLink | None, names: Sequence[str]) -> None:
        """Show the person where their request is; what they must act on reaches them in any case."""
        try:
            shown = self._poster.show(request.person, request.view_id, self._view(request, link))
            needed = request.state in NEEDS_THE_PERSON or request.waits_for_sign_in
            if not shown and (needed or is_to_decide(request)):
                self._tell(request, link, names)
        except Problem:
            log.warning("a person could not be shown their request", exc_info=True)
        self._refresh_home(request.person)

    def announce(self, request: TimerRequest, account: Account | None) -> str:
        """Tell the team, and give the message's `ts`; raises CannotPost or ServiceUnavailable."""
        text, blocks = announcement(request, account, app_url=self._app_url)
        team_id, channel = request.person.team_id, request.plan.announce_in
        thread = request.plan.announce_thread
        try:
            return self._poster.post(team_id, channel, text=text, blocks=blocks, thread_ts=thread)
        except CannotPost as problem:
            if problem.reason not in _THREAD_IS_GONE:
                raise
            # Its first message was deleted meanwhile; the team is to hear of the timer all the same.
            return self._poster.post(team_id, channel, text=text, blocks=blocks)

    def cannot_announce(self, request: TimerRequest) -> None:
        """Tell the person that the timer stands, and how the team can hear of it."""
        named = f"{bold(request.plan.title)} (job ID {code(request.job_id or '')})"
        made = f"Your timer {named} is made, but the team does not know yet."
        blocks = [
            section(f":white_check_mark: {made}\n{escape(request.reason)} (<#{request.plan.announce_in}>)"),
            section(summary(request.plan)),
            actions(announce_again(request)),
        ]
        try:
            self._poster.tell(
                request.person, text="Your timer is made, but I could not tell the team.", blocks=blocks
            )
        except Problem:
            log.warning("a person could not be told that the team was not", exc_info=True)

    def form_of(self, request: TimerRequest, zone: str) -> View:
        """Draw the form of a refused request again, with the message under the field that is to blame.

        A corrected form is another request: this one has an end that its person has seen. `zone` is their
        time zone (IANA).
        """
        plan = request.plan
        opened = FormContext(
            self._new_id(),
            channel_id=plan.announce_in if plan.announce_thread else "",
            thread_ts=plan.announce_thread,
            zone=zone,
        )
        now = self._clock()
        filled = form_again(plan, now=now)
        problem = escape(request.reason)
        return form_view(
            opened,
            filled=filled,
            note="" if request.blamed_field else f":warning: {problem}",
            preview=preview_of(filled, now=now, zone=opened.zone),
            problem=(request.blamed_field, problem) if request.blamed_field else None,
        )

    def _view(self, request: TimerRequest, link: SignInLink | None) -> View:
        if request.state is RequestState.REFUSED and request.blamed_field:
            return self.form_of(request, self._poster.zone(request.person))
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


async def _say_in_place_of_buttons(args: AsyncArgs, said: str) -> None:
    """Take the buttons out of a message that were meant for one click; a view is drawn again anyway."""
    message = args.body.get("message")
    if not message:
        return
    kept = [one for one in message["blocks"] if one["type"] != "actions"]
    await args.respond(text=said, blocks=[*kept, section(f":arrow_right: {said}")], replace_original=True)
