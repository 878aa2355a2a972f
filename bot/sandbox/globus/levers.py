"""Reading what somebody asks of the sandbox itself, and saying no."""

from http import HTTPStatus

from bot.sandbox.globus.errors import Refused
from bot.sandbox.wire import Json


def refused(error: str, detail: str) -> Refused:
    """Give the refusal of a lever; `detail` is a sentence."""
    return Refused(HTTPStatus.BAD_REQUEST, {"ok": False, "error": error, "detail": detail})


def text_of(body: Json, name: str) -> str:
    """Give a text that must be there. Raises ValueError."""
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise ValueError(f"`{name}` must be a text.")
    return value


def number_of(body: Json, name: str, default: float | None = None) -> float:
    """Give a number, which may come as text. Raises ValueError for anything else, or if it is needed."""
    value = body.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(f"`{name}` must be a number.")  # noqa: TRY004 - callers treat all bad bodies alike
    return float(value)
