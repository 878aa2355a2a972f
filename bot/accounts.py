"""Who is who: a Slack user, their Globus account, and the tokens with which the bot acts for them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class SlackUser:
    """A person in Slack. In an org-wide install the enterprise's ID stands in `team_id`."""

    team_id: str
    user_id: str


@dataclass(frozen=True, slots=True)
class Account:
    """The link between a Slack user and one Globus identity.

    With `is_ended` Globus takes the account's tokens no more, and only a new sign-in helps.
    """

    person: SlackUser
    identity_id: str
    username: str
    is_ended: bool = False


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


class Accounts(Protocol):
    """The links that are kept, with their sealed tokens."""

    def find(self, person: SlackUser) -> Account | None:
        """Give the person's account, or None if they are not linked."""
        ...

    def tokens(self, person: SlackUser) -> Mapping[str, Token]:
        """Give the person's tokens by resource server; empty if they are not linked."""
        ...

    def end(self, person: SlackUser, token: Token) -> None:
        """Note that Globus refuses this refresh token; nothing changes if another is held by now."""
        ...

    def renew(self, person: SlackUser, token: Token) -> None:
        """Keep a refreshed token; the refresh token stays if the new one brings none."""
        ...
