"""The form: drawn from the fields' values, and read back into them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field as member, replace
from typing import Any, Final

from bot.forms import NO_OPTIONS
from bot.planning import DEFAULT_OPTIONS, LONGEST_NAME, LONGEST_TEXT, Option, SyncLevel
from bot.schedules import Ending, Repeat
from bot.slack.blocks import Block, View, actions, button, context, field, modal, option, plain, section

FORM: Final = "schedule_transfer"
CONTINUE: Final = "continue_draft"
DISCARD: Final = "discard_draft"
BROWSING: Final = {"source": "browse_source", "destination": "browse_destination"}
"""The button beside each side's path."""

REDRAWING: Final = (
    "source_collection",
    "destination_collection",
    "repeat",
    "interval",
    "start",
    "end",
    "end_runs",
    "end_date",
)
"""The fields of which each change is told to the bot, which shows the next runs and keeps a draft."""


def _choices(*texts: tuple[str, str]) -> Mapping[str, Block]:
    """Draw the choices of a field, which are the same in every form, under their values."""
    return {str(value): option(text, str(value)) for value, text in texts}


_REPEATS: Final = _choices(
    (Repeat.ONCE, "Once"),
    (Repeat.HOURLY, "Every hour"),
    (Repeat.DAILY, "Every day"),
    (Repeat.WEEKLY, "Every week"),
    (Repeat.CUSTOM, "In words…"),
)
_ENDINGS: Final = _choices(
    (Ending.NEVER, "Never"), (Ending.RUNS, "After a number of runs"), (Ending.DATE, "At a time")
)
_SYNC_LEVELS: Final = _choices(
    (SyncLevel.ALWAYS, "Always"),
    (SyncLevel.EXISTS, "Only if it is not there yet"),
    (SyncLevel.SIZE, "If its size differs"),
    (SyncLevel.MTIME, "If it is newer at the source"),
    (SyncLevel.CHECKSUM, "If its checksum differs"),
)
_OPTIONS: Final = _choices(
    (Option.VERIFY_CHECKSUM, "Verify each file's checksum after the transfer"),
    (Option.PRESERVE_TIMESTAMP, "Keep the files' modification times"),
    (Option.ENCRYPT_DATA, "Encrypt the transfer"),
    (Option.SKIP_SOURCE_ERRORS, "Skip files that cannot be read"),
    (Option.FAIL_ON_QUOTA_ERRORS, "Stop when the destination's quota is used up"),
    (Option.DELETE_DESTINATION_EXTRA, "Delete extra files at the destination"),
    (Option.NOTIFY_ON_SUCCEEDED, "E-mail me when a run succeeds"),
    (Option.NOTIFY_ON_FAILED, "E-mail me when a run fails"),
    (Option.NOTIFY_ON_INACTIVE, "E-mail me when a run is stuck"),
)
_OF_EDITS: Final = (
    "Globus cannot change a timer: what you save is a new one, with another job ID, in this one's place. "
    "It runs even if this one is paused."
)


@dataclass(frozen=True, slots=True)
class FormContext:
    """What travels with an open form: the request that it will become, and where it was opened.

    `zone` is the person's time zone (IANA). `renewed` counts how often each field was given a new value by
    the bot: Slack keeps what was typed for as long as a block's ID stays the same. `replaces` is the job ID
    of the timer that the form edits.
    """

    request_id: str
    channel_id: str = ""
    thread_ts: str = ""
    zone: str = "UTC"
    renewed: Mapping[str, int] = member(default_factory=dict)
    replaces: str = ""

    def written(self) -> str:
        """Write it as a view's private metadata."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, metadata: str) -> "FormContext":
        """Read a view's private metadata."""
        return cls(**json.loads(metadata))

    def renewing(self, names: Sequence[str]) -> "FormContext":
        """Give the context of a form in which the bot has changed these fields."""
        renewed = {name: self.renewed.get(name, 0) + 1 for name in names}
        return replace(self, renewed={**self.renewed, **renewed})

    def block_id(self, name: str) -> str:
        """Give the ID of a field's block."""
        count = self.renewed.get(name, 0)
        return f"{name}:{count}" if count else name


@dataclass(frozen=True, slots=True)
class Opening:
    """A form that is to be opened once its person is linked."""

    opened: FormContext
    filled: Mapping[str, str]
    note: str = ""

    def written(self) -> str:
        """Write it, to be kept until then."""
        return json.dumps([self.opened.written(), dict(self.filled), self.note])

    @classmethod
    def read(cls, text: str) -> "Opening":
        """Read what was kept."""
        opened, filled, note = json.loads(text)
        return cls(FormContext.read(opened), filled, note)


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
    if "selected_options" in element:
        return ",".join(sorted(one["value"] for one in element["selected_options"] or ())) or NO_OPTIONS
    for key in ("value", "selected_date_time", "selected_conversation", "selected_date"):
        if element.get(key) is not None:
            return str(element[key])
    return ""


def form_view(
    opened: FormContext,
    *,
    filled: Mapping[str, str] | None = None,
    note: str = "",
    preview: str = "",
    problem: tuple[str, str] | None = None,
    draft: bool = False,
) -> View:
    """Draw the form, filled in as given.

    `preview` says when it would run; `problem` is a field's name and what is wrong with it; `draft` offers
    to go on with a form that was left unfinished.
    """
    given = dict(filled or {})
    blocks = [section(note)] if note else []
    if opened.replaces:
        blocks.append(context(_OF_EDITS))
    if draft:
        blocks += _draft_offer()
    for drawn in _fields(opened, given, preview):
        blocks.append(drawn)
        if problem and drawn.get("block_id", "").partition(":")[0] == problem[0]:
            blocks.append(context(f":warning: {problem[1]}"))
    return modal(
        FORM,
        "Edit the transfer" if opened.replaces else "Schedule a transfer",
        blocks,
        metadata=opened.written(),
        submit="Save" if opened.replaces else "Schedule",
        close="Cancel",
        tell_when_closed=True,
    )


def _draft_offer() -> list[Block]:
    return [
        section("You left a transfer unfinished."),
        actions(button("Continue where you left off", CONTINUE, primary=True), button("Discard it", DISCARD)),
    ]


def _fields(opened: FormContext, given: Mapping[str, str], preview: str) -> list[Block]:
    drawn = [
        *_place(
            "source",
            "From",
            "One file or folder a line; a folder ends with /.",
            given,
        ),
        *_place("destination", "To", "The folder where it goes, such as /archive/run-001/.", given),
        field(
            "name",
            "Name",
            _text(given.get("name"), placeholder="Nightly backup", most=LONGEST_NAME),
            hint="What your team will call it. Left empty, it is named after the collections.",
            optional=True,
        ),
        *_timing(opened, given, preview),
        field(
            "sync_level",
            "Copy a file that is there already",
            _select(_SYNC_LEVELS, given.get("sync_level", SyncLevel.ALWAYS)),
        ),
        field("options", "Options", _checkboxes(given.get("options")), optional=True),
        field(
            "filters",
            "Filters",
            _text(given.get("filters"), placeholder="exclude *.tmp", lines=True),
            hint="One a line: exclude *.tmp, or include *.dat. The first that fits a name decides.",
            optional=True,
        ),
        field("announce_in", "Announce in", _channel(given.get("announce_in"))),
    ]
    for block in drawn:
        if "block_id" in block:
            block["block_id"] = opened.block_id(block["block_id"])
    return drawn


def _timing(opened: FormContext, given: Mapping[str, str], preview: str) -> list[Block]:
    repeat = given.get("repeat", Repeat.DAILY)
    drawn = [field("repeat", "How often", _select(_REPEATS, repeat), redraws=True)]
    if repeat == Repeat.CUSTOM:
        words = _text(
            given.get("interval"), placeholder="6h, or every 2 weeks starting next monday, 10 times"
        )
        words["dispatch_action_config"] = {"trigger_actions_on": ["on_enter_pressed"]}
        hint = "Weeks, days, hours, minutes: 2w, 1d12h, 90m. Press Enter to see what I understood."
        drawn.append(field("interval", "In words", words, hint=hint, redraws=True))
    first = field(
        "start",
        "First run",
        _date_time(given.get("start")),
        hint=f"In your own time zone ({opened.zone}). Left empty, it runs as soon as it is scheduled.",
        optional=True,
        redraws=True,
    )
    drawn.append(first)
    if repeat != Repeat.ONCE:
        drawn.extend(_ending(given))
    return [*drawn, context(preview)] if preview else drawn


def _place(side: str, label: str, hint: str, given: Mapping[str, str]) -> list[Block]:
    chosen, name = given.get(f"{side}_collection"), given.get(f"{side}_name", "")
    search: Block = {
        "type": "external_select",
        "placeholder": plain("Search by name, or paste an ID or a link", 150),
        "min_query_length": 0,
    }
    if chosen:
        search["initial_option"] = option(name or chosen, chosen)
    example = "/data/run-001/" if side == "source" else "/archive/run-001/"
    path = _text(given.get(f"{side}_path"), placeholder=example, lines=side == "source")
    return [
        field(f"{side}_collection", f"{label}: collection", search, redraws=True),
        field(f"{side}_path", f"{label}: path", path, hint=hint),
        actions(button("Browse…", BROWSING[side])),
    ]


def _ending(given: Mapping[str, str]) -> list[Block]:
    end = given.get("end", Ending.NEVER)
    drawn = [field("end", "Ends", _select(_ENDINGS, end), redraws=True)]
    if end == Ending.RUNS:
        number: Block = {
            "type": "number_input",
            "is_decimal_allowed": False,
            "dispatch_action_config": {"trigger_actions_on": ["on_enter_pressed"]},
        }
        if given.get("end_runs"):
            number["initial_value"] = given["end_runs"]
        drawn.append(field("end_runs", "Number of runs", number, redraws=True))
    elif end == Ending.DATE:
        drawn.append(field("end_date", "Ends at", _date_time(given.get("end_date")), redraws=True))
    return drawn


def _text(value: str | None, *, placeholder: str, most: int | None = None, lines: bool = False) -> Block:
    drawn: Block = {"type": "plain_text_input", "placeholder": plain(placeholder, 150)}
    if value:
        # A plan's own limits keep it within this; whatever else comes must not lose the whole form.
        drawn["initial_value"] = value[:LONGEST_TEXT]
    if most:
        drawn["max_length"] = most
    if lines:
        drawn["multiline"] = True
    return drawn


def _select(choices: Mapping[str, Block], chosen: str) -> Block:
    drawn: Block = {"type": "static_select", "options": list(choices.values())}
    return drawn | {"initial_option": choices[chosen]} if chosen in choices else drawn


def _checkboxes(chosen: str | None) -> Block:
    ticked = sorted(DEFAULT_OPTIONS) if chosen is None else chosen.split(",")
    drawn: Block = {"type": "checkboxes", "options": list(_OPTIONS.values())}
    initial = [_OPTIONS[name] for name in ticked if name in _OPTIONS]
    return drawn | {"initial_options": initial} if initial else drawn


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
