"""Which of the two ways of running it is meant, and what is missing for it."""

import pytest

from bot.errors import SettingsProblem
from bot.settings import read, read_leniently

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


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "nan"),
        ("PORT", "inf"),
        ("PORT", "70000"),
        ("HEALTH_PORT", "-1"),
        ("RETENTION_DAYS", "1000000"),
        ("GLOBUS_SDK_HTTP_TIMEOUT", "0"),
        ("GLOBUS_SDK_HTTP_TIMEOUT", "nan"),
        ("WATCH_LOOKS", "30,3600"),
        ("WATCH_LOOKS", "30,3600,inf"),
        ("UNCLEAR_LOOKS", "-5,30"),
        ("UNCLEAR_LOOKS", "30,5"),
        ("DIGEST_AT", "noon"),
        ("LOG_LEVEL", "loud"),
        ("DATABASE_URL", "mysql://db/bot"),
    ],
)
def test_a_value_that_makes_no_sense_is_named_and_the_default_stands_in_its_place(
    name: str, value: str
) -> None:
    settings, problems = read_leniently(GIVEN | MANY | {name: value})

    assert [problem.split()[0] for problem in problems] == [name]
    assert settings == read(GIVEN | MANY)


@pytest.mark.parametrize("name", ["PUBLIC_URL", "SLACK_API_URL"])
def test_an_address_that_cannot_be_taken_apart_is_named(name: str) -> None:
    with pytest.raises(SettingsProblem, match=f"{name} is an address"):
        read(GIVEN | MANY | {"SLACK_BOT_TOKEN": "xoxb-1", name: "https://[::1/api/"})
