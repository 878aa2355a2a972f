"""Browsing folders on top of the form: open, up, turn the page, choose."""

import asyncio
import logging
import secrets
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, Protocol

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.accounts import SlackUser
from bot.drafts import Drafts
from bot.errors import Problem, ServiceUnavailable
from bot.folders import Seen, Visit, Visits, beginning
from bot.slack.app import Listen
from bot.slack.background import Background
from bot.slack.blocks import View
from bot.slack.folder_views import (
    AGAIN,
    BACK,
    BROWSE,
    CRUMBS,
    FILES,
    ON,
    OPEN,
    broken_view,
    looking_view,
    seen_view,
    slow_view,
    unchosen_view,
)
from bot.slack.form import BROWSING, FormContext, read_state
from bot.slack.payloads import person_of, value_of
from bot.slack.posting import Poster
from bot.slack.views import open_on_top, update

SLOW_AFTER: Final = 2.5
"""Seconds until a person is told that it takes long: before they think that nothing happens any more."""

log = logging.getLogger(__name__)


class Refill(Protocol):
    """Draws the form again, with fields changed by the bot."""

    async def __call__(
        self,
        args: AsyncArgs,
        view: Mapping[str, Any],
        opened: FormContext,
        form: Mapping[str, str],
        changed: Mapping[str, str],
    ) -> None:
        """Draw it in the view with this `id`."""
        ...


class FolderHandlers:
    """What the buttons of the folders' view do."""

    def __init__(
        self,
        *,
        visits: Visits,
        drafts: Drafts,
        refill: Refill,
        background: Background,
        new_id: Callable[[], str],
    ) -> None:
        self._visits = visits
        self._drafts = drafts
        self._refill = refill
        self._background = background
        self._new_id = new_id

    def register(self, listen: Listen) -> None:
        """Say which of Slack's messages these handlers answer."""
        for action_id in BROWSING.values():
            listen.action(action_id, self.browse)
        for action_id in (OPEN, *CRUMBS):
            listen.action(action_id, self.open)
        for action_id in (BACK, ON):
            listen.action(action_id, self.turn)
        listen.action(AGAIN, self.look_again)
        listen.view(BROWSE, self.choose)

    async def browse(self, args: AsyncArgs) -> None:
        """Open the view at once; Globus is asked behind it."""
        below = args.body["view"]
        pressed = args.body["actions"][0]["action_id"]
        [side] = [side for side, action_id in BROWSING.items() if action_id == pressed]
        form = read_state(below["state"]["values"])
        if not _is_collection(form.get(f"{side}_collection", "")):
            await open_on_top(args, unchosen_view())
            await args.ack()
            return
        opened = FormContext.read(below["private_metadata"])
        visit = Visit(
            key=f"browse:{self._new_id()}",
            side=side,
            context=opened.written(),
            form=form,
            form_view_id=below["id"],
            path=beginning(form, side),
        )
        shown = await open_on_top(args, looking_view(visit))
        visit = replace(visit, view_id=shown["id"])
        await asyncio.gather(
            self._visits.save(person_of(args), visit),
            self._drafts.keep(person_of(args), opened.request_id, form),
        )
        self._background.start(self._show(args, visit, shown["hash"]))
        await args.ack()

    async def open(self, args: AsyncArgs) -> None:
        """Go into a folder, or up."""
        target = value_of(args)
        await self._move(args, lambda visit: visit.moved(target, 0))

    async def turn(self, args: AsyncArgs) -> None:
        """Show another page of the same folder; what is ticked stays ticked."""
        offset = int(value_of(args))
        await self._move(args, lambda visit: visit.moved(visit.path, offset))

    async def look_again(self, args: AsyncArgs) -> None:
        """Ask Globus once more."""
        await self._move(args, lambda visit: visit)

    async def choose(self, args: AsyncArgs) -> None:
        """Put what is chosen into the form below, and close the view."""
        view = args.body["view"]
        visit = (await self._visit(args)).ticking(_ticked(view))
        try:
            chosen = visit.chosen()
        except Problem as problem:
            boxes = next((one["block_id"] for one in view["blocks"] if one["type"] == "input"), None)
            if boxes is None:
                raise
            await args.ack(response_action="errors", errors={boxes: str(problem)})
            return
        opened = FormContext.read(visit.context)
        below = {"id": visit.form_view_id}
        await self._refill(args, below, opened, visit.form, {f"{visit.side}_path": chosen})
        await args.ack()

    async def _visit(self, args: AsyncArgs) -> Visit:
        visit = await self._visits.find(person_of(args), args.body["view"]["private_metadata"])
        if visit is None:
            raise Problem("This view is too old.", "Close it, and browse again from the form.")
        return visit

    async def _move(self, args: AsyncArgs, step: Callable[[Visit], Visit]) -> None:
        """Go somewhere else. Of two clicks that cross, the first counts: the second was on an older view."""
        view = args.body["view"]
        visit = step((await self._visit(args)).ticking(_ticked(view)))
        shown = await _update(args, visit, view["hash"], looking_view(visit))
        if shown:
            await self._visits.save(person_of(args), visit)
            self._background.start(self._show(args, visit, shown))
        await args.ack()

    async def _show(self, args: AsyncArgs, visit: Visit, shown: str | None) -> None:
        """Show what Globus gives, in place of the view with the hash `shown`, unless the person moved on."""
        person = person_of(args)
        looking = self._visits.look(person, visit)
        if looking is None:
            await _update(args, visit, shown, seen_view(visit, Seen(problem=ServiceUnavailable("Globus"))))
            return
        if not (await asyncio.wait({looking}, timeout=SLOW_AFTER))[0]:
            shown = await _update(args, visit, shown, slow_view(visit))
        if not shown:
            return
        try:
            seen = await looking
        except Exception:
            reference = secrets.token_hex(4)
            log.exception("a folder could not be looked into", extra={"reference": reference})
            await _update(args, visit, shown, broken_view(visit, reference))
            return
        arrived = await self._visits.arrive(person, visit, seen)
        if arrived:
            await _update(args, visit, shown, seen_view(arrived, seen))


class FolderMessages:
    """Shows the folder at which a sign-in interrupted somebody. For workers."""

    def __init__(self, *, visits: Visits, poster: Poster) -> None:
        self._visits = visits
        self._poster = poster

    def go_on(self, person: SlackUser, key: str) -> bool:
        """Show the folder in the view where the link stood; False if nobody looks there any more."""
        found = self._visits.go_on(person, key)
        return found is not None and self._poster.show(person, found[0].view_id, seen_view(*found))


async def _update(args: AsyncArgs, visit: Visit, shown: str | None, view: View) -> str | None:
    """Replace the view that has this hash; gives its new hash, or None if it was changed or closed."""
    drawn = await update(args, {"id": visit.view_id, "hash": shown}, view)
    return str(drawn["hash"]) if drawn else None


def _ticked(view: Mapping[str, Any]) -> Sequence[int]:
    """Read which files of the page are ticked."""
    boxes = [
        element
        for block_id, elements in view["state"]["values"].items()
        if block_id.partition(":")[0] == FILES
        for element in elements.values()
    ]
    return [int(one["value"]) for element in boxes for one in element.get("selected_options") or ()]


def _is_collection(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
