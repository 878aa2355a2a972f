import asyncio
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from bot.sandbox.slack.limits.surfaces import message_problems, suggestion_problems, view_problems
from bot.sandbox.slack.workspace import LAB_DATA
from tests.sandbox.slack.pretend_slack import (
    actions,
    button,
    fresh_trigger,
    home,
    input_of,
    listening,
    modal,
    option,
    plain,
    sandbox,
    section,
    text_input,
)

Json = dict[str, Any]
SELECT: Json = {"type": "static_select", "options": [option("a")]}
IMAGE: Json = {"type": "image", "image_url": "https://example.org/a.png", "alt_text": "a"}
RICH: Json = {
    "type": "rich_text",
    "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "a"}]}],
}
EVERY_INPUT: list[Json] = [
    {"type": "plain_text_input", "multiline": True, "min_length": 1, "max_length": 9, "initial_value": "abc"},
    {"type": "email_text_input"},
    {"type": "url_text_input"},
    {"type": "number_input", "is_decimal_allowed": False, "min_value": "1", "max_value": "9"},
    {"type": "static_select", "option_groups": [{"label": plain("g"), "options": [option("a")]}]},
    {**SELECT, "type": "multi_static_select", "initial_options": [option("a")], "max_selected_items": 2},
    {"type": "external_select", "min_query_length": 0, "placeholder": plain("Search")},
    {"type": "multi_external_select"},
    {"type": "users_select"},
    {"type": "multi_users_select"},
    {"type": "conversations_select", "default_to_current_conversation": True, "response_url_enabled": True},
    {"type": "multi_conversations_select", "filter": {"include": ["public"], "exclude_bot_users": True}},
    {"type": "channels_select"},
    {"type": "multi_channels_select"},
    {"type": "radio_buttons", "options": [option("a")], "initial_option": option("a")},
    {"type": "checkboxes", "options": [{**option("a"), "description": plain("more")}]},
    {"type": "datepicker", "initial_date": "2026-01-31"},
    {"type": "timepicker", "initial_time": "09:30", "timezone": "America/Chicago"},
    {"type": "datetimepicker", "initial_date_time": 1_800_000_000},
]


def test_every_kind_of_input_is_accepted_in_a_modal() -> None:
    blocks = [input_of(f"i{index}", element) for index, element in enumerate(EVERY_INPUT)]
    assert view_problems(modal(*blocks)) == []


@pytest.mark.parametrize(
    "block",
    [
        section(fields=[plain("a")], accessory=button("b")),
        {"type": "header", "text": plain("a")},
        {"type": "divider"},
        {"type": "context", "elements": [plain("a"), IMAGE]},
        actions(
            button("b", style="danger", url="https://example.org"),
            {
                "type": "overflow",
                "action_id": "o",
                "options": [{**option("a"), "url": "https://example.org"}],
            },
        ),
        IMAGE,
        RICH,
        {"type": "card", "title": plain("a"), "actions": [button("b")]},
    ],
    ids=lambda block: str(block["type"]),
)
def test_a_block_is_accepted_on_every_surface(block: Json) -> None:
    assert [*view_problems(modal(block)), *view_problems(home(block)), *message_problems([block])] == []


@pytest.mark.parametrize(
    ("block", "on_modal", "on_home", "on_message"),
    [
        ({"type": "alert", "text": plain("a"), "level": "error"}, True, False, False),
        ({"type": "markdown", "text": "# a"}, False, False, True),
        ({"type": "table", "rows": [[{"type": "raw_text", "text": "a"}]]}, False, False, True),
        ({"type": "mystery"}, False, False, False),
    ],
    ids=lambda value: value["type"] if isinstance(value, dict) else "",
)
def test_a_block_is_accepted_only_where_slack_draws_it(
    *, block: Json, on_modal: bool, on_home: bool, on_message: bool
) -> None:
    found = (view_problems(modal(block)), view_problems(home(block)), message_problems([block]))
    assert tuple(not problems for problems in found) == (on_modal, on_home, on_message)


@pytest.mark.parametrize(
    ("view", "path"),
    [
        (modal(title=plain("t" * 25)), "/view/title/text"),
        (modal(submit=plain("t" * 25)), "/view/submit/text"),
        (modal(close=plain("")), "/view/close/text"),
        (modal(private_metadata="m" * 3001), "/view/private_metadata"),
        (modal(callback_id="m" * 256), "/view/callback_id"),
        (modal(external_id="m" * 256), "/view/external_id"),
        (modal(*[{"type": "divider"}] * 101), "/view/blocks"),
        (modal(colour="red"), "/view"),
        (modal(text_input("a"), text_input("a")), "/view/blocks/1/block_id"),
        (modal(text_input("a" * 256)), "/view/blocks/0/block_id"),
        ({key: value for key, value in modal().items() if key != "submit"}, "/view/submit"),
        ({**home(), "submit": plain("Go")}, "/view"),
        (modal({"type": "input", "label": plain("a")}), "/view/blocks/0"),
        (modal(text_input("a", label=plain("l" * 2001))), "/view/blocks/0/label/text"),
        (modal(text_input("a", hint=plain("l" * 2001))), "/view/blocks/0/hint/text"),
        (modal(text_input("a", label={"type": "mrkdwn", "text": "l"})), "/view/blocks/0/label"),
        (modal(input_of("a", button("a"))), "/view/blocks/0/element"),
        (
            modal(input_of("a", {**SELECT, "placeholder": plain("p" * 151)})),
            "/view/blocks/0/element/placeholder/text",
        ),
        (
            modal(
                input_of("a", {"type": "users_select", "focus_on_load": True}),
                input_of("b", {"type": "users_select", "focus_on_load": True}),
            ),
            "/view/blocks",
        ),
        (
            home(actions({"type": "conversations_select", "response_url_enabled": True})),
            "/view/blocks/0/elements/0",
        ),
        (modal(section("t" * 3001)), "/view/blocks/0/text/text"),
        (modal({"type": "section"}), "/view/blocks/0"),
        (modal(section(fields=[plain("f")] * 11)), "/view/blocks/0/fields"),
        (modal(section(fields=[plain("f" * 2001)])), "/view/blocks/0/fields/0/text"),
        (modal({"type": "header", "text": plain("h" * 151)}), "/view/blocks/0/text/text"),
        (modal({"type": "context", "elements": [plain("c")] * 11}), "/view/blocks/0/elements"),
        (modal(actions(*(button(str(n)) for n in range(26)))), "/view/blocks/0/elements"),
        (modal(actions(button("a"), button("a"))), "/view/blocks/0/elements/1/action_id"),
        (modal(actions(button("a", value="v" * 2001))), "/view/blocks/0/elements/0/value"),
        (modal(actions(button("a", url="u" * 3001))), "/view/blocks/0/elements/0/url"),
        (modal(actions(button("a", text=plain("t" * 76)))), "/view/blocks/0/elements/0/text/text"),
        (modal(actions(button("a", style="loud"))), "/view/blocks/0/elements/0/style"),
        (modal(actions(button("a" * 256, text=plain("a")))), "/view/blocks/0/elements/0/action_id"),
        (
            modal(
                actions(
                    button(
                        "a",
                        confirm={
                            "title": plain("t" * 101),
                            "text": plain("x"),
                            "confirm": plain("y"),
                            "deny": plain("n"),
                        },
                    )
                )
            ),
            "/view/blocks/0/elements/0/confirm/title/text",
        ),
        (
            modal(actions({"type": "overflow", "options": [option(str(n)) for n in range(6)]})),
            "/view/blocks/0/elements/0/options",
        ),
        (modal(actions({"type": "datetimepicker", "initial_date_time": 5})), "/view/blocks/0/elements/0"),
        (
            modal(input_of("a", {"type": "checkboxes", "options": [option(str(n)) for n in range(11)]})),
            "/view/blocks/0/element/options",
        ),
        (
            modal(input_of("a", {"type": "radio_buttons", "options": [option("v" * 76)]})),
            "/view/blocks/0/element/options/0/text/text",
        ),
        (
            modal(input_of("a", {**SELECT, "options": [{**option("a"), "description": plain("d" * 76)}]})),
            "/view/blocks/0/element/options/0/description/text",
        ),
        (
            modal(input_of("a", {**SELECT, "options": [{"text": plain("a"), "value": "v" * 151}]})),
            "/view/blocks/0/element/options/0/value",
        ),
        (
            modal(input_of("a", {**SELECT, "options": [{**option("a"), "url": "https://example.org"}]})),
            "/view/blocks/0/element/options/0",
        ),
        (
            modal(input_of("a", {**SELECT, "options": [option(str(n)) for n in range(101)]})),
            "/view/blocks/0/element/options",
        ),
        (modal(input_of("a", {**SELECT, "options": []})), "/view/blocks/0/element/options"),
        (modal(input_of("a", {**SELECT, "option_groups": []})), "/view/blocks/0/element/option_groups"),
        (modal(input_of("a", {"type": "static_select"})), "/view/blocks/0/element"),
        (
            modal(input_of("a", {**SELECT, "initial_option": option("b")})),
            "/view/blocks/0/element/initial_option",
        ),
        (
            modal(input_of("a", {"type": "datepicker", "initial_date": "31.1.2026"})),
            "/view/blocks/0/element/initial_date",
        ),
        (modal(input_of("a", {"type": "number_input"})), "/view/blocks/0/element"),
        (modal({"type": "image", "alt_text": "a"}), "/view/blocks/0"),
    ],
)
def test_slack_refuses_what_is_over_a_limit_or_out_of_shape(view: Json, path: str) -> None:
    problems = view_problems(view)
    assert problems
    assert problems[0].path.startswith(path)


@pytest.mark.parametrize(
    ("blocks", "path"),
    [
        ([{"type": "divider"}] * 51, "/blocks"),
        ([{"type": "table", "rows": [[{"type": "raw_text", "text": "a"}]] * 101}], "/blocks/0/rows"),
        ([{"type": "table", "rows": [[{"type": "raw_text", "text": "a"}] * 21]}], "/blocks/0/rows/0"),
        ([{"type": "table", "rows": [[{"type": "raw_text", "text": "a"}]]}] * 2, "/blocks"),
        ([{"type": "markdown", "text": "m" * 7000}] * 2, "/blocks"),
        ([{"type": "card", "body": plain("b" * 201)}], "/blocks/0/body/text"),
        (["text"], "/blocks/0"),
        ("text", "/blocks"),
    ],
)
def test_slack_refuses_such_blocks_in_a_message(blocks: object, path: str) -> None:
    assert [problem.path for problem in message_problems(blocks)] == [path]


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"options": [option(str(n)) for n in range(101)]},
        {"options": [], "option_groups": [{"label": plain("g"), "options": [option("a")]}]},
        {"option_groups": [{"label": plain("g" * 76), "options": [option("a")]}]},
    ],
)
def test_slack_refuses_such_lists_of_options(answer: Json) -> None:
    assert suggestion_problems(answer)


def test_the_error_says_where_in_the_view_the_problem_is() -> None:
    async def story() -> Json:
        async with listening(slack) as listener:
            trigger_id = await fresh_trigger(slack, listener)
            with pytest.raises(SlackApiError) as caught:
                await slack.client().views_open(trigger_id=trigger_id, view=modal(title=plain("t" * 25)))
            return dict(caught.value.response.data)

    with sandbox() as slack:
        answer = asyncio.run(story())
    assert answer["error"] == "invalid_arguments"
    assert answer["response_metadata"]["messages"] == [
        "[ERROR] must be less than 25 characters [json-pointer:/view/title/text]"
    ]


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ({"text": "t", "blocks": [{"type": "divider"}] * 51}, "invalid_blocks"),
        ({"text": "t" * 40_001}, "msg_too_long"),
        ({"text": ""}, "no_text"),
        ({"text": "t", "blocks": "no json"}, "invalid_blocks_format"),
        ({"text": "t", "metadata": {"event_type": "a"}}, "invalid_metadata_format"),
    ],
)
def test_a_message_slack_would_not_take_is_refused_by_name(content: Json, error: str) -> None:
    async def story() -> Json:
        with pytest.raises(SlackApiError) as caught:
            await slack.client().api_call("chat.postMessage", json={"channel": LAB_DATA, **content})
        return dict(caught.value.response.data)

    with sandbox() as slack:
        assert asyncio.run(story())["error"] == error
