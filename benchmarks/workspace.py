"""The workspace in which it is measured; loads nothing, so that a bare app stays one."""

from typing import Final

TEAM: Final = "T0BENCH001"
CHANNEL: Final = "C0BENCH001"
BOT_TOKEN: Final = "xoxb-benchmark"  # noqa: S105 - of a Slack that exists only here
APP_TOKEN: Final = "xapp-benchmark"  # noqa: S105 - the same
SIGNING_SECRET: Final = "5b0a1d7c9e3f4a6882c4d6e8f0a2b4c6"  # noqa: S105 - the same
