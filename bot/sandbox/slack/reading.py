"""What a person sees: the workspace, their views, their messages; and the log of traffic."""

from bot.sandbox.slack.asking import channel_of, person_of, text_of
from bot.sandbox.slack.errors import Refused
from bot.sandbox.slack.slack import Slack
from bot.sandbox.slack.workspace import APP_ID, BOT_NAME
from bot.sandbox.slack.workspace_methods import described_channel, described_person
from bot.sandbox.wire import Json


async def state(slack: Slack, _body: Json) -> Json:
    """Describe the workspace, without its credentials."""
    workspace, bot = slack.workspace, slack.workspace.bot
    channels = [
        {**described_channel(slack, channel), "members": sorted(channel.members)}
        for channel in workspace.channels.values()
    ]
    return {
        "team": {"id": workspace.id, "name": workspace.name, "domain": workspace.domain},
        "teams": [{"id": one.id, "name": one.name, "domain": one.domain} for one in slack.workspaces],
        "is_installed": slack.installations.of(workspace) is not None,
        "bot": {"app_id": APP_ID, "user_id": bot.user_id, "bot_id": bot.id, "name": BOT_NAME},
        "users": [described_person(slack, person) for person in workspace.people.values()],
        "channels": channels,
        "commands": list(slack.app.commands),
        "shortcuts": list(slack.app.shortcuts),
        "connections": slack.sockets.count,
        "delivery_url": slack.delivery.url,
        "now": slack.clock(),
        "globus_url": slack.doors.globus_url,
        "number": slack.traffic.number,
    }


async def views(slack: Slack, body: Json) -> Json:
    """Give the modals a person has open, bottom to top."""
    person = person_of(slack, body)
    return {"views": [one.as_slack() for one in slack.views.stack(person.member)]}


async def view(slack: Slack, body: Json) -> Json:
    """Give one open view. Raises Refused `not_found`."""
    found = slack.views.find(text_of(body, "view_id"))
    if found is None:
        raise Refused("not_found", "This view is not open.")
    return {"view": found.as_slack()}


async def home(slack: Slack, body: Json) -> Json:
    """Give what the app published to a person's Home tab; null while there is nothing."""
    shown = slack.views.home(slack.installation.id, person_of(slack, body).id)
    return {"view": shown.as_slack() if shown else None}


async def messages(slack: Slack, body: Json) -> Json:
    """Give the messages a person sees in a channel, or with `dm` in their conversation with the bot."""
    person = person_of(slack, body)
    channel = channel_of(slack, person, body)
    return {"channel_id": channel.id, "messages": slack.messages.seen_by(person.member, channel.id)}


async def thread(slack: Slack, body: Json) -> Json:
    """Give the answers that a person sees under the message `ts`, oldest first."""
    person = person_of(slack, body)
    channel = channel_of(slack, person, body)
    return {"messages": slack.messages.thread(person.member, channel.id, text_of(body, "ts"))}


async def traffic(slack: Slack, body: Json) -> Json:
    """Give the log's entries after a number."""
    return {"traffic": slack.traffic.after(int(body.get("after", 0))), "number": slack.traffic.number}


async def wait(slack: Slack, body: Json) -> Json:
    """Wait until something newer than `after` happened, `seconds` at most."""
    after, seconds = int(body.get("after", 0)), float(body.get("seconds", 10))
    return {"number": await slack.traffic.wait(after, seconds)}
