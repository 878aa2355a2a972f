"""The `views.*` methods.

https://docs.slack.dev/reference/methods/views.open and its neighbours
"""

from typing import Final

from bot.sandbox.slack.arguments import Arguments
from bot.sandbox.slack.errors import ApiError
from bot.sandbox.slack.handlers import Methods
from bot.sandbox.slack.slack import Slack
from bot.sandbox.slack.views import View
from bot.sandbox.wire import Json


def open_view(slack: Slack, arguments: Arguments) -> Json:
    """Show a modal to the person whose act gave the trigger ID."""
    source = arguments.structure("view")
    trigger = slack.triggers.redeem(arguments.text("trigger_id"), slack.where)
    view = slack.views.open(trigger.member, trigger.installation, source, trigger.channel_id)
    return {"view": view.as_slack()}


def push(slack: Slack, arguments: Arguments) -> Json:
    """Show a modal on top of the one in which the person acted."""
    source = arguments.structure("view")
    trigger = slack.triggers.redeem(arguments.text("trigger_id"), slack.where)
    below = slack.views.find(trigger.view_id or "")
    if below is None or not below.is_modal:
        raise ApiError("not_found")
    return {"view": slack.views.push(below, source).as_slack()}


def update(slack: Slack, arguments: Arguments) -> Json:
    """Replace an open view, named by `view_id` or `external_id`."""
    source = arguments.structure("view")
    external_id = arguments.optional_text("external_id")
    if external_id:
        view = slack.views.find_external(external_id, slack.where)
    else:
        view = slack.views.find(arguments.text("view_id"))
    if view is None or view.installation.id != slack.where:
        raise ApiError("not_found")
    _check_hash(view, arguments)
    return {"view": slack.views.update(view, source).as_slack()}


def publish(slack: Slack, arguments: Arguments) -> Json:
    """Replace a person's Home tab."""
    user_id = arguments.text("user_id")
    person = slack.workspace.people.get(user_id)
    installation = slack.installations.with_id(slack.where)
    if person is None or installation is None:
        raise ApiError("invalid_arguments", ["[ERROR] user not found [json-pointer:/user_id]"])
    shown = slack.views.home(installation.id, user_id)
    if shown:
        _check_hash(shown, arguments)
    view = slack.views.publish(person.member, installation, arguments.structure("view"))
    return {"view": view.as_slack()}


def _check_hash(view: View, arguments: Arguments) -> None:
    expected = arguments.optional_text("hash")
    if expected and expected != view.hash:
        raise ApiError("hash_conflict")


METHODS: Final[Methods] = {
    "views.open": (open_view, ()),
    "views.push": (push, ()),
    "views.update": (update, ()),
    "views.publish": (publish, ()),
}
