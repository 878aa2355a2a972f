"""The Home tab, drawn: whose account it is and how it is, the timers, what waits, and help."""

from collections.abc import Iterator, Sequence
from typing import Final

from bot.accounts import Account
from bot.listing import AtHome, Entry, Page
from bot.scheduling import TimerRequest
from bot.slack.announcing import DETAILS
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
    moment,
    section,
    shortened,
)
from bot.slack.disconnecting import DISCONNECT
from bot.slack.listing import entry_in_words, pages, steer_button
from bot.slack.news import MEND
from bot.slack.progress import state_in_words

SCHEDULE: Final = "home_schedule"
CONNECT: Final = "home_connect"
TURN: Final = "home_page"

NAMED: Final = 5
"""So many stopped timers have a button each."""

_TITLE: Final = 100


def home_view(
    account: Account | None,
    requests: Sequence[TimerRequest],
    *,
    help_text: str,
    timers: AtHome | None = None,
    settings: Sequence[Block] = (),
) -> View:
    """Draw the tab. `requests` are the latest ones; `settings` are more lines of what can be set."""
    shown = timers or AtHome(Page())
    blocks = [*_account(account), *_health(shown), {"type": "divider"}, *_timers(shown)]
    if requests:
        blocks += [{"type": "divider"}, section("*What you asked for lately*")]
    for request in requests:
        blocks += _request(request)
    said = (
        "*What you hear:* choose it with *Follow…* under an announcement, or in the timer's details. "
        "`/schedule-transfer mute` mutes a channel."
    )
    blocks += [{"type": "divider"}, context(said), *settings, {"type": "divider"}, section(help_text)]
    return {"type": "home", "blocks": blocks}


def _account(account: Account | None) -> list[Block]:
    schedule = button("Schedule a transfer", SCHEDULE, primary=True)
    disconnect = button("Disconnect Globus…", DISCONNECT)
    if account and account.is_ended:
        said = (
            f":warning: Your sign-in to Globus has ended. Sign in again as {bold(account.username)}, "
            "and what waits for it goes on."
        )
        again = button("Sign in again", CONNECT, primary=True)
        return [section(said), actions(again, button("Schedule a transfer", SCHEDULE), disconnect)]
    if account:
        return [
            section(f":link: Linked as {bold(account.username)}. Your transfers run with this account."),
            actions(schedule, disconnect),
        ]
    said = (
        "*You are not linked to Globus yet.* Once you are, I find your collections and folders as you type, "
        "and your transfers run with your own account. The first transfer that you schedule asks you to sign "
        "in; you can also do it now."
    )
    return [section(said), actions(schedule, button("Connect to Globus", CONNECT))]


def _health(shown: AtHome) -> Iterator[Block]:
    """Say which timers Globus keeps from going on, each with what mends it."""
    if not shown.stopped:
        if shown.elsewhere is not None and shown.page.total:
            yield context(":white_check_mark: Your timers have the consents that they need.")
        return
    for entry in shown.stopped[:NAMED]:
        lacks = entry.inactivity
        count = len(lacks.collections) if lacks else 0
        what = "Globus wants you to sign in once more"
        if count:
            what = f"the consent to {'one' if count == 1 else count} of its collections is missing"
        said = f":warning: {bold(shortened(entry.title, _TITLE))} has stopped: {what}."
        yield section(said) | {"accessory": button("Restore and resume", MEND, value=entry.job_id)}
    more = len(shown.stopped) - NAMED
    if more > 0:
        yield context(f"And {more} more, at the top of your timers.")


def _timers(shown: AtHome) -> Iterator[Block]:
    page = shown.page
    yield section("*Your timers*")
    if shown.problem:
        yield context(f":hourglass: {escape(shown.problem)}")
    if not page.total:
        yield section("Nothing yet. What you schedule appears here, with how it goes.")
    for entry in page.items:
        yield from _timer(entry)
    yield from pages(page, TURN)
    if shown.elsewhere:
        many = f"{shown.elsewhere:,} more {'timer' if shown.elsewhere == 1 else 'timers'}"
        yield context(f"You have {many} that I did not make: `/schedule-transfer status` lists all.")


def _timer(entry: Entry) -> Iterator[Block]:
    yield section(entry_in_words(entry, with_id=True))
    steer = steer_button(entry)
    yield actions(button("Details", DETAILS, value=entry.job_id), *([steer] if steer else []))


def _request(request: TimerRequest) -> list[Block]:
    plan = request.plan
    said = f"{bold(plan.title)}, {plan.schedule.in_words()}\n{state_in_words(request)}"
    if request.reason:
        said += f": {escape(request.reason)}"
    about = [f"Asked for {moment(request.received_at)}", f"<#{plan.announce_in}>"]
    if request.job_id:
        about.append(f"Job ID {code(request.job_id)}")
    return [section(shortened(said, SECTION_TEXT)), context(*about)]
