"""Looking at timers and steering them, from wherever a button stands."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, Protocol

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.accounts import SlackUser
from bot.controlling import Act, Controlling, NotYours, checked_name
from bot.errors import Problem
from bot.news import WatchedTimer
from bot.showing import Details, Showing
from bot.slack.announcing import DELETE, DETAILS, EDIT, PAUSE, RENAME, RESUME
from bot.slack.app import Listen
from bot.slack.background import Background
from bot.slack.blocks import Block, View, bold, escape
from bot.slack.details import (
    ASK,
    ASK_FOR,
    ASKING,
    NEW_NAME,
    RUN_NEWS,
    Context,
    ask_view,
    asked_view,
    details_view,
    mend_view,
    rename_view,
)
from bot.slack.news import MEND
from bot.slack.payloads import channel_of, modal_of, person_of, value_of
from bot.slack.views import open_on_top, update
from bot.timers import Run

DOING: Final = {
    Act.PAUSE: "Pausing",
    Act.RESUME: "Resuming",
    Act.RENAME: "Renaming",
    Act.DELETE: "Deleting",
}


class Charted(Protocol):
    """The charts of timers' runs."""

    def kept(self, person: SlackUser, job_id: str, runs: Sequence[Run]) -> Block | None:
        """Give the chart as it was shown before; None if there is none yet. Not for the event loop."""
        ...

    async def add(
        self,
        person: SlackUser,
        job_id: str,
        runs: Sequence[Run],
        show: Callable[[Block], Awaitable[object]],
    ) -> None:
        """Draw a chart, and show the block that holds it once it can be shown; nothing if there is none."""
        ...


class ControllingHandlers:
    """What the buttons of timers do."""

    def __init__(
        self,
        *,
        controlling: Controlling,
        showing: Showing,
        edit_form: Callable[[AsyncArgs, str], Awaitable[None]],
        background: Background,
        app_url: str,
        charts: Charted | None = None,
    ) -> None:
        self._controlling = controlling
        self._showing = showing
        self._edit_form = edit_form
        self._background = background
        self._app_url = app_url
        self._charts = charts

    def register(self, listen: Listen) -> None:
        """Say which of Slack's messages these handlers answer."""
        listen.action(DETAILS, self.details)
        listen.action(PAUSE, lambda args: self.act(args, Act.PAUSE))
        listen.action(RESUME, lambda args: self.act(args, Act.RESUME))
        listen.action(DELETE, lambda args: self.act(args, Act.DELETE))
        listen.action(RENAME, self.ask_name)
        listen.view(RENAME, self.rename)
        listen.action(ASK_FOR, self.offer_to_ask)
        listen.action(ASK, self.ask_owner)
        listen.action(MEND, self.mend)
        listen.action(RUN_NEWS, self.switch_run_news)
        listen.action(EDIT, self.edit)

    # Looking

    async def details(self, args: AsyncArgs) -> None:
        """Show a timer as it is known at once; its owner sees what Globus says as soon as it is said."""
        opened = opened_from(args)
        shown = await self._showing.known(person_of(args), opened.job_id, opened.viewpoint)
        view = self._drawn(shown, opened, note=ASKING if shown.is_owner else "")
        answer = await open_on_top(args, view)
        await args.ack()
        if shown.is_owner:
            self._background.start(self._show_live(args, answer, shown, opened))

    async def _show_live(
        self, args: AsyncArgs, view: Mapping[str, Any], shown: Details, opened: Context, *, note: str = ""
    ) -> None:
        live = await self._showing.live(shown)
        chart = await self._kept_chart(live)
        drawn = await update(args, view, self._drawn(live, opened, note=note, chart=chart))
        if drawn and self._charts and live.runs and not chart:
            await self._charts.add(
                shown.person,
                shown.job_id,
                live.runs,
                lambda chart: update(args, drawn, self._drawn(live, opened, note=note, chart=chart)),
            )

    async def switch_run_news(self, args: AsyncArgs) -> None:
        """Let the thread hear of every run, or of failures and recoveries only."""
        job_id, wanted = value_of(args).split()[:2]
        await self._showing.set_run_news(person_of(args), job_id, on=wanted == "on")
        await args.ack()
        await self.redraw(args)

    async def redraw(self, args: AsyncArgs) -> None:
        """Draw the view again in which something was changed, and once more when Globus has answered."""
        view, person = args.body["view"], person_of(args)
        opened = Context.read(view["private_metadata"])
        shown = await self._showing.known(person, opened.job_id, opened.viewpoint)
        note, chart = ASKING if shown.is_owner else "", await self._kept_chart(shown)
        drawn = await update(args, view, self._drawn(shown, opened, note=note, chart=chart))
        if drawn and shown.is_owner:
            self._background.start(self._show_live(args, drawn, shown, opened))

    # Steering

    async def act(self, args: AsyncArgs, act: Act) -> None:
        """Keep what the owner wants before it is acknowledged; anybody else may ask the owner."""
        person, opened = person_of(args), opened_from(args)
        view = modal_of(args)
        is_details = view is not None and view["callback_id"] == DETAILS
        try:
            timer = await self._controlling.owned(person, opened.job_id)
            if view and is_details:
                # Before the change is kept: whoever carries it out draws after this.
                await self._show_note(args, view, opened, _doing(act))
            view_id = str(view["id"]) if view and is_details else None
            await self._controlling.ask(person, opened.job_id, act, view_id=view_id)
        except NotYours:
            await self._offer_to_ask(args, act)
            return
        except Problem as problem:
            if not view or not is_details:
                raise
            await self._show_note(args, view, opened, f":warning: {escape(str(problem))}")
            await args.ack()
            return
        await args.ack()
        if args.body.get("response_url"):
            # Slack lets nobody change this sentence afterwards: it has to stay true.
            said = f"You asked me to {act} {_named(timer)}. I tell you if it cannot be done."
            await args.respond(text=said, response_type="ephemeral", replace_original=False)

    async def ask_name(self, args: AsyncArgs) -> None:
        """Ask for a timer's new name."""
        person, opened = person_of(args), opened_from(args)
        try:
            timer = await self._controlling.owned(person, opened.job_id)
        except NotYours:
            await self._offer_to_ask(args, Act.RENAME)
            return
        await open_on_top(args, rename_view(opened, timer.title if timer else ""))
        await args.ack()

    async def rename(self, args: AsyncArgs) -> None:
        """Keep a timer's new name, or say under the field why it cannot be."""
        view, person = args.body["view"], person_of(args)
        opened = Context.read(view["private_metadata"])
        [element] = view["state"]["values"][NEW_NAME].values()
        try:
            name = checked_name(element.get("value") or "")
        except Problem as problem:
            await args.ack(response_action="errors", errors={NEW_NAME: str(problem)})
            return
        root = str(view.get("root_view_id") or view["id"])
        shown = await self._showing.known(person, opened.job_id, opened.viewpoint)
        doing = self._drawn(shown, opened, note=_doing(Act.RENAME))
        if root != view["id"]:
            await args.client.views_update(view_id=root, view=doing)
        await self._controlling.ask(person, opened.job_id, Act.RENAME, name=name, view_id=root)
        if root == view["id"]:
            await args.ack(response_action="update", view=doing)
        else:
            await args.ack()

    async def edit(self, args: AsyncArgs) -> None:
        """Open the form of a timer; what is saved takes its place."""
        try:
            await self._edit_form(args, opened_from(args).job_id)
        except NotYours:
            await self._offer_to_ask(args, "edit")

    async def offer_to_ask(self, args: AsyncArgs) -> None:
        """Say whom somebody asks, before they do, for what they chose."""
        await self._offer_to_ask(args, value_of(args).split()[1])

    async def ask_owner(self, args: AsyncArgs) -> None:
        """Ask a timer's owner for what only they can do."""
        job_id, wanted = value_of(args).split()[:2]
        asked = await self._controlling.ask_owner(person_of(args), job_id, wanted)
        view = args.body["view"]
        await args.client.views_update(view_id=view["id"], view=asked_view(asked, wanted))
        await args.ack()

    async def mend(self, args: AsyncArgs) -> None:
        """Show the sign-in that restores what a timer lacks."""
        job_id, *collections = value_of(args).split()
        try:
            link = await self._controlling.mend(person_of(args), job_id, frozenset(collections))
        except NotYours:
            await self._offer_to_ask(args, Act.RESUME)
            return
        await open_on_top(args, mend_view(link))
        await args.ack()

    async def _show_note(self, args: AsyncArgs, view: Mapping[str, Any], opened: Context, note: str) -> None:
        shown = await self._showing.known(person_of(args), opened.job_id, opened.viewpoint)
        drawn = self._drawn(shown, opened, note=note, chart=await self._kept_chart(shown))
        await args.client.views_update(view_id=view["id"], view=drawn)

    async def _kept_chart(self, shown: Details) -> Block | None:
        """Give the chart that is in an open view already, so that it does not go and come."""
        if not self._charts or not shown.is_owner:
            return None
        return await asyncio.to_thread(self._charts.kept, shown.person, shown.job_id, shown.runs)

    async def _offer_to_ask(self, args: AsyncArgs, wanted: str) -> None:
        opened = opened_from(args)
        shown = await self._showing.known(person_of(args), opened.job_id, opened.viewpoint)
        if shown.timer is None:
            raise Problem("This timer is gone.")
        await open_on_top(args, ask_view(shown.timer, wanted, opened))
        await args.ack()

    def _drawn(self, shown: Details, opened: Context, *, note: str = "", chart: Block | None = None) -> View:
        return details_view(shown, opened, app_url=self._app_url, note=note, chart=chart)


def opened_from(args: AsyncArgs) -> Context:
    """Say which timer a button is about, and in which channel it stood, or its view was opened."""
    job_id = value_of(args).split()[0]
    view = modal_of(args)
    if view and view["callback_id"] in {DETAILS, RENAME, ASK}:
        return Context(job_id, Context.read(view["private_metadata"]).channel_id)
    return Context(job_id, channel_of(args).channel_id)


def _doing(act: Act) -> str:
    return f":hourglass_flowing_sand: {DOING[act]}…"


def _named(timer: WatchedTimer | None) -> str:
    return bold(timer.title) if timer else "your timer"
