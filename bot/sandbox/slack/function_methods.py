"""The `functions.*` methods, and a person who runs a workflow with a step of the app's.

https://docs.slack.dev/reference/methods/functions.completeSuccess and functions.completeError
"""

from typing import Final

from bot.sandbox.slack import event_payloads
from bot.sandbox.slack.arguments import Arguments
from bot.sandbox.slack.asking import person_of, text_of
from bot.sandbox.slack.errors import ApiError, Refused
from bot.sandbox.slack.handlers import Methods
from bot.sandbox.slack.slack import Slack
from bot.sandbox.wire import Json


def complete_success(slack: Slack, arguments: Arguments) -> Json:
    """Let a step end well."""
    outputs = arguments.structure("outputs")
    if not isinstance(outputs, dict):
        raise ApiError("invalid_arguments", ["[ERROR] must be an object [json-pointer:/outputs]"])
    slack.functions.end(arguments.text("function_execution_id"), slack.where, outputs=outputs)
    return {}


def complete_error(slack: Slack, arguments: Arguments) -> Json:
    """Let a step fail, with a sentence that Slack passes on."""
    error = arguments.text("error")
    slack.functions.end(arguments.text("function_execution_id"), slack.where, error=error)
    return {}


async def run(slack: Slack, body: Json) -> Json:
    """Run a step with `callback_id` and `inputs`; `delivered` says whether the app heard of it."""
    person_of(slack, body)
    inputs = body.get("inputs", {})
    if not isinstance(inputs, dict):
        raise Refused("invalid_arguments", "`inputs` must be an object.")
    installation = slack.installation
    execution = slack.functions.start(
        slack.workspace, installation.id, installation.scopes, text_of(body, "callback_id"), inputs
    )
    payload = event_payloads.function_executed(slack, installation, execution)
    delivered = await slack.delivery.notify("events_api", payload)
    return {"function_execution_id": execution.id, "delivered": delivered}


async def look(slack: Slack, body: Json) -> Json:
    """Say how a step fares: `running`, `completed` with `outputs`, or `failed` with an `error`."""
    execution = slack.functions.find(text_of(body, "id"))
    if execution is None:
        raise Refused("not_found", "There is no such run of a step.")
    return {"state": execution.state, "outputs": execution.outputs, "error": execution.error}


METHODS: Final[Methods] = {
    "functions.completeSuccess": (complete_success, ()),
    "functions.completeError": (complete_error, ()),
}
