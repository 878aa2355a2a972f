"""What every answer of the web face carries, and what becomes of an error that nobody foresaw."""

import logging
import secrets

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.errors import unforeseen
from bot.web.pages import STYLE_HASH

log = logging.getLogger(__name__)


def headers(*, forms_lead_to: str, is_secure: bool) -> list[tuple[bytes, bytes]]:
    """Give the headers of every answer: codes stand in addresses, so nothing may be kept or framed.

    `forms_lead_to` is the origin of Globus Auth: browsers apply `form-action` to the redirect after a form.
    """
    policy = (
        f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; form-action 'self' {forms_lead_to}; "
        "frame-ancestors 'none'; base-uri 'none'"
    )
    found = [
        ("cache-control", "no-store"),
        ("content-security-policy", policy),
        ("cross-origin-opener-policy", "same-origin"),
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
    ]
    if is_secure:
        found.append(("strict-transport-security", "max-age=31536000"))
    return [(name.encode(), value.encode()) for name, value in found]


class Shield:
    """Puts headers on every answer, and answers an unforeseen error with a reference instead of a trace."""

    def __init__(self, app: ASGIApp, *, headers: list[tuple[bytes, bytes]]) -> None:
        self._app = app
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def with_headers(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                message = {**message, "headers": [*message.get("headers", []), *self._headers]}
            await send(message)

        try:
            await self._app(scope, receive, with_headers)
        except Exception:
            reference = secrets.token_hex(4)
            log.exception("a request failed", extra={"reference": reference})
            if begun:
                raise
            sentence = unforeseen(reference)
            await PlainTextResponse(sentence, status_code=500)(scope, receive, with_headers)
