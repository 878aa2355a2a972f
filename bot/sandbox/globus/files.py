"""The files of the collections: real ones, in a folder for each collection, out of which no path leads."""

import os
import posixpath
import shutil
import stat
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.sandbox.globus.collections import Collection
from bot.sandbox.globus.moments import written_with_space
from bot.sandbox.globus.seeds import plant
from bot.sandbox.wire import Json

_TYPES: Final = {stat.S_IFDIR: "dir", stat.S_IFREG: "file", stat.S_IFCHR: "chr", stat.S_IFBLK: "blk"}
_USER: Final = "sandbox"


class NotFound(Exception):
    """There is nothing under this path."""


class PermissionDenied(Exception):
    """The path may not be read, or not be written."""


class NotDirectory(Exception):
    """The path is no folder, where only a folder will do."""


class AlreadyExists(Exception):
    """There is something under this path already."""


@dataclass(frozen=True)
class Place:
    """A path of a collection: `path` as Globus writes it, absolute; `real` where it is on disk."""

    collection: Collection
    path: str
    real: Path

    def child(self, name: str) -> "Place":
        """Give a place inside this folder."""
        return Place(self.collection, posixpath.join(self.path, name), self.real / name)


class Files:
    """All files. Each method takes a path as Globus does: `~` and `/~/` mean the home folder.

    https://docs.globus.org/api/transfer/file_operations/
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # Tasks copy in threads of their own, and may be the first to come to a collection.
        self._planting = threading.Lock()

    def place(self, collection: Collection, path: str) -> Place:
        """Find where a path leads, whether or not there is anything.

        Raises PermissionDenied for one that leads out of the collection, NotFound for one that cannot be.
        """
        root = self._root(collection)
        absolute = absolute_path(collection, path)
        real = root / absolute.lstrip("/")
        try:
            inside = real.resolve().is_relative_to(root)
        except (OSError, RuntimeError, ValueError) as error:  # a loop of links, or a NUL in the path
            raise NotFound(absolute) from error
        if not inside:
            raise PermissionDenied(absolute)
        return Place(collection, absolute, real)

    def listing(self, collection: Collection, path: str) -> tuple[Place, list[Json]]:
        """Give a folder and its entries by name, hidden ones too.

        Raises NotFound, NotDirectory or PermissionDenied.
        """
        place = self.place(collection, path)
        if not place.real.exists():
            raise NotFound(place.path)
        if not place.real.is_dir():
            raise NotDirectory(place.path)
        return place, [self._described(place.child(one.name)) for one in sorted(place.real.iterdir())]

    def stat(self, collection: Collection, path: str) -> Json:
        """Describe one file or folder. Raises NotFound or PermissionDenied."""
        place = self.place(collection, path)
        if not place.real.exists():
            raise NotFound(place.path)
        return self._described(place)

    def make_directory(self, collection: Collection, path: str) -> Place:
        """Make a folder, and those above it. Raises AlreadyExists or PermissionDenied."""
        place = self.writable(collection, path)
        try:
            place.real.mkdir(parents=True)
        except (FileExistsError, NotADirectoryError) as error:
            raise AlreadyExists(place.path) from error
        return place

    def write(self, collection: Collection, path: str, text: str) -> Place:
        """Write a file from outside, whatever the collection permits; makes the folders above it.

        Raises PermissionDenied for a path out of the collection, NotFound where no file can be.
        """
        place = self.place(collection, path)
        try:
            place.real.parent.mkdir(parents=True, exist_ok=True)
            place.real.write_text(text)
        except OSError as error:
            raise NotFound(place.path) from error
        return place

    def remove(self, collection: Collection, path: str) -> Place:
        """Remove a file, or a folder with all that is in it, whatever the collection permits.

        Raises NotFound, or PermissionDenied for a path out of the collection.
        """
        place = self.place(collection, path)
        if not place.real.exists():
            raise NotFound(place.path)
        if place.real.is_dir():
            shutil.rmtree(place.real)
        else:
            place.real.unlink()
        return place

    def writable(self, collection: Collection, path: str) -> Place:
        """Find where a path leads in a collection that takes files. Raises PermissionDenied or NotFound."""
        if collection.read_only:
            raise PermissionDenied(absolute_path(collection, path))
        return self.place(collection, path)

    def _root(self, collection: Collection) -> Path:
        """Give a collection's folder; whoever comes first finds something believable in it."""
        root = self._folder.resolve() / collection.id
        with self._planting:
            if not root.exists():
                root.mkdir(parents=True)
                plant(root, collection.display_name)
        return root

    def _described(self, place: Place) -> Json:
        own = place.real.lstat()
        is_link = stat.S_ISLNK(own.st_mode)
        shown = self._target(place) if is_link else own
        found = shown or own
        return {
            "DATA_TYPE": "file",
            "name": posixpath.basename(place.path),
            "type": _TYPES.get(stat.S_IFMT(shown.st_mode), "other") if shown else "invalid_symlink",
            "size": found.st_size,
            "last_modified": written_with_space(found.st_mtime),
            "permissions": f"{stat.S_IMODE(found.st_mode):04o}",
            "user": _USER,
            "group": _USER,
            "link_target": str(place.real.readlink()) if is_link else None,
            "link_size": own.st_size if is_link else None,
            "link_last_modified": written_with_space(own.st_mtime) if is_link else None,
            "link_user": _USER if is_link else None,
            "link_group": _USER if is_link else None,
        }

    def _target(self, place: Place) -> os.stat_result | None:
        try:
            return self.place(place.collection, place.path).real.stat()
        except (OSError, NotFound, PermissionDenied):
            return None


def absolute_path(collection: Collection, path: str) -> str:
    """Give a path from the collection's root on, without `.`, `..` or a slash at the end."""
    for home in ("/~", "~"):
        if path == home or path.startswith(f"{home}/"):
            path = path.removeprefix(home).lstrip("/")
            break
    # posixpath keeps two slashes at the start, which mean nothing here.
    return "/" + posixpath.normpath(posixpath.join(collection.home, path)).lstrip("/")
