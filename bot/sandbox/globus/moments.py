"""Moments as Globus writes them: ISO 8601 in UTC, whole seconds; inside, they are epoch seconds."""

import math
from datetime import UTC, datetime


def written(moment: float) -> str:
    """Write epoch seconds, like `2026-10-27T05:00:00+00:00`."""
    return datetime.fromtimestamp(math.floor(moment), UTC).isoformat()


def written_or_none(moment: float | None) -> str | None:
    """Write epoch seconds, or give None for None."""
    return None if moment is None else written(moment)


def written_with_space(moment: float) -> str:
    """Write epoch seconds as Transfer does for files, like `2026-10-27 05:00:00+00:00`."""
    return written(moment).replace("T", " ")


def parsed(text: str) -> int:
    """Read ISO 8601 with an offset or `Z`, truncated to whole seconds. Raises ValueError."""
    try:
        moment = datetime.fromisoformat(text)
        offset, seconds = moment.utcoffset(), math.floor(moment.timestamp())
    except (ValueError, OverflowError) as error:
        raise ValueError("invalid datetime format") from error
    if offset is None:
        raise ValueError("invalid datetime: an offset is needed")
    return seconds
