"""Whether the web face can listen, and whether browsers reach it."""

import socket
from collections.abc import Iterator
from typing import Final

import requests

from bot.examining import SECONDS, Finding, ok, problem, warning

ALIVE: Final = "/healthz"


def port(host: str, number: int) -> Iterator[Finding]:
    """Say whether the port is free, or this very bot has it."""
    where = f"{host}:{number}"
    if _alive(f"http://{reachable(host)}:{number}"):
        yield ok(f"Port: a transferbot answers at {where}")
        return
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.create_server((host, number), family=family):
            yield ok(f"Port: {where} is free")
    except OSError as error:
        yield problem(f"Port: {where} cannot be used: {error.strerror}", "Set another HOST or PORT.")


def public_url(url: str) -> Iterator[Finding]:
    """Say whether the bot answers at its public address; from here, which is not from everywhere."""
    if _alive(url):
        yield ok(f"Public address: a transferbot answers at {url}")
    else:
        yield warning(
            f"Public address: no transferbot answers at {url}, seen from here",
            "Start the bot, and lead that address to HOST:PORT; some networks cannot see it from within.",
        )


def _alive(base: str) -> bool:
    try:
        return bool(requests.get(base + ALIVE, timeout=SECONDS - 2).json() == {"alive": True})
    except (requests.RequestException, ValueError):
        return False


def reachable(host: str) -> str:
    """Give where this machine reaches what listens on all its addresses."""
    there = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104 - compared, not listened on
    return f"[{there}]" if ":" in there and not there.startswith("[") else there
