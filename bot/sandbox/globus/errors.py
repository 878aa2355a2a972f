"""How the pretend Globus says no; each service has its own shape for it."""

import uuid
from http import HTTPStatus
from typing import Any

from bot.sandbox.wire import Json


class Refused(Exception):
    """A call that is answered with an error; `body` is the service's own document."""

    def __init__(self, status: int, body: Json) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = body


class PageError(Exception):
    """Something that the sign-in page cannot go on with: a person reads `title` and `detail`."""

    def __init__(self, title: str, detail: str) -> None:
        super().__init__(f"{title}: {detail}")
        self.title = title
        self.detail = detail


def oauth_error(error: str, description: str, *, status: int = HTTPStatus.BAD_REQUEST) -> Refused:
    """Give an error of the token endpoint (RFC 6749, section 5.2)."""
    return Refused(status, {"error": error, "error_description": description})


def auth_error(status: int, code: str, detail: str) -> Refused:
    """Give an error of Auth's own API (https://docs.globus.org/api/auth/reference/#errors)."""
    title = code.replace("_", " ").title()
    one = {"status": str(int(status)), "code": code, "title": title, "detail": detail}
    return Refused(
        status,
        {"errors": [{"id": str(uuid.uuid4()), **one}], "error": code.lower(), "error_description": title},
    )


def transfer_error(status: int, code: str, message: str, **more: Any) -> Refused:  # noqa: ANN401 - any JSON
    """Give an error of Transfer (https://docs.globus.org/api/transfer/overview/#errors)."""
    return Refused(
        status, {"code": code, "message": message, "request_id": "sandbox", "resource": "", **more}
    )


def timers_error(status: int, code: str, detail: str) -> Refused:
    """Give an error of Timers; an invalid document has a shape of its own, `invalid_document`."""
    return Refused(status, {"error": {"code": code, "detail": detail, "status": int(status)}})


def invalid_document(*problems: tuple[tuple[str | int, ...], str]) -> Refused:
    """Give Timers' answer to a document that it does not take: where in it, and what is wrong there."""
    detail = [{"loc": ["body", *place], "msg": said, "type": "value_error"} for place, said in problems]
    return Refused(HTTPStatus.UNPROCESSABLE_ENTITY, {"detail": detail})
