"""Before a timer exists: are its collections and paths there, the consents, and room for one more timer."""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol, TypeVar

from bot.accounts import Account, SlackUser
from bot.browsing import Collection, Collections
from bot.errors import Problem, Refused, SignInNeeded, UnknownCollection
from bot.paths import PathFindings, PathLooks, Paths
from bot.planning import Location, Plan, Source
from bot.quota import Intervals, refuse_too_often
from bot.sessions import NO_SESSION, SessionRequirement


class Consents(Protocol):
    """The consents that a person has given this bot."""

    def missing(self, person: SlackUser, collections: frozenset[str]) -> frozenset[str]:
        """Give those collections without a `data_access` consent that a timer could use.

        Raises SignInNeeded for a person who is not linked, and ServiceUnavailable.
        """
        ...


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found: the plan with the collections' names, and the consents that are missing.

    `sign_in` says why the person has to sign in before anything can be looked at. `unchecked` says what could
    not be looked at, and why, in sentences. `session` is what the collection `demanded_by` asks of a sign-in.
    """

    plan: Plan
    missing: frozenset[str]
    sign_in: SignInNeeded | None = None
    unchecked: str = ""
    session: SessionRequirement = NO_SESSION
    demanded_by: str = ""

    @property
    def waits(self) -> bool:
        """Whether a sign-in has to come first."""
        return bool(self.sign_in or self.missing or self.session)

    @property
    def ready(self) -> bool:
        """Whether nothing stands between this plan and its timer."""
        return not self.waits and not self.unchecked


class Checking:
    """Looks at everything that a timer needs, side by side, so that it takes one round trip."""

    def __init__(
        self,
        *,
        collections: Collections,
        consents: Consents,
        paths: Paths,
        intervals: Intervals,
        lookups: Executor,
    ) -> None:
        self._collections = collections
        self._consents = consents
        self._paths = paths
        self._intervals = intervals
        self._lookups = lookups

    def check(self, person: SlackUser, plan: Plan) -> Checked:
        """Check a plan; raises Refused, which names the field, or ServiceUnavailable."""
        ids = (plan.source.collection_id, plan.destination.collection_id)
        looking = [self._lookups.submit(self._look_up, person, collection_id) for collection_id in ids]
        asking = self._lookups.submit(self._missing, person, frozenset(ids))
        looks = PathLooks(self._paths, self._lookups, person, plan)
        counting = self._lookups.submit(self._other_intervals, person, plan)
        source, destination = (each.result() for each in looking)
        missing, sign_in = asking.result()
        _refuse_unusable("source_collection", plan.source, source, signed_in=sign_in is None)
        _refuse_unusable("destination_collection", plan.destination, destination, signed_in=sign_in is None)
        sign_in = sign_in or next(
            (answer for answer in (source, destination) if isinstance(answer, SignInNeeded)), None
        )
        plan = replace(
            plan, source=_named(plan.source, source), destination=_named(plan.destination, destination)
        )
        needed = frozenset(
            answer.collection_id
            for answer in (source, destination)
            if isinstance(answer, Collection) and answer.needs_data_access
        )
        try:
            if sign_in:
                raise sign_in
            # Paths are looked at with the person's own eyes, and before the sign-in there are none.
            findings = looks.judge(plan)
            if plan.schedule.interval:
                refuse_too_often(plan.schedule.interval, counting.result())
        except SignInNeeded as problem:
            # Which consents are there is not known then, and asking for one that is changes nothing.
            return Checked(plan=plan, missing=needed, sign_in=problem, session=problem.session)
        return Checked(
            plan=plan,
            missing=needed & (missing | findings.without_consent),
            unchecked=" ".join([*findings.unseen, *_beyond_consent(plan, findings, needed)]),
            session=findings.session,
            demanded_by=findings.demanded_by,
        )

    def _look_up(self, person: SlackUser, collection_id: str) -> Collection | Problem:
        try:
            return self._collections.get(person, collection_id)
        except (UnknownCollection, SignInNeeded) as problem:
            return problem

    def _missing(
        self, person: SlackUser, collections: frozenset[str]
    ) -> tuple[frozenset[str], SignInNeeded | None]:
        """Give the collections without consent, or why a person has to sign in first."""
        try:
            return self._consents.missing(person, collections), None
        except SignInNeeded as problem:
            return collections, problem

    def _other_intervals(self, person: SlackUser, plan: Plan) -> Sequence[timedelta]:
        return self._intervals.of(person) if plan.schedule.interval else ()


def _beyond_consent(plan: Plan, findings: PathFindings, needed: frozenset[str]) -> list[str]:
    """Say where a consent was asked for that no sign-in could bring, since there is no such scope."""
    return [
        f"{name} asks for a consent that I cannot ask you for."
        for name in names_of(plan, findings.without_consent - needed)
    ]


def _refuse_unusable(
    field: str, place: Source | Location, found: Collection | Problem, *, signed_in: bool
) -> None:
    # Before the sign-in the bot looks with its own eyes, and a private collection is unknown to it.
    if isinstance(found, UnknownCollection) and signed_in:
        unknown = UnknownCollection(found.collection_id, name=place.name)
        raise Refused(unknown.happened, unknown.next_step, field=field)
    if isinstance(found, Collection) and not found.can_hold_files:
        raise Refused(
            f"{found.display_name} is an endpoint, which holds no files itself.",
            "Choose one of its collections.",
            field=field,
        )


_Place = TypeVar("_Place", Source, Location)


def _named(place: _Place, found: Collection | Problem) -> _Place:
    return replace(place, name=found.display_name) if isinstance(found, Collection) else place


def names_of(plan: Plan, collections: frozenset[str]) -> list[str]:
    """Give what the plan calls these collections, source first."""
    names = {place.collection_id: place.name for place in (plan.source, plan.destination)}
    return [name or collection_id for collection_id, name in names.items() if collection_id in collections]


def why_sign_in(
    *,
    account: Account | None,
    checked: Checked,
    asked_before: frozenset[str],
) -> str:
    """Say why a sign-in is needed, and name what was declined if it was asked for before."""
    if account is None:
        return "Sign in to Globus once, so that the transfer can run with your account."
    if checked.session:
        names = names_of(checked.plan, frozenset({checked.demanded_by}))
        return " ".join([*(f"{name} is protected." for name in names), checked.session.in_words()])
    if checked.sign_in:
        return f"{checked.sign_in.happened} Sign in again as {account.username}."
    listed = " and ".join(names_of(checked.plan, checked.missing))
    if checked.missing & asked_before:
        return (
            f"You did not allow access to data on {listed}, so no timer was made: it would stop at its "
            "first run. Open the link again and leave the box ticked. Otherwise I give up after a day."
        )
    return (
        f"Globus needs your consent to access data on {listed}. "
        "Your last sign-in did not ask for it: I did not know then that you would need it."
    )


def still_demanded(checked: Checked) -> Refused:
    """Say that a session is asked for although a sign-in has just brought it, so that another is no use."""
    field = {
        checked.plan.source.collection_id: "source_collection",
        checked.plan.destination.collection_id: "destination_collection",
    }.get(checked.demanded_by)
    names = names_of(checked.plan, frozenset({checked.demanded_by}))
    where = f" for {names[0]}" if names else ""
    return Refused(
        f"You signed in, but{where} Globus still wants {checked.session.wish()}. No timer was made.",
        "Choose another collection, or ask whoever looks after this one.",
        field=field,
    )
