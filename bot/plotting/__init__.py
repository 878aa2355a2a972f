"""Pictures: all that imports matplotlib. It is an optional extra, without which nothing is drawn."""

from collections.abc import Sequence
from importlib.util import find_spec

from bot.charting import Draw
from bot.timers import Run


def drawing() -> Draw | None:
    """Give what draws charts; None where the extra is not installed."""
    return _draw if find_spec("matplotlib") else None


def _draw(runs: Sequence[Run], *, title: str) -> bytes:
    from bot.plotting.charting import draw  # noqa: PLC0415 - it takes long to import, and may be absent

    return draw(runs, title=title)
