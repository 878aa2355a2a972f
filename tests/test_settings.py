"""Which of the two ways of running it is meant, and what is missing for it."""

import pytest

from bot.errors import SettingsProblem
from bot.settings import read

GIVEN = {"SLACK_APP_TOKEN": "xapp-1", "GLOBUS_CLIENT_ID": "c0f1de00-5a4d-4b0f-8b07-000000000001"}
MANY = {
    "SLACK_CLIENT_ID": "1.2",
    "SLACK_CLIENT_SECRET": "secret",
    "PUBLIC_URL": "https://bot.example.org",
}


def test_a_bot_token_is_for_one_workspace() -> None:
    assert read(GIVEN | {"SLACK_BOT_TOKEN": "xoxb-1"}).slack_bot_token == "xoxb-1"
    assert read(GIVEN | MANY | {"SLACK_BOT_TOKEN": "xoxb-1"}).slack_bot_token == "xoxb-1"


def test_without_one_many_can_install_it() -> None:
    assert read(GIVEN | MANY).slack_bot_token is None


def test_without_either_both_ways_are_named() -> None:
    with pytest.raises(SettingsProblem) as caught:
        read(GIVEN)

    assert (
        "set SLACK_BOT_TOKEN (one workspace), or SLACK_CLIENT_ID, SLACK_CLIENT_SECRET and PUBLIC_URL (many)"
    ) in str(caught.value)


@pytest.mark.parametrize("missing", MANY)
def test_what_is_missing_for_many_is_named_and_nothing_else(missing: str) -> None:
    with pytest.raises(SettingsProblem) as caught:
        read(GIVEN | {name: value for name, value in MANY.items() if name != missing})

    assert str(caught.value).count("set ") == 1
    assert f"set {missing} too (many workspaces), or SLACK_BOT_TOKEN (one)" in str(caught.value)
    assert ";" not in str(caught.value)


def test_a_public_address_needs_a_way_to_know_people() -> None:
    with pytest.raises(SettingsProblem, match="PUBLIC_URL needs SLACK_CLIENT_ID"):
        read(GIVEN | {"SLACK_BOT_TOKEN": "xoxb-1", "PUBLIC_URL": "https://bot.example.org"})


def test_a_server_needs_keys_that_all_bots_share() -> None:
    given = GIVEN | MANY | {"DATABASE_URL": "postgresql://bot:pass%21word@db.example.org/bot"}
    with pytest.raises(SettingsProblem, match="PostgreSQL needs TRANSFERBOT_KEYS"):
        read(given)

    settings = read(given | {"TRANSFERBOT_KEYS": "key"})
    assert settings.database == given["DATABASE_URL"]
    assert "pass" not in repr(settings)
    assert {given["DATABASE_URL"], "pass%21word", "pass!word", "key"} <= set(settings.secrets)


@pytest.mark.parametrize("url", ["mysql://db/bot", "transferbot.db", "sqlite:///"])
def test_no_other_database_is_taken(url: str) -> None:
    with pytest.raises(SettingsProblem, match="DATABASE_URL looks like"):
        read(GIVEN | MANY | {"DATABASE_URL": url})
