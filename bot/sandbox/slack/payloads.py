"""The payloads that Slack sends to an app.

https://docs.slack.dev/reference/interaction-payloads
"""

from collections.abc import Iterable

from bot.sandbox.slack.messages import Message
from bot.sandbox.slack.slack import Slack
from bot.sandbox.slack.views import View
from bot.sandbox.slack.workspace import APP_ID, BOT_USER_ID, TEAM_DOMAIN, TEAM_ID, Channel, Person
from bot.sandbox.wire import Json


def command(slack: Slack, person: Person, channel: Channel, name: str, text: str) -> Json:
    """Give the form of a slash command; every value is a string."""
    return {
        "token": slack.workspace.credentials.verification_token,
        "team_id": TEAM_ID,
        "team_domain": TEAM_DOMAIN,
        "channel_id": channel.id,
        "channel_name": channel_name(channel),
        "user_id": person.id,
        "user_name": person.name,
        "command": name,
        "text": text,
        "api_app_id": APP_ID,
        "is_enterprise_install": "false",
        "response_url": slack.response_url("commands", person.id, channel.id),
        "trigger_id": slack.triggers.issue(person.id, channel_id=channel.id),
    }


def global_shortcut(slack: Slack, person: Person, callback_id: str) -> Json:
    """Give the payload of a shortcut from the search bar or the composer."""
    return {
        **_interaction(slack, person, "shortcut"),
        "action_ts": slack.identifiers.timestamp(),
        "callback_id": callback_id,
        "trigger_id": slack.triggers.issue(person.id),
    }


def message_shortcut(
    slack: Slack, person: Person, callback_id: str, channel: Channel, about: Message
) -> Json:
    """Give the payload of a shortcut from a message's menu."""
    return {
        **_interaction(slack, person, "message_action"),
        "action_ts": slack.identifiers.timestamp(),
        "callback_id": callback_id,
        "trigger_id": slack.triggers.issue(person.id, channel_id=channel.id),
        "response_url": slack.response_url("app", person.id, channel.id),
        "message_ts": about.ts,
        "channel": {"id": channel.id, "name": channel_name(channel)},
        "message": about.as_slack(),
    }


def view_actions(slack: Slack, person: Person, view: View, actions: Iterable[Json]) -> Json:
    """Give the payload of something pressed or chosen in a view."""
    return {
        **_interaction(slack, person, "block_actions"),
        "container": {"type": "view", "view_id": view.id},
        "trigger_id": slack.triggers.issue(person.id, channel_id=view.channel_id, view_id=view.id),
        "view": view.as_slack(),
        "actions": list(actions),
    }


def message_actions(
    slack: Slack, person: Person, message: Message, state: Json, actions: Iterable[Json]
) -> Json:
    """Give the payload of something pressed or chosen in a message; an ephemeral one is not part of it."""
    channel = slack.workspace.channels[message.channel_id]
    is_ephemeral = message.only_for is not None
    container = {"type": "message", "message_ts": message.ts, "channel_id": channel.id}
    if message.thread_ts:
        container["thread_ts"] = message.thread_ts
    payload = {
        **_interaction(slack, person, "block_actions"),
        "container": {**container, "is_ephemeral": is_ephemeral},
        "trigger_id": slack.triggers.issue(person.id, channel_id=channel.id),
        "channel": {"id": channel.id, "name": channel_name(channel)},
        "state": {"values": state},
        "response_url": slack.response_url("actions", person.id, channel.id, message.ts),
        "actions": list(actions),
    }
    return payload if is_ephemeral else {**payload, "message": message.as_slack()}


def view_submission(slack: Slack, person: Person, view: View, response_urls: Iterable[Json]) -> Json:
    """Give the payload of a submitted view."""
    return {
        **_interaction(slack, person, "view_submission"),
        "trigger_id": slack.triggers.issue(person.id, channel_id=view.channel_id, view_id=view.id),
        "view": view.as_slack(),
        "response_urls": list(response_urls),
    }


def view_closed(slack: Slack, person: Person, view: View, *, is_cleared: bool) -> Json:
    """Give the payload of a view that a person closed."""
    payload = _interaction(slack, person, "view_closed")
    return {**payload, "view": view.as_slack(), "is_cleared": is_cleared}


def suggestion(slack: Slack, person: Person, view: View, names: tuple[str, str], typed: str) -> Json:
    """Give the payload with which Slack asks for the options of an external select; `names` identify it."""
    block_id, action_id = names
    return {
        **_interaction(slack, person, "block_suggestion"),
        "container": {"type": "view", "view_id": view.id},
        "action_id": action_id,
        "block_id": block_id,
        "value": typed,
        "view": view.as_slack(),
    }


def home_opened(slack: Slack, person: Person) -> Json:
    """Give the event of an opened Home tab; `view` is there once one was published."""
    now = slack.identifiers.timestamp()
    event: Json = {
        "type": "app_home_opened",
        "user": person.id,
        "channel": slack.workspace.direct_message(person.id).id,
        "tab": "home",
        "event_ts": now,
    }
    shown = slack.views.home(person.id)
    authorization = {"enterprise_id": None, "team_id": TEAM_ID, "user_id": BOT_USER_ID}
    return {
        "token": slack.workspace.credentials.verification_token,
        "team_id": TEAM_ID,
        "api_app_id": APP_ID,
        "event": {**event, "view": shown.as_slack()} if shown else event,
        "type": "event_callback",
        "event_id": slack.identifiers.new("Ev"),
        "event_time": int(float(now)),
        "authorizations": [{**authorization, "is_bot": True, "is_enterprise_install": False}],
        "is_ext_shared_channel": False,
    }


def channel_name(channel: Channel) -> str:
    """Give a channel's name as payloads have it, which is hidden for private ones."""
    return "privategroup" if channel.kind == "private" else channel.name


def _interaction(slack: Slack, person: Person, kind: str) -> Json:
    return {
        "type": kind,
        "team": {"id": TEAM_ID, "domain": TEAM_DOMAIN},
        "user": {"id": person.id, "username": person.name, "name": person.name, "team_id": TEAM_ID},
        "api_app_id": APP_ID,
        "token": slack.workspace.credentials.verification_token,
        "enterprise": None,
        "is_enterprise_install": False,
    }
