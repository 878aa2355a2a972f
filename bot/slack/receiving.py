"""What Slack sent over HTTP, handed to Bolt as it was read already."""

from typing import Any

from slack_bolt.adapter.starlette.async_handler import to_starlette_response
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from starlette.requests import Request
from starlette.responses import Response


class Receiver:
    """Takes the place of Bolt's own handler for Starlette, which would read each body once more."""

    def __init__(self, app: AsyncApp) -> None:
        self._app = app

    async def answer(self, request: Request, payload: dict[str, Any]) -> Response:
        """Let Bolt answer a request whose signature was checked, given what its body holds."""
        # Only in this mode Bolt takes what is read, and does not check the signature again.
        asked = AsyncBoltRequest(body=payload, headers=dict(request.headers.items()), mode="socket_mode")
        return to_starlette_response(await self._app.async_dispatch(asked))
