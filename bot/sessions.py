"""What Globus may ask of a sign-in beyond consents: with which account, how, and how lately."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from typing import Final

LONGEST_MESSAGE: Final = 200
"""Characters of Globus's own message that are worth showing."""

LONGEST_NAME: Final = 64
MOST_NAMES: Final = 3
"""Domains or accounts that are named, and how much of each; the page at Globus has them all."""


@dataclass(frozen=True, slots=True)
class SessionRequirement:
    """What a sign-in has to be like before a service goes on; true only if it asks for something.

    The fields are those of a Globus authorization requirements error
    (https://docs.globus.org/guides/overviews/gares/): `identities` are IDs or usernames, `policies` are IDs.
    Two that ask for the same are equal, whatever their `message` says.
    """

    message: str = field(default="", compare=False)
    identities: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()
    mfa: bool = False
    prompt: str = ""

    def __bool__(self) -> bool:
        """Whether it asks for anything."""
        return bool(self.identities or self.domains or self.policies or self.mfa or self.prompt)

    def in_words(self) -> str:
        """Say in one sentence what Globus wants."""
        return f"Globus wants {self.wish()}."

    def wish(self) -> str:
        """Say what Globus wants as the rest of a sentence, without its full stop."""
        steps = ["sign in" + self._account()] if self.identities or self.domains else []
        if self.mfa:
            steps.append("confirm with a second factor")
        if steps:
            return f"you to {' and '.join(steps)}"
        said = _one_line(self.message)
        return "you to sign in once more" + (f" (“{said}”)" if said else "")

    def written(self) -> str:
        """Write it as JSON."""
        return json.dumps({one.name: getattr(self, one.name) for one in fields(self)})

    @classmethod
    def read(cls, text: str) -> "SessionRequirement":
        """Read what `written` wrote; from nothing, one that asks for nothing."""
        document = json.loads(text or "{}")
        lists = {name: tuple(document.get(name, ())) for name in ("identities", "domains", "policies")}
        return cls(**document | lists)

    def _account(self) -> str:
        names = [one for one in self.identities if "@" in one]
        if names:
            return f" as {_either(names)}"
        if self.domains:
            return f" with an account of {_either(self.domains)}"
        return " with another of your Globus identities"


NO_SESSION: Final = SessionRequirement()
"""What nearly every sign-in is asked for: nothing in particular."""


def _either(names: Iterable[str]) -> str:
    shown = [_one_line(one, LONGEST_NAME) for one in names]
    more = len(shown) - MOST_NAMES
    return " or ".join(shown[:MOST_NAMES]) + (f" or {more} more" if more > 0 else "")


def _one_line(text: str, most: int = LONGEST_MESSAGE) -> str:
    line = " ".join(text.split()).rstrip(".")
    return line if len(line) <= most else f"{line[: most - 1]}…"
