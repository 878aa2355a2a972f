"""The form: opened, redrawn when a choice shows another field, and sent."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.accounts import SlackUser
from bot.browsing import Browsing
from bot.drafts import Draft, Drafts
from bot.errors import FormProblems, Problem
from bot.places import PLACE, Places
from bot.planning import Plan
from bot.schedule_fields import form_of_words
from bot.scheduling import ConfirmationNeeded, Scheduling, TimerRequest
from bot.slack.app import Listen
from bot.slack.background import Background
from bot.slack.blocks import View, bold, code, modal, section
from bot.slack.browsing import FIELDS, NOTHING
from bot.slack.form import CONTINUE, DISCARD, FORM, REDRAWING, FormContext, form_view, read_state
from bot.slack.payloads import person_of
from bot.slack.preview import preview_of
from bot.slack.progress import progress_view
from bot.slack.views import update
from bot.wording import NotUnderstood

CONFIRM_DELETE: Final = "confirm_delete"

_FALLBACK: Final = {"interval": "repeat", "end_runs": "end", "end_date": "end", "end": "repeat"}
"""Where a problem is shown whose own field is not in the form."""


class SchedulingHandlers:
    """What the form does."""

    def __init__(
        self,
        *,
        scheduling: Scheduling,
        drafts: Drafts,
        browsing: Browsing,
        places: Places,
        background: Background,
        clock: Callable[[], datetime],
        may_edit: Callable[[SlackUser, str], Awaitable[object]],
    ) -> None:
        self._scheduling = scheduling
        self._drafts = drafts
        self._browsing = browsing
        self._places = places
        self._background = background
        self._clock = clock
        self._may_edit = may_edit

    def register(self, listen: Listen) -> None:
        """Say which of Slack's messages these handlers answer."""
        listen.view(FORM, self.submit)
        for name in REDRAWING:
            listen.action(name, self.redraw)
        listen.action(CONTINUE, self.continue_draft)
        listen.action(DISCARD, self.discard_draft)
        listen.view(CONFIRM_DELETE, self.confirm_delete)
        listen.view_closed(FORM, self.closed)

    async def view(
        self, args: AsyncArgs, opened: FormContext, filled: Mapping[str, str], *, note: str = ""
    ) -> View:
        """Draw a form that is opened now; it offers the person's draft unless something is filled in."""
        typed = filled.keys() - {"announce_in"}
        draft = None if typed else await self._drafts.find(person_of(args))
        return form_view(
            opened, filled=filled, note=note, preview=self._preview(filled, opened), draft=draft is not None
        )

    async def redraw(self, args: AsyncArgs) -> None:
        """Show the fields that belong to a choice, and when it would run; what was typed stays."""
        view = args.body["view"]
        opened, form = _read(view)
        match args.body["actions"][0]["action_id"]:
            case "interval":
                said = self._said(form, opened)
            case field if field in FIELDS:
                said = await self._placed(person_of(args), field, form.get(field, ""))
            case _:
                said = {}
        await args.ack()
        await self.refill(args, view, opened, form, said)

    async def refill(
        self,
        args: AsyncArgs,
        view: Mapping[str, Any],
        opened: FormContext,
        form: Mapping[str, str],
        changed: Mapping[str, str],
    ) -> None:
        """Draw the form again with some fields changed by the bot; a newer drawing wins."""
        filled = {name: value for name, value in {**form, **changed}.items() if value}
        renewed = opened.renewing([name for name in changed if filled.get(name) != form.get(name)])
        await self._drafts.keep(person_of(args), opened.request_id, filled)
        drawn = form_view(renewed, filled=filled, preview=self._preview(filled, renewed))
        shown = await update(args, view, drawn)
        if shown:
            self.name_soon(args, shown, filled)

    def name_soon(
        self, args: AsyncArgs, shown: Mapping[str, Any], filled: Mapping[str, str], *, note: str = ""
    ) -> None:
        """Show what the collections are called once Globus says it, unless the form was changed by then.

        `shown` is the view as Slack has it, with its hash; another view than the form stays as it is.
        """
        if shown["callback_id"] != FORM:
            return
        sides = {field.removesuffix("_collection"): filled.get(field) for field in FIELDS}
        nameless = {
            side: collection_id
            for side, collection_id in sides.items()
            if collection_id and filled.get(f"{side}_name", collection_id) == collection_id
        }
        if nameless:
            self._background.start(self._name(args, shown, filled, nameless, note))

    async def _name(
        self,
        args: AsyncArgs,
        shown: Mapping[str, Any],
        filled: Mapping[str, str],
        nameless: Mapping[str, str],
        note: str,
    ) -> None:
        names = await self._browsing.names(person_of(args), sorted(set(nameless.values())))
        found = {
            side: names[collection_id] for side, collection_id in nameless.items() if collection_id in names
        }
        if not found:
            return
        opened = FormContext.read(shown["private_metadata"])
        renewed = opened.renewing([f"{side}_collection" for side in found])
        named = {**filled, **{f"{side}_name": name for side, name in found.items()}}
        drawn = form_view(renewed, filled=named, note=note, preview=self._preview(named, renewed))
        await update(args, shown, drawn)

    async def _placed(self, person: SlackUser, field: str, chosen: str) -> dict[str, str]:
        """Give the fields that a chosen option stands for; what stands for nothing is taken out again."""
        side = field.removesuffix("_collection")
        nothing = {field: "", f"{side}_name": ""}
        if chosen.startswith(PLACE):
            placed = await self._places.fields(person, chosen, side=side)
            return nothing if placed is None else nothing | placed
        return nothing if chosen == NOTHING else {}

    async def continue_draft(self, args: AsyncArgs) -> None:
        """Fill in what was left unfinished."""
        view = args.body["view"]
        await args.ack()
        draft = await self._drafts.find(person_of(args))
        opened = FormContext.read(view["private_metadata"])
        await self.refill(args, view, opened, {}, draft.form if draft else {})

    async def discard_draft(self, args: AsyncArgs) -> None:
        """Forget what was left unfinished, and take the offer away."""
        view = args.body["view"]
        await args.ack()
        await self._drafts.forget(person_of(args))
        await self.refill(args, view, *_read(view), {})

    async def closed(self, args: AsyncArgs) -> None:
        """Keep what was typed into a form that was closed, but an edit: it would become a new timer."""
        view = args.body["view"]
        await args.ack()
        opened, form = _read(view)
        if opened.replaces:
            await self._drafts.forget(person_of(args))
            return
        await self._drafts.keep(person_of(args), opened.request_id, form)

    async def submit(self, args: AsyncArgs) -> None:
        """Keep the request before it is acknowledged, or say what is wrong under the fields."""
        view = args.body["view"]
        opened, form = _read(view)
        if opened.thread_ts and form.get("announce_in") == opened.channel_id:
            form["announce_thread"] = opened.thread_ts
        draft = Draft(person_of(args), opened.request_id, form)
        try:
            request = await self._submit(draft, opened, view_id=view["id"])
        except FormProblems as problems:
            await self._drafts.keep(draft.person, opened.request_id, form)
            await args.ack(response_action="errors", errors=_under_fields(problems, view))
        except ConfirmationNeeded as needed:
            await self._drafts.keep(draft.person, opened.request_id, form)
            await args.ack(response_action="push", view=confirm_view(needed.plan, opened))
        else:
            await args.ack(response_action="update", view=progress_view(request))

    async def confirm_delete(self, args: AsyncArgs) -> None:
        """Keep the request that deletes files, now that its person knows."""
        view = args.body["view"]
        opened = FormContext.read(view["private_metadata"])
        root = str(view["root_view_id"])
        draft = await self._drafts.find(person_of(args))
        if draft is None or draft.request_id != opened.request_id:
            raise Problem("What was in the form is not kept any more.", "Fill it in again.")
        request = await self._submit(draft, opened, view_id=root, confirmed=True)
        await args.client.views_update(view_id=root, view=progress_view(request))
        await args.ack()

    async def _submit(
        self, draft: Draft, opened: FormContext, *, view_id: str, confirmed: bool = False
    ) -> TimerRequest:
        """Keep the form; raises Problem for an edit of a timer that is not, or no more, the person's."""
        if opened.replaces:
            await self._may_edit(draft.person, opened.replaces)
        return await self._scheduling.submit(
            draft,
            zone=ZoneInfo(opened.zone),
            view_id=view_id,
            confirmed=confirmed,
            replaces=opened.replaces,
        )

    def _said(self, form: Mapping[str, str], opened: FormContext) -> dict[str, str]:
        """Give the fields that the words in `interval` say; none if they cannot be read."""
        if form.keys() & {"start", "end_runs", "end_date"}:
            return {}
        try:
            return form_of_words(form.get("interval", ""), now=self._clock(), zone=ZoneInfo(opened.zone))
        except NotUnderstood:
            return {}

    def _preview(self, form: Mapping[str, str], opened: FormContext) -> str:
        return preview_of(form, now=self._clock(), zone=opened.zone)


def _read(view: Mapping[str, Any]) -> tuple[FormContext, dict[str, str]]:
    """Give what travels with a form, and what is typed in it."""
    return FormContext.read(view["private_metadata"]), read_state(view["state"]["values"])


def confirm_view(plan: Plan, opened: FormContext) -> View:
    """Ask once more before runs delete files, naming where."""
    where = f"{bold(plan.destination.name or plan.destination.collection_id)} {code(plan.destination.path)}"
    said = (
        f":warning: Each run will *delete* every file in {where} that is not at the source. "
        "Whoever put it there will not be asked."
    )
    return modal(
        CONFIRM_DELETE,
        "Delete extra files?",
        [section(said)],
        metadata=opened.written(),
        submit="Yes, delete them",
        close="Back",
    )


def _under_fields(problems: FormProblems, view: Mapping[str, Any]) -> dict[str, str]:
    """Put each problem under a field that the view has; Slack shows no other."""
    blocks = {block["block_id"].partition(":")[0]: block["block_id"] for block in view["blocks"]}
    found: dict[str, str] = {}
    for name, message in problems.by_field.items():
        shown = name
        while shown not in blocks and shown in _FALLBACK:
            shown = _FALLBACK[shown]
        found[blocks.get(shown, shown)] = message
    return found
