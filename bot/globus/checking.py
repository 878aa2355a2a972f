"""What stands in a timer's way, asked at Globus: consents at Auth, paths at Transfer, rhythms at Timers."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

import globus_sdk
from globus_sdk import MISSING
from globus_sdk.exc import NetworkError

from bot.accounts import Accounts, SlackUser
from bot.errors import SignInNeeded
from bot.globus import scopes
from bot.globus.clients import Clients
from bot.globus.errors import detail, is_revoked, reading, session_demanded
from bot.globus.watching import OVER
from bot.paths import Found, Look

_AT_REST: Final = OVER | {"inactive"}
"""Statuses of timers that do not run. There may be others that nobody wrote down, so these are left out."""

_MEANINGS: Final = {
    "ConsentRequired": Found.NO_CONSENT,
    "NotFound": Found.NOTHING,
    "NotDirectory": Found.FILE,
    "PermissionDenied": Found.DENIED,
}
"""How codes end: what comes before says which server found out."""

_TYPES: Final = {"dir": Found.FOLDER, "invalid_symlink": Found.NOTHING}


class GlobusConsents:
    """Compares what timers need with the consents that are really held."""

    def __init__(self, clients: Clients, *, accounts: Accounts) -> None:
        self._clients = clients
        self._accounts = accounts

    def missing(self, person: SlackUser, collections: frozenset[str]) -> frozenset[str]:
        """Give those collections without a `data_access` consent below the timer scope.

        Raises SignInNeeded for a person who is not linked, or whose consent to timers is gone.
        """
        account = self._accounts.find(person)
        if account is None:
            raise SignInNeeded
        with self._clients.auth(person) as auth, reading():
            forest = auth.get_consents(account.identity_id).to_forest()
        if not forest.meets_scope_requirements([scopes.timer()]):
            raise SignInNeeded("Your consent to timers is gone.")
        return frozenset(
            one for one in collections if not forest.meets_scope_requirements([scopes.timer([one])])
        )


class GlobusPaths:
    """Looks at paths with a person's own token (https://docs.globus.org/api/transfer/file_operations/)."""

    def __init__(self, clients: Clients, *, accounts: Accounts) -> None:
        self._clients = clients
        self._accounts = accounts

    def look_into(self, person: SlackUser, collection_id: str, path: str, *, whole: bool) -> Look:
        """Try to list a folder; `whole` gives all its entries too."""

        def ask(transfer: globus_sdk.TransferClient) -> Look:
            # One entry shows that a folder can be listed, however many there are.
            limit = MISSING if whole else 1
            answer = transfer.operation_ls(collection_id, path=path, limit=limit)
            entries = {one["name"]: _TYPES.get(one["type"], Found.FILE) for one in answer["DATA"]}
            if whole and answer.get("total", 0) > len(entries):
                return Look(Found.UNSEEN, "its folder has too much in it to look through")
            return Look(Found.FOLDER, entries=entries)

        return self._look(person, ask)

    def look_at(self, person: SlackUser, collection_id: str, path: str) -> Look:
        """Say what is under a path, without listing it."""
        return self._look(
            person,
            lambda transfer: Look(
                _TYPES.get(transfer.operation_stat(collection_id, path)["type"], Found.FILE)
            ),
        )

    def _look(self, person: SlackUser, ask: Callable[[globus_sdk.TransferClient], Look]) -> Look:
        # For somebody who is not linked the client would be the bot's own, and the bot has no files.
        if self._accounts.find(person) is None:
            raise SignInNeeded
        with self._clients.transfer(person) as transfer, reading():
            try:
                return ask(transfer)
            except globus_sdk.GlobusAPIError as error:
                if is_revoked(error) or error.http_status == 429:  # noqa: PLR2004 - HTTP's own number
                    raise
                return _look_from(error)
            except NetworkError:
                return Look(Found.UNSEEN, "Globus did not answer in time")
            except (ValueError, KeyError, TypeError, AttributeError):
                return Look(Found.UNSEEN, "Globus gave an answer that I cannot read")


class GlobusIntervals:
    """The rhythms of a person's timers."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def of(self, person: SlackUser) -> Sequence[timedelta]:
        """Give the intervals of the person's active recurring timers."""
        with self._clients.timers(person) as timers, reading():
            # `active` covers new timers: there is no filter for them, and no filter at all gives none more.
            jobs = timers.list_jobs(query_params={"filter_status": "active"})["jobs"]
            return [timedelta(seconds=job["interval"]) for job in jobs if _runs_again(job)]


def _runs_again(job: Mapping[str, Any]) -> bool:
    return bool(job.get("interval")) and job.get("status") not in _AT_REST


def _look_from(error: globus_sdk.GlobusAPIError) -> Look:
    """Read what Transfer, or the collection's own server through it, says about a path.

    Codes: https://docs.globus.org/api/transfer/file_operations/#errors
    """
    code = error.code or ""
    session = session_demanded(error)
    if session:
        return Look(Found.NO_SESSION, session=session)
    if code == "OperationPaused":
        return Look(Found.UNSEEN, "whoever looks after it has paused it")
    for ending, found in _MEANINGS.items():
        if code.endswith(ending) and code != "EndpointNotFound":
            return Look(found)
    return Look(Found.UNSEEN, f"Globus says “{_first_line(detail(error))}”")


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0].rstrip(".") if text.strip() else "nothing more"
