"""Steering a person's timers at Globus (https://docs.globus.org/api/timers/)."""

from collections.abc import Iterator
from contextlib import contextmanager

import globus_sdk

from bot.accounts import SlackUser
from bot.errors import Refused
from bot.globus.clients import Clients
from bot.globus.errors import NOT_FOUND, changing
from bot.globus.watching import GlobusSight, delete_job, resume_job
from bot.timers import Timer


class GlobusSteering:
    """Acts with each person's own tokens. Raises Refused, SignInNeeded, OutcomeUnclear and others."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._sight = GlobusSight(clients)

    def timer(self, person: SlackUser, job_id: str) -> Timer | None:
        """Give a timer; None if this person has none with this ID."""
        return self._sight.timer(person, job_id)

    def pause(self, person: SlackUser, job_id: str) -> None:
        """Pause a timer."""
        with self._changing(person) as timers:
            timers.pause_job(job_id)

    def resume(self, person: SlackUser, job_id: str, *, update_credentials: bool) -> None:
        """Resume a timer, with what its owner has allowed since if `update_credentials`."""
        with self._changing(person) as timers:
            resume_job(timers, job_id, update_credentials=update_credentials)

    def rename(self, person: SlackUser, job_id: str, name: str) -> None:
        """Give a timer another name, which is all that Timers lets change."""
        with self._changing(person) as timers:
            timers.update_job(job_id, {"name": name})

    def delete(self, person: SlackUser, job_id: str) -> None:
        """Delete a timer; one that is gone is fine."""
        with self._clients.timers(person) as timers, changing():
            delete_job(timers, job_id)

    @contextmanager
    def _changing(self, person: SlackUser) -> Iterator[globus_sdk.TimersClient]:
        with self._clients.timers(person) as timers, changing():
            try:
                yield timers
            except globus_sdk.TimersAPIError as error:
                if error.http_status == NOT_FOUND:
                    raise Refused("This timer is gone.", "It was deleted a moment ago.") from error
                raise
