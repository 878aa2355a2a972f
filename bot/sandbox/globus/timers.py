"""Timers: created, run when they are due, paused, resumed and deleted.

https://docs.globus.org/api/timers/
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus
from typing import Final

from bot.sandbox.chance import Chance
from bot.sandbox.globus.access import missing_consents, nested
from bot.sandbox.globus.collections import find
from bot.sandbox.globus.consents import Consents
from bot.sandbox.globus.errors import Refused, timers_error
from bot.sandbox.globus.schedules import Schedule
from bot.sandbox.globus.submissions import LABEL_LENGTH, Submission
from bot.sandbox.globus.tasks import Tasks
from bot.sandbox.globus.timer import CHAIN, Run, Timer
from bot.sandbox.globus.timer_documents import TimerDocument
from bot.sandbox.wire import Json

_SHORTEST_TOGETHER: Final = 60
"""A person's timers together run at most once in so many seconds."""


class Timers:
    """All timers, oldest first; `changed` is told of everything that happens to one.

    `senders_clock` gives the time of those who make them, which the sandbox's may be ahead of.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        tasks: Tasks,
        consents: Consents,
        chance: Chance,
        *,
        senders_clock: Callable[[], float],
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self._clock = clock
        self._senders_clock = senders_clock
        self._tasks = tasks
        self._consents = consents
        self._chance = chance
        self._changed = changed
        self._timers: dict[str, Timer] = {}
        # Files are copied in a thread, and somebody else may look for work meanwhile.
        self._working = asyncio.Lock()

    def create(self, *, owner_id: str, client_id: str, document: Json) -> Timer:
        """Make a timer; that it may reach its collections is not checked before it runs.

        Raises Refused: 422 for what is wrong in the document, 403 for a token without Transfer below it,
        and for more timers than a person may have.
        """
        now = self._clock()
        wanted = TimerDocument.parse(document, now, sent_at=self._senders_clock())
        if not self._consents.holds(owner_id, client_id, CHAIN):
            raise timers_error(HTTPStatus.FORBIDDEN, "FORBIDDEN", "Missing dependent consent for Transfer")
        self._check_quota(owner_id, wanted.schedule)
        timer = Timer(
            job_id=self._chance.uuid(),
            name=wanted.name,
            owner_id=owner_id,
            client_id=client_id,
            schedule=wanted.schedule,
            body=wanted.body,
            submitted_at=now,
            next_run=wanted.schedule.first(),
        )
        return self._keep(timer)

    def find(self, owner_id: str, job_id: str) -> Timer:
        """Give one of a person's own timers. Raises Refused, `NOT_FOUND`."""
        timer = self._timers.get(job_id.lower())
        if timer is None or timer.owner_id != owner_id:
            raise timers_error(HTTPStatus.NOT_FOUND, "NOT_FOUND", f"No timer found with ID {job_id}")
        return timer

    def get(self, job_id: str) -> Timer | None:
        """Give anybody's timer, or None."""
        return self._timers.get(job_id)

    def everyone(self) -> list[Timer]:
        """Give all timers of all people, oldest first."""
        return list(self._timers.values())

    def of(self, owner_id: str) -> list[Timer]:
        """Give a person's timers, oldest first."""
        return [timer for timer in self._timers.values() if timer.owner_id == owner_id]

    def rename(self, timer: Timer, name: str) -> Timer:
        """Give a timer another name; nothing else of it can change."""
        return self._keep(replace(timer, name=name))

    def pause(self, timer: Timer) -> Timer:
        """Let a timer rest; a run that is under way goes on. Raises Refused for one that has ended."""
        self._check_not_ended(timer)
        if not timer.is_active:
            return timer
        return self._keep(_inactive(timer, {"cause": "user", "detail": None}))

    def resume(self, timer: Timer, *, client_id: str | None) -> Timer:
        """Let a timer go on, with the consents of `client_id` from now on if there is one.

        A run that was missed is made up for once, at once. A timer whose consents are still missing stays
        as it is. Raises Refused for one that has ended.
        """
        self._check_not_ended(timer)
        resumed = replace(timer, client_id=client_id or timer.client_id)
        missing = self._missing(resumed)
        if missing:
            return self._keep(_inactive(resumed, missing))
        is_over = timer.schedule.is_over(self._clock(), runs=timer.run_count)
        next_run = None if is_over else timer.next_run
        return self._keep(replace(resumed, status="active", inactive_reason=None, next_run=next_run))

    def delete(self, timer: Timer) -> None:
        """Forget a timer; its tasks go on."""
        del self._timers[timer.job_id]
        self._changed()

    def run_now(self, timer: Timer) -> Timer:
        """Run an active timer at once, whatever its schedule says. Gives it as it is afterwards."""
        return self._fire(timer) if timer.is_active else timer

    def next_due(self) -> float | None:
        """Say when the next timer is due; None when nothing is to come."""
        return min(
            (one.next_run for one in self._timers.values() if one.is_active and one.next_run), default=None
        )

    async def run_due(self) -> bool:
        """Take all tasks a step further, and run the timers that are due; says whether anything was done."""
        async with self._working:
            worked = await self._tasks.work()
            moved = [self._advance(timer) for timer in self.everyone() if timer.is_active]
            return worked or any(moved)

    def _advance(self, timer: Timer) -> bool:
        now, is_running = self._clock(), timer.running(self._tasks) is not None
        if timer.next_run is None:
            if is_running:
                return False
            self._keep(replace(timer, status="ended", next_run=None))
            return True
        if timer.next_run > now:
            return False
        if is_running:
            # A tick that falls into a run is skipped, and does not count.
            self._keep(replace(timer, next_run=timer.schedule.next(now, runs=timer.run_count)))
        else:
            self._fire(timer)
        return True

    def _fire(self, timer: Timer) -> Timer:
        now = self._clock()
        missing = self._missing(timer)
        if missing:
            return self._keep(_inactive(replace(timer, error_count=timer.error_count + 1), missing))
        try:
            submission = Submission.parse(self._labelled(timer))
            task, _ = self._tasks.submit(timer.actor, submission, submission_id=self._chance.uuid())
        except Refused as refused:
            if "authorization_parameters" in refused.body:
                reason = {"cause": "globus_auth_requirements", "detail": refused.body}
                return self._keep(_inactive(replace(timer, error_count=timer.error_count + 1), reason))
            return self._keep(self._failed(timer, refused))
        count = timer.run_count + 1
        return self._keep(
            replace(
                timer,
                status="active",
                runs=(*timer.runs, Run(now, task.task_id)),
                run_count=count,
                last_ran_at=now,
                next_run=timer.schedule.next(now, runs=count),
            )
        )

    def _failed(self, timer: Timer, refused: Refused) -> Timer:
        now = self._clock()
        return replace(
            timer,
            status="active",
            runs=(*timer.runs, Run(now, error=refused.body)),
            error_count=timer.error_count + 1,
            last_ran_at=now,
            next_run=timer.schedule.next(now, runs=timer.run_count),
        )

    def _labelled(self, timer: Timer) -> Json:
        label, number = str(timer.body.get("label") or timer.name).strip(), f", run {timer.run_count + 1}"
        return {**timer.body, "label": " ".join(label.split())[: LABEL_LENGTH - len(number)] + number}

    def _missing(self, timer: Timer) -> Json | None:
        """Give why a timer cannot run: the consents it lacks (https://docs.globus.org/guides/overviews/gares/)."""
        ends = (find(str(timer.body[name])) for name in ("source_endpoint", "destination_endpoint"))
        missing = missing_consents(self._consents, timer.actor, *(one for one in ends if one))
        if not missing:
            return None
        parameters = {
            "session_message": "Missing required data_access consent",
            "required_scopes": [nested(CHAIN, missing)],
        }
        detail = {"code": "ConsentRequired", "authorization_parameters": parameters}
        return {"cause": "globus_auth_requirements", "detail": detail}

    def _check_quota(self, owner_id: str, schedule: Schedule) -> None:
        living = [one.schedule for one in self.of(owner_id) if one.status != "ended"]
        rate = sum(1 / one.interval for one in (*living, schedule) if one.interval)
        if rate * _SHORTEST_TOGETHER > 1 + 1e-9:
            raise timers_error(
                HTTPStatus.FORBIDDEN,
                "QUOTA_EXCEEDED",
                "A person's timers together may run at most once per minute",
            )

    def _check_not_ended(self, timer: Timer) -> None:
        if timer.status == "ended":
            raise timers_error(HTTPStatus.CONFLICT, "CONFLICT", f"Timer {timer.job_id} has ended")

    def _keep(self, timer: Timer) -> Timer:
        self._timers[timer.job_id] = timer
        self._changed()
        return timer


def _inactive(timer: Timer, reason: Json) -> Timer:
    return replace(timer, status="inactive", inactive_reason=reason)
