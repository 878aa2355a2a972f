"""Faults ordered in advance: calls that fail, hang, or lose their answer."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal, TypeAlias, get_args

from bot.sandbox.wire import Json

Kind: TypeAlias = Literal[
    "status",
    "status_after",
    "ratelimited",
    "drop_before",
    "drop_after",
    "hang",
    "hang_after",
    "error",
    "redirect",
    "truncated",
    "garbage",
    "reset_before",
    "reset_after",
    "stalled",
    "late",
]
_KINDS: Final = get_args(Kind)
_TYPES: Final[Mapping[str, type | tuple[type, ...]]] = {
    "times": int,
    "status": int,
    "error": str,
    "retry_after": int,
    "seconds": (int, float),
    "authorization_parameters": dict,
}


@dataclass(frozen=True)
class Fault:
    """What happens to the next `times` calls of `method` (`*`: any).

    A method is what its service calls it: `chat.postMessage` for Slack, `POST /v2/timer` for Globus.

    `status` answers with that HTTP status and no JSON; `ratelimited` with 429 and `Retry-After: retry_after`;
    `error` with the service's own refusal, and in Globus's with `authorization_parameters` if there are any;
    `hang` waits `seconds` and goes on; `drop_before` closes the connection; `redirect` sends the client to
    the same address again. None of these but `hang` carries the call out. `status_after`, `hang_after` and
    `drop_after` carry it out first, as do `truncated`, whose answer ends in the middle, `stalled`, whose
    answer stays there for `seconds`, and `garbage`, whose answer is no HTTP. `reset_before` and `reset_after`
    are like `drop_…`, but the connection is reset. `late` is carried out after `seconds`, even if nobody
    waits for it any more. Slack knows none from `redirect` on.
    """

    method: str
    kind: Kind
    times: int = 1
    status: int = 503
    error: str = "internal_error"
    retry_after: int = 1
    seconds: float = 10.0
    authorization_parameters: Json = field(default_factory=dict)

    @classmethod
    def parse(cls, body: Json) -> "Fault":
        """Read a fault from its JSON form. Raises ValueError."""
        if body.get("fault") not in _KINDS or body.keys() - _TYPES.keys() - {"method", "fault"}:
            raise ValueError(f"A fault is one of {', '.join(_KINDS)}.")
        options = {key: value for key, value in body.items() if key in _TYPES}
        if not all(isinstance(value, _TYPES[key]) for key, value in options.items()):
            raise ValueError("A fault's option has the wrong type.")
        return cls(str(body.get("method", "*")), body["fault"], **options)


class Faults:
    """The faults that are still to happen, in the order they were ordered."""

    def __init__(self) -> None:
        self._ordered: list[Fault] = []

    def order(self, fault: Fault) -> None:
        """Let a fault happen to calls that come from now on."""
        self._ordered.append(fault)

    def clear(self) -> None:
        """Forget all faults."""
        self._ordered.clear()

    @property
    def ordered(self) -> tuple[Fault, ...]:
        """The faults that are still to happen."""
        return tuple(self._ordered)

    def take(self, method: str) -> Fault | None:
        """Give the fault that this call suffers, and count it."""
        for index in self._matching(method):
            fault = self._ordered[index]
            left = [replace(fault, times=fault.times - 1)] if fault.times > 1 else []
            self._ordered[index : index + 1] = left
            return fault
        return None

    def _matching(self, method: str) -> Iterator[int]:
        return (index for index, fault in enumerate(self._ordered) if fault.method in {"*", method})
