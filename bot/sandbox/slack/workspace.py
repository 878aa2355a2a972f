"""A workspace: its people, channels and bot; and the one the sandbox starts with."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
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
KATHERINE: Final = "U0KATHER01"
LAB_DATA: Final = "C0LABDATA1"
RANDOM: Final = "C0RANDOM01"
EMBARGO: Final = "C0EMBARGO1"
PARTNERS: Final = "C0PARTNER1"
NEIGHBOUR_TEAM: Final = "T0NEIGHBR1"
"""The workspace with which #partner-data is shared; it stands in `neighbours`."""
SCOPES: Final = (
    "commands",
    "chat:write",
    "users:read",
    "im:write",
    "im:read",
    "channels:read",
    "groups:read",
    "links:read",
    "links:write",
    "files:write",
)


@dataclass(frozen=True)
class Credentials:
    """What the app proves itself with, and what it checks Slack's requests with."""

    bot_token: str = "xoxb-1000000001-1000000002-SandboxBotToken000000000"  # noqa: S105 - opens only the sandbox
    app_token: str = "xapp-1-A0SANDBOX1-1000000003-sandboxapptoken"  # noqa: S105 - the same
    signing_secret: str = "5a4dbe0f5a4dbe0f5a4dbe0f5a4dbe0f"  # noqa: S105 - the same
    verification_token: str = "SandboxVerification00000"  # noqa: S105 - the same
    client_id: str = "1000000001.1000000004"
    client_secret: str = "c0ffee5a4dbe0c0ffee5a4dbe0c0ffee"  # noqa: S105 - the same


@dataclass(frozen=True)
class Member:
    """A user of one workspace. A user ID alone names nobody: another workspace may have the same one."""

    team_id: str
    user_id: str


@dataclass(frozen=True)
class Bot:
    """The app's bot user in a workspace, or in all workspaces of an enterprise."""

    user_id: str
    id: str


@dataclass(frozen=True)
class Enterprise:
    """An organization to which several workspaces belong (Enterprise Grid)."""

    id: str
    name: str
    domain: str


@dataclass(frozen=True)
class Person:
    """A member of a workspace; the labels name the zone `tz` without and with daylight saving."""

    id: str
    name: str
    real_name: str
    tz: str
    standard_label: str
    daylight_label: str
    team_id: str = TEAM_ID
    is_deleted: bool = False

    @property
    def member(self) -> Member:
        """Who this is among all users of all workspaces."""
        return Member(self.team_id, self.id)

    def zone_at(self, now: float) -> Json:
        """Give `tz`, `tz_label` and `tz_offset` (seconds) as `users.info` does at `now` (epoch seconds)."""
        local = datetime.fromtimestamp(now, UTC).astimezone(ZoneInfo(self.tz))
        offset = local.utcoffset() or timedelta()
        label = self.daylight_label if local.dst() else self.standard_label
        return {"tz": self.tz, "tz_label": label, "tz_offset": int(offset.total_seconds())}


@dataclass
class Channel:
    """A conversation; `members` are user IDs, the bot's among them where it was invited.

    One that is shared with other workspaces (Slack Connect) is there once in each of them, with the members
    from there; `connected` are the others' IDs.
    """

    id: str
    name: str
    members: set[str]
    is_private: bool = False
    is_direct: bool = False
    is_archived: bool = False
    connected: tuple[str, ...] = ()

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
    katherine = Person(
        KATHERINE,
        "katherine",
        "Katherine Johnson",
        "America/New_York",
        "Eastern Standard Time",
        "Eastern Daylight Time",
    )
    return {person.id: person for person in (ada, grace, katherine)}


def _channels() -> dict[str, Channel]:
    channels = (
        Channel(LAB_DATA, "lab-data", {ADA, GRACE, KATHERINE, BOT_USER_ID}),
        Channel(RANDOM, "random", {ADA, GRACE}),
        Channel(EMBARGO, "embargo", {ADA, GRACE}, is_private=True),
        Channel(PARTNERS, "partner-data", {ADA, GRACE, BOT_USER_ID}, connected=(NEIGHBOUR_TEAM,)),
    )
    return {channel.id: channel for channel in channels}


@dataclass
class Workspace:
    """One team. Without arguments it is the sandbox's own seed, in which the app is installed.

    `credentials` and `scopes` are the app's; only those of the first workspace count.
    """

    credentials: Credentials = field(default_factory=Credentials)
    scopes: tuple[str, ...] = SCOPES
    people: dict[str, Person] = field(default_factory=_people)
    channels: dict[str, Channel] = field(default_factory=_channels)
    id: str = TEAM_ID
    name: str = TEAM_NAME
    domain: str = TEAM_DOMAIN
    bot: Bot = Bot(BOT_USER_ID, BOT_ID)
    enterprise: Enterprise | None = None
    direct_prefix: str = "D"

    @property
    def realm_id(self) -> str:
        """The ID of what this belongs to: its enterprise, or it alone."""
        return self.enterprise.id if self.enterprise else self.id

    def direct_message(self, user_id: str) -> Channel:
        """Give the conversation of a person with the bot, made when first asked for."""
        channel_id = f"{self.direct_prefix}{user_id[1:]}"
        fresh = Channel(channel_id, "directmessage", {user_id, self.bot.user_id}, is_direct=True)
        return self.channels.setdefault(channel_id, fresh)

    def other_member(self, channel: Channel) -> str:
        """Give the person on the other side of a direct message with the bot."""
        return next(member for member in channel.members if member != self.bot.user_id)

    def channels_of(self, user_id: str) -> Iterable[Channel]:
        """Give the conversations this person is in."""
        return (channel for channel in self.channels.values() if user_id in channel.members)

    def dismiss_bot(self) -> None:
        """Take the bot out of all channels, as Slack does with a bot user that is deactivated."""
        for channel in self.channels.values():
            if not channel.is_direct:
                channel.members.discard(self.bot.user_id)

    def deactivate(self, user_id: str) -> Person:
        """Deactivate a person, who also leaves all channels."""
        person = self.people[user_id] = replace(self.people[user_id], is_deleted=True)
        for channel in self.channels.values():
            if not channel.is_direct:
                channel.members.discard(user_id)
        return person
