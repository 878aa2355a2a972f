"""What tests count while the bot answers."""

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from typing_extensions import override


class Threads(ThreadPoolExecutor):
    """Counts how often one is asked for."""

    asked = 0

    @override
    def submit(self, *args: Any, **kwargs: Any) -> Future[Any]:
        self.asked += 1
        return super().submit(*args, **kwargs)
