"""A Plan: what a person filled in. From where, to where, when, how, and where the team hears of it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.schedules import Schedule

LONGEST_NAME: Final = 64
"""Globus does not say how long a timer's name may be; this leaves room for the reference behind it."""

LONGEST_PATH: Final = 1000
"""Longer than any path a file system takes in practice, and short enough for a message."""

LONGEST_TEXT: Final = 3000
"""What one field of a form holds in Slack; more could not be shown again to be corrected.

https://docs.slack.dev/reference/block-kit/block-elements/plain-text-input-element
"""

MOST_FILTERS: Final = 20
"""Rules beyond this belong into folders."""


class Option(StrEnum):
    """What can be switched on for a transfer; the names are those of Globus's own document."""

    VERIFY_CHECKSUM = "verify_checksum"
    PRESERVE_TIMESTAMP = "preserve_timestamp"
    ENCRYPT_DATA = "encrypt_data"
    SKIP_SOURCE_ERRORS = "skip_source_errors"
    FAIL_ON_QUOTA_ERRORS = "fail_on_quota_errors"
    DELETE_DESTINATION_EXTRA = "delete_destination_extra"
    NOTIFY_ON_SUCCEEDED = "notify_on_succeeded"
    NOTIFY_ON_FAILED = "notify_on_failed"
    NOTIFY_ON_INACTIVE = "notify_on_inactive"


DEFAULT_OPTIONS: Final = frozenset(
    {
        Option.VERIFY_CHECKSUM,
        Option.NOTIFY_ON_SUCCEEDED,
        Option.NOTIFY_ON_FAILED,
        Option.NOTIFY_ON_INACTIVE,
    }
)
"""Those of `globus timer create transfer`."""


class SyncLevel(StrEnum):
    """When a file that is there already is copied again; `always` is Globus's default."""

    ALWAYS = "always"
    EXISTS = "exists"
    SIZE = "size"
    MTIME = "mtime"
    CHECKSUM = "checksum"

    @property
    def number(self) -> int | None:
        """Globus's number for it; None where none is sent."""
        return None if self is SyncLevel.ALWAYS else list(SyncLevel).index(self) - 1


class FilterMethod(StrEnum):
    """What a filter does with the names that it matches."""

    INCLUDE = "include"
    EXCLUDE = "exclude"


@dataclass(frozen=True, slots=True)
class Filter:
    """One rule of a recursive transfer: the first that matches a name decides.

    A pattern that ends with / is about folders (https://docs.globus.org/api/transfer/task_submit/#filter_rules).
    """

    method: FilterMethod
    pattern: str

    @property
    def is_for_folders(self) -> bool:
        """Whether it is matched with folders, not with files."""
        return self.pattern.endswith("/")


@dataclass(frozen=True, slots=True)
class Location:
    """A path on a collection. `name` is the collection's display name, as far as it is known."""

    collection_id: str
    path: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """What is copied: one or more paths on a collection; one that ends with / is a folder."""

    collection_id: str
    paths: tuple[str, ...]
    name: str = ""

    @property
    def has_folders(self) -> bool:
        """Whether anything recursive is in it."""
        return any(path.endswith("/") for path in self.paths)


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that is copied, with the path where it arrives."""

    source_path: str
    destination_path: str

    @property
    def is_folder(self) -> bool:
        """Whether it is copied with all that is in it."""
        return self.source_path.endswith("/")


@dataclass(frozen=True, slots=True)
class Plan:
    """What a person filled in. `name` is empty when they left it to the bot.

    `announce_in` is a channel's ID; `announce_thread` the `ts` of a message there, if the team hears of it
    in a thread.
    """

    source: Source
    destination: Location
    schedule: Schedule
    announce_in: str
    name: str = ""
    options: frozenset[Option] = DEFAULT_OPTIONS
    sync_level: SyncLevel = SyncLevel.ALWAYS
    filters: tuple[Filter, ...] = ()
    announce_thread: str = ""

    @property
    def items(self) -> tuple[Item, ...]:
        """Each source path with the path that Globus needs for it.

        A single folder's content goes into the destination, as with `globus timer create transfer`. Of
        several items each keeps its name there, and a file goes to the full path of a file.
        """
        return tuple(Item(path, self._arrival(path)) for path in self.source.paths)

    def _arrival(self, path: str) -> str:
        folder = self.destination.path.rstrip("/") + "/"
        name = path.rstrip("/").rsplit("/", 1)[-1]
        if len(self.source.paths) > 1:
            return folder + name + ("/" if path.endswith("/") else "")
        if path.endswith("/"):
            return folder
        return folder + name if self.destination.path.endswith("/") else self.destination.path

    @property
    def deletes(self) -> bool:
        """Whether runs delete files at the destination, which has to be confirmed."""
        return Option.DELETE_DESTINATION_EXTRA in self.options

    @property
    def title(self) -> str:
        """What to call this transfer: the person's name for it, or from where to where."""
        if self.name:
            return self.name
        named = f"{self.source.name or 'source'} to {self.destination.name or 'destination'}"
        return named[:LONGEST_NAME].strip()
