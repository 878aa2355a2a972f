"""How many tests run side by side, and how patient they are."""

import os

import hypothesis

# A machine that is busy with something else is no reason to fail.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")


def pytest_xdist_auto_num_workers() -> int:
    """Two for each core: a story waits for the bot more than it works."""
    return 2 * (os.cpu_count() or 1)
