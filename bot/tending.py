"""The parts that tend timers: they watch, tell, show and steer, on top of those that make timers."""

import random
from datetime import datetime
from functools import cached_property
from typing import Any, Final
from zoneinfo import ZoneInfo

from typing_extensions import override

from bot.building import Parts
from bot.charting import Charting
from bot.controlling import Controlling
from bot.following import Digesting, Following
from bot.globus.browsing import GlobusCollections
from bot.globus.checking import GlobusConsents
from bot.globus.controlling import GlobusSteering
from bot.globus.showing import GlobusDetails
from bot.globus.watching import GlobusSight
from bot.listing import Listing
from bot.observing import Looks
from bot.plotting import drawing
from bot.showing import Showing
from bot.slack.charting import Charts, ChartUploads
from bot.slack.entrances import HELP
from bot.slack.following import digest_in_words
from bot.slack.home import Home
from bot.slack.steering import ChangeMessages
from bot.slack.telling import NewsMessages
from bot.slack.unfurling import previews_setting
from bot.steering import Steering
from bot.store.controlling import ChangeStore
from bot.store.following import FollowerStore
from bot.store.showing import TimerStore
from bot.storing import new_id
from bot.telling import Telling
from bot.watching import TOGETHER, Watching
from bot.working import Line

SHOWING: Final = 16
"""Lookups of details at the same time; each person's take four."""


class Tending(Parts):
    """All parts of one bot."""

    @cached_property
    def timers(self) -> TimerStore:
        return TimerStore(self.database, clock=self.clock)

    @cached_property
    def changes(self) -> ChangeStore:
        return ChangeStore(self.database, clock=self.clock, owner=self.owner)

    @cached_property
    def followers(self) -> FollowerStore:
        return FollowerStore(self.database, clock=self.clock, owner=self.owner)

    @cached_property
    def watching(self) -> Watching:
        return Watching(
            watches=self.watches,
            sight=GlobusSight(self.patient),
            looks=Looks(*self.given.watch_looks),
            clock=self.clock,
            chance=random.SystemRandom(),
            wake=self.wake,
        )

    @cached_property
    def telling(self) -> Telling:
        return Telling(
            mailboxes=self.mailboxes,
            messages=NewsMessages(
                poster=self.poster,
                account=self.accounts.find,
                app_url=self.given.globus_app_url,
                refresh_home=self.home.refresh,
            ),
            subject=self.timers.subject,
            clock=self.clock,
            wake=self.wake,
        )

    @cached_property
    def controlling(self) -> Controlling:
        return Controlling(
            changes=self.changes,
            timers=self.timers,
            linking=self.linking,
            clock=self.clock,
            new_id=new_id,
            wake=self.wake,
        )

    @cached_property
    def steering(self) -> Steering:
        return Steering(
            changes=self.changes,
            timers=self.timers,
            globus=GlobusSteering(self.patient),
            linking=self.linking,
            audience=self.watches.audience,
            news=ChangeMessages(
                poster=self.poster,
                showing=self.showing,
                app_url=self.given.globus_app_url,
                refresh_home=self.home.refresh,
                kept_chart=self.charts.kept if self.charts else lambda *_of: None,
            ),
            clock=self.clock,
            chance=random.SystemRandom(),
            wake=self.wake,
        )

    @cached_property
    def showing(self) -> Showing:
        return Showing(
            timers=self.timers,
            wish_of=self.followers.of,
            look=GlobusDetails(self.listing).look,
            tasks=GlobusSight(self.listing).tasks,
            consents=GlobusConsents(self.listing, accounts=self.accounts),
            collections=GlobusCollections(self.listing),
            account=self.accounts.find,
            lookups=self.threads("showing", SHOWING),
            wake=self.wake,
        )

    @cached_property
    def charts(self) -> Charts | None:
        """None without the extra that draws them."""
        draw = drawing()
        if draw is None:
            return None
        return Charts(
            charting=Charting(draw=draw, uploads=ChartUploads(poster=self.poster)),
            stored=lambda job_id, most: self.timers.runs(job_id, limit=most),
            executor=self.threads("charting", 1),
        )

    @cached_property
    def lists(self) -> Listing:
        return Listing(timers=self.timers, sight=GlobusSight(self.listing), clock=self.clock, wake=self.wake)

    @cached_property
    def following(self) -> Following:
        return Following(
            wishes=self.followers, zone=ZoneInfo, digest_at=self.given.digest_at, clock=self.clock
        )

    @cached_property
    def digesting(self) -> Digesting:
        return Digesting(
            digests=self.followers,
            draw=digest_in_words,
            zone_of=lambda person: ZoneInfo(self.poster.zone(person)),
            digest_at=self.given.digest_at,
            clock=self.clock,
            wake=self.wake,
        )

    @cached_property
    @override
    def home(self) -> Home:
        return Home(
            poster=self.poster,
            account=self.accounts.find,
            requests=self.requests,
            listing=self.lists,
            help_text=HELP,
            settings=lambda person: (previews_setting(self.unfurling.choice(person)),),
        )

    @override
    def set_back(self, before: datetime, at: datetime) -> None:
        super().set_back(before, at)
        self.telling.forget_turns()

    @override
    def lines(self) -> list[Line[Any]]:
        return [
            *super().lines(),
            Line(
                "watches",
                self.watches,
                self.watching.work,
                lets_go=True,
                together=self.watching.work_together,
                most=TOGETHER,
            ),
            Line("mailboxes", self.mailboxes, self.telling.work, lets_go=True),
            Line("changes", self.changes, self.steering.work),
            Line("digests", self.followers, self.digesting.work),
        ]
