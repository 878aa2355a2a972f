"""Moving the sandbox's time, and running timers at once."""

from typing import Final

from bot.sandbox.clock import SandboxClock
from bot.sandbox.globus import timer_answers
from bot.sandbox.globus.globus import Globus
from bot.sandbox.globus.levers import number_of, refused, text_of
from bot.sandbox.wire import Json

_MOST_STOPS: Final = 1000
"""How many times `advance` stops for a timer; what is due in the rest of the way becomes one late run."""
_A_LITTLE: Final = 0.001


async def advance(globus: Globus, body: Json) -> Json:
    """Move the time forward by `seconds`, stopping at each timer that is due until its run is done.

    A task that is held or stalled stays where it is.
    """
    seconds, clock = number_of(body, "seconds"), globus.clock
    if seconds < 0:
        raise ValueError("`seconds` must not be negative.")
    if not isinstance(clock, SandboxClock):
        raise refused("fixed_clock", "This sandbox's time cannot be moved.")
    target = clock() + seconds
    for _ in range(_MOST_STOPS):
        await _settle(globus)
        moments = (globus.timers.next_due(), globus.tasks.next_done())
        due = min((moment for moment in moments if moment is not None), default=None)
        if due is None or due > target:
            break
        clock.advance(max(0.0, due - clock()) + _A_LITTLE)
    clock.advance(max(0.0, target - clock()))
    await _settle(globus)
    return {"now": clock()}


async def run_now(globus: Globus, body: Json) -> Json:
    """Run an active timer at once; gives it with its run in progress, or with what keeps it from running."""
    timer = globus.timers.get(text_of(body, "job_id"))
    if timer is None:
        raise refused("not_found", "There is no such timer.")
    if not timer.is_active or timer.running(globus.tasks):
        raise refused("not_possible", "The timer is not active, or runs already.")
    timer = globus.timers.run_now(timer)
    return {"timer": timer_answers.job(timer, globus.tasks, globus.clock())}


async def hold(globus: Globus, body: Json) -> Json:
    """Keep all tasks from getting any further, or with `"held": false` let them go on."""
    globus.tasks.is_held = bool(body.get("held", True))
    return {"held": globus.tasks.is_held}


async def _settle(globus: Globus) -> None:
    while await globus.timers.run_due():
        pass
