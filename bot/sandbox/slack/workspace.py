"""The workspace the sandbox starts with: its team, people, channels and the app's credentials."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from bot.sandbox.wire import Json

TEAM_ID: Final = "T0SANDBOX1"
TEAM_NAME: Final = "Sandbox Lab"
TEAM_DOMAIN: Final = "sandbox-lab"
APP_ID: Final = "A0SANDBOX1"
BOT_USER_ID: Final = "U0BOT00001"
BOT_ID: Final = "B0BOT00001"
BOT_NAME: Final = "transferbot"
ADA: Final = "U0ADA00001"
GRACE: Final = "U0GRACE001"
LAB_DATA: Final = "C0LABDATA1"
RANDOM: Final = "C0RANDOM01"
EMBARGO: Final = "C0EMBARGO1"
SCOPES: Final = (
    "commands",
    "chat:write",
    "users:read",
    "im:write",
    "im:read",
    "channels:read",
    "groups:read",
)


@dataclass(frozen=True)
class Credentials:
    """What the app proves itself with, and what it checks Slack's requests with."""

    bot_token: str = "xoxb-1000000001-1000000002-SandboxBotToken000000000"  # noqa: S105 - opens only the sandbox
    app_token: str = "xapp-1-A0SANDBOX1-1000000003-sandboxapptoken"  # noqa: S105 - the same
    signing_secret: str = "5a4dbe0f5a4dbe0f5a4dbe0f5a4dbe0f"  # noqa: S105 - the same
    verification_token: str = "SandboxVerification00000"  # noqa: S105 - the same


@dataclass(frozen=True)
class Person:
    """A member of the workspace; the labels name the zone `tz` without and with daylight saving."""

    id: str
    name: str
    real_name: str
    tz: str
    standard_label: str
    daylight_label: str

    def zone_at(self, now: float) -> Json:
        """Give `tz`, `tz_label` and `tz_offset` (seconds) as `users.info` does at `now` (epoch seconds)."""
        local = datetime.fromtimestamp(now, UTC).astimezone(ZoneInfo(self.tz))
        offset = local.utcoffset() or timedelta()
        label = self.daylight_label if local.dst() else self.standard_label
        return {"tz": self.tz, "tz_label": label, "tz_offset": int(offset.total_seconds())}


@dataclass
class Channel:
    """A conversation; `members` are user IDs, the bot's among them where it was invited."""

    id: str
    name: str
    members: set[str]
    is_private: bool = False
    is_direct: bool = False
    is_archived: bool = False

    @property
    def kind(self) -> str:
        """Say which it is in the words of `conversations_select`'s filter: `im`, `private` or `public`."""
        if self.is_direct:
            return "im"
        return "private" if self.is_private else "public"


def _people() -> dict[str, Person]:
    ada = Person(
        ADA, "ada", "Ada Lovelace", "America/Chicago", "Central Standard Time", "Central Daylight Time"
    )
    grace = Person(
        GRACE,
        "grace",
        "Grace Hopper",
        "Europe/Berlin",
        "Central European Time",
        "Central European Summer Time",
    )
    return {ada.id: ada, grace.id: grace}


def _channels() -> dict[str, Channel]:
    channels = (
        Channel(LAB_DATA, "lab-data", {ADA, GRACE, BOT_USER_ID}),
        Channel(RANDOM, "random", {ADA, GRACE}),
        Channel(EMBARGO, "embargo", {ADA, GRACE}, is_private=True),
    )
    return {channel.id: channel for channel in channels}


@dataclass
class Workspace:
    """One team with one app installed. Without arguments it is the sandbox's own seed."""

    credentials: Credentials = field(default_factory=Credentials)
    scopes: tuple[str, ...] = SCOPES
    people: dict[str, Person] = field(default_factory=_people)
    channels: dict[str, Channel] = field(default_factory=_channels)

    def direct_message(self, user_id: str) -> Channel:
        """Give the conversation of a person with the bot, made when first asked for."""
        channel_id = f"D{user_id[1:]}"
        fresh = Channel(channel_id, "directmessage", {user_id, BOT_USER_ID}, is_direct=True)
        return self.channels.setdefault(channel_id, fresh)

    def other_member(self, channel: Channel) -> str:
        """Give the person on the other side of a direct message with the bot."""
        return next(member for member in channel.members if member != BOT_USER_ID)

    def channels_of(self, user_id: str) -> Iterable[Channel]:
        """Give the conversations this person is in."""
        return (channel for channel in self.channels.values() if user_id in channel.members)
