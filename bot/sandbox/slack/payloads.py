"""The payloads that Slack sends to an app when a person acts.

https://docs.slack.dev/reference/interaction-payloads

In a channel shared with another workspace (Slack Connect) a stranger can press what the app posted. The
payload's `team` is then the app's workspace, and only `user.team_id` is the stranger's
(https://github.com/slackapi/java-slack-sdk/issues/1041). In a view that opens for them `team` is their own
workspace, and `view.app_installed_team_id` the app's.
"""

from collections.abc import Iterable

from bot.sandbox.slack.errors import Refused
from bot.sandbox.slack.installations import Installation
from bot.sandbox.slack.messages import Message
from bot.sandbox.slack.slack import Slack
from bot.sandbox.slack.views import View
from bot.sandbox.slack.workspace import APP_ID, Channel, Person, Workspace
from bot.sandbox.wire import Json


def command(slack: Slack, person: Person, channel: Channel, name: str, text: str) -> Json:
    """Give the form of a slash command; every value is a string."""
    workspace, installation = slack.workspace, slack.installation
    enterprise = workspace.enterprise
    of_enterprise = {"enterprise_id": enterprise.id, "enterprise_name": enterprise.name} if enterprise else {}
    return {
        "token": slack.app.credentials.verification_token,
        "team_id": workspace.id,
        "team_domain": workspace.domain,
        **of_enterprise,
        "channel_id": channel.id,
        "channel_name": channel_name(channel),
        "user_id": person.id,
        "user_name": person.name,
        "command": name,
        "text": text,
        "api_app_id": APP_ID,
        "is_enterprise_install": str(installation.is_enterprise).lower(),
        "response_url": slack.response_url("commands", person.member, channel.id, by=installation),
        "trigger_id": slack.triggers.issue(person.member, installation, channel_id=channel.id),
    }


def global_shortcut(slack: Slack, person: Person, callback_id: str) -> Json:
    """Give the payload of a shortcut from the search bar or the composer."""
    installation = slack.installation
    return {
        **_interaction(slack, person, "shortcut", installation),
        "action_ts": slack.identifiers.timestamp(),
        "callback_id": callback_id,
        "trigger_id": slack.triggers.issue(person.member, installation),
    }


def message_shortcut(
    slack: Slack, person: Person, callback_id: str, channel: Channel, about: Message
) -> Json:
    """Give the payload of a shortcut from a message's menu."""
    installation = slack.installation
    return {
        **_interaction(slack, person, "message_action", installation),
        "action_ts": slack.identifiers.timestamp(),
        "callback_id": callback_id,
        "trigger_id": slack.triggers.issue(person.member, installation, channel_id=channel.id),
        "response_url": slack.response_url("app", person.member, channel.id, by=installation),
        "message_ts": about.ts,
        "channel": {"id": channel.id, "name": channel_name(channel)},
        "message": about.as_slack(),
    }


def view_actions(slack: Slack, person: Person, view: View, actions: Iterable[Json]) -> Json:
    """Give the payload of something pressed or chosen in a view."""
    return {
        **_interaction(slack, person, "block_actions", view.installation),
        "container": {"type": "view", "view_id": view.id},
        "trigger_id": _trigger_in(slack, view),
        "view": view.as_slack(),
        "actions": list(actions),
    }


def message_actions(
    slack: Slack,
    person: Person,
    message: Message,
    state: Json,
    actions: Iterable[Json],
    *,
    unfurl: Json | None = None,
) -> Json:
    """Give the payload of something pressed or chosen in a message; an ephemeral one is not part of it.

    Nor is somebody else's message under which the app shows an `unfurl`, which comes in its place.
    """
    channel = slack.workspace.channels[message.channel_id]
    installation = slack.installation_in(message.author.team_id)
    is_ephemeral = message.only_for is not None
    container: Json = {"type": "message", "message_ts": message.ts, "channel_id": channel.id}
    if unfurl:
        container |= {
            "type": "message_attachment",
            "attachment_id": unfurl["id"],
            "is_app_unfurl": True,
            "app_unfurl_url": unfurl["app_unfurl_url"],
        }
    if message.thread_ts:
        container["thread_ts"] = message.thread_ts
    payload = {
        **_interaction(slack, person, "block_actions", installation, message.author.team_id),
        "container": {**container, "is_ephemeral": is_ephemeral},
        "trigger_id": slack.triggers.issue(person.member, installation, channel_id=channel.id),
        "channel": {"id": channel.id, "name": channel_name(channel)},
        "state": {"values": state},
        "response_url": slack.response_url("actions", person.member, channel.id, message.ts, by=installation),
        "actions": list(actions),
    }
    if unfurl:
        return {**payload, "app_unfurl": unfurl}
    return payload if is_ephemeral else {**payload, "message": message.as_slack()}


def view_submission(slack: Slack, person: Person, view: View, response_urls: Iterable[Json]) -> Json:
    """Give the payload of a submitted view."""
    return {
        **_interaction(slack, person, "view_submission", view.installation),
        "trigger_id": _trigger_in(slack, view),
        "view": view.as_slack(),
        "response_urls": list(response_urls),
    }


def view_closed(slack: Slack, person: Person, view: View, *, is_cleared: bool) -> Json:
    """Give the payload of a view that a person closed."""
    payload = _interaction(slack, person, "view_closed", view.installation)
    return {**payload, "view": view.as_slack(), "is_cleared": is_cleared}


def suggestion(slack: Slack, person: Person, view: View, names: tuple[str, str], typed: str) -> Json:
    """Give the payload with which Slack asks for the options of an external select; `names` identify it."""
    block_id, action_id = names
    return {
        **_interaction(slack, person, "block_suggestion", view.installation),
        "container": {"type": "view", "view_id": view.id},
        "action_id": action_id,
        "block_id": block_id,
        "value": typed,
        "view": view.as_slack(),
    }


def channel_name(channel: Channel) -> str:
    """Give a channel's name as payloads have it, which is hidden for private ones."""
    return "privategroup" if channel.kind == "private" else channel.name


def _trigger_in(slack: Slack, view: View) -> str:
    return slack.triggers.issue(view.member, view.installation, channel_id=view.channel_id, view_id=view.id)


def _interaction(
    slack: Slack, person: Person, kind: str, installation: Installation, team_id: str | None = None
) -> Json:
    """Give what every interaction has; `team_id` is the workspace it counts for, if not the person's own.

    An installation in a whole enterprise gets no `team`.
    """
    if not installation.is_active:
        raise Refused("app_not_installed", "The app was removed.")
    workspace = slack.installations.workspaces[team_id or person.team_id]
    enterprise = workspace.enterprise
    return {
        "type": kind,
        "team": None if installation.is_enterprise else _team(workspace),
        "user": {
            "id": person.id,
            "username": person.name,
            "name": person.name,
            "team_id": person.team_id,
        },
        "api_app_id": APP_ID,
        "token": slack.app.credentials.verification_token,
        "enterprise": {"id": enterprise.id, "name": enterprise.name} if enterprise else None,
        "is_enterprise_install": installation.is_enterprise,
    }


def _team(workspace: Workspace) -> Json:
    enterprise = workspace.enterprise
    of_enterprise = {"enterprise_id": enterprise.id, "enterprise_name": enterprise.name} if enterprise else {}
    return {"id": workspace.id, "domain": workspace.domain, **of_enterprise}
