"""A person in a form: filling in, searching options, submitting, closing."""

from collections.abc import Iterator

from bot.sandbox.slack import payloads
from bot.sandbox.slack.asking import field_of, modal_of, person_of, shown_view_of, text_of, told
from bot.sandbox.slack.errors import ApiError, Refused
from bot.sandbox.slack.fields import Field, fields_of, with_value
from bot.sandbox.slack.filling import Filling, complaints, missing
from bot.sandbox.slack.limits.objects import offered
from bot.sandbox.slack.limits.surfaces import suggestion_problems
from bot.sandbox.slack.slack import Slack
from bot.sandbox.slack.views import View
from bot.sandbox.slack.workspace import Person
from bot.sandbox.wire import Json


async def fill(slack: Slack, body: Json) -> Json:
    """Put a value into an element; the app hears of it at once where Slack would tell it.

    Typing into a text input ends with Enter, so an input with `dispatch_action` tells once; with `quietly`
    it was typed without Enter, and the app does not hear of it yet.
    """
    person = person_of(slack, body)
    view = shown_view_of(slack, person, body)
    field = field_of(view.blocks, body)
    state = Filling(slack, person.id, field, known_options(slack, view, field)).state(body.get("value"))
    if body.get("quietly"):
        slack.views.keep(view.with_values(with_value(view.values, field, state)))
        return {"dispatched": False}
    await choose(slack, person, view, field, state)
    return {"dispatched": field.dispatches}


def known_options(slack: Slack, view: View, field: Field) -> list[Json]:
    """Give the options of an external select that the app suggested last, and those that are chosen."""
    suggested = slack.suggested.get((view.id, field.block_id, field.action_id), [])
    state = view.values.get(field.block_id, {}).get(field.action_id, {})
    return [*suggested, *state.get("selected_options", [])]


async def choose(slack: Slack, person: Person, view: View, field: Field, state: Json) -> None:
    """Keep an element's new state, and tell the app if it is to know at once."""
    changed = slack.views.keep(view.with_values(with_value(view.values, field, state)))
    if field.dispatches:
        action = described_action(slack, field, state)
        await slack.delivery.deliver("interactive", payloads.view_actions(slack, person, changed, [action]))


def described_action(slack: Slack, field: Field, state: Json) -> Json:
    """Give the entry of `actions` for what was pressed or chosen."""
    names = {"block_id": field.block_id, "action_id": field.action_id}
    return {"type": field.type, **names, **state, "action_ts": slack.identifiers.timestamp()}


async def suggest(slack: Slack, body: Json) -> Json:
    """Type into an external select, and get the options the app offers."""
    person = person_of(slack, body)
    view = shown_view_of(slack, person, body)
    field = field_of(view.blocks, body)
    typed = text_of(body, "value")
    shortest = field.element.get("min_query_length", 3)
    if not field.type.endswith("external_select"):
        raise Refused("invalid_value", f"A {field.type} has no options to search.")
    if len(typed) < shortest:
        raise Refused("min_query_length", f"Options are searched from {shortest} characters on.")
    names = (field.block_id, field.action_id)
    answer = await slack.delivery.deliver(
        "interactive", payloads.suggestion(slack, person, view, names, typed)
    )
    problems = suggestion_problems(answer or {})
    if problems:
        raise Refused("invalid_options", "; ".join(problem.described() for problem in problems))
    options = offered(answer or {})
    slack.suggested[view.id, *names] = options
    return {"options": options}


async def submit(slack: Slack, body: Json) -> Json:
    """Press the submit button of the uppermost modal, and do what the app answers."""
    person = person_of(slack, body)
    view = modal_of(slack, person, body)
    _check_complete(view)
    urls = list(_response_urls(slack, view))
    payload = payloads.view_submission(slack, person, view, urls)
    answer = await slack.delivery.deliver("interactive", payload)
    try:
        return _obey(slack, view, answer or {})
    except ApiError as error:
        raise told(error) from error


async def close(slack: Slack, body: Json) -> Json:
    """Close the uppermost modal, or with `clear` all; the app hears where `notify_on_close` is set."""
    person = person_of(slack, body)
    view = modal_of(slack, person, body)
    is_cleared = bool(body.get("clear") or view.source.get("clear_on_close"))
    closing = slack.views.stack(person.member)[::-1] if is_cleared else [view]
    for one in closing:
        slack.views.close(one)
    for one in closing:
        if one.source.get("notify_on_close"):
            payload = payloads.view_closed(slack, person, one, is_cleared=is_cleared)
            await slack.delivery.notify("interactive", payload)
    return {"closed": [one.id for one in closing]}


def _check_complete(view: View) -> None:
    if "submit" not in view.source:
        raise Refused("no_submit", "This view has no submit button.")
    empty = missing(view)
    if empty:
        raise Refused("missing_required_fields", "Some required fields are empty.", fields=empty)
    wrong = complaints(view)
    if wrong:
        raise Refused("invalid_fields", " ".join(wrong.values()), fields=list(wrong), errors=wrong)


def _response_urls(slack: Slack, view: View) -> Iterator[Json]:
    for field in fields_of(view.blocks):
        state = view.values.get(field.block_id, {}).get(field.action_id, {})
        channel_id = state.get("selected_conversation") or state.get("selected_channel")
        if field.element.get("response_url_enabled") and channel_id:
            yield {
                "block_id": field.block_id,
                "action_id": field.action_id,
                "channel_id": channel_id,
                "response_url": slack.response_url("app", view.member, channel_id, by=view.installation),
            }


def _obey(slack: Slack, view: View, answer: Json) -> Json:
    action = answer.get("response_action")
    if not answer:
        slack.views.close(view)
        return {"response_action": "close"}
    if action == "errors":
        return {"response_action": action, "errors": _checked_errors(view, answer.get("errors"))}
    if action == "clear":
        for one in slack.views.stack(view.member):
            slack.views.close(one)
        return {"response_action": action}
    if action in {"update", "push"}:
        return {
            "response_action": action,
            "view": _changed(slack, view, action, answer.get("view")).as_slack(),
        }
    raise Refused("invalid_response_action", f"Slack does not understand the app's answer: {answer}.")


def _changed(slack: Slack, view: View, action: str, source: object) -> View:
    present = slack.views.find(view.id)
    if present is None:
        raise Refused("not_found", "The view was closed while the app was answering.")
    if not isinstance(source, dict):
        raise Refused("invalid_response_action", "The app's answer has no view.")
    return slack.views.update(present, source) if action == "update" else slack.views.push(present, source)


def _checked_errors(view: View, errors: object) -> Json:
    inputs = {field.block_id for field in fields_of(view.blocks) if field.is_input}
    if not isinstance(errors, dict) or not errors:
        raise Refused("invalid_response_action", "The app's answer has no errors.")
    for block_id, sentence in errors.items():
        if block_id not in inputs or not isinstance(sentence, str) or not sentence:
            detail = f"The app's error for {block_id!r} is for no input block of this view, or is empty."
            raise Refused("invalid_response_action", detail)
    return errors
