"""The two ways the pretend Slack says no: to the app, and to a person."""

from collections.abc import Iterable
from typing import Any


class ApiError(Exception):
    """A Web API call is refused; `code` is Slack's name for it, `messages` go to `response_metadata`."""

    def __init__(self, code: str, messages: Iterable[str] = (), **details: Any) -> None:  # noqa: ANN401 - any JSON
        super().__init__(code)
        self.code = code
        self.messages = tuple(messages)
        self.details = details


class Refused(Exception):
    """A person's act did not work; `error` is what Slack would call it, `detail` is a sentence."""

    def __init__(self, error: str, detail: str, **more: Any) -> None:  # noqa: ANN401 - any JSON
        super().__init__(f"{error}: {detail}")
        self.error = error
        self.detail = detail
        self.more = more
