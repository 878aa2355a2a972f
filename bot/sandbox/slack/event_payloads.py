"""The payloads of events: what Slack tells an app without anybody waiting for it.

https://docs.slack.dev/apis/events-api/
"""

from collections.abc import Iterable

from bot.sandbox.slack.installations import Installation
from bot.sandbox.slack.slack import Slack
from bot.sandbox.slack.workspace import APP_ID, Person
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


def _heard(slack: Slack, installation: Installation, event: Json) -> Json:
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
        "is_ext_shared_channel": False,
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
