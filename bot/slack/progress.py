"""A request as its person sees it; drawn only, nothing sent."""

from collections.abc import Sequence
from typing import Final

from bot.planning import DEFAULT_OPTIONS, Location, Option, Plan, Source, SyncLevel
from bot.scheduling import RequestState, TimerRequest
from bot.settling import DECISIONS, OVER, Decision
from bot.sign_ins import SignInLink
from bot.slack.blocks import (
    SECTION_TEXT,
    Block,
    View,
    actions,
    bold,
    button,
    code,
    context,
    escape,
    modal,
    moment,
    section,
    shortened,
)
from bot.slack.linking import link_blocks

PROGRESS: Final = "progress"
ANNOUNCE_AGAIN: Final = "announce_again"
CORRECT: Final = "correct_request"
TIMER_LINK: Final = "timer_link"
SAVE_PRESET: Final = "preset_save"

ITEMS_SHOWN: Final = 5
"""More would bury the message; the timer's own page has them all."""

SHOWN_LENGTHS: Final = (150, 60, 20)
"""How much of each path, name and pattern is shown: the first of these with which a summary fits."""

_SYNC_LEVELS: Final = {
    SyncLevel.EXISTS: "skips files that are there",
    SyncLevel.SIZE: "skips files of the same size",
    SyncLevel.MTIME: "skips files that are not newer",
    SyncLevel.CHECKSUM: "skips files with the same checksum",
}
_SWITCHED_ON: Final = {
    Option.DELETE_DESTINATION_EXTRA: "*deletes extra files at the destination*",
    Option.PRESERVE_TIMESTAMP: "keeps modification times",
    Option.ENCRYPT_DATA: "encrypted",
    Option.SKIP_SOURCE_ERRORS: "skips unreadable files",
    Option.FAIL_ON_QUOTA_ERRORS: "stops when the quota is used up",
}

_DECISIONS: Final = {
    Decision.LOOK_AGAIN: "Look again",
    Decision.CREATE_AGAIN: "Create it again",
    Decision.CREATE_ANYWAY: "Create it anyway",
    Decision.CHECK_AGAIN: "Check again",
    Decision.FORGET: "Forget it",
}

_CHECKING: Final = ":hourglass_flowing_sand: Checking your collections and consents…"
_IN_WORDS: Final = {
    RequestState.UNCHECKED: ":question: Not everything could be checked",
    RequestState.READY: ":hourglass_flowing_sand: Creating the timer…",
    RequestState.CREATING: ":hourglass_flowing_sand: Creating the timer…",
    RequestState.WAITING_FOR_SIGN_IN: ":key: Waiting for you to sign in to Globus",
    RequestState.UNCLEAR: ":question: Not sure whether the timer was made",
    RequestState.CREATED: ":white_check_mark: The timer is made",
    RequestState.ANNOUNCED: ":white_check_mark: Scheduled",
    RequestState.REFUSED: ":no_entry: Not scheduled",
    RequestState.EXPIRED: ":hourglass: Given up",
}
_OF_EDITS: Final = {
    RequestState.ANNOUNCED: ":white_check_mark: Saved: a new timer has taken its place",
    RequestState.REFUSED: ":no_entry: Not saved: the timer is as it was",
    RequestState.EXPIRED: ":hourglass: Given up: the timer is as it was",
}


def progress_view(request: TimerRequest, *, link: SignInLink | None = None, app_url: str = "") -> View:
    """Draw where a request is."""
    blocks = [section(summary(request.plan)), *progress_blocks(request, link=link, app_url=app_url)]
    return modal(
        PROGRESS, "Your transfer", blocks, metadata=request.request_id, close="Close", tell_when_closed=True
    )


def progress_blocks(
    request: TimerRequest, *, link: SignInLink | None = None, app_url: str = ""
) -> list[Block]:
    """Draw a request's state, the reason for it, and what its person can do."""
    blocks = [
        section(f"*{state_in_words(request)}*" + (f"\n{escape(request.reason)}" if request.reason else ""))
    ]
    if request.waits_for_sign_in and link:
        blocks += link_blocks(link)
    if is_to_decide(request):
        buttons = [button(_DECISIONS[one], one, value=request.request_id) for one in DECISIONS[request.state]]
        blocks += [actions(*buttons)]
    if request.state in OVER:
        text = "Correct it" if request.state is RequestState.REFUSED else "Fill it in again"
        blocks += [actions(button(text, CORRECT, value=request.request_id))]
    if request.job_id:
        told = [announce_again(request)] if rests_untold(request) else []
        buttons = [*told, open_in_globus(request.job_id, app_url), save_as_preset(request.job_id)]
        blocks += [section(_made(request)), actions(*buttons)]
    if request.state is RequestState.ANNOUNCED:
        blocks.append(context(f"I told <#{request.plan.announce_in}>."))
    elif request.due is not None and not link:
        blocks.append(context("You can close this; it goes on without you."))
    return blocks


def rests_untold(request: TimerRequest) -> bool:
    """Say whether there is a timer, and the team could not be told."""
    return request.state is RequestState.CREATED and request.due is None


def announce_again(request: TimerRequest) -> Block:
    """Draw the button for a timer of which the team could not be told."""
    return button("Announce it now", ANNOUNCE_AGAIN, value=request.request_id, primary=True)


def state_in_words(request: TimerRequest) -> str:
    """Say where a request is, in a few words with a picture before them."""
    is_done = request.state is RequestState.ANNOUNCED
    if request.replaces and request.state in _OF_EDITS and (is_done or not request.creations):
        return _OF_EDITS[request.state]
    return _IN_WORDS.get(request.state, _CHECKING)


def is_to_decide(request: TimerRequest) -> bool:
    """Say whether a request rests until its owner decides."""
    return request.state in DECISIONS and request.due is None


def summary(plan: Plan) -> str:
    """Say from where, to where, how often and until when, within what Slack takes."""
    texts = (_summary(plan, most) for most in SHOWN_LENGTHS)
    return next((text for text in texts if len(text) <= SECTION_TEXT), _summary(plan, SHOWN_LENGTHS[-1]))


def _summary(plan: Plan, most: int) -> str:
    lines = [
        f"*From* {_source(plan.source, most)}",
        f"*To* {_collection(plan.destination, most)} {_shown(plan.destination.path, most)}",
        f"*Runs* {plan.schedule.in_words()}",
    ]
    if plan.schedule.until:
        lines[-1] += f", until {moment(plan.schedule.until)}"
    unusual = _unusual(plan, most)
    if unusual:
        lines.append(f"*Options* {unusual}")
    return "\n".join(lines)


def _source(source: Source, most: int) -> str:
    shown = ", ".join(_shown(path, most) for path in source.paths[:ITEMS_SHOWN])
    more = len(source.paths) - ITEMS_SHOWN
    return f"{_collection(source, most)} {shown}" + (f" and {more} more" if more > 0 else "")


def _collection(place: Source | Location, most: int) -> str:
    return bold(shortened(place.name or place.collection_id, most))


def _shown(text: str, most: int) -> str:
    return code(shortened(text, most))


def _unusual(plan: Plan, most: int) -> str:
    """Say what differs from a plain transfer, as the team may want to know it."""
    said = []
    if plan.sync_level is not SyncLevel.ALWAYS:
        said.append(_SYNC_LEVELS[plan.sync_level])
    said += [text for option, text in _SWITCHED_ON.items() if option in plan.options - DEFAULT_OPTIONS]
    if Option.VERIFY_CHECKSUM not in plan.options:
        said.append("checksums not verified")
    if plan.filters:
        shown = ", ".join(f"{one.method} {_shown(one.pattern, most)}" for one in plan.filters[:ITEMS_SHOWN])
        more = len(plan.filters) - ITEMS_SHOWN
        said.append(f"filters: {shown}" + (f" and {more} more" if more > 0 else ""))
    return "; ".join(said)


def _made(request: TimerRequest) -> str:
    first = f"*First run* {moment(request.next_run)}" if request.next_run else "*First run* now"
    return f"{first}\n*Job ID* {code(request.job_id or '')}"


def open_in_globus(job_id: str, app_url: str) -> Block:
    """Draw the way to a timer's own page."""
    return button("Open in Globus", TIMER_LINK, url=f"{app_url}/activity/timers/{job_id}/overview")


def save_as_preset(job_id: str) -> Block:
    """Draw the way to save what a timer was made from."""
    return button("Save as preset…", SAVE_PRESET, value=job_id)


def asking_names(names: Sequence[str]) -> str:
    """List the collections that a sign-in asks access to, for a message."""
    return f"It asks for access to data on {' and '.join(bold(name) for name in names)}." if names else ""
