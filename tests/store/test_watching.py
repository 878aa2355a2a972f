"""What is kept of timers: begun once, changed only by whoever saw the latest, and handed over."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.accounts import Account
from bot.disconnecting import Parting
from bot.news import Event, News, Post
from bot.observing import Observation
from bot.sessions import SessionRequirement
from bot.store.port import Database
from bot.store.watching import WatchStore
from bot.timers import Inactivity, RunState, TimerStatus
from bot.watching import Look
from bot.working import NotOurs
from tests.store.stores import ADA, NOW, RUN, TOKEN, Stores


def test_a_timer_is_watched_from_when_it_is_made_and_once(stores: Stores) -> None:
    request = stores.made()
    stores.requests.save(request)

    assert [timer.title for timer in stores.watches.timers(ADA)] == ["Job"]
    assert stores.timer().announcement
    assert stores.claimed().person == ADA


def test_what_was_seen_is_read_back_as_it_was(stores: Stores) -> None:
    stores.made()
    watch, known = stores.claimed(), stores.timer()
    session = SessionRequirement(mfa=True)
    seen = replace(
        known,
        status=TimerStatus.INACTIVE,
        inactivity=Inactivity(is_paused=False, collections=frozenset({"c"}), session=session),
        last=RUN,
        running=(replace(RUN, state=RunState.RUNNING, ended_at=None),),
        seen_until=NOW,
        look_at=NOW + timedelta(hours=1),
        succeeded=1,
        is_failing=True,
    )

    assert stores.watches.keep([Look(watch, replace(watch, due=seen.look_at), [Observation(seen, (RUN,))])])

    assert stores.timer() == replace(seen, version=known.version + 1)


def test_a_look_that_began_before_a_change_changes_nothing(stores: Stores) -> None:
    stores.made()
    watch, known = stores.claimed(), stores.timer()
    assert stores.watches.keep([Look(watch, watch, [Observation(replace(known, succeeded=1))])])
    post = Post("T1", "UADA", News(Event.STOPPED, "job", NOW))

    late = stores.watches.keep(
        [Look(watch, watch, [Observation(replace(known, succeeded=7), (RUN,))], [post])]
    )

    assert not late
    assert stores.timer().succeeded == 1
    assert stores.mailboxes.claim(limit=10) == []


def test_looks_are_kept_together_or_not_at_all(stores: Stores) -> None:
    stores.made()
    stores.made("other")
    watch, known, other = stores.claimed(), stores.timer(), stores.timer("other")
    assert stores.watches.keep([Look(watch, watch, [Observation(replace(other, succeeded=1))])])
    seen, late = (Observation(replace(one, succeeded=7)) for one in (known, other))

    assert not stores.watches.keep([Look(watch, watch, [seen]), Look(watch, watch, [late])])
    assert stores.timer() == known
    assert stores.watches.keep([Look(watch, watch, [seen])])
    assert stores.timer().succeeded == 7


def test_somebody_who_signs_in_during_a_look_is_looked_at_again(stores: Stores) -> None:
    stores.made()
    watch = stores.claimed()
    stores.signed_in()

    stores.watches.keep([Look(watch, replace(watch, due=None))])

    assert stores.claimed().person == ADA


def test_a_sign_in_lets_go_on_what_lacked_just_that(stores: Stores) -> None:
    stores.made()
    stores.stopped(collections=frozenset({"a"}))
    stores.signed_in()
    assert not stores.timer().is_resuming

    stores.signed_in(collections=frozenset({"a", "b"}))

    assert stores.timer().is_resuming
    assert stores.claimed().person == ADA


def test_a_session_that_is_wanted_is_not_brought_by_another_sign_in(stores: Stores) -> None:
    stores.made()
    wanted = SessionRequirement(domains=("uni.edu",))
    stores.stopped(session=wanted)
    stores.signed_in(collections=frozenset({"a"}))
    assert not stores.timer().is_resuming

    stores.signed_in(wanted)

    assert stores.timer().is_resuming


def test_an_edited_timer_takes_over_the_announcement_and_its_followers_once(stores: Stores) -> None:
    stores.made("old")
    new = stores.made("new", announced_ts=None, replaces="old")
    follow = "INSERT INTO followers VALUES ('T1', 'UGRACE', 'old', 'all')"
    stores.database.write(lambda database: database.execute(follow))

    assert stores.requests.take_over(new) == "old.1"
    assert stores.requests.take_over(new) == "old.1"
    stores.requests.save(replace(new, announced_ts="old.1"))

    taken, old = stores.timer("new"), stores.timer("old")
    assert taken.announcement
    assert taken.announcement.message_ts == "old.1"
    assert (old.announcement, old.status) == (None, TimerStatus.GONE)
    assert [one.job_id for one in stores.watches.audience("T1", ["new", "old"]).followers] == ["new"]
    [mailbox] = stores.mailboxes.claim(limit=10)
    assert [kept.post.news.event for kept in stores.mailboxes.posts(mailbox, limit=10)] == [Event.EDITED]


def test_a_timer_edited_into_another_channel_is_announced_there_anew(stores: Stores) -> None:
    stores.made("old")
    new = stores.made("new", announced_ts=None, replaces="old")
    elsewhere = replace(new, plan=replace(new.plan, announce_in="C2"))

    assert stores.requests.take_over(elsewhere) is None
    assert stores.requests.take_over(elsewhere) is None

    old = stores.timer("old")
    assert old.announcement
    assert old.unwatched == "replaced"
    [mailbox] = stores.mailboxes.claim(limit=10)
    assert stores.stale(mailbox) == ["old"]


def test_a_change_that_comes_while_an_announcement_is_drawn_is_drawn_too(stores: Stores) -> None:
    stores.made()
    watch, known = stores.claimed(), stores.timer()
    stores.watches.keep([Look(watch, watch, [Observation(replace(known, succeeded=1), is_redrawn=True)])])
    [mailbox] = stores.mailboxes.claim(limit=10)
    [drawing] = stores.mailboxes.stale(mailbox, limit=2)
    seen = replace(stores.timer(), succeeded=2)
    stores.watches.keep([Look(watch, watch, [Observation(seen, is_redrawn=True)])])

    stores.mailboxes.drawn(mailbox, drawing, due=NOW)

    [mailbox] = stores.mailboxes.claim(limit=10)
    [drawing] = stores.mailboxes.stale(mailbox, limit=2)
    stores.mailboxes.drawn(mailbox, drawing, due=NOW)
    assert stores.mailboxes.claim(limit=10) == []


def test_a_place_that_has_its_turn_keeps_it_when_more_is_to_be_shown_and_news_come_first(
    stores: Stores,
) -> None:
    stores.made()
    seen = Observation(replace(stores.timer(), last=RUN), is_redrawn=True)
    watch = stores.claimed()
    assert stores.watches.keep([Look(watch, replace(watch, due=NOW), [seen])])
    [mailbox] = stores.mailboxes.claim(limit=10)
    stores.mailboxes.later(replace(mailbox, due=NOW + timedelta(minutes=1)))

    again = replace(seen, timer=replace(seen.timer, version=seen.timer.version + 1))
    watch = stores.claimed()
    assert stores.watches.keep([Look(watch, replace(watch, due=NOW), [again])])
    assert list(stores.mailboxes.claim(limit=10)) == []

    stores.mailboxes.add([Post("T1", "C1", News(Event.STOPPED, "job", NOW), "job.1")])
    assert list(stores.mailboxes.claim(limit=10)) != []


def test_news_are_given_in_order_and_forgotten_once_they_are_told(stores: Stores) -> None:
    posts = [Post("T1", "C1", News(Event.RUN, str(number), NOW, run=RUN), "1.0") for number in range(3)]
    stores.mailboxes.add(posts)
    [mailbox] = stores.mailboxes.claim(limit=10)
    kept = stores.mailboxes.posts(mailbox, limit=2)
    assert [one.post for one in kept] == posts[:2]

    stores.mailboxes.told(mailbox, kept, due=NOW)

    [mailbox] = stores.mailboxes.claim(limit=10)
    assert [one.post for one in stores.mailboxes.posts(mailbox, limit=9)] == posts[2:]


def test_timers_of_another_globus_identity_are_not_looked_at(stores: Stores) -> None:
    stores.made()
    stores.accounts.link(Account(ADA, "another identity", "ada2"), (TOKEN,))

    assert stores.watches.timers(ADA) == []


def test_what_somebody_leaves_behind_says_so_and_is_watched_again_when_they_come_back(stores: Stores) -> None:
    stores.made()
    assert stores.partings.begin(Parting("parting", ADA, NOW))
    assert stores.timer().unwatched == "left"
    assert stores.watches.claim(limit=10) == []
    assert stores.mailboxes.claim(limit=10)

    stores.accounts.link(Account(ADA, "identity", "ada"), (TOKEN,))
    stores.signed_in()

    assert stores.claimed().person == ADA
    assert [timer.job_id for timer in stores.watches.timers(ADA)] == ["job"]


def test_nothing_of_a_workspace_is_left(stores: Stores) -> None:
    stores.made()
    watch = stores.claimed()
    seen = Observation(replace(stores.timer(), last=RUN), (RUN,), is_redrawn=True)
    stores.watches.keep([Look(watch, watch, [seen])])
    stores.mailboxes.add([Post("T1", "C1", News(Event.STOPPED, "job", NOW))])

    stores.partings.forget_workspace("T1")

    for table in ("timers", "runs", "watches", "mailboxes", "posts", "requests"):
        assert stores.count(table) == 0, table


def test_a_look_by_whoever_holds_the_watch_no_more_changes_nothing(
    stores: Stores, database: Database, dies: Callable[[str], None]
) -> None:
    stores.made()
    watch = stores.claimed()
    dies("one")
    another = WatchStore(database, clock=lambda: NOW + timedelta(days=1), owner="another")
    another.recover()
    [same] = another.claim(limit=1)
    post = Post("T1", "UADA", News(Event.STOPPED, "job", NOW))

    with pytest.raises(NotOurs):
        stores.watches.keep([Look(watch, replace(watch, due=None), (), [post])])
    assert stores.count("posts") == 0
    assert another.keep([Look(same, replace(same, due=None), (), [post])])
    assert stores.count("posts") == 1


def test_a_timer_that_is_over_is_none_that_lives_on_without_the_bot(stores: Stores) -> None:
    for job_id in ("job", "other"):
        stores.made(job_id)
    stores.partings.deleted(ADA, "job")

    assert [timer.job_id for timer in stores.partings.made_for(ADA)] == ["other"]
