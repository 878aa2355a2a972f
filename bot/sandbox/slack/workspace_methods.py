"""The methods about the app itself, its people and its conversations.

https://docs.slack.dev/reference/methods/users.info and others
"""

from collections.abc import Mapping
from typing import Final

from bot.sandbox.slack.arguments import Arguments
from bot.sandbox.slack.chat_methods import Method, readable
from bot.sandbox.slack.errors import ApiError
from bot.sandbox.slack.slack import Slack
from bot.sandbox.slack.workspace import (
    APP_ID,
    BOT_ID,
    BOT_NAME,
    BOT_USER_ID,
    TEAM_DOMAIN,
    TEAM_ID,
    TEAM_NAME,
    Channel,
    Person,
)
from bot.sandbox.wire import Json


def auth_test(_slack: Slack, _arguments: Arguments) -> Json:
    """Say whom the token belongs to."""
    return {
        "url": f"https://{TEAM_DOMAIN}.slack.com/",
        "team": TEAM_NAME,
        "user": BOT_NAME,
        "team_id": TEAM_ID,
        "user_id": BOT_USER_ID,
        "bot_id": BOT_ID,
        "is_enterprise_install": False,
    }


def connections_open(slack: Slack, _arguments: Arguments) -> Json:
    """Give the address of a Socket Mode connection, good for one use."""
    origin = slack.origin.replace("http", "ws", 1)
    return {"url": f"{origin}/link/?ticket={slack.sockets.ticket()}&app_id={APP_ID}"}


def users_info(slack: Slack, arguments: Arguments) -> Json:
    """Describe a person, or the bot itself."""
    user_id = arguments.text("user")
    if user_id == BOT_USER_ID:
        return {"user": _bot_user()}
    person = slack.workspace.people.get(user_id)
    if person is None:
        raise ApiError("user_not_found")
    return {"user": described_person(slack, person)}


def conversations_open(slack: Slack, arguments: Arguments) -> Json:
    """Open the conversation with one person."""
    person = slack.workspace.people.get(arguments.text("users"))
    if person is None:
        raise ApiError("user_not_found")
    return {"channel": {"id": slack.workspace.direct_message(person.id).id}}


def conversations_info(slack: Slack, arguments: Arguments) -> Json:
    """Describe a conversation the bot may know of."""
    channel = readable(slack, arguments.text("channel"))
    return {"channel": described_channel(slack, channel)}


def described_channel(slack: Slack, channel: Channel) -> Json:
    """Give the conversation object."""
    body: Json = {
        "id": channel.id,
        "is_im": channel.is_direct,
        "is_mpim": False,
        "is_archived": channel.is_archived,
        "context_team_id": TEAM_ID,
    }
    if channel.is_direct:
        return {**body, "user": slack.workspace.other_member(channel)}
    return {
        **body,
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": not channel.is_private,
        "is_group": channel.is_private,
        "is_private": channel.is_private,
        "is_member": BOT_USER_ID in channel.members,
        "is_general": False,
    }


def described_person(slack: Slack, person: Person) -> Json:
    """Give the user object of a person."""
    return {**_user(person.id, person.name, person.real_name), **person.zone_at(slack.clock())}


def _user(user_id: str, name: str, real_name: str) -> Json:
    profile = {
        "real_name": real_name,
        "display_name": name,
        "real_name_normalized": real_name,
        "team": TEAM_ID,
    }
    return {
        "id": user_id,
        "team_id": TEAM_ID,
        "name": name,
        "real_name": real_name,
        "deleted": False,
        "is_bot": False,
        "is_app_user": False,
        "is_admin": False,
        "is_restricted": False,
        "is_ultra_restricted": False,
        "profile": profile,
    }


def _bot_user() -> Json:
    zone = {"tz": "America/Los_Angeles", "tz_label": "Pacific Standard Time", "tz_offset": -28800}
    return {**_user(BOT_USER_ID, BOT_NAME, BOT_NAME), **zone, "is_bot": True}


METHODS: Final[Mapping[str, tuple[Method, tuple[str, ...]]]] = {
    "auth.test": (auth_test, ()),
    "apps.connections.open": (connections_open, ()),
    "users.info": (users_info, ("users:read",)),
    "conversations.open": (conversations_open, ("im:write",)),
    "conversations.info": (conversations_info, ("channels:read", "groups:read", "im:read")),
}
