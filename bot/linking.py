"""Whose Globus account is this: signing in, and the link between a Slack user and a Globus identity."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from bot.errors import CodeRefused, OutcomeUnclear, Problem, ServiceUnavailable

SIGN_IN_LIFE: Final = timedelta(minutes=10)
"""As long as Globus keeps its codes; a shorter life would refuse codes that Globus still takes."""

CODE_TRIES: Final = 3
"""Enough for a code copied without its first letter, too few for guessing."""


@dataclass(frozen=True, slots=True)
class SlackUser:
    """A person in Slack. In an org-wide install the enterprise's ID stands in `team_id`."""

    team_id: str
    user_id: str


@dataclass(frozen=True, slots=True)
class Account:
    """The link between a Slack user and one Globus identity."""

    person: SlackUser
    identity_id: str
    username: str


@dataclass(frozen=True, slots=True)
class Token:
    """What Globus Auth gave for one resource server. Times are seconds since the epoch."""

    resource_server: str
    scope: str
    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    expires_at: int


@dataclass(frozen=True, slots=True)
class Grant:
    """What a finished sign-in brought: who signed in, and their tokens."""

    identity_id: str
    username: str
    tokens: tuple[Token, ...] = field(repr=False)


class SignInState(StrEnum):
    """How far a sign-in has come."""

    OPEN = "open"
    CODE_RECEIVED = "code received"
    EXCHANGING = "exchanging"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class SignIn:
    """One journey to Globus and back, begun by one person and finished only by them.

    `collections` are those whose `data_access` it asks for. `request_id` is the request that waits
    for it, if any. `channel_id` is where the person was. `view_id` shows the pasted code's fate, and
    `form_view_id` becomes the form once the person is linked.
    """

    sign_in_id: str
    person: SlackUser
    verifier: str = field(repr=False)
    expires_at: datetime
    collections: frozenset[str] = frozenset()
    request_id: str | None = None
    channel_id: str | None = None
    state: SignInState = SignInState.OPEN
    tries: int = 0
    code: str | None = field(default=None, repr=False)
    view_id: str | None = None
    form_view_id: str | None = None


@dataclass(frozen=True, slots=True)
class SignInLink:
    """A sign-in and the address in Globus where it goes on."""

    sign_in_id: str
    url: str = field(repr=False)


class Accounts(Protocol):
    """The links that are kept, with their sealed tokens."""

    def find(self, person: SlackUser) -> Account | None:
        """Give the person's account, or None if they are not linked."""
        ...

    def link(self, account: Account, tokens: tuple[Token, ...]) -> None:
        """Keep the account and its tokens, replacing what was kept before."""
        ...

    def tokens(self, person: SlackUser) -> Mapping[str, Token]:
        """Give the person's tokens by resource server; empty if they are not linked."""
        ...

    def renew(self, person: SlackUser, token: Token) -> None:
        """Keep a refreshed token; the refresh token stays if the new one brings none."""
        ...


class SignIns(Protocol):
    """The sign-ins under way."""

    def open(self, sign_in: SignIn) -> None:
        """Keep a new sign-in."""
        ...

    def find(self, sign_in_id: str) -> SignIn | None:
        """Give a sign-in, or None if there never was one or it is long gone."""
        ...

    def save(self, sign_in: SignIn) -> None:
        """Keep a sign-in's new state; a code is kept only until it is exchanged."""
        ...

    async def receive(
        self, sign_in_id: str, person: SlackUser, *, code: str, view_id: str, form_view_id: str | None
    ) -> bool:
        """Keep a pasted code for the workers; False if no open sign-in of this person has this ID."""
        ...


class GlobusAuth(Protocol):
    """Globus Auth, as far as signing in goes."""

    def authorize_url(self, sign_in: SignIn) -> str:
        """Give the address where the person signs in and consents; makes no call."""
        ...

    def exchange(self, sign_in: SignIn) -> Grant:
        """Exchange the sign-in's code, once; raises CodeRefused, OutcomeUnclear or ServiceUnavailable."""
        ...


class WaitingRequests(Protocol):
    """Requests that wait for a sign-in."""

    def resume(self, person: SlackUser) -> None:
        """Let every request of this person that waits for a sign-in go on."""
        ...

    def waiting_for(self, person: SlackUser) -> frozenset[str]:
        """Give the collections whose consent this person's requests wait for."""
        ...


class LinkingNews(Protocol):
    """Tells the person how their sign-in went."""

    def linked(self, sign_in: SignIn, account: Account) -> None:
        """Say which account is linked now."""
        ...

    def code_failed(self, sign_in: SignIn, problem: Problem, link: SignInLink) -> None:
        """Say why the code was not taken, with the link to try again."""
        ...


class Linking:
    """Signing in: from the link, over the pasted code, to the linked account."""

    def __init__(
        self,
        *,
        accounts: Accounts,
        sign_ins: SignIns,
        globus: GlobusAuth,
        requests: WaitingRequests,
        news: LinkingNews,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
        new_verifier: Callable[[], str],
    ) -> None:
        self._accounts = accounts
        self._sign_ins = sign_ins
        self._globus = globus
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
        request_id: str | None = None,
        channel_id: str | None = None,
    ) -> SignInLink:
        """Open a sign-in that asks for everything named, and give its link."""
        sign_in = SignIn(
            sign_in_id=self._new_id(),
            person=person,
            verifier=self._new_verifier(),
            expires_at=self._clock() + SIGN_IN_LIFE,
            collections=collections,
            request_id=request_id,
            channel_id=channel_id,
        )
        self._sign_ins.open(sign_in)
        return self._link(sign_in)

    async def connect(self, person: SlackUser, *, channel_id: str) -> tuple[Account | None, SignInLink]:
        """Give the person's account, and a link that asks for all that their waiting requests need."""

        def begin() -> tuple[Account | None, SignInLink]:
            needed = self._requests.waiting_for(person)
            return self.account(person), self.begin(person, collections=needed, channel_id=channel_id)

        return await asyncio.to_thread(begin)

    async def begin_soon(self, person: SlackUser, *, channel_id: str | None = None) -> SignInLink:
        """Open a plain sign-in without holding up the event loop."""
        return await asyncio.to_thread(self.begin, person, channel_id=channel_id)

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
            return self._link(sign_in)
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

        The sign-in is marked before the exchange, so that no code is ever sent twice.
        """
        if sign_in.state is SignInState.EXCHANGING:
            self._fail(sign_in, _interrupted())
            return
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
            self._fail(
                sign_in,
                CodeRefused(
                    f"You are linked as {held.username}, but signed in as {grant.username}.",
                    f"Sign in as {held.username}.",
                ),
            )
            return
        account = Account(sign_in.person, grant.identity_id, grant.username)
        self._accounts.link(account, grant.tokens)
        self._sign_ins.save(replace(sign_in, state=SignInState.DONE, code=None))
        self._requests.resume(sign_in.person)
        self._news.linked(sign_in, account)

    def _try_again(self, sign_in: SignIn, problem: CodeRefused) -> None:
        if sign_in.tries >= CODE_TRIES:
            self._fail(
                sign_in, CodeRefused("That was the third code that did not fit.", "Here is a new link.")
            )
            return
        self._sign_ins.save(replace(sign_in, state=SignInState.OPEN, code=None))
        self._news.code_failed(sign_in, problem, self._link(sign_in))

    def _fail(self, sign_in: SignIn, problem: Problem) -> None:
        self._sign_ins.save(replace(sign_in, state=SignInState.FAILED, code=None))
        self._news.code_failed(sign_in, problem, self._again(sign_in))

    def _again(self, sign_in: SignIn) -> SignInLink:
        return self.begin(
            sign_in.person,
            collections=sign_in.collections,
            request_id=sign_in.request_id,
            channel_id=sign_in.channel_id,
        )

    def _link(self, sign_in: SignIn) -> SignInLink:
        return SignInLink(sign_in.sign_in_id, self._globus.authorize_url(sign_in))


def _interrupted() -> Problem:
    return CodeRefused(
        "Globus did not confirm the code in time, and a code works only once.", "Here is a new link."
    )
