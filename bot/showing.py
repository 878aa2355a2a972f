"""One timer looked at: what the bot knows of it at once, and then what Globus says, for its owner."""

import asyncio
from collections.abc import Callable, Collection as Ids, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, Protocol

from bot.accounts import Account, SlackUser
from bot.browsing import Collection
from bot.checking import Consents
from bot.errors import Problem, SignInNeeded
from bot.listing import stands_otherwise
from bot.news import WatchedTimer, Wish
from bot.planning import Plan
from bot.telling import Subject
from bot.timers import Run, Task, Timer, TimerStatus

RUNS: Final = 10
"""The latest runs, which are looked at together."""

NO_ANSWER: Final = "Globus does not answer now. This is what I know."


class Access(StrEnum):
    """Whether a timer may use a collection's data."""

    IN_PLACE = "in place"
    MISSING = "missing"
    NOT_NEEDED = "not needed"
    UNSEEN = "unseen"


@dataclass(frozen=True, slots=True)
class Use:
    """A collection that a timer uses, and whether it may."""

    collection_id: str
    name: str
    access: Access


@dataclass(frozen=True, slots=True)
class Details:
    """One timer as one person may see it.

    `timer` and `plan` are what the bot knows, None for a timer that it did not make. `live` is what Globus
    says, once it was asked. `uses` are the collections, None until they were looked at. `problem` says
    what could not be seen, with `needs_sign_in` if a sign-in would help. `wish` is what the person wants to
    hear of it. `elsewhere` is what a timer does that the bot did not make, as Globus has it.
    """

    person: SlackUser
    job_id: str
    is_owner: bool
    timer: WatchedTimer | None = None
    plan: Plan | None = None
    runs: Sequence[Run] = ()
    wish: Wish = Wish.NOTHING
    live: Timer | None = None
    uses: Sequence[Use] | None = None
    problem: str = ""
    needs_sign_in: bool = False
    elsewhere: Plan | None = None

    @property
    def is_mendable(self) -> bool:
        """Whether a sign-in would let it go on."""
        lacks = self.live.inactivity if self.live else self.timer.inactivity if self.timer else None
        return self.is_owner and lacks is not None and not lacks.is_paused


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """Where somebody looks: the channel in whose message they clicked; empty in a view or the Home tab."""

    channel_id: str = ""

    @property
    def is_direct(self) -> bool:
        """Whether it is the person's own conversation with the bot."""
        return self.channel_id.startswith("D")


class ShownTimers(Protocol):
    """The timers that the bot knows of."""

    def subject(self, team_id: str, job_id: str) -> Subject | None:
        """Give a timer of a team with the request that became it, or None if the bot did not make it."""
        ...

    def runs(self, job_id: str, *, limit: int) -> Sequence[Run]:
        """Give a timer's latest runs, the newest first."""
        ...

    def look_soon(self, person: SlackUser, job_ids: Sequence[str]) -> None:
        """Let these timers of a person be looked at now."""
        ...

    def set_run_news(self, person: SlackUser, job_id: str, *, on: bool) -> bool:
        """Say whether every run is told of in the thread; False for a timer that is not this person's."""
        ...


class NamedCollections(Protocol):
    """Collections, looked up by their IDs."""

    def get(self, person: SlackUser, collection_id: str) -> Collection:
        """Give one collection; raises Problem."""
        ...


@dataclass(frozen=True, slots=True)
class AtGlobus:
    """A timer as it stands at Globus, and what it does there; None for `plan` if that cannot be read."""

    timer: Timer
    plan: Plan | None = None


class CannotSee(Problem):
    """Somebody asks for a timer in a place where its team does not meet."""

    def __init__(self) -> None:
        super().__init__("You cannot see this timer here.", "Ask for it in the channel that was told of it.")


class Showing:
    """Looks at one timer.

    `look` gives one of a person's timers at Globus, None if there is none any more, and `tasks` the tasks of
    its runs by their IDs; both raise Problem.
    """

    def __init__(
        self,
        *,
        timers: ShownTimers,
        wish_of: Callable[[SlackUser, str], Wish | None],
        look: Callable[[SlackUser, str], AtGlobus | None],
        tasks: Callable[[SlackUser, Ids[str]], Mapping[str, Task]],
        consents: Consents,
        collections: NamedCollections,
        account: Callable[[SlackUser], Account | None],
        lookups: Executor,
        wake: Callable[[], None],
    ) -> None:
        self._timers = timers
        self._wish_of = wish_of
        self._look = look
        self._tasks = tasks
        self._consents = consents
        self._collections = collections
        self._account = account
        self._lookups = lookups
        self._wake = wake

    async def known(self, person: SlackUser, job_id: str, viewpoint: Viewpoint) -> Details:
        """Give what the bot knows of a timer; raises CannotSee."""
        return await asyncio.to_thread(self.known_now, person, job_id, viewpoint)

    async def live(self, shown: Details) -> Details:
        """Give the same with what Globus says, if it is the person's own."""
        return await asyncio.to_thread(self.live_now, shown)

    async def set_run_news(self, person: SlackUser, job_id: str, *, on: bool) -> None:
        """Tell of every run in the thread, or of failures and recoveries only; raises Problem."""
        if not await asyncio.to_thread(self._timers.set_run_news, person, job_id, on=on):
            raise Problem("Only the owner of this timer can change its run news.")

    def known_now(self, person: SlackUser, job_id: str, viewpoint: Viewpoint) -> Details:
        """Give what the bot knows of a timer; raises CannotSee. Not for the event loop."""
        subject = self._timers.subject(person.team_id, job_id)
        if subject is None:
            return Details(person, job_id, is_owner=True)
        timer = subject.timer
        wish = self._wish_of(person, job_id)
        is_owner = timer.owner == person
        if not (is_owner or _meets(timer, viewpoint) or (viewpoint.is_direct and _follows(wish))):
            raise CannotSee
        return Details(
            person,
            job_id,
            is_owner=is_owner,
            timer=timer,
            plan=subject.request.plan,
            runs=self._timers.runs(job_id, limit=RUNS),
            wish=wish or (Wish.FAILURES if is_owner else Wish.NOTHING),
        )

    def live_now(self, shown: Details) -> Details:
        """Give the same with what Globus says, if it is the person's own. Not for the event loop."""
        if not shown.is_owner or (shown.timer and shown.timer.status is TimerStatus.GONE):
            return shown
        account = self._account(shown.person)
        if account and shown.timer and shown.timer.identity_id != account.identity_id:
            return replace(shown, problem=f"It runs with another Globus account than {account.username}.")
        uses = self._ask(shown.person, _places(shown.plan)) if shown.plan else None
        try:
            found = self._look(shown.person, shown.job_id)
        except SignInNeeded as problem:
            said = f"{problem.happened} This is what I know."
            return replace(shown, problem=said, needs_sign_in=True)
        except Problem:
            return replace(shown, problem=NO_ANSWER)
        self._tell_of(shown.timer, found.timer if found else None)
        if found is None:
            return _gone(shown)
        live = found.timer
        uses = uses or self._ask(shown.person, {live.source_id: "", live.destination_id: ""})
        runs, unseen = self._runs(shown, live)
        used = uses()
        elsewhere = None if shown.plan else _with_names(found.plan, used)
        return replace(shown, live=live, runs=runs, uses=used, problem=unseen, elsewhere=elsewhere)

    def _ask(self, person: SlackUser, names: Mapping[str, str]) -> Callable[[], list[Use]]:
        """Begin to look collections and consents up, side by side; gives what waits for the answers."""
        ids = [collection_id for collection_id in names if collection_id]
        found = {
            collection_id: self._lookups.submit(self._collection, person, collection_id)
            for collection_id in ids
        }
        missing = self._lookups.submit(self._missing, person, frozenset(ids))

        def uses() -> list[Use]:
            lacking = missing.result()
            return [
                _use(collection_id, names[collection_id], found[collection_id].result(), lacking)
                for collection_id in ids
            ]

        return uses

    def _collection(self, person: SlackUser, collection_id: str) -> Collection | None:
        try:
            return self._collections.get(person, collection_id)
        except Problem:
            return None

    def _missing(self, person: SlackUser, collections: frozenset[str]) -> frozenset[str] | None:
        try:
            return self._consents.missing(person, collections)
        except Problem:
            return None

    def _runs(self, shown: Details, live: Timer) -> tuple[Sequence[Run], str]:
        known = {run.started_at: run for run in shown.runs}
        runs = [known.get(run.started_at, run) for run in live.runs[:RUNS]]
        wanted = {run.task_id for run in runs if run.task_id}
        tasks: Mapping[str, Task] = {}
        unseen = ""
        try:
            tasks = self._tasks(shown.person, wanted) if wanted else {}
        except Problem:
            unseen = NO_ANSWER
        seen = [_seen(run, tasks.get(run.task_id or "")) for run in runs]
        return seen or shown.runs, unseen

    def _tell_of(self, known: WatchedTimer | None, live: Timer | None) -> None:
        """Let what stands otherwise than the bot knew be looked at, so that the team hears of it too."""
        if known and (live is None or stands_otherwise(known, live)):
            self._timers.look_soon(known.owner, [known.job_id])
            self._wake()


def _seen(run: Run, task: Task | None) -> Run:
    return run.seen_as(task) if task else run


def _use(collection_id: str, name: str, found: Collection | None, missing: frozenset[str] | None) -> Use:
    name = found.display_name if found else name or collection_id
    if found is None or missing is None:
        return Use(collection_id, name, Access.UNSEEN)
    if not found.needs_data_access:
        return Use(collection_id, name, Access.NOT_NEEDED)
    return Use(collection_id, name, Access.MISSING if collection_id in missing else Access.IN_PLACE)


def _places(plan: Plan) -> dict[str, str]:
    return {place.collection_id: place.name for place in (plan.source, plan.destination)}


def _with_names(plan: Plan | None, uses: Sequence[Use]) -> Plan | None:
    if plan is None:
        return None
    names = {one.collection_id: one.name for one in uses}
    return replace(
        plan,
        source=replace(plan.source, name=names.get(plan.source.collection_id, "")),
        destination=replace(plan.destination, name=names.get(plan.destination.collection_id, "")),
    )


def _gone(shown: Details) -> Details:
    if shown.timer is None:
        return replace(shown, problem="It is not yours, or it is gone.")
    timer = replace(shown.timer, status=TimerStatus.GONE, inactivity=None, next_run=None)
    return replace(shown, timer=timer, problem="It is gone: it was deleted at Globus.")


def _meets(timer: WatchedTimer, viewpoint: Viewpoint) -> bool:
    return timer.announcement is not None and timer.announcement.channel_id == viewpoint.channel_id


def _follows(wish: Wish | None) -> bool:
    return wish not in {None, Wish.NOTHING}
