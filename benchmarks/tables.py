"""Tables, for eyes or as Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text under their columns' names; the first column is on the left, numbers are on the right."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]

    def plain(self) -> str:
        """Write it for a terminal."""
        widths = [max(map(len, column)) for column in zip(self.columns, *self.rows, strict=True)]
        lines = [_aligned(row, widths, "  ").rstrip() for row in (self.columns, *self.rows)]
        return "\n".join([self.title, "", *lines, ""])

    def markdown(self) -> str:
        """Write it for a page."""
        widths = [max(map(len, column)) for column in zip(self.columns, *self.rows, strict=True)]
        rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
        rows = [f"| {_aligned(row, widths, ' | ')} |" for row in (self.columns, *self.rows)]
        return "\n".join([f"**{self.title}**", "", rows[0], f"| {' | '.join(rule)} |", *rows[1:], ""])


def _aligned(row: Sequence[str], widths: Sequence[int], between: str) -> str:
    first, *others = zip(row, widths, strict=True)
    cells = [first[0].ljust(first[1]), *(text.rjust(width) for text, width in others)]
    return between.join(cells)


def number(value: float) -> str:
    """Write a number with as many digits as mean something."""
    if value >= 100:  # noqa: PLR2004 - where tenths mean nothing
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"  # noqa: PLR2004 - the same
