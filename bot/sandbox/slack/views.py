"""Views: the modals each person has open, one on top of the other, and their Home tab."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from bot.sandbox.slack.errors import ApiError
from bot.sandbox.slack.fields import carried_values
from bot.sandbox.slack.files import Files
from bot.sandbox.slack.identifiers import Identifiers
from bot.sandbox.slack.installations import Installation
from bot.sandbox.slack.limits.surfaces import view_is_too_large, view_problems
from bot.sandbox.slack.messages import named_blocks
from bot.sandbox.slack.workspace import APP_ID, Member
from bot.sandbox.traffic import Traffic
from bot.sandbox.wire import Json

# The root and two more. https://docs.slack.dev/surfaces/modals
STACK_DEPTH: Final = 3


@dataclass(frozen=True)
class View:
    """A view as a user has it before them.

    `installation` showed it, which need not be in the user's own workspace. `source` is what the app sent,
    every block named; `values` is `state.values`; `channel_id` is the conversation the user was in when it
    opened.
    """

    id: str
    member: Member
    installation: Installation
    source: Json
    hash: str
    root_id: str
    values: Json
    previous_id: str | None = None
    channel_id: str | None = None

    @property
    def blocks(self) -> list[Json]:
        """The blocks, all with a `block_id`."""
        blocks: list[Json] = self.source["blocks"]
        return blocks

    @property
    def is_modal(self) -> bool:
        """Whether it is a modal, not a Home tab."""
        return bool(self.source["type"] == "modal")

    def with_values(self, values: Json) -> "View":
        """Give the view with another `state.values`; its hash stays, for the app did not change it."""
        return replace(self, values=values)

    def as_slack(self) -> Json:
        """Give the view object that Slack puts into answers and payloads."""
        given = self.source
        return {
            "id": self.id,
            "team_id": self.member.team_id,
            "type": given["type"],
            "blocks": self.blocks,
            "private_metadata": given.get("private_metadata", ""),
            "callback_id": given.get("callback_id", ""),
            "state": {"values": self.values},
            "hash": self.hash,
            "title": given.get("title"),
            "clear_on_close": given.get("clear_on_close", False),
            "notify_on_close": given.get("notify_on_close", False),
            "close": given.get("close"),
            "submit": given.get("submit"),
            "previous_view_id": self.previous_id,
            "root_view_id": self.root_id,
            "app_id": APP_ID,
            "external_id": given.get("external_id", ""),
            "app_installed_team_id": self.installation.id,
            "bot_id": self.installation.bot.id,
        }


@dataclass
class Views:
    """Every open modal and published Home tab. Every source is checked before it is shown."""

    clock: Callable[[], float]
    identifiers: Identifiers
    traffic: Traffic
    files: Files
    _open: dict[str, View] = field(default_factory=dict)
    _homes: dict[tuple[str, str], str] = field(default_factory=dict)

    def stack(self, member: Member) -> list[View]:
        """Give the modals a user has open, bottom to top."""
        return [view for view in self._open.values() if view.member == member and view.is_modal]

    def home(self, where: str, user_id: str) -> View | None:
        """Give the Home tab that the installation in a workspace or enterprise published for a user there."""
        return self._open.get(self._homes.get((where, user_id), ""))

    def find(self, view_id: str) -> View | None:
        """Give a view that is still open."""
        return self._open.get(view_id)

    def find_external(self, external_id: str, where: str) -> View | None:
        """Give the open view with the name that the app gave it in this workspace or enterprise."""
        named = (view for view in self._open.values() if view.source.get("external_id") == external_id)
        return next((view for view in named if view.installation.id == where), None) if external_id else None

    def open(self, member: Member, installation: Installation, source: Json, channel_id: str | None) -> View:
        """Show a modal in place of those the user has open. Raises ApiError for a source Slack refuses."""
        self.check(source, "modal", installation.id)
        for view in self.stack(member):
            self.close(view)
        return self._add(member, installation, source, None, channel_id)

    def push(self, below: View, source: Json) -> View:
        """Show a modal on top. Raises ApiError `push_limit_reached`, or for a source Slack refuses."""
        self.check(source, "modal", below.installation.id)
        stack = self.stack(below.member)
        if len(stack) >= STACK_DEPTH:
            raise ApiError("push_limit_reached")
        return self._add(below.member, below.installation, source, stack[-1], below.channel_id)

    def update(self, view: View, source: Json) -> View:
        """Replace what a view shows; values stay where `block_id` and `action_id` do."""
        self.check(source, view.source["type"], view.installation.id, updated=view)
        named = self._named(source)
        values = carried_values(named["blocks"], view.values, view.channel_id)
        return self.keep(replace(view, source=named, values=values, hash=self._hash()))

    def publish(self, member: Member, installation: Installation, source: Json) -> View:
        """Show a Home tab, in place of the one before. Raises ApiError for a source Slack refuses."""
        shown = self.home(installation.id, member.user_id)
        if shown:
            return self.update(shown, source)
        self.check(source, "home", installation.id)
        view = self._add(member, installation, source, None, None)
        self._homes[installation.id, member.user_id] = view.id
        return view

    def forget(self, installation: Installation) -> None:
        """Take away everything that an installation shows."""
        for view in [one for one in self._open.values() if one.installation is installation]:
            self.close(view)

    def keep(self, view: View) -> View:
        """Remember a changed view."""
        self._open[view.id] = view
        self.traffic.touch()
        return view

    def close(self, view: View) -> None:
        """Take a modal away."""
        self._open.pop(view.id, None)
        self.traffic.touch()

    def check(self, source: Json, kind: str, where: str, updated: View | None = None) -> None:
        """Check a view that would be shown, or would replace `updated`.

        Raises ApiError `view_too_large`, `invalid_arguments` or `duplicate_external_id`.
        """
        if view_is_too_large(source):
            raise ApiError("view_too_large")
        found = [*view_problems(source), *self.files.problems(source, "/view")]
        problems = [problem.described() for problem in found]
        if not problems and source["type"] != kind:
            problems.append(f"[ERROR] must be of type {kind} [json-pointer:/view/type]")
        if problems:
            raise ApiError("invalid_arguments", problems)
        namesake = self.find_external(source.get("external_id", ""), where)
        if namesake and (updated is None or namesake.id != updated.id):
            raise ApiError("duplicate_external_id")

    def _add(
        self,
        member: Member,
        installation: Installation,
        source: Json,
        below: View | None,
        channel_id: str | None,
    ) -> View:
        view_id = self.identifiers.new("V")
        named = self._named(source)
        values = carried_values(named["blocks"], {}, channel_id)
        root_id, previous_id = (below.root_id, below.id) if below else (view_id, None)
        shown = View(
            view_id, member, installation, named, self._hash(), root_id, values, previous_id, channel_id
        )
        return self.keep(shown)

    def _named(self, source: Json) -> Json:
        return {**source, "blocks": list(named_blocks(source["blocks"], self.identifiers))}

    def _hash(self) -> str:
        return f"{int(self.clock())}.{self.identifiers.short()}{self.identifiers.short()}"
