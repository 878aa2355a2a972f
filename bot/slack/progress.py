"""A request as its person sees it, and its timer as the team does; drawn only, nothing sent."""

from collections.abc import Sequence
from typing import Final

from bot.fulfilling import Decision
from bot.linking import Account, SignInLink
from bot.planning import DEFAULT_OPTIONS, Location, Option, Plan, Source, SyncLevel
from bot.scheduling import RequestState, TimerRequest
from bot.slack.blocks import (
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
TIMER_LINK: Final = "timer_link"

ITEMS_SHOWN: Final = 5
PATH_SHOWN: Final = 150
"""More, or longer ones, would bury the message; the timer's own page has them all."""

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

DECISIONS: Final = {
    Decision.LOOK_AGAIN: "Look again",
    Decision.CREATE_AGAIN: "Create it again",
    Decision.FORGET: "Forget it",
}

_IN_WORDS: Final = {
    RequestState.WAITING_FOR_SIGN_IN: ":key: Waiting for you to sign in to Globus",
    RequestState.UNCLEAR: ":grey_question: Not sure whether the timer was made",
    RequestState.CREATED: ":white_check_mark: The timer is made",
    RequestState.ANNOUNCED: ":white_check_mark: Scheduled",
    RequestState.REFUSED: ":no_entry: Not scheduled",
    RequestState.EXPIRED: ":hourglass: Given up",
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
    heading = _IN_WORDS.get(request.state, ":hourglass_flowing_sand: Checking your collections and consents…")
    blocks = [section(f"*{heading}*" + (f"\n{escape(request.reason)}" if request.reason else ""))]
    if request.state is RequestState.WAITING_FOR_SIGN_IN and link:
        blocks += link_blocks(link)
    if request.state is RequestState.UNCLEAR and request.due is None:
        buttons = [button(text, decision, value=request.request_id) for decision, text in DECISIONS.items()]
        blocks += [actions(*buttons)]
    if request.job_id:
        blocks += [section(_made(request)), actions(_open_in_globus(request.job_id, app_url))]
    if request.state is RequestState.ANNOUNCED:
        blocks.append(context(f"I told <#{request.plan.announce_in}>."))
    elif request.due is not None and not link:
        blocks.append(context("You can close this; it goes on without you."))
    return blocks


def announcement(request: TimerRequest, account: Account | None, *, app_url: str) -> tuple[str, list[Block]]:
    """Draw the team's message: its text for notifications, and its blocks."""
    plan = request.plan
    who = f"<@{request.person.user_id}>"
    places = f"from {plan.source.name} to {plan.destination.name}"
    text = f"{plan.title}: a transfer {plan.schedule.in_words()}, {places}"
    blocks = [
        section(f"{who} scheduled {bold(plan.title)}"),
        section(summary(plan)),
        section(_made(request)),
    ]
    if request.job_id:
        blocks.append(actions(_open_in_globus(request.job_id, app_url)))
    if account:
        blocks.append(context(f"Runs with the Globus account {escape(account.username)}."))
    return escape(text), blocks


def summary(plan: Plan) -> str:
    """Say from where, to where, how often and until when."""
    lines = [
        f"*From* {_source(plan.source)}",
        f"*To* {_destination(plan.destination)}",
        f"*Runs* {plan.schedule.in_words()}",
    ]
    if plan.schedule.until:
        lines[-1] += f", until {moment(plan.schedule.until)}"
    unusual = _unusual(plan)
    if unusual:
        lines.append(f"*Options* {unusual}")
    return "\n".join(lines)


def _source(source: Source) -> str:
    shown = ", ".join(code(shortened(path, PATH_SHOWN)) for path in source.paths[:ITEMS_SHOWN])
    more = len(source.paths) - ITEMS_SHOWN
    return f"{_collection(source)} {shown}" + (f" and {more} more" if more > 0 else "")


def _destination(location: Location) -> str:
    return f"{_collection(location)} {code(shortened(location.path, PATH_SHOWN))}"


def _collection(place: Source | Location) -> str:
    return bold(place.name or place.collection_id)


def _unusual(plan: Plan) -> str:
    """Say what differs from a plain transfer, as the team may want to know it."""
    said = []
    if plan.sync_level is not SyncLevel.ALWAYS:
        said.append(_SYNC_LEVELS[plan.sync_level])
    said += [text for option, text in _SWITCHED_ON.items() if option in plan.options - DEFAULT_OPTIONS]
    if Option.VERIFY_CHECKSUM not in plan.options:
        said.append("checksums not verified")
    if plan.filters:
        shown = ", ".join(
            f"{one.method} {code(shortened(one.pattern, 60))}" for one in plan.filters[:ITEMS_SHOWN]
        )
        more = len(plan.filters) - ITEMS_SHOWN
        said.append(f"filters: {shown}" + (f" and {more} more" if more > 0 else ""))
    return "; ".join(said)


def _made(request: TimerRequest) -> str:
    first = f"*First run* {moment(request.next_run)}" if request.next_run else "*First run* now"
    return f"{first}\n*Job ID* {code(request.job_id or '')}"


def _open_in_globus(job_id: str, app_url: str) -> Block:
    return button("Open in Globus", TIMER_LINK, url=f"{app_url}/activity/timers/{job_id}/overview")


def asking_names(names: Sequence[str]) -> str:
    """List the collections that a sign-in asks access to, for a message."""
    return f"It asks for access to data on {' and '.join(bold(name) for name in names)}." if names else ""
