"""What every story is given."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stories.stage import Stage, staged


@pytest.fixture
def empty_stage(tmp_path: Path) -> Iterator[Stage]:
    """A sandbox without a bot, for stories that start theirs in a way of their own."""
    with staged(tmp_path) as stage:
        yield stage


@pytest.fixture
def stage(empty_stage: Stage) -> Stage:
    """A sandbox and a bot, joined over Socket Mode."""
    empty_stage.start_bot()
    return empty_stage
