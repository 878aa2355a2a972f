"""The table of what was broken on purpose, and what stayed whole."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

Figure: TypeAlias = int | str
"""What was counted, or found, under one heading."""

HEADINGS: Final = ("what happens", "how often", "figures", "")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a campaign is fought: a folder of its own, in which form, and with which chance."""

    folder: Path
    is_full: bool = False
    seed: int = 1

    def times(self, short: int, full: int) -> int:
        """Give how often something happens in this form."""
        return full if self.is_full else short


@dataclass(frozen=True, slots=True)
class Row:
    """What happened to the bot, how often, what was counted, and whether the promise held.

    `bad` names what must not be there: the row is ok if all of these are nothing.
    """

    what: str
    often: str
    figures: Mapping[str, Figure]
    bad: Mapping[str, Sequence[object]]
    is_ok: bool = True

    @property
    def holds(self) -> bool:
        """Whether the promise held."""
        return self.is_ok and not any(self.bad.values())

    @property
    def cells(self) -> tuple[str, str, str, str]:
        """What the table shows of it."""
        counted = [*self.figures.items(), *((name, len(found)) for name, found in self.bad.items())]
        said = ", ".join(f"{count:,} {name}" if isinstance(count, int) else count for name, count in counted)
        return self.what, self.often, said, "ok" if self.holds else "NOT OK"


def plain(rows: Sequence[Row]) -> str:
    """Write the table for a terminal, one paragraph a row."""
    width = max(len(row.what) for row in rows)
    return "\n".join(
        f"{verdict:>6}  {what:<{width}}  {often}\n{'':>8}{'':<{width}}  {said}"
        for what, often, said, verdict in (row.cells for row in rows)
    )


def markdown(rows: Sequence[Row]) -> str:
    """Write the table for a page."""
    lines = [HEADINGS, ("---",) * len(HEADINGS), *(row.cells for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
