"""The page that feels like Slack: its files, and the pictures that the app uploaded.

What the page does goes through the acts of `person`; nothing here knows more than a browser would.
"""

from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from typing import Final

from aiohttp import web

from bot.sandbox.slack.handlers import Routes
from bot.sandbox.slack.slack import Slack

FOLDER: Final = Path(__file__).parent / "page"
ENTRANCE: Final = "index.html"

_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",  # asked for again each time, and answered by 304 while it is the same
    "Vary": "Accept-Encoding",
}
_TYPES: Final = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".html": "text/html"}


async def entrance(_slack: Slack, request: web.Request) -> web.StreamResponse:
    """Serve the page itself."""
    return _file(request, ENTRANCE)


async def part(_slack: Slack, request: web.Request) -> web.StreamResponse:
    """Serve one of the files that the page is made of. Raises HTTPNotFound."""
    return _file(request, request.match_info["name"])


async def picture(slack: Slack, request: web.Request) -> web.StreamResponse:
    """Serve a picture that the app uploaded. Raises HTTPNotFound for all else."""
    file = slack.files.find(request.match_info["id"])
    if file is None or file.content is None or not file.mimetype.startswith("image/"):
        raise web.HTTPNotFound
    return web.Response(body=file.content, content_type=file.mimetype, headers=_HEADERS)


def _file(request: web.Request, name: str) -> web.StreamResponse:
    path = FOLDER / name
    if path.suffix not in _TYPES or path.parent != FOLDER or not path.is_file():
        raise web.HTTPNotFound
    content = path.read_bytes()  # a few kilobytes, read anew so that a change is seen by reloading
    etag = f'"{sha256(content).hexdigest()[:32]}"'
    headers = {**_HEADERS, "ETag": etag}
    if etag in request.headers.get("If-None-Match", ""):
        return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
    answer = web.Response(body=content, content_type=_TYPES[path.suffix], charset="utf-8", headers=headers)
    answer.enable_compression()
    return answer


ROUTES: Final[Routes] = {
    ("GET", "/"): entrance,
    ("GET", "/page/{name}"): part,
    ("GET", "/files/{id}"): picture,
}
