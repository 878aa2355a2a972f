"""Folders of collections, listed by Transfer (https://docs.globus.org/api/transfer/file_operations/)."""

import posixpath
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import globus_sdk
from globus_sdk.scopes import TransferScopes

from bot.accounts import Accounts, SlackUser
from bot.errors import Problem, Refused, SignInNeeded
from bot.folders import PAGE, ConsentNeeded, Entry, EntryKind, Folder, NotListed, Obstacle
from bot.globus.clients import Clients
from bot.globus.errors import is_revoked, reading, sentence, session_demanded
from bot.globus.watching import moment

_KINDS: Final = {"dir": EntryKind.FOLDER, "file": EntryKind.FILE}
_BUSY: Final = frozenset({429, 503})


class GlobusFolders:
    """Lists folders as the person, and as nobody else: what the bot itself may see is not theirs."""

    def __init__(self, clients: Clients, *, accounts: Accounts) -> None:
        self._clients = clients
        self._accounts = accounts

    def list_folder(self, person: SlackUser, collection_id: str, path: str, *, offset: int) -> Folder:
        """Give a page of up to PAGE entries, folders first; an empty path is where the collection begins.

        Raises NotListed, ConsentNeeded, SignInNeeded, Refused or ServiceUnavailable.
        """
        if TransferScopes.resource_server not in self._accounts.tokens(person):
            raise SignInNeeded
        with self._clients.transfer(person) as transfer, reading():
            try:
                answer = transfer.operation_ls(
                    collection_id,
                    path=path or globus_sdk.MISSING,
                    show_hidden=False,
                    orderby=["type", "name"],
                    limit=PAGE,
                    offset=offset,
                )
            except globus_sdk.TransferAPIError as error:
                problem = _problem(error)
                if problem is None:
                    raise
                raise problem from error
            return _folder(answer.data, offset)


def _folder(answer: Mapping[str, Any], offset: int) -> Folder:
    # The absolute path is not always told, and without it "/~/" is as good a beginning as any.
    path = posixpath.join("/", answer.get("absolute_path") or answer.get("path") or "/")
    entries = [_entry(entry) for entry in answer["DATA"] if entry["name"] not in {"", ".", ".."}]
    return Folder(
        path=path.rstrip("/") + "/",
        entries=tuple(sorted(entries, key=lambda entry: entry.kind is not EntryKind.FOLDER)),
        offset=offset,
        total=int(answer.get("total") or offset + len(entries)),
    )


def _entry(answer: Mapping[str, Any]) -> Entry:
    kind = _KINDS.get(answer["type"], EntryKind.OTHER)
    size = answer.get("size") if kind is EntryKind.FILE else None
    return Entry(str(answer["name"]), kind, size, _moment(answer.get("last_modified")))


def _moment(text: object) -> datetime | None:
    try:
        return moment(text)
    except ValueError:
        return None


def _problem(error: globus_sdk.TransferAPIError) -> Problem | None:
    """Say what keeps a folder from being listed; None for what every call can meet.

    Codes: https://docs.globus.org/api/transfer/file_operations/#dir_listing_errors
    """
    code, session = error.code or "", session_demanded(error)
    if session:
        return ConsentNeeded(session)
    if is_revoked(error) or error.http_status in _BUSY:
        return None
    if error.info.consent_required or code == "ConsentRequired":
        return ConsentNeeded()
    obstacle = _obstacle(code, error.http_status)
    if obstacle is None:
        return Refused(f"Globus refused: {sentence(error)}", "Type the path instead.")
    return NotListed(obstacle)


def _obstacle(code: str, status: int) -> Obstacle | None:
    words = {
        "NotDirectory": Obstacle.NOT_A_FOLDER,
        "NotADirectory": Obstacle.NOT_A_FOLDER,
        "NotFound": Obstacle.NOT_FOUND,
        "PermissionDenied": Obstacle.DENIED,
        "Paused": Obstacle.PAUSED,
        "EndpointError": Obstacle.DOWN,
        "ExternalError": Obstacle.DOWN,
        "NotConnected": Obstacle.DOWN,
    }
    statuses = {403: Obstacle.DENIED, 404: Obstacle.NOT_FOUND, 502: Obstacle.DOWN, 504: Obstacle.DOWN}
    return next((one for word, one in words.items() if word in code), statuses.get(status))
