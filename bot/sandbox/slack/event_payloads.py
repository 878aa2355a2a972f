"""The payloads of events: what Slack tells an app without anybody waiting for it.

https://docs.slack.dev/apis/events-api/
"""

from collections.abc import Iterable

from bot.sandbox.slack.functions import Execution
from bot.sandbox.slack.installations import Installation
from bot.sandbox.slack.messages import Message
from bot.sandbox.slack.slack import Slack
from bot.sandbox.slack.unfurling import links_in
from bot.sandbox.slack.workspace import APP_ID, Channel, Person
from bot.sandbox.slack.workspace_methods import described_person
from bot.sandbox.wire import Json


def home_opened(slack: Slack, person: Person) -> Json:
    """Give the event of an opened Home tab; `view` is there once one was published."""
    installation = slack.installation
    event: Json = {
        "type": "app_home_opened",
        "user": person.id,
        "channel": slack.workspace.direct_message(person.id).id,
        "tab": "home",
    }
    shown = slack.views.home(installation.id, person.id)
    return _heard(slack, installation, {**event, "view": shown.as_slack()} if shown else event)


def member_left(slack: Slack, person: Person, channel: Channel) -> Json | None:
    """Give the event of a person who left a channel; None where the app's bot is not there to hear of it.

    https://docs.slack.dev/reference/events/member_left_channel
    """
    installation = slack.installations.of(slack.workspace)
    if installation is None or installation.bot.user_id not in channel.members:
        return None
    event: Json = {
        "type": "member_left_channel",
        "user": person.id,
        "channel": channel.id,
        "channel_type": "G" if channel.kind == "private" else "C",
        "team": slack.workspace.id,
    }
    return _heard(slack, installation, event)


def link_shared(slack: Slack, message: Message) -> Json | None:
    """Give the event of a person's message with links of the app's; None if the app does not hear of it.

    It hears of public channels, and of conversations in which its bot is (a private channel's links are
    not told to those outside it). https://docs.slack.dev/reference/events/link_shared
    """
    channel = slack.workspace.channels[message.channel_id]
    installation = _of_links(slack)
    links = links_in(message.content.text, slack.app.unfurl_domains)
    is_member = slack.bot.user_id in channel.members
    if not links or installation is None or not (channel.kind == "public" or is_member):
        return None
    event: Json = {
        "type": "link_shared",
        "channel": channel.id,
        "is_bot_user_member": is_member,
        "user": message.author.user_id,
        "message_ts": message.ts,
        **({"thread_ts": message.thread_ts} if message.thread_ts else {}),
        "unfurl_id": slack.unfurls.tell(message),
        "source": "conversations_history",
        "links": links,
    }
    return _heard(slack, installation, event, is_shared=bool(channel.connected))


def link_written(slack: Slack, person: Person, text: str) -> Json | None:
    """Give the event of links in a message that is not sent yet; None if the app does not hear of it.

    It names no channel. The sandbox shows no previews there.
    """
    installation, links = _of_links(slack), links_in(text, slack.app.unfurl_domains)
    if not links or installation is None:
        return None
    written = f"{person.id}-{slack.identifiers.envelope()}"
    event: Json = {
        "type": "link_shared",
        "channel": "COMPOSER",
        "is_bot_user_member": True,
        "user": person.id,
        "message_ts": f"{written}-{slack.identifiers.secret()}",
        "unfurl_id": written,
        "source": "composer",
        "links": links,
    }
    return _heard(slack, installation, event)


def _of_links(slack: Slack) -> Installation | None:
    """Give the installation that hears of links here, if one does."""
    installation = slack.installations.of(slack.workspace)
    return installation if installation and "links:read" in installation.scopes else None


def function_executed(slack: Slack, installation: Installation, execution: Execution) -> Json:
    """Give the event of a workflow that came to a step of the app's, with a token for this step only.

    https://docs.slack.dev/reference/events/function_executed
    """
    now = int(slack.clock())
    parameters = [
        {"type": "string", "name": name, "description": name, "title": name, "is_required": False}
        for name in execution.inputs
    ]
    event: Json = {
        "type": "function_executed",
        "function": {
            "id": slack.identifiers.new("Fn"),
            "callback_id": execution.callback_id,
            "title": execution.callback_id,
            "description": "",
            "type": "app",
            "input_parameters": parameters,
            "output_parameters": [],
            "app_id": APP_ID,
            "date_created": now,
            "date_updated": now,
            "date_deleted": 0,
        },
        "inputs": execution.inputs,
        "function_execution_id": execution.id,
        "workflow_execution_id": slack.identifiers.new("Wx"),
        "bot_access_token": execution.token.text,
    }
    return _heard(slack, installation, event)


def user_changed(slack: Slack, installation: Installation, person: Person) -> Json:
    """Give the event of somebody whose account changed, as when it was deactivated (`deleted`)."""
    user = {**described_person(slack, person), "updated": int(slack.clock())}
    return _heard(slack, installation, {"type": "user_change", "user": user, "cache_ts": int(slack.clock())})


def app_uninstalled(slack: Slack, installation: Installation) -> Json:
    """Give the event of the app's removal; nothing is authorized any more, so it has no `authorizations`."""
    return _event(slack, installation, {"type": "app_uninstalled"})


def tokens_revoked(
    slack: Slack, installation: Installation, *, users: Iterable[str], bots: Iterable[str]
) -> Json:
    """Give the event of tokens that ended, by the IDs of the people and bot users whose they were."""
    tokens = {"oauth": sorted(users), "bot": sorted(bots)}
    return _event(slack, installation, {"type": "tokens_revoked", "tokens": tokens})


def _heard(slack: Slack, installation: Installation, event: Json, *, is_shared: bool = False) -> Json:
    enterprise = slack.workspace.enterprise
    authorization = {
        "enterprise_id": enterprise.id if enterprise else None,
        "team_id": None if installation.is_enterprise else slack.workspace.id,
        "user_id": installation.bot.user_id,
        "is_bot": True,
        "is_enterprise_install": installation.is_enterprise,
    }
    return {
        **_event(slack, installation, event),
        "authorizations": [authorization],
        "is_ext_shared_channel": is_shared,
    }


def _event(slack: Slack, installation: Installation, event: Json) -> Json:
    """Give the envelope of an event.

    What Slack sends about an enterprise as a whole is documented nowhere: here it has no `team_id`, and says
    `is_enterprise_install`.
    """
    enterprise = slack.workspace.enterprise
    now = slack.identifiers.timestamp()
    is_whole = installation.is_enterprise and event["type"] in {"app_uninstalled", "tokens_revoked"}
    return {
        "token": slack.app.credentials.verification_token,
        "team_id": None if is_whole else slack.workspace.id,
        **({"enterprise_id": enterprise.id} if enterprise else {}),
        **({"is_enterprise_install": True} if is_whole else {}),
        "api_app_id": APP_ID,
        "event": {**event, "event_ts": now},
        "type": "event_callback",
        "event_id": slack.identifiers.new("Ev"),
        "event_time": int(float(now)),
    }
