"""How an app's access ends: it is uninstalled, its tokens are revoked, a person's account is deactivated.

Each function changes what is so, and gives the payloads of the events that tell the app.
https://docs.slack.dev/reference/events/app_uninstalled, tokens_revoked and user_change
"""

from typing import Final

from bot.sandbox.slack import event_payloads
from bot.sandbox.slack.installations import Installation
from bot.sandbox.slack.slack import Slack
from bot.sandbox.slack.tokens import Token
from bot.sandbox.slack.workspace import Person
from bot.sandbox.wire import Json

UNINSTALL_EVENTS: Final = ("tokens_revoked", "app_uninstalled")


def uninstall(slack: Slack, installation: Installation) -> list[Json]:
    """Take the app away; its tokens end, and its views close. Gives UNINSTALL_EVENTS."""
    tokens = [one for one in slack.tokens.living(installation.id) if one.installed]
    slack.tokens.end(tokens, bot="account_inactive", user="token_revoked")
    slack.views.forget(installation)
    slack.installations.remove(installation)
    return [_revoked(slack, installation, tokens), event_payloads.app_uninstalled(slack, installation)]


def revoke(slack: Slack, installation: Installation, tokens: list[Token]) -> list[Json]:
    """Revoke tokens. The app stays installed; without a bot token its bot user leaves all channels.

    https://docs.slack.dev/reference/methods/auth.revoke
    """
    slack.tokens.end(tokens, bot="token_revoked", user="token_revoked")
    if not any(one.kind == "bot" for one in slack.tokens.living(installation.id)):
        for workspace in slack.installations.covered(installation.id):
            workspace.dismiss_bot()
    return [_revoked(slack, installation, tokens)]


def deactivate(slack: Slack, person: Person) -> list[Json]:
    """Deactivate a person, in all of an enterprise where they belong to one."""
    workspaces = slack.installations.covered(slack.workspace.realm_id)
    known = [workspace for workspace in workspaces if person.id in workspace.people]
    for workspace in known:
        workspace.deactivate(person.id)
        theirs = [
            one
            for where in {workspace.id, workspace.realm_id}
            for one in slack.tokens.living(where)
            if one.user_id == person.id
        ]
        slack.tokens.end(theirs, bot="account_inactive", user="account_inactive")
    for view in slack.views.stack(person.member):
        slack.views.close(view)
    installation = slack.installations.of(slack.workspace)
    gone = slack.workspace.people[person.id]
    return [event_payloads.user_changed(slack, installation, gone)] if installation else []


def _revoked(slack: Slack, installation: Installation, tokens: list[Token]) -> Json:
    users = {one.user_id for one in tokens if one.kind == "user"}
    bots = {one.user_id for one in tokens if one.kind == "bot"}
    return event_payloads.tokens_revoked(slack, installation, users=users, bots=bots)
