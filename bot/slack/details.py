"""One timer as somebody sees it: how it stands, its latest runs, what it may use, and what can be done."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from bot.news import WatchedTimer, Wish
from bot.schedules import how_often
from bot.showing import Access, Details, Use, Viewpoint
from bot.sign_ins import SignInLink
from bot.slack.announcing import (
    ACTIVE,
    DETAILS,
    DUPLICATE,
    EDIT,
    FAILING,
    PAUSE,
    RENAME,
    RESUME,
    delete_button,
    rest_in_words,
    runs_in_words,
    status_in_words,
    tally,
)
from bot.slack.blocks import (
    Block,
    View,
    actions,
    bold,
    button,
    code,
    context,
    escape,
    field,
    modal,
    moment,
    option,
    plain,
    section,
    shortened,
)
from bot.slack.linking import link_blocks
from bot.slack.news import MEND, SIGN_IN
from bot.slack.progress import open_in_globus, save_as_preset, summary
from bot.slack.runs import problem_of, run_in_words
from bot.timers import Run, RunState, Timer, TimerStatus, title_of

ASK: Final = "timer_ask"
ASK_FOR: Final = "timer_ask_for"
WISH: Final = "timer_wish"
RUN_NEWS: Final = "timer_run_news"

NEW_NAME: Final = "new_name"

ASKING: Final = ":hourglass_flowing_sand: Asking Globus…"

WISHES: Final = {
    Wish.ALL: "Tell me of every run",
    Wish.FAILURES: "Tell me of failures only",
    Wish.DIGEST: "Tell me once a day",
    Wish.NOTHING: "Tell me nothing",
}

_ACCESS: Final = {
    Access.IN_PLACE: ":white_check_mark: your consent is in place",
    Access.MISSING: ":warning: your consent is missing",
    Access.NOT_NEEDED: ":white_check_mark: needs no consent",
    Access.UNSEEN: ":question: could not be looked at",
}
_TITLE: Final = 150
"""Characters of a timer's title that are worth showing; whoever made it elsewhere may have written more."""


@dataclass(frozen=True, slots=True)
class Context:
    """What travels with a view that shows a timer: which, and from where it was opened."""

    job_id: str
    channel_id: str = ""

    def written(self) -> str:
        """Write it as a view's private metadata."""
        return json.dumps([self.job_id, self.channel_id])

    @classmethod
    def read(cls, metadata: str) -> "Context":
        """Read a view's private metadata."""
        return cls(*json.loads(metadata))

    @property
    def viewpoint(self) -> Viewpoint:
        """Where its person looks."""
        return Viewpoint(self.channel_id)


def details_view(
    shown: Details,
    opened: Context,
    *,
    app_url: str,
    note: str = "",
    link: SignInLink | None = None,
    chart: Block | None = None,
) -> View:
    """Draw a timer. `note` says what happens to it now, `link` is the sign-in that has to come first."""
    blocks = [section(f"*{escape(shortened(_title(shown), _TITLE))}*")]
    if note:
        blocks.append(section(note))
    blocks += link_blocks(link) if link else _problem(shown)
    blocks += [section("\n".join(_facts(shown))), *_uses(shown), *_buttons(shown, app_url)]
    blocks += _hearing(shown)
    blocks += [chart] if chart else []
    blocks += list(_runs(shown, app_url))
    return modal(DETAILS, "Timer", blocks, metadata=opened.written())


def rename_view(opened: Context, title: str) -> View:
    """Ask for a timer's new name."""
    name: Block = {"type": "plain_text_input", "max_length": 64, "initial_value": title[:64].strip()}
    blocks = [field(NEW_NAME, "Name", name, hint="At Globus, a short reference stays behind it.")]
    return modal(
        RENAME, "Rename the timer", blocks, metadata=opened.written(), submit="Rename", close="Cancel"
    )


def ask_view(timer: WatchedTimer, wanted: str, opened: Context) -> View:
    """Say whose a timer is, and offer to ask them."""
    owner = f"<@{timer.owner.user_id}>"
    blocks = [
        section(
            f"{bold(shortened(timer.title, _TITLE))} was scheduled by {owner}: only they can {wanted} it."
        ),
        actions(
            button(f"Ask them to {wanted} it", ASK, value=f"{timer.job_id} {wanted}", primary=True),
        ),
        context(f"{owner} gets a direct message that names you."),
    ]
    return modal(ASK, "Ask the owner", blocks, metadata=opened.written())


def asked_view(timer: WatchedTimer | None, wanted: str) -> View:
    """Say that the owner was asked, or has been asked already."""
    if timer is None:
        return plain_view(
            "Asked", f"You have asked for this within the last hour. Give them time to {wanted} it."
        )
    return plain_view("Asked", f":raised_hand: I asked <@{timer.owner.user_id}> to {wanted} it.")


def mend_view(link: SignInLink | None) -> View:
    """Draw the sign-in that a stopped timer waits for; without one, say that it is looked at."""
    if link is None:
        return plain_view("Restore", ":mag: Nothing is missing that I know of. I am looking at it now.")
    said = "Sign in to Globus and leave every box ticked: what the timer lacks is restored, and it goes on."
    return modal("mend", "Restore", [section(said), *link_blocks(link)])


def plain_view(title: str, sentence: str) -> View:
    """Draw a view that only says something."""
    return modal("said", title, [section(sentence)])


def _problem(shown: Details) -> list[Block]:
    blocks = [section(f":warning: {escape(shown.problem)}")] if shown.problem else []
    if shown.needs_sign_in:
        blocks.append(actions(button("Sign in again", SIGN_IN, value=shown.job_id, primary=True)))
    return blocks


def _title(shown: Details) -> str:
    if shown.live and title_of(shown.live.name):
        return title_of(shown.live.name)
    return shown.timer.title if shown.timer else "Timer"


def _facts(shown: Details) -> Iterator[str]:
    known, live = shown.timer, shown.live
    plan = shown.plan or shown.elsewhere
    if plan:
        yield summary(plan)
    elif live:
        yield from _schedule(live)
    status = _status(shown)
    if status:
        yield status
    last_run = live.last_run if live else known.seen_until if known else None
    if last_run:
        yield f"*Last run* {moment(last_run)}"
    next_run = live.next_run if live else known.next_run if known else None
    if next_run and _status_of(shown) is TimerStatus.ACTIVE:
        yield f"*Next run* {moment(next_run)}"
    if known and tally(known):
        yield f"*So far* {tally(known)}"
    elif live and not known:
        yield f"*So far* {runs_in_words(live.run_count, live.error_count)}"
    if known and not shown.is_owner:
        yield f"*Owner* <@{known.owner.user_id}>"
    yield f"*Job ID* {code(shown.job_id)}"


def _schedule(live: Timer) -> Iterator[str]:
    said = how_often(live.interval, live.stop_after_runs)
    if live.stop_after:
        said += f", until {moment(live.stop_after)}"
    yield f"*Runs* {said}"


def _status(shown: Details) -> str:
    live, known = shown.live, shown.timer
    if live is None:
        said = status_in_words(known, to_owner=shown.is_owner) if known else ""
        return said or (ACTIVE if known and known.status is TimerStatus.ACTIVE else "")
    runs = FAILING if known and known.is_failing else ACTIVE
    return rest_in_words(live.status, live.inactivity, whom="you") or runs


def _uses(shown: Details) -> list[Block]:
    if not shown.uses:
        return []
    lines = [f"{bold(shortened(use.name, _TITLE))} {_ACCESS[use.access]}" for use in shown.uses]
    missing = _missing(shown.uses)
    blocks = [context("\n".join(lines))]
    if (missing or shown.is_mendable) and shown.timer:
        value = " ".join([shown.job_id, *missing])
        blocks.append(actions(button("Restore what is missing", MEND, value=value, primary=True)))
    return blocks


def _missing(uses: Sequence[Use]) -> list[str]:
    return [use.collection_id for use in uses if use.access is Access.MISSING]


def _buttons(shown: Details, app_url: str) -> list[Block]:
    job_id = shown.job_id
    status = _status_of(shown)
    if status is TimerStatus.GONE or (shown.timer is None and shown.live is None):
        return [actions(button("Duplicate", DUPLICATE, value=job_id))] if shown.timer else []
    buttons = []
    if shown.is_owner:
        if status is TimerStatus.INACTIVE:
            buttons.append(button("Resume", RESUME, value=job_id, primary=True))
        elif status is not TimerStatus.ENDED:
            buttons.append(button("Pause", PAUSE, value=job_id))
        buttons.append(button("Rename…", RENAME, value=job_id))
        if shown.plan and status is not TimerStatus.ENDED:
            buttons.append(button("Edit…", EDIT, value=job_id))
    if shown.plan:
        buttons += [button("Duplicate", DUPLICATE, value=job_id), save_as_preset(job_id)]
    buttons.append(open_in_globus(job_id, app_url))
    buttons.append(delete_button(job_id, _title(shown)) if shown.is_owner else _ask_menu(shown, status))
    return [actions(*buttons)]


def _ask_menu(shown: Details, status: TimerStatus) -> Block:
    """Draw what somebody can ask the owner for, who alone can do it."""
    acts = ["rename", "edit", "delete"]
    if status is TimerStatus.ENDED:
        acts = ["rename", "delete"]
    else:
        acts.insert(0, "resume" if status is TimerStatus.INACTIVE else "pause")
    return {
        "type": "static_select",
        "action_id": ASK_FOR,
        "placeholder": plain("Ask the owner to…", 150),
        "options": [option(f"{act.capitalize()} it", f"{shown.job_id} {act}") for act in acts],
    }


def _status_of(shown: Details) -> TimerStatus:
    if shown.live and shown.live.status is not TimerStatus.UNKNOWN:
        return shown.live.status
    return shown.timer.status if shown.timer else TimerStatus.ACTIVE


def _hearing(shown: Details) -> list[Block]:
    """Draw what its person hears of it, and what the thread does."""
    if shown.timer is None or not shown.timer.is_live:
        return []
    options = {wish: option(text, wish.value) for wish, text in WISHES.items()}
    chosen: Block = {
        "type": "static_select",
        "action_id": WISH,
        "options": list(options.values()),
        "initial_option": options[shown.wish],
    }
    elements = [chosen]
    if shown.is_owner and shown.timer.announcement:
        on = shown.timer.run_news
        text = "Turn off run news in the thread" if on else "Turn on run news in the thread"
        elements.append(button(text, RUN_NEWS, value=f"{shown.job_id} {'off' if on else 'on'}"))
    return [actions(*elements)]


def _runs(shown: Details, app_url: str) -> Iterator[Block]:
    if not shown.runs:
        return
    yield section("*Latest runs*")
    for run in shown.runs:
        yield context(_run(run, app_url))


def _run(run: Run, app_url: str) -> str:
    said = run_in_words(run)
    if run.task_id:
        said += f" · <{app_url}/activity/{escape(run.task_id)}|Task>"
    problem = problem_of(run)
    return f"{said}\n{problem}" if problem and run.state is not RunState.SUCCEEDED else said
