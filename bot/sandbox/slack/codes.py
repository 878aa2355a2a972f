"""Authorization codes: each worth one exchange within ten minutes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from bot.sandbox.chance import Chance
from bot.sandbox.slack.errors import ApiError
from bot.sandbox.slack.workspace import Member

CODE_SECONDS: Final = 600

Purpose: TypeAlias = Literal["install", "openid"]


@dataclass(frozen=True)
class Grant:
    """What a person allowed, and where they were sent with it.

    `redirect_uri` is empty where the app named none. `nonce` is the one of a sign-in; for an installation
    `user_scopes` are what the person themselves allowed.
    """

    purpose: Purpose
    member: Member
    redirect_uri: str
    scopes: tuple[str, ...]
    user_scopes: tuple[str, ...] = ()
    is_enterprise: bool = False
    nonce: str = ""


class Codes:
    """All codes that were given out; `clock` gives epoch seconds."""

    def __init__(self, clock: Callable[[], float], chance: Chance) -> None:
        self._clock = clock
        self._chance = chance
        self._grants: dict[str, tuple[Grant, float]] = {}
        self._used: set[str] = set()

    def issue(self, grant: Grant) -> str:
        """Give a code for what was allowed."""
        below, text = self._chance.below, self._chance.hex(32)
        code = f"{below(10**10):010d}.{below(10**13):013d}.{text}"
        self._grants[code] = (grant, self._clock() + CODE_SECONDS)
        return code

    def redeem(self, code: str | None, redirect_uri: str | None, purpose: Purpose) -> Grant:
        """Take a code in.

        Raises ApiError `invalid_code`, `code_already_used`, `oauth_authorization_url_mismatch` or
        `bad_redirect_uri`.
        """
        if code is None or code not in self._grants:
            raise ApiError("invalid_code")
        grant, expires_at = self._grants[code]
        if expires_at <= self._clock():
            raise ApiError("invalid_code")
        if code in self._used:
            raise ApiError("code_already_used")
        if grant.purpose != purpose:
            raise ApiError("oauth_authorization_url_mismatch")
        if grant.redirect_uri != (redirect_uri or ""):
            raise ApiError("bad_redirect_uri")
        self._used.add(code)
        return grant
