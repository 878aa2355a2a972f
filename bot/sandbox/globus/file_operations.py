"""Transfer's direct operations on files: ls, stat, mkdir.

https://docs.globus.org/api/transfer/file_operations/
"""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Final, TypeVar

from aiohttp import web

from bot.sandbox.globus.access import opened
from bot.sandbox.globus.calls import Handler
from bot.sandbox.globus.collections import Collection
from bot.sandbox.globus.errors import transfer_error
from bot.sandbox.globus.files import AlreadyExists, NotDirectory, NotFound, PermissionDenied
from bot.sandbox.globus.globus import Globus
from bot.sandbox.globus.listing import filtered, ordered, page
from bot.sandbox.globus.transfer_calls import actor_of, answer, body_of
from bot.sandbox.wire import Json

_MOST_ENTRIES: Final = 100_000
_FILTERS: Final = frozenset({"name", "type", "size", "last_modified", "permissions", "user", "group"})
_HIDE: Final = frozenset({"0", "false"})

_Found = TypeVar("_Found")


async def list_directory(globus: Globus, request: web.Request) -> web.StreamResponse:
    """List a folder; hidden entries too, unless `show_hidden` is 0."""
    collection, query = _collection(globus, request), request.query
    path = query.get("path") or collection.default_path
    place, found = _told(collection, lambda: globus.files.listing(collection, path))
    hides = query.get("show_hidden") in _HIDE
    shown = [entry for entry in found if not (hides and entry["name"].startswith("."))]
    in_order = ordered(_any_filter(shown, query.getall("filter", [])), query.get("orderby", ""))
    return answer(
        {
            **page("file_list", in_order, query, limit=_MOST_ENTRIES, most=_MOST_ENTRIES),
            "endpoint": collection.id,
            "path": _folder(path),
            "absolute_path": _folder(place.path),
            "rename_supported": True,
            "symlink_supported": False,
        }
    )


async def stat(globus: Globus, request: web.Request) -> web.StreamResponse:
    """Describe one file or folder."""
    collection = _collection(globus, request)
    path = request.query.get("path", "")
    if not path:
        raise transfer_error(HTTPStatus.BAD_REQUEST, "BadRequest", "path is required")
    return answer(_told(collection, lambda: globus.files.stat(collection, path)))


async def make_directory(globus: Globus, request: web.Request) -> web.StreamResponse:
    """Make a folder, and those above it."""
    collection, body = _collection(globus, request), await body_of(request)
    path = body.get("path")
    if not isinstance(path, str) or not path:
        raise transfer_error(HTTPStatus.BAD_REQUEST, "BadRequest", "path is required")
    _told(collection, lambda: globus.files.make_directory(collection, path))
    result = {
        "DATA_TYPE": "mkdir_result",
        "code": "DirectoryCreated",
        "message": "The directory was created successfully",
        "request_id": "sandbox",
        "resource": request.path,
    }
    return answer(result, status=HTTPStatus.ACCEPTED)


def _collection(globus: Globus, request: web.Request) -> Collection:
    actor = actor_of(globus, request)
    return opened(globus.consents, globus.sessions, actor, request.match_info["id"])


def _told(collection: Collection, act: Callable[[], _Found]) -> _Found:
    """Do something with files; what goes wrong is told as the collection's own server would."""
    where = f"Endpoint: {collection.display_name} ({collection.id})"
    try:
        return act()
    except NotFound as error:
        said = f"Path not found, Error (list)\n{where}\nMessage: No such file or directory\n---\n{error}"
        raise transfer_error(HTTPStatus.NOT_FOUND, "ClientError.NotFound", said) from error
    except PermissionDenied as error:
        said = f"Denied by endpoint, Error (list)\n{where}\nMessage: Path not allowed\n---\n{error}"
        raise transfer_error(HTTPStatus.FORBIDDEN, "EndpointPermissionDenied", said) from error
    except NotDirectory as error:
        said = f"Not a directory\n{where}\n---\n{error}"
        code = "ExternalError.DirListingFailed.NotDirectory"
        raise transfer_error(HTTPStatus.BAD_GATEWAY, code, said) from error
    except AlreadyExists as error:
        said = f"Path already exists, Error (mkdir)\n{where}\n---\n{error}"
        raise transfer_error(HTTPStatus.BAD_GATEWAY, "ExternalError.MkdirFailed.Exists", said) from error


def _any_filter(entries: list[Json], filters: list[str]) -> list[Json]:
    """Keep what matches at least one of several `filter` parameters."""
    if not filters:
        return entries
    kept = [entry for one in filters for entry in filtered(entries, one, _FILTERS)]
    return [entry for entry in entries if entry in kept]


def _folder(path: str) -> str:
    return path if path.endswith("/") else f"{path}/"


ROUTES: Final[Mapping[tuple[str, str], Handler]] = {
    ("GET", "/v0.10/operation/endpoint/{id}/ls"): list_directory,
    ("GET", "/v0.10/operation/endpoint/{id}/stat"): stat,
    ("POST", "/v0.10/operation/endpoint/{id}/mkdir"): make_directory,
}
