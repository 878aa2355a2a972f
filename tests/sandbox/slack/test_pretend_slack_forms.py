import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from bot.sandbox.slack.workspace import ADA, EMBARGO, GRACE, LAB_DATA, RANDOM
from tests.sandbox.slack.pretend_slack import (
    Listener,
    Sandbox,
    actions,
    button,
    fresh_trigger,
    home,
    input_of,
    listening,
    modal,
    option,
    sandbox,
    text_input,
)

Json = dict[str, Any]
CHOICES: Json = {"options": [option("a"), option("b")]}


@asynccontextmanager
async def _form(slack: Sandbox, *blocks: Json, **more: Any) -> AsyncIterator[tuple[Listener, Json]]:  # noqa: ANN401 - any JSON
    async with listening(slack) as listener:
        trigger_id = await fresh_trigger(slack, listener)
        opened = await slack.client().views_open(trigger_id=trigger_id, view=modal(*blocks, **more))
        yield listener, {"user_id": ADA, "view_id": opened["view"]["id"]}


@pytest.mark.parametrize(
    ("element", "value", "state"),
    [
        ({"type": "plain_text_input"}, "t", {"value": "t"}),
        ({"type": "email_text_input"}, "a@b.org", {"value": "a@b.org"}),
        ({"type": "url_text_input"}, "https://b.org", {"value": "https://b.org"}),
        ({"type": "number_input", "is_decimal_allowed": True}, "1.5", {"value": "1.5"}),
        ({"type": "static_select", **CHOICES}, "b", {"selected_option": option("b")}),
        ({"type": "radio_buttons", **CHOICES}, "a", {"selected_option": option("a")}),
        ({"type": "checkboxes", **CHOICES}, ["b"], {"selected_options": [option("b")]}),
        ({"type": "multi_static_select", **CHOICES}, ["a"], {"selected_options": [option("a")]}),
        ({"type": "users_select"}, GRACE, {"selected_user": GRACE}),
        ({"type": "multi_users_select"}, [GRACE, ADA], {"selected_users": [GRACE, ADA]}),
        ({"type": "conversations_select"}, EMBARGO, {"selected_conversation": EMBARGO}),
        ({"type": "channels_select"}, RANDOM, {"selected_channel": RANDOM}),
        ({"type": "datepicker"}, "2026-02-28", {"selected_date": "2026-02-28"}),
        ({"type": "timepicker"}, "23:59", {"selected_time": "23:59"}),
        ({"type": "datetimepicker"}, 1_800_000_000, {"selected_date_time": 1_800_000_000}),
    ],
    ids=lambda value: value["type"] if isinstance(value, dict) and "type" in value else "",
)
def test_a_submitted_value_has_the_shape_slack_gives_it(element: Json, value: object, state: Json) -> None:
    async def story() -> None:
        async with _form(slack, input_of("field", element), text_input("note", optional=True)) as (app, form):
            await slack.do("input", **form, block_id="field", value=value)
            await slack.do("submit", **form)
            values = app.requests[-1].payload["view"]["state"]["values"]
            assert values["field"] == {"field": {"type": element["type"], **state}}
            assert values["note"] == {"note": {"type": "plain_text_input", "value": None}}

    with sandbox() as slack:
        asyncio.run(story())


@pytest.mark.parametrize(
    ("element", "value"),
    [
        ({"type": "static_select", **CHOICES}, "z"),
        ({"type": "checkboxes", **CHOICES}, "a"),
        ({"type": "multi_static_select", **CHOICES, "max_selected_items": 1}, ["a", "b"]),
        ({"type": "users_select"}, "U0STRANGER"),
        ({"type": "channels_select"}, EMBARGO),
        ({"type": "conversations_select", "filter": {"include": ["public"]}}, EMBARGO),
        ({"type": "datepicker"}, "2026-02-30"),
        ({"type": "timepicker"}, "24:00"),
        ({"type": "datetimepicker"}, "tomorrow"),
        ({"type": "external_select"}, "never-offered"),
    ],
    ids=lambda value: value["type"] if isinstance(value, dict) else "",
)
def test_a_person_cannot_choose_what_is_not_offered(element: Json, value: object) -> None:
    async def story() -> None:
        async with _form(slack, input_of("field", element)) as (_, form):
            refused = await slack.refused("input", **form, block_id="field", value=value)
            assert refused["error"] == "invalid_value"

    with sandbox() as slack:
        asyncio.run(story())


@pytest.mark.parametrize(
    ("element", "value"),
    [
        ({"type": "plain_text_input", "min_length": 3}, "ab"),
        ({"type": "plain_text_input", "max_length": 3}, "abcd"),
        ({"type": "number_input", "is_decimal_allowed": False}, "1.5"),
        ({"type": "number_input", "is_decimal_allowed": False, "min_value": "2"}, "1"),
        ({"type": "number_input", "is_decimal_allowed": False, "max_value": "2"}, "3"),
        ({"type": "number_input", "is_decimal_allowed": False}, "many"),
        ({"type": "number_input", "is_decimal_allowed": True, "min_value": "2"}, "NaN"),
        ({"type": "number_input", "is_decimal_allowed": True}, "Infinity"),
        ({"type": "email_text_input"}, "nobody"),
        ({"type": "url_text_input"}, "nowhere"),
    ],
)
def test_the_client_holds_back_a_form_with_such_a_value(element: Json, value: str) -> None:
    async def story() -> None:
        async with _form(slack, input_of("field", element)) as (app, form):
            await slack.do("input", **form, block_id="field", value=value)
            refused = await slack.refused("submit", **form)
            assert (refused["error"], refused["fields"]) == ("invalid_fields", ["field"])
            assert app.requests[-1].payload["type"] != "view_submission"

    with sandbox() as slack:
        asyncio.run(story())


def test_required_fields_must_be_filled_and_optional_ones_need_not() -> None:
    async def story() -> None:
        ticks = input_of("ticks", {"type": "checkboxes", **CHOICES})
        async with _form(slack, text_input("a"), text_input("b", optional=True), ticks) as (_, form):
            refused = await slack.refused("submit", **form)
            assert (refused["error"], refused["fields"]) == ("missing_required_fields", ["a", "ticks"])

    with sandbox() as slack:
        asyncio.run(story())


def test_the_app_hears_at_once_of_what_it_asked_to_hear_of() -> None:
    async def story() -> None:
        quiet, loud = text_input("quiet"), text_input("loud", dispatch_action=True)
        menu = {"type": "static_select", "action_id": "menu", **CHOICES}
        async with _form(slack, quiet, loud, actions(menu, button("press"))) as (app, form):
            assert (await slack.do("input", **form, block_id="quiet", value="x"))["dispatched"] is False
            assert (await slack.do("input", **form, block_id="loud", value="y"))["dispatched"] is True
            assert app.requests[-1].payload["actions"][0]["value"] == "y"
            await slack.do("input", **form, block_id="buttons", action_id="menu", value="a")
            await slack.do("click", **form, action_id="press")
            payload = app.requests[-1].payload
            assert payload["actions"][0]["value"] == "7"
            assert payload["container"] == {"type": "view", "view_id": form["view_id"]}
            values = payload["view"]["state"]["values"]
            assert (values["quiet"]["quiet"]["value"], values["loud"]["loud"]["value"]) == ("x", "y")
            assert values["buttons"] == {"menu": {"type": "static_select", "selected_option": option("a")}}

    with sandbox() as slack:
        asyncio.run(story())


def test_an_updated_view_keeps_values_by_name_and_gives_new_names_their_first_value() -> None:
    async def story() -> Json:
        first: Json = {"type": "plain_text_input", "initial_value": "first"}
        async with _form(slack, input_of("a", first), input_of("b", first)) as (_, form):
            await slack.do("input", **form, block_id="a", value="typed")
            await slack.do("input", **form, block_id="b", value="typed")
            renamed = {**input_of("b", {**first, "initial_value": "second"}), "block_id": "b:1"}
            view = modal(input_of("a", {**first, "initial_value": "second"}), renamed)
            updated = await slack.client().views_update(view_id=form["view_id"], view=view)
            values: Json = updated["view"]["state"]["values"]
            return {name: fields[name[0]]["value"] for name, fields in values.items()}

    with sandbox() as slack:
        assert asyncio.run(story()) == {"a": "typed", "b:1": "second"}


def test_options_are_searched_from_the_length_asked_for_and_then_chosen() -> None:
    async def story() -> None:
        menu: Json = {"type": "external_select", "min_query_length": 2}
        async with _form(slack, text_input("a"), input_of("menu", menu)) as (app, form):
            search = {**form, "block_id": "menu"}
            await slack.do("input", **form, block_id="a", value="typed")
            assert (await slack.refused("suggest", **search, value="x"))["error"] == "min_query_length"
            app.answer = {"options": [option("found")]}
            assert (await slack.do("suggest", **search, value="xy"))["options"] == [option("found")]
            payload = app.requests[-1].payload
            assert (payload["type"], payload["value"], payload["action_id"]) == (
                "block_suggestion",
                "xy",
                "menu",
            )
            assert payload["view"]["state"]["values"]["a"]["a"]["value"] == "typed"
            await slack.do("input", **search, value="found")
            app.answer = {"options": [option(str(number)) for number in range(101)]}
            assert (await slack.refused("suggest", **search, value="xy"))["error"] == "invalid_options"

    with sandbox() as slack:
        asyncio.run(story())


def test_a_search_where_there_is_nothing_to_search_is_refused() -> None:
    async def story() -> None:
        async with _form(slack, text_input("a")) as (_, form):
            assert (await slack.refused("suggest", **form, block_id="a", value="x"))[
                "error"
            ] == "invalid_value"
            refused = await slack.refused("suggest", **form, block_id="z", value="x")
            assert refused["error"] == "element_not_found"

    with sandbox() as slack:
        asyncio.run(story())


@pytest.mark.parametrize(
    ("answer", "action", "open_views"),
    [
        (None, "close", 0),
        ({"response_action": "clear"}, "clear", 0),
        ({"response_action": "errors", "errors": {"name": "Taken."}}, "errors", 1),
        ({"response_action": "update", "view": modal(text_input("other"))}, "update", 1),
        ({"response_action": "push", "view": modal(text_input("other"))}, "push", 2),
    ],
)
def test_a_submission_does_what_the_app_answers(answer: Json | None, action: str, open_views: int) -> None:
    async def story() -> None:
        async with _form(slack) as (app, form):
            app.answer = answer
            await slack.do("input", **form, block_id="name", value="x")
            submitted = await slack.do("submit", **form)
            assert submitted["response_action"] == action
            assert submitted.get("errors") == (answer or {}).get("errors")
            assert len((await slack.see("views", user_id=ADA))["views"]) == open_views

    with sandbox() as slack:
        asyncio.run(story())


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"text": "thanks"}, "invalid_response_action"),
        ({"response_action": "errors", "errors": {"nowhere": "Bad."}}, "invalid_response_action"),
        ({"response_action": "errors", "errors": {}}, "invalid_response_action"),
        ({"response_action": "update"}, "invalid_response_action"),
        (
            {"response_action": "update", "view": modal(title={"type": "plain_text", "text": ""})},
            "invalid_arguments",
        ),
    ],
)
def test_an_answer_slack_does_not_understand_is_an_error_for_the_person(answer: Json, error: str) -> None:
    async def story() -> None:
        async with _form(slack) as (app, form):
            app.answer = answer
            await slack.do("input", **form, block_id="name", value="x")
            assert (await slack.refused("submit", **form))["error"] == error

    with sandbox() as slack:
        asyncio.run(story())


def test_a_chosen_conversation_comes_with_a_response_url_that_needs_no_membership() -> None:
    async def story() -> None:
        where = {
            "type": "conversations_select",
            "default_to_current_conversation": True,
            "response_url_enabled": True,
        }
        async with listening(slack) as app:
            await slack.do("command", user_id=ADA, channel_id=RANDOM, command="/schedule-transfer", text="")
            await slack.client().views_open(trigger_id=app.trigger_id, view=modal(input_of("where", where)))
            await slack.do("submit", user_id=ADA, view_id=(await slack.top_view())["id"])
            (url,) = app.requests[-1].payload["response_urls"]
            assert (url["channel_id"], url["block_id"], url["action_id"]) == (RANDOM, "where", "where")
            assert url["response_url"].startswith(slack.base)

    with sandbox() as slack:
        asyncio.run(story())


@pytest.mark.parametrize("clear", [False, True])
def test_closing_tells_the_app_where_it_asked_to_be_told(*, clear: bool) -> None:
    async def story() -> None:
        async with _form(slack, notify_on_close=True) as (app, form):
            app.answer = {"response_action": "push", "view": modal(notify_on_close=True)}
            await slack.do("input", **form, block_id="name", value="x")
            pushed = (await slack.do("submit", **form))["view"]["id"]
            assert (await slack.refused("close", **form))["error"] == "not_found"
            closed = (await slack.do("close", user_id=ADA, view_id=pushed, clear=clear))["closed"]
            assert closed == ([pushed, form["view_id"]] if clear else [pushed])
            told = [one.payload for one in app.requests if one.payload["type"] == "view_closed"]
            assert [one["view"]["id"] for one in told] == closed
            assert {one["is_cleared"] for one in told} == {clear}

    with sandbox() as slack:
        asyncio.run(story())


def test_a_person_acts_only_in_views_of_their_own() -> None:
    async def story() -> None:
        async with _form(slack) as (_, form):
            other = {**form, "user_id": GRACE}
            assert (await slack.refused("input", **other, block_id="name", value="x"))["error"] == "not_found"
            assert (await slack.refused("submit", **other))["error"] == "not_found"
            assert (await slack.see("view", view_id=form["view_id"]))["view"]["id"] == form["view_id"]

    with sandbox() as slack:
        asyncio.run(story())


def test_buttons_in_a_home_tab_tell_their_view() -> None:
    async def story() -> None:
        async with listening(slack) as app:
            view = home(actions(button("timer_pause")))
            published = (await slack.client().views_publish(user_id=ADA, view=view))["view"]
            await slack.do("click", user_id=ADA, view_id=published["id"], action_id="timer_pause")
            payload = app.requests[-1].payload
            assert (payload["view"]["type"], payload["view"]["hash"]) == ("home", published["hash"])
            assert "response_url" not in payload
            refused = await slack.refused("submit", user_id=ADA, view_id=published["id"])
            assert refused["error"] == "not_found"

    with sandbox() as slack:
        asyncio.run(story())


def test_a_button_that_is_drawn_again_while_it_is_pressed_is_known_by_its_action() -> None:
    async def story() -> None:
        async with listening(slack) as app:
            view = home(
                *({"type": "actions", "elements": [button(name)]} for name in ("only", "twin", "twin"))
            )
            stale = (await slack.client().views_publish(user_id=ADA, view=view))["view"]
            drawn = (await slack.client().views_publish(user_id=ADA, view=view))["view"]
            only, twin = (stale["blocks"][number]["block_id"] for number in (0, 1))
            assert only not in {one["block_id"] for one in drawn["blocks"]}

            about = {"user_id": ADA, "view_id": drawn["id"]}
            await slack.do("click", **about, block_id=only, action_id="only")
            assert app.requests[-1].payload["actions"][0]["block_id"] == drawn["blocks"][0]["block_id"]
            refused = await slack.refused("click", **about, block_id=twin, action_id="twin")
            assert refused["error"] == "element_not_found"

    with sandbox() as slack:
        asyncio.run(story())


@pytest.mark.parametrize(
    ("act", "body", "error"),
    [
        ("command", {"user_id": "U0STRANGER"}, "user_not_found"),
        ("command", {"user_id": ADA, "channel_id": "C0NOWHERE1"}, "channel_not_found"),
        ("command", {"user_id": ADA, "channel_id": LAB_DATA, "command": "sing"}, "invalid_arguments"),
        ("command", {"user_id": ADA, "channel_id": LAB_DATA}, "invalid_arguments"),
        ("submit", {"user_id": ADA, "view_id": "V0"}, "not_found"),
        ("click", {"user_id": ADA, "channel_id": LAB_DATA, "message_ts": "1.0"}, "message_not_found"),
        ("faults", {"fault": "flood"}, "invalid_arguments"),
        ("faults", {"fault": "hang", "seconds": "long"}, "invalid_arguments"),
        ("delivery", {"url": 5}, "invalid_arguments"),
    ],
)
def test_an_act_that_makes_no_sense_is_refused_with_a_reason(act: str, body: Json, error: str) -> None:
    with sandbox() as slack:
        assert asyncio.run(slack.refused(act, **body))["error"] == error
