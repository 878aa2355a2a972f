"""A folder as a person sees it, on top of the form; drawn only, nothing asked."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from bot.errors import Problem, ServiceUnavailable, unforeseen
from bot.folders import (
    PAGE,
    ConsentNeeded,
    Entry,
    EntryKind,
    Folder,
    NotListed,
    Obstacle,
    Seen,
    Visit,
    can_be_written,
    child_of,
    is_choosable,
    parent_of,
)
from bot.slack.blocks import Block, View, actions, bold, button, code, context, escape, field, modal, section
from bot.slack.form import FormContext
from bot.slack.linking import link_blocks

BROWSE: Final = "browse_folder"
OPEN: Final = "open_folder"
CRUMBS: Final = ("folder_up", "folder_root", "folder_above_1", "folder_above_2", "folder_above_3")
"""In one row every button needs a name of its own."""

BACK, ON, AGAIN = "folder_page_back", "folder_page_on", "browse_again"
FILES: Final = "files"

BOXES: Final = 10
"""As many as Slack takes in one group (https://docs.slack.dev/reference/block-kit/block-elements/checkboxes-element)."""

LINES: Final = 5
"""Names in one paragraph: more would not fit into it at their longest."""

NAME_SHOWN: Final = 75
PATH_SHOWN: Final = 300
CRUMB_SHOWN: Final = 30

_Part = TypeVar("_Part")

_SENTENCES: Final[Mapping[Obstacle, str]] = {
    Obstacle.NOT_FOUND: "There is no such folder on {name}. Go up, or go back and correct the path.",
    Obstacle.NOT_A_FOLDER: "This is no folder. Go up, or go back and correct the path.",
    Obstacle.DENIED: "{name} does not let you in here. Go up, or ask whoever manages it for access.",
    Obstacle.PAUSED: "{name} is paused by whoever manages it. Try again later, or type the path in the form.",
    Obstacle.DOWN: "{name} is not answering; it may be switched off. Try again later, or type the path.",
}
_TRY_AGAIN: Final = frozenset({Obstacle.PAUSED, Obstacle.DOWN})


def looking_view(visit: Visit) -> View:
    """Draw what stands there until Globus answers."""
    where = code(_shown(visit.path, PATH_SHOWN)) if visit.path else "the collection"
    return _view(visit, [section(f":hourglass_flowing_sand: Looking into {where}…")])


def slow_view(visit: Visit) -> View:
    """Draw what stands there when Globus takes its time."""
    said = ":hourglass: Globus is slow. I am still looking, and what I find appears here."
    return _view(visit, [section(said), _again(), *_crumbs(visit.path)])


def unchosen_view() -> View:
    """Draw the answer to browsing a collection that is not chosen."""
    said = "Choose the collection first. Then I can show you its folders."
    return modal("browse_nothing", "Choose a collection", [section(said)], close="Back")


def broken_view(visit: Visit, reference: str) -> View:
    """Draw the answer to an error that nobody foresaw."""
    return _view(visit, [section(f":warning: {unforeseen(reference)}"), _again(), *_crumbs(visit.path)])


def seen_view(visit: Visit, seen: Seen) -> View:
    """Draw what was found: the folder, or what stands in the way and the way out."""
    if seen.folder:
        return _folder_view(visit, seen.folder)
    name = bold(_shown(visit.name or visit.collection_id, NAME_SHOWN))
    if seen.link:
        blocks = [section(_why_sign_in(seen, name)), *link_blocks(seen.link)]
    else:
        blocks = [section(f":warning: {_sentence(seen.problem, name)}")]
        if _may_pass(seen.problem):
            blocks.append(_again())
    return _view(visit, [_heading(visit), *blocks, *_crumbs(visit.path)])


def _folder_view(visit: Visit, folder: Folder) -> View:
    zone = ZoneInfo(FormContext.read(visit.context).zone)
    is_source = visit.side == "source"
    blocks = [_heading(visit), *_crumbs(folder.path)]
    if not folder.entries:
        blocks.append(context("This folder is empty." if not folder.offset else "There is nothing more."))
    blocks += [
        _folder_row(folder.path, entry, zone) for entry in folder.entries if entry.kind is EntryKind.FOLDER
    ]
    boxes = [entry for entry in folder.entries if is_source and is_choosable(folder.path, entry)]
    blocks += _boxes(visit, boxes, zone)
    blocks += _lines(
        [entry for entry in folder.entries if entry.kind is not EntryKind.FOLDER and entry not in boxes], zone
    )
    blocks += _pages(visit, folder)
    submit = "Choose this folder" if can_be_written(folder.path) else ""
    if boxes:
        submit = "Choose folder or files"
        blocks.append(context("Ticked files are chosen instead of the folder."))
    return _view(visit, blocks, submit=submit)


def _view(visit: Visit, blocks: Sequence[Block], *, submit: str = "") -> View:
    title = "Browse the source" if visit.side == "source" else "Browse the destination"
    return modal(BROWSE, title, blocks, metadata=visit.key, submit=submit, close="Back to the form")


def _heading(visit: Visit) -> Block:
    name = bold(_shown(visit.name or visit.collection_id, NAME_SHOWN))
    return section(f"{name}\n{code(_shown(visit.path, PATH_SHOWN))}" if visit.path else name)


def _crumbs(path: str) -> list[Block]:
    """Draw the way up: one step, to the top, and to the nearest folders above."""
    if path == "/":
        return []
    above = []
    step = path or "/"
    while step != "/":
        step = parent_of(step)
        above.append(step)
    ups = [("⬆ Up", above[0])] if above else []
    nearest = [
        (_label(folder.rstrip("/").rpartition("/")[2], CRUMB_SHOWN), folder)
        for folder in above[1:4][::-1]
        if folder != "/"
    ]
    steps = [*ups, ("/", "/"), *nearest]
    reachable = [(text, target) for text, target in steps if can_be_written(target)]
    drawn = [
        button(text, action_id, value=target)
        for action_id, (text, target) in zip(CRUMBS, reachable, strict=False)
    ]
    return [actions(*drawn)] if drawn else []


def _folder_row(path: str, entry: Entry, zone: ZoneInfo) -> Block:
    about = f"  {_date(entry.modified, zone)}" if entry.modified else ""
    row = section(f":file_folder: {code(_shown(entry.name, NAME_SHOWN))}{about}")
    target = child_of(path, entry.name)
    if not can_be_written(target):
        return row
    return row | {"accessory": button("Open", OPEN, value=target)}


def _boxes(visit: Visit, files: Sequence[Entry], zone: ZoneInfo) -> list[Block]:
    """Draw the files that can be ticked; a box's value is the file's place on this page."""
    drawn = []
    numbered = list(enumerate(files))
    for group, some in enumerate(_parts(numbered, BOXES)):
        options = [_box(index, entry, zone) for index, entry in some]
        ticked = [
            option
            for option, (_, entry) in zip(options, some, strict=True)
            if visit.path + entry.name in visit.ticked
        ]
        element: Block = {"type": "checkboxes", "options": options}
        if ticked:
            element["initial_options"] = ticked
        block = field(FILES, "Files" if group == 0 else "More files", element, optional=True)
        drawn.append(block | {"block_id": f"{FILES}:{visit.offset}:{group}"})
    return drawn


def _box(index: int, entry: Entry, zone: ZoneInfo) -> Block:
    drawn: Block = {"text": _exactly(_label(entry.name, NAME_SHOWN)), "value": str(index)}
    about = _about(entry, zone)
    return drawn | {"description": _exactly(about)} if about else drawn


def _lines(entries: Sequence[Entry], zone: ZoneInfo) -> list[Block]:
    """Draw what can only be looked at."""
    lines = [f"{code(_shown(entry.name, NAME_SHOWN))}  {_about(entry, zone)}".rstrip() for entry in entries]
    return [section("\n".join(some)) for some in _parts(lines, LINES)]


def _pages(visit: Visit, folder: Folder) -> list[Block]:
    if folder.total <= PAGE and not folder.offset:
        return []
    turns = []
    if folder.offset:
        turns.append(button("◀ Previous", BACK, value=str(max(folder.offset - PAGE, 0))))
    if folder.offset + PAGE < folder.total:
        turns.append(button("Next ▶", ON, value=str(folder.offset + PAGE)))
    last = folder.offset + len(folder.entries)
    said = (
        f"{folder.offset + 1:,} to {last:,} of {folder.total:,}"
        if folder.entries
        else f"{folder.total:,} in all"
    )
    here = {folder.path + name for name in visit.names}
    elsewhere = sum(path not in here for path in visit.ticked)
    if elsewhere:
        said += f" · {elsewhere} ticked on other pages"
    return [*([actions(*turns)] if turns else []), context(said)]


def _why_sign_in(seen: Seen, name: str) -> str:
    problem = seen.problem
    if not isinstance(problem, ConsentNeeded):
        happened = problem.happened if problem else ""
        return (
            f":lock: {escape(happened)} Sign in, and I show you {name}. "
            "The link asks at once for all that this transfer needs; no second one follows."
        )
    if problem.demand:
        return (
            f":lock: {name} is protected. {escape(_shown(problem.demand, PATH_SHOWN))} "
            "Sign in again with this link."
        )
    if seen.signed_in:
        return (
            f":lock: You did not allow access to data on {name}. Open the link again and leave the box "
            "ticked, or go back and type the path."
        )
    return f":lock: To look into {name}, Globus needs your consent to its data. The link asks for it."


def _sentence(problem: Problem | None, name: str) -> str:
    if isinstance(problem, NotListed):
        return _SENTENCES[problem.obstacle].format(name=name)
    if isinstance(problem, ServiceUnavailable):
        return "Globus is slow and gave no answer. Try again, or type the path in the form."
    return _shown(str(problem), 1000)


def _may_pass(problem: Problem | None) -> bool:
    if isinstance(problem, NotListed):
        return problem.obstacle in _TRY_AGAIN
    return isinstance(problem, ServiceUnavailable)


def _again() -> Block:
    return actions(button("Try again", AGAIN))


def _about(entry: Entry, zone: ZoneInfo) -> str:
    kind = "" if entry.kind is EntryKind.FILE else "special file"
    return " · ".join(filter(None, (kind, _size(entry.size), _date(entry.modified, zone))))


def _size(count: int | None) -> str:
    """Write a number of bytes as Globus's own pages do, in steps of a thousand."""
    if count is None or count < 0:
        return ""
    amount = float(min(count, 10**30))
    for unit in ("B", "KB", "MB", "GB", "TB", "PB"):
        if amount < 1000:  # noqa: PLR2004 - the step between the units
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:,.0f} EB"


def _date(moment: datetime | None, zone: ZoneInfo) -> str:
    if moment is None:
        return ""
    try:
        local = moment.astimezone(zone)
    except (OverflowError, ValueError):
        return ""
    return f"{local.day} {local:%b} {local.year}, {local:%H:%M}"


def _parts(whole: Sequence[_Part], most: int) -> list[Sequence[_Part]]:
    return [whole[start : start + most] for start in range(0, len(whole), most)]


def _exactly(text: str) -> Block:
    """Plain text in which nothing becomes an emoji."""
    return {"type": "plain_text", "text": text, "emoji": False}


def _label(text: str, most: int) -> str:
    return _shown(text, most).strip() or "(blank)"


def _shown(text: str, most: int) -> str:
    """Show text from outside in one line, cut in its middle: names often differ at their ends."""
    line = "".join(
        character if character.isprintable() else " " if character.isspace() else "\N{REPLACEMENT CHARACTER}"
        for character in text
    )
    if len(line) <= most:
        return line
    head = (most - 1) // 2
    return f"{line[:head]}…{line[len(line) - (most - 1 - head) :]}"
