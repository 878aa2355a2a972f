"""How many tests run side by side, and how patient they are."""

import os
from collections.abc import Iterator

import hypothesis
import pytest

from bot.settings import environment
from tests.postgresql import Server, shared

# A machine that is busy with something else is no reason to fail.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Two for each core: a story waits for the bot more than it works."""
    return 2 * (os.cpu_count() or 1)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A PostgreSQL server, which all workers of the session share."""
    base = tmp_path_factory.getbasetemp()
    with shared(base.parent if "PYTEST_XDIST_WORKER" in environment() else base) as server:
        yield server
