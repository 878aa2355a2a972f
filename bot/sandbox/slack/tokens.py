"""Access tokens and refresh tokens: whose they are, and how they end.

https://docs.slack.dev/authentication/using-token-rotation/
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from bot.sandbox.chance import Chance
from bot.sandbox.slack.errors import ApiError

ROTATED_SECONDS: Final = 43_200

Kind: TypeAlias = Literal["bot", "user"]
_MARKS: Final = {"bot": "xoxb", "user": "xoxp"}


@dataclass
class Token:
    """An access token. `where` is the workspace or enterprise it opens, `user_id` the bot user or person.

    `expires_at` is in epoch seconds, None for a token that lasts. `ended_as` is the error with which Slack
    answers once it is good no more. One that is `installed` belongs to an installation, not to a sign-in.
    """

    text: str
    kind: Kind
    where: str
    user_id: str
    scopes: tuple[str, ...]
    expires_at: float | None = None
    ended_as: str | None = None
    installed: bool = True


class Tokens:
    """All tokens that were given out; `clock` gives epoch seconds."""

    def __init__(self, clock: Callable[[], float], chance: Chance) -> None:
        self._clock = clock
        self._chance = chance
        self._tokens: dict[str, Token] = {}
        self._refreshing: dict[str, Token] = {}

    def add(self, token: Token) -> Token:
        """Keep a token that was made elsewhere."""
        self._tokens[token.text] = token
        return token

    def issue(
        self,
        kind: Kind,
        *,
        where: str,
        user_id: str,
        scopes: Iterable[str],
        rotated: bool = False,
        installed: bool = True,
    ) -> Token:
        """Give a new token; one that is `rotated` expires after twelve hours."""
        mark = f"xoxe.{_MARKS[kind]}-1" if rotated else _MARKS[kind]
        expires_at = self._clock() + ROTATED_SECONDS if rotated else None
        text = f"{mark}-{self._chance.hex(24)}"
        return self.add(Token(text, kind, where, user_id, tuple(scopes), expires_at, installed=installed))

    def refresh_token(self, token: Token) -> str:
        """Give a refresh token, good for one successor of this token."""
        text = f"xoxe-1-{self._chance.hex(36)}"
        self._refreshing[text] = token
        return text

    def refresh(self, text: str | None) -> Token:
        """Use a refresh token up and give the successor; the token before it lives on until it expires.

        Raises ApiError `invalid_refresh_token`.
        """
        before = self._refreshing.pop(text or "", None)
        if before is None or before.ended_as:
            raise ApiError("invalid_refresh_token")
        return self.issue(
            before.kind, where=before.where, user_id=before.user_id, scopes=before.scopes, rotated=True
        )

    def caller(self, text: str) -> Token:
        """Give the token of a call.

        Raises ApiError `invalid_auth`, `token_expired`, or what the token ended as.
        """
        token = self._tokens.get(text)
        if token is None:
            raise ApiError("invalid_auth")
        if token.ended_as:
            raise ApiError(token.ended_as)
        if token.expires_at is not None and token.expires_at <= self._clock():
            raise ApiError("token_expired")
        return token

    def lasting(self, kind: Kind, where: str, user_id: str) -> Token | None:
        """Give the living token that does not expire and that this installation has already."""
        found = (one for one in self.living(where) if (one.kind, one.user_id) == (kind, user_id))
        return next((one for one in found if one.installed and one.expires_at is None), None)

    def living(self, where: str) -> list[Token]:
        """Give the tokens of a workspace or enterprise that were not ended."""
        return [one for one in self._tokens.values() if one.where == where and not one.ended_as]

    def end(self, tokens: Iterable[Token], *, bot: str, user: str) -> None:
        """Let tokens be refused from now on, with these errors for bot and user tokens."""
        for token in tokens:
            token.ended_as = bot if token.kind == "bot" else user
