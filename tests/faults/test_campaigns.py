"""The short form of every campaign; `python -m tests.faults --full` fights the long ones."""

from pathlib import Path

import pytest

from tests.faults.campaigns import CAMPAIGNS
from tests.faults.table import Place


@pytest.mark.parametrize("name", CAMPAIGNS)
def test_what_is_promised_holds_when_it_is_broken_on_purpose(name: str, tmp_path: Path) -> None:
    row = CAMPAIGNS[name](Place(tmp_path))

    assert row.holds, {heading: list(found)[:5] for heading, found in row.bad.items() if found} or row
