"""What must not be shown: secrets, and the passwords in addresses."""

from typing import Final
from urllib.parse import unquote, urlsplit

from typing_extensions import override

SHORTEST_PASSWORD: Final = 4
"""A shorter one is part of so many words that hiding it would hide them."""


class Secret(str):
    """A string that does not show itself in a repr."""

    __slots__ = ()

    @override
    def __repr__(self) -> str:
        return "<secret>"


def passwords(url: str) -> tuple[str, ...]:
    """Give the password in an address, as it stands there and as it is meant."""
    try:
        password = urlsplit(url).password or ""
    except ValueError:
        return ()
    return tuple({password, unquote(password)}) if len(password) >= SHORTEST_PASSWORD else ()
