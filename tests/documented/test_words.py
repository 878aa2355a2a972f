"""What the documents say may be typed into Slack is understood."""

import re
from datetime import UTC, datetime
from typing import Final

import pytest

from bot.presets import RESERVED
from bot.wording import read_schedule
from tests.documented.shown import DOCUMENTS, ROOT

NOW: Final = datetime(2026, 11, 26, 12, tzinfo=UTC)
FORM: Final = (ROOT / "docs" / "form.md").read_text()
TYPED: Final = sorted(
    {
        words.strip()
        for document in DOCUMENTS
        for words in re.findall(r"`/schedule-transfer( [^`]+)`", document.read_text())
    }
)
IN_WORDS: Final = re.findall(r"^\| `([^`]+)` \|", FORM.partition("| words | meaning |")[2], re.MULTILINE)


def test_there_are_such_words() -> None:
    assert len(TYPED) > 3
    assert len(IN_WORDS) > 3


@pytest.mark.parametrize("words", [*TYPED, *IN_WORDS])
def test_what_may_be_typed_is_understood(words: str) -> None:
    assert words in RESERVED or read_schedule(words, now=NOW, zone=UTC).start >= NOW
