"""How many tests run side by side."""

import os


def pytest_xdist_auto_num_workers() -> int:
    """Two for each core: a story waits for the bot more than it works."""
    return 2 * (os.cpu_count() or 1)
