"""Links of the Globus web app that somebody posts, and what a channel may see of what they lead to.

Only what the poster may see is shown, asked for with their own tokens, and only if they want it shown.
"""

import asyncio
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol, TypeAlias

from bot.accounts import Account, SlackUser
from bot.entrances import path_in_app, read_link
from bot.errors import Problem
from bot.timers import Run, Timer

MOST_LINKS: Final = 5
"""A message with more is a list, and its previews would bury the conversation."""

_TIMER_PAGE: Final = re.compile(r"/activity/timers/(?P<id>[0-9a-fA-F-]{36})(?:/|$)")
_TASK_PAGE: Final = re.compile(r"/activity/(?P<id>[0-9a-fA-F-]{36})(?:/|$)")


class Choice(StrEnum):
    """What a person wants of previews; who was only asked has not answered, and is not asked again."""

    YES = "yes"
    NO = "no"
    ASKED = "asked"


@dataclass(frozen=True, slots=True)
class TaskPreview:
    """A transfer task: its label, how it went, and the names of the collections it is between."""

    label: str
    run: Run
    source: str
    destination: str


@dataclass(frozen=True, slots=True)
class TimerPreview:
    """A timer as it stands at Globus."""

    timer: Timer


@dataclass(frozen=True, slots=True)
class Place:
    """A collection by its name, and a path in it; empty where the link names none."""

    name: str
    path: str


@dataclass(frozen=True, slots=True)
class PlacesPreview:
    """What the file manager shows: one place, or two beside each other. `link` fills in the form."""

    link: str
    source: Place | None
    destination: Place | None


Preview: TypeAlias = TaskPreview | TimerPreview | PlacesPreview


@dataclass(frozen=True, slots=True)
class Shared:
    """What becomes of a message's links: what is shown under each, or that its poster is to be asked."""

    previews: Mapping[str, Preview] = field(default_factory=dict)
    is_to_ask: bool = False


class Choices(Protocol):
    """What people chose."""

    def find(self, person: SlackUser) -> Choice | None:
        """Give what a person chose; None if they were never asked."""
        ...

    def ask(self, person: SlackUser) -> bool:
        """Note that a person is asked; False if they were before, and then nothing changes."""
        ...

    async def choose(self, person: SlackUser, choice: Choice) -> None:
        """Keep what a person chose."""
        ...


class Previews(Protocol):
    """What a person may see at Globus; everything raises Problem for what they may not."""

    def task(self, person: SlackUser, task_id: str) -> TaskPreview:
        """Give a task of theirs."""
        ...

    def timer(self, person: SlackUser, job_id: str) -> Timer:
        """Give a timer of theirs."""
        ...

    def collection(self, person: SlackUser, collection_id: str) -> str:
        """Give a collection's name."""
        ...


class Unfurling:
    """Finds what may be shown under the links that somebody posted."""

    def __init__(
        self,
        *,
        choices: Choices,
        account: Callable[[SlackUser], Account | None],
        previews: Previews,
        app_hosts: frozenset[str],
        executor: Executor,
    ) -> None:
        self._choices = choices
        self._account = account
        self._previews = previews
        self._app_hosts = app_hosts
        self._executor = executor

    def choice(self, person: SlackUser) -> Choice | None:
        """Give what a person chose; None if they were never asked."""
        return self._choices.find(person)

    async def choose(self, person: SlackUser, choice: Choice) -> None:
        """Keep what a person chose."""
        await self._choices.choose(person, choice)

    async def shared(self, person: SlackUser, links: Sequence[str]) -> Shared:
        """Give what becomes of links that a person posted. What cannot be seen now is left out.

        Nothing becomes of those of somebody who is not linked, or does not want it.
        """
        ours = [link for link in links if self._leads_somewhere(link)][:MOST_LINKS]
        if not ours:
            return Shared()
        choice = await asyncio.to_thread(self._ask_once, person)
        if choice is not Choice.YES:
            return Shared(is_to_ask=choice is None)
        loop = asyncio.get_running_loop()
        looks = (loop.run_in_executor(self._executor, self._look, person, link) for link in ours)
        found = zip(ours, await asyncio.gather(*looks), strict=True)
        return Shared({link: preview for link, preview in found if preview})

    def _ask_once(self, person: SlackUser) -> Choice | None:
        """Give what a person chose; None, once, for somebody who is linked and is to be asked."""
        account = self._account(person)
        if account is None or account.is_ended:
            return Choice.NO
        choice = self._choices.find(person)
        if choice is None and not self._choices.ask(person):
            return Choice.ASKED
        return choice

    def _leads_somewhere(self, link: str) -> bool:
        there = self._path(link)
        is_activity = bool(_TIMER_PAGE.match(there) or _TASK_PAGE.match(there))
        return is_activity or bool(read_link(link, app_hosts=self._app_hosts))

    def _look(self, person: SlackUser, link: str) -> Preview | None:
        try:
            return self._preview(person, link)
        except Problem:
            # Whatever it is, a link without a preview is what everybody expects of a link.
            return None

    def _preview(self, person: SlackUser, link: str) -> Preview:
        there = self._path(link)
        timer, task = _TIMER_PAGE.match(there), _TASK_PAGE.match(there)
        if timer:
            return TimerPreview(self._previews.timer(person, _uuid(timer["id"])))
        if task:
            return self._previews.task(person, _uuid(task["id"]))
        form = read_link(link, app_hosts=self._app_hosts)
        return PlacesPreview(
            link, self._place(person, form, "source"), self._place(person, form, "destination")
        )

    def _place(self, person: SlackUser, form: Mapping[str, str], side: str) -> Place | None:
        collection_id = form.get(f"{side}_collection")
        if not collection_id:
            return None
        return Place(self._previews.collection(person, collection_id), form.get(f"{side}_path", ""))

    def _path(self, link: str) -> str:
        return path_in_app(link, app_hosts=self._app_hosts)


def _uuid(text: str) -> str:
    try:
        return str(uuid.UUID(text))
    except ValueError as error:
        raise Problem("This link leads nowhere.") from error
