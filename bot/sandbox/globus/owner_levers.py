"""What owners do without the app: steer their timers in the Globus web app, and leave Globus."""

from collections.abc import Callable, Mapping
from typing import Final

from bot.sandbox.globus.directory import person_with_username
from bot.sandbox.globus.errors import Refused
from bot.sandbox.globus.globus import Globus
from bot.sandbox.globus.levers import refused, text_of
from bot.sandbox.globus.timer import Timer
from bot.sandbox.wire import Json

_NOT_POSSIBLE: Final = "Globus does not let its owner do this with the timer as it is."


async def web_app(globus: Globus, body: Json) -> Json:
    """Let a timer's owner `pause`, `resume`, `rename` (to `name`) or `delete` it in the web app."""
    timer = globus.timers.get(text_of(body, "job_id"))
    if timer is None:
        raise refused("not_found", "There is no such timer.")
    act = _ACTS.get(text_of(body, "act"))
    if act is None:
        raise ValueError(f"`act` is one of {', '.join(_ACTS)}.")
    try:
        act(globus, timer, body)
    except Refused as problem:
        raise refused("not_possible", _NOT_POSSIBLE) from problem
    return {}


async def close_identity(globus: Globus, body: Json) -> Json:
    """Let a person's account be gone: their tokens end, and they cannot sign in any more."""
    person = person_with_username(text_of(body, "username"))
    if person is None:
        raise refused("not_found", "Nobody at the pretend Globus is called this.")
    globus.closed.add(person.id)
    gone = globus.grants.revoke_all(person.id)
    globus.traffic.touch()
    return {"revoked": gone}


def _pause(globus: Globus, timer: Timer, _body: Json) -> None:
    globus.timers.pause(timer)


def _resume(globus: Globus, timer: Timer, _body: Json) -> None:
    globus.timers.resume(timer, client_id=None)


def _rename(globus: Globus, timer: Timer, body: Json) -> None:
    globus.timers.rename(timer, text_of(body, "name"))


def _delete(globus: Globus, timer: Timer, _body: Json) -> None:
    globus.timers.delete(timer)


_ACTS: Final[Mapping[str, Callable[[Globus, Timer, Json], None]]] = {
    "pause": _pause,
    "resume": _resume,
    "rename": _rename,
    "delete": _delete,
}
