"""Authorization codes: each worth one set of tokens, once, for ten minutes (RFC 6749, RFC 7636)."""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bot.sandbox.chance import Chance
from bot.sandbox.globus.grants import Grants

CODE_SECONDS: Final = 600


class CodeRefused(Exception):
    """A code that gives no tokens; says why in a sentence."""


@dataclass(frozen=True)
class Code:
    """What was allowed, waiting for its app. `challenge` is empty where the app did not use PKCE."""

    identity_id: str
    client_id: str
    redirect_uri: str
    state: str
    scopes: tuple[str, ...]
    with_refresh: bool
    challenge: str
    expires_at: float
    grant_id: str


class Codes:
    """All codes that were given out."""

    def __init__(self, clock: Callable[[], float], grants: Grants, chance: Chance) -> None:
        self._clock = clock
        self._chance = chance
        self._grants = grants
        self._codes: dict[str, Code] = {}
        self._used: set[str] = set()

    def issue(
        self,
        *,
        identity_id: str,
        client_id: str,
        redirect_uri: str,
        state: str,
        scopes: tuple[str, ...],
        with_refresh: bool,
        challenge: str,
    ) -> str:
        """Give a code for these root scopes."""
        text = self._chance.hex(15)
        self._codes[text] = Code(
            identity_id,
            client_id,
            redirect_uri,
            state,
            scopes,
            with_refresh,
            challenge,
            expires_at=self._clock() + CODE_SECONDS,
            grant_id=self._chance.uuid(),
        )
        return text

    def redeem(self, text: str, *, client_id: str, redirect_uri: str, verifier: str) -> Code:
        """Take a code in. Raises CodeRefused.

        A second use also revokes what the first one gave (RFC 6749, section 4.1.2).
        """
        code = self._codes.get(text)
        if code is None or code.client_id != client_id:
            raise CodeRefused("The code is unknown, or another app's.")
        if text in self._used:
            self._grants.revoke_grant(code.grant_id)
            raise CodeRefused("The code was used before.")
        if code.expires_at <= self._clock():
            raise CodeRefused("The code has expired.")
        if code.redirect_uri != redirect_uri:
            raise CodeRefused("The redirect URI is not the one of the sign-in.")
        if code.challenge and code.challenge != challenge_of(verifier):
            raise CodeRefused("The code verifier does not fit.")
        self._used.add(text)
        return code


def challenge_of(verifier: str) -> str:
    """Give the S256 challenge that belongs to a verifier (RFC 7636, section 4.2)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
