"""One bot for many workspaces: whoever wants it installs it, and it goes without a trace."""

import hashlib
import hmac
import json
import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
import requests

from bot.sandbox.globus.collections import LAPTOP, SHARED
from bot.sandbox.person import Browser, NotDone, Person
from bot.sandbox.slack.neighbours import (
    ARCHIVE_TEAM,
    CRYO_DATA,
    ENTERPRISE_ID,
    HENRIETTA,
    NAMESAKE,
    OBSERVATORY_TEAM,
    PLATES,
    ROSALIND,
    SKY_DATA,
    VERA,
)
from bot.sandbox.slack.workspace import ADA, GRACE, LAB_DATA, NEIGHBOUR_TEAM, PARTNERS, TEAM_ID, Credentials
from tests.stories.stage import Stage, free_port, has, words

ADA_AT_GLOBUS, GRACE_AT_GLOBUS = "ada@sandbox-lab.example", "grace@sandbox-lab.example"
KATHERINE_AT_GLOBUS = "katherine@partner-institute.example"
CREDENTIALS = Credentials()
ORDERS = (
    ["app_uninstalled", "tokens_revoked"],
    ["tokens_revoked", "app_uninstalled"],
    ["app_uninstalled"],
    ["tokens_revoked"],
)
WAYS: tuple[dict[str, str], ...] = ({}, {"SLACK_APP_TOKEN": ""})
STRANGER = "I work only for the members"
ABSENT = "not installed in this workspace"

Json = dict[str, Any]


def start(stage: Stage, **settings: str) -> None:
    """Start the bot with a public address."""
    port = free_port()
    given = {
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "PORT": port,
        "SLACK_CLIENT_ID": CREDENTIALS.client_id,
        "SLACK_CLIENT_SECRET": CREDENTIALS.client_secret,
    }
    if settings.get("SLACK_APP_TOKEN") == "":
        act(stage, "delivery", url=f"{given['PUBLIC_URL']}/slack/events")
    stage.start_bot(**given | settings)
    stage.wait(lambda: answers(f"{given['PUBLIC_URL']}/readyz"), "the bot's pages")


def answers(address: str) -> bool:
    try:
        return requests.get(address, timeout=10).ok
    except requests.ConnectionError:
        return False


@pytest.fixture
def many(empty_stage: Stage) -> Stage:
    """A bot that nobody has installed yet."""
    start(empty_stage, SLACK_BOT_TOKEN="")
    return empty_stage


def act(stage: Stage, name: str, **body: object) -> Json:
    """Do something at the pretend Slack that no person of a story does."""
    answer = requests.post(f"{stage.slack_url}/sandbox/{name}", json=body, timeout=30)
    assert answer.ok, answer.text
    said: Json = answer.json()
    return said


def install(stage: Stage, user_id: str, where: str) -> requests.Response:
    return Browser().install_in_slack(f"{stage.settings['PUBLIC_URL']}/slack/install", user_id, where=where)


def installed(stage: Stage, user_id: str, where: str) -> None:
    answer = install(stage, user_id, where)
    assert answer.status_code == 200, answer.text
    assert "Installed" in answer.text


def member(stage: Stage, user_id: str, team_id: str) -> Person:
    return Person(stage.slack_url, user_id, team_id=team_id)


def invite(stage: Stage, team_id: str, channel_id: str) -> None:
    act(stage, "members", team_id=team_id, channel_id=channel_id, joined=True)


def link(stage: Stage, person: Person, team_id: str, identity: str) -> None:
    """Follow the sign-in link of the view on top, over Slack and Globus and back."""
    browser = Browser()
    asking = browser.sign_in_to_slack(stage.sign_in_address(person), person.user_id, team_id=team_id)
    page = browser.open(browser.go_on(asking, follow=False).headers["Location"])
    answer = browser.give(page, identity=identity)
    assert "Linked" in answer.text, answer.text


def schedule(stage: Stage, person: Person, team_id: str, channel_id: str, identity: str) -> None:
    """Schedule a transfer, sign in for it, and wait until the channel knows."""
    person.command(channel_id=channel_id)
    stage.fill_and_submit(SHARED, LAPTOP, person)
    link(stage, person, team_id, identity)
    stage.wait(lambda: announcements(person, channel_id), "the announcement", person)
    person.close()


def announcements(person: Person, channel_id: str) -> list[Json]:
    return [one for one in person.messages(channel_id) if "Job ID" in words(one)]


def live_tokens(stage: Stage, username: str) -> list[str]:
    """Give a person's tokens at Globus that count."""
    asked = requests.get(f"{stage.globus_url}/sandbox/secrets", params={"username": username}, timeout=10)
    found: list[str] = asked.json()["secrets"]
    return found


def kept_of(stage: Stage, team_id: str) -> dict[str, int]:
    """Count the rows that name a workspace, by table; that it removed the bot is remembered for a while."""
    with closing(sqlite3.connect(stage.folder / "transferbot.db")) as database:
        tables = [
            table
            for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            if "team_id" in {row[1] for row in database.execute(f"PRAGMA table_info({table})")}
        ]
        counted = {
            table: database.execute(
                f"SELECT count(*) FROM {table} WHERE team_id = ?",  # noqa: S608 - our own tables
                [team_id],
            ).fetchone()[0]
            for table in tables
        }
    return {table: count for table, count in counted.items() if count and table not in {"removals", "audit"}}


def removals(stage: Stage) -> list[str]:
    """Give the workspaces whose removal is not settled."""
    with closing(sqlite3.connect(stage.folder / "transferbot.db")) as database:
        return [team_id for (team_id,) in database.execute("SELECT team_id FROM removals")]


def change(stage: Stage, query: str, *values: object) -> None:
    """Change the database of a bot that does not run."""
    with closing(sqlite3.connect(stage.folder / "transferbot.db")) as database, database:
        database.execute(query, values)


def traffic(stage: Stage) -> list[Json]:
    answer = requests.get(f"{stage.slack_url}/sandbox/traffic", timeout=10)
    found: list[Json] = answer.json()["traffic"]
    return found


def calls(stage: Stage) -> list[Json]:
    return [entry for entry in traffic(stage) if entry["kind"] == "call"]


def slack_calls(stage: Stage, method: str) -> list[Json]:
    return [entry for entry in calls(stage) if entry["method"] == method]


def renewals(stage: Stage) -> list[Json]:
    asked = slack_calls(stage, "oauth.v2.access")
    return [one for one in asked if one["arguments"].get("grant_type") == "refresh_token"]


def neighbours_with_a_timer(stage: Stage) -> Person:
    """Install in the neighbours' workspace, where Adam then has an account, a timer, a preset and a draft."""
    installed(stage, ROSALIND, NEIGHBOUR_TEAM)
    invite(stage, NEIGHBOUR_TEAM, CRYO_DATA)
    adam = member(stage, NAMESAKE, NEIGHBOUR_TEAM)
    schedule(stage, adam, NEIGHBOUR_TEAM, CRYO_DATA, GRACE_AT_GLOBUS)
    return adam


# Installing


@pytest.mark.parametrize("way", WAYS, ids=["socket", "http"])
def test_one_user_id_in_two_workspaces_is_two_people(empty_stage: Stage, way: dict[str, str]) -> None:
    stage = empty_stage
    start(stage, SLACK_BOT_TOKEN="", **way)
    installed(stage, GRACE, TEAM_ID)
    adam = neighbours_with_a_timer(stage)
    ada = member(stage, ADA, TEAM_ID)

    ada.open_home()
    stage.wait(lambda: has(ada.home(), "home_connect"), "a Home tab that knows no account", ada)
    schedule(stage, ada, TEAM_ID, LAB_DATA, ADA_AT_GLOBUS)
    adam.open_home()

    assert len(announcements(ada, LAB_DATA)) == len(announcements(adam, CRYO_DATA)) == 1
    stage.wait(lambda: GRACE_AT_GLOBUS in words(adam.home()), "Adam's account", adam)
    stage.wait(lambda: ADA_AT_GLOBUS in words(ada.home()), "Ada's account", ada)
    assert any(f"*{GRACE_AT_GLOBUS}*" in words(one) for one in adam.direct_messages())
    assert not any(GRACE_AT_GLOBUS in words(one) for one in ada.direct_messages())
    job_ids = [one["job_id"] for one in stage.timers()]
    assert [job_id in words(ada.home()) for job_id in job_ids] == [False, True]
    assert [job_id in words(adam.home()) for job_id in job_ids] == [True, False]
    assert slack_calls(stage, "auth.test") == []
    assert not any(token in stage.output for token in ("xoxb-", CREDENTIALS.client_secret))


def test_a_preset_is_for_the_channel_of_one_workspace(many: Stage) -> None:
    installed(many, GRACE, TEAM_ID)
    adam = neighbours_with_a_timer(many)
    [announcement] = announcements(adam, CRYO_DATA)
    adam.press_in_message(announcement, "preset_save", channel_id=CRYO_DATA)
    adam.fill("preset_name", "Nightly")
    adam.submit()
    invite(many, NEIGHBOUR_TEAM, PARTNERS)

    assert kept_of(many, NEIGHBOUR_TEAM)["presets"] == 1
    assert "presets" not in kept_of(many, TEAM_ID)


def test_a_whole_enterprise_installs_it_at_once(many: Stage) -> None:
    installed(many, VERA, ENTERPRISE_ID)
    invite(many, OBSERVATORY_TEAM, SKY_DATA)
    invite(many, ARCHIVE_TEAM, PLATES)
    vera = member(many, VERA, OBSERVATORY_TEAM)
    schedule(many, vera, OBSERVATORY_TEAM, SKY_DATA, ADA_AT_GLOBUS)

    # In the other workspace she is the same person, and somebody else is somebody else.
    elsewhere, henrietta = member(many, VERA, ARCHIVE_TEAM), member(many, HENRIETTA, ARCHIVE_TEAM)
    elsewhere.command(channel_id=PLATES)
    many.fill_and_submit(SHARED, LAPTOP, elsewhere)
    many.wait(lambda: len(announcements(elsewhere, PLATES)) == 1, "the announcement", elsewhere)
    henrietta.press_in_message(announcements(henrietta, PLATES)[0], "timer_duplicate", channel_id=PLATES)
    assert henrietta.top()["callback_id"] == "schedule_transfer"
    many.fill_and_submit(SHARED, LAPTOP, henrietta, announce_in=PLATES)
    link(many, henrietta, ARCHIVE_TEAM, KATHERINE_AT_GLOBUS)

    many.wait(lambda: len(announcements(henrietta, PLATES)) == 2, "the announcement", henrietta)
    assert kept_of(many, ENTERPRISE_ID)["accounts"] == 2
    assert kept_of(many, OBSERVATORY_TEAM) == kept_of(many, ARCHIVE_TEAM) == {}


def test_an_installation_that_another_browser_began_is_refused(many: Stage) -> None:
    begun = requests.get(
        f"{many.settings['PUBLIC_URL']}/slack/install", timeout=10, allow_redirects=False
    ).headers["Location"]

    answer = Browser().install_in_slack(begun, ROSALIND, where=NEIGHBOUR_TEAM)

    assert answer.status_code == 400
    assert slack_calls(many, "oauth.v2.access") == []
    assert kept_of(many, NEIGHBOUR_TEAM) == {}


def test_one_workspace_needs_no_installing_and_offers_none(empty_stage: Stage) -> None:
    start(empty_stage)

    assert requests.get(f"{empty_stage.settings['PUBLIC_URL']}/slack/install", timeout=10).status_code == 404
    assert "workspaces=one" in empty_stage.output


# Strangers


@pytest.mark.parametrize("token", ["", CREDENTIALS.bot_token], ids=["many", "one"])
def test_a_stranger_in_a_shared_channel_is_told_so_and_nothing_else(empty_stage: Stage, token: str) -> None:
    stage = empty_stage
    start(stage, SLACK_BOT_TOKEN=token)
    if not token:
        installed(stage, GRACE, TEAM_ID)
    schedule(stage, stage.ada, TEAM_ID, PARTNERS, ADA_AT_GLOBUS)
    [announcement] = announcements(stage.ada, PARTNERS)

    # One of them has Ada's user ID, in their own workspace.
    for user_id in (ROSALIND, NAMESAKE):
        stranger = member(stage, user_id, NEIGHBOUR_TEAM)
        for action_id in ("timer_duplicate", "preset_save"):
            stranger.press_in_message(announcement, action_id, channel_id=PARTNERS)
        said = [words(one) for one in stranger.messages(PARTNERS) if STRANGER in str(one)]
        assert len(said) == 2
        assert stranger.views() == []
    assert not any(STRANGER in str(one) for one in stage.ada.messages(PARTNERS))
    assert kept_of(stage, NEIGHBOUR_TEAM) == {}


def signed(stage: Stage, form: Json) -> requests.Response:
    """Send what Slack would, with Slack's signature."""
    body, at = urlencode(form), str(int(time.time()))  # noqa: TID251 - a signature tells the time
    secret = CREDENTIALS.signing_secret.encode()
    signature = hmac.new(secret, f"v0:{at}:{body}".encode(), hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Slack-Request-Timestamp": at,
        "X-Slack-Signature": f"v0={signature}",
    }
    url = f"{stage.settings['PUBLIC_URL']}/slack/events"
    return requests.post(url, data=body, headers=headers, timeout=10)


@pytest.mark.parametrize("token", ["", CREDENTIALS.bot_token], ids=["many", "one"])
def test_what_comes_from_a_workspace_without_the_bot_does_nothing(empty_stage: Stage, token: str) -> None:
    stage = empty_stage
    start(stage, SLACK_BOT_TOKEN=token, SLACK_APP_TOKEN="")
    whose = {"team_id": NEIGHBOUR_TEAM, "user_id": ADA}
    command = {
        "command": "/schedule-transfer",
        "text": "connect",
        "channel_id": LAB_DATA,
        "trigger_id": "1.2",
    }
    click = {
        "type": "block_actions",
        "team": {"id": NEIGHBOUR_TEAM},
        "user": {"id": ADA, "team_id": NEIGHBOUR_TEAM},
        "actions": [{"action_id": "home_connect", "block_id": "b", "type": "button"}],
        "trigger_id": "1.3",
    }
    form = {
        "type": "view_submission",
        "team": {"id": NEIGHBOUR_TEAM},
        "user": {"id": ADA, "team_id": NEIGHBOUR_TEAM},
        "view": {
            "id": "V1",
            "callback_id": "paste_code",
            "type": "modal",
            "state": {"values": {}},
            "blocks": [],
            "private_metadata": "",
            "hash": "1.a",
        },
    }

    answer = signed(stage, command | whose)
    assert answer.status_code == 200
    assert ABSENT in answer.text
    assert signed(stage, {"payload": json.dumps(click)}).status_code == 200
    answer = signed(stage, {"payload": json.dumps(form)})
    assert ABSENT in answer.text, (answer.status_code, answer.text, stage.output)
    assert kept_of(stage, NEIGHBOUR_TEAM) == {}
    assert slack_calls(stage, "views.open") == []


# Rotation


def test_a_token_that_is_about_to_expire_is_renewed_once_by_many_at_once(empty_stage: Stage) -> None:
    stage = empty_stage
    act(stage, "registration", token_rotation=True)
    start(stage, SLACK_BOT_TOKEN="")
    installed(stage, GRACE, TEAM_ID)
    people = [member(stage, user_id, TEAM_ID) for user_id in (ADA, GRACE)]
    for person, identity in zip(people, (ADA_AT_GLOBUS, GRACE_AT_GLOBUS), strict=True):
        schedule(stage, person, TEAM_ID, LAB_DATA, identity)
    assert renewals(stage) == []

    stage.stop_bot()
    soon = (datetime.now(UTC) + timedelta(minutes=5)).isoformat(timespec="microseconds")  # noqa: TID251 - as the bot's
    change(stage, "UPDATE installations SET expires_at = ?", soon)
    change(stage, "UPDATE requests SET state = 'created', due = received_at")
    stage.start_bot()
    stage.wait(lambda: len(announcements(people[0], LAB_DATA)) == 4, "both announcements, again")

    assert [one["ok"] for one in renewals(stage)] == [True]
    people[0].command(channel_id=LAB_DATA)
    assert people[0].top()["callback_id"] == "schedule_transfer"
    assert len(renewals(stage)) == 1


def test_a_token_that_expired_by_slacks_clock_is_renewed(empty_stage: Stage) -> None:
    stage = empty_stage
    act(stage, "registration", token_rotation=True)
    start(stage, SLACK_BOT_TOKEN="")
    installed(stage, GRACE, TEAM_ID)
    ada = member(stage, ADA, TEAM_ID)
    ada.command(channel_id=LAB_DATA)
    in_two_days = int(time.time()) + 2 * 86_400  # noqa: TID251 - as a person reads the calendar
    stage.fill_in(SHARED, LAPTOP, ada, start=in_two_days)

    requests.post(
        f"{stage.globus_url}/sandbox/advance", json={"seconds": 43_300}, timeout=30
    ).raise_for_status()
    ada.submit()
    link(stage, ada, TEAM_ID, ADA_AT_GLOBUS)

    stage.wait(lambda: announcements(ada, LAB_DATA), "the announcement", ada)
    assert [one["ok"] for one in renewals(stage)] == [True]


def test_a_token_that_slack_refuses_is_left_alone_and_the_request_keeps_its_state(many: Stage) -> None:
    installed(many, GRACE, TEAM_ID)
    ada = member(many, ADA, TEAM_ID)
    ada.command(channel_id=LAB_DATA)
    many.fill_and_submit(SHARED, LAPTOP, ada)
    address = many.sign_in_address(ada)
    act(many, "uninstall", order=[])  # and the events are lost
    browser = Browser()
    page = browser.open(
        browser.go_on(browser.sign_in_to_slack(address, ADA, team_id=TEAM_ID), follow=False).headers[
            "Location"
        ]
    )
    browser.give(page, identity=ADA_AT_GLOBUS)

    many.wait(lambda: rests(many), "the request to rest")
    refused = [one for one in calls(many) if one["error"] == "account_inactive"]
    assert len(refused) == 1
    assert len(many.timers()) == 1


def rests(stage: Stage) -> bool:
    """Say whether the one request keeps its timer, and waits with it."""
    with closing(sqlite3.connect(stage.folder / "transferbot.db")) as database:
        [(state, due, reason)] = database.execute("SELECT state, due, reason FROM requests").fetchall()
    return (state, due) == ("created", None) and ABSENT in reason


# Leaving


@pytest.mark.parametrize("order", ORDERS, ids="+".join)
def test_an_uninstalled_workspace_leaves_nothing_behind(many: Stage, order: list[str]) -> None:
    installed(many, GRACE, TEAM_ID)
    schedule(many, member(many, ADA, TEAM_ID), TEAM_ID, LAB_DATA, ADA_AT_GLOBUS)
    adam = neighbours_with_a_timer(many)
    [announcement] = announcements(adam, CRYO_DATA)
    adam.press_in_message(announcement, "preset_save", channel_id=CRYO_DATA)
    adam.fill("preset_name", "Nightly")
    adam.submit()
    adam.close()
    rosalind = member(many, ROSALIND, NEIGHBOUR_TEAM)
    rosalind.command(channel_id=CRYO_DATA)  # somebody who waits for her sign-in
    many.fill_and_submit(SHARED, LAPTOP, rosalind)
    many.sign_in_address(rosalind)
    assert live_tokens(many, GRACE_AT_GLOBUS)
    assert {"accounts", "tokens", "installations", "presets", "requests", "sign_ins"} <= kept_of(
        many, NEIGHBOUR_TEAM
    ).keys()
    mine = kept_of(many, TEAM_ID)

    answer = act(many, "uninstall", team_id=NEIGHBOUR_TEAM, order=order)

    assert answer["delivered"] == [{"type": one, "outcome": "acknowledged"} for one in order]
    many.wait(lambda: not kept_of(many, NEIGHBOUR_TEAM), "everything to be gone")
    assert live_tokens(many, GRACE_AT_GLOBUS) == []
    assert kept_of(many, TEAM_ID) == mine
    assert live_tokens(many, ADA_AT_GLOBUS)
    assert [one["status"] for one in many.timers()] == ["active", "active"]  # they are their owners'


def test_tokens_are_revoked_although_globus_is_away_when_the_bot_is_uninstalled(many: Stage) -> None:
    neighbours_with_a_timer(many)
    many.globus_fault("status", method="POST /v2/oauth2/token/revoke", status=503, times=1000)
    act(many, "uninstall", team_id=NEIGHBOUR_TEAM)
    many.wait(lambda: kept_of(many, NEIGHBOUR_TEAM).keys() == {"partings"}, "only what is to be revoked")
    many.kill_bot()
    many.clear_globus_faults()
    many.start_bot()

    many.wait(lambda: not kept_of(many, NEIGHBOUR_TEAM), "everything to be gone")
    assert live_tokens(many, GRACE_AT_GLOBUS) == []


def test_what_slack_says_late_does_not_end_a_new_installation(many: Stage) -> None:
    adam = neighbours_with_a_timer(many)
    act(many, "uninstall", team_id=NEIGHBOUR_TEAM)
    many.wait(lambda: not kept_of(many, NEIGHBOUR_TEAM), "everything to be gone")
    neighbours_with_a_timer(many)
    before = kept_of(many, NEIGHBOUR_TEAM)

    events = [one for one in traffic(many) if one["kind"] == "delivery" and one["type"] == "events_api"]
    late = [one["number"] for one in events if one["payload"]["event"]["type"] == "app_uninstalled"]
    for number in late:
        act(many, "redeliver", number=number)
    many.wait(lambda: not removals(many), "the events to be settled")

    adam.command("help", channel_id=CRYO_DATA)
    assert "Schedule a recurring" in words(adam.messages(CRYO_DATA)[-1])
    assert kept_of(many, NEIGHBOUR_TEAM) == before


def test_a_revoked_token_is_an_end_too_and_the_bot_can_be_installed_again(many: Stage) -> None:
    adam = neighbours_with_a_timer(many)
    act(many, "revoke_bot_token", team_id=NEIGHBOUR_TEAM)
    many.wait(lambda: not kept_of(many, NEIGHBOUR_TEAM), "everything to be gone")

    answer = adam.command("help", channel_id=CRYO_DATA)["answer"]
    assert ABSENT in answer["text"]
    installed(many, ROSALIND, NEIGHBOUR_TEAM)
    assert "Schedule a recurring" in adam.command("help", channel_id=CRYO_DATA)["answer"]["text"]


@pytest.mark.parametrize("way", WAYS, ids=["socket", "http"])
def test_an_enterprise_leaves_as_a_whole(empty_stage: Stage, way: dict[str, str]) -> None:
    many = empty_stage
    start(many, SLACK_BOT_TOKEN="", **way)
    installed(many, VERA, ENTERPRISE_ID)
    invite(many, ARCHIVE_TEAM, PLATES)
    schedule(many, member(many, HENRIETTA, ARCHIVE_TEAM), ARCHIVE_TEAM, PLATES, ADA_AT_GLOBUS)

    act(many, "uninstall", team_id=OBSERVATORY_TEAM)

    many.wait(lambda: not kept_of(many, ENTERPRISE_ID), "everything to be gone")
    assert live_tokens(many, ADA_AT_GLOBUS) == []


@pytest.mark.parametrize("token", ["", CREDENTIALS.bot_token], ids=["many", "one"])
def test_a_deactivated_person_is_parted_from_their_account(empty_stage: Stage, token: str) -> None:
    stage = empty_stage
    start(stage, SLACK_BOT_TOKEN=token)
    if not token:
        installed(stage, GRACE, TEAM_ID)
    schedule(stage, stage.ada, TEAM_ID, LAB_DATA, ADA_AT_GLOBUS)
    schedule(stage, stage.grace, TEAM_ID, LAB_DATA, GRACE_AT_GLOBUS)

    act(stage, "deactivate", user_id=GRACE)

    stage.wait(lambda: not live_tokens(stage, GRACE_AT_GLOBUS), "her tokens to be revoked")
    assert live_tokens(stage, ADA_AT_GLOBUS)
    stage.wait(lambda: kept_of(stage, TEAM_ID)["accounts"] == 1, "her account to be forgotten")
    assert not any("disconnected" in words(one) for one in stage.ada.direct_messages())


def test_a_namesake_of_another_workspace_who_is_deactivated_is_somebody_else(many: Stage) -> None:
    installed(many, GRACE, TEAM_ID)
    schedule(many, many.ada, TEAM_ID, LAB_DATA, ADA_AT_GLOBUS)
    adam = neighbours_with_a_timer(many)

    act(many, "deactivate", team_id=NEIGHBOUR_TEAM, user_id=NAMESAKE)

    many.wait(lambda: not live_tokens(many, GRACE_AT_GLOBUS), "his tokens to be revoked")
    assert live_tokens(many, ADA_AT_GLOBUS)
    assert kept_of(many, TEAM_ID)["accounts"] == 1
    with pytest.raises(NotDone):
        adam.command("help", channel_id=CRYO_DATA)


def test_the_one_workspace_of_the_settings_leaves_nothing_behind_either(empty_stage: Stage) -> None:
    stage = empty_stage
    start(stage)
    schedule(stage, stage.ada, TEAM_ID, LAB_DATA, ADA_AT_GLOBUS)

    act(stage, "uninstall")

    stage.wait(lambda: not kept_of(stage, TEAM_ID), "everything to be gone")
    assert live_tokens(stage, ADA_AT_GLOBUS) == []
