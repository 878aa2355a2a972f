"""A form becomes a Plan, with a message for every field that cannot be read; and a Plan a form again.

A form is a mapping from the fields' names to strings; what is not filled in is not there.
"""

import re
import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, tzinfo
from typing import Final

from bot.errors import FormProblems
from bot.planning import (
    DEFAULT_OPTIONS,
    LONGEST_NAME,
    LONGEST_PATH,
    LONGEST_TEXT,
    MOST_FILTERS,
    Filter,
    FilterMethod,
    Location,
    Option,
    Plan,
    Source,
    SyncLevel,
)
from bot.schedule_fields import ScheduleReading, form_of_schedule

NO_OPTIONS: Final = "none"
"""What the options' field holds when every box is unticked; an absent field means the defaults."""

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_FILTER: Final = re.compile(r"(?:(?P<method>include|exclude|[+-])\s+)?(?P<pattern>\S.*)", re.IGNORECASE)


def read_plan(form: Mapping[str, str], *, now: datetime, zone: tzinfo = UTC) -> Plan:
    """Read a whole form; raises FormProblems with a message for each bad field.

    `start` and `end_date` are seconds since the epoch. `source_name` and `destination_name` are what the
    collections are called in the form. Words in `interval` are read in the person's `zone`.
    """
    reading = _Reading(form, now, zone)
    source = Source(reading.collection("source"), reading.paths(), form.get("source_name", "").strip())
    destination = reading.destination()
    name = reading.name()
    options = reading.options()
    sync_level = reading.choice("sync_level", SyncLevel, default=SyncLevel.ALWAYS)
    filters = reading.filters()
    announce_in = reading.required("announce_in", "Choose where your team should hear of it.")
    schedule = reading.schedule()
    reading.check_places(source, destination)
    reading.check_recursive(source, filters, options)
    if reading.problems or schedule is None or sync_level is None:
        raise FormProblems(reading.problems)
    return Plan(
        source=source,
        destination=destination,
        schedule=schedule,
        announce_in=announce_in,
        name=name,
        options=options,
        sync_level=sync_level,
        filters=filters,
        announce_thread=form.get("announce_thread", ""),
    )


def form_of(plan: Plan) -> dict[str, str]:
    """Give the form that would become this plan again."""
    filled = {
        "source_collection": plan.source.collection_id,
        "source_name": plan.source.name,
        "source_path": "\n".join(plan.source.paths),
        "destination_collection": plan.destination.collection_id,
        "destination_name": plan.destination.name,
        "destination_path": plan.destination.path,
        "name": plan.name,
        "sync_level": plan.sync_level,
        "options": ",".join(sorted(plan.options)) or NO_OPTIONS,
        "filters": write_filters(plan.filters),
        "announce_in": plan.announce_in,
        "announce_thread": plan.announce_thread,
    }
    return {key: value for key, value in (filled | form_of_schedule(plan.schedule)).items() if value}


def write_filters(filters: Iterable[Filter]) -> str:
    """Write filters as `read_filters` reads them."""
    return "\n".join(f"{one.method} {one.pattern}" for one in filters)


def read_filters(text: str) -> tuple[Filter, ...]:
    """Read filters, one a line: `exclude *.tmp`, `include *.dat`; a bare pattern excludes.

    Raises ValueError, which says what is wrong.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > MOST_FILTERS:
        raise ValueError(f"At most {MOST_FILTERS} filters can be given.")
    filters = []
    for line in lines:
        found = _FILTER.fullmatch(line)
        method = (found["method"] or "exclude").lower() if found else ""
        pattern = found["pattern"] if found else ""
        if not pattern or _CONTROL.search(pattern) or pattern.count("/") > pattern.endswith("/"):
            raise ValueError(
                f"“{line}” is no filter: a filter is a name such as *.tmp, without folders in it."
            )
        filters.append(Filter(FilterMethod({"+": "include", "-": "exclude"}.get(method, method)), pattern))
    return tuple(filters)


class _Reading(ScheduleReading):
    """One pass over a whole form."""

    def collection(self, side: str) -> str:
        key = f"{side}_collection"
        collection_id = self.required(key, "Search for a collection and choose it.")
        try:
            return str(uuid.UUID(collection_id))
        except ValueError:
            if collection_id:
                self.problems[key] = "Globus has no such collection. Choose one from the list."
            return ""

    def paths(self) -> tuple[str, ...]:
        text = self.required("source_path", "Say which file or folder, such as /data/run-001/.")
        paths = tuple(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))
        for path in paths:
            self._check_path("source_path", path)
        if len("\n".join(paths)) > LONGEST_TEXT:
            self.problems["source_path"] = (
                f"Slack takes at most {LONGEST_TEXT:,} characters of paths here; choose a folder instead."
            )
        names = [path.rstrip("/").rsplit("/", 1)[-1] for path in paths]
        if len(set(names)) < len(names):
            self.problems["source_path"] = (
                "Two of these have the same name, so one would overwrite the other."
            )
        return paths

    def destination(self) -> Location:
        path = self.required("destination_path", "Say which folder, such as /archive/run-001/.")
        if path:
            self._check_path("destination_path", path)
        return Location(self.collection("destination"), path, self._form.get("destination_name", ""))

    def _check_path(self, key: str, path: str) -> None:
        if not path.startswith(("/", "~")):
            self.problems[key] = "A path starts with / (or with ~ for your home folder)."
        elif _CONTROL.search(path):
            self.problems[key] = "A path has no line breaks or control characters in it."
        elif len(path) > LONGEST_PATH:
            self.problems[key] = f"A path can have at most {LONGEST_PATH:,} characters."
        elif "/../" in f"{path}/":
            self.problems[key] = "A path cannot go up with “..”; write where it leads."

    def check_places(self, source: Source, destination: Location) -> None:
        """Refuse a destination that is the source, or lies inside it, or holds what would be overwritten."""
        if self.problems or source.collection_id != destination.collection_id:
            return
        target = destination.path.rstrip("/") + "/"
        for path in source.paths:
            if target == path.rstrip("/") + "/":
                self.problems["destination_path"] = (
                    "This is the same place as the source. Choose another folder."
                )
            elif path.endswith("/") and target.startswith(path):
                self.problems["destination_path"] = (
                    "This lies inside the source, so each run would copy the last one's copy. "
                    "Choose another folder."
                )
            elif path.rsplit("/", 1)[0] + "/" == target and not path.endswith("/"):
                self.problems["destination_path"] = "This file is there already. Choose another folder."

    def check_recursive(
        self, source: Source, filters: tuple[Filter, ...], options: frozenset[Option]
    ) -> None:
        """Refuse what works for folders only where there is none."""
        if source.has_folders or "source_path" in self.problems:
            return
        if filters:
            self.problems["filters"] = "Filters work inside folders; end a path with / to copy a folder."
        if Option.DELETE_DESTINATION_EXTRA in options:
            self.problems["options"] = "Extra files can be deleted only when a folder is copied."

    def name(self) -> str:
        name = " ".join(self._form.get("name", "").split())
        if len(name) > LONGEST_NAME:
            self.problems["name"] = f"A name can have at most {LONGEST_NAME} characters."
        return name

    def options(self) -> frozenset[Option]:
        given = self._form.get("options")
        if not given:
            return DEFAULT_OPTIONS
        known = {option.value: option for option in Option}
        names = [] if given == NO_OPTIONS else given.split(",")
        if any(name not in known for name in names):
            self.problems["options"] = "Choose from the list."
        return frozenset(known[name] for name in names if name in known)

    def filters(self) -> tuple[Filter, ...]:
        try:
            filters = read_filters(self._form.get("filters", ""))
        except ValueError as problem:
            self.problems["filters"] = str(problem)
            return ()
        if len(write_filters(filters)) > LONGEST_TEXT:
            self.problems["filters"] = f"Slack takes at most {LONGEST_TEXT:,} characters of filters here."
        return filters
