"""Slack's signature, checked on the raw bytes before anything is parsed.

https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from bot.web import shapes

LARGEST_BODY: Final = 1024 * 1024
"""Slack's largest view is 250 kB; four times that is no message of Slack's."""

OLDEST: Final = 300
"""Slack's own advice: a request older than five minutes, in seconds, may be a replay."""

REMEMBERED: Final = 2 * OLDEST
"""As long as a timestamp can count, from five minutes ahead to five minutes behind; in seconds."""

MOST_SEEN: Final = 200_000
"""More than a busy workspace sends in ten minutes, and about 30 MB; older ones go first."""

TIMESTAMP_DIGITS: Final = 11
LENGTH_DIGITS: Final = 11
"""More digits than either can have, and few enough to be read without a cost."""


class TrustedBody:
    """Reads what comes from Slack, and says so from nothing but a request's headers and its bytes."""

    def __init__(self, signing_secret: str, *, clock: Callable[[], float]) -> None:
        self._secret = signing_secret.encode()
        self._clock = clock
        self._seen: OrderedDict[str, float] = OrderedDict()

    async def trusted(self, request: Request) -> shapes.Json | None:
        """Read the body, up to the cap; gives what it holds if it is signed, well shaped and new."""
        body = await read_body(request, LARGEST_BODY)
        if body is None or not self._signed(request, body):
            return None
        payload = shapes.read(request.headers.get("content-type", ""), body)
        if payload is None or not self._is_new(request.headers["x-slack-signature"]):
            return None
        return payload

    def _is_new(self, signature: str) -> bool:
        """Say whether a signature comes for the first time: what Slack sends again it signs again."""
        now = self._clock()
        while self._seen and (
            len(self._seen) >= MOST_SEEN or next(iter(self._seen.values())) < now - REMEMBERED
        ):
            self._seen.popitem(last=False)
        if signature in self._seen:
            return False
        self._seen[signature] = now
        return True

    def _signed(self, request: Request, body: bytes) -> bool:
        timestamp = request.headers.get("x-slack-request-timestamp", "")
        if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= TIMESTAMP_DIGITS):
            return False
        if abs(self._clock() - int(timestamp)) > OLDEST:
            return False
        given = request.headers.get("x-slack-signature", "").encode("utf-8", "surrogatepass")
        expected = hmac.new(
            self._secret, b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256
        ).hexdigest()
        return hmac.compare_digest(b"v0=" + expected.encode(), given)


def refused() -> Response:
    """The answer to whatever is not Slack's: it explains nothing."""
    return Response(status_code=401)


async def read_body(request: Request, largest: int) -> bytes | None:
    """Read the body, or give None if it has more than so many bytes, or does not say how many it has.

    Starlette keeps it for those who come after.
    """
    declared = request.headers.get("content-length", "")
    if not (declared.isascii() and declared.isdecimal()) or len(declared) > LENGTH_DIGITS:
        return None
    return await request.body() if int(declared) <= largest else None
