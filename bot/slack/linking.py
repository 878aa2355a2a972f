"""Signing in, as a person sees it: the link, the modal for the code, and how it went."""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Final

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.accounts import Account, SlackUser
from bot.errors import Problem, ServiceUnavailable
from bot.linking import Linking
from bot.sign_ins import SignIn, SignInLink
from bot.slack.app import Listen
from bot.slack.blocks import Block, View, actions, bold, button, context, escape, field, modal, plain, section
from bot.slack.form import Opening, form_view
from bot.slack.payloads import person_of, value_of
from bot.slack.posting import Poster
from bot.slack.preview import preview_of
from bot.slack.views import open_on_top

PASTE: Final = "paste_code"
OPEN_PASTE: Final = "open_paste_code"
SIGN_IN: Final = "sign_in"
CODE_LENGTH: Final = 200
"""Far longer than Globus's codes, which it does not promise a length for."""

_ONLY_YOU: Final = (
    "This link is only for you. Whoever finishes it gives you access to their files: do not pass it on."
)

log = logging.getLogger(__name__)


class LinkingHandlers:
    """What the sign-in's buttons and the code's modal do."""

    def __init__(self, *, linking: Linking) -> None:
        self._linking = linking

    def register(self, listen: Listen) -> None:
        """Say which of Slack's messages these handlers answer."""
        listen.action(SIGN_IN, self.leave)
        listen.action(OPEN_PASTE, self.open_paste)
        listen.view(PASTE, self.paste)

    async def leave(self, args: AsyncArgs) -> None:
        """The person follows the link to Globus; there is nothing to do but to acknowledge."""
        await args.ack()

    async def open_paste(self, args: AsyncArgs) -> None:
        """Open the modal for the code, on top of the view that the button stands in, if it is one."""
        link = await self._linking.link_for_pasting(value_of(args), person_of(args))
        if link is None:
            raise Problem(
                "This link was made for somebody else, or long ago.", "Use `/schedule-transfer connect`."
            )
        await open_on_top(args, paste_view(link))
        await args.ack()

    async def paste(self, args: AsyncArgs) -> None:
        """Keep the code before it is acknowledged; a worker exchanges it."""
        view = args.body["view"]
        [(block_id, elements)] = view["state"]["values"].items()
        [element] = elements.values()
        code = (element.get("value") or "").strip()
        if not code:
            await args.ack(response_action="errors", errors={block_id: "Paste the code that Globus shows."})
            return
        root = view.get("root_view_id")
        received = await self._linking.receive_code(
            view["private_metadata"],
            person_of(args),
            code=code,
            view_id=view["id"],
            form_view_id=root if root != view["id"] else None,
        )
        if not received:
            raise Problem(
                "This code was sent already, or its link is over.", "Use `/schedule-transfer connect`."
            )
        await args.ack(
            response_action="update", view=_fate("Linking…", "Asking Globus whether the code is good.")
        )


class LinkingMessages:
    """Tells a person how their sign-in went: in the code's modal, and by a direct message."""

    def __init__(
        self,
        *,
        poster: Poster,
        clock: Callable[[], datetime],
        refresh_home: Callable[[SlackUser], None],
        go_on_browsing: Callable[[SlackUser, str], bool],
    ) -> None:
        self._poster = poster
        self._clock = clock
        self._refresh_home = refresh_home
        self._go_on_browsing = go_on_browsing

    def linked(self, sign_in: SignIn, account: Account) -> None:
        """Say which account is linked now; the view that waited becomes the form, if it was to.

        Raises ServiceUnavailable if only the message is still to be sent.
        """
        said = f"Linked as {bold(account.username)}."
        after = _goes_on(sign_in)
        try:
            self._show_linked(sign_in, f":white_check_mark: {said}{after}")
        except Problem:
            log.warning("a view could not show that a person is linked", exc_info=True)
        self._refresh_home(sign_in.person)
        try:
            self._poster.tell(
                sign_in.person,
                text=f"Linked as {escape(account.username)}.",
                blocks=[
                    section(f":link: {said}{after}"),
                    context("Not you? `/schedule-transfer disconnect` undoes it."),
                ],
            )
        except ServiceUnavailable:
            raise
        except Problem:
            log.warning("a person could not be told that they are linked", exc_info=True)

    def _show_linked(self, sign_in: SignIn, said: str) -> None:
        back = "Close this view to see the folder." if sign_in.browsing else "You can close this view."
        self._poster.show(sign_in.person, sign_in.view_id, _fate("Linked", f"{said} {back}"))
        if sign_in.browsing:
            self._go_on_browsing(sign_in.person, sign_in.browsing)
        elif sign_in.opening:
            form = Opening.read(sign_in.opening)
            preview = preview_of(form.filled, now=self._clock(), zone=form.opened.zone)
            drawn = form_view(form.opened, filled=form.filled, note=form.note, preview=preview)
            self._poster.show(sign_in.person, sign_in.form_view_id, drawn)

    def code_failed(self, sign_in: SignIn, problem: Problem, link: SignInLink) -> None:
        """Say why the code was not taken, with the link to try again."""
        said = escape(str(problem))
        # Slack keeps what was typed for as long as a block's ID stays the same, and the next code is another.
        view = paste_view(link, problem=said, number=int(self._clock().timestamp()))
        try:
            if not self._poster.show(sign_in.person, sign_in.view_id, view):
                blocks = [section(f":warning: {said}"), *link_blocks(link)]
                self._poster.tell(sign_in.person, text=said, blocks=blocks)
        except Problem:
            log.warning("a person could not be told that their code failed", exc_info=True)


def link_blocks(link: SignInLink) -> list[Block]:
    """Draw a sign-in: go to Globus and, where the browser cannot bring the code back, paste it."""
    steps = [button("Sign in to Globus", SIGN_IN, url=link.url, primary=True)]
    if not link.by_browser:
        steps.append(button("Paste the code", OPEN_PASTE, value=link.sign_in_id))
    return [actions(*steps), context(_ONLY_YOU)]


def connect_blocks(link: SignInLink, account: Account | None) -> list[Block]:
    """Draw the answer to `connect`."""
    if account and account.is_ended:
        said = f"Your sign-in to Globus has ended. Sign in again as {bold(account.username)}."
    elif account:
        said = (
            f"You are linked as {bold(account.username)}. "
            "You need this link only if something asks you to sign in again."
        )
    elif link.by_browser:
        said = "Sign in to Globus to link your account."
    else:
        said = "Sign in to Globus, copy the code that it shows, and paste it here."
    return [section(said), *link_blocks(link)]


def connect_view(link: SignInLink) -> View:
    """Draw the view that comes before the form for somebody who is not linked."""
    how = "" if link.by_browser else "Sign in to Globus, copy the code that it shows, and paste it here. "
    said = f"First, link your Globus account. {how}The form follows by itself."
    return modal("connect", "Connect to Globus", [section(said), *link_blocks(link)])


def paste_view(link: SignInLink, *, problem: str = "", number: int = 0) -> View:
    """Draw the modal for the code; `problem` says why the last one was not taken.

    Another `number` than the last view's empties the field.
    """
    element: Block = {
        "type": "plain_text_input",
        "max_length": CODE_LENGTH,
        "placeholder": plain("The code that Globus shows after you sign in", 150),
    }
    code = field("code", "Code", element)
    blocks = [section(f":warning: {problem}")] if problem else []
    blocks += [
        actions(button("Sign in to Globus", SIGN_IN, url=link.url)),
        code | {"block_id": f"code:{number}"} if number else code,
    ]
    return modal(PASTE, "Paste the code", blocks, metadata=link.sign_in_id, submit="Link", close="Back")


def _goes_on(sign_in: SignIn) -> str:
    if sign_in.request_id:
        return " Your request goes on by itself."
    return " What waited for this goes on by itself." if sign_in.collections or sign_in.session else ""


def _fate(title: str, sentence: str) -> View:
    return modal("code_fate", title, [section(sentence)])
