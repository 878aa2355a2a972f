"""The team's message about a timer: drawn when it is made, and again whenever it stands otherwise."""

from typing import Final

from bot.accounts import Account
from bot.news import WatchedTimer
from bot.scheduling import TimerRequest
from bot.slack.blocks import (
    Block,
    actions,
    bold,
    button,
    code,
    confirmation,
    context,
    escape,
    moment,
    section,
    shortened,
)
from bot.slack.progress import open_in_globus, save_as_preset, summary
from bot.slack.runs import run_in_words
from bot.timers import Inactivity, TimerStatus
from bot.watching import SIGNED_OUT

DETAILS: Final = "timer_details"
PAUSE: Final = "timer_pause"
RESUME: Final = "timer_resume"
FOLLOW: Final = "timer_follow"
DUPLICATE: Final = "timer_duplicate"
RENAME: Final = "timer_rename"
EDIT: Final = "timer_edit"
DELETE: Final = "timer_delete"

REPLACED: Final = "replaced"

FAILING: Final = ":x: *Failing*"
ACTIVE: Final = ":large_green_circle: *Active*"

NAME_SHOWN: Final = 150
"""Characters of a name in a notification or a question."""


def announcement(
    request: TimerRequest, account: Account | None, *, app_url: str, timer: WatchedTimer | None = None
) -> tuple[str, list[Block]]:
    """Draw the message: its text for notifications, and its blocks. `timer` is how it stands, once it ran."""
    plan = request.plan
    source, destination = (shortened(place.name, NAME_SHOWN) for place in (plan.source, plan.destination))
    title = timer.title if timer else plan.title
    text = f"{title}: a transfer {plan.schedule.in_words()}, from {source} to {destination}"
    blocks = [
        section(f"<@{request.person.user_id}> scheduled {bold(title)}"),
        section(summary(plan)),
        section(_how_it_stands(request, timer)),
    ]
    if request.job_id:
        blocks.append(actions(*_buttons(request.job_id, timer, app_url)))
    small = [f"Runs with the Globus account {escape(account.username)}."] if account else []
    small += _warnings(timer) if timer else []
    if small:
        blocks.append(context(*small))
    return escape(text), blocks


def status_in_words(timer: WatchedTimer, *, to_owner: bool = False) -> str:
    """Say how a timer stands, with a picture before it; empty for one that simply runs."""
    if timer.status is TimerStatus.GONE and timer.unwatched == REPLACED:
        return ":pencil2: *Edited*: another timer has taken its place"
    whom = "you" if to_owner else f"<@{timer.owner.user_id}>"
    return rest_in_words(timer.status, timer.inactivity, whom=whom) or (FAILING if timer.is_failing else "")


def rest_in_words(status: TimerStatus, inactivity: Inactivity | None, *, whom: str) -> str:
    """Say why a timer does not run, and of `whom` Globus needs something; empty for one that runs."""
    match status:
        case TimerStatus.INACTIVE if inactivity and not inactivity.is_paused:
            return f":warning: *Stopped*: Globus needs something of {whom} before it goes on"
        case TimerStatus.INACTIVE:
            return ":double_vertical_bar: *Paused*"
        case TimerStatus.ENDED:
            return ":checkered_flag: *Ended*: no run is to come"
        case TimerStatus.GONE:
            return ":wastebasket: *Deleted*"
    return ""


def delete_button(job_id: str, title: str) -> Block:
    """Draw the button that deletes a timer, which Slack asks about before it tells the bot."""
    said = f"“{shortened(title, NAME_SHOWN)}” runs no more. What was copied stays where it is."
    delete = button("Delete…", DELETE, value=job_id, danger=True)
    return delete | confirmation("Delete this timer?", said)


def tally(timer: WatchedTimer) -> str:
    """Count the runs that are over: `12 runs, 1 failed`; empty before the first."""
    count = timer.succeeded + timer.failed
    return runs_in_words(count, timer.failed) if count else ""


def runs_in_words(count: int, failed: int) -> str:
    """Count runs, and those among them that failed."""
    said = f"{count:,} {'run' if count == 1 else 'runs'}"
    return f"{said}, {failed:,} failed" if failed else said


def _how_it_stands(request: TimerRequest, timer: WatchedTimer | None) -> str:
    if timer is None or (timer.last is None and timer.status is TimerStatus.ACTIVE):
        next_run = timer.next_run if timer else request.next_run
        lines = [f"*First run* {moment(next_run)}" if next_run else "*First run* now"]
    else:
        lines = [status_in_words(timer)] if status_in_words(timer) else []
        if timer.last:
            lines.append(f"*Last run* {run_in_words(timer.last)}")
        if timer.next_run and timer.status is TimerStatus.ACTIVE:
            lines.append(f"*Next run* {moment(timer.next_run)}")
        if tally(timer):
            lines.append(f"*So far* {tally(timer)}")
    return "\n".join([*lines, f"*Job ID* {code(request.job_id or '')}"])


def _buttons(job_id: str, timer: WatchedTimer | None, app_url: str) -> list[Block]:
    buttons = [button("Details", DETAILS, value=job_id)]
    if timer is None or timer.is_live:
        is_active = timer is None or timer.status is not TimerStatus.INACTIVE
        steer = ("Pause", PAUSE) if is_active else ("Resume", RESUME)
        buttons += [button(*steer, value=job_id), button("Follow…", FOLLOW, value=job_id)]
    buttons += [button("Duplicate", DUPLICATE, value=job_id), save_as_preset(job_id)]
    if timer is None or timer.status is not TimerStatus.GONE:
        buttons.append(open_in_globus(job_id, app_url))
    return buttons


def _warnings(timer: WatchedTimer) -> list[str]:
    if timer.unwatched == SIGNED_OUT:
        return [
            f":warning: I cannot see how it goes: <@{timer.owner.user_id}> has to sign in to Globus again."
        ]
    if timer.unwatched and timer.unwatched != REPLACED:
        return [":information_source: Its owner has left transferbot: it goes on at Globus, unwatched."]
    return []
