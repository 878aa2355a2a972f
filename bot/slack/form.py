"""The form: drawn from the fields' values, and read back into them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.errors import FormProblems
from bot.schedules import INTERVALS, Ending, Repeat, write_interval
from bot.scheduling import LONGEST_NAME, Plan
from bot.slack.blocks import Block, View, context, field, modal, option, plain, section

FORM: Final = "schedule_transfer"
REDRAWING: Final = ("repeat", "end")
"""The fields whose choice decides which other fields are there."""

_REPEATS: Final = {
    Repeat.ONCE: "Once",
    Repeat.HOURLY: "Every hour",
    Repeat.DAILY: "Every day",
    Repeat.WEEKLY: "Every week",
    Repeat.CUSTOM: "Every …",
}
_ENDINGS: Final = {Ending.NEVER: "Never", Ending.RUNS: "After a number of runs", Ending.DATE: "At a time"}
_FALLBACK: Final = {"interval": "repeat", "end_runs": "end", "end_date": "end", "end": "repeat"}
"""Where a problem is shown whose own field is not in the form."""


@dataclass(frozen=True, slots=True)
class FormContext:
    """What travels with an open form: the request that it will become, and where it was opened."""

    request_id: str
    channel_id: str = ""

    def written(self) -> str:
        """Write it as a view's private metadata."""
        return json.dumps({"request_id": self.request_id, "channel_id": self.channel_id})

    @classmethod
    def read(cls, metadata: str) -> "FormContext":
        """Read a view's private metadata."""
        given = json.loads(metadata)
        return cls(given["request_id"], given["channel_id"])


def read_state(values: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> dict[str, str]:
    """Read a view's state into the form's fields, each a string under its name.

    Shapes of values: https://docs.slack.dev/reference/views/view-submission-payloads. The names of the
    chosen collections come along as `source_name` and `destination_name`.
    """
    form: dict[str, str] = {}
    for block_id, elements in values.items():
        name = block_id.partition(":")[0]
        for element in elements.values():
            form[name] = _value(element)
            chosen = element.get("selected_option")
            if chosen and name.endswith("_collection"):
                form[name.removesuffix("_collection") + "_name"] = chosen["text"]["text"]
    return {name: value for name, value in form.items() if value}


def _value(element: Mapping[str, Any]) -> str:
    if element.get("selected_option"):
        return str(element["selected_option"]["value"])
    for key in ("value", "selected_date_time", "selected_conversation", "selected_date"):
        if element.get(key) is not None:
            return str(element[key])
    return ""


def form_view(
    opened: FormContext,
    *,
    filled: Mapping[str, str] | None = None,
    note: str = "",
    problem: tuple[str, str] | None = None,
) -> View:
    """Draw the form, filled in as given; `problem` is a field's name and what is wrong with it."""
    given = dict(filled or {})
    blocks = [section(note)] if note else []
    for drawn in _fields(given):
        blocks.append(drawn)
        if problem and drawn["block_id"] == problem[0]:
            blocks.append(context(f":warning: {problem[1]}"))
    return modal(
        FORM,
        "Schedule a transfer",
        blocks,
        metadata=opened.written(),
        submit="Schedule",
        close="Cancel",
    )


def filled_from(plan: Plan) -> dict[str, str]:
    """Give the fields of a form that would become this plan again."""
    schedule = plan.schedule
    repeats = {interval: repeat for repeat, interval in INTERVALS.items()}
    filled = {
        "source_collection": plan.source.collection_id,
        "source_name": plan.source.name,
        "source_path": plan.source.path,
        "destination_collection": plan.destination.collection_id,
        "destination_name": plan.destination.name,
        "destination_path": plan.destination.path,
        "name": plan.name,
        "start": str(int(schedule.start.timestamp())),
        "repeat": Repeat.ONCE if schedule.interval is None else repeats.get(schedule.interval, Repeat.CUSTOM),
        "end": Ending.RUNS if schedule.runs else Ending.DATE if schedule.until else Ending.NEVER,
        "announce_in": plan.announce_in,
    }
    if filled["repeat"] == Repeat.CUSTOM and schedule.interval:
        filled["interval"] = write_interval(schedule.interval)
    if schedule.runs:
        filled["end_runs"] = str(schedule.runs)
    if schedule.until:
        filled["end_date"] = str(int(schedule.until.timestamp()))
    return filled


def placed(problems: FormProblems, view: Mapping[str, Any]) -> dict[str, str]:
    """Put each problem under a field that the view has; Slack shows no other."""
    blocks = {block["block_id"].partition(":")[0]: block["block_id"] for block in view["blocks"]}
    found: dict[str, str] = {}
    for name, message in problems.by_field.items():
        shown = name
        while shown not in blocks and shown in _FALLBACK:
            shown = _FALLBACK[shown]
        found[blocks.get(shown, shown)] = message
    return found


def _fields(given: Mapping[str, str]) -> list[Block]:
    repeat = given.get("repeat", Repeat.DAILY)
    fields = [
        *_place(
            "source",
            "From",
            "The file or folder to copy, such as /data/run-001/. A folder ends with /.",
            given,
        ),
        *_place("destination", "To", "Where it goes, such as /archive/run-001/.", given),
        field(
            "name",
            "Name",
            _text(given.get("name"), placeholder="Nightly backup", most=LONGEST_NAME),
            hint="What your team will call it. Left empty, it is named after the collections.",
            optional=True,
        ),
        field("repeat", "How often", _select(_REPEATS, repeat), redraws=True),
    ]
    if repeat == Repeat.CUSTOM:
        interval = _text(given.get("interval"), placeholder="6h")
        fields.append(
            field("interval", "Interval", interval, hint="Weeks, days, hours, minutes: 2w, 1d12h, 90m.")
        )
    fields.append(
        field(
            "start",
            "First run",
            _date_time(given.get("start")),
            hint="In your own time zone. Left empty, it runs as soon as it is scheduled.",
            optional=True,
        )
    )
    if repeat != Repeat.ONCE:
        fields.extend(_ending(given))
    fields.append(field("announce_in", "Announce in", _channel(given.get("announce_in"))))
    return fields


def _place(side: str, label: str, hint: str, given: Mapping[str, str]) -> list[Block]:
    chosen, name = given.get(f"{side}_collection"), given.get(f"{side}_name", "")
    search: Block = {
        "type": "external_select",
        "placeholder": plain("Search by name, or paste an ID", 150),
        "min_query_length": 2,
    }
    if chosen:
        search["initial_option"] = option(name or chosen, chosen)
    path = _text(given.get(f"{side}_path"), placeholder="/data/run-001/")
    return [
        field(f"{side}_collection", f"{label}: collection", search),
        field(f"{side}_path", f"{label}: path", path, hint=hint),
    ]


def _ending(given: Mapping[str, str]) -> list[Block]:
    end = given.get("end", Ending.NEVER)
    fields = [field("end", "Ends", _select(_ENDINGS, end), redraws=True)]
    if end == Ending.RUNS:
        number: Block = {"type": "number_input", "is_decimal_allowed": False}
        if given.get("end_runs"):
            number["initial_value"] = given["end_runs"]
        fields.append(field("end_runs", "Number of runs", number))
    elif end == Ending.DATE:
        fields.append(field("end_date", "Ends at", _date_time(given.get("end_date"))))
    return fields


def _text(value: str | None, *, placeholder: str, most: int | None = None) -> Block:
    drawn: Block = {"type": "plain_text_input", "placeholder": plain(placeholder, 150)}
    if value:
        drawn["initial_value"] = value
    if most:
        drawn["max_length"] = most
    return drawn


def _select(choices: Mapping[Any, str], chosen: str) -> Block:
    options = {str(value): option(text, str(value)) for value, text in choices.items()}
    drawn: Block = {"type": "static_select", "options": list(options.values())}
    if chosen in options:
        drawn["initial_option"] = options[chosen]
    return drawn


def _date_time(seconds: str | None) -> Block:
    drawn: Block = {"type": "datetimepicker"}
    if seconds and seconds.isdecimal():
        drawn["initial_date_time"] = int(seconds)
    return drawn


def _channel(chosen: str | None) -> Block:
    drawn: Block = {
        "type": "conversations_select",
        "filter": {"include": ["public", "private"], "exclude_bot_users": True},
    }
    if chosen:
        return drawn | {"initial_conversation": chosen}
    return drawn | {"default_to_current_conversation": True}
