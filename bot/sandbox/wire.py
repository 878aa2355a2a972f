"""What travels: JSON objects, and how a request's body is read as one."""

import json
from typing import Any, TypeAlias

from aiohttp import web

Json: TypeAlias = dict[str, Any]


async def json_object(request: web.Request) -> Json:
    """Read the body as a JSON object; empty means `{}`. Raises ValueError for anything else."""
    raw = await request.text()
    value = json.loads(raw) if raw else {}
    if not isinstance(value, dict):
        raise ValueError("the body must be a JSON object")  # noqa: TRY004 - callers treat all bad bodies alike
    return value


def compact(value: object) -> str:
    """Write `value` as JSON the way Slack does: no spaces, all characters as they are."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
