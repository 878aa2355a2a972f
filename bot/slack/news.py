"""News as Slack shows them: in an announcement's thread, and to people by direct message; drawn only."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from bot.news import Event, News, Post
from bot.slack.announcing import DETAILS, EDIT, PAUSE, RENAME, RESUME, delete_button, tally
from bot.slack.blocks import Block, actions, bold, button, code, context, escape, moment, section
from bot.slack.progress import TIMER_LINK
from bot.slack.runs import MARKS, moved, problem_of, run_in_words
from bot.telling import Subject
from bot.timers import Run, RunState

MEND: Final = "timer_mend"
SIGN_IN: Final = "timer_signin"

_ASKED: Final = {
    "pause": ("Pause it", PAUSE),
    "resume": ("Resume it", RESUME),
    "rename": ("Rename…", RENAME),
    "edit": ("Edit…", EDIT),
}
"""The button for what a colleague can ask for; deleting has one of its own, which asks first."""

_REMOVED: Final = "I was removed from it. Invite me again with `/invite`, and I go on there"
_MESSAGE_IS_GONE: Final = "Its announcement was deleted. A duplicate of the timer has one of its own"
_LOST: Final = {
    "is_archived": "It is archived. Unarchive it, and I go on there",
    "not_in_channel": _REMOVED,
    "channel_not_found": _REMOVED,
    "message_not_found": _MESSAGE_IS_GONE,
    "thread_not_found": _MESSAGE_IS_GONE,
}
_REFUSED: Final = "Slack does not let me. Ask whoever manages the channel"

_HEADLINES: Final = {
    Event.STUCK: "a run waits for somebody",
    Event.STOPPED: "it has stopped",
    Event.ENDED: "that was the last run",
    Event.ASKED: "somebody asks you for something",
    Event.SIGNED_OUT: "sign in to Globus again",
    Event.SILENT: "Globus does not answer",
    Event.UNREACHABLE: "I cannot post its news any more",
}
"""What a notification says after the timer's name; other events are named by their own word."""


def drawn(
    posts: Sequence[Post], subjects: Sequence[Subject | None], *, app_url: str
) -> tuple[str, list[Block]]:
    """Draw news of one place as one message: its text for notifications, and its blocks."""
    blocks = [
        block
        for post, subject in zip(posts, subjects, strict=True)
        for block in _one(post, subject, app_url=app_url)
    ]
    text = _headline(posts[0].news, subjects[0])
    return (f"{text}, and {len(posts) - 1} more" if len(posts) > 1 else text), blocks


def _headline(news: News, subject: Subject | None) -> str:
    if news.event is Event.DIGEST:
        return "What your timers did since the last digest"
    title = subject.timer.title if subject else "A timer"
    if news.event is Event.RUN:
        has_failed = news.run is not None and news.run.state is RunState.FAILED
        went_well = "it works again" if news.is_turn else "a run succeeded"
        return escape(f"{title}: {'a run failed' if has_failed else went_well}")
    return escape(f"{title}: {_HEADLINES.get(news.event, news.event.value)}")


def _one(post: Post, subject: Subject | None, *, app_url: str) -> Iterator[Block]:
    news, in_thread = post.news, bool(post.thread_ts)
    said = _SENTENCES[news.event](news, subject)
    if news.event is Event.STOPPED:
        said += f" {_owner(subject, post.place)} can restore it, and it goes on."
    is_about_one = subject and not in_thread and news.event not in _ABOUT_ALL
    yield section(f"{bold(subject.timer.title)}\n{said}" if subject and is_about_one else said)
    problem = problem_of(news.run) if news.run else ""
    if problem:
        yield context(f"Globus says: {problem}")
    buttons = list(_buttons(news, subject, app_url, in_thread=in_thread))
    if buttons:
        yield actions(*buttons)


_ABOUT_ALL: Final = frozenset({Event.SIGNED_OUT, Event.SILENT, Event.DIGEST})
"""News of everything that somebody has."""


def _run(news: News, _subject: Subject | None) -> str:
    run = news.run or Run(news.at)
    if run.state is RunState.FAILED and news.is_turn:
        return f"{MARKS[run.state]} *A run failed.* It began {moment(run.started_at)}: {moved(run)}."
    if run.state is RunState.SUCCEEDED and news.is_turn:
        return f"{MARKS[run.state]} *It works again.* The run of {moment(run.started_at)}: {moved(run)}."
    return run_in_words(run)


def _stuck(_news: News, _subject: Subject | None) -> str:
    return ":warning: *A run waits for somebody.* It is under way, and does not get on."


def _stopped(_news: News, subject: Subject | None) -> str:
    inactivity = subject.timer.inactivity if subject else None
    why = "Globus wants something before it goes on"
    if inactivity and inactivity.collections and subject:
        plan = subject.request.plan
        places = {place.collection_id: place.name for place in (plan.source, plan.destination)}
        names = [bold(places.get(one) or one) for one in sorted(inactivity.collections)]
        why = f"the consent to data on {' and '.join(names)} is missing"
    elif inactivity and inactivity.session:
        why = f"Globus wants {escape(inactivity.session.wish())}"
    return f":warning: *It has stopped*: {why}."


def _paused(news: News, _subject: Subject | None) -> str:
    return f":double_vertical_bar: Paused{_by(news)}. No run starts until it is resumed."


def _resumed(news: News, subject: Subject | None) -> str:
    next_run = subject.timer.next_run if subject else None
    return f":arrow_forward: Resumed{_by(news)}." + (f" Next run {moment(next_run)}." if next_run else "")


def _renamed(news: News, _subject: Subject | None) -> str:
    return f":label: Renamed{_by(news)}."


def _ended(_news: News, subject: Subject | None) -> str:
    in_all = f" In all: {tally(subject.timer)}." if subject and tally(subject.timer) else ""
    return f":checkered_flag: That was the last run.{in_all}"


def _deleted(news: News, _subject: Subject | None) -> str:
    return f":wastebasket: Deleted{_by(news)}. No run is to come; what was copied stays."


def _edited(news: News, subject: Subject | None) -> str:
    job_id = f" Its job ID is {code(subject.timer.job_id)}." if subject else ""
    return f":pencil2: Edited{_by(news)}: a new timer has taken its place.{job_id}"


def _signed_out(_news: News, _subject: Subject | None) -> str:
    return (
        ":key: Your sign-in to Globus has ended, so I cannot see how your timers go; they may still run. "
        "Sign in again, and I go on."
    )


def _silent(news: News, _subject: Subject | None) -> str:
    return (
        f":hourglass: Globus has not answered since {moment(news.at)}, so news of your timers come late. "
        "The timers are at Globus and need nothing of you; I keep asking."
    )


def _unreachable(news: News, subject: Subject | None) -> str:
    announced = subject.timer.announcement if subject else None
    channel = f"<#{announced.channel_id}>" if announced else "its channel"
    way_out = _LOST.get(news.detail, _REFUSED)
    return f":mute: I cannot post its news in {channel} any more. {way_out}. The timer itself goes on."


def _asked(news: News, _subject: Subject | None) -> str:
    return f":raised_hand: <@{news.by}> asks you to {escape(news.detail)} this timer."


def _digest(news: News, _subject: Subject | None) -> str:
    return news.detail  # drawn by `bot.slack.following`, of all timers that it is about


_SENTENCES: Final[Mapping[Event, Callable[[News, Subject | None], str]]] = {
    Event.RUN: _run,
    Event.STUCK: _stuck,
    Event.STOPPED: _stopped,
    Event.PAUSED: _paused,
    Event.RESUMED: _resumed,
    Event.RENAMED: _renamed,
    Event.ENDED: _ended,
    Event.DELETED: _deleted,
    Event.EDITED: _edited,
    Event.SIGNED_OUT: _signed_out,
    Event.SILENT: _silent,
    Event.UNREACHABLE: _unreachable,
    Event.ASKED: _asked,
    Event.DIGEST: _digest,
}


def _by(news: News) -> str:
    """Say who did it; not by a mention, for nobody who did not ask for it is to be notified by Slack."""
    return " by its owner" if news.by else " at Globus"


def _owner(subject: Subject | None, place: str) -> str:
    """Say whose a timer is, to themselves as you."""
    return "You" if subject and subject.timer.owner.user_id == place else "Its owner"


def _buttons(news: News, subject: Subject | None, app_url: str, *, in_thread: bool) -> Iterator[Block]:
    """Give what mends it, then what shows more. In a thread the announcement's own buttons are near."""
    if news.event is Event.STOPPED:
        yield button("Restore and resume", MEND, value=news.job_id, primary=True)
    if news.event is Event.SIGNED_OUT:
        yield button("Sign in again", SIGN_IN, value=news.job_id, primary=True)
    if news.event is Event.ASKED and news.detail in _ASKED:
        text, action_id = _ASKED[news.detail]
        yield button(text, action_id, value=news.job_id, primary=True)
    if news.event is Event.ASKED and news.detail == "delete" and subject:
        yield delete_button(news.job_id, subject.timer.title)
    run = news.run
    if run and run.task_id and run.state in {RunState.FAILED, RunState.STUCK}:
        yield button("Open the task", TIMER_LINK, url=f"{app_url}/activity/{run.task_id}")
    if not in_thread and news.event not in _ABOUT_ALL:
        yield button("Details", DETAILS, value=news.job_id)
