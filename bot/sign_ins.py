"""A journey to Globus and back: what is asked, how far it has come, and the link that leads there."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.accounts import Account, Grant, SlackUser, Token
from bot.sessions import NO_SESSION, SessionRequirement


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

    `collections` are those whose `data_access` it asks for, `session` is what else Globus wants of it.
    `request_id` is the request that waits for it, if any; `browsing` is the key of the browsing that goes on
    after it. `view_id` shows the pasted code's fate. `form_view_id` becomes a form once the person is linked:
    the one that `opening` describes. `reason` says why it failed.
    """

    sign_in_id: str
    person: SlackUser
    verifier: str = field(repr=False)
    expires_at: datetime
    collections: frozenset[str] = frozenset()
    session: SessionRequirement = NO_SESSION
    request_id: str | None = None
    opening: str | None = None
    state: SignInState = SignInState.OPEN
    tries: int = 0
    code: str | None = field(default=None, repr=False)
    view_id: str | None = None
    form_view_id: str | None = None
    browsing: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SignInLink:
    """A sign-in and the address where it goes on.

    With `by_browser` the browser brings Globus's answer back; without, the person pastes Globus's code.
    """

    sign_in_id: str
    url: str = field(repr=False)
    by_browser: bool = False


class Codes(Protocol):
    """Where codes are brought to, for the sign-ins under way."""

    async def receive(
        self, sign_in_id: str, person: SlackUser, *, code: str, view_id: str | None, form_view_id: str | None
    ) -> bool:
        """Keep a code for the workers; False if no open sign-in of this person has this ID."""
        ...


class SignIns(Codes, Protocol):
    """The sign-ins under way."""

    def open(self, sign_in: SignIn) -> None:
        """Keep a new sign-in."""
        ...

    def find(self, sign_in_id: str) -> SignIn | None:
        """Give a sign-in, or None if there never was one or it is long gone."""
        ...

    def save(self, sign_in: SignIn) -> None:
        """Keep a sign-in's new state, which its person is to be told; a code stays until it is exchanged."""
        ...

    def finish(self, sign_in: SignIn, account: Account, tokens: tuple[Token, ...]) -> SignIn:
        """End a sign-in well, all in one step: keep what it brought, and let go on what waited for it.

        The account and its tokens replace what was kept before. Every request of this person that waits for a
        sign-in goes on, and timers that lacked just this; each request that waited for exactly this session
        remembers that it was brought. Gives the sign-in as it is then; its person is to be told.
        """
        ...

    def later(self, sign_in: SignIn, *, due: datetime) -> None:
        """Keep a sign-in whose person is to be told then."""
        ...

    def told(self, sign_in: SignIn) -> None:
        """Note that its person knows how a sign-in is now, unless they have pasted another code since."""
        ...

    async def show_in(self, sign_in_id: str, form_view_id: str) -> None:
        """Keep which view becomes the form."""
        ...


class Links(Protocol):
    """Makes the addresses that people follow."""

    def make(self, sign_in: SignIn) -> SignInLink:
        """Give an address where a sign-in goes on; asks nobody. An older address stays good beside it."""
        ...


class GlobusAuth(Protocol):
    """Globus Auth, as far as signing in goes."""

    def exchange(self, sign_in: SignIn) -> Grant:
        """Exchange the sign-in's code, once; raises CodeRefused, OutcomeUnclear or ServiceUnavailable.

        Tokens for anything else than was asked are refused, and given back.
        """
        ...

    def give_back(self, tokens: tuple[Token, ...]) -> None:
        """Revoke tokens that must not be kept; raises ServiceUnavailable."""
        ...
