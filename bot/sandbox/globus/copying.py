"""The work of one transfer: what is copied, skipped and deleted, file by file."""

import filecmp
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from bot.sandbox.globus.collections import Collection
from bot.sandbox.globus.files import Files, NotFound, PermissionDenied, Place
from bot.sandbox.globus.submissions import Item, Submission

EXISTS: Final = 0
SIZE: Final = 1
MTIME: Final = 2


@dataclass(frozen=True)
class Problem:
    """Something that went wrong; `code` is Transfer's word for it, as it stands in a task's events."""

    code: str
    details: str


class Stopped(Exception):
    """The transfer cannot go on."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.code}: {problem.details}")
        self.problem = problem


@dataclass
class Outcome:
    """What a transfer has done so far; `problem` is what ended it early."""

    transferred: list[tuple[str, str]] = field(default_factory=list)
    skipped: list[tuple[str, Problem]] = field(default_factory=list)
    bytes_transferred: int = 0
    bytes_checksummed: int = 0
    directories: int = 0
    up_to_date: int = 0
    deleted: int = 0
    problem: Problem | None = None

    @property
    def files(self) -> int:
        """How many files were looked at."""
        return len(self.transferred) + self.up_to_date + len(self.skipped)


def carry_out(files: Files, source: Collection, destination: Collection, submission: Submission) -> Outcome:
    """Carry out all items, until one of them stops it; touches nothing but the disk."""
    copying = Copying(files, source, destination, submission)
    try:
        for item in submission.items:
            copying.carry_out(item)
    except Stopped as stopped:
        copying.outcome.problem = stopped.problem
    except OSError as error:
        copying.outcome.problem = Problem("ENDPOINT_ERROR", str(error.strerror))
    return copying.outcome


class Copying:
    """The items of one submission, carried out one by one; `outcome` tells how far it got."""

    def __init__(
        self, files: Files, source: Collection, destination: Collection, submission: Submission
    ) -> None:
        self._files = files
        self._source = source
        self._destination = destination
        self._submission = submission
        self.outcome = Outcome()

    def carry_out(self, item: Item) -> None:
        """Copy a file, or a folder with all that is in it. Raises Stopped."""
        source = self._found(item.source)
        if source is None:
            return
        destination = self._target(item.destination)
        is_folder = source.real.is_dir()
        if item.is_recursive is not None and item.is_recursive != is_folder:
            code = "NOT_A_DIRECTORY" if item.is_recursive else "IS_A_DIRECTORY"
            raise Stopped(Problem(code, f"{source.path} and `recursive` do not fit together"))
        if is_folder and destination.real.is_relative_to(source.real):
            raise Stopped(Problem("PERMISSION_DENIED", f"{destination.path} is inside {source.path}"))
        if is_folder:
            self._copy_folder(source, destination)
        elif item.destination.endswith("/") or destination.real.is_dir():
            raise Stopped(Problem("IS_A_DIRECTORY", f"{destination.path} is a folder, a file needs a name"))
        else:
            self._copy_file(source, destination)

    def _found(self, path: str) -> Place | None:
        try:
            place = self._files.place(self._source, path)
            if place.real.exists():
                return place
            problem = Problem("FILE_NOT_FOUND", f"{place.path} is not there")
        except PermissionDenied as error:
            problem = Problem("PERMISSION_DENIED", f"{error} may not be read")
        except NotFound as error:
            problem = Problem("FILE_NOT_FOUND", f"{error} is not there")
        self._skip(path, problem)
        return None

    def _skip(self, path: str, problem: Problem) -> None:
        if not self._submission.is_set("skip_source_errors"):
            raise Stopped(problem)
        self.outcome.skipped.append((path, problem))

    def _target(self, path: str) -> Place:
        try:
            return self._files.writable(self._destination, path)
        except (PermissionDenied, NotFound) as error:
            raise Stopped(Problem("PERMISSION_DENIED", f"{error} may not be written")) from error

    def _copy_folder(self, source: Place, destination: Place) -> None:
        if destination.real.exists() and not destination.real.is_dir():
            raise Stopped(Problem("NOT_A_DIRECTORY", f"{destination.path} is a file"))
        destination.real.mkdir(parents=True, exist_ok=True)
        self.outcome.directories += 1
        inside = list(_entries(source))
        for entry in inside:
            name, is_folder = entry.real.name, entry.real.is_dir()
            if self._submission.includes(name, is_folder=is_folder):
                copy = self._copy_folder if is_folder else self._copy_file
                copy(entry, self._target(destination.child(name).path))
        if self._submission.is_set("delete_destination_extra"):
            self._delete_extra({entry.real.name for entry in inside}, destination)

    def _copy_file(self, source: Place, destination: Place) -> None:
        if not self._needs_copy(source, destination):
            self.outcome.up_to_date += 1
            return
        try:
            destination.real.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source.real, destination.real)
        except OSError as error:
            raise Stopped(Problem("PERMISSION_DENIED", f"{destination.path} cannot be written")) from error
        found = source.real.stat()
        if self._submission.is_set("preserve_timestamp"):
            os.utime(destination.real, (found.st_atime, found.st_mtime))
        self.outcome.bytes_transferred += found.st_size
        self.outcome.bytes_checksummed += found.st_size if self._submission.is_set("verify_checksum") else 0
        self.outcome.transferred.append((source.path, destination.path))

    def _needs_copy(self, source: Place, destination: Place) -> bool:
        level = self._submission.sync_level
        if level is None or not destination.real.exists():
            return True
        there, here = destination.real.stat(), source.real.stat()
        if level == EXISTS:
            return False
        if there.st_size != here.st_size:
            return True
        if level == SIZE:
            return False
        if level == MTIME:
            return here.st_mtime > there.st_mtime
        return not filecmp.cmp(source.real, destination.real, shallow=False)

    def _delete_extra(self, kept: set[str], destination: Place) -> None:
        for entry in _entries(destination):
            if entry.real.name not in kept:
                if entry.real.is_dir():
                    shutil.rmtree(entry.real)
                else:
                    entry.real.unlink()
                self.outcome.deleted += 1


def _entries(folder: Place) -> Iterator[Place]:
    """Give what is in a folder; links are left alone (`recursive_symlinks` is `ignore`)."""
    for entry in sorted(folder.real.iterdir()):
        if not entry.is_symlink():
            yield folder.child(entry.name)
