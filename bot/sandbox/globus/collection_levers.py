"""Looking at a collection's files, and putting some there, without asking Globus."""

from bot.sandbox.globus.collections import Collection, find
from bot.sandbox.globus.files import NotDirectory, NotFound, PermissionDenied
from bot.sandbox.globus.globus import Globus
from bot.sandbox.globus.levers import refused, text_of
from bot.sandbox.wire import Json


async def files(globus: Globus, body: Json) -> Json:
    """List a folder."""
    collection, path = _collection(body), text_of({"path": "/", **body}, "path")
    try:
        place, found = globus.files.listing(collection, path)
    except (NotFound, NotDirectory, PermissionDenied) as error:
        raise refused("not_found", f"There is no folder {error}.") from error
    return {"path": place.path, "files": found}


async def write_file(globus: Globus, body: Json) -> Json:
    """Write a text file, and the folders above it; a collection that is read-only takes it too."""
    collection, path = _collection(body), text_of(body, "path")
    try:
        place = globus.files.write(collection, path, str(body.get("text", "")))
    except (NotFound, PermissionDenied) as error:
        raise refused("not_possible", f"No file can be {error}.") from error
    globus.traffic.touch()
    return {"path": place.path}


async def remove_file(globus: Globus, body: Json) -> Json:
    """Remove a file or folder, so that runs no longer find it; a read-only collection loses it too."""
    collection, path = _collection(body), text_of(body, "path")
    try:
        place = globus.files.remove(collection, path)
    except (NotFound, PermissionDenied) as error:
        raise refused("not_found", f"There is no {error}.") from error
    globus.traffic.touch()
    return {"path": place.path}


def _collection(body: Json) -> Collection:
    found = find(text_of(body, "collection_id"))
    if found is None or not found.holds_files:
        raise refused("not_found", "There is no such collection.")
    return found
