"""What answers Slack: every handler, with the parts that it needs, in the order in which Bolt asks them."""

import asyncio
from functools import cached_property

from bot.slack.app import Listen
from bot.slack.background import Background
from bot.slack.browsing import BrowsingHandlers
from bot.slack.controlling import ControllingHandlers
from bot.slack.disconnecting import DisconnectingHandlers
from bot.slack.editing import EditForms
from bot.slack.entrances import EntranceHandlers
from bot.slack.folders import FolderHandlers
from bot.slack.following import FollowingHandlers
from bot.slack.fulfilling import FulfillingHandlers
from bot.slack.home import HomeHandlers
from bot.slack.leaving import LeavingHandlers
from bot.slack.linking import LinkingHandlers
from bot.slack.listing import ListingHandlers
from bot.slack.presets import PresetHandlers
from bot.slack.scheduling import SchedulingHandlers
from bot.slack.unfurling import UnfurlingHandlers
from bot.slack.workflows import WorkflowHandlers
from bot.storing import new_id
from bot.tending import Tending


class Handlers:
    """The handlers of one bot."""

    def __init__(self, parts: Tending) -> None:
        self._parts = parts
        self._background = Background()

    def register(self, listen: Listen) -> None:
        """Say what they listen to. Bolt asks one after the other, so the most awaited ones come first."""
        parts = self._parts
        handlers = (
            self._entrances,
            self._form,
            BrowsingHandlers(browsing=parts.browsing),
            self._disconnecting,
            self._folders(),
            self._fulfilling(),
            self._home(),
            LinkingHandlers(linking=parts.linking),
            PresetHandlers(presets=parts.presets, open_form=self._entrances.open_filled),
            LeavingHandlers(leaving=parts.leaving, disconnecting=parts.disconnecting),
            self._unfurling(),
            self._lists,
            self._controlling(),
            FollowingHandlers(following=parts.following, showing=parts.showing, zones=parts.zones),
            WorkflowHandlers(workflows=parts.workflows, open_form=self._entrances.open, zones=parts.zones),
        )
        for each in handlers:
            each.register(listen)

    @cached_property
    def _form(self) -> SchedulingHandlers:
        parts = self._parts
        return SchedulingHandlers(
            scheduling=parts.scheduling,
            drafts=parts.drafts,
            browsing=parts.browsing,
            places=parts.places,
            background=self._background,
            clock=parts.clock,
            may_edit=parts.controlling.may_edit,
        )

    @cached_property
    def _lists(self) -> ListingHandlers:
        parts = self._parts
        return ListingHandlers(
            listing=parts.lists,
            following=parts.following,
            linking=parts.linking,
            background=self._background,
        )

    @cached_property
    def _disconnecting(self) -> DisconnectingHandlers:
        parts = self._parts
        return DisconnectingHandlers(
            disconnecting=parts.disconnecting,
            linking=parts.linking,
            places=parts.places,
            background=self._background,
        )

    @cached_property
    def _entrances(self) -> EntranceHandlers:
        parts = self._parts
        return EntranceHandlers(
            form=self._form,
            linking=parts.linking,
            zones=parts.zones,
            clock=parts.clock,
            new_id=new_id,
            sign_in_first=parts.sign_in_first,
            app_hosts=parts.given.app_hosts,
            presets=parts.presets,
            words={
                "disconnect": self._disconnecting.open,
                "list": self._lists.show_list,
                "status": self._lists.show_status,
                "mute": self._lists.mute,
                "unmute": self._lists.unmute,
            },
        )

    def _folders(self) -> FolderHandlers:
        return FolderHandlers(
            visits=self._parts.visits,
            drafts=self._parts.drafts,
            refill=self._form.refill,
            background=self._background,
            new_id=new_id,
        )

    def _fulfilling(self) -> FulfillingHandlers:
        parts = self._parts
        fulfilling = parts.fulfilling
        return FulfillingHandlers(
            settling=parts.settling,
            close_view=parts.requests.close_view,
            show_again=lambda request: asyncio.to_thread(fulfilling.show, request),
            form_of=parts.request_messages.form_of,
            zones=parts.zones,
        )

    def _home(self) -> HomeHandlers:
        return HomeHandlers(
            home=self._parts.home,
            linking=self._parts.linking,
            open_form=lambda args: self._entrances.open_filled(args, {}),
            background=self._background,
        )

    def _unfurling(self) -> UnfurlingHandlers:
        return UnfurlingHandlers(
            unfurling=self._parts.unfurling,
            open_form=self._entrances.open_filled,
            app_hosts=self._parts.given.app_hosts,
            refresh_home=self._parts.home.refresh,
            background=self._background,
        )

    def _controlling(self) -> ControllingHandlers:
        parts = self._parts
        edit_forms = EditForms(
            controlling=parts.controlling,
            presets=parts.presets,
            open_form=self._entrances.open,
            zones=parts.zones,
            clock=parts.clock,
            new_id=new_id,
        )
        return ControllingHandlers(
            controlling=parts.controlling,
            showing=parts.showing,
            edit_form=edit_forms.open,
            background=self._background,
            app_url=parts.given.globus_app_url,
            charts=parts.charts,
        )
