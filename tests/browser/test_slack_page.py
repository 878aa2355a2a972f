import re
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from bot.sandbox.slack.fields import KINDS
from bot.sandbox.slack.limits.blocks import BLOCKS
from bot.sandbox.slack.workspace import ADA, EMBARGO, GRACE, KATHERINE, LAB_DATA, RANDOM
from tests.browser.app import App, listening
from tests.browser.window import PATIENCE
from tests.sandbox.slack.pretend_slack import (
    actions,
    button,
    formatted,
    home,
    input_of,
    modal,
    option,
    plain,
    sandbox,
    section,
    text_input,
)

playwright = pytest.importorskip("playwright.sync_api")

Json = dict[str, Any]
Page = Any
"""Playwright's; it may be missing."""

CHOICES: Json = {"options": [option("one"), option("two")]}
INPUTS = (
    input_of("plain_text_input", {"type": "plain_text_input"}),
    input_of("number_input", {"type": "number_input", "is_decimal_allowed": False}),
    input_of("static_select", {"type": "static_select", **CHOICES}),
    input_of("external_select", {"type": "external_select", "min_query_length": 0}),
    input_of("conversations_select", {"type": "conversations_select"}),
    input_of("users_select", {"type": "users_select"}),
    input_of("checkboxes", {"type": "checkboxes", **CHOICES}),
    input_of("radio_buttons", {"type": "radio_buttons", **CHOICES}),
    input_of("datepicker", {"type": "datepicker"}),
    input_of("timepicker", {"type": "timepicker"}),
    input_of("datetimepicker", {"type": "datetimepicker"}),
)
SEVERAL = (
    input_of("multi_static_select", {"type": "multi_static_select", **CHOICES}),
    input_of("multi_external_select", {"type": "multi_external_select", "min_query_length": 1}),
    input_of("multi_users_select", {"type": "multi_users_select", "max_selected_items": 2}),
    input_of("multi_conversations_select", {"type": "multi_conversations_select"}),
    input_of("multi_channels_select", {"type": "multi_channels_select", "initial_channels": [LAB_DATA]}),
)


@pytest.fixture(scope="module")
def app() -> Iterator[App]:
    with sandbox() as slack, listening(slack.base) as app:
        yield app


@pytest.fixture
def page(app: App, chromium: Any) -> Iterator[Page]:  # noqa: ANN401 - Playwright's browser
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE)
    app.heard.clear()
    app.answer = lambda _payload: None
    yield _opened(context.new_page(), app)
    context.close()
    views = requests.get(f"{app.slack_url}/sandbox/views", params={"user_id": ADA}, timeout=10).json()[
        "views"
    ]
    if views:
        app.act("close", view_id=views[-1]["id"], clear=True)


def _opened(page: Page, app: App, who: str = ADA, where: str = LAB_DATA) -> Page:
    page.goto(f"{app.slack_url}/#/{who}/{where}")
    playwright.expect(page.get_by_role("log", name="Messages")).to_be_visible()
    return page


def _see(locator: Any, text: str | re.Pattern[str]) -> None:  # noqa: ANN401 - Playwright's
    playwright.expect(locator).to_contain_text(text)


def _last(page: Page) -> Any:  # noqa: ANN401 - Playwright's
    return page.get_by_role("log", name="Messages").get_by_role("article").last


def _take(page: Page, name: str, typed: str) -> None:
    search = page.get_by_role("combobox", name=name)
    search.fill(typed)
    page.get_by_role("listbox", name="Results").get_by_role("option").first.click()


def _searched(payload: Json) -> Json | None:
    is_search = payload["type"] == "block_suggestion"
    return {"options": [option(f"found-{payload['value']}")]} if is_search else None


def test_what_a_person_fills_in_reaches_the_app(app: App, page: Page) -> None:
    app.answer = _searched
    app.open(modal(*INPUTS))
    page.get_by_label("plain_text_input").fill("<b>words</b>")
    page.get_by_label("number_input").fill("42")
    page.get_by_label("static_select").select_option("two")
    _take(page, "external_select", "beam")
    _take(page, "conversations_select", "embargo")
    _take(page, "users_select", "grace")
    page.get_by_role("checkbox", name="One").check()
    page.get_by_role("checkbox", name="Two").check()
    page.get_by_role("radio", name="Two").check()
    page.get_by_label("datepicker").fill("2026-02-28")
    page.get_by_label("timepicker", exact=True).fill("23:59")
    page.get_by_label("datetimepicker: date").fill("2027-01-15")
    page.get_by_label("datetimepicker: time").fill("02:00")
    page.get_by_role("button", name="Go").click()
    playwright.expect(page.get_by_role("dialog")).to_have_count(0)
    values = app.wait("view_submission")["view"]["state"]["values"]
    told = {name: next(iter(one.values())) for name, one in values.items()}
    assert {name: [*one.values()][1] for name, one in told.items()} == {
        "plain_text_input": "<b>words</b>",
        "number_input": "42",
        "static_select": option("two"),
        "external_select": option("found-beam"),
        "conversations_select": EMBARGO,
        "users_select": GRACE,
        "checkboxes": [option("one"), option("two")],
        "radio_buttons": option("two"),
        "datepicker": "2026-02-28",
        "timepicker": "23:59",
        "datetimepicker": 1_800_000_000,  # Ada is in Chicago
    }


def test_several_are_chosen_one_after_the_other_and_taken_away_again(app: App, page: Page) -> None:
    app.answer = _searched
    app.open(modal(*SEVERAL))
    for name, typed in (
        ("multi_static_select", "tw"),
        ("multi_static_select", ""),
        ("multi_external_select", "beam"),
        ("multi_external_select", "camp"),
        ("multi_users_select", "grace"),
        ("multi_users_select", "ada"),
        ("multi_conversations_select", "embargo"),
        ("multi_channels_select", "random"),
    ):
        page.get_by_role("combobox", name=name).click()
        _take(page, name, typed)
    _see(page.get_by_role("dialog"), "No more than 2 can be chosen.")
    page.get_by_role("button", name="Remove Two").click()
    playwright.expect(page.get_by_role("button", name="Remove Two")).to_have_count(0)
    page.get_by_role("button", name="Go", exact=True).click()
    playwright.expect(page.get_by_role("dialog")).to_have_count(0)
    values = app.wait("view_submission")["view"]["state"]["values"]
    told = {name: [*next(iter(one.values())).values()][1] for name, one in values.items()}
    assert told == {
        "multi_static_select": [option("one")],
        "multi_external_select": [option("found-beam"), option("found-camp")],
        "multi_users_select": [GRACE, ADA],
        "multi_conversations_select": [EMBARGO],
        "multi_channels_select": [LAB_DATA, RANDOM],
    }


def test_whatever_the_sandbox_takes_from_an_app_the_page_draws(app: App, page: Page) -> None:
    drawable = page.evaluate(
        "async () => ({"
        "blocks: (await import('/page/blocks.js')).BLOCK_TYPES,"
        "controls: (await import('/page/controls.js')).CONTROL_TYPES"
        "})"
    )

    assert set(BLOCKS) - set(drawable["blocks"]) == set()
    assert set(KINDS) - set(drawable["controls"]) == set()
    refused = app.call("chat.postMessage", channel=LAB_DATA, text="!", blocks=[{"type": "video"}])
    assert "the sandbox does not have this yet, though Slack does: video" in str(refused)


def test_a_required_field_that_is_empty_says_so_before_the_app_hears_anything(app: App, page: Page) -> None:
    app.open(modal(text_input("first"), text_input("second", optional=True)))
    page.get_by_role("button", name="Go").click()
    field = page.get_by_label("first")
    playwright.expect(field).to_have_attribute("aria-invalid", "true")
    playwright.expect(field).to_have_accessible_description("Please complete this required field.")
    playwright.expect(field).to_be_focused()
    assert not app.of("view_submission")
    field.fill("x")
    playwright.expect(field).not_to_have_attribute("aria-invalid", "true")


def test_what_the_app_finds_wrong_is_said_under_its_field(app: App, page: Page) -> None:
    app.answer = lambda _payload: {"response_action": "errors", "errors": {"second": "Not this one."}}
    app.open(modal(text_input("first", optional=True), text_input("second")))
    page.get_by_label("second").fill("x")
    page.get_by_label("second").press("Enter")
    playwright.expect(page.get_by_label("second")).to_have_accessible_description("Not this one.")
    playwright.expect(page.get_by_label("first")).not_to_have_attribute("aria-invalid", "true")


def test_views_lie_on_top_of_each_other_and_are_left_one_by_one_or_all_at_once(app: App, page: Page) -> None:
    title = page.get_by_role("dialog").get_by_role("heading", level=2)

    def go_deeper(name: str) -> Json:
        app.heard.clear()
        page.get_by_role("button", name="deeper").click()
        pressed = app.wait("block_actions")
        view = modal(section(), actions(button("deeper")), title=plain(name), notify_on_close=True)
        app.done("views.push", trigger_id=pressed["trigger_id"], view=view)
        _see(title, name)
        return pressed

    app.open(modal(text_input("name"), actions(button("deeper")), notify_on_close=True))
    page.get_by_label("name").fill("kept")
    assert go_deeper("Second")["view"]["state"]["values"]["name"]["name"]["value"] == "kept"
    go_deeper("Third")
    page.get_by_role("button", name="Back", exact=True).click()
    _see(title, "Second")
    page.keyboard.press("Escape")
    playwright.expect(page.get_by_label("name")).to_have_value("kept")
    app.wait_for("view_closed", 2)  # before the next listening begins
    go_deeper("Again")
    page.get_by_role("button", name="Close all").click()
    playwright.expect(page.get_by_role("dialog")).to_have_count(0)
    closed = app.wait_for("view_closed", 2)
    assert [one["is_cleared"] for one in closed] == [True, True]


def test_a_view_that_the_app_redraws_keeps_what_is_typed_and_where(app: App, page: Page) -> None:
    shown = app.open(modal(text_input("first"), text_input("second")))
    field = page.get_by_label("second")
    field.fill("begun")
    for key in ("Home", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
    element = {"type": "plain_text_input", "action_id": "second", "initial_value": "other"}
    blocks = [section("news"), text_input("first"), text_input("second", element=element)]
    app.done("views.update", view_id=shown["id"], view=modal(*blocks))
    _see(page.get_by_role("dialog"), "news")
    page.keyboard.type("…")
    playwright.expect(field).to_have_value("be…gun")


def test_a_question_stands_before_a_press_that_asks_for_one(app: App, page: Page) -> None:
    question = {
        "title": plain("Sure?"),
        "text": formatted("It is *gone* then."),
        "confirm": plain("Yes"),
        "deny": plain("No"),
    }
    app.post(actions(button("remove", confirm=question, style="danger")))
    page.get_by_role("button", name="remove", exact=True).last.click()
    dialog = page.get_by_role("dialog", name="Sure?")
    _see(dialog, "It is gone then.")
    dialog.get_by_role("button", name="No").click()
    playwright.expect(page.get_by_role("button", name="remove", exact=True).last).to_be_focused()
    assert not app.of("block_actions")
    page.get_by_role("button", name="remove", exact=True).last.click()
    dialog.get_by_role("button", name="Yes").click()
    assert app.wait("block_actions")["actions"][0]["action_id"] == "remove"


def test_menus_and_selects_of_a_message_tell_the_app_at_once(app: App, page: Page) -> None:
    app.post(
        section("Choose", accessory={"type": "overflow", "action_id": "more", **CHOICES}),
        actions({"type": "static_select", "action_id": "pick", "placeholder": plain("Pick"), **CHOICES}),
    )
    _last(page).get_by_role("button", name="More", exact=True).click()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert app.wait("block_actions")["actions"][0]["selected_option"] == option("two")
    app.heard.clear()
    page.get_by_label("Pick").last.select_option("one")
    assert app.wait("block_actions")["actions"][0]["selected_option"] == option("one")


def test_a_text_is_formatted_and_nothing_in_it_does_anything(app: App, page: Page) -> None:
    app.post(
        section(
            "*bold* _italic_ ~gone~ `a_b_c` :tada: <https://a.example/x_y|a *link*> &lt;b&gt; <#C0NOWHERE1>"
        ),
        section("<javascript:alert(1)|press> <!date^1800000000^{date_num} {time}|never> <@U0GRACE001>"),
        section("&gt; cited\n```\nraw *text*\n```"),
    )
    message = _last(page)
    _see(message, "bold italic gone a_b_c 🎉 a *link* <b> #C0NOWHERE1")
    _see(message, "press 2027-01-15 2:00 AM @grace")
    playwright.expect(message.get_by_role("link")).to_have_count(1)
    playwright.expect(message.get_by_role("link")).to_have_attribute("rel", "noopener noreferrer")
    playwright.expect(message.locator("blockquote")).to_have_text("cited")
    playwright.expect(message.locator("pre")).to_have_text("raw *text*")
    playwright.expect(message.locator(".text-block strong").first).to_have_text("bold")
    text = "https://b.example is *no* link but <https://c.example|this> is"
    app.post({"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}})
    _see(_last(page), "https://b.example is no link but this is")
    playwright.expect(_last(page).get_by_role("link")).to_have_text(["this"])


def test_a_message_that_is_edited_says_so_where_it_stands(app: App, page: Page) -> None:
    posted = app.post(text="before")
    _see(_last(page), "before")
    app.done("chat.update", channel=LAB_DATA, ts=posted["ts"], text="after")
    _see(_last(page), re.compile("after.*(edited)"))


def test_a_thread_is_answered_beside_the_conversation(app: App, page: Page) -> None:
    app.post(text="the root")
    message = _last(page)
    message.hover()
    message.get_by_role("button", name="Reply in thread").click()
    page.get_by_role("textbox", name="Reply…").fill("an answer")
    page.keyboard.press("Enter")
    _see(page.get_by_role("log", name="Thread"), "an answer")
    _see(message, "1 reply")
    page.keyboard.press("Escape")
    playwright.expect(page.get_by_role("complementary", name="Thread")).to_be_hidden()
    playwright.expect(message.get_by_role("link", name=re.compile("1 reply"))).to_be_focused()


def test_what_is_unread_is_marked_until_it_is_looked_at(app: App, page: Page) -> None:
    app.act("message", user_id=GRACE, channel_id=RANDOM, text="lunch?")
    row = page.get_by_role("navigation", name="Conversations").get_by_role("link", name=re.compile("random"))
    _see(row, "1 unread")
    row.click()
    _see(_last(page), "lunch?")
    playwright.expect(row).not_to_contain_text("unread")
    page.get_by_role("link", name="Katherine").click()
    _see(page.get_by_role("heading", level=1), "lab-data")  # she is not in #random
    assert KATHERINE in page.url


def test_the_home_tab_is_drawn_when_it_is_opened(app: App, page: Page) -> None:
    page.get_by_role("link", name="transferbot").click()
    page.get_by_role("tab", name="Home").click()
    assert app.wait("event_callback")["event"]["type"] == "app_home_opened"
    app.done("views.publish", user_id=ADA, view=home(section("at home"), actions(button("begin"))))
    _see(page.get_by_role("tabpanel", name="Home"), "at home")
    page.get_by_role("button", name="begin").click()
    assert app.wait("block_actions")["view"]["type"] == "home"


def test_an_app_that_does_not_answer_in_time_is_told_from_one_that_does(app: App, page: Page) -> None:
    over = threading.Event()

    def sleep(_payload: Json) -> None:
        over.wait(8)

    app.answer = sleep
    composer = page.get_by_role("textbox", name="Message #lab-data")
    composer.fill("/schedule-transfer")
    composer.press("Enter")
    bar = page.get_by_role("alert").filter(has_text="operation_timeout")
    _see(bar, "The app did not respond.")
    _see(bar, "operation_timeout")
    over.set()
    playwright.expect(composer).to_have_value("/schedule-transfer")  # to be sent again
    bar.get_by_role("button", name="Dismiss").click()
    playwright.expect(bar).to_have_count(0)


def test_what_slack_refuses_is_shown_with_its_reason(app: App, page: Page) -> None:
    shown = app.open(modal())
    assert app.call("views.update", view_id=shown["id"], view=modal(title=plain("x" * 25)))["ok"] is False
    bar = page.get_by_role("alert").filter(has_text="views.update")
    _see(bar, "Slack refused views.update.")
    _see(bar, "invalid_arguments")
    _see(bar, "/view/title/text")


def test_the_bot_is_invited_as_its_messages_ask_for(app: App, page: Page) -> None:
    _opened(page, app, where=RANDOM)
    composer = page.get_by_role("textbox", name="Message #random")
    composer.fill("/inv")
    composer.press("Enter")
    page.keyboard.type("@transferbot")
    composer.press("Enter")
    page.get_by_role("button", name="Remove transferbot").click()
    playwright.expect(page.get_by_role("button", name="Invite transferbot")).to_be_visible()
