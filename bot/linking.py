"""Whose Globus account is this: signing in, and the link between a Slack user and a Globus identity."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, NamedTuple, Protocol

from bot.accounts import Account, Accounts, Grant, SlackUser
from bot.errors import CodeRefused, OutcomeUnclear, Problem, ServiceUnavailable
from bot.sessions import NO_SESSION, SessionRequirement
from bot.sign_ins import GlobusAuth, Links, SignIn, SignInLink, SignIns, SignInState

SIGN_IN_LIFE: Final = timedelta(minutes=10)
"""As long as Globus keeps its codes; a shorter life would refuse codes that Globus still takes."""

TELL_AGAIN: Final = timedelta(seconds=20)
"""Between two tries to tell somebody that they are linked, while Slack does not answer."""

TOLD_WITHIN: Final = timedelta(hours=1)
"""After that it is no news: everything that they do shows them that they are linked."""

CODE_TRIES: Final = 3
"""Enough for a code copied without its first letter, too few for guessing."""


class Wanted(NamedTuple):
    """What requests wait for: consents to these collections, and what else Globus asks of a sign-in."""

    collections: frozenset[str] = frozenset()
    session: SessionRequirement = NO_SESSION


class WaitingRequests(Protocol):
    """Requests that wait for a sign-in."""

    def waiting_for(self, person: SlackUser) -> Wanted:
        """Give what this person's requests wait for; of several sessions the one asked for last.

        Two sessions are never one: an identity that satisfies the one may fail the other.
        """
        ...


class LinkingNews(Protocol):
    """Tells the person how their sign-in went."""

    def linked(self, sign_in: SignIn, account: Account) -> None:
        """Say which account is linked now; after a crash perhaps once more.

        Raises ServiceUnavailable if all is shown that can be, and only the message is still to be sent.
        """
        ...

    def code_failed(self, sign_in: SignIn, problem: Problem, link: SignInLink) -> None:
        """Say why the code was not taken, with the link to try again; after a crash perhaps once more."""
        ...


class Linking:
    """Signing in: from the link, over the pasted code, to the linked account."""

    def __init__(
        self,
        *,
        accounts: Accounts,
        sign_ins: SignIns,
        globus: GlobusAuth,
        links: Links,
        requests: WaitingRequests,
        news: LinkingNews,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
        new_verifier: Callable[[], str],
    ) -> None:
        self._accounts = accounts
        self._sign_ins = sign_ins
        self._globus = globus
        self._links = links
        self._requests = requests
        self._news = news
        self._clock = clock
        self._new_id = new_id
        self._new_verifier = new_verifier

    def account(self, person: SlackUser) -> Account | None:
        """Give the person's linked account, or None."""
        return self._accounts.find(person)

    def begin(
        self,
        person: SlackUser,
        *,
        collections: frozenset[str] = frozenset(),
        session: SessionRequirement = NO_SESSION,
        request_id: str | None = None,
        browsing: str | None = None,
        opening: str | None = None,
    ) -> SignInLink:
        """Open a sign-in that asks for everything named, and give its link."""
        sign_in = SignIn(
            sign_in_id=self._new_id(),
            person=person,
            verifier=self._new_verifier(),
            expires_at=self._clock() + SIGN_IN_LIFE,
            collections=collections,
            session=session,
            request_id=request_id,
            browsing=browsing,
            opening=opening,
        )
        self._sign_ins.open(sign_in)
        return self._links.make(sign_in)

    async def connect(self, person: SlackUser) -> tuple[Account | None, SignInLink]:
        """Give the person's account, and a link that asks for all that their waiting requests need."""

        def begin() -> tuple[Account | None, SignInLink]:
            wanted = self._requests.waiting_for(person)
            link = self.begin(person, collections=wanted.collections, session=wanted.session)
            return self.account(person), link

        return await asyncio.to_thread(begin)

    async def begin_before_form(self, person: SlackUser, opening: str) -> SignInLink:
        """Open a plain sign-in, after which a form opens; without holding up the event loop."""
        return await asyncio.to_thread(self.begin, person, opening=opening)

    async def show_form_in(self, link: SignInLink, view_id: str) -> None:
        """Say which view becomes the form once the person is linked."""
        await self._sign_ins.show_in(link.sign_in_id, view_id)

    async def link_for_pasting(self, sign_in_id: str, person: SlackUser) -> SignInLink | None:
        """Give the link whose code this person may paste now; None if the sign-in is not theirs.

        A sign-in that is over is replaced by a new one that asks for the same.
        """
        return await asyncio.to_thread(self._link_for_pasting, sign_in_id, person)

    def _link_for_pasting(self, sign_in_id: str, person: SlackUser) -> SignInLink | None:
        sign_in = self._sign_ins.find(sign_in_id)
        if sign_in is None or sign_in.person != person:
            return None
        if sign_in.state is SignInState.OPEN and self._clock() < sign_in.expires_at:
            return self._links.make(sign_in)
        return self._again(sign_in)

    async def account_soon(self, person: SlackUser) -> Account | None:
        """Give the person's linked account without holding up the event loop."""
        return await asyncio.to_thread(self.account, person)

    async def receive_code(
        self, sign_in_id: str, person: SlackUser, *, code: str, view_id: str, form_view_id: str | None
    ) -> bool:
        """Keep a pasted code for the workers; False if the sign-in is not this person's, or is over."""
        return await self._sign_ins.receive(
            sign_in_id, person, code=code.strip(), view_id=view_id, form_view_id=form_view_id
        )

    def finish(self, sign_in: SignIn) -> None:
        """Exchange a received code and link the account, or say why not.

        The sign-in is marked before the exchange, so that no code is ever sent twice. What came of it is kept
        before the person is told, and is told after a crash that came between.
        """
        match sign_in.state:
            case SignInState.CODE_RECEIVED:
                self._exchange(sign_in)
            case SignInState.EXCHANGING:
                self._fail(sign_in, _interrupted())
            case SignInState.DONE:
                self._say_linked(sign_in)
            case SignInState.FAILED:
                self._say_failed(sign_in, Problem(sign_in.reason), self._again(sign_in))
            case SignInState.OPEN:
                self._say_failed(sign_in, Problem(sign_in.reason), self._links.make(sign_in))

    def _exchange(self, sign_in: SignIn) -> None:
        if self._clock() >= sign_in.expires_at:
            self._fail(sign_in, CodeRefused("That link was older than ten minutes.", "Here is a new one."))
            return
        exchanging = replace(sign_in, state=SignInState.EXCHANGING, tries=sign_in.tries + 1)
        self._sign_ins.save(exchanging)
        try:
            grant = self._globus.exchange(exchanging)
        except CodeRefused as problem:
            self._try_again(exchanging, problem)
        except (OutcomeUnclear, ServiceUnavailable):
            self._fail(exchanging, _interrupted())
        else:
            self._link_account(exchanging, grant)

    def _link_account(self, sign_in: SignIn, grant: Grant) -> None:
        held = self._accounts.find(sign_in.person)
        if held and held.identity_id != grant.identity_id:
            self._give_back(grant)
            self._fail(
                sign_in,
                CodeRefused(
                    f"You are linked as {held.username}, but signed in as {grant.username}.",
                    f"Sign in as {held.username}. "
                    "To link another account, use /schedule-transfer disconnect first.",
                ),
            )
            return
        account = Account(sign_in.person, grant.identity_id, grant.username)
        self._say_linked(self._sign_ins.finish(sign_in, account, grant.tokens))

    def _say_linked(self, sign_in: SignIn) -> None:
        account = self._accounts.find(sign_in.person)
        try:
            if account:  # who disconnected meanwhile is told that
                self._news.linked(sign_in, account)
        except ServiceUnavailable as problem:
            self._tell_later(sign_in, problem)
        else:
            self._sign_ins.told(sign_in)

    def _tell_later(self, sign_in: SignIn, problem: ServiceUnavailable) -> None:
        """Keep the message for later; its views are done with, and may show something else by then."""
        now = self._clock()
        if now >= sign_in.expires_at + TOLD_WITHIN:
            self._sign_ins.told(sign_in)
            return
        only_the_message = replace(sign_in, view_id=None, form_view_id=None, opening=None, browsing=None)
        delay = max(TELL_AGAIN, timedelta(seconds=min(problem.retry_after or 0, TOLD_WITHIN.total_seconds())))
        self._sign_ins.later(only_the_message, due=now + delay)

    def _say_failed(self, sign_in: SignIn, problem: Problem, link: SignInLink) -> None:
        self._news.code_failed(sign_in, problem, link)
        self._sign_ins.told(sign_in)

    def _try_again(self, sign_in: SignIn, problem: CodeRefused) -> None:
        if sign_in.tries >= CODE_TRIES:
            self._fail(
                sign_in, CodeRefused("That was the third code that did not fit.", "Here is a new link.")
            )
            return
        waiting = replace(sign_in, state=SignInState.OPEN, code=None, reason=str(problem))
        self._sign_ins.save(waiting)
        self._say_failed(waiting, problem, self._links.make(waiting))

    def _give_back(self, grant: Grant) -> None:
        try:
            self._globus.give_back(grant.tokens)
        except ServiceUnavailable:
            # They are in nobody's hands but ours, and are forgotten with this call.
            return

    def _fail(self, sign_in: SignIn, problem: Problem) -> None:
        failed = replace(sign_in, state=SignInState.FAILED, code=None, reason=str(problem))
        self._sign_ins.save(failed)
        self._say_failed(failed, problem, self._again(failed))

    def _again(self, sign_in: SignIn) -> SignInLink:
        """Open a sign-in like one that is over, for all that waited for it."""
        again = replace(
            sign_in,
            sign_in_id=self._new_id(),
            verifier=self._new_verifier(),
            expires_at=self._clock() + SIGN_IN_LIFE,
            state=SignInState.OPEN,
            tries=0,
            code=None,
            reason="",
        )
        self._sign_ins.open(again)
        return self._links.make(again)


def _interrupted() -> Problem:
    return CodeRefused(
        "Globus did not confirm the code in time, and a code works only once.", "Here is a new link."
    )
