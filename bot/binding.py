"""Whose browser is this: a sign-in over a public address is finished only by the person who began it.

Whoever passes their own link on would otherwise get the other person's Globus account under their own Slack
name, which neither `state` nor PKCE prevents (cross-user OAuth session fixation,
https://datatracker.ietf.org/doc/draft-ietf-oauth-security-topics-update/). So the browser proves first, by
signing in with Slack, that it belongs to the Slack user for whom the link was made.

    ticket → browser secret → Sign in with Slack → the page that asks → Globus → callback
"""

import hashlib
import json
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from bot.accounts import SlackUser
from bot.errors import Problem
from bot.sign_ins import Codes, SignIn, SignInLink

TICKET_LIFE: Final = timedelta(minutes=10)
"""Long enough for a slow morning, short enough that a link in an old message is dead."""

STATE_LIFE: Final = timedelta(minutes=10)
"""As long as Slack and Globus keep their codes."""

KNOWN_LIFE: Final = timedelta(days=7)
"""How long a browser that signed in with Slack is known to be that person's."""

SECRET_BYTES: Final = 32
"""256 bits, which nobody guesses (https://owasp.org/www-project-application-security-verification-standard/)."""


class NotThisBrowser(Problem):
    """The link cannot be finished here: it is over, another browser's, or another person's."""


class Purpose(StrEnum):
    """Where a browser was sent with a state."""

    SLACK = "slack"
    GLOBUS = "globus"
    INSTALL = "install"


@dataclass(frozen=True, slots=True)
class Journey:
    """A browser that was sent elsewhere, and is expected back with a state. Secrets are kept as hashes."""

    state_hash: str
    purpose: Purpose
    sign_in_id: str
    browser_hash: str
    nonce: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who signed in with Slack, as Slack says. `name` and `team_name` are for reading only.

    `in_enterprise` is the same person as an org-wide install knows them.
    """

    person: SlackUser
    name: str
    team_name: str
    nonce: str
    in_enterprise: SlackUser | None = None

    def is_person(self, person: SlackUser) -> bool:
        """Say whether this is the Slack user for whom a link was made."""
        return person in {self.person, self.in_enterprise}


@dataclass(frozen=True, slots=True)
class Departure:
    """Where the browser goes next, with the secret that it keeps."""

    url: str
    browser: str


@dataclass(frozen=True, slots=True)
class Question:
    """What the page asks before it goes on to Globus: to join which Slack user with which Globus account.

    `linked_as` is the Globus account that is linked already, if one is. `token` comes back with the answer.
    """

    sign_in_id: str
    person: SlackUser
    name: str
    team_name: str
    linked_as: str
    browser: str
    token: str
    known: str


class Tickets(Protocol):
    """The tickets that stand in links, by their hashes."""

    def keep(self, ticket_hash: str, sign_in_id: str, *, expires_at: datetime) -> None:
        """Keep a ticket, and forget those that are long over."""
        ...

    async def find(self, ticket_hash: str, *, now: datetime) -> SignIn | None:
        """Give the sign-in of a ticket that still counts; looking does not use it up."""
        ...


class Journeys(Protocol):
    """The browsers that are under way."""

    async def begin(self, journey: Journey) -> None:
        """Keep a journey."""
        ...

    async def end(
        self, state_hash: str, purpose: Purpose, browser_hash: str, *, now: datetime
    ) -> Journey | None:
        """Give and forget a journey in one step; None unless state, purpose and browser are all right."""
        ...


class BrowserSignIns(Codes, Protocol):
    """The sign-ins under way, as far as a browser finishes them."""

    async def find_soon(self, sign_in_id: str) -> SignIn | None:
        """Give a sign-in."""
        ...


class SlackSignIn(Protocol):
    """Sign in with Slack (https://docs.slack.dev/authentication/sign-in-with-slack/)."""

    def url(self, *, state: str, nonce: str, team_id: str) -> str:
        """Give the address where a person signs in."""
        ...

    async def visitor(self, code: str) -> Visitor:
        """Exchange the code and say who signed in; raises NotThisBrowser or ServiceUnavailable."""
        ...


class Seals(Protocol):
    """Signs what a browser keeps, so that it cannot change it."""

    def sign(self, text: str, purpose: str) -> str:
        """Give the text with its signature."""
        ...

    def verified(self, signed: str, purpose: str) -> str | None:
        """Give the text of a signed one; None if it was changed or is for another purpose."""
        ...


class Binding:
    """Brings a browser from the link to Globus and back, and lets no other one finish."""

    def __init__(
        self,
        *,
        tickets: Tickets,
        journeys: Journeys,
        sign_ins: BrowserSignIns,
        slack: SlackSignIn,
        globus_url: Callable[[SignIn, str], str],
        linked_as: Callable[[SlackUser], Awaitable[str]],
        seals: Seals,
        clock: Callable[[], datetime],
    ) -> None:
        self._tickets = tickets
        self._journeys = journeys
        self._sign_ins = sign_ins
        self._slack = slack
        self._globus_url = globus_url
        self._linked_as = linked_as
        self._seals = seals
        self._clock = clock

    async def start(self, ticket: str, *, browser: str, known: str) -> Departure | Question:
        """Begin with a link: ask at once if this browser is known to be the person's, else go to Slack.

        Raises NotThisBrowser. Looking at a link, as scanners do, uses nothing up.
        """
        sign_in = await self._tickets.find(hashed(ticket), now=self._clock()) if ticket else None
        if sign_in is None:
            raise _over()
        browser = browser or new_secret()
        visitor = self._known(known, browser)
        if visitor and visitor.person == sign_in.person:
            return await self._question(sign_in, visitor, browser)
        state, nonce = new_secret(), new_secret()
        await self._begin(Purpose.SLACK, sign_in, state, browser, nonce)
        return Departure(self._slack.url(state=state, nonce=nonce, team_id=sign_in.person.team_id), browser)

    async def came_from_slack(self, code: str, state: str, *, browser: str) -> Question:
        """Say whose browser this is, and ask; raises NotThisBrowser or ServiceUnavailable."""
        journey = await self._end(Purpose.SLACK, state, browser)
        sign_in = await self._sign_in(journey.sign_in_id)
        visitor = await self._slack.visitor(code)
        if not secrets.compare_digest(visitor.nonce, journey.nonce) or not visitor.is_person(sign_in.person):
            raise NotThisBrowser(
                "This link was made for another Slack user.",
                "Ask for a link of your own with /schedule-transfer connect.",
            )
        return await self._question(sign_in, visitor, browser)

    async def go_on(self, sign_in_id: str, token: str, *, browser: str) -> Departure:
        """Go on to Globus, as its person asked; raises NotThisBrowser."""
        if not browser or self._seals.verified(token, "question") != f"{sign_in_id} {hashed(browser)}":
            raise _over()
        sign_in = await self._sign_in(sign_in_id)
        state = new_secret()
        await self._begin(Purpose.GLOBUS, sign_in, state, browser, "")
        return Departure(self._globus_url(sign_in, state), browser)

    async def came_from_globus(self, code: str, state: str, *, browser: str) -> SignIn:
        """Keep the code for the workers; the state is used up before anything is asked of Globus.

        Raises NotThisBrowser.
        """
        journey = await self._end(Purpose.GLOBUS, state, browser)
        sign_in = await self._sign_in(journey.sign_in_id)
        kept = await self._sign_ins.receive(
            sign_in.sign_in_id, sign_in.person, code=code, view_id=None, form_view_id=None
        )
        if not kept:
            raise _over()
        return sign_in

    async def _question(self, sign_in: SignIn, visitor: Visitor, browser: str) -> Question:
        until = int((self._clock() + KNOWN_LIFE).timestamp())
        person = sign_in.person
        known = json.dumps(
            [person.team_id, person.user_id, visitor.name, visitor.team_name, hashed(browser), until]
        )
        return Question(
            sign_in_id=sign_in.sign_in_id,
            person=person,
            name=visitor.name,
            team_name=visitor.team_name,
            linked_as=await self._linked_as(person),
            browser=browser,
            token=self._seals.sign(f"{sign_in.sign_in_id} {hashed(browser)}", "question"),
            known=self._seals.sign(known, "known browser"),
        )

    def _known(self, known: str, browser: str) -> Visitor | None:
        """Read what an earlier visit left in this browser; None if it is not its own, or over."""
        verified = self._seals.verified(known, "known browser")
        if verified is None:
            return None
        team_id, user_id, name, team_name, browser_hash, until = json.loads(verified)
        if browser_hash != hashed(browser) or until <= self._clock().timestamp():
            return None
        return Visitor(SlackUser(team_id, user_id), name, team_name, "")

    async def _begin(self, purpose: Purpose, sign_in: SignIn, state: str, browser: str, nonce: str) -> None:
        expires_at = self._clock() + STATE_LIFE
        journey = Journey(hashed(state), purpose, sign_in.sign_in_id, hashed(browser), nonce, expires_at)
        await self._journeys.begin(journey)

    async def _end(self, purpose: Purpose, state: str, browser: str) -> Journey:
        journey = None
        if state and browser:
            journey = await self._journeys.end(hashed(state), purpose, hashed(browser), now=self._clock())
        if journey is None:
            raise _over()
        return journey

    async def _sign_in(self, sign_in_id: str) -> SignIn:
        sign_in = await self._sign_ins.find_soon(sign_in_id)
        if sign_in is None or self._clock() >= sign_in.expires_at:
            raise _over()
        return sign_in


def new_secret() -> str:
    """Make a secret for a link, a state or a browser."""
    return secrets.token_urlsafe(SECRET_BYTES)


def hashed(secret: str) -> str:
    """Give what is kept of a secret: with 256 random bits in it, a plain hash says nothing."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _over() -> NotThisBrowser:
    return NotThisBrowser(
        "This link is over, was used already, or was opened in another browser.",
        "Ask for a new one with /schedule-transfer connect.",
    )


class BrowserLinks:
    """Makes links that begin at the bot's own address, with a ticket that only the link has."""

    def __init__(self, *, tickets: Tickets, start_url: str, clock: Callable[[], datetime]) -> None:
        self._tickets = tickets
        self._start_url = start_url
        self._clock = clock

    def make(self, sign_in: SignIn) -> SignInLink:
        """Give a link with a ticket of its own; an older one stays good until its time is over."""
        ticket = new_secret()
        expires_at = min(self._clock() + TICKET_LIFE, sign_in.expires_at)
        self._tickets.keep(hashed(ticket), sign_in.sign_in_id, expires_at=expires_at)
        return SignInLink(sign_in.sign_in_id, f"{self._start_url}?ticket={ticket}", by_browser=True)
