"""Whatever timers are called and however many there are, what is drawn of them stays within limits."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.accounts import Account, SlackUser
from bot.following import Muted, Tally
from bot.listing import AT_HOME, MOST_STOPPED, PAGE, AtHome, Entry, Mine, Page
from bot.news import Announcement, WatchedTimer, Wish
from bot.planning import (
    LONGEST_NAME,
    LONGEST_PATH,
    Filter,
    FilterMethod,
    Location,
    Option,
    Plan,
    Source,
)
from bot.sandbox.slack.limits.surfaces import message_problems, view_is_too_large, view_problems
from bot.schedules import MOST_RUNS, Schedule
from bot.scheduling import RequestState, TimerRequest
from bot.showing import RUNS, Access, Details, Use
from bot.sign_ins import SignInLink
from bot.slack.blocks import SECTION_TEXT
from bot.slack.details import Context, ask_view, asked_view, details_view, mend_view, rename_view
from bot.slack.entrances import HELP
from bot.slack.following import digest_in_words, follow_view
from bot.slack.home import SHOWN
from bot.slack.home_view import home_view
from bot.slack.listing import channel_list, my_list
from bot.timers import Inactivity, Run, RunState, Timer, TimerStatus

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
ADA, GRACE = SlackUser("T0000000001", "U0000000001"), SlackUser("T0000000001", "U0000000002")
JOB = "aaaaaaaa-0000-4000-8000-000000000001"
LINK = SignInLink("s" * 32, "https://auth.globus.org/v2/oauth2/authorize?" + "x" * 2900)
APP_URL = "https://app.globus.org"
MANY = 50
STOPPED = Inactivity(is_paused=False, collections=frozenset({"c1"}))
OPENED = Context(JOB, "C0000000001")

marks = pytest.mark.parametrize("mark", ["&", "<", "*", "`", "🔬", "x"])
statuses = pytest.mark.parametrize("status", list(TimerStatus))


def plan_of(mark: str) -> Plan:
    return Plan(
        source=Source(
            JOB, tuple(f"/{n}{mark * LONGEST_PATH}"[:LONGEST_PATH] for n in range(MANY)), mark * 128
        ),
        destination=Location(JOB, ("/" + mark * LONGEST_PATH)[:LONGEST_PATH], mark * 128),
        schedule=Schedule(NOW, timedelta(days=364, hours=23, minutes=59, seconds=59), runs=MOST_RUNS),
        announce_in="C0000000001",
        name=mark * LONGEST_NAME,
        options=frozenset(Option),
        filters=(Filter(FilterMethod.EXCLUDE, mark * 140),) * 20,
    )


def timer_of(mark: str, status: TimerStatus = TimerStatus.ACTIVE) -> WatchedTimer:
    run = run_of(mark)
    return WatchedTimer(
        JOB,
        ADA,
        "identity-1",
        "request-1",
        mark * 500,
        Announcement("C0000000001", "1700000000.000001"),
        status=status,
        inactivity=STOPPED if status is TimerStatus.INACTIVE else None,
        next_run=NOW,
        seen_until=NOW,
        succeeded=10**9,
        failed=10**9,
        is_failing=True,
        last=run,
    )


def run_of(mark: str, number: int = 0) -> Run:
    return Run(
        NOW - timedelta(hours=number),
        task_id=mark * 36,
        state=RunState.FAILED,
        ended_at=NOW,
        files=10**12,
        bytes_transferred=10**18,
        faults=10**9,
        skipped=10**9,
        problem=mark * 5000,
    )


def details_of(mark: str, status: TimerStatus) -> Details:
    uses = [Use(JOB, mark * 500, access) for access in Access]
    return Details(
        GRACE,
        JOB,
        is_owner=True,
        timer=timer_of(mark, status),
        plan=plan_of(mark),
        runs=[run_of(mark, number) for number in range(RUNS)],
        wish=Wish.FAILURES,
        uses=uses,
        problem=mark * 2000,
        needs_sign_in=True,
    )


def entry_of(mark: str, status: TimerStatus = TimerStatus.ACTIVE) -> Entry:
    return Entry(
        JOB,
        mark * 500,
        ADA,
        "every 51 weeks 6 days 23 hours 59 minutes 59 seconds, 1,000,000 times",
        status=status,
        inactivity=STOPPED,
        next_run=NOW,
        last_run=NOW,
        last=run_of(mark),
        is_failing=True,
    )


def check_view(view: dict[str, Any]) -> None:
    assert view_problems(view) == []
    assert not view_is_too_large(view)


@marks
@statuses
@pytest.mark.parametrize("is_owner", [True, False])
@pytest.mark.parametrize("is_live", [True, False])
def test_details(mark: str, status: TimerStatus, is_owner: bool, is_live: bool) -> None:  # noqa: FBT001 - cases
    live = Timer(
        JOB,
        mark * 500,
        next_run=NOW,
        status=status,
        interval=timedelta(days=364, hours=23, minutes=59, seconds=59),
        stop_after=NOW,
        stop_after_runs=MOST_RUNS,
        last_run=NOW,
    )
    shown = replace(details_of(mark, status), is_owner=is_owner, live=live if is_live else None)
    check_view(details_view(shown, OPENED, app_url=APP_URL, note=mark * 2000, link=LINK))
    unknown = replace(shown, timer=None, plan=None)
    check_view(details_view(unknown, OPENED, app_url=APP_URL))


@marks
def test_what_is_asked_about_a_timer(mark: str) -> None:
    timer = timer_of(mark)
    check_view(rename_view(OPENED, mark * 500))
    check_view(ask_view(timer, "resume", OPENED))
    check_view(asked_view(timer, "resume"))
    check_view(asked_view(None, "resume"))
    check_view(mend_view(LINK))
    check_view(mend_view(None))
    check_view(follow_view(details_of(mark, TimerStatus.ACTIVE), OPENED))
    check_view(follow_view(Details(ADA, JOB, is_owner=True), OPENED))


@marks
@statuses
@pytest.mark.parametrize("offset", [0, 250, 490])
def test_lists_of_five_hundred_timers(mark: str, status: TimerStatus, offset: int) -> None:
    page = Page((entry_of(mark, status),) * PAGE, offset=offset, size=PAGE, total=500)
    for muted in (None, Muted("U0000000001", NOW)):
        text, blocks = channel_list(page, muted)
        assert text
        assert message_problems(blocks) == []
    for mine in (Mine(page, problem=mark * 1000), Mine(page)):
        for is_asking in (True, False):
            assert message_problems(my_list(mine, is_asking=is_asking)[1]) == []


@marks
@statuses
@pytest.mark.parametrize("offset", [0, 240, 480])
def test_the_home_tab_of_five_hundred_timers(mark: str, status: TimerStatus, offset: int) -> None:
    entry = entry_of(mark, status)
    request = TimerRequest(
        "request-1",
        "abcdefgh",
        ADA,
        plan_of(mark),
        NOW,
        state=RequestState.REFUSED,
        reason=mark * 5000,
        job_id=JOB,
    )
    timers = AtHome(
        Page((entry,) * AT_HOME, offset=offset, size=AT_HOME, total=500),
        [entry] * MOST_STOPPED,
        elsewhere=10**6,
        problem=mark * 1000,
    )
    one_more = [{"type": "context", "elements": [{"type": "mrkdwn", "text": "one more"}]}] * 3
    for account in (None, Account(ADA, JOB, mark * 200)):
        check_view(home_view(account, [request] * SHOWN, help_text=HELP, timers=timers, settings=one_more))


@marks
def test_a_digest_of_five_hundred_timers_fits_and_counts_those_it_leaves_out(mark: str) -> None:
    tallies = [Tally(str(n), mark * LONGEST_NAME, 24, 3, 10**12) for n in range(500)]
    said = digest_in_words(tallies)
    assert len(said) <= SECTION_TEXT
    shown = said.count(":x:")
    assert said.endswith(f"and {500 - shown} more")
    assert "more" not in digest_in_words(tallies[:2])


def test_one_sign_in_is_asked_for_at_a_time() -> None:
    signed_out = replace(
        details_of("x", TimerStatus.ACTIVE), problem="Your sign-in has ended.", needs_sign_in=True
    )

    assert "timer_signin" in str(details_view(signed_out, OPENED, app_url=APP_URL))
    asked = str(details_view(signed_out, OPENED, app_url=APP_URL, note="Sign in first.", link=LINK))
    assert LINK.url in asked
    assert "timer_signin" not in asked


def test_whose_sign_in_has_ended_can_sign_in_again_first_or_leave() -> None:
    ended = Account(ADA, JOB, "ada@lab.example", is_ended=True)

    blocks = home_view(ended, [], help_text=HELP)["blocks"]
    buttons = next(one["elements"] for one in blocks if one["type"] == "actions")
    assert [one["text"]["text"] for one in buttons] == [
        "Sign in again",
        "Schedule a transfer",
        "Disconnect Globus…",
    ]
    assert [one.get("style") for one in buttons] == ["primary", None, None]
