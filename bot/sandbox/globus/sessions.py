"""Sessions: when a person last signed in for an app, and how; protected collections look at it.

https://docs.globus.org/guides/overviews/gares/
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final

from bot.sandbox.globus.errors import PageError
from bot.sandbox.globus.identities import Identity

_TRUE: Final = frozenset({"true", "1"})


@dataclass(frozen=True)
class SessionDemand:
    """What an app asks of a sign-in on top of scopes; `is_new` is that the person signs in anew."""

    identities: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()
    mfa: bool = False
    is_new: bool = False

    @classmethod
    def read(cls, values: Mapping[str, str]) -> "SessionDemand":
        """Read it from an address's parameters; those without a value ask for nothing."""
        listed = {
            name: frozenset(filter(None, values.get(f"session_required_{name}", "").lower().split(",")))
            for name in ("identities", "single_domain", "policies")
        }
        mfa = values.get("session_required_mfa", "").lower() in _TRUE
        asks = mfa or any(listed.values())
        return cls(
            listed["identities"],
            listed["single_domain"],
            mfa=mfa,
            is_new=asks or values.get("prompt") == "login",
        )

    def check(self, person: Identity, *, second_factor: bool) -> None:
        """Take a person who satisfies it, with or without a `second_factor`. Raises PageError."""
        if self.identities and not self.identities & {person.id, person.username}:
            raise PageError("Another account is needed", f"{person.username} is not the account asked for.")
        if self.domains and not is_of(person, self.domains):
            raise PageError(
                "Another account is needed",
                f"Only an account of {' or '.join(sorted(self.domains))} will do.",
            )
        if self.mfa and not second_factor:
            raise PageError("A second factor is needed", "Go back and confirm with your second factor.")


def is_of(person: Identity, domains: Collection[str]) -> bool:
    """Say whether an identity belongs to one of these domains."""
    return person.username.rpartition("@")[2] in domains


class Sessions:
    """When people signed in, by identity and app, in epoch seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._signed_in: dict[tuple[str, str], float] = {}

    def sign_in(self, identity_id: str, client_id: str, *, is_new: bool) -> None:
        """Note a sign-in: a person who is signed in already stays so as of then, unless they do it anew."""
        now = self._clock()
        if is_new:
            self._signed_in[identity_id, client_id] = now
        else:
            self._signed_in.setdefault((identity_id, client_id), now)

    def is_younger(self, identity_id: str, client_id: str, *, minutes: int) -> bool:
        """Say whether a session began at most so many minutes ago."""
        signed_in = self._signed_in.get((identity_id, client_id))
        return signed_in is not None and self._clock() - signed_in <= minutes * 60

    def age(self, identity_id: str) -> int:
        """Make all sessions of a person older than anything allows; gives how many there are."""
        mine = [key for key in self._signed_in if key[0] == identity_id]
        self._signed_in |= dict.fromkeys(mine, 0.0)
        return len(mine)
