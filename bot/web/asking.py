"""Asking the bot that runs on this machine how it is."""

from typing import Final

import requests

from bot.errors import Problem
from bot.web.examining import reachable

SECONDS: Final = 5.0


def asked(host: str, port: int, path: str) -> tuple[bool, str]:
    """Give whether the answer was good, and what it said; raises Problem if there was none."""
    try:
        answer = requests.get(f"http://{reachable(host)}:{port}{path}", timeout=SECONDS)
    except requests.RequestException as error:
        raise Problem(f"No transferbot answers at {host}:{port}.", "Start it: `transferbot run`.") from error
    return answer.ok, answer.text.strip()
