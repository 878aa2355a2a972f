"""The methods about the app itself, its people and its conversations.

https://docs.slack.dev/reference/methods/users.info and others
"""

from typing import Final

from bot.sandbox.slack.arguments import Arguments
from bot.sandbox.slack.chat_methods import readable
from bot.sandbox.slack.errors import ApiError
from bot.sandbox.slack.handlers import Methods
from bot.sandbox.slack.slack import Slack
from bot.sandbox.slack.workspace import APP_ID, BOT_NAME, Channel, Person, Workspace
from bot.sandbox.wire import Json


def auth_test(slack: Slack, _arguments: Arguments) -> Json:
    """Say whom the token belongs to.

    For an enterprise's token the enterprise stands where otherwise the workspace does, which no document
    confirms.
    """
    caller, workspace = slack.caller, slack.workspace
    is_bot = caller is not None and caller.kind == "bot"
    installation = slack.installations.with_id(caller.where) if caller else None
    is_enterprise = bool(installation and installation.is_enterprise)
    place = workspace.enterprise if is_enterprise and workspace.enterprise else workspace
    domain = f"{place.domain}.enterprise" if is_enterprise else place.domain
    user_id = caller.user_id if caller else ""
    return {
        "url": f"https://{domain}.slack.com/",
        "team": place.name,
        "user": BOT_NAME if is_bot else workspace.people[user_id].name,
        "team_id": place.id,
        "user_id": user_id,
        **({"bot_id": workspace.bot.id} if is_bot else {}),
        **({"enterprise_id": workspace.enterprise.id} if workspace.enterprise else {}),
        "is_enterprise_install": is_enterprise,
    }


def connections_open(slack: Slack, _arguments: Arguments) -> Json:
    """Give the address of a Socket Mode connection, good for one use."""
    origin = slack.origin.replace("http", "ws", 1)
    return {"url": f"{origin}/link/?ticket={slack.sockets.ticket()}&app_id={APP_ID}"}


def users_info(slack: Slack, arguments: Arguments) -> Json:
    """Describe a person, or the bot itself."""
    user_id = arguments.text("user")
    if user_id == slack.bot.user_id:
        return {"user": _bot_user(slack.workspace)}
    person = slack.workspace.people.get(user_id) or _stranger(slack, user_id)
    if person is None:
        raise ApiError("user_not_found")
    return {"user": described_person(slack, person)}


def conversations_open(slack: Slack, arguments: Arguments) -> Json:
    """Open the conversation with one person."""
    person = slack.workspace.people.get(arguments.text("users"))
    if person is None:
        raise ApiError("user_not_found")
    if person.is_deleted:
        raise ApiError("user_disabled")
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
        "context_team_id": slack.workspace.id,
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
        "is_member": slack.bot.user_id in channel.members,
        "is_general": False,
        "is_shared": bool(channel.connected),
        "is_ext_shared": bool(channel.connected),
        **({"connected_team_ids": list(channel.connected)} if channel.connected else {}),
    }


def described_person(slack: Slack, person: Person) -> Json:
    """Give the user object of a person; one who was deactivated has no zone any more."""
    user = _user(person.team_id, person.id, person.name, person.real_name)
    if person.is_deleted:
        return {**user, "deleted": True}
    enterprise = slack.installations.workspaces[person.team_id].enterprise
    known = {"id": person.id, "enterprise_id": enterprise.id if enterprise else ""}
    more = {"enterprise_user": known} if enterprise else {}
    return {**user, **person.zone_at(slack.clock()), **more}


def _stranger(slack: Slack, user_id: str) -> Person | None:
    """Give somebody from another workspace who shares a channel with this one (Slack Connect)."""
    for channel in slack.workspace.channels.values():
        for team_id in channel.connected:
            other = slack.installations.workspaces[team_id]
            if user_id in other.channels[channel.id].members:
                return other.people.get(user_id)
    return None


def _user(team_id: str, user_id: str, name: str, real_name: str) -> Json:
    profile = {
        "real_name": real_name,
        "display_name": name,
        "real_name_normalized": real_name,
        "team": team_id,
    }
    return {
        "id": user_id,
        "team_id": team_id,
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


def _bot_user(workspace: Workspace) -> Json:
    zone = {"tz": "America/Los_Angeles", "tz_label": "Pacific Standard Time", "tz_offset": -28800}
    return {**_user(workspace.id, workspace.bot.user_id, BOT_NAME, BOT_NAME), **zone, "is_bot": True}


METHODS: Final[Methods] = {
    "auth.test": (auth_test, ()),
    "apps.connections.open": (connections_open, ()),
    "users.info": (users_info, ("users:read",)),
    "conversations.open": (conversations_open, ("im:write",)),
    "conversations.info": (conversations_info, ("channels:read", "groups:read", "im:read")),
}
